/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnel-group resolution. URLs are only compared, never followed; they come from the client. */
#include "auth/group.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"

#define DEFAULT_GROUP "DefaultWEBVPNGroup"
#define URL_MAX 512

/* A URL cut into what is compared. Empty host: any. */
struct url {
	char host[URL_MAX];
	unsigned port;
	char path[URL_MAX]; /* without leading and trailing slashes */
};

/* Host and port of an authority; brackets of an IPv6 address stay with the host. */
static enum err
authority_read(const char *text, size_t len, struct url *out)
{
	const char *end = text + len;
	const char *bracket = memchr(text, ']', len);
	const char *from = bracket != NULL ? bracket : text;
	const char *colon = memchr(from, ':', (size_t)(end - from));
	char port[8];
	uint64_t value = 443;
	enum err err;

	if (colon != NULL && colon + 1 < end) {
		err = str_copy_n(port, sizeof(port), colon + 1, (size_t)(end - colon - 1));
		if (err == ERR_OK)
			err = str_to_u64(port, 1, 65535, &value);
		if (err != ERR_OK)
			return err;
	}
	out->port = (unsigned)value;
	return str_copy_n(
	    out->host, sizeof(out->host), text, colon != NULL ? (size_t)(colon - text) : len);
}

static enum err
path_read(const char *text, struct url *out)
{
	size_t len;

	text += strspn(text, "/");
	len = strcspn(text, "?#");
	while (len > 0 && text[len - 1] == '/')
		len--;
	return str_copy_n(out->path, sizeof(out->path), text, len);
}

/* "https://HOST[:PORT][/PATH]"; clients also send it without the scheme. */
static enum err
url_read(const char *text, struct url *out)
{
	const char *scheme = strstr(text, "://");
	size_t len;
	enum err err;

	if (scheme != NULL) {
		if (!str_istarts(text, "https://"))
			return ERR_UNSUPPORTED;
		text = scheme + 3;
	}
	len = strcspn(text, "/?#");
	err = authority_read(text, len, out);
	return err == ERR_OK ? path_read(text + len, out) : err;
}

static enum err
request_read(const char *host, const char *path, struct url *out)
{
	enum err err = authority_read(host, strlen(host), out);

	return err == ERR_OK ? path_read(path, out) : err;
}

typedef bool (*url_match_fn)(const struct url *ours, const struct url *theirs);

static bool
is_same(const struct url *ours, const struct url *theirs)
{
	return ours->port == theirs->port && str_ieq(ours->host, theirs->host) &&
	       str_ieq(ours->path, theirs->path);
}

/*
 * A gateway has several names, and clients add or drop the domain (protocol.md 2.1): the path alone
 * decides, if there is one.
 */
static bool
is_same_path(const struct url *ours, const struct url *theirs)
{
	return ours->path[0] != '\0' && str_ieq(ours->path, theirs->path);
}

static bool
group_has_url(const struct conf_object *group, const struct url *url, url_match_fn match)
{
	struct conf_object *const *urls;
	size_t len = conf_subs(conf_sub(group, TG_WEBVPN), TGW_GROUP_URL, &urls);

	for (size_t i = 0; i < len; i++) {
		const char *text = conf_str(urls[i], GU_URL);
		struct url ours;

		if (text == NULL || !conf_bool(urls[i], GU_ENABLE))
			continue;
		if (url_read(text, &ours) == ERR_OK && match(&ours, url))
			return true;
	}
	return false;
}

static const struct conf_object *
find_by_url(const struct conf *conf, const struct url *url, url_match_fn match)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);

	for (size_t i = 0; i < len; i++)
		if (group_has_url(groups[i], url, match))
			return groups[i];
	return NULL;
}

/* ---- aliases ---- */

/* First enabled alias of a group, or the one of that name. */
static const char *
group_alias(const struct conf_object *group, const char *name)
{
	struct conf_object *const *aliases;
	size_t len = conf_subs(conf_sub(group, TG_WEBVPN), TGW_GROUP_ALIAS, &aliases);

	for (size_t i = 0; i < len; i++) {
		const char *alias = conf_str(aliases[i], GA_NAME);

		if (alias == NULL || !conf_bool(aliases[i], GA_ENABLE))
			continue;
		if (name == NULL || str_ieq(alias, name))
			return alias;
	}
	return NULL;
}

const struct conf_object *
group_by_alias(const struct conf *conf, const char *name, const char **alias)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);

	for (size_t i = 0; name[0] != '\0' && i < len; i++) {
		const char *found = group_alias(groups[i], name);

		if (found != NULL) {
			*alias = found;
			return groups[i];
		}
	}
	return NULL;
}

size_t
group_aliases(const struct conf *conf, const char **out, size_t max)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		struct conf_object *const *aliases;
		size_t n = conf_subs(conf_sub(groups[i], TG_WEBVPN), TGW_GROUP_ALIAS, &aliases);

		for (size_t j = 0; j < n; j++) {
			if (!conf_bool(aliases[j], GA_ENABLE))
				continue;
			if (count < max)
				out[count] = conf_str(aliases[j], GA_NAME);
			count++;
		}
	}
	return count;
}

/* %XX of a path segment; what is not a valid escape stays as it is. */
static void
percent_decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		char digits[3] = {0};
		uint8_t byte;

		if (from[0] == '%' && from[1] != '\0' && from[2] != '\0') {
			digits[0] = from[1];
			digits[1] = from[2];
			if (str_unhex(digits, &byte, 1) == ERR_OK && byte != 0) {
				*to++ = (char)byte;
				from += 2;
				continue;
			}
		}
		*to++ = *from;
	}
	*to = '\0';
}

static void
choose_default(const struct conf *conf, struct group_choice *out)
{
	const char *first = NULL;

	out->group = conf_find(conf, CONF_TUNNEL_GROUP, DEFAULT_GROUP);
	out->alias = group_alias(out->group, NULL);
	if (!out->list || out->alias != NULL)
		return;
	/* The list preselects its first entry, so the form must be that group's. */
	if (group_aliases(conf, &first, 1) > 0)
		out->group = group_by_alias(conf, first, &out->alias);
}

void
group_resolve(const struct conf *conf, const char *url, const char *host, const char *path,
    const char *select, struct group_choice *out)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	struct url asked;
	enum err err;

	memset(out, 0, sizeof(*out));
	err = url[0] != '\0' ? url_read(url, &asked) : request_read(host, path, &asked);
	if (err == ERR_OK) {
		out->group = find_by_url(conf, &asked, is_same);
		if (out->group == NULL)
			out->group = find_by_url(conf, &asked, is_same_path);
	}
	if (out->group != NULL) {
		out->alias = group_alias(out->group, NULL);
		out->by_url = true;
		return;
	}
	out->list = conf_bool(conf_sub(root, TGS_WEBVPN), WV_TUNNEL_GROUP_LIST);
	out->group = group_by_alias(conf, select, &out->alias);
	if (out->group == NULL && err == ERR_OK) {
		percent_decode(asked.path);
		out->group = group_by_alias(conf, asked.path, &out->alias);
	}
	if (out->group == NULL)
		choose_default(conf, out);
}
