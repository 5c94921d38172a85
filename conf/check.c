/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks over several settings or files: names, references, listeners; the others are in check_*.c.
 * Each names the later of two that clash, with the line of the earlier. Objects may be incomplete
 * here: what was wrong in itself is reported already and absent now.
 */
#include "conf/check.h"

#include <string.h>

#include "common/ip.h"
#include "conf/errors.h"
#include "conf/parts.h"
#include "conf/row.h"

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
    {CONF_GP_ATTRIBUTES, GPA_VPN_ACCESS_HOURS, CONF_TIME_RANGE, "time-ranges"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_FILTER, CONF_ACCESS_LIST, "access-lists"},
    {CONF_GP_ATTRIBUTES, GPA_IPV6_VPN_FILTER, CONF_ACCESS_LIST, "access-lists"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_GROUP_POLICY, CONF_GROUP_POLICY, "group-policies"},
    {CONF_CERTIFICATE_GROUP_MAP, CGM_TUNNEL_GROUP, CONF_TUNNEL_GROUP, "tunnel-groups"},
    {CONF_TG_MULTIPLE, TGM_FIRST_TRUSTPOINT, CONF_TRUSTPOINT, "trustpoints"},
    {CONF_TG_MULTIPLE, TGM_SECOND_TRUSTPOINT, CONF_TRUSTPOINT, "trustpoints"},
    {CONF_PKI, PKI_SSL_TRUST_POINT, CONF_TRUSTPOINT, "trustpoints"},
    {CONF_SSL_TRUST_POINT, STP_TRUSTPOINT, CONF_TRUSTPOINT, "trustpoints"},
};

void
check_put_names(const struct conf *conf, enum conf_kind kind, struct buf *out)
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
	check_put_names(conf, to, &known);
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

static void
visit(const struct conf *conf, const struct conf_object *object, enum conf_kind kind,
    check_object_fn fn, struct conf_errors *errors)
{
	const struct row_kind *table = row_kind(object->kind);

	if (object->kind == kind || kind == CONF_KIND_COUNT)
		fn(conf, object, errors);
	for (size_t i = 0; i < table->len; i++)
		for (size_t k = 0; object->values[i].objects != NULL && k < object->values[i].len;
		     k++)
			visit(conf, object->values[i].objects[k], kind, fn, errors);
}

void
check_each(
    const struct conf *conf, enum conf_kind kind, check_object_fn fn, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(conf->roots); i++)
		if (conf->roots[i] != NULL)
			visit(conf, conf->roots[i], kind, fn, errors);
}

static void
check_all_references(const struct conf *conf, struct conf_errors *errors)
{
	check_each(conf, CONF_KIND_COUNT, check_references, errors);
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

static void (*const checks[])(const struct conf *, struct conf_errors *) = {
    check_names,
    check_all_references,
    check_selectors,
    check_aaa,
    check_groups,
    check_policies,
    check_framed,
    check_listeners,
    check_logging,
    check_ssl,
    check_pools,
    check_acls,
    check_pki,
    check_warnings,
};

void
check_conf(const struct conf *conf, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		checks[i](conf, errors);
}
