/* SPDX-License-Identifier: Apache-2.0 */
/* Headers are shown by a list of those that hold no secret; of the others only the name is. */
#include "gateway/trace_conn.h"

#include <stdio.h>
#include <string.h>

#include "common/cert.h"
#include "common/str.h"
#include "gateway/tls.h"
#include "gateway/xml_trace.h"

#define HIDDEN "*****"
#define NAME_MAX_LEN 128
#define VALUE_MAX_LEN 1024

enum how { HIDE, SHOW, COOKIE, SET_COOKIE };

/* A name that ends in '-' stands for all that begin so; the first that fits counts. */
static const struct {
	const char *name;
	enum how how;
	unsigned level; /* from which on it is shown */
} headers[] = {
    {"Cookie", COOKIE, 1},
    {"Set-Cookie", SET_COOKIE, 1},
    {"Host", SHOW, 1},
    {"User-Agent", SHOW, 1},
    {"Content-Type", SHOW, 1},
    {"Content-Length", SHOW, 1},
    {"Connection", SHOW, 1},
    {"X-Transcend-Version", SHOW, 1},
    {"X-Aggregate-Auth", SHOW, 1},
    {"X-AnyConnect-STRAP-Verify", HIDE, 1},
    {"X-AnyConnect-", SHOW, 1},
    {"X-Support-HTTP-Auth", SHOW, 1},
    {"X-Reason", SHOW, 1},
    {"X-DTLS-Master-Secret", HIDE, 1},
    {"X-DTLS12-Master-Secret", HIDE, 1},
    {"X-CSTP-", SHOW, 1},
    {"X-DTLS-", SHOW, 1},
    {"X-DTLS12-", SHOW, 1},
    {"Accept", SHOW, 2},
    {"Accept-", SHOW, 2},
    {"Allow", SHOW, 2},
    {"Cache-Control", SHOW, 2},
    {"Content-Security-Policy", SHOW, 2},
    {"Expect", SHOW, 2},
    {"Pragma", SHOW, 2},
    {"Referrer-Policy", SHOW, 2},
    {"Strict-Transport-Security", SHOW, 2},
    {"X-Content-Type-Options", SHOW, 2},
    {"X-Frame-Options", SHOW, 2},
};

/* ---- headers ---- */

static bool
header_is(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	return pattern[len - 1] == '-' ? str_istarts(name, pattern) : str_ieq(name, pattern);
}

static enum how
how_of(const char *name, unsigned *level)
{
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		if (header_is(headers[i].name, name)) {
			*level = headers[i].level;
			return headers[i].how;
		}
	*level = 2;
	return HIDE;
}

/* Cookies by their names; of a Set-Cookie what is behind its first pair is no cookie. */
static void
put_cookies(struct buf *out, const char *value, bool set)
{
	bool first = true;

	while (*value != '\0') {
		size_t len = strcspn(value, ";");
		size_t name_len = strcspn(value, "=;");

		if (set && !first)
			buf_put(out, value, len);
		else
			buf_printf(
			    out, "%.*s" HIDDEN, name_len < len ? (int)name_len + 1 : 0, value);
		value += len;
		first = false;
		if (*value == ';') {
			buf_puts(out, ";");
			value++;
		}
	}
}

static void
put_header(struct buf *out, const char *what, const char *name, const char *value, unsigned wanted)
{
	char cut[VALUE_MAX_LEN];
	enum how how;
	unsigned level;

	how = how_of(name, &level);
	if (level != wanted)
		return;
	buf_printf(out, "%s%s: '%s: ", out->len > 0 ? "\n" : "", what, name);
	switch (how) {
	case SHOW:
		(void)str_copy(cut, sizeof(cut), value);
		buf_puts(out, cut);
		break;
	case COOKIE:
	case SET_COOKIE:
		put_cookies(out, value, how == SET_COOKIE);
		break;
	case HIDE:
		buf_puts(out, HIDDEN);
		break;
	}
	buf_puts(out, "'");
}

