/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of sekisho-pki (sekisho-pki(8)): keys and requests made, answers of a CA read, checked,
 * put in order and installed, certificates shown. Each function that can fail adds one line to
 * `why` that says what is wrong, without a name of a program before it and without a line end.
 */
#ifndef TOOLS_PKI_PARTS_H
#define TOOLS_PKI_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

#define PKI_FILE_MAX (1024U * 1024) /* bytes of an answer, a key, pki.conf */
#define PKI_TEXT_MAX (1024U * 1024) /* of what is said */
#define PKI_PATH_MAX 1024
#define PKI_NAME_MAX 128 /* "TRUSTPOINT.key.new.XXXXXX" */
#define PKI_CERTS_MAX 64 /* certificates in one answer */
#define PKI_CHAIN_MAX 10 /* those of one identity: as many as the daemon takes */
#define PKI_NAMES_MAX 64 /* of a request, and files of CA certificates */

#define PKI_SUFFIX_KEY ".key"
#define PKI_SUFFIX_KEY_NEW ".key.new"
#define PKI_SUFFIX_CERTIFICATE ".pem"

/* What the command line says. Strings are borrowed. */
struct pki_order {
	const char *dir;
	const char *trustpoint; /* NULL: all, for show */
	const char *key;        /* "rsa:2048" */
	const char *subject;    /* NULL: not given */
	const char *output;     /* NULL: standard output */
	bool renew;
	const char *dns[PKI_NAMES_MAX];
	size_t dns_len;
	const char *ip[PKI_NAMES_MAX];
	size_t ip_len;
	const char *answer; /* "-": standard input */
	const char *ca[PKI_NAMES_MAX];
	size_t ca_len;
	bool pkcs12;
	const char *passphrase_file; /* NULL: the terminal is asked */
};

/* ---- pki_csr.c, pki_import.c, pki_show.c: the commands. `notes` are lines that the administrator
 * is told. ---- */

/* The request goes to standard output unless the order names a file. */
enum err pki_csr(const struct pki_order *order, struct buf *notes, struct buf *why) MUST_USE;
/* now: seconds since 1970, the moment at which the certificate must be valid. */
enum err pki_import(
    const struct pki_order *order, int64_t now, struct buf *notes, struct buf *why) MUST_USE;
/* ERR_NOTFOUND: some file could not be read, and why has a line for each; the others are in out. */
enum err pki_show(const struct pki_order *order, struct buf *out, struct buf *why) MUST_USE;

/* ---- pki_say.c ---- */

