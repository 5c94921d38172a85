/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's certificate from the question to the verdict: its path (verdict.h) at once, then
 * whether it still holds (revocation.h), which may have to be fetched.
 */
#ifndef PKI_JUDGEMENT_H
#define PKI_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "conf/conf.h"
#include "pki/revocation.h"
#include "pki/verdict.h"

struct judgements;

/* Who wants to know, for the answer. */
struct judgement_asker {
	uint32_t channel; /* for judgements_cancel() */
	uint32_t id;      /* of the request */
};

/*
 * The verdict; borrowed. checked: revocation was checked for every certificate of its path. note:
 * what a revocation-check "none" passed over, for the log; "": nothing.
 */
typedef void (*judgement_done_fn)(const struct verdict *verdict, bool checked, const char *note,
    struct judgement_asker asker, void *arg);

/* revocation is borrowed. NULL: memory. */
struct judgements *judgements_new(
    struct revocation *revocation, judgement_done_fn done, void *arg) MUST_USE;
/* What is under way is forgotten without a word. */
void judgements_free(struct judgements *judgements);
/*
 * Judge a chain (DER, leaf first, hostile). done is called exactly once, in this call or later,
 * unless judgements_cancel() comes before it. book and what it refers to belong to conf, which is
 * referenced as long as needed.
 */
void judgement_begin(struct judgements *judgements, struct conf *conf, struct verdict_book *book,
    const ProtobufCBinaryData *chain, size_t len, struct judgement_asker asker);
/* Forget all that a channel asked. */
void judgements_cancel(struct judgements *judgements, uint32_t channel);

#endif
