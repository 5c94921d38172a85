/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rendering of config-auth. Everything that comes from auth goes through put_escaped(): group names
 * and banners are an administrator's words, but user names and aliases echo what clients sent.
 */
#include "gateway/xml_reply.h"

#include <stdbool.h>
#include <string.h>

#include "common/str.h"

/* Where the downloader looks for packages; asset.c answers there. */
#define BASE_PACKAGE_URI "/CACHE/stc/1"
#define ERROR_ID_LOGIN_FAILED 88

static const char *
entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

/* Length of the valid UTF-8 character of XML at s, 0 if it is none. */
static size_t
utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t min;
	} forms[] = {
	    {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		uint32_t c = s[0] & (unsigned char)~forms[i].mask;

		if ((s[0] & forms[i].mask) != forms[i].lead)
			continue;
		for (size_t j = 1; j <= i; j++) {
			if ((s[j] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[j] & 0x3f);
		}
		if (c < forms[i].min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ||
		    c == 0xfffe || c == 0xffff || (c < ' ' && c != '\n' && c != '\t'))
			return 0;
		return i + 1;
	}
	return 0;
}

/* Text of an element or attribute; what XML cannot carry becomes '?'. */
static void
put_escaped(struct buf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		const char *name = entity(*s);
		size_t len = utf8_len(s);

		if (name != NULL)
			buf_puts(out, name);
		else if (len > 0)
			buf_put(out, s, len);
		else
			buf_put_u8(out, '?');
		s += len > 0 ? len : 1;
	}
}

/* <name>text</name> and a newline. */
static void
put_element(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "<%s>", name);
	put_escaped(out, text);
	buf_printf(out, "</%s>\n", name);
}

/* The same when there is text. */
static void
put_optional(struct buf *out, const char *name, const char *text)
{
	if (text[0] != '\0')
		put_element(out, name, text);
}

/* ` name="text"` */
static void
put_attribute(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, " %s=\"", name);
	put_escaped(out, text);
	buf_puts(out, "\"");
}

static void
put_root(struct buf *out, const char *type)
{
	buf_printf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<config-auth client=\"vpn\" type=\"%s\" aggregate-auth-version=\"2\">\n",
	    type);
}

static void
put_opaque(struct buf *out, const Ipc__AuthAnswer *answer)
{
	buf_puts(out, "<opaque is-for=\"sg\">\n");
	put_element(out, "tunnel-group", answer->tunnel_group);
	put_element(out, "aggauth-handle", answer->handle);
	for (size_t i = 0; i < answer->n_auth_method; i++)
		put_element(out, "auth-method", answer->auth_method[i]);
	put_optional(out, "group-alias", answer->group_alias);
	put_element(out, "config-hash", answer->config_hash);
	buf_puts(out, "</opaque>\n");
}

static void
put_message(struct buf *out, const Ipc__AuthAnswer *answer)
{
	buf_puts(out, "<message");
	if (answer->message_id != 0 || answer->message_param1[0] != '\0') {
		buf_printf(out, " id=\"%u\"", answer->message_id);
		put_attribute(out, "param1", answer->message_param1);
		put_attribute(out, "param2", "");
	}
	buf_puts(out, ">");
	put_escaped(out, answer->message);
	buf_puts(out, "</message>\n");
}

static void
put_error(struct buf *out, uint32_t id, const char *text)
{
	buf_printf(out, "<error id=\"%u\" param1=\"\" param2=\"\">", id);
	put_escaped(out, text);
	buf_puts(out, "</error>\n");
}

static void
put_input(struct buf *out, const Ipc__FormInput *input)
{
	buf_puts(out, "<input");
	put_attribute(out, "type", input->type);
	put_attribute(out, "name", input->name);
	if (strcmp(input->type, "hidden") == 0)
		put_attribute(out, "value", input->value);
	else
		put_attribute(out, "label", input->label);
	buf_puts(out, "></input>\n");
}

static void
put_groups(struct buf *out, const Ipc__AuthAnswer *answer)
{
	if (answer->n_option == 0)
		return;
	buf_puts(out, "<select name=\"group_list\" label=\"GROUP:\">\n");
	for (size_t i = 0; i < answer->n_option; i++) {
		const Ipc__FormOption *option = answer->option[i];

		buf_puts(out, "<option");
		if (option->selected)
			buf_puts(out, " selected=\"true\"");
		if (option->no_aaa)
			buf_puts(out, " noaaa=\"1\"");
		put_attribute(out, "value", option->value);
		buf_puts(out, ">");
		put_escaped(out, option->value);
		buf_puts(out, "</option>\n");
	}
	buf_puts(out, "</select>\n");
}

