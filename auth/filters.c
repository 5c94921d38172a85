/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter is there once for each content, whatever configurations have it. What keeps it: sources
 * (access lists of the configuration in force, or of one that was prepared) and sessions. There are
 * as many as access lists are used, so that looking through all of them is no burden.
 */
#include "auth/filters_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "conf/row.h"

#define ITEMS_MIN 8

void *
filters_room(void *items, size_t *cap, size_t len, size_t size)
{
	size_t more = *cap == 0 ? ITEMS_MIN : 2 * *cap;

	if (len < *cap)
		return items;
	void *moved = reallocarray(items, more, size);
	if (moved != NULL)
		*cap = more;
	return moved;
}

struct filters *
filters_new(const struct filters_config *config)
{
	struct filters *filters = calloc(1, sizeof(*filters));

	if (filters == NULL)
		return NULL;
	filters->config = *config;
	for (size_t i = 0; i < FILTERS_PIECE; i++)
		filters->entry_refs[i] = &filters->entries[i];
	return filters;
}

struct filters_own *
filters_own_ref(struct filters_own *own)
{
	if (own != NULL)
		own->refs++;
	return own;
}

void
filters_own_unref(struct filters_own *own)
{
	if (own == NULL || --own->refs > 0)
		return;
	row_object_free(own->list);
	free(own);
}

static void
filter_free(struct filter *filter)
{
	acl_fini(&filter->acl);
	conf_unref(filter->conf);
	filters_own_unref(filter->own);
	free(filter->hits);
	free(filter->sent);
	free(filter);
}

void
filters_free(struct filters *filters)
{
	if (filters == NULL)
		return;
	for (size_t i = 0; i < filters->sources_len; i++)
		conf_unref(filters->sources[i].conf);
	for (size_t i = 0; i < filters->len; i++)
		filter_free(filters->items[i]);
	free(filters->sources);
	free(filters->items);
	conf_unref(filters->current);
	free(filters);
}

struct filter *
filters_find(const struct filters *filters, uint64_t id)
{
	for (size_t i = 0; i < filters->len; i++)
		if (filters->items[i]->id == id)
			return filters->items[i];
	return NULL;
}

struct filter *
filters_of_list(
    const struct filters *filters, const struct conf *conf, const struct conf_object *list)
{
	for (size_t i = 0; i < filters->sources_len; i++)
		if (filters->sources[i].conf == conf && filters->sources[i].list == list)
			return filters->sources[i].filter;
	return NULL;
}

/* ---- filters and their sources ---- */

/* A new filter; takes the entries. */
static struct filter *
filter_new(const struct filters *filters, struct conf *conf, const struct conf_object *list,
    struct filters_own *own, uint64_t id, struct acl *acl)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	char *const *rules;

	if (filter == NULL) {
		acl_fini(acl);
		return NULL;
	}
	filter->id = id;
	filter->acl = *acl;
	filter->conf = own == NULL ? conf_ref(conf) : NULL;
	filter->own = filters_own_ref(own);
	filter->list = list;
	filter->hits_len = conf_list(list, ACL_RULES, &rules);
	filter->hits = calloc(filter->hits_len + 1, sizeof(*filter->hits));
	filter->sent = calloc(filters->config.workers + 1, sizeof(*filter->sent));
	if (filter->hits != NULL && filter->sent != NULL)
		return filter;
	filter_free(filter);
	return NULL;
}

static enum err
filter_add(struct filters *filters, struct filter *filter)
{
	struct filter **items =
	    filters_room(filters->items, &filters->cap, filters->len, sizeof(*items));

	if (items == NULL) {
		filter_free(filter);
		return ERR_NOMEM;
	}
	filters->items = items;
	filters->items[filters->len++] = filter;
	return ERR_OK;
}

enum err
filters_make(struct filters *filters, struct conf *conf, const struct conf_object *list,
    struct filters_own *own, struct filter **out)
{
	const char *name = conf_str(list, ACL_NAME);
	struct acl acl;
	struct buf why;
	uint64_t id;

