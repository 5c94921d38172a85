/* SPDX-License-Identifier: Apache-2.0 */
/* What show-access-list gets to see: access lists, their rules and hits, as they were at one
 * moment. */
#include <stdlib.h>
#include <string.h>

#include "auth/filters_parts.h"

struct listed {
	struct conf *conf;       /* held; NULL: own's */
	struct filters_own *own; /* held */
	const struct conf_object *list;
	uint64_t *hits; /* of each rule; NULL: none */
	size_t hits_len;
	uint32_t entries;
	bool former;
};

struct filters_listing {
	struct listed *items;
	size_t len;
	size_t cap;
	size_t item; /* where filters_listing_next() is */
	size_t rule;
};

static struct listed *
listing_add(struct filters_listing *listing, struct conf *conf, struct filters_own *own,
    const struct conf_object *list)
{
	struct listed *items =
	    filters_room(listing->items, &listing->cap, listing->len, sizeof(*items));

	if (items == NULL)
		return NULL;
	listing->items = items;
	struct listed *item = &listing->items[listing->len++];
	*item = (struct listed){
	    .conf = conf != NULL ? conf_ref(conf) : NULL,
	    .own = filters_own_ref(own),
	    .list = list,
	};
	return item;
}

static enum err
list_filter(struct filters_listing *listing, const struct filter *filter)
{
	struct listed *item = listing_add(listing, filter->conf, filter->own, filter->list);

	if (item == NULL)
		return ERR_NOMEM;
	item->entries = (uint32_t)filter->acl.len;
	item->former = filter->sources == 0 && filter->own == NULL;
	item->hits = calloc(filter->hits_len + 1, sizeof(*item->hits));
	if (item->hits == NULL)
		return ERR_NOMEM;
	item->hits_len = filter->hits_len;
	memcpy(item->hits, filter->hits, filter->hits_len * sizeof(*item->hits));
	return ERR_OK;
}

/* A list that is no filter. */
static enum err
list_plain(struct filters_listing *listing, struct conf *conf, const struct conf_object *list)
{
	struct listed *item = listing_add(listing, conf, NULL, list);
	struct acl_networks networks;
	struct acl acl;
	struct buf why;

	if (item == NULL)
		return ERR_NOMEM;
	buf_init(&why, FILTERS_WHY_MAX);
	if (acl_compile(conf, list, &acl, &why) == ERR_OK) {
		item->entries = (uint32_t)acl.len;
		acl_fini(&acl);
	} else if (acl_networks(conf, list, &networks, &why) == ERR_OK) {
		item->entries = (uint32_t)networks.len;
		acl_networks_fini(&networks);
	}
	buf_fini(&why);
	return ERR_OK;
}

static enum err
list_current(const struct filters *filters, struct conf *conf, const char *name,
    struct filters_listing *listing)
{
	const struct conf_object *const *lists;
	size_t len = conf_objects(conf, CONF_ACCESS_LIST, &lists);
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		const struct filter *filter = filters_of_list(filters, conf, lists[i]);
		bool named = name[0] != '\0' && strcmp(name, conf_str(lists[i], ACL_NAME)) == 0;

		if (filter != NULL && (named || name[0] == '\0'))
			err = list_filter(listing, filter);
		else if (named)
			err = list_plain(listing, conf, lists[i]);
	}
	return err;
}

static enum err
list_former(const struct filters *filters, const char *name, struct filters_listing *listing)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < filters->len && err == ERR_OK; i++) {
		const struct filter *filter = filters->items[i];

		if (filter->sources > 0 ||
		    (name[0] != '\0' && strcmp(name, conf_str(filter->list, ACL_NAME)) != 0))
			continue;
		err = list_filter(listing, filter);
	}
	return err;
}

enum err
filters_listing_new(const struct filters *filters, struct conf *conf, const char *name,
    struct filters_listing **out)
{
	struct filters_listing *listing = calloc(1, sizeof(*listing));
	enum err err = ERR_NOMEM;

	if (listing != NULL)
		err = list_current(filters, conf, name, listing);
	if (err == ERR_OK)
		err = list_former(filters, name, listing);
	if (err == ERR_OK && name[0] != '\0' && listing->len == 0)
		err = ERR_NOTFOUND;
	if (err != ERR_OK) {
		filters_listing_free(listing);
		listing = NULL;
	}
	*out = listing;
	return err;
}

void
filters_listing_free(struct filters_listing *listing)
{
	if (listing == NULL)
		return;
	for (size_t i = 0; i < listing->len; i++) {
		conf_unref(listing->items[i].conf);
		filters_own_unref(listing->items[i].own);
		free(listing->items[i].hits);
	}
	free(listing->items);
	free(listing);
}

bool
filters_listing_next(struct filters_listing *listing, Ipc__CtlRule *rule)
{
	for (; listing->item < listing->len; listing->item++, listing->rule = 0) {
		const struct listed *item = &listing->items[listing->item];
		char *const *rules;
		size_t i = listing->rule;

		if (i >= conf_list(item->list, ACL_RULES, &rules))
			continue;
		ipc__ctl_rule__init(rule);
		rule->access_list = (char *)conf_str(item->list, ACL_NAME);
		rule->line = (uint32_t)++listing->rule;
		rule->type = (char *)conf_str(item->list, ACL_TYPE);
		rule->text = rules[i];
		rule->hits = i < item->hits_len ? item->hits[i] : 0;
		rule->entries = item->entries;
		rule->former = item->former;
		rule->dynamic = item->own != NULL;
		return true;
	}
	return false;
}

void
filters_listing_back(struct filters_listing *listing)
{
	if (listing->rule > 0)
		listing->rule--;
}
