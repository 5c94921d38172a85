/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second certificate of a login: the request for it, whose bytes the client signs, and what can
 * be said of the reply without looking into it (protocol.md 2.7, checks 4 to 6). The rest is pki's.
 */
#ifndef AUTH_SECOND_H
#define AUTH_SECOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"

#define SECOND_RANDOM_BYTES 64
#define SECOND_PKCS7_MAX 65536
#define SECOND_SIGNATURE_MAX 1024 /* RSA of 8192 bits */
#define SECOND_HASHES_MAX 3

struct second_request;

/* What the request is for. Borrowed. */
struct second_for {
	const struct conf_object *group;
	const char *alias;  /* NULL: none */
	const char *handle; /* of the reply to come */
	uint64_t generation;
	bool authenticated; /* the first certificate is good: the reply may come */
};

/* Make a request with fresh random bytes. NULL: memory, or it is too long. */
struct second_request *second_request_new(const struct second_for *what) MUST_USE;
void second_request_free(struct second_request *request);
const Ipc__AuthAnswer *second_request_answer(const struct second_request *request);
/* The body as the client gets it; as long as the request lives. */
const struct buf *second_request_bytes(const struct second_request *request);

/* Does the client announce that it can show two certificates? */
bool second_is_announced(const Ipc__ClientFacts *facts);
/* The hash algorithms that a group lets the second certificate sign with; returns how many. */
size_t second_hashes(const struct conf_object *group, const char *out[SECOND_HASHES_MAX]);
/*
 * May these two certificates, which pki believes, log in to this group together? Their trustpoints
 * and the maps they must match, of its multiple-certificate settings. False: why says which of them
 * is not what it must be, for the log.
 */
bool second_is_wanted(const struct conf *conf, const struct conf_object *group,
    const Ipc__CertVerdict *first, const Ipc__CertVerdict *second, char *why, size_t why_size);
/* The chain in a reply that holds the second certificate. NULL: the reply is not one; *why: static
 * text for the log. */
const Ipc__CertChain *second_chain(
    const struct conf_object *group, const Ipc__AuthReply *reply, const char **why);

#endif
