/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is cut from a user name. The full form on the ASA is user[@realm][#group]: the group stands
 * last, so it goes first and at its last delimiter, then the realm at the last "@". With "@" as the
 * delimiter and both settings, user@realm@group loses both. (Which of several delimiters the ASA
 * takes is not documented; the last leaves as much of the name as possible.)
 */
#include "conf/username.h"

#include <string.h>

#include "common/str.h"

static void
cut_at_last(char *name, char delimiter)
{
	char *found = strrchr(name, delimiter);

	if (found != NULL)
		*found = '\0';
}

enum err
username_strip(const struct conf *conf, const struct conf_object *tunnel_group, const char *name,
    char *out, size_t size)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	const struct conf_object *general = conf_sub(tunnel_group, TG_GENERAL);
	const char *delimiter = root != NULL ? conf_str(root, TGS_GROUP_DELIMITER) : NULL;
	enum err err = str_copy(out, size, name);

	if (err != ERR_OK)
		return err;
	/* One character; the word "none" stands for none. */
	if (conf_bool(general, TGG_STRIP_GROUP) && delimiter != NULL && strlen(delimiter) == 1)
		cut_at_last(out, delimiter[0]);
	if (conf_bool(general, TGG_STRIP_REALM))
		cut_at_last(out, '@');
	return out[0] != '\0' ? ERR_OK : ERR_SYNTAX;
}
