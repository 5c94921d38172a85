/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel-groups.conf: login methods, certificate maps, types of custom attributes. */
#include "conf/check.h"

#include <stdio.h>
#include <string.h>

#include "conf/certmap.h"
#include "conf/errors.h"

#define KEY_MAX 256

/* Fields of a certificate: the entire name is all that there is. */
static void
check_fields(const struct conf_object *general, unsigned setting, struct conf_errors *errors)
{
	char *const *list;
	size_t len = conf_list(general, setting, &list);

	for (size_t i = 0; i < len && len > 1; i++)
		if (strcmp(list[i], "use-entire-name") == 0)
			errors_setting(errors, general, setting,
			    "has use-entire-name beside a field; use it alone");
}

static void
check_general(
    const struct conf *conf, const struct conf_object *general, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);

	check_fields(general, TGG_USERNAME_FROM_CERTIFICATE, errors);
	check_fields(general, TGG_SECONDARY_USERNAME, errors);
	if (conf_bool(general, TGG_AUTHORIZATION_REQUIRED) &&
	    conf_value(general, TGG_AUTHORIZATION_SERVER_GROUP)->state != CONF_SET)
		errors_setting(errors, general, TGG_AUTHORIZATION_REQUIRED,
		    "needs somebody who knows the users; set authorization-server-group to "
		    "\"LOCAL\"");
	if (conf_bool(general, TGG_STRIP_GROUP) &&
	    strcmp(conf_str(root, TGS_GROUP_DELIMITER), "none") == 0)
		errors_setting(errors, general, TGG_STRIP_GROUP,
		    "needs a delimiter; set group-delimiter at the top of this file to \"@\", "
		    "\"#\" or \"!\"");
}

static void
check_webvpn(
    UNUSED const struct conf *conf, const struct conf_object *webvpn, struct conf_errors *errors)
{
	bool one = false, multiple = false;
	char *const *list;
	size_t len = conf_list(webvpn, TGW_AUTHENTICATION, &list);

	for (size_t i = 0; i < len; i++) {
		one = one || strcmp(list[i], "certificate") == 0;
		multiple = multiple || strcmp(list[i], "multiple-certificate") == 0;
	}
	if (one && multiple)
		errors_setting(errors, webvpn, TGW_AUTHENTICATION,
		    "has certificate and multiple-certificate; use one of them");
}

/* What the two certificates of a login must be. */
static void
check_multiple(
    const struct conf *conf, const struct conf_object *multiple, struct conf_errors *errors)
{
	static const unsigned maps[] = {TGM_FIRST_MAP, TGM_SECOND_MAP};

	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		const char *map = conf_str(multiple, maps[i]);

		if (map != NULL && !certmap_finds(conf, map, NULL))
			errors_setting(errors, multiple, maps[i],
			    "there is no map \"%.64s\" in certificate-maps; write its rules there",
			    map);
	}
}

static void
add_rule(struct check_same *same, const struct conf_object *object, unsigned name,
    unsigned sequence, struct conf_errors *errors)
{
	char key[KEY_MAX];

	if (conf_str(object, name) == NULL || conf_value(object, sequence)->state != CONF_SET)
		return;
	snprintf(key, sizeof(key), "%lld %s", (long long)conf_int(object, sequence),
	    conf_str(object, name));
	check_same_add(same, key, object, sequence, errors);
}

/* The rules of certificate maps, and what leads from them to tunnel groups. */
static void
check_maps(const struct conf *conf, const struct conf_object *root, struct conf_errors *errors)
{
	struct check_same same = {0};
	struct conf_object *const *maps, *const *entries;
	size_t maps_len = conf_subs(root, TGS_CERTIFICATE_MAPS, &maps);
	size_t entries_len =
	    conf_subs(conf_sub(root, TGS_WEBVPN), WV_CERTIFICATE_GROUP_MAP, &entries);

	for (size_t i = 0; i < maps_len; i++)
		add_rule(&same, maps[i], CM_NAME, CM_SEQUENCE, errors);
	check_same_report(&same, "use another number for a rule of the same map", errors);
	for (size_t i = 0; i < entries_len; i++) {
		const char *name = conf_str(entries[i], CGM_MAP);

		add_rule(&same, entries[i], CGM_MAP, CGM_SEQUENCE, errors);
		if (name != NULL && conf_value(entries[i], CGM_SEQUENCE)->state == CONF_SET &&
		    certmap_rule(conf, entries[i]) == NULL)
			errors_setting(errors, entries[i], CGM_SEQUENCE,
			    "there is no rule %lld in map \"%.64s\" of certificate-maps",
			    (long long)conf_int(entries[i], CGM_SEQUENCE), name);
	}
	check_same_report(&same, "a rule leads to one tunnel group; remove one", errors);
}

static bool
is_declared(struct conf_object *const *attrs, size_t len, const char *type)
{
	for (size_t i = 0; i < len; i++) {
		const char *found = conf_str(attrs[i], CA_TYPE);

		if (found != NULL && strcmp(found, type) == 0)
			return true;
	}
	return false;
}

static void
check_custom(const struct conf_object *webvpn, struct conf_errors *errors)
{
	struct check_same same = {0};
	struct conf_object *const *attrs, *const *data;
	size_t attrs_len = conf_subs(webvpn, WV_CUSTOM_ATTR, &attrs);
	size_t data_len = conf_subs(webvpn, WV_CUSTOM_DATA, &data);
	char key[KEY_MAX];

	for (size_t i = 0; i < attrs_len; i++)
		if (conf_str(attrs[i], CA_TYPE) != NULL)
			check_same_add(
			    &same, conf_str(attrs[i], CA_TYPE), attrs[i], CA_TYPE, errors);
	check_same_report(&same, "declare a type once", errors);
	for (size_t i = 0; i < data_len; i++) {
		const char *type = conf_str(data[i], CD_TYPE), *name = conf_str(data[i], CD_NAME);

		if (type == NULL || name == NULL)
			continue;
		if (!is_declared(attrs, attrs_len, type))
			errors_setting(errors, data[i], CD_TYPE,
			    "\"%.64s\" is not in anyconnect-custom-attr; declare it there", type);
		snprintf(key, sizeof(key), "%s %s", type, name);
		check_same_add(&same, key, data[i], CD_NAME, errors);
	}
	check_same_report(&same, "use another name for a value of the same type", errors);
}

void
check_groups(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);

	if (root == NULL)
		return;
	check_each(conf, CONF_TG_GENERAL, check_general, errors);
	check_each(conf, CONF_TG_WEBVPN, check_webvpn, errors);
	check_each(conf, CONF_TG_MULTIPLE, check_multiple, errors);
	check_maps(conf, root, errors);
	check_custom(conf_sub(root, TGS_WEBVPN), errors);
}
