/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several trustpoints may have the CA of a path; what each of them asks for must hold, one after
 * the other. How many can be under way is revocation.c's limit.
 */
#include "pki/judgement.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "common/buf.h"
#include "common/str.h"
#include "pki/trace_ca.h"

#define NOTE_MAX 2048

struct judgement {
	struct judgements *all;
	struct conf *conf; /* a reference: the trustpoints are its */
	struct verdict verdict;
	struct judgement_asker asker;
	size_t next_check; /* of the verdict's checks */
	struct revocation_query *query;
	bool beginning; /* a query is about to be made: what it says at once is only noted */
	bool checked;
	struct buf note;
	struct judgement *prev, *next;
};

struct judgements {
	struct revocation *revocation;
	judgement_done_fn done;
	void *arg;
	struct judgement *list;
};

/* The analyser does not follow utlist's lists. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

static void
judgement_free(struct judgement *judgement)
{
	DL_DELETE(judgement->all->list, judgement);
	if (judgement->query != NULL)
		revocation_cancel(judgement->query);
	verdict_fini(&judgement->verdict);
	buf_fini(&judgement->note);
	conf_unref(judgement->conf);
	free(judgement);
}

static void
refuse(struct verdict *verdict, const char *what, const char *why)
{
	verdict->ok = false;
	verdict->trustpoint = NULL;
	(void)snprintf(verdict->reason, sizeof verdict->reason, "%s: %s", what, why);
}

/* What one check came to. */
static void
take(struct judgement *judgement, enum revocation_result result, const char *why)
{
	switch (result) {
	case REVOCATION_GOOD:
		break;
	case REVOCATION_UNCHECKED:
		judgement->checked = false;
		if (why[0] != '\0')
			buf_printf(
			    &judgement->note, "%s%s", judgement->note.len > 0 ? "; " : "", why);
		break;
	case REVOCATION_REVOKED:
		refuse(&judgement->verdict, "revoked", why);
		break;
	case REVOCATION_NO_ANSWER:
		refuse(&judgement->verdict, "revocation could not be checked", why);
		break;
	}
}

static void
finish(struct judgement *judgement)
{
	struct judgements *all = judgement->all;
	const char *note =
	    judgement->note.err == ERR_OK ? buf_cstr(&judgement->note) : "no method could answer";

	all->done(&judgement->verdict, judgement->checked, note, judgement->asker, all->arg);
	judgement_free(judgement);
}

static void run(struct judgement *judgement);

static void
on_checked(enum revocation_result result, const char *why, void *arg)
{
	struct judgement *judgement = arg;

	judgement->query = NULL;
	take(judgement, result, why);
	if (!judgement->beginning)
		run(judgement);
}

/* As far as it goes without waiting. */
static void
run(struct judgement *judgement)
{
	struct verdict *verdict = &judgement->verdict;
	const struct conf_object *root = conf_root(judgement->conf, CONF_PKI);
	unsigned timeout_ms = (unsigned)conf_int(root, PKI_REVOCATION_TIMEOUT) * 1000;

	while (verdict->ok && judgement->next_check < verdict->checks_len) {
		const struct conf_object *trustpoint = verdict->checks[judgement->next_check++];
		enum err err;

		judgement->beginning = true;
		judgement->query = revocation_check(judgement->all->revocation, trustpoint,
		    verdict->path, verdict->path_len, timeout_ms, on_checked, judgement, &err);
		judgement->beginning = false;
		if (judgement->query != NULL)
			return;
		if (err != ERR_OK)
			refuse(verdict, "revocation could not be checked", err_str(err));
	}
	finish(judgement);
}

void
judgement_begin(struct judgements *judgements, struct conf *conf, struct verdict_book *book,
    const ProtobufCBinaryData *chain, size_t len, struct judgement_asker asker)
{
	struct judgement *judgement = calloc(1, sizeof *judgement);
	static const struct verdict no_memory = {.reason = "out of memory"};

	if (judgement == NULL) {
		judgements->done(&no_memory, false, "", asker, judgements->arg);
		return;
	}
	judgement->all = judgements;
	judgement->conf = conf_ref(conf);
	judgement->asker = asker;
	buf_init(&judgement->note, NOTE_MAX);
	DL_APPEND(judgements->list, judgement);
	verdict_judge(book, chain, len, &judgement->verdict);
	trace_ca_judged(&judgement->verdict);
	judgement->checked = judgement->verdict.checks_len > 0;
	run(judgement);
}

struct judgements *
judgements_new(struct revocation *revocation, judgement_done_fn done, void *arg)
{
	struct judgements *judgements = calloc(1, sizeof *judgements);

	if (judgements == NULL)
		return NULL;
	*judgements = (struct judgements){.revocation = revocation, .done = done, .arg = arg};
	return judgements;
}

void
judgements_cancel(struct judgements *judgements, uint32_t channel)
{
	struct judgement *judgement, *tmp;

	DL_FOREACH_SAFE (judgements->list, judgement, tmp)
		if (judgement->asker.channel == channel)
			judgement_free(judgement);
}

void
judgements_free(struct judgements *judgements)
{
	if (judgements == NULL)
		return;
	while (judgements->list != NULL)
		judgement_free(judgements->list);
	free(judgements);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
