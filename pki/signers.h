/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads that sign: a bounded queue of orders in front of a few threads, results back through
 * the loop. The loop of pki so answers everything else at once, however slow RSA is.
 */
#ifndef PKI_SIGNERS_H
#define PKI_SIGNERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/loop.h"
#include "pki/key.h"

#define SIGNERS_QUEUE_MAX 4096

struct signers;

/* The result of one order, on the loop's thread; signature_len is 0 if there is none. */
typedef void (*signers_done_fn)(
    void *arg, uint64_t ticket, const uint8_t *signature, size_t signature_len);

/* Start `threads` threads whose results come back through loop. NULL: memory or threads. */
struct signers *signers_new(
    struct loop *loop, unsigned threads, signers_done_fn fn, void *arg) MUST_USE;
/*
 * Wait for what is being signed, drop what waits. Results that are on their way are dropped,
 * too, so call it when the loop does not run any more.
 */
void signers_free(struct signers *signers);
/*
 * Have data (copied) signed by key, which gets a reference. ERR_DENIED: not for this key;
 * ERR_FULL: too many orders wait already. ticket is given back with the result.
 */
enum err signers_order(struct signers *signers, struct key *key, Ipc__SignOp op,
    const uint8_t *data, size_t data_len, uint64_t ticket) MUST_USE;

#endif
