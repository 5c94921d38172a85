/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnel-group resolution. URLs are only compared, never followed; they come from the client. */
#include "conf/resolve.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "conf/certmap.h"

#define DEFAULT_GROUP "DefaultWEBVPNGroup"
#define URL_MAX 512

/* One resolution under way. */
struct search {
	const struct conf *conf;
	const struct resolve_input *input;
	struct resolve_choice *out;
	struct resolve_trace *trace; /* NULL: nobody asks why */
	bool asked_ok;               /* the client's URL could be read */
};

/* What was looked at, and why it did or did not decide. */
static void
step(const struct search *search, enum resolve_rule rule, const struct conf_object *object,
    bool matched, const char *why)
{
	struct resolve_trace *trace = search->trace;

	if (trace == NULL)
		return;
	if (trace->len == RESOLVE_STEPS_MAX) {
		trace->dropped++;
		/* The rule that decides is always among those that are kept. */
		if (!matched)
			return;
		trace->len--;
	}
	trace->steps[trace->len++] = (struct resolve_step){rule, matched, object, why};
}

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

/* ---- group-url ---- */

/* Calls back for every group-url; false: that is enough. */
typedef bool (*url_fn)(const struct conf_object *group, const struct conf_object *url, void *arg);

static void
each_url(const struct conf *conf, url_fn fn, void *arg)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);

	for (size_t i = 0; i < len; i++) {
		struct conf_object *const *urls;
		size_t n = conf_subs(conf_sub(groups[i], TG_WEBVPN), TGW_GROUP_URL, &urls);

		for (size_t k = 0; k < n; k++)
			if (!fn(groups[i], urls[k], arg))
				return;
	}
}

struct url_search {
	struct search *search;
	const struct url *asked;
};

static void
url_found(const struct url_search *urls, const struct conf_object *group,
    const struct conf_object *url, const char *why)
{
	urls->search->out->group = group;
	step(urls->search, RESOLVE_GROUP_URL, url, true, why);
}

/* The very host, port and path. */
static bool
try_url(const struct conf_object *group, const struct conf_object *url, void *arg)
{
	const struct url_search *urls = arg;
	const char *text = conf_str(url, GU_URL);
	const char *why = "another host, port or path";
	struct url ours;

	if (!conf_bool(url, GU_ENABLE)) {
		why = "disabled";
	} else if (text == NULL || url_read(text, &ours) != ERR_OK) {
		why = "cannot be read";
	} else if (is_same(&ours, urls->asked)) {
		url_found(urls, group, url, "host, port and path are equal");
		return false;
	}
	step(urls->search, RESOLVE_GROUP_URL, url, false, why);
	return true;
}

/* Only looked at when no URL is equal; those that do not fit are in the trace already. */
static bool
try_url_path(const struct conf_object *group, const struct conf_object *url, void *arg)
{
	const struct url_search *urls = arg;
	const char *text = conf_str(url, GU_URL);
	struct url ours;

	if (text == NULL || !conf_bool(url, GU_ENABLE) || url_read(text, &ours) != ERR_OK ||
	    !is_same_path(&ours, urls->asked))
		return true;
	url_found(urls, group, url, "the path is equal; the host is another name of this gateway");
	return false;
}

static void
find_by_url(struct search *search, const struct url *asked)
{
	struct url_search urls = {search, asked};

	search->out->rule = RESOLVE_GROUP_URL;
	if (!search->asked_ok) {
		step(search, RESOLVE_GROUP_URL, NULL, false, "the client's URL cannot be read");
		return;
	}
	each_url(search->conf, try_url, &urls);
	if (search->out->group == NULL)
		each_url(search->conf, try_url_path, &urls);
}

/* ---- certificate maps ---- */

/* The group of an entry whose rule the certificate satisfies. */
static const struct conf_object *
try_map(struct search *search, const struct conf_object *entry)
{
	const struct conf_object *rule = certmap_rule(search->conf, entry);
	const char *name = conf_str(entry, CGM_TUNNEL_GROUP);
	const struct conf_object *group = NULL;
	const char *why = "a criterion does not hold";

	if (rule == NULL) {
		why = "there is no such certificate map";
	} else if (certmap_matches(rule, search->input->certificate)) {
		group = name != NULL ? conf_find(search->conf, CONF_TUNNEL_GROUP, name) : NULL;
		why = group != NULL ? "all criteria hold" : "there is no such tunnel-group";
	}
	step(search, RESOLVE_CERTIFICATE_MAP, entry, group != NULL, why);
	return group;
}

