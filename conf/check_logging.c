/* SPDX-License-Identifier: Apache-2.0 */
/* "logging": lists that are named exist once, and each host says where it is. */
#include <string.h>

#include "conf/check.h"
#include "conf/errors.h"

static const struct conf_object *
find_list(const struct conf_object *logging, const char *name)
{
	struct conf_object *const *lists;
	size_t len = conf_subs(logging, LOGGING_LISTS, &lists);

	for (size_t i = 0; i < len; i++)
		if (conf_str(lists[i], LL_NAME) != NULL &&
		    strcmp(conf_str(lists[i], LL_NAME), name) == 0)
			return lists[i];
	return NULL;
}

static void
check_list(const struct conf_object *logging, const struct conf_object *object, unsigned setting,
    struct conf_errors *errors)
{
	const char *name = conf_str(object, setting);

	if (name != NULL && find_list(logging, name) == NULL)
		errors_setting(errors, object, setting,
		    "names \"%s\", which is none of logging.lists; add it there", name);
}

static void
check_host(const struct conf_object *host, struct conf_errors *errors)
{
	bool local = strcmp(conf_str(host, LH_TRANSPORT), "unix") == 0;

	if (local && conf_str(host, LH_PATH) == NULL)
		errors_setting(errors, host, LH_PATH, "is missing; name the collector's socket");
	if (local && conf_str(host, LH_ADDRESS) != NULL)
		errors_setting(
		    errors, host, LH_ADDRESS, "does not go with transport unix; write a path");
	if (!local && conf_str(host, LH_ADDRESS) == NULL)
		errors_setting(errors, host, LH_ADDRESS, "is missing; name the collector");
	if (!local && conf_str(host, LH_PATH) != NULL)
		errors_setting(errors, host, LH_PATH, "goes with transport unix only; remove it");
}

void
check_logging(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_GATEWAY);
	struct conf_object *const *items;
	const struct conf_object *logging;
	size_t len;

	if (root == NULL)
		return;
	logging = conf_sub(root, GW_LOGGING);
	check_list(logging, logging, LOGGING_STDERR_LIST, errors);
	check_list(logging, logging, LOGGING_SYSLOG_LIST, errors);
	len = conf_subs(logging, LOGGING_LISTS, &items);
	for (size_t i = 0; i < len; i++) {
		const char *name = conf_str(items[i], LL_NAME);

		if (name != NULL && find_list(logging, name) != items[i])
			errors_setting(errors, items[i], LL_NAME,
			    "\"%s\" is there twice; use another name", name);
	}
	len = conf_subs(logging, LOGGING_HOSTS, &items);
	for (size_t i = 0; i < len; i++) {
		check_host(items[i], errors);
		check_list(logging, items[i], LH_LIST, errors);
	}
}