	buf_init(&why, FILTERS_WHY_MAX);
	enum err err = acl_compile(conf, list, &acl, &why);
	if (err != ERR_OK)
		log_err("access list %s as filter: %s", name, buf_cstr(&why));
	buf_fini(&why);
	if (err != ERR_OK)
		return err;
	err = filters_make_id(name, &acl, &id);
	*out = err == ERR_OK ? filters_find(filters, id) : NULL;
	if (err != ERR_OK || *out != NULL) {
		acl_fini(&acl);
		return err;
	}
	*out = filter_new(filters, conf, list, own, id, &acl);
	return *out != NULL ? filter_add(filters, *out) : ERR_NOMEM;
}

/* Nobody needs it: workers forget it, and so do we. */
static void
filter_forget(struct filters *filters, size_t place)
{
	struct filter *filter = filters->items[place];
	Ipc__FilterForget forget = IPC__FILTER_FORGET__INIT;

	forget.filter = filter->id;
	for (unsigned i = 0; i < filters->config.workers; i++)
		if (filter->sent[i] != 0 &&
		    filters->config.send(i, IPC__MSG_TYPE__MSG_FILTER_FORGET, &forget.base,
			filters->config.arg) != ERR_OK)
			log_debug("worker %u was not told to forget a filter", i);
	filters->len--;
	memmove(&filters->items[place], &filters->items[place + 1],
	    (filters->len - place) * sizeof(struct filter *));
	filter_free(filter);
}

static void
filters_settle(struct filters *filters)
{
	for (size_t i = filters->len; i > 0; i--)
		if (filters->items[i - 1]->sources == 0 && filters->items[i - 1]->sessions == 0)
			filter_forget(filters, i - 1);
}

static enum err
source_make(
    struct filters *filters, struct conf *conf, const struct conf_object *list, struct filter **out)
{
	struct filter_source *sources;
	enum err err;

	*out = filters_of_list(filters, conf, list);
	if (*out != NULL)
		return ERR_OK;
	sources = filters_room(
	    filters->sources, &filters->sources_cap, filters->sources_len, sizeof(*sources));
	if (sources == NULL)
		return ERR_NOMEM;
	filters->sources = sources;
	err = filters_make(filters, conf, list, NULL, out);
	if (err != ERR_OK)
		return err;
	(*out)->sources++;
	filters->sources[filters->sources_len++] =
	    (struct filter_source){.conf = conf_ref(conf), .list = list, .filter = *out};
	return ERR_OK;
}

/* Forget the sources that are not (keep) or only those that are (!keep) of a configuration. */
static void
sources_sweep(struct filters *filters, const struct conf *conf, bool keep)
{
	size_t kept = 0;

	for (size_t i = 0; i < filters->sources_len; i++) {
		struct filter_source *source = &filters->sources[i];

		if ((source->conf == conf) == keep) {
			filters->sources[kept++] = *source;
			continue;
		}
		source->filter->sources--;
		conf_unref(source->conf);
	}
	filters->sources_len = kept;
	filters_settle(filters);
}

/* ---- configurations ---- */

/* The lists that one policy or user names. */
static enum err
prepare_attributes(struct filters *filters, struct conf *conf, const struct conf_object *attributes)
{
	static const enum conf_gp_attributes named[] = {GPA_VPN_FILTER, GPA_IPV6_VPN_FILTER};
	struct filter *filter;
	enum err err = ERR_OK;

	for (size_t i = 0; i < ARRAY_LEN(named) && err == ERR_OK; i++) {
		if (conf_value(attributes, named[i])->state != CONF_SET)
			continue;
		const struct conf_object *list =
		    conf_find(conf, CONF_ACCESS_LIST, conf_str(attributes, named[i]));

		err = list != NULL ? source_make(filters, conf, list, &filter) : ERR_NOTFOUND;
	}
	return err;
}

static enum err
prepare_kind(struct filters *filters, struct conf *conf, enum conf_kind kind, unsigned attributes)
{
	const struct conf_object *const *objects;
	size_t len = conf_objects(conf, kind, &objects);
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = prepare_attributes(filters, conf, conf_sub(objects[i], attributes));
	return err;
}

enum err
filters_prepare(struct filters *filters, struct conf *conf)
{
	enum err err = prepare_kind(filters, conf, CONF_GROUP_POLICY, GP_ATTRIBUTES);

	if (err == ERR_OK)
		err = prepare_kind(filters, conf, CONF_USERNAME, USER_ATTRIBUTES);
	if (err != ERR_OK && conf != filters->current)
		sources_sweep(filters, conf, false);
	return err;
}

