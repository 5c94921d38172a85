/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two certificates of a multiple-certificate login (protocol.md 2.7) from the question of auth
 * to the answer: what pair.h says at once, then both judged side by side as single ones are.
 */
#ifndef PKI_PAIR_DESK_H
#define PKI_PAIR_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/ipc.h"
#include "conf/conf.h"
#include "pki/revocation.h"
#include "pki/verdict.h"

#define PAIR_DESK_MAX 512                       /* that wait for revocation */
#define PAIR_DESK_BYTES_MAX (16U * 1024 * 1024) /* of their certificates */

struct pair_desk;

/* Write a verdict to the log; note as judgement_done_fn has it. */
typedef void (*pair_desk_log_fn)(const struct verdict *verdict, bool checked, const char *note);

/* revocation is borrowed. NULL: memory. */
struct pair_desk *pair_desk_new(struct revocation *revocation, pair_desk_log_fn log) MUST_USE;
/* What is under way is forgotten without a word. NULL is fine. */
void pair_desk_free(struct pair_desk *desk);
/*
 * Judge, and answer the request of this id with a PAIR_VERDICT, in this call or later. book belongs
 * to conf, which is referenced as long as needed; ipc must stay until pair_desk_forget().
 */
void pair_desk_judge(struct pair_desk *desk, struct ipc *ipc, uint32_t id, struct conf *conf,
    struct verdict_book *book, const Ipc__PairJudge *question);
/* Forget all that this channel asked; NULL is fine. */
void pair_desk_forget(struct pair_desk *desk, const struct ipc *ipc);

#endif
