/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing is decided here. Where a client of the XML protocol asks twice, for the form of another
 * group and then with what its user typed, these clients ask once: both questions go to auth all
 * the same, one after the other.
 */
#include "gateway/legacy_login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "gateway/legacy_form.h"
#include "gateway/legacy_reply.h"
#include "gateway/signin.h"
#include "gateway/tls.h"
#include "gateway/trace_conn.h"
#include "gateway/xml_reply.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"
#define TEXT_XML "text/xml; charset=utf-8"
#define VERSION_HEADER "X-Transcend-Version: 1\r\n"

/* A question that auth has not answered yet. */
struct legacy_login {
	struct conn *conn;                  /* a reference */
	const struct http_request *request; /* the connection's: there until it is answered */
	struct xml_request *xml;            /* what auth is asked */
	bool phone;
	bool again; /* a form that is the answer may be answered with the same fields */
};

static void
login_free(struct legacy_login *login)
{
	xml_request_free(login->xml);
	conn_unref(login->conn);
	free(login);
}

static void
reply_plain(struct conn *conn, int status, const char *text, bool close)
{
	conn_reply(conn, status, TEXT_PLAIN, NULL, text, strlen(text), close);
}

/* ---- auth's answer ---- */

static void
put_cookies(struct conn *conn, const Ipc__AuthAnswer *answer, struct buf *headers)
{
	char cert_hash[41];

	tls_stream_cert_hash(conn_stream(conn), cert_hash);
	legacy_reply_cookies(answer->session_token, cert_hash, headers);
}

/* A phone gets the cookie or nothing: it can show no form. */
static void
reply_phone(struct conn *conn, const Ipc__AuthAnswer *answer)
{
	struct buf headers;

	if (answer->kind != IPC__ANSWER_KIND__ANSWER_COMPLETE) {
		reply_plain(conn, 401, "Login failed.", conn_login_refused(conn) || answer->close);
		return;
	}
	buf_init(&headers, 1024);
	put_cookies(conn, answer, &headers);
	conn_reply(conn, 200, TEXT_PLAIN, buf_cstr(&headers), "", 0, answer->close);
	buf_wipe(&headers);
}

static void
reply_document(struct conn *conn, const Ipc__AuthAnswer *answer, struct buf *xml)
{
	bool close = answer->close;
	struct buf headers;

	buf_init(&headers, 1024);
	buf_puts(&headers, VERSION_HEADER);
	if (answer->kind == IPC__ANSWER_KIND__ANSWER_COMPLETE)
		put_cookies(conn, answer, &headers);
	/* As in signin.c: a connection has its share of refusals, and no form after the last. */
	else if (legacy_reply_is_refusal(answer) && conn_login_refused(conn)) {
		close = true;
		if (answer->kind == IPC__ANSWER_KIND__ANSWER_FORM) {
			buf_reset(xml);
			if (legacy_reply_refused(xml) != ERR_OK)
				buf_reset(xml);
		}
	}
	trace_conn_generated(conn_stream(conn), xml);
	conn_reply(conn, 200, TEXT_XML, buf_cstr(&headers), xml->data, xml->len, close);
	buf_wipe(&headers);
}

static void
reply_answer(const struct legacy_login *login, const Ipc__AuthAnswer *answer)
{
	bool complete = answer->kind == IPC__ANSWER_KIND__ANSWER_COMPLETE;
	struct buf xml;
	enum err err;

	buf_init(&xml, XML_REPLY_MAX);
	err = legacy_reply(answer, &xml);
	if (err == ERR_OK && complete && !signin_is_token(answer->session_token))
		err = ERR_SYNTAX;
	if (err != ERR_OK) {
		log_err("an answer of auth cannot be rendered: %s", err_str(err));
		reply_plain(login->conn, 503, "Service unavailable", true);
	} else if (login->phone) {
		reply_phone(login->conn, answer);
	} else {
		reply_document(login->conn, answer, &xml);
	}
	buf_wipe(&xml);
}

static void on_answer(enum err err, const ProtobufCMessage *msg, void *arg);

static bool
has_field(const struct xml_request *xml, const char *name)
{
	for (size_t i = 0; i < xml->fields_len; i++)
		if (strcmp(xml->fields[i].name, name) == 0)
			return true;
	return false;
}

