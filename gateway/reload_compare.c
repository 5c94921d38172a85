/* SPDX-License-Identifier: Apache-2.0 */
/* Two objects are the same if every setting has the same value, wherever it was written. */
#include "gateway/reload_compare.h"

#include <string.h>

#include "conf/errors.h"

/* Settings of gateway.conf that the parent acts upon once, and how many settings their objects
 * have. */
static const struct {
	unsigned setting;
	unsigned count; /* of the objects in it; 0: it is a plain value */
} fixed[] = {
    {GW_LISTENERS, LI_COUNT},
    {GW_TUN, TUN_COUNT},
    {GW_WORKERS, 0},
    {GW_USERS, PU_COUNT},
    {GW_CONTROL, CTL_COUNT},
    {GW_STATE_DIRECTORY, 0},
    {GW_CHROOT_DIRECTORY, 0},
    {GW_DISABLE_OFFLOAD, 0},
};

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static bool
same_list(const struct conf_object *a, const struct conf_object *b, unsigned setting)
{
	char *const *ours = NULL, *const *theirs = NULL;
	size_t len = conf_list(a, setting, &ours);

	if (conf_list(b, setting, &theirs) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (strcmp(ours[i], theirs[i]) != 0)
			return false;
	return true;
}

static void
complain(struct conf_errors *errors, const struct conf_object *object, unsigned setting)
{
	errors_setting(errors, object, setting,
	    "cannot change while sekishod runs; put it back, or restart sekishod");
}

/* Left out of both is the same: a default that follows another setting is that one's business. */
static void
compare_plain(const struct conf_object *a, const struct conf_object *b, unsigned setting,
    struct conf_errors *errors)
{
	if (conf_value(a, setting)->state == CONF_ABSENT &&
	    conf_value(b, setting)->state == CONF_ABSENT)
		return;
	if (conf_int(a, setting) != conf_int(b, setting) ||
	    !same_text(conf_str(a, setting), conf_str(b, setting)) || !same_list(a, b, setting))
		complain(errors, b, setting);
}

static void
compare_objects(const struct conf_object *a, const struct conf_object *b, unsigned setting,
    unsigned count, struct conf_errors *errors)
{
	struct conf_object *const *ours, *const *theirs;
	size_t len = conf_subs(a, setting, &ours);

	if (conf_subs(b, setting, &theirs) != len) {
		complain(errors, b, setting);
		return;
	}
	for (size_t i = 0; i < len; i++)
		for (unsigned j = 0; j < count; j++)
			compare_plain(ours[i], theirs[i], j, errors);
}

bool
reload_compare(const struct conf *now, const struct conf *next, struct conf_errors *errors)
{
	const struct conf_object *a = conf_root(now, CONF_GATEWAY);
	const struct conf_object *b = conf_root(next, CONF_GATEWAY);
	unsigned before = errors->count;

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		if (fixed[i].count == 0)
			compare_plain(a, b, fixed[i].setting, errors);
		else
			compare_objects(a, b, fixed[i].setting, fixed[i].count, errors);
	}
	if (conf_bool(conf_sub(a, GW_SSL), SSLC_FIPS) != conf_bool(conf_sub(b, GW_SSL), SSLC_FIPS))
		complain(errors, b, GW_SSL);
	return errors->count == before;
}
