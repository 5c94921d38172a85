/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rendering of config-auth. Everything that comes from auth goes through common/xml_text.h: group
 * names and banners are an administrator's words, but user names and aliases echo what clients
 * sent.
 */
#include "gateway/xml_reply.h"

#include <stdbool.h>
#include <string.h>

#include "common/cert_request.h"
#include "common/config_auth.h"
#include "common/str.h"
#include "common/xml_text.h"

/* Where the downloader looks for packages; asset.c answers there. */
#define BASE_PACKAGE_URI "/CACHE/stc/1"

static void
put_message(struct buf *out, const Ipc__AuthAnswer *answer)
{
	buf_puts(out, "<message");
	if (answer->message_id != 0 || answer->message_param1[0] != '\0') {
		buf_printf(out, " id=\"%u\"", answer->message_id);
		xml_text_attribute(out, "param1", answer->message_param1);
		xml_text_attribute(out, "param2", "");
	}
	buf_puts(out, ">");
	xml_text_put(out, answer->message);
	buf_puts(out, "</message>\n");
}

static void
put_error(struct buf *out, uint32_t id, const char *text)
{
	buf_printf(out, "<error id=\"%u\" param1=\"\" param2=\"\">", id);
	xml_text_put(out, text);
	buf_puts(out, "</error>\n");
}

/* A password is never filled in. */
static void
put_input(struct buf *out, const Ipc__FormInput *input)
{
	bool hidden = strcmp(input->type, "hidden") == 0;

	buf_puts(out, "<input");
	xml_text_attribute(out, "type", input->type);
	xml_text_attribute(out, "name", input->name);
	if (!hidden)
		xml_text_attribute(out, "label", input->label);
	if (hidden || (strcmp(input->type, "text") == 0 && input->value[0] != '\0'))
		xml_text_attribute(out, "value", input->value);
	if (input->second_auth)
		buf_puts(out, " second-auth=\"1\"");
	buf_puts(out, "></input>\n");
}

/* Clients pass over the inputs of a second login unless the chosen group has one, and take the
 * second user name from the group's option unless that says that it may be typed (protocol.md 2.3).
 */
static void
put_second_auth(struct buf *out, const Ipc__AuthAnswer *answer)
{
	bool second = false;

	for (size_t i = 0; i < answer->n_input; i++) {
		const Ipc__FormInput *input = answer->input[i];

		if (!input->second_auth)
			continue;
		second = true;
		if (strcmp(input->name, "secondary_username") != 0)
			continue;
		if (input->value[0] != '\0')
			xml_text_attribute(out, "secondary_username", input->value);
		else
			buf_puts(out, " secondary_username_editable=\"true\"");
	}
	if (second)
		buf_puts(out, " second-auth=\"1\"");
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
		if (option->selected) {
			buf_puts(out, " selected=\"true\"");
			put_second_auth(out, answer);
		}
		if (option->no_aaa)
			buf_puts(out, " noaaa=\"1\"");
		xml_text_attribute(out, "value", option->value);
		buf_puts(out, ">");
		xml_text_put(out, option->value);
		buf_puts(out, "</option>\n");
	}
	buf_puts(out, "</select>\n");
}

static void
put_form(const Ipc__AuthAnswer *answer, const char *action, struct buf *out)
{
	buf_puts(out, "<form method=\"post\"");
	if (action[0] != '\0')
		xml_text_attribute(out, "action", action);
	buf_puts(out, ">\n");
	for (size_t i = 0; i < answer->n_input; i++)
		put_input(out, answer->input[i]);
	put_groups(out, answer);
	buf_puts(out, "</form>\n");
}

void
xml_reply_auth(const Ipc__AuthAnswer *answer, const char *action, struct buf *out)
{
	buf_puts(out, "<auth");
	xml_text_attribute(out, "id", answer->auth_id[0] != '\0' ? answer->auth_id : "main");
	buf_puts(out, ">\n");
	xml_text_optional(out, "title", answer->title);
	put_message(out, answer);
	xml_text_element(out, "banner", answer->banner);
	if (answer->error[0] != '\0')
		put_error(out, answer->error_id, answer->error);
	if (action != NULL)
		put_form(answer, action, out);
	buf_puts(out, "</auth>\n");
}

static void
put_request(struct buf *out, const Ipc__AuthAnswer *answer, bool form)
{
	config_auth_open(out, "auth-request");
	if (form)
		config_auth_opaque(out, answer);
	xml_reply_auth(answer, form ? "" : NULL, out);
	config_auth_close(out);
}

/* "Come again with a certificate" (protocol.md 2.6). There may be no login to come back to. */
static void
put_cert_request(struct buf *out, const Ipc__AuthAnswer *answer)
{
	config_auth_open(out, "auth-request");
	if (answer->handle[0] != '\0')
		config_auth_opaque(out, answer);
	xml_text_element(out, "client-cert-request", "");
	config_auth_close(out);
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
		xml_text_put(out, attrs[i]->value);
		buf_printf(out, "</%s>", attrs[i]->type);
	}
	buf_puts(out, "</custom-attr></opaque>");
}

void
xml_reply_success(const Ipc__AuthAnswer *answer, struct buf *out)
{
	buf_puts(out, "<auth id=\"success\">\n<message id=\"0\" param1=\"\" param2=\"\">");
	xml_text_put(out, answer->message);
	buf_puts(out, "</message>\n");
	xml_text_element(out, "banner", answer->banner);
	buf_puts(out, "</auth>\n");
}

/* Only what this gateway serves is announced: a profile that cannot be fetched ends the connection
 * (protocol.md 2.10).
 */
static void
put_complete(struct buf *out, const Ipc__AuthAnswer *answer, const char *cert_hash)
{
	config_auth_open(out, "complete");
	buf_printf(out, "<session-id>%u</session-id>\n", answer->session_index);
	xml_text_element(out, "session-token", answer->session_token);
	xml_reply_success(answer, out);
	buf_puts(out, "<capabilities>\n<crypto-supported>ssl-dhe</crypto-supported>\n"
		      "</capabilities>\n"
		      "<config client=\"vpn\" type=\"private\">\n<vpn-base-config>\n");
	xml_text_element(out, "base-package-uri", BASE_PACKAGE_URI);
	xml_text_optional(out, "server-cert-hash", cert_hash);
	buf_puts(out, "</vpn-base-config>\n");
	if (answer->n_custom_attr > 0) {
		put_custom(out, answer->custom_attr, answer->n_custom_attr);
		buf_puts(out, "\n");
	}
	buf_puts(out, "</config>\n");
	config_auth_close(out);
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
	case IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST:
		put_cert_request(out, answer);
		return out->err;
	case IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST:
		return cert_request_write(answer, out);
	default:
		return ERR_UNSUPPORTED;
	}
}

enum err
xml_reply_refused(struct buf *out)
{
	config_auth_open(out, "auth-request");
	buf_puts(out, "<auth id=\"main\">\n");
	put_error(out, XML_REPLY_LOGIN_FAILED, "Login failed.");
	buf_puts(out, "</auth>\n");
	config_auth_close(out);
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
	config_auth_open(out, "complete");
	config_auth_close(out);
	return out->err;
}
