/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks over several settings or files. Each names the later of two that clash, with the line of
 * the earlier. Pools are in check_pool.c. Objects may be incomplete here: what was wrong in itself
 * is reported already and absent now.
 */
#include "conf/check.h"

#include <stdlib.h>
#include <string.h>

#include "common/ip.h"
#include "common/str.h"
#include "conf/errors.h"
#include "conf/parts.h"
#include "conf/row.h"
#include "conf/syntax.h"

/* Settings that name an object. */
static const struct {
	enum conf_kind in;
	unsigned setting;
	enum conf_kind to;
	const char *what;
} references[] = {
    {CONF_TG_GENERAL, TGG_ADDRESS_POOL, CONF_IP_LOCAL_POOL, "ip-local-pools"},
    {CONF_TG_GENERAL, TGG_IPV6_ADDRESS_POOL, CONF_IPV6_LOCAL_POOL, "ipv6-local-pools"},
    {CONF_TG_GENERAL, TGG_DEFAULT_GROUP_POLICY, CONF_GROUP_POLICY, "group-policies"},
    {CONF_GP_ATTRIBUTES, GPA_SPLIT_TUNNEL_NETWORK_LIST, CONF_ACCESS_LIST, "access-lists"},
    {CONF_GP_ATTRIBUTES, GPA_GROUP_LOCK, CONF_TUNNEL_GROUP, "tunnel-groups"},
    {CONF_GP_ATTRIBUTES, GPA_ADDRESS_POOLS, CONF_IP_LOCAL_POOL, "ip-local-pools"},
    {CONF_GP_ATTRIBUTES, GPA_IPV6_ADDRESS_POOLS, CONF_IPV6_LOCAL_POOL, "ipv6-local-pools"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_GROUP_POLICY, CONF_GROUP_POLICY, "group-policies"},
    {CONF_PKI, PKI_SSL_TRUST_POINT, CONF_TRUSTPOINT, "trustpoints"},
};

/* Some names that exist, for the cure; "" when there are none. */
static void
known_names(const struct conf *conf, enum conf_kind kind, struct buf *out)
{
	const struct parts_index *index = &conf->index[kind];

	for (size_t i = 0; i < index->by_name_len && i < 5; i++)
		buf_printf(out, "%s%s", i == 0 ? "; known: " : ", ", parts_name(index->by_name[i]));
	if (index->by_name_len > 5)
		buf_puts(out, ", ..");
}

static void
check_reference(const struct conf *conf, const struct conf_object *object, size_t reference,
    const char *name, struct conf_errors *errors)
{
	enum conf_kind to = references[reference].to;
	struct buf known;

	if (conf_find(conf, to, name) != NULL)
		return;
	buf_init(&known, 512);
	known_names(conf, to, &known);
	errors_setting(errors, object, references[reference].setting,
	    "\"%.64s\" is not in %s of %s%s", name, references[reference].what,
	    parts_files[parts_named_find(to)->root].name, buf_cstr(&known));
	buf_fini(&known);
}

static void
check_references(
    const struct conf *conf, const struct conf_object *object, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(references); i++) {
		if (references[i].in != object->kind ||
		    conf_root(conf, parts_named_find(references[i].to)->root) == NULL)
			continue;
		const struct conf_value *value = &object->values[references[i].setting];

		if (value->state != CONF_SET)
			continue;
		if (value->str != NULL)
			check_reference(conf, object, i, value->str, errors);
		for (size_t k = 0; value->list != NULL && k < value->len; k++)
			check_reference(conf, object, i, value->list[k], errors);
	}
}

/* A group policy cannot name a group policy. */
static void
check_user_only(const struct conf_object *object, struct conf_errors *errors)
{
	if (object->kind == CONF_GP_ATTRIBUTES && object->parent->kind == CONF_GROUP_POLICY &&
	    object->values[GPA_VPN_GROUP_POLICY].state != CONF_ABSENT)
		errors_setting(errors, object, GPA_VPN_GROUP_POLICY,
		    "belongs to the attributes of a user, in users.conf");
}

/* Every object, from the top of each file down. */
static void
check_object(const struct conf *conf, const struct conf_object *object, struct conf_errors *errors)
{
	const struct row_kind *kind = row_kind(object->kind);

	check_references(conf, object, errors);
	check_user_only(object, errors);
	for (size_t i = 0; i < kind->len; i++)
		for (size_t k = 0; object->values[i].objects != NULL && k < object->values[i].len;
		     k++)
			check_object(conf, object->values[i].objects[k], errors);
}

