/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of auth that hang on the configuration, made ready and swapped. */
#include "auth/turnover.h"

#include <stdlib.h>

#include "common/log.h"
#include "conf/conf.h"

/* Ready to be used. */
struct next {
	struct conf *conf;
	uint64_t generation;
	struct pool_layout *layout;
};

static void
next_free(struct next *next)
{
	pool_layout_free(next->layout);
	conf_unref(next->conf);
	free(next);
}

static enum err
next_build(struct turnover *turnover, struct next *next)
{
	next->layout = pool_layout_new(next->conf);
	if (next->layout == NULL)
		return ERR_NOMEM;
	if (radius_client_prepare(turnover->radius, next->conf) != ERR_OK)
		return ERR_NOMEM;
	return filters_prepare(turnover->filters, next->conf);
}

static void *
on_make(const void *slice, size_t len, uint64_t generation, struct buf *why, void *arg)
{
	struct next *next = calloc(1, sizeof(*next));
	enum err err;

	if (next == NULL) {
		buf_puts(why, "out of memory");
		return NULL;
	}
	next->generation = generation;
	next->conf = conf_read_slice(slice, len, why);
	if (next->conf == NULL) {
		next_free(next);
		return NULL;
	}
	err = next_build(arg, next);
	if (err == ERR_OK)
		return next;
	buf_puts(why, err_str(err));
	next_free(next);
	return NULL;
}

static void
on_drop(void *made, void *arg)
{
	struct turnover *turnover = arg;

	/* The filters that were made ready are forgotten with it. */
	filters_use(turnover->filters, session_table_config(turnover->sessions)->conf);
	next_free(made);
}

void
turnover_init(struct turnover *turnover)
{
	turnover->handover.ops =
	    (struct handover_ops){.make = on_make, .drop = on_drop, .arg = turnover};
}

void
turnover_receive(struct turnover *turnover, struct ipc *parent, const Ipc__RoleConfig *msg, int fd)
{
	handover_receive(&turnover->handover, parent, msg, fd);
}

enum err
turnover_commit(struct turnover *turnover, const Ipc__RoleCommit *msg)
{
	struct next *next = handover_commit(&turnover->handover, msg);

	if (next == NULL)
		return msg->use ? ERR_BADSTATE : ERR_OK;
	session_table_use(turnover->sessions, next->conf);
	login_table_use(turnover->logins, next->conf, next->generation);
	radius_client_use(turnover->radius);
	coa_use(turnover->coa, next->conf);
	accounting_use(turnover->accounting, next->conf);
	filters_use(turnover->filters, next->conf);
	pool_set_use(turnover->pools, next->layout);
	threat_use(turnover->threat, next->conf);
	next->layout = NULL;
	log_info("configuration %llu is in force", (unsigned long long)next->generation);
	next_free(next);
	return ERR_OK;
}

void
turnover_fini(struct turnover *turnover)
{
	handover_fini(&turnover->handover);
}