/* From now on its text is that of this configuration. Without memory the old text does too. */
static void
filter_adopt(struct filter *filter, struct conf *conf, const struct conf_object *list)
{
	char *const *rules;
	size_t len = conf_list(list, ACL_RULES, &rules);
	uint64_t *hits = reallocarray(filter->hits, len + 1, sizeof(*hits));

	if (hits == NULL)
		return;
	for (size_t i = filter->hits_len; i < len; i++)
		hits[i] = 0;
	filter->hits = hits;
	filter->hits_len = len;
	conf_ref(conf);
	conf_unref(filter->conf);
	filters_own_unref(filter->own);
	filter->own = NULL;
	filter->conf = conf;
	filter->list = list;
}

void
filters_use(struct filters *filters, struct conf *conf)
{
	conf_ref(conf);
	conf_unref(filters->current);
	filters->current = conf;
	sources_sweep(filters, conf, true);
	for (size_t i = 0; i < filters->sources_len; i++)
		if (filters->sources[i].filter->conf != conf)
			filter_adopt(filters->sources[i].filter, conf, filters->sources[i].list);
}

/* ---- sessions ---- */

void
filters_keep(struct filter *filter, uint64_t *id)
{
	filter->sessions++;
	*id = filter->id;
}

enum err
filters_hold(struct filters *filters, struct conf *conf, const char *access_list, uint64_t *id)
{
	const struct conf_object *list;
	struct filter *filter = NULL;
	enum err err = ERR_OK;

	*id = 0;
	if (access_list == NULL)
		return ERR_OK;
	list = conf_find(conf, CONF_ACCESS_LIST, access_list);
	if (list == NULL)
		return ERR_NOTFOUND;
	filter = filters_of_list(filters, conf, list);
	if (filter == NULL && conf == filters->current)
		err = source_make(filters, conf, list, &filter);
	else if (filter == NULL) /* of a configuration that goes with its sessions */
		err = filters_make(filters, conf, list, NULL, &filter);
	if (err != ERR_OK)
		return err;
	filters_keep(filter, id);
	return ERR_OK;
}

enum err
filters_hold_policy(struct filters *filters, struct conf *conf, const struct inherit *inherit,
    uint64_t *filter4, uint64_t *filter6)
{
	enum conf_gp_attributes attribute;
	enum err err;

	*filter6 = 0;
	err = filters_hold(filters, conf, inherit_filter(inherit, 4, &attribute), filter4);
	if (err == ERR_OK)
		err = filters_hold(filters, conf, inherit_filter(inherit, 6, &attribute), filter6);
	if (err != ERR_OK) {
		filters_release(filters, *filter4);
		*filter4 = 0;
	}
	return err;
}

uint64_t
filters_hold_again(struct filters *filters, uint64_t id)
{
	struct filter *filter = id != 0 ? filters_find(filters, id) : NULL;

	if (filter == NULL || filter->sessions == 0)
		return 0;
	filter->sessions++;
	return id;
}

void
filters_release(struct filters *filters, uint64_t id)
{
	struct filter *filter = id != 0 ? filters_find(filters, id) : NULL;

	if (filter == NULL || filter->sessions == 0)
		return;
	if (--filter->sessions == 0)
		filters_settle(filters);
}

const char *
filters_name(const struct filters *filters, uint64_t id)
{
	const struct filter *filter = filters_find(filters, id);

	return filter != NULL ? conf_str(filter->list, ACL_NAME) : NULL;
}

/* ---- what workers say ---- */

void
filters_worker_gone(struct filters *filters, unsigned worker)
{
	if (worker >= filters->config.workers)
		return;
	for (size_t i = 0; i < filters->len; i++)
		filters->items[i]->sent[worker] = 0;
}

void
filters_hits(struct filters *filters, const Ipc__FilterHits *msg)
{
	struct filter *filter = filters_find(filters, msg->filter);

	if (filter == NULL || msg->n_line != msg->n_hits)
		return;
	for (size_t i = 0; i < msg->n_line; i++) {
		if (msg->line[i] == 0 || msg->line[i] > filter->hits_len)
			continue;
		uint64_t *hits = &filter->hits[msg->line[i] - 1];

		if (__builtin_add_overflow(*hits, msg->hits[i], hits))
			*hits = UINT64_MAX;
	}
}
