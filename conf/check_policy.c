/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of group policies and of users: whose they may be, filters, proxies, custom
 * attributes. */
#include "conf/check.h"

#include <string.h>

#include "conf/errors.h"

/* All custom attributes of one object together: a client takes a header line of less than 64 KB
 * (protocol.md 4.2), which holds those of up to four objects. */
#define CUSTOM_VALUES_MAX 12288

static const unsigned user_only[] = {
    GPA_VPN_GROUP_POLICY,
    GPA_VPN_FRAMED_IP_ADDRESS,
    GPA_VPN_FRAMED_IPV6_ADDRESS,
};

static const unsigned filters[] = {GPA_VPN_FILTER, GPA_IPV6_VPN_FILTER};

/* A proxy method and the setting without which it does nothing. */
static const struct {
	const char *method;
	unsigned needs;
} proxy_needs[] = {
    {"use-server", GPA_MSIE_PROXY_SERVER},
    {"use-pac-url", GPA_MSIE_PROXY_PAC_URL},
};

static void
check_user_only(const struct conf_object *attributes, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(user_only); i++)
		if (attributes->parent->kind != CONF_USERNAME &&
		    conf_value(attributes, user_only[i])->state != CONF_ABSENT)
			errors_setting(errors, attributes, user_only[i],
			    "belongs to the attributes of a user, in users.conf");
}

static void
check_filters(
    const struct conf *conf, const struct conf_object *attributes, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		const char *name = conf_str(attributes, filters[i]);
		const struct conf_object *list =
		    name != NULL ? conf_find(conf, CONF_ACCESS_LIST, name) : NULL;

		if (list != NULL && strcmp(conf_str(list, ACL_TYPE), "extended") != 0)
			errors_setting(errors, attributes, filters[i],
			    "\"%.64s\" is a standard access list; a filter needs an extended one",
			    name);
	}
}

/* Only within one object: what is absent here may come from another by inheritance. */
static void
check_proxy(const struct conf_object *attributes, struct conf_errors *errors)
{
	const char *method = conf_str(attributes, GPA_MSIE_PROXY_METHOD);

	if (conf_value(attributes, GPA_MSIE_PROXY_METHOD)->state != CONF_SET)
		return;
	for (size_t i = 0; i < ARRAY_LEN(proxy_needs); i++)
		if (strcmp(method, proxy_needs[i].method) == 0 &&
		    conf_value(attributes, proxy_needs[i].needs)->state == CONF_NONE)
			errors_setting(errors, attributes, proxy_needs[i].needs,
			    "is none, but msie-proxy-method is %s; set it, or use another method",
			    method);
}

/* The ASA takes only types that are declared: a misspelled one would do nothing at the client. */
static void
check_custom_type(const struct conf *conf, const struct conf_object *custom,
    struct check_same *same, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	const char *type = conf_str(custom, CU_TYPE);
	struct conf_object *const *attrs;

	if (type == NULL)
		return;
	check_same_add(same, type, custom, CU_TYPE, errors);
	if (root == NULL)
		return;
	size_t len = conf_subs(conf_sub(root, TGS_WEBVPN), WV_CUSTOM_ATTR, &attrs);
	for (size_t i = 0; i < len; i++) {
		const char *found = conf_str(attrs[i], CA_TYPE);

		if (found != NULL && strcmp(found, type) == 0)
			return;
	}
	errors_setting(errors, custom, CU_TYPE,
	    "\"%.64s\" is not in anyconnect-custom-attr of tunnel-groups.conf; declare it there",
	    type);
}

/* Bytes of a value: of named data what it stands for. */
static size_t
value_len(const struct conf *conf, const char *type, const char *word)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	struct conf_object *const *data;
	size_t len =
	    root != NULL ? conf_subs(conf_sub(root, TGS_WEBVPN), WV_CUSTOM_DATA, &data) : 0;

	for (size_t i = 0; i < len; i++) {
		const char *of = conf_str(data[i], CD_TYPE), *name = conf_str(data[i], CD_NAME);

		if (of != NULL && name != NULL && strcmp(of, type) == 0 &&
		    strcmp(name, word) == 0 && conf_str(data[i], CD_VALUE) != NULL)
			return strlen(conf_str(data[i], CD_VALUE)) + 1;
	}
	return strlen(word) + 1;
}

static void
check_custom(
    const struct conf *conf, const struct conf_object *attributes, struct conf_errors *errors)
{
	struct check_same same = {0};
	struct conf_object *const *customs;
	size_t len = conf_subs(attributes, GPA_ANYCONNECT_CUSTOM, &customs), bytes = 0;

	for (size_t i = 0; i < len; i++) {
		char *const *values;
		size_t values_len = conf_list(customs[i], CU_VALUE, &values);

		check_custom_type(conf, customs[i], &same, errors);
		for (size_t k = 0; conf_str(customs[i], CU_TYPE) != NULL && k < values_len; k++)
			bytes += value_len(conf, conf_str(customs[i], CU_TYPE), values[k]);
	}
	check_same_report(&same, "a type has one value; join them", errors);
	if (bytes > CUSTOM_VALUES_MAX)
		errors_setting(errors, attributes, GPA_ANYCONNECT_CUSTOM,
		    "has values of %zu bytes together; at most %d are possible", bytes,
		    CUSTOM_VALUES_MAX);
}

static void
check_attributes(
    const struct conf *conf, const struct conf_object *attributes, struct conf_errors *errors)
{
	check_user_only(attributes, errors);
	check_filters(conf, attributes, errors);
	check_proxy(attributes, errors);
	check_custom(conf, attributes, errors);
}

void
check_policies(const struct conf *conf, struct conf_errors *errors)
{
	check_each(conf, CONF_GP_ATTRIBUTES, check_attributes, errors);
}