void
trace_conn_put_headers(
    struct buf *out, const char *what, const struct http_request *request, unsigned wanted)
{
	for (size_t i = 0; i < request->headers_len; i++)
		put_header(out, what, request->headers[i].name, request->headers[i].value, wanted);
}

/* One line of a head of ours. */
static void
put_line(struct buf *out, const char *what, const char *line, size_t len, unsigned wanted)
{
	const char *colon = memchr(line, ':', len);
	char name[NAME_MAX_LEN], value[VALUE_MAX_LEN];
	size_t name_len, skip;

	if (colon == NULL)
		return;
	name_len = (size_t)(colon - line);
	skip = name_len + 1 < len && colon[1] == ' ' ? name_len + 2 : name_len + 1;
	(void)str_copy_n(name, sizeof(name), line, name_len);
	(void)str_copy_n(value, sizeof(value), line + skip, len - skip);
	put_header(out, what, name, value, wanted);
	str_wipe(value, sizeof(value));
}

void
trace_conn_put_head(struct buf *out, const char *what, const char *head, unsigned wanted)
{
	size_t len = strcspn(head, "\r\n");

	if (wanted == 1) {
		buf_printf(out, "%s%s: '", out->len > 0 ? "\n" : "", what);
		buf_put(out, head, len);
		buf_puts(out, "'");
	}
	for (head += len; *head != '\0'; head += len) {
		head += strspn(head, "\r\n");
		len = strcspn(head, "\r\n");
		put_line(out, what, head, len, wanted);
	}
}

/* ---- TLS ---- */

/* The certificate that the client showed, by its names. */
static void
put_certificate(struct buf *out, const struct tls_chain *chain)
{
	char serial[TRACE_NAME_MAX], subject[TRACE_NAME_MAX], issuer[TRACE_NAME_MAX];
	Ipc__CertNames *names = NULL;

	if (chain->len == 0) {
		buf_puts(out, "\nClient has not sent a certificate");
	} else if (cert_names_read(chain->der[0], chain->der_len[0], &names) != ERR_OK) {
		buf_printf(out, "\nClient has sent a certificate that cannot be read, len %zu",
		    chain->der_len[0]);
	} else {
		buf_printf(out,
		    "\nClient has sent a certificate, len %zu, %zu in its chain. serial number: "
		    "%s, subject name: %s, issuer_name: %s.",
		    chain->der_len[0], chain->len, trace_printable(serial, names->serial),
		    trace_printable(subject, names->subject_name),
		    trace_printable(issuer, names->issuer_name));
		ipc__cert_names__free_unpacked(names, NULL);
	}
}

static void
send_text(const struct tls_stream *stream, unsigned level, const char *username, struct buf *text)
{
	if (text->err != ERR_NOMEM && text->len > 0)
		trace_user_text(TRACE_SSL, level, tls_stream_client(stream), username,
		    text->err == ERR_OK ? buf_cstr(text) : "(too long to be shown)");
	buf_wipe(text);
}

void
trace_conn_show_ready(const struct tls_stream *stream)
{
	char client[IP_STR_MAX], server[IP_STR_MAX];
	const char *sni = tls_stream_sni(stream);
	struct tls_chain chain;
	struct buf text;

	trace_user(tls_stream_client(stream), "");
	if (!trace_wanted(TRACE_SSL, 1))
		return;
	buf_init(&text, TRACE_TEXT_MAX);
	buf_printf(&text,
	    "Device completed SSL handshake with client %s to %s for %s session\n"
	    "Device chose cipher %s for the SSL session\n"
	    "SNI: %s, identity certificate of trustpoint: %s",
	    ip_endpoint_str(tls_stream_client(stream), client),
	    ip_endpoint_str(tls_stream_server(stream), server), tls_stream_version(stream),
	    tls_stream_cipher(stream), sni[0] != '\0' ? sni : "none",
	    tls_stream_trustpoint(stream));
	if (tls_stream_chain(stream, &chain) == ERR_OK) {
		put_certificate(&text, &chain);
		tls_chain_fini(&chain);
	}
	send_text(stream, 1, "", &text);
}