/* Add a line, made printable; returns err. OpenSSL's own errors are forgotten. */
enum err pki_say(struct buf *why, enum err err, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "cn=vpn.example.com,o=Example", for a line of text. Returns dst. */
char *pki_say_name(const X509_NAME *name, char *dst, size_t size);

/* ---- pki_place.c: the files of one trustpoint in the configuration's directory ---- */

struct pki_place {
	const char *dir;
	const char *trustpoint;
	int fd; /* of dir, locked against others of us */
};

/* A file to write, and whether it replaces one. */
struct pki_change {
	const char *suffix;
	const struct buf *text;
	mode_t mode;
	char temporary[PKI_NAME_MAX]; /* the rest is pki_place.c's */
	bool has_former;
};

/* May a trustpoint be named so? It is part of file names. ERR_SYNTAX. */
enum err pki_place_check_name(const char *trustpoint, struct buf *why) MUST_USE;
/* Waits for others of us. pki_place_close() after use. */
enum err pki_place_open(
    struct pki_place *place, const char *dir, const char *trustpoint, struct buf *why) MUST_USE;
void pki_place_close(struct pki_place *place);
bool pki_place_has(const struct pki_place *place, const char *suffix);
/* ERR_NOTFOUND, without a line in why: there is none. The content may be a secret. */
enum err pki_place_read(
    const struct pki_place *place, const char *suffix, struct buf *out, struct buf *why) MUST_USE;
/* Any file, "-" for standard input. */
enum err pki_place_read_path(const char *path, struct buf *out, struct buf *why) MUST_USE;
/* Make a file that is not there. ERR_EXISTS: it is. It appears whole or not at all. */
enum err pki_place_make(const struct pki_place *place, const char *suffix, const struct buf *text,
    mode_t mode, struct buf *why) MUST_USE;
/* The same for any path. */
enum err pki_place_make_path(
    const char *path, const struct buf *text, mode_t mode, struct buf *why) MUST_USE;
/*
 * Write all files or none; those that were there are kept as ".old", and give owner and mode to
 * their followers. What is read while this runs is an old or a new file, never a part of one.
 */
enum err pki_place_replace(const struct pki_place *place, struct pki_change *changes, size_t len,
    struct buf *why) MUST_USE;
void pki_place_remove(const struct pki_place *place, const char *suffix);

/* ---- pki_private.c: private keys ---- */

/* "rsa:2048", "rsa:3072", "rsa:4096", "ec:P-256", "ec:P-384". EVP_PKEY_free() after use. */
enum err pki_private_make(const char *kind, EVP_PKEY **out, struct buf *why) MUST_USE;
/* From PEM, not encrypted. what: its name, for why. */
enum err pki_private_read(
    const struct buf *text, const char *what, EVP_PKEY **out, struct buf *why) MUST_USE;
/* Would the daemon sign with it? ERR_UNSUPPORTED. */
enum err pki_private_check(const EVP_PKEY *key, const char *what, struct buf *why) MUST_USE;
/* As PEM; out is to be wiped. */
enum err pki_private_write(const EVP_PKEY *key, struct buf *out, struct buf *why) MUST_USE;

/* ---- pki_request.c: PKCS#10 ---- */

/* "CN=vpn.example.com,O=Example" as a new name, the first attribute the most specific one. "\"
 * takes the meaning from the character behind it. X509_NAME_free(). ERR_SYNTAX. */
enum err pki_request_subject(const char *text, X509_NAME **out, struct buf *why) MUST_USE;
/* The request, signed, as PEM. */
enum err pki_request_make(
    const struct pki_order *order, EVP_PKEY *key, struct buf *out, struct buf *why) MUST_USE;

/* ---- pki_answer.c: certificates out of bytes ---- */

/*
 * Add the certificates of an answer to a list: PEM (certificates or PKCS#7), or DER of either.
 * what: where the bytes are from. ERR_SYNTAX: they are something else; ERR_LIMIT: too many.
 */
enum err pki_answer_read(
    const struct buf *data, const char *what, STACK_OF(X509) * list, struct buf *why) MUST_USE;
/* Is it PKCS#12, of any form that pki_answer_pkcs12() takes? For a better message only. */
bool pki_answer_is_pkcs12(const struct buf *data);
/*
 * Key and certificates of a PKCS#12: DER, or PEM with "PKCS12" as the ASA prints it, or nothing but
 * its base64. ERR_DENIED: wrong pass phrase; ERR_UNSUPPORTED: encrypted in a way that this OpenSSL
 * cannot read.
 */
enum err pki_answer_pkcs12(const struct buf *data, const char *what, const char *passphrase,
    STACK_OF(X509) * list, EVP_PKEY **key, struct buf *why) MUST_USE;

/* ---- pki_chain.c: judging an identity ---- */

/* Does one of them belong to the key? */
bool pki_chain_fits(const STACK_OF(X509) * list, const EVP_PKEY *key);
/*
 * The identity certificate of the key, checked, and its issuers after it as far as they are in the
 * list. The new list borrows: sk_X509_free(). Notes tell what is left out or missing.
 */
enum err pki_chain_order(const STACK_OF(X509) * list, const EVP_PKEY *key, int64_t now,
    STACK_OF(X509) * *out, struct buf *notes, struct buf *why) MUST_USE;
/* As PEM. */
enum err pki_chain_write(const STACK_OF(X509) * chain, struct buf *out, struct buf *why) MUST_USE;

/* ---- pki_listed.c: pki.conf, without its files ---- */

struct pki_listed {
	char name[65];
	int line;
	char certificate[PKI_PATH_MAX]; /* paths, relative ones made whole; "": none */
	char key[PKI_PATH_MAX];
	char ca_certificate[PKI_PATH_MAX];
	bool shown; /* ssl-trust-point or one of ssl-trust-points */
};

/* The trustpoints of DIR/pki.conf, in its order. free() the list. ERR_SYNTAX: it is broken. */
enum err pki_listed_read(
    const char *dir, struct pki_listed **out, size_t *len, struct buf *why) MUST_USE;

#endif