/* Is this the form that the fields were typed for: no error, and nothing that was not posted? */
static bool
is_answered(const struct legacy_login *login, const Ipc__AuthAnswer *answer)
{
	if (answer->kind != IPC__ANSWER_KIND__ANSWER_FORM || answer->error[0] != '\0' ||
	    strcmp(answer->auth_id, "main") != 0 || answer->n_input == 0)
		return false;
	if (login->xml->group_select[0] != '\0' &&
	    !str_ieq(login->xml->group_select, answer->group_alias))
		return false;
	for (size_t i = 0; i < answer->n_input; i++)
		if (strcmp(answer->input[i]->type, "hidden") != 0 &&
		    !has_field(login->xml, answer->input[i]->name))
			return false;
	return true;
}

/* The form of the group that the client chose, or a phone's: reply to it as the client would. Once,
 * because the next form is a refusal or asks for something else. False: the answer is for the
 * client. */
static bool
reply_again(struct legacy_login *login, const Ipc__AuthAnswer *answer)
{
	struct xml_request *xml = login->xml;

	if (!login->again || !is_answered(login, answer))
		return false;
	login->again = false;
	xml->type = XML_TYPE_AUTH_REPLY;
	return str_copy(xml->handle, sizeof(xml->handle), answer->handle) == ERR_OK &&
	       str_copy(xml->config_hash, sizeof(xml->config_hash), answer->config_hash) ==
		   ERR_OK &&
	       signin_ask(login->conn, login->request, xml, on_answer, login) == ERR_OK;
}

static void
on_answer(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct legacy_login *login = arg;

	if (!conn_is_open(login->conn)) {
		/* The client has gone: a session that it does not know of dies by its cookie
		 * timeout. */
	} else if (err != ERR_OK) {
		log_warn("a login is not answered: auth: %s", err_str(err));
		reply_plain(login->conn, 503, "Service unavailable", true);
	} else {
		const Ipc__AuthAnswer *answer = (const Ipc__AuthAnswer *)msg;

		if (reply_again(login, answer))
			return;
		reply_answer(login, answer);
	}
	login_free(login);
}

/* ---- the client's request ---- */

/* xml is taken. */
static void
ask(struct conn *conn, const struct http_request *request, struct xml_request *xml, bool phone)
{
	struct legacy_login *login = calloc(1, sizeof(*login));
	enum err err = ERR_NOMEM;
	char why[128];

	if (login == NULL) {
		xml_request_free(xml);
	} else {
		login->conn = conn_ref(conn);
		login->request = request;
		login->xml = xml;
		login->phone = phone;
		login->again = phone || xml->group_select[0] != '\0';
		err = signin_ask(conn, request, xml, on_answer, login);
		if (err == ERR_OK)
			return;
		login_free(login);
	}
	(void)snprintf(why, sizeof(why), "auth is not asked: %s", err_str(err));
	conn_refuse(conn, 503, why);
}

static struct xml_request *
read_form(struct conn *conn, const struct http_request *request)
{
	struct xml_request *xml = NULL;
	enum err err =
	    legacy_form_parse((const char *)request->body, request->content_length, &xml);

	if (err == ERR_NOMEM) {
		reply_plain(conn, 503, "Service unavailable", true);
	} else if (err != ERR_OK) {
		conn_refuse(
		    conn, 400, err == ERR_LIMIT ? "form: a limit is passed" : "malformed form");
	} else {
		trace_note(TRACE_XML, 1, tls_stream_client(conn_stream(conn)),
		    "Received a form of %zu fields from the client", xml->fields_len);
		return xml;
	}
	return NULL;
}

void
legacy_login_init(struct conn *conn, const struct http_request *request)
{
	struct xml_request *xml = calloc(1, sizeof(*xml));

	if (xml == NULL) {
		reply_plain(conn, 503, "Service unavailable", true);
		return;
	}
	xml->type = XML_TYPE_INIT;
	/* It cannot be told to come again with a certificate: what TLS showed is what it has. */
	xml->client_cert_fail = true;
	ask(conn, request, xml, false);
}

void
legacy_login_reply(struct conn *conn, const struct http_request *request)
{
	struct xml_request *xml = read_form(conn, request);

	if (xml != NULL)
		ask(conn, request, xml, false);
}

void
legacy_login_phone(struct conn *conn, const struct http_request *request UNUSED)
{
	conn_reply(
	    conn, 200, TEXT_PLAIN, "Set-Cookie: webvpnlogin=1; Secure; path=/\r\n", "", 0, false);
}

void
legacy_login_phone_reply(struct conn *conn, const struct http_request *request)
{
	struct xml_request *xml = read_form(conn, request);

	if (xml == NULL)
		return;
	/* No form was asked for: whatever names one is not the phone's. */
	xml->type = XML_TYPE_INIT;
	xml->client_cert_fail = true;
	xml->group_select[0] = '\0';
	ask(conn, request, xml, true);
}
