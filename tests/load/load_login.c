/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation of a login, in openconnect's words and order (protocol.md 1.1, 2, 4.1). */
#include "tests/load/load_login.h"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "tests/load/load_dtls.h"
#include "tests/load/load_http.h"
#include "tests/load/load_tunnel.h"

#define REQUEST_MAX 65536
#define ROUNDS_MAX 8
#define BASE_MTU 1500

static const char xml_head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			       "<config-auth client=\"vpn\" type=\"%s\" "
			       "aggregate-auth-version=\"2\"><version who=\"vpn\">v9.01</version>"
			       "<device-id>linux-64</device-id>";

static void
put_cookies(struct load_client *client, struct buf *out)
{
	const char *lead = "Cookie: ";

	for (size_t i = 0; i < LOAD_COOKIES && client->login->cookie[i] != NULL; i++) {
		buf_printf(out, "%s%s", lead, client->login->cookie[i]);
		lead = "; ";
	}
	if (client->login->cookie[0] != NULL)
		buf_puts(out, "\r\n");
}

static void
post(struct load_client *client, const char *path, size_t path_len, const struct buf *body)
{
	struct buf out;

	buf_init(&out, REQUEST_MAX);
	buf_printf(&out,
	    "POST %s%.*s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Open AnyConnect VPN Agent v9.01\r\n",
	    path_len == 0 || path[0] != '/' ? "/" : "", (int)path_len, path,
	    client->load->opt->name);
	put_cookies(client, &out);
	buf_printf(&out,
	    "Accept: */*\r\nAccept-Encoding: identity\r\nX-Transcend-Version: 1\r\n"
	    "X-Aggregate-Auth: 1\r\nX-Support-HTTP-Auth: true\r\n"
	    "Content-Type: application/xml; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
	    body->len);
	buf_put(&out, body->data, body->len);
	load_client_write(client, out.data, out.len);
	buf_fini(&out);
}

void
load_login_begin(struct load_client *client)
{
	const struct load_options *opt = client->load->opt;
	struct buf body;

	buf_init(&body, REQUEST_MAX);
	buf_printf(&body, xml_head, "init");
	buf_puts(&body, "<group-access>https://");
	load_xml_put(&body, opt->name);
	load_xml_put(&body, opt->path);
	buf_puts(&body, "</group-access></config-auth>\n");
	post(client, opt->path, strlen(opt->path), &body);
	buf_fini(&body);
}

/* One input of the form as the element of its name. */
static void
put_input(struct load_client *client, struct buf *out, struct load_text tag)
{
	const struct load_options *opt = client->load->opt;
	struct load_text name = load_xml_attribute(tag, "name");
	struct load_text type = load_xml_attribute(tag, "type");
	struct load_text value = load_xml_attribute(tag, "value");
	char user[64];

	if (name.p == NULL || type.p == NULL)
		return;
	buf_printf(out, "<%.*s>", (int)name.len, name.p);
	if (type.len == 8 && memcmp(type.p, "password", 8) == 0) {
		load_xml_put(out, opt->password == NULL ? "" : opt->password);
	} else if (type.len == 6 && memcmp(type.p, "hidden", 6) == 0) {
		buf_put(out, value.p, value.len); /* escaped as it was sent */
	} else {
		(void)snprintf(
		    user, sizeof(user), "%s%05u", opt->user, client->number % opt->users + 1);
		load_xml_put(out, user);
	}
	buf_printf(out, "</%.*s>", (int)name.len, name.p);
}

static bool
answer_form(struct load_client *client, struct load_text xml)
{
	struct load_text opaque = load_xml_element(xml, "opaque", true);
	struct load_text form = load_xml_element(xml, "form", true);
	struct load_text action, tag;
	struct buf body;
	size_t at = 0;

	if (form.p == NULL) {
		load_client_fail(client, "login: an answer without a form");
		return false;
	}
	buf_init(&body, REQUEST_MAX);
	buf_printf(&body, xml_head, "auth-reply");
	if (opaque.p != NULL)
		buf_put(&body, opaque.p, opaque.len);
	action = load_xml_attribute(load_xml_tag(form, "form", &at), "action");
	buf_puts(&body, "<auth>");
	while ((tag = load_xml_tag(form, "input", &at)).p != NULL)
		put_input(client, &body, tag);
	buf_puts(&body, "</auth></config-auth>\n");
	post(client, action.p == NULL ? "/" : action.p, action.p == NULL ? 1 : action.len, &body);
	buf_fini(&body);
	return true;
}

/* Cookies are kept by name; an empty value takes one away. */
static void
keep_cookies(struct load_login *login, const struct load_answer *answer)
{
	struct load_text text;

	for (size_t n = 0; (text = load_http_header(answer, "Set-Cookie", n)).p != NULL; n++) {
		const char *end = memchr(text.p, ';', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.p);
		const char *equals = memchr(text.p, '=', len);
		size_t name, i = 0;

		if (equals == NULL)
			continue;
		name = (size_t)(equals + 1 - text.p);
		while (i < LOAD_COOKIES - 1 && login->cookie[i] != NULL &&
		       strncmp(login->cookie[i], text.p, name) != 0)
			i++;
		free(login->cookie[i]);
		login->cookie[i] = strndup(text.p, len);
		if (name == len) { /* emptied: the last one takes its place */
			free(login->cookie[i]);
			login->cookie[i] = NULL;
			for (size_t j = i; j + 1 < LOAD_COOKIES; j++) {
				login->cookie[j] = login->cookie[j + 1];
				login->cookie[j + 1] = NULL;
			}
		}
	}
}