void
trace_conn_show_failed(const struct tls_stream *stream, enum err why)
{
	const char *reason = tls_stream_reason(stream);
	char client[IP_STR_MAX];

	trace_event(TRACE_SSL, 1, tls_stream_client(stream),
	    "Device failed SSL handshake with client %s: %s",
	    ip_endpoint_str(tls_stream_client(stream), client),
	    reason[0] != '\0' ? reason : err_str(why));
}

/* ---- HTTP ---- */

/* A query may hold anything: it is not shown. */
static void
put_target(struct buf *out, const char *target)
{
	size_t len = strcspn(target, "?");

	buf_put(out, target, len);
	if (target[len] == '?')
		buf_puts(out, "?" HIDDEN);
}

void
trace_conn_show_request(const struct tls_stream *stream, const struct http_request *request)
{
	bool tunnel = strcmp(request->method, "CONNECT") == 0;
	const char *what = tunnel ? "Processing CSTP header line" : "HTTP header line";
	struct buf text;

	buf_init(&text, TRACE_TEXT_MAX);
	buf_printf(&text, "Processing client request\nHTTP request line: '%s ", request->method);
	put_target(&text, request->target);
	buf_printf(&text, " HTTP/1.%d'", request->http10 ? 0 : 1);
	trace_conn_put_headers(&text, what, request, 1);
	send_text(stream, 1, "", &text);
	if (!trace_wanted(TRACE_SSL, 2))
		return;
	trace_conn_put_headers(&text, what, request, 2);
	send_text(stream, 2, "", &text);
}

void
trace_conn_show_answer(const struct tls_stream *stream, struct buf *head, const char *username)
{
	bool tunnel = username[0] != '\0';
	const char *what = tunnel ? "Sending CSTP header line" : "HTTP answer line";
	struct buf text;

	buf_init(&text, TRACE_TEXT_MAX);
	buf_puts(&text, "Sending response");
	trace_conn_put_head(&text, what, buf_cstr(head), 1);
	send_text(stream, 1, username, &text);
	if (!trace_wanted(TRACE_SSL, 2))
		return;
	trace_conn_put_head(&text, what, buf_cstr(head), 2);
	send_text(stream, 2, username, &text);
}

/* ---- XML ---- */

void
trace_conn_show_xml(const struct tls_stream *stream, const char *what, const void *data, size_t len,
    enum err parsed)
{
	const struct ip_endpoint *client = tls_stream_client(stream);
	char ip[IP_STR_MAX];
	struct buf xml;
	enum err err = parsed;

	ip_endpoint_str(client, ip);
	buf_init(&xml, TRACE_TEXT_MAX - 256);
	if (err == ERR_OK)
		err = xml_trace(data, len, &xml);
	if (err == ERR_OK && (xml.err == ERR_OK || xml.err == ERR_LIMIT)) {
		struct buf text;

		buf_init(&text, TRACE_TEXT_MAX);
		buf_printf(
		    &text, "%s (%s)\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", what, ip);
		buf_put(&text, xml.data, xml.len);
		if (xml.err != ERR_OK)
			buf_puts(&text, "\n(there is more)");
		trace_text(TRACE_XML, 1, client, buf_cstr(&text));
		buf_wipe(&text);
	} else {
		/* It may hold a password in a place where nobody looks for one. */
		trace_event(TRACE_XML, 1, client,
		    "%s (%s): a message of %zu bytes that cannot be read: %s", what, ip, len,
		    err_str(err != ERR_OK ? err : xml.err));
	}
	buf_wipe(&xml);
}
