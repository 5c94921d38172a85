/* SPDX-License-Identifier: Apache-2.0 */
/* Every attribute of a session's policy and where it came from, for show-sessions. */
#include "auth/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/value_text.h"

#define VALUE_MAX 4200   /* bytes of one value; the longest banner fits */
#define VALUE_FULL 65536 /* the same before it is cut */
#define CUT ".."

/* While the texts are being written they may move: where each begins. */
struct place {
	size_t name;
	size_t value;
	size_t source;
};

struct writer {
	const struct session *session;
	struct listing *listing;
	struct inherit inherit;
	struct inherit_custom customs[INHERIT_CUSTOM_MAX];
	struct place places[GPA_COUNT + INHERIT_CUSTOM_MAX];
	size_t len;
};

/* Room is kept for the names and sources of those that are still to come, and short values. */
static size_t
put_value(struct buf *texts, struct buf *value)
{
	bool full = texts->len + value->len > LISTING_TEXT_MAX / 4;
	size_t max = full ? 64 : VALUE_MAX, at = texts->len;
	char text[VALUE_MAX];

	if (value->err == ERR_LIMIT)
		(void)str_copy(text, sizeof(text), CUT);
	else if (str_copy(text, max - strlen(CUT), buf_cstr(value)) != ERR_OK)
		(void)str_copy(text + strlen(text), sizeof(CUT), CUT);
	value_text_printable(texts, text);
	buf_put_u8(texts, '\0');
	return at;
}

/* An attribute that is done but for its source, which is what follows in texts. */
static void
put(struct writer *writer, const char *name, struct buf *value)
{
	struct place *place = &writer->places[writer->len++];
	struct buf *texts = &writer->listing->texts;

	place->name = texts->len;
	buf_puts(texts, name);
	buf_put_u8(texts, '\0');
	place->value = put_value(texts, value);
	if (value->err == ERR_NOMEM)
		texts->err = ERR_NOMEM;
	place->source = texts->len;
	buf_reset(value);
}

static void
put_plain(struct writer *writer, enum conf_gp_attributes attribute, struct buf *value)
{
	const char *name = conf_setting_name(CONF_GP_ATTRIBUTES, attribute), *origin;
	const struct inherit *inherit = &writer->inherit;
	struct buf *texts = &writer->listing->texts;
	uint32_t seconds;
	size_t from;

	if (value_text_seconds(inherit, attribute, &seconds, &from, &origin)) {
		buf_printf(value, "%" PRIu32 " seconds", seconds);
		put(writer, name, value);
		value_text_source(inherit, from, NULL, texts);
		buf_printf(texts, ", %s", origin);
	} else {
		value_text(CONF_GP_ATTRIBUTES, attribute, inherit->value[attribute], value);
		put(writer, name, value);
		value_text_source(
		    inherit, inherit->from[attribute], inherit->value[attribute], texts);
	}
	buf_put_u8(texts, '\0');
}

/* Lines of a server stand in for whatever is named. */
static bool
put_given(struct writer *writer, enum conf_gp_attributes attribute, struct buf *value)
{
	struct buf *texts = &writer->listing->texts;
	const Ipc__AaaProfile *profile = NULL;

	for (size_t i = 0; profile == NULL && i < writer->session->profiles_len; i++)
		if (filters_profile_has(writer->session->profiles[i]))
			profile = writer->session->profiles[i];
	if (profile == NULL || (attribute != GPA_VPN_FILTER && attribute != GPA_IPV6_VPN_FILTER))
		return false;
	value_text_quoted(value, writer->listing->msg.filter_name);
	put(writer, conf_setting_name(CONF_GP_ATTRIBUTES, attribute), value);
	buf_puts(texts, "aaa-server-group ");
	value_text_printable(texts, profile->server_group);
	buf_printf(texts, ", %s", profile->n_ace > 0 ? "ip:inacl" : "ACS:CiscoSecure-Defined-ACL");
	buf_put_u8(texts, '\0');
	return true;
}

static enum err
put_customs(struct writer *writer, struct buf *value)
{
	size_t len = inherit_custom(&writer->inherit, writer->customs, INHERIT_CUSTOM_MAX);
	struct buf name;
	enum err err = ERR_OK;

	if (len == 0)
		put_plain(writer, GPA_ANYCONNECT_CUSTOM, value);
	buf_init(&name, 256);
	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		const struct inherit_custom *custom = &writer->customs[i];

		buf_reset(&name);
		buf_printf(&name, "%s %s",
		    conf_setting_name(CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_CUSTOM), custom->type);
		err = value_text_custom(writer->session->conf, custom, value);
		if (err == ERR_LIMIT) /* of the value: the name must do */
			err = ERR_OK;
		put(writer, buf_cstr(&name), value);
		value_text_source(&writer->inherit, custom->from, NULL, &writer->listing->texts);
		buf_put_u8(&writer->listing->texts, '\0');
	}
	buf_fini(&name);
	return err;
}

/* The texts stay where they are from here on. */
static enum err
point(struct writer *writer)
{
	struct listing *listing = writer->listing;
	char *texts = (char *)listing->texts.data;

	listing->attributes = calloc(writer->len, sizeof(*listing->attributes));
	listing->attribute_refs = calloc(writer->len, sizeof(*listing->attribute_refs));
	if (listing->attributes == NULL || listing->attribute_refs == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < writer->len; i++) {
		Ipc__CtlAttribute *attribute = &listing->attributes[i];

		ipc__ctl_attribute__init(attribute);
		attribute->name = texts + writer->places[i].name;
		attribute->value = texts + writer->places[i].value;
		attribute->source = texts + writer->places[i].source;
		listing->attribute_refs[i] = attribute;
	}
	listing->msg.attribute = listing->attribute_refs;
	listing->msg.n_attribute = writer->len;
	return ERR_OK;
}

static enum err
write_all(struct writer *writer)
{
	struct buf value;
	enum err err = ERR_OK;

	buf_init(&value, VALUE_FULL);
	for (enum conf_gp_attributes a = 0; a < GPA_COUNT && err == ERR_OK; a++) {
		if (a == GPA_ANYCONNECT_CUSTOM)
			err = put_customs(writer, &value);
		else if (!put_given(writer, a, &value))
			put_plain(writer, a, &value);
	}
	if (err == ERR_OK)
		err = writer->listing->texts.err;
	buf_fini(&value);
	return err == ERR_OK ? point(writer) : ERR_NOMEM;
}

enum err
listing_policy(struct listing *listing, const struct session *session)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	enum err err = ERR_OK;

	if (writer == NULL)
		return ERR_NOMEM;
	writer->session = session;
	writer->listing = listing;
	if (session_inherit(session, &writer->inherit) == ERR_OK)
		err = write_all(writer);
	free(writer);
	return err;
}