static void
put_request(struct buf *out, const Ipc__AuthAnswer *answer, bool form)
{
	put_root(out, "auth-request");
	if (form)
		put_opaque(out, answer);
	buf_puts(out, "<auth");
	put_attribute(out, "id", answer->auth_id[0] != '\0' ? answer->auth_id : "main");
	buf_puts(out, ">\n");
	put_optional(out, "title", answer->title);
	put_message(out, answer);
	put_element(out, "banner", answer->banner);
	if (answer->error[0] != '\0')
		put_error(out, answer->error_id, answer->error);
	if (form) {
		buf_puts(out, "<form method=\"post\">\n");
		for (size_t i = 0; i < answer->n_input; i++)
			put_input(out, answer->input[i]);
		put_groups(out, answer);
		buf_puts(out, "</form>\n");
	}
	buf_puts(out, "</auth>\n</config-auth>\n");
}

/* A type becomes the name of an element, so it must be one. */
static bool
is_element_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char others[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.0123456789";

	return name[0] != '\0' && strchr(letters, name[0]) != NULL && !str_istarts(name, "xml") &&
	       strspn(name, others) == strlen(name);
}

static void
put_custom(struct buf *out, Ipc__CustomAttr *const *attrs, size_t len)
{
	buf_puts(out, "<opaque is-for=\"vpn-client\"><custom-attr>");
	for (size_t i = 0; i < len; i++) {
		if (!is_element_name(attrs[i]->type))
			continue;
		buf_printf(out, "<%s>", attrs[i]->type);
		put_escaped(out, attrs[i]->value);
		buf_printf(out, "</%s>", attrs[i]->type);
	}
	buf_puts(out, "</custom-attr></opaque>");
}

/* Only what this gateway serves is announced: a profile that cannot be fetched ends the connection
 * (protocol.md 2.10).
 */
static void
put_complete(struct buf *out, const Ipc__AuthAnswer *answer, const char *cert_hash)
{
	put_root(out, "complete");
	buf_printf(out, "<session-id>%u</session-id>\n", answer->session_index);
	put_element(out, "session-token", answer->session_token);
	buf_puts(out, "<auth id=\"success\">\n<message id=\"0\" param1=\"\" param2=\"\">");
	put_escaped(out, answer->message);
	buf_puts(out, "</message>\n");
	put_element(out, "banner", answer->banner);
	buf_puts(out, "</auth>\n"
		      "<capabilities>\n<crypto-supported>ssl-dhe</crypto-supported>\n"
		      "</capabilities>\n"
		      "<config client=\"vpn\" type=\"private\">\n<vpn-base-config>\n");
	put_element(out, "base-package-uri", BASE_PACKAGE_URI);
	put_optional(out, "server-cert-hash", cert_hash);
	buf_puts(out, "</vpn-base-config>\n");
	if (answer->n_custom_attr > 0) {
		put_custom(out, answer->custom_attr, answer->n_custom_attr);
		buf_puts(out, "\n");
	}
	buf_puts(out, "</config>\n</config-auth>\n");
}

enum err
xml_reply(const Ipc__AuthAnswer *answer, const char *cert_hash, struct buf *out)
{
	switch (answer->kind) {
	case IPC__ANSWER_KIND__ANSWER_FORM:
		put_request(out, answer, true);
		return out->err;
	case IPC__ANSWER_KIND__ANSWER_REFUSED:
		put_request(out, answer, false);
		return out->err;
	case IPC__ANSWER_KIND__ANSWER_COMPLETE:
		put_complete(out, answer, cert_hash);
		return out->err;
	default:
		return ERR_UNSUPPORTED;
	}
}

enum err
xml_reply_refused(struct buf *out)
{
	put_root(out, "auth-request");
	buf_puts(out, "<auth id=\"main\">\n");
	put_error(out, ERROR_ID_LOGIN_FAILED, "Login failed.");
	buf_puts(out, "</auth>\n</config-auth>\n");
	return out->err;
}

enum err
xml_reply_post_auth(Ipc__CustomAttr *const *attrs, size_t len, struct buf *out)
{
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
		      "<config-auth client=\"vpn\" type=\"complete\" "
		      "aggregate-auth-version=\"2\">"
		      "<config client=\"vpn\" type=\"private\">");
	put_custom(out, attrs, len);
	buf_puts(out, "</config></config-auth>");
	return out->err;
}

enum err
xml_reply_bye(struct buf *out)
{
	put_root(out, "complete");
	buf_puts(out, "</config-auth>\n");
	return out->err;
}
