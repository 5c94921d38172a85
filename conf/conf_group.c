/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tunnel groups ask of a login beyond a user name and a password of LOCAL. This version serves
 * none of it, so such a group is closed; certificates are still asked for, because certificate maps
 * choose a group by them.
 */
#include <string.h>

#include "conf/conf.h"

/* Groups that LOCAL cannot stand in for: a setting that names any server group closes. */
static const unsigned other_servers[] = {
    TGG_SECONDARY_SERVER_GROUP,
    TGG_AUTHORIZATION_SERVER_GROUP,
};

static void
put_list(struct buf *out, enum conf_kind kind, unsigned setting, char *const *list, size_t len)
{
	buf_puts(out, conf_setting_name(kind, setting));
	for (size_t i = 0; i < len; i++)
		buf_printf(out, " %s", list[i]);
	buf_puts(out, " is not served by this version");
}

bool
conf_group_closed(
    UNUSED const struct conf *conf, const struct conf_object *tunnel_group, struct buf *why)
{
	const struct conf_object *general = conf_sub(tunnel_group, TG_GENERAL);
	const struct conf_object *webvpn = conf_sub(tunnel_group, TG_WEBVPN);
	char *const *list;
	size_t len = conf_list(webvpn, TGW_AUTHENTICATION, &list);

	if (len != 1 || strcmp(list[0], "aaa") != 0) {
		put_list(why, CONF_TG_WEBVPN, TGW_AUTHENTICATION, list, len);
		return true;
	}
	/* A server group with LOCAL behind it closes too: LOCAL is only for when no server answers.
	 */
	len = conf_list(general, TGG_AUTHENTICATION_SERVER_GROUP, &list);
	if (len == 0 || strcmp(list[0], "LOCAL") != 0) {
		put_list(why, CONF_TG_GENERAL, TGG_AUTHENTICATION_SERVER_GROUP, list, len);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(other_servers); i++) {
		len = conf_list(general, other_servers[i], &list);
		if (len > 0) {
			put_list(why, CONF_TG_GENERAL, other_servers[i], list, len);
			return true;
		}
	}
	return false;
}

static bool
wants_certificate(const struct conf_object *tunnel_group)
{
	char *const *list;
	size_t len = conf_list(conf_sub(tunnel_group, TG_WEBVPN), TGW_AUTHENTICATION, &list);

	for (size_t i = 0; i < len; i++)
		if (strcmp(list[i], "aaa") != 0)
			return true;
	return false;
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
	for (size_t i = 0; i < len; i++)
		if (wants_certificate(groups[i]))
			return true;
	return conf_subs(conf_sub(root, TGS_WEBVPN), WV_CERTIFICATE_GROUP_MAP, &maps) > 0;
}
