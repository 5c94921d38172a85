/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that pki makes of one configuration: identities with their keys, and the CAs whose
 * client certificates are believed. A reload makes another; the one before is kept for a while,
 * because handshakes that began with it still want its signatures.
 */
#ifndef PKI_KEYRING_H
#define PKI_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "common/loop.h"
#include "conf/conf.h"
#include "pki/identity.h"
#include "pki/verdict.h"

#define KEYRING_OLD_MAX 8 /* earlier ones that are kept; reloads come slower than that */

/* The keys of one configuration. */
struct keyring {
	struct conf *conf; /* a reference */
	struct identities identities;
	struct verdict_book *book;
	Ipc__KeyListReply list; /* what the workers are told; points into the identities */
};

/*
 * Make one. conf gets a reference. NULL: errors tell. `epoch` makes its key handles differ from
 * those of others.
 */
struct keyring *keyring_new(struct conf *conf, uint32_t epoch, struct conf_errors *errors) MUST_USE;
/* NULL is fine. */
void keyring_free(struct keyring *keyring);

/* The one in use and those before it. */
struct keyring_set;

struct keyring_set *keyring_set_new(struct loop *loop) MUST_USE;
void keyring_set_free(struct keyring_set *set);
/* Use another from now on; it is the set's. */
void keyring_set_use(struct keyring_set *set, struct keyring *keyring);
/* The one in use. */
const struct keyring *keyring_set_now(const struct keyring_set *set);
/* A key by the handle that a worker was told; NULL: there is none (any more). */
struct key *keyring_set_key(const struct keyring_set *set, uint32_t handle);

#endif
