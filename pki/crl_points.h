/* SPDX-License-Identifier: Apache-2.0 */
/* Between crl_points.c and crl.c: does a certificate belong to a CRL's distribution point? */
#ifndef PKI_CRL_POINTS_H
#define PKI_CRL_POINTS_H

#include <stdbool.h>

struct x509_st;
struct stack_st_GENERAL_NAME;

/* Has one of the certificate's distribution points one of these names? Those for some reasons only
 * or with CRLs of another issuer do not count. */
bool crl_points_have(const struct x509_st *cert, const struct stack_st_GENERAL_NAME *names);

#endif