static void
find_by_certificate(struct search *search)
{
	const struct conf_object *entry = certmap_next(search->conf, NULL);

	search->out->rule = RESOLVE_CERTIFICATE_MAP;
	if (search->input->certificate == NULL) {
		step(search, RESOLVE_CERTIFICATE_MAP, NULL, false, "no certificate");
		return;
	}
	if (entry == NULL)
		step(search, RESOLVE_CERTIFICATE_MAP, NULL, false,
		    "there is no certificate-group-map");
	for (; entry != NULL && search->out->group == NULL;
	     entry = certmap_next(search->conf, entry))
		search->out->group = try_map(search, entry);
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
resolve_alias(const struct conf *conf, const char *name, const char **alias)
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
resolve_aliases(const struct conf *conf, const char **out, size_t max)
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

/* The alias of a name, with every alias that was compared. */
static void
find_by_alias(struct search *search, enum resolve_rule rule, const char *name)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(search->conf, CONF_TUNNEL_GROUP, &groups);

	search->out->rule = rule;
	if (name[0] == '\0') {
		step(search, rule, NULL, false,
		    rule == RESOLVE_ALIAS_PATH ? "the URL has no path" : "none was chosen");
		return;
	}
	search->out->group = resolve_alias(search->conf, name, &search->out->alias);
	for (size_t i = 0; search->trace != NULL && i < len; i++) {
		struct conf_object *const *aliases;
		size_t n = conf_subs(conf_sub(groups[i], TG_WEBVPN), TGW_GROUP_ALIAS, &aliases);

		for (size_t k = 0; k < n; k++) {
			const char *alias = conf_str(aliases[k], GA_NAME);
			bool enabled = conf_bool(aliases[k], GA_ENABLE);
			bool found = enabled && alias != NULL && alias == search->out->alias;

			step(search, rule, aliases[k], found,
			    found     ? "the name is equal"
			    : enabled ? "another name"
				      : "disabled");
			if (found)
				return;
		}
	}
}

static void
choose_default(struct search *search)
{
	struct resolve_choice *out = search->out;
	const char *first = NULL;

	out->rule = RESOLVE_DEFAULT;
	out->group = conf_find(search->conf, CONF_TUNNEL_GROUP, DEFAULT_GROUP);
	out->alias = group_alias(out->group, NULL);
	/* The list preselects its first entry, so the form must be that group's. */
	if (out->list && out->alias == NULL && resolve_aliases(search->conf, &first, 1) > 0) {
		out->group = resolve_alias(search->conf, first, &out->alias);
		step(search, RESOLVE_DEFAULT, NULL, true,
		    "the first of the list, as " DEFAULT_GROUP " is not in it");
		return;
	}
	step(search, RESOLVE_DEFAULT, NULL, true, DEFAULT_GROUP);
}

/* Certificate map and group-url, in the order that tunnel-group-preference asks for (asa.md 3). */
static void
find_settled(struct search *search, const struct url *asked)
{
	const struct conf_object *webvpn =
	    conf_sub(conf_root(search->conf, CONF_TUNNEL_GROUPS), TGS_WEBVPN);
	const char *preference = conf_str(webvpn, WV_TUNNEL_GROUP_PREFERENCE);
	bool url_first = preference != NULL && strcmp(preference, "group-url") == 0;

	if (url_first)
		find_by_url(search, asked);
	if (search->out->group == NULL)
		find_by_certificate(search);
	if (search->out->group == NULL && !url_first)
		find_by_url(search, asked);
	if (search->out->group == NULL)
		return;
	search->out->alias = group_alias(search->out->group, NULL);
	search->out->settled = true;
}

void
resolve_group(const struct conf *conf, const struct resolve_input *input,
    struct resolve_choice *out, struct resolve_trace *trace)
{
	struct search search = {conf, input, out, trace, false};
	struct url asked;

	memset(out, 0, sizeof(*out));
	if (trace != NULL)
		trace->len = trace->dropped = 0;
	search.asked_ok =
	    (input->url[0] != '\0' ? url_read(input->url, &asked)
				   : request_read(input->host, input->path, &asked)) == ERR_OK;
	find_settled(&search, &asked);
	if (out->settled)
		return;
	out->list = conf_bool(
	    conf_sub(conf_root(conf, CONF_TUNNEL_GROUPS), TGS_WEBVPN), WV_TUNNEL_GROUP_LIST);
	find_by_alias(&search, RESOLVE_GROUP_ALIAS, input->select);
	if (out->group == NULL && search.asked_ok) {
		percent_decode(asked.path);
		find_by_alias(&search, RESOLVE_ALIAS_PATH, asked.path);
	}
	if (out->group == NULL)
		choose_default(&search);
}

/* ---- one group-url ---- */

bool
resolve_url_fits(const char *group_url, const struct resolve_input *input)
{
	struct url ours, asked;
	enum err err = input->url[0] != '\0' ? url_read(input->url, &asked)
					     : request_read(input->host, input->path, &asked);

	return err == ERR_OK && url_read(group_url, &ours) == ERR_OK &&
	       (is_same(&ours, &asked) || is_same_path(&ours, &asked));
}

bool
resolve_url_is_host(const char *group_url, const char *name)
{
	struct url ours;

	return name[0] != '\0' && url_read(group_url, &ours) == ERR_OK && ours.path[0] == '\0' &&
	       str_ieq(ours.host, name);
}
