/* SPDX-License-Identifier: Apache-2.0 */
/* A table of fields and tags (common/cert.c writes the tags), and which of them a tunnel group
 * wants. */
#include "conf/cert_name.h"

#include <string.h>

#include "common/str.h"
#include "conf/username.h"

#define NAME_MAX_SIZE 1025 /* of one value: common/cert.c has its own limit below this */

/* What is in the subject; UPN and the entire name are not in this list. */
static const struct {
	const char *field, *tag;
} tags[] = {
    {"C", "c"},
    {"CN", "cn"},
    {"DNQ", "dnq"},
    {"EA", "ea"},
    {"GENQ", "genq"},
    {"GN", "gn"},
    {"I", "i"},
    {"L", "l"},
    {"N", "n"},
    {"O", "o"},
    {"OU", "ou"},
    {"SER", "ser"},
    {"SN", "sn"},
    {"SP", "sp"},
    {"T", "t"},
    {"UID", "uid"},
};

static const char *
subject_value(const Ipc__CertNames *names, const char *tag)
{
	for (size_t i = 0; i < names->n_subject; i++)
		if (strcmp(names->subject[i]->tag, tag) == 0 && names->subject[i]->value[0] != '\0')
			return names->subject[i]->value;
	return NULL;
}

static const char *
first_of(char *const *list, size_t len)
{
	return len > 0 && list[0][0] != '\0' ? list[0] : NULL;
}

const char *
cert_name_field(const Ipc__CertNames *names, const char *field)
{
	const char *value = NULL;

	if (strcmp(field, "use-entire-name") == 0)
		return names->subject_name[0] != '\0' ? names->subject_name : NULL;
	if (strcmp(field, "UPN") == 0)
		return first_of(names->alt_upn, names->n_alt_upn);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (strcmp(tags[i].field, field) == 0)
			value = subject_value(names, tags[i].tag);
	if (value == NULL && strcmp(field, "EA") == 0)
		value = first_of(names->alt_email, names->n_alt_email);
	return value;
}

/* The name goes into logs and forms, and is compared with those of users.conf: nothing that cannot
 * be seen may be in it. */
static bool
is_clean(const char *text)
{
	while (*text != '\0') {
		uint32_t code;
		size_t step = str_utf8(text, &code);

		if (step == 0 || str_is_control(code))
			return false;
		text += step;
	}
	return true;
}

/* Where there is one certificate, there is nothing to choose. */
static const Ipc__CertNames *
certificate_of(const struct conf_object *tunnel_group, const struct cert_pair *pair, bool secondary)
{
	const char *choice = conf_str(conf_sub(tunnel_group, TG_GENERAL),
	    secondary ? TGG_SECONDARY_CHOICE : TGG_USERNAME_CHOICE);

	if (conf_methods(tunnel_group).multiple && strcmp(choice, "second-certificate") == 0)
		return pair->second;
	return pair->first;
}

enum err
cert_name_user(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct cert_pair *pair, bool secondary, char *out, size_t size)
{
	static const char *const fallback[] = {"CN", "OU"};
	const struct conf_object *general = conf_sub(tunnel_group, TG_GENERAL);
	const Ipc__CertNames *names = certificate_of(tunnel_group, pair, secondary);
	const char *const *fields;
	char *const *list;
	const char *value = NULL;
	char stripped[NAME_MAX_SIZE];
	size_t len = conf_list(
	    general, secondary ? TGG_SECONDARY_USERNAME : TGG_USERNAME_FROM_CERTIFICATE, &list);

	if (names == NULL)
		return ERR_NOTFOUND;
	fields = (const char *const *)list;
	if (len == 0) {
		fields = fallback;
		len = ARRAY_LEN(fallback);
	}
	for (size_t i = 0; value == NULL && i < len; i++)
		value = cert_name_field(names, fields[i]);
	if (value == NULL)
		return ERR_NOTFOUND;
	if (!is_clean(value))
		return ERR_SYNTAX;
	enum err err = username_strip(conf, tunnel_group, value, stripped, sizeof(stripped));
	if (err != ERR_OK)
		return err;
	return str_copy(out, size, stripped);
}
