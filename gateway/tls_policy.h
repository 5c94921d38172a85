/* SPDX-License-Identifier: Apache-2.0 */
/* What clients may agree on in a TLS handshake: the group ssl of gateway.conf, and its presets. */
#ifndef GATEWAY_TLS_POLICY_H
#define GATEWAY_TLS_POLICY_H

#include "common/attr.h"
#include "common/err.h"
#include "conf/conf.h"

struct ssl_ctx_st;

/*
 * Set versions, suites and groups of a context as the configuration says; NULL: as without the
 * group ssl. ERR_CRYPTO: OpenSSL has nothing of it (with the FIPS provider that may be).
 */
enum err tls_policy_apply(struct ssl_ctx_st *ctx, const struct conf *conf) MUST_USE;

#endif