static void
check_objects(const struct conf *conf, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(conf->roots); i++)
		if (conf->roots[i] != NULL)
			check_object(conf, conf->roots[i], errors);
}

static void
check_names(const struct conf *conf, struct conf_errors *errors)
{
	for (size_t i = 0; i < parts_named_len; i++) {
		const struct parts_index *index = &conf->index[parts_named[i].kind];

		for (size_t k = 1; k < index->by_name_len; k++) {
			const struct conf_object *first = index->by_name[k - 1];

			if (strcmp(parts_name(first), parts_name(index->by_name[k])) == 0)
				errors_setting(errors, index->by_name[k], parts_named[i].name,
				    "\"%s\" is there twice, first in line %d; use another name",
				    parts_name(first), first->origin.line);
		}
	}
}

/* A word by which a client selects a tunnel group. */
struct selector {
	char *key; /* two that mean the same have the same */
	const struct conf_object *object;
	unsigned setting;
	size_t place; /* to keep file order */
};

struct selectors {
	struct selector *items;
	size_t len;
};

static void
selector_add(struct selectors *selectors, const struct conf_object *object, unsigned setting,
    struct conf_errors *errors)
{
	const char *text = conf_str(object, setting);
	struct buf key;

	if (text == NULL || !conf_bool(object, setting == GU_URL ? GU_ENABLE : GA_ENABLE))
		return;
	struct selector *items =
	    realloc(selectors->items, (selectors->len + 1) * sizeof(*selectors->items));
	if (items == NULL) {
		errors_add(errors, "configuration", 0, NULL, "out of memory");
		return;
	}
	selectors->items = items;
	buf_init(&key, 1024);
	if (object->kind == CONF_GROUP_URL) {
		if (syntax_url_key(text, &key) != ERR_OK)
			buf_reset(&key);
	} else {
		for (const char *p = text; *p != '\0'; p++)
			buf_put_u8(&key, (uint8_t)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p));
	}
	items[selectors->len] = (struct selector){.key = errors_strdup(errors, buf_cstr(&key)),
	    .object = object,
	    .setting = setting,
	    .place = selectors->len};
	if (items[selectors->len].key != NULL)
		selectors->len++;
	buf_fini(&key);
}

static int
compare_selectors(const void *a, const void *b)
{
	const struct selector *one = a, *two = b;
	int order = strcmp(one->key, two->key);

	return order != 0 ? order : (one->place > two->place) - (one->place < two->place);
}

/* Two enabled ones that are the same would leave it to chance which tunnel group a client gets. */
static void
check_selectors_of(
    const struct conf *conf, unsigned list, unsigned setting, struct conf_errors *errors)
{
	struct selectors selectors = {0};
	const struct conf_object *const *groups;
	size_t groups_len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);

	for (size_t i = 0; i < groups_len; i++) {
		struct conf_object *const *subs;
		size_t subs_len = conf_subs(conf_sub(groups[i], TG_WEBVPN), list, &subs);

		for (size_t k = 0; k < subs_len; k++)
			selector_add(&selectors, subs[k], setting, errors);
	}
	if (selectors.len > 0)
		qsort(selectors.items, selectors.len, sizeof(*selectors.items), compare_selectors);
	for (size_t i = 1; i < selectors.len; i++) {
		const struct selector *first = &selectors.items[i - 1], *two = &selectors.items[i];

		if (strcmp(first->key, two->key) == 0)
			errors_setting(errors, two->object, setting,
			    "\"%s\" is the same as in line %d; disable or remove one",
			    conf_str(two->object, setting),
			    conf_value(first->object, setting)->origin.line);
	}
	for (size_t i = 0; i < selectors.len; i++)
		free(selectors.items[i].key);
	free(selectors.items);
}

static void
check_selectors(const struct conf *conf, struct conf_errors *errors)
{
	check_selectors_of(conf, TGW_GROUP_ALIAS, GA_NAME, errors);
	check_selectors_of(conf, TGW_GROUP_URL, GU_URL, errors);
}

static bool
same_address(const struct conf_object *one, const struct conf_object *two)
{
	struct ip_addr a, b;

	return conf_str(one, LI_ADDRESS) != NULL && conf_str(two, LI_ADDRESS) != NULL &&
	       ip_parse(conf_str(one, LI_ADDRESS), &a) == ERR_OK &&
	       ip_parse(conf_str(two, LI_ADDRESS), &b) == ERR_OK && ip_eq(&a, &b);
}

