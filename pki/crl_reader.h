/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that reads CRLs: one of 16 MB takes longer than the loop of pki may stand still. One
 * after the other, results back through the loop.
 */
#ifndef PKI_CRL_READER_H
#define PKI_CRL_READER_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/loop.h"

#define CRL_READER_BYTES_MAX (64U * 1024 * 1024) /* of CRLs that wait */

struct crl;
struct crl_reader;
struct x509_st;

/* What crl_read() said. crl is the callee's from then on; NULL: err tells, why is static text. */
typedef void (*crl_reader_fn)(enum err err, struct crl *crl, const char *why, void *arg);

/* NULL: memory or threads. */
struct crl_reader *crl_reader_new(struct loop *loop) MUST_USE;
/*
 * Wait for the one that is being read, drop the others. Results on their way are freed by
 * loop_free() without a call, so call it when the loop does not run any more; what was ordered is
 * forgotten. NULL is fine.
 */
void crl_reader_free(struct crl_reader *reader);
/*
 * Have a copy of the bytes read as a CRL of issuer, which gets a reference; fn is called once,
 * later. ERR_FULL: too much waits already; ERR_NOMEM.
 */
enum err crl_reader_order(struct crl_reader *reader, const void *data, size_t len,
    struct x509_st *issuer, crl_reader_fn fn, void *arg) MUST_USE;

#endif
