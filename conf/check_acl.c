/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access lists, objects and object-groups: each is looked at by itself, also those that nobody
 * names yet. A fault in an object is told once, with the object, and not with every rule that uses
 * it.
 */
#include "conf/check.h"

#include <string.h>

#include "conf/acl_group.h"
#include "conf/acl_rule.h"
#include "conf/errors.h"

#define SHOWN_MAX 20 /* errors of one access list */
/* Networks that a client is told: all of them go into the head of one answer, and clients have
 * limits of this size too. */
#define NETWORKS_MAX 1200

static void
check_object(const struct conf *conf, const struct conf_object *object, struct conf_errors *errors)
{
	bool group = object->kind == CONF_OBJECT_GROUP;
	struct acl_read read = {.conf = conf};
	enum err err = acl_group_check(&read, object);

	if (err == ERR_OK || (err == ERR_SYNTAX && read.within))
		return;
	errors_setting(errors, object, group ? OG_MEMBERS : OB_VALUE, "%s",
	    read.why[0] != '\0' ? read.why : err_str(err));
}

static void
check_list(const struct conf *conf, const struct conf_object *list, struct conf_errors *errors)
{
	struct acl_read read = {.conf = conf};
	struct acl acl = {0};
	char *const *rules;
	size_t len = conf_list(list, ACL_RULES, &rules);
	unsigned shown = 0;

	for (size_t i = 0; i < len; i++) {
		read.within = false;
		read.why[0] = '\0';
		enum err err = acl_rule_entries(&read, list, i, &acl);
		if (err == ERR_OK || (err == ERR_SYNTAX && read.within))
			continue;
		errors_setting(
		    errors, list, ACL_RULES, "%s", read.why[0] != '\0' ? read.why : err_str(err));
		if (err != ERR_SYNTAX) /* the others would say the same */
			break;
		if (++shown == SHOWN_MAX && i + 1 < len) {
			errors_setting(errors, list, ACL_RULES,
			    "more than %d rules are wrong; the others are not shown", SHOWN_MAX);
			break;
		}
	}
	acl_fini(&acl);
}

/* Those who have a list with too many networks as split-tunnel-network-list. */
static void
blame(const struct conf *conf, enum conf_kind kind, unsigned setting, const char *name,
    struct conf_errors *errors)
{
	const struct conf_object *const *objects;
	size_t len = conf_objects(conf, kind, &objects);

	for (size_t i = 0; i < len; i++) {
		const struct conf_object *attributes = conf_sub(objects[i], setting);
		const char *list = conf_str(attributes, GPA_SPLIT_TUNNEL_NETWORK_LIST);

		if (list != NULL && strcmp(list, name) == 0)
			errors_setting(errors, attributes, GPA_SPLIT_TUNNEL_NETWORK_LIST,
			    "\"%.64s\" permits more than %d networks, which is what clients take; "
			    "use larger ones",
			    name, NETWORKS_MAX);
	}
}

static void
check_networks(const struct conf *conf, const struct conf_object *list, struct conf_errors *errors)
{
	struct acl_networks networks;
	struct buf why;
	size_t permitted = 0;

	if (conf_str(list, ACL_NAME) == NULL)
		return;
	buf_init(&why, 2 * ACL_WHY_MAX);
	enum err err = acl_networks(conf, list, &networks, &why);
	if (err == ERR_OK) {
		for (size_t i = 0; i < networks.len; i++)
			permitted += networks.items[i].permit;
		acl_networks_fini(&networks);
	}
	if (err == ERR_LIMIT || permitted > NETWORKS_MAX) {
		blame(conf, CONF_GROUP_POLICY, GP_ATTRIBUTES, conf_str(list, ACL_NAME), errors);
		blame(conf, CONF_USERNAME, USER_ATTRIBUTES, conf_str(list, ACL_NAME), errors);
	}
	buf_fini(&why);
}

void
check_acls(const struct conf *conf, struct conf_errors *errors)
{
	check_each(conf, CONF_OBJECT, check_object, errors);
	check_each(conf, CONF_OBJECT_GROUP, check_object, errors);
	check_each(conf, CONF_ACCESS_LIST, check_list, errors);
	check_each(conf, CONF_ACCESS_LIST, check_networks, errors);
}