static void
check_listeners(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_GATEWAY);
	struct conf_object *const *listeners;

	if (root == NULL)
		return;
	size_t len = conf_subs(root, GW_LISTENERS, &listeners);
	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct conf_object *one = listeners[k], *two = listeners[i];
			int line = one->origin.line;

			if (!same_address(one, two))
				continue;
			if (conf_int(one, LI_PORT) == conf_int(two, LI_PORT))
				errors_setting(errors, two, LI_ADDRESS,
				    "%s port %lld is there twice, first in line %d; remove one",
				    conf_str(two, LI_ADDRESS), (long long)conf_int(two, LI_PORT),
				    line);
			else if (conf_int(one, LI_DTLS_PORT) == conf_int(two, LI_DTLS_PORT) &&
				 conf_int(two, LI_DTLS_PORT) != 0)
				errors_setting(errors, two, LI_DTLS_PORT,
				    "%s port %lld is there twice, first in line %d; use another or "
				    "0",
				    conf_str(two, LI_ADDRESS),
				    (long long)conf_int(two, LI_DTLS_PORT), line);
		}
	}
}

static bool
has_text(const char *data, size_t len, const char *wanted)
{
	return memmem(data, len, wanted, strlen(wanted)) != NULL;
}

/* The outside of a PEM file; pki looks inside. */
static void
check_pem(const struct conf *conf, const struct conf_object *trustpoint, unsigned setting,
    struct conf_errors *errors)
{
	const char *path = conf_str(trustpoint, setting);
	size_t len;

	if (path == NULL)
		return;
	const char *data = conf_file_content(conf, path, &len);
	if (data == NULL) {
		/* A file that could not be read is reported already. */
		if (errors->count == 0)
			errors_setting(errors, trustpoint, setting, "%s is empty", path);
		return;
	}
	if (setting == TP_CERTIFICATE) {
		if (!has_text(data, len, "-----BEGIN CERTIFICATE-----") ||
		    !has_text(data, len, "-----END CERTIFICATE-----"))
			errors_setting(errors, trustpoint, setting,
			    "%s has no certificate; it must be PEM, with a BEGIN CERTIFICATE line",
			    path);
		return;
	}
	if (has_text(data, len, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
	    has_text(data, len, "Proc-Type: 4,ENCRYPTED"))
		errors_setting(errors, trustpoint, setting,
		    "%s is encrypted; remove its pass phrase with \"openssl pkey\"", path);
	else if (!has_text(data, len, "-----BEGIN ") || !has_text(data, len, "PRIVATE KEY-----") ||
		 !has_text(data, len, "-----END "))
		errors_setting(errors, trustpoint, setting,
		    "%s has no private key; it must be PEM, with a BEGIN PRIVATE KEY line", path);
}

static void
check_trustpoints(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_PKI);
	const struct conf_object *const *trustpoints;
	size_t len = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);

	for (size_t i = 0; i < len; i++) {
		const char *certificate = conf_str(trustpoints[i], TP_CERTIFICATE);
		const char *key = conf_str(trustpoints[i], TP_KEY);

		if (key != NULL && certificate == NULL)
			errors_setting(errors, trustpoints[i], TP_CERTIFICATE,
			    "is missing; a key needs its certificate");
		check_pem(conf, trustpoints[i], TP_CERTIFICATE, errors);
		check_pem(conf, trustpoints[i], TP_KEY, errors);
	}
	const char *shown = root != NULL ? conf_str(root, PKI_SSL_TRUST_POINT) : NULL;
	const struct conf_object *trustpoint =
	    shown != NULL ? conf_find(conf, CONF_TRUSTPOINT, shown) : NULL;
	if (trustpoint != NULL &&
	    (conf_str(trustpoint, TP_CERTIFICATE) == NULL || conf_str(trustpoint, TP_KEY) == NULL))
		errors_setting(errors, root, PKI_SSL_TRUST_POINT,
		    "\"%s\" has no certificate or no key; the listeners need both", shown);
}

static void (*const checks[])(const struct conf *, struct conf_errors *) = {
    check_names,
    check_objects,
    check_selectors,
    check_listeners,
    check_pools,
    check_trustpoints,
};

void
check_conf(const struct conf *conf, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		checks[i](conf, errors);
}
