/* SPDX-License-Identifier: Apache-2.0 */
/* What struct filters is made of. For auth/filters*.c only. */
#ifndef AUTH_FILTERS_PARTS_H
#define AUTH_FILTERS_PARTS_H

#include "auth/filters.h"
#include "conf/acl.h"

#define FILTERS_PIECE 512 /* entries of one message: at most about 110 bytes each */
#define FILTERS_SENT_ALL SIZE_MAX
#define FILTERS_WHY_MAX 1024

/* An access list of no configuration: a server gave it. Shared by its filter and listings. */
struct filters_own {
	size_t refs;
	struct conf_object *list;
};

struct filter {
	uint64_t id;
	struct acl acl;
	struct conf *conf;       /* whose text stands for it, held; NULL: own's */
	struct filters_own *own; /* held */
	const struct conf_object *list;
	size_t sources;
	size_t sessions;
	uint64_t *hits; /* of each rule of the list */
	size_t hits_len;
	size_t *sent; /* to each worker: entries, FILTERS_SENT_ALL */
};

/* An access list of a configuration, and what it gives. */
struct filter_source {
	struct conf *conf; /* held */
	const struct conf_object *list;
	struct filter *filter;
};

struct filters {
	struct filters_config config;
	struct conf *current; /* held */
	struct filter **items;
	size_t len;
	size_t cap;
	struct filter_source *sources;
	size_t sources_len;
	size_t sources_cap;
	Ipc__FilterEntry entries[FILTERS_PIECE]; /* of the piece at hand */
	Ipc__FilterEntry *entry_refs[FILTERS_PIECE];
};

/* Room for one more behind len items of that size; NULL: memory. */
void *filters_room(void *items, size_t *cap, size_t len, size_t size) MUST_USE;
/* NULL: none. */
struct filter *filters_find(const struct filters *filters, uint64_t id);
/* What a list of a configuration gives; NULL: it is no source. */
struct filter *filters_of_list(
    const struct filters *filters, const struct conf *conf, const struct conf_object *list);
/* References; NULL is fine. The last one frees the list. */
struct filters_own *filters_own_ref(struct filters_own *own);
void filters_own_unref(struct filters_own *own);
/*
 * The filter that an access list gives, made if there is none. own NULL: list is of conf, else it
 * is own's, of which a reference is taken. Errors as filters_prepare().
 */
enum err filters_make(struct filters *filters, struct conf *conf, const struct conf_object *list,
    struct filters_own *own, struct filter **out) MUST_USE;
/* One session more has it. */
void filters_keep(struct filter *filter, uint64_t *id);
/*
 * The list's name and its entries, digested; never 0. The name is part of it because each list
 * counts its own hits. ERR_NOMEM.
 */
enum err filters_make_id(const char *name, const struct acl *acl, uint64_t *id) MUST_USE;

#endif
