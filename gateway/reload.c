/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of a reload: idle, or waiting for the children to be ready. */
#include "gateway/reload.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/metric.h"

#define ASKERS_MAX 32
#define ERRORS_MAX 524288
#define TEXT_MAX 65536 /* of an answer: it must fit into a message */

static const char *const child_names[] = {
    [RELOAD_PKI] = "pki", [RELOAD_AUTH] = "auth", [RELOAD_GATEWAY] = "gateway"};

struct asker {
	uint32_t id;
	bool next; /* asked while one ran: the one after it is meant */
};

struct reload {
	struct reload_ops ops;
	bool running;
	bool again;
	uint64_t generation;
	bool handed[RELOAD_CHILDREN]; /* it got the new configuration */
	bool ready[RELOAD_CHILDREN];
	struct buf errors;
	struct buf warnings;
	struct asker askers[ASKERS_MAX];
	size_t askers_len;
};

struct reload *
reload_new(const struct reload_ops *ops)
{
	struct reload *reload = calloc(1, sizeof(*reload));

	if (reload == NULL)
		return NULL;
	reload->ops = *ops;
	buf_init(&reload->errors, ERRORS_MAX);
	buf_init(&reload->warnings, ERRORS_MAX);
	return reload;
}

void
reload_free(struct reload *reload)
{
	if (reload == NULL)
		return;
	buf_fini(&reload->errors);
	buf_fini(&reload->warnings);
	free(reload);
}

/* ---- the end ---- */

static void
answer_askers(struct reload *reload, bool ok, const char *text)
{
	size_t kept = 0;

	for (size_t i = 0; i < reload->askers_len; i++) {
		struct asker asker = reload->askers[i];

		if (asker.next)
			reload->askers[kept++] = (struct asker){.id = asker.id};
		else
			reload->ops.answer(asker.id, ok, text, reload->ops.arg);
	}
	reload->askers_len = kept;
}

static unsigned
count_lines(struct buf *text)
{
	unsigned lines = 0;

	for (const char *p = buf_cstr(text); *p != '\0'; p++)
		if (*p == '\n')
			lines++;
	return lines;
}

/* What is told to those who asked: the lines that came up, and the outcome behind them. */
static void
tell(struct reload *reload, bool ok, struct buf *lines, const char *outcome)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	if (lines->len < TEXT_MAX / 2)
		buf_put(&text, lines->data, lines->len);
	else
		buf_puts(&text, "too many lines for an answer: see the log\n");
	buf_puts(&text, outcome);
	answer_askers(reload, ok, buf_cstr(&text));
	buf_fini(&text);
}

static void
outcome_good(struct reload *reload)
{
	struct buf out;

	buf_init(&out, 128);
	buf_printf(&out, "configuration reloaded (generation %" PRIu64 ")", reload->generation);
	log_notice("%s", buf_cstr(&out));
	tell(reload, true, &reload->warnings, buf_cstr(&out));
	buf_fini(&out);
}

static void
outcome_bad(struct reload *reload)
{
	unsigned errors = count_lines(&reload->errors);
	struct buf out;

	buf_init(&out, 128);
	buf_printf(&out, "configuration not reloaded: %u error%s; the old one stays", errors,
	    errors == 1 ? "" : "s");
	log_lines(LOG_ERR, buf_cstr(&reload->errors));
	log_err("%s", buf_cstr(&out));
	tell(reload, false, &reload->errors, buf_cstr(&out));
	buf_fini(&out);
}

static void reload_start(struct reload *reload);

static void
end(struct reload *reload, bool used)
{
	reload->ops.timer(false, reload->ops.arg);
	reload->ops.finish(used, reload->ops.arg);
	reload->running = false;
	log_lines(LOG_WARNING, buf_cstr(&reload->warnings));
	metric_count(used ? METRIC_RELOAD_OK : METRIC_RELOAD_FAILED);
	if (used)
		outcome_good(reload);
	else
		outcome_bad(reload);
	if (reload->again)
		reload_start(reload);
}

/* Nothing has changed anywhere; those who were handed the new configuration forget it. */
static void
refuse(struct reload *reload)
{
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		if (reload->handed[i])
			reload->ops.abort(i, reload->ops.arg);
	end(reload, false);
}

/* ---- the steps ---- */

static bool
hand_out(struct reload *reload)
{
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++) {
		reload->handed[i] = reload->ops.prepare(i, reload->ops.arg);
		if (!reload->handed[i]) {
			buf_printf(&reload->errors,
			    "%s is being restarted; try again when it serves\n", child_names[i]);
			return false;
		}
	}
	return true;
}

static void
reload_start(struct reload *reload)
{
	reload->running = true;
	reload->again = false;
	buf_reset(&reload->errors);
	buf_reset(&reload->warnings);
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		reload->handed[i] = reload->ready[i] = false;
	reload->ops.timer(true, reload->ops.arg);
	if (!reload->ops.load(
		&reload->generation, &reload->errors, &reload->warnings, reload->ops.arg) ||
	    !hand_out(reload))
		refuse(reload);
	else
		log_debug("configuration of generation %" PRIu64 " handed out", reload->generation);
}

static bool
all_ready(const struct reload *reload)
{
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		if (!reload->ready[i])
			return false;
	return true;
}

static void
commit(struct reload *reload)
{
	if (!reload->ops.adopt(&reload->errors, reload->ops.arg)) {
		refuse(reload);
		return;
	}
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		reload->ops.commit(i, reload->ops.arg);
	end(reload, true);
}

void
reload_ask(struct reload *reload, uint32_t id)
{
	if (id != 0 && reload->askers_len == ASKERS_MAX) {
		reload->ops.answer(
		    id, false, "too many reloads are waited for; try again", reload->ops.arg);
		return;
	}
	if (id != 0)
		reload->askers[reload->askers_len++] =
		    (struct asker){.id = id, .next = reload->running};
	if (reload->running)
		reload->again = true;
	else
		reload_start(reload);
}

void
reload_result(struct reload *reload, enum reload_child child, const Ipc__RoleConfigResult *result)
{
	if (!reload->running || result->generation != reload->generation || reload->ready[child])
		return;
	if (!result->ok) {
		buf_printf(&reload->errors, "%s cannot use it: %s\n", child_names[child],
		    result->error[0] != '\0' ? result->error : "no reason given");
		refuse(reload);
		return;
	}
	reload->ready[child] = true;
	if (all_ready(reload))
		commit(reload);
}

void
reload_lost(struct reload *reload, enum reload_child child)
{
	if (!reload->running)
		return;
	reload->handed[child] = false;
	buf_printf(&reload->errors, "%s went away before it was ready\n", child_names[child]);
	refuse(reload);
}

void
reload_timeout(struct reload *reload)
{
	if (!reload->running)
		return;
	for (unsigned i = 0; i < RELOAD_CHILDREN; i++)
		if (!reload->ready[i])
			buf_printf(&reload->errors, "%s was not ready within %d s\n",
			    child_names[i], RELOAD_TIMEOUT_SEC);
	refuse(reload);
}

void
reload_forget_askers(struct reload *reload)
{
	reload->askers_len = 0;
}