static void
send_connect(struct load_client *client)
{
	uint8_t secret[48];
	struct buf out;

	buf_init(&out, REQUEST_MAX);
	buf_printf(&out,
	    "CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Open AnyConnect VPN Agent v9.01\r\n",
	    client->load->opt->name);
	if (client->login->token != NULL)
		buf_printf(&out, "Cookie: webvpn=%s\r\n", client->login->token);
	else
		put_cookies(client, &out);
	buf_printf(&out,
	    "X-CSTP-Version: 1\r\nX-CSTP-Hostname: load\r\nX-CSTP-Base-MTU: %d\r\n"
	    "X-CSTP-MTU: 1390\r\nX-CSTP-Address-Type: IPv6,IPv4\r\n"
	    "X-CSTP-Full-IPv6-Capability: true\r\n",
	    BASE_MTU);
	if (client->load->opt->dtls && RAND_bytes(secret, sizeof(secret)) == 1) {
		buf_puts(&out, "X-DTLS-Master-Secret: ");
		buf_put_hex(&out, secret, sizeof(secret), true);
		buf_puts(&out, "\r\nX-DTLS-CipherSuite: PSK-NEGOTIATE\r\n");
	}
	buf_puts(&out, "\r\n");
	client->step = LOAD_AT_CONNECT;
	load_client_write(client, out.data, out.len);
	buf_fini(&out);
}

/* False: the client is gone. */
static bool
take_login(struct load_client *client, const struct load_answer *answer)
{
	struct load_text xml = {answer->body, answer->body_len};
	struct load_text token = load_xml_element(xml, "session-token", false);
	struct load_text error = load_xml_element(xml, "error", false);
	struct load_login *login = client->login;
	char text[LOAD_REASON_LEN];
	size_t at = 0;

	if (answer->status != 200) {
		(void)snprintf(text, sizeof(text), "login: HTTP %d", answer->status);
		load_client_fail(client, text);
		return false;
	}
	keep_cookies(login, answer);
	load_client_lap(client, login->rounds++ == 0 ? LOAD_FORM : LOAD_AUTH);
	if (load_xml_attribute(load_xml_tag(xml, "config-auth", &at), "type").len ==
	    strlen("complete")) {
		if (token.len != 0)
			login->token = strndup(token.p, token.len);
		send_connect(client);
		return true;
	}
	if (error.len != 0 || login->rounds > ROUNDS_MAX) {
		(void)snprintf(text, sizeof(text), "login refused: %.*s", (int)error.len,
		    error.len == 0 ? "" : error.p);
		load_client_fail(client, text);
		return false;
	}
	return answer_form(client, xml);
}

static size_t
from_hex(struct load_text text, uint8_t *out, size_t max)
{
	size_t len = 0;

	for (; len < max && 2 * len + 1 < text.len; len++) {
		unsigned value;
		char pair[3] = {text.p[2 * len], text.p[2 * len + 1], '\0'};

		if (sscanf(pair, "%2x", &value) != 1)
			break;
		out[len] = (uint8_t)value;
	}
	return len;
}

/* False: the client is gone. */
static bool
take_tunnel(struct load_client *client, const struct load_answer *answer)
{
	struct load_text address = load_http_header(answer, "X-CSTP-Address", 0);
	struct load_text port = load_http_header(answer, "X-DTLS-Port", 0);
	struct load_text reason = load_http_header(answer, "X-Reason", 0);
	char text[LOAD_REASON_LEN];
	struct in_addr in;

	if (answer->status != 200) {
		(void)snprintf(text, sizeof(text), "connect: HTTP %d %.*s", answer->status,
		    (int)reason.len, reason.len == 0 ? "" : reason.p);
		load_client_fail(client, text);
		return false;
	}
	(void)snprintf(
	    text, sizeof(text), "%.*s", (int)address.len, address.len == 0 ? "" : address.p);
	if (inet_pton(AF_INET, text, &in) != 1) {
		load_client_fail(client, "connect: no IPv4 address");
		return false;
	}
	client->address = ntohl(in.s_addr);
	client->app_id_len = from_hex(
	    load_http_header(answer, "X-DTLS-App-ID", 0), client->app_id, sizeof(client->app_id));
	for (size_t i = 0; i < port.len && port.p[i] >= '0' && port.p[i] <= '9'; i++)
		client->dtls_port = (uint16_t)(client->dtls_port * 10 + (port.p[i] - '0'));
	load_client_lap(client, LOAD_TUNNEL);
	client->step = LOAD_AT_TUNNEL;
	if (!client->load->opt->dtls) {
		load_client_is_up(client);
		return true;
	}
	if (client->app_id_len == 0 || client->dtls_port == 0) {
		load_client_fail(client, "connect: no DTLS with a pre-shared key");
		return false;
	}
	return load_dtls_start(client);
}

bool
load_login_input(struct load_client *client)
{
	struct buf *in = &client->login->in, rest;
	struct load_answer answer;
	bool connect = client->step == LOAD_AT_CONNECT, alive;
	enum err err =
	    in->err != ERR_OK ? in->err : load_http_answer(in->data, in->len, !connect, &answer);

	if (err == ERR_AGAIN)
		return true;
	if (err != ERR_OK) {
		load_client_fail(client, "login: an answer that is no HTTP");
		return false;
	}
	/* The login's memory is freed when the tunnel is up. */
	rest = *in;
	buf_init(in, rest.max);
	alive = connect ? take_tunnel(client, &answer) : take_login(client, &answer);
	if (alive && rest.len > answer.total) {
		const uint8_t *more = rest.data + answer.total;

		if (client->step == LOAD_AT_TUNNEL)
			alive = load_tunnel_input(client, more, rest.len - answer.total);
		else
			buf_put(&client->login->in, more, rest.len - answer.total);
	}
	buf_fini(&rest);
	return alive;
}
