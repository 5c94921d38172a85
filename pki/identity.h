/* SPDX-License-Identifier: Apache-2.0 */
/* The identities that the listeners may show: each trustpoint's certificate chain and its private
 * key. */
#ifndef PKI_IDENTITY_H
#define PKI_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "conf/conf.h"
#include "pki/key.h"
#include "pki/trust.h"

struct identity {
	const char *trustpoint; /* the configuration's string */
	struct key *key;
	struct trust_chain chain;
	char **domains; /* of ssl-trust-points: the server names that it is for */
	size_t domains_len;
};

/* The ssl-trust-point's identity is first; a key's handle is its index. Plain value;
 * identities_fini() after use. */
struct identities {
	struct identity *list;
	size_t len;
};

/*
 * Load every trustpoint that has a certificate and a key. What does not parse or does not fit
 * together is added to errors, all of it, with file and line: also two identities with the same
 * kind of key for one server name, of which clients could never see the second. ERR_SYNTAX then,
 * ERR_NOMEM; *out is empty in both cases. A certificate that is not for its server name is a
 * warning.
 */
enum err identities_load(
    const struct conf *conf, struct conf_errors *errors, struct identities *out) MUST_USE;
/*
 * The OCSP responder to ask about an identity's certificate, for stapling: ocsp-url of its
 * trustpoint, else the one that the certificate names. ERR_NOTFOUND: there is none, or the issuer,
 * without which nobody can be asked, is not behind the certificate; ERR_LIMIT.
 */
enum err identity_responder(
    const struct identity *identity, const struct conf *conf, char *out, size_t size) MUST_USE;
/* Does the certificate say that clients may insist on an OCSP answer (RFC 7633)? */
bool identity_must_staple(const struct identity *identity);
void identities_fini(struct identities *identities);

#endif
