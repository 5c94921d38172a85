/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's FIPS provider, for the processes that speak TLS and sign. It is the administrator who
 * installs and activates it (openssl.cnf, fips_module(7)); here it is only asked for.
 */
#ifndef COMMON_FIPS_H
#define COMMON_FIPS_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/err.h"

/* Is the provider active, and does it work? */
bool fips_is_there(void) MUST_USE;
/* From now on this process takes every algorithm from the provider, or has none. ERR_NOTFOUND: it
 * is not there. */
enum err fips_only(void) MUST_USE;

#endif
