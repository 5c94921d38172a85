/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tunnel groups ask of a login, and whether there is anybody who could say yes to it: a server
 * group has to have a host with a key. A group without is closed, also with LOCAL behind it;
 * certificates are still asked for, because certificate maps choose a group by them.
 */
#include <string.h>

#include "conf/conf.h"

struct conf_methods
conf_methods(const struct conf_object *tunnel_group)
{
	struct conf_methods methods = {0};
	char *const *list;
	size_t len = conf_list(conf_sub(tunnel_group, TG_WEBVPN), TGW_AUTHENTICATION, &list);

	for (size_t i = 0; i < len; i++) {
		methods.aaa = methods.aaa || strcmp(list[i], "aaa") == 0;
		methods.certificate = methods.certificate || strcmp(list[i], "certificate") == 0;
		methods.multiple = methods.multiple || strcmp(list[i], "multiple-certificate") == 0;
	}
	return methods;
}

static void
put_list(struct buf *out, unsigned setting, char *const *list, size_t len)
{
	buf_puts(out, conf_setting_name(CONF_TG_GENERAL, setting));
	for (size_t i = 0; i < len; i++)
		buf_printf(out, " %s", list[i]);
}

/* Has a server group a host that can be asked? */
static bool
is_usable(const struct conf *conf, const char *name)
{
	const struct conf_object *group = conf_find(conf, CONF_AAA_SERVER_GROUP, name);
	struct conf_object *const *hosts;
	size_t len = group != NULL ? conf_subs(group, ASG_HOSTS, &hosts) : 0;

	for (size_t i = 0; i < len; i++)
		if (conf_str(hosts[i], AH_KEY) != NULL)
			return true;
	return false;
}

/*
 * Does a setting name servers, of whom none can ever answer? LOCAL behind them does not help: it is
 * for when they are silent, and would be the only judge for good.
 */
static bool
is_dead(
    const struct conf *conf, const struct conf_object *general, unsigned setting, struct buf *why)
{
	char *const *list;
	size_t len = conf_list(general, setting, &list);

	if (len == 0 || strcmp(list[0], "LOCAL") == 0 || is_usable(conf, list[0]))
		return false;
	put_list(why, setting, list, len);
	buf_puts(why, " has no host with a key");
	return true;
}

bool
conf_group_closed(const struct conf *conf, const struct conf_object *tunnel_group, struct buf *why)
{
	const struct conf_object *general = conf_sub(tunnel_group, TG_GENERAL);
	struct conf_methods methods = conf_methods(tunnel_group);
	char *const *list;
	size_t len;

	if (!methods.aaa && !methods.certificate && !methods.multiple) {
		buf_puts(why, "authentication names nothing");
		return true;
	}
	/* Without aaa nobody asks for a password, and nobody for a second one. */
	len = conf_list(general, TGG_AUTHENTICATION_SERVER_GROUP, &list);
	if (methods.aaa && len == 0) {
		put_list(why, TGG_AUTHENTICATION_SERVER_GROUP, list, len);
		buf_puts(why, " names nobody");
		return true;
	}
	if (methods.aaa && is_dead(conf, general, TGG_AUTHENTICATION_SERVER_GROUP, why))
		return true;
	len = conf_list(general, TGG_SECONDARY_SERVER_GROUP, &list);
	if (!methods.aaa && len > 0) {
		put_list(why, TGG_SECONDARY_SERVER_GROUP, list, len);
		buf_puts(why, " needs aaa in authentication");
		return true;
	}
	if (is_dead(conf, general, TGG_SECONDARY_SERVER_GROUP, why))
		return true;
	/* Where nobody has to say yes, silence is no refusal. */
	return conf_bool(general, TGG_AUTHORIZATION_REQUIRED) &&
	       is_dead(conf, general, TGG_AUTHORIZATION_SERVER_GROUP, why);
}

bool
conf_wants_client_certificate(const struct conf *conf)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);
	struct conf_object *const *maps;

	if (root == NULL)
		return false;
	for (size_t i = 0; i < len; i++) {
		struct conf_methods methods = conf_methods(groups[i]);

		if (methods.certificate || methods.multiple)
			return true;
	}
	return conf_subs(conf_sub(root, TGS_WEBVPN), WV_CERTIFICATE_GROUP_MAP, &maps) > 0;
}
