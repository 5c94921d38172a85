/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregate authentication between the client's XML and auth's messages. Nothing is decided here,
 * except that a connection with too many refusals is ended.
 */
#include "gateway/signin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/str.h"
#include "gateway/tls.h"
#include "gateway/trace_conn.h"
#include "gateway/xml_parse.h"
#include "gateway/xml_reply.h"

#define ANSWER_MARGIN_MS 5000 /* auth refuses in time by itself */
#define TOKEN_DIGITS 64
#define IDENTIFIER "X-AnyConnect-Identifier-"
#define TEXT_PLAIN "text/plain; charset=utf-8"
#define TEXT_XML "text/xml; charset=utf-8"

/* As an ASA sends them (protocol.md 1.1). */
#define XML_HEADERS "X-Aggregate-Auth: 1\r\nX-Transcend-Version: 1\r\n"

static char *
borrow(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void
reply_plain(struct conn *conn, int status, const char *text, bool close)
{
	conn_reply(conn, status, TEXT_PLAIN, NULL, text, strlen(text), close);
}

/* Send XML and wipe it. */
static void
reply_xml(struct conn *conn, const char *headers, struct buf *xml, bool close)
{
	trace_conn_generated(conn_stream(conn), xml);
	conn_reply(conn, 200, TEXT_XML, headers, xml->data, xml->len, close);
	buf_wipe(xml);
}

/* ---- auth's answer ---- */

bool
signin_is_token(const char *token)
{
	return strlen(token) == TOKEN_DIGITS && strspn(token, "0123456789abcdef") == TOKEN_DIGITS;
}

static void
reply_complete(struct conn *conn, const Ipc__AuthAnswer *answer, struct buf *xml)
{
	struct buf headers;

	buf_init(&headers, 1024);
	buf_puts(&headers, XML_HEADERS);
	buf_printf(
	    &headers, "Set-Cookie: webvpn=%s; Secure; HttpOnly; path=/\r\n", answer->session_token);
	reply_xml(conn, buf_cstr(&headers), xml, answer->close);
	buf_wipe(&headers);
}

/* What a form with an error becomes when there shall not be another. */
static bool
become_refusal(struct buf *xml)
{
	buf_reset(xml);
	return xml_reply_refused(xml) == ERR_OK;
}

/* An answer with an error is a refused reply: count it, and end the connection that has had its
 * share. One without a form keeps its words. */
static void
reply_login(struct conn *conn, const Ipc__AuthAnswer *answer, struct buf *xml)
{
	bool close = answer->close;

	if (answer->error[0] != '\0' && conn_login_refused(conn)) {
		if (answer->kind == IPC__ANSWER_KIND__ANSWER_FORM && !become_refusal(xml)) {
			reply_plain(conn, 500, "Internal error", true);
			buf_wipe(xml);
			return;
		}
		close = true;
	}
	reply_xml(conn, XML_HEADERS, xml, close);
}

static void
reply_answer(struct conn *conn, const Ipc__AuthAnswer *answer)
{
	bool complete = answer->kind == IPC__ANSWER_KIND__ANSWER_COMPLETE;
	char cert_hash[41];
	struct buf xml;
	enum err err;

	tls_stream_cert_hash(conn_stream(conn), cert_hash);
	buf_init(&xml, XML_REPLY_MAX);
	err = xml_reply(answer, cert_hash, &xml);
	if (err == ERR_OK && complete && !signin_is_token(answer->session_token))
		err = ERR_SYNTAX;
	if (err != ERR_OK) {
		log_err("an answer of auth cannot be rendered: %s", err_str(err));
		buf_wipe(&xml);
		reply_plain(conn, 503, "Service unavailable", true);
	} else if (complete) {
		reply_complete(conn, answer, &xml);
	} else {
		reply_login(conn, answer, &xml);
	}
}

static void
on_answer(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct conn *conn = arg;

	if (!conn_is_open(conn)) {
		/* The client has gone: a session that it does not know of dies by its cookie
		 * timeout. */
	} else if (err != ERR_OK) {
		log_warn("a login is not answered: auth: %s", err_str(err));
		reply_plain(conn, 503, "Service unavailable", true);
	} else {
		const Ipc__AuthAnswer *answer = (const Ipc__AuthAnswer *)msg;

		/* Its reply belonged to a login. */
		if (answer->kind != IPC__ANSWER_KIND__ANSWER_REFUSED)
			conn_know(conn);
		reply_answer(conn, answer);
	}
	conn_unref(conn);
}

/* ---- the client's request ---- */

/* What mobile clients say of themselves in a header, where the XML does not say it
 * (protocol.md 1.1). */
static char *
fact(const struct http_request *request, const char *header, char *text)
{
	const char *value = text[0] == '\0' ? http_header(request, header) : NULL;

	return value != NULL ? borrow(value) : text;
}

static void
fill_facts(struct conn *conn, const struct http_request *request, struct xml_request *xml,
    char **macs, char **capabilities, Ipc__ClientFacts *facts)
{
	conn_facts(conn, request, facts);
	facts->version = fact(request, IDENTIFIER "ClientVersion", xml->version);
	facts->device_os = fact(request, IDENTIFIER "Platform", xml->device_os);
	facts->computer_name = xml->computer_name;
	facts->device_type = fact(request, IDENTIFIER "DeviceType", xml->device_type);
	facts->platform_version =
	    fact(request, IDENTIFIER "PlatformVersion", xml->platform_version);
	facts->unique_id = fact(request, IDENTIFIER "Device-UniqueID", xml->unique_id);
	facts->unique_id_global = xml->unique_id_global;
	for (size_t i = 0; i < xml->mac_address_len; i++)
		macs[i] = xml->mac_address[i];
	facts->mac_address = macs;
	facts->n_mac_address = xml->mac_address_len;
	facts->public_mac = (uint32_t)xml->mac_public;
	for (size_t i = 0; i < xml->capability_len; i++)
		capabilities[i] = xml->capability[i];
	facts->capability = capabilities;
	facts->n_capability = xml->capability_len;
}

/* The certificate goes with every message of a login, and is encoded only for it. */
static void
fill_chain(
    const struct tls_chain *chain, ProtobufCBinaryData *certificates, Ipc__ClientFacts *facts)
{
	for (size_t i = 0; i < chain->len; i++)
		certificates[i] = (ProtobufCBinaryData){chain->der_len[i], chain->der[i]};
	facts->certificate = certificates;
	facts->n_certificate = chain->len;
}

/* Servers that auth asks may be slow: it waits for them as long as a login may take. */
static unsigned
answer_timeout_ms(const struct conn *conn)
{
	const struct conf_object *limits =
	    conf_sub(conf_root(conn_worker(conn)->conf, CONF_GATEWAY), GW_LIMITS);

	return (unsigned)conf_int(limits, LIM_LOGIN_TIMEOUT) * 1000 + ANSWER_MARGIN_MS;
}

/* Where auth's answer goes. */
struct asker {
	ipc_reply_fn fn;
	void *arg;
};

static enum err
ask(struct conn *conn, Ipc__MsgType type, const ProtobufCMessage *msg, const struct asker *asker)
{
	struct ipc *auth = conn_worker(conn)->auth;

	if (auth == NULL)
		return ERR_CLOSED;
	return ipc_request(auth, type, msg, IPC__MSG_TYPE__MSG_AUTH_ANSWER, answer_timeout_ms(conn),
	    asker->fn, asker->arg, NULL);
}

static enum err
ask_init(
    struct conn *conn, struct xml_request *xml, Ipc__ClientFacts *facts, const struct asker *asker)
{
	Ipc__AuthInit msg = IPC__AUTH_INIT__INIT;

	msg.facts = facts;
	msg.group_access = xml->group_access;
	msg.group_select = xml->group_select;
	msg.client_cert_fail = xml->client_cert_fail;
	return ask(conn, IPC__MSG_TYPE__MSG_AUTH_INIT, &msg.base, asker);
}

static void
fill_reply_chain(struct xml_chain *xml, Ipc__CertChain *chain)
{
	ipc__cert_chain__init(chain);
	chain->store = xml->store;
	chain->via_protocol = xml->via_protocol;
	chain->format = xml->format;
	chain->pkcs7 = (ProtobufCBinaryData){xml->pkcs7.len, xml->pkcs7.data};
	chain->hash = xml->hash;
	chain->signature = (ProtobufCBinaryData){xml->signature.len, xml->signature.data};
}

static enum err
ask_reply(
    struct conn *conn, struct xml_request *xml, Ipc__ClientFacts *facts, const struct asker *asker)
{
	Ipc__AuthReply msg = IPC__AUTH_REPLY__INIT;
	Ipc__Field fields[XML_FIELDS_MAX];
	Ipc__Field *pointers[XML_FIELDS_MAX];
	Ipc__CertChain chains[XML_CHAINS_MAX];
	Ipc__CertChain *chain_pointers[XML_CHAINS_MAX];

	for (size_t i = 0; i < xml->fields_len; i++) {
		ipc__field__init(&fields[i]);
		fields[i].name = xml->fields[i].name;
		fields[i].value.data = (uint8_t *)xml->fields[i].value;
		fields[i].value.len = xml->fields[i].value_len;
		pointers[i] = &fields[i];
	}
	msg.facts = facts;
	msg.handle = xml->handle;
	msg.config_hash = xml->config_hash;
	msg.group_select = xml->group_select;
	msg.field = pointers;
	msg.n_field = xml->fields_len;
	for (size_t i = 0; i < xml->chains_len; i++) {
		fill_reply_chain(&xml->chains[i], &chains[i]);
		chain_pointers[i] = &chains[i];
	}
	msg.chain = chain_pointers;
	msg.n_chain = xml->chains_len;
	msg.hidden = conn_is_hidden(conn);
	return ask(conn, IPC__MSG_TYPE__MSG_AUTH_REPLY, &msg.base, asker);
}

/* Give up a session token; whether there was such a session is nobody's business. */
static void
logout(struct conn *conn, const char *token)
{
	Ipc__SessionLogout msg = IPC__SESSION_LOGOUT__INIT;
	struct ipc *auth = conn_worker(conn)->auth;
	enum err err;

	if (auth == NULL || !signin_is_token(token))
		return;
	msg.token = borrow(token);
	err = ipc_send(auth, IPC__MSG_TYPE__MSG_SESSION_LOGOUT, &msg.base);
	if (err != ERR_OK)
		log_warn("a logout is lost: auth: %s", err_str(err));
}

static void
logout_cookie(struct conn *conn, const struct http_request *request)
{
	char token[TOKEN_DIGITS + 1];

	if (http_cookie(request, "webvpn", token, sizeof token) == ERR_OK)
		logout(conn, token);
	str_wipe(token, sizeof token);
}

static void
post_logout(struct conn *conn, const struct http_request *request, const struct xml_request *xml)
{
	struct buf out;

	if (xml->session_token[0] != '\0')
		logout(conn, xml->session_token);
	else
		logout_cookie(conn, request);
	buf_init(&out, XML_REPLY_MAX);
	if (xml_reply_bye(&out) == ERR_OK)
		reply_xml(conn, XML_HEADERS "Set-Cookie: webvpn=; Secure; HttpOnly; path=/\r\n",
		    &out, true);
	else
		reply_plain(conn, 500, "Internal error", true);
	buf_wipe(&out);
}

enum err
signin_ask(struct conn *conn, const struct http_request *request, struct xml_request *xml,
    ipc_reply_fn fn, void *arg)
{
	Ipc__ClientFacts facts = IPC__CLIENT_FACTS__INIT;
	ProtobufCBinaryData certificates[TLS_CHAIN_MAX];
	const struct asker asker = {fn, arg};
	char *macs[XML_LIST_MAX];
	char *capabilities[XML_LIST_MAX];
	struct tls_chain chain;
	enum err err = tls_stream_chain(conn_stream(conn), &chain);

	if (err == ERR_OK) {
		fill_facts(conn, request, xml, macs, capabilities, &facts);
		fill_chain(&chain, certificates, &facts);
		err = xml->type == XML_TYPE_INIT ? ask_init(conn, xml, &facts, &asker)
						 : ask_reply(conn, xml, &facts, &asker);
	}
	tls_chain_fini(&chain);
	return err;
}

static void
post_login(struct conn *conn, const struct http_request *request, struct xml_request *xml)
{
	char why[128];
	enum err err = signin_ask(conn, request, xml, on_answer, conn_ref(conn));

	if (err == ERR_OK)
		return;
	/* Some clients can bring this about, by messages as large as they may be. */
	(void)snprintf(why, sizeof why, "auth is not asked: %s", err_str(err));
	conn_refuse(conn, 503, why);
	conn_unref(conn);
}

void
signin_post(struct conn *conn, const struct http_request *request)
{
	struct xml_request *xml = NULL;
	enum err err = xml_parse((const char *)request->body, request->content_length, &xml);

	trace_conn_received(conn_stream(conn), request, err);
	if (err == ERR_NOMEM) {
		reply_plain(conn, 503, "Service unavailable", true);
		return;
	}
	if (err != ERR_OK) {
		conn_refuse(
		    conn, 400, err == ERR_LIMIT ? "XML: a limit is passed" : "malformed XML");
		return;
	}
	if (xml->type == XML_TYPE_INIT && xml->group_access[0] != '\0' && conn_is_hidden(conn))
		conn_ask_url(conn, xml->group_access);
	if (xml->type == XML_TYPE_LOGOUT)
		post_logout(conn, request, xml);
	else if (xml->type == XML_TYPE_INIT && conn_is_hidden(conn))
		conn_refuse(conn, 404, "hidden");
	else
		post_login(conn, request, xml);
	xml_request_free(xml);
}

void
signin_logout(struct conn *conn, const struct http_request *request)
{
	static const char page[] = "<html><body><p>Logged out.</p></body></html>\n";

	logout_cookie(conn, request);
	conn_reply(conn, 200, "text/html; charset=utf-8",
	    "Set-Cookie: webvpn=; Secure; HttpOnly; path=/\r\n", page, sizeof page - 1, true);
}
