/* SPDX-License-Identifier: Apache-2.0 */
/* Filters that servers give users, in place of those that policies name. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/filters_parts.h"
#include "common/ip.h"
#include "common/log.h"
#include "conf/acl_download.h"
#include "conf/row.h"

#define LIST_NAME_MAX 242

/* What is to become a list. */
struct given {
	char name[LIST_NAME_MAX];
	char **lines; /* borrowed, but for the array */
	size_t len;
	enum acl_masks masks;
};

bool
filters_profile_has(const Ipc__AaaProfile *profile)
{
	return profile->n_ace > 0 || profile->dacl[0] != '\0';
}

/* acl-netmask-convert of the host that gave it; one that is not there any more: the default. */
static enum acl_masks
masks_of(const struct conf_object *group, const Ipc__AaaProfile *profile)
{
	struct conf_object *const *hosts;
	size_t len = group != NULL ? conf_subs(group, ASG_HOSTS, &hosts) : 0;
	struct ip_addr server, addr;

	if (ip_from_bytes(profile->server.data, profile->server.len, &server) != ERR_OK)
		return ACL_MASKS_STANDARD;
	for (size_t i = 0; i < len; i++) {
		if (ip_parse(conf_str(hosts[i], AH_ADDRESS), &addr) != ERR_OK ||
		    !ip_eq(&addr, &server))
			continue;
		const char *mode = conf_str(hosts[i], AH_ACL_NETMASK_CONVERT);

		if (strcmp(mode, "wildcard") == 0)
			return ACL_MASKS_WILDCARD;
		return strcmp(mode, "auto-detect") == 0 ? ACL_MASKS_AUTO : ACL_MASKS_STANDARD;
	}
	return ACL_MASKS_STANDARD;
}

/* ---- which lines ---- */

static void
take(struct given *given, char *const *lines, size_t len)
{
	if (len > 0)
		memcpy(&given->lines[given->len], lines, len * sizeof(*lines));
	given->len += len;
}

/* FNV-1a over all lines: tells the lists of one user apart, no more. */
static uint32_t
digest(const struct given *given)
{
	uint32_t value = 2166136261U;

	for (size_t i = 0; i < given->len; i++)
		for (const char *p = given->lines[i];; p++) {
			value = (value ^ (uint8_t)*p) * 16777619U;
			if (*p == '\0')
				break;
		}
	return value;
}

static enum err
given_read(const struct conf *conf, const char *username, const Ipc__AaaProfile *profile,
    struct given *given)
{
	const struct conf_object *group =
	    conf_find(conf, CONF_AAA_SERVER_GROUP, profile->server_group);
	const char *merge = group != NULL ? conf_str(group, ASG_MERGE_DACL) : "none";
	bool merged = strcmp(merge, "none") != 0 && profile->n_ace > 0;
	bool dacl = profile->dacl[0] != '\0' && (merged || profile->n_ace == 0);

	given->masks = masks_of(group, profile);
	if (dacl && profile->n_dacl_ace == 0) {
		log_err("access list %s of user %s has no lines", profile->dacl, username);
		return ERR_SYNTAX;
	}
	given->lines = calloc(profile->n_ace + profile->n_dacl_ace + 1, sizeof(*given->lines));
	if (given->lines == NULL)
		return ERR_NOMEM;
	if (dacl && strcmp(merge, "after-avpair") != 0)
		take(given, profile->dacl_ace, profile->n_dacl_ace);
	take(given, profile->ace, profile->n_ace);
	if (dacl && strcmp(merge, "after-avpair") == 0)
		take(given, profile->dacl_ace, profile->n_dacl_ace);
	if (profile->n_ace == 0)
		snprintf(given->name, sizeof(given->name), "%s", profile->dacl);
	else
		snprintf(given->name, sizeof(given->name), "AAA-user-%.64s-%08" PRIX32, username,
		    digest(given));
	return ERR_OK;
}

/* ---- the filter ---- */

static void
log_bad(const char *username, const char *name, char *why)
{
	char *rest = why;

	log_err("access list %s of user %s cannot be used", name, username);
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
		log_event(LOGMSG_113018, username, line, "session refused");
}

static enum err
own_new(
    struct conf *conf, const char *username, const struct given *given, struct filters_own **out)
{
	struct conf_object *list = NULL;
	struct buf why;

	buf_init(&why, (size_t)8 * FILTERS_WHY_MAX);
	enum err err =
	    acl_download(conf, given->name, given->lines, given->len, given->masks, &list, &why);
	if (err != ERR_OK && why.len > 0 && buf_cstr(&why)[0] != '\0')
		log_bad(username, given->name, (char *)why.data);
	buf_fini(&why);
	if (err != ERR_OK)
		return err;
	*out = calloc(1, sizeof(**out));
	if (*out == NULL) {
		row_object_free(list);
		return ERR_NOMEM;
	}
	**out = (struct filters_own){.refs = 1, .list = list};
	return ERR_OK;
}

enum err
filters_hold_profile(struct filters *filters, struct conf *conf, const char *username,
    const Ipc__AaaProfile *profile, uint64_t *id)
{
	struct given given = {.len = 0};
	struct filters_own *own = NULL;
	struct filter *filter;
	enum err err;

	*id = 0;
	if (!filters_profile_has(profile))
		return ERR_OK;
	err = given_read(conf, username, profile, &given);
	if (err == ERR_OK)
		err = own_new(conf, username, &given, &own);
	if (err == ERR_OK)
		err = filters_make(filters, conf, own->list, own, &filter);
	if (err == ERR_OK)
		filters_keep(filter, id);
	filters_own_unref(own);
	free(given.lines);
	return err;
}
