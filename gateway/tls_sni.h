/* SPDX-License-Identifier: Apache-2.0 */
/* Which TLS context a server name (SNI) gets: that of the very name, else that of "*" in place of
 * its first label, without regard to case. */
#ifndef GATEWAY_TLS_SNI_H
#define GATEWAY_TLS_SNI_H

#include "common/attr.h"
#include "common/err.h"

#define TLS_SNI_NAME_MAX 255 /* characters of a host name */

struct ssl_ctx_st;
struct tls_sni;

/* A table without names. NULL: memory. */
struct tls_sni *tls_sni_new(void) MUST_USE;
/* The contexts in it are released. NULL is fine. */
void tls_sni_free(struct tls_sni *sni);
/* The context that was added for exactly this name or wildcard ("*.example.com"); NULL: none. */
struct ssl_ctx_st *tls_sni_get(const struct tls_sni *sni, const char *domain);
/*
 * Add a name that is not there yet; the context becomes the table's. ERR_RANGE: no host name is
 * so long; ERR_NOMEM; the context is the caller's then.
 */
enum err tls_sni_add(struct tls_sni *sni, const char *domain, struct ssl_ctx_st *ctx) MUST_USE;
/* The context for a name that a client sent: any text. NULL: the default is for it. */
struct ssl_ctx_st *tls_sni_find(const struct tls_sni *sni, const char *name);

#endif
