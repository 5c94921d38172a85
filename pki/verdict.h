/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a client's certificate to be believed? Path to a CA of a trustpoint, validity, usage, key
 * strength. Signatures only: nothing is fetched, so an answer takes well under a millisecond and
 * never waits. Whether the path still holds is asked elsewhere (judgement.h).
 */
#ifndef PKI_VERDICT_H
#define PKI_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"

#define VERDICT_CHAIN_MAX 10    /* certificates that a client may show */
#define VERDICT_DER_MAX 16384   /* bytes of one of them */
#define VERDICT_DEPTH_MAX 8     /* CAs between leaf and anchor */
#define VERDICT_NAMES_MAX 16384 /* bytes of all CA names that clients are told */
#define VERDICT_SHA256_LEN 32
#define VERDICT_CHECKS_MAX 8 /* trustpoints that may have the same CA and check revocation */

struct strength;
struct verdict_book;
struct x509_st;

/* The CAs that are believed. Empty. NULL: memory. */
struct verdict_book *verdict_book_new(void) MUST_USE;
void verdict_book_free(struct verdict_book *book);
/*
 * Believe a CA. trustpoint, its name, is borrowed; so is check: the trustpoint if it wants to have
 * revocation checked, else NULL. ERR_NOMEM.
 */
enum err verdict_book_add(struct verdict_book *book, struct x509_st *ca, const char *trustpoint,
    const struct conf_object *check) MUST_USE;
/*
 * Add the ca-certificate files of every trustpoint that is for SSL clients, and take the floor that
 * pki.conf sets. What is wrong with one is added to errors, what
 * will not work to its warnings. ERR_SYNTAX: errors tell; ERR_NOMEM.
 */
enum err verdict_book_load(
    struct verdict_book *book, const struct conf *conf, struct conf_errors *errors) MUST_USE;
/* The floor for keys and signatures: pki.conf's, or before that was loaded its defaults. Borrowed.
 */
const struct strength *verdict_book_strength(const struct verdict_book *book);
/*
 * The names of the CAs, DER, for the list that clients choose a certificate by; none when they are
 * more than such a list can hold (clients then choose from all they have). Borrowed.
 */
size_t verdict_book_names(const struct verdict_book *book, const ProtobufCBinaryData **out);

/* A judgement. Plain value; verdict_fini() after use. */
struct verdict {
	bool ok;
	char reason[512];       /* why not */
	const char *trustpoint; /* ok: under whose CA it is; borrowed from the book */
	Ipc__CertNames *names;  /* of the leaf; NULL: it cannot be read */
	uint8_t leaf_sha256[VERDICT_SHA256_LEN]; /* of its DER, if there are names */
	/* ok: from the leaf to the nearest CA that is believed, and the trustpoints with this CA
	 * that want the revocation of what is before it checked: it must hold for each. */
	struct x509_st *path[VERDICT_DEPTH_MAX + 2];
	size_t path_len;
	const struct conf_object *checks[VERDICT_CHECKS_MAX];
	size_t checks_len;
};

/* Judge a chain (DER, leaf first, as a hostile client sent it) at this moment. */
void verdict_judge(
    struct verdict_book *book, const ProtobufCBinaryData *chain, size_t len, struct verdict *out);
void verdict_fini(struct verdict *verdict);
/* The message for auth; everything in it is borrowed from the verdict. */
void verdict_message(const struct verdict *verdict, Ipc__CertVerdict *out);

#endif
