/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs come out of certificates: signed, but written by anybody. libevent takes them apart; here
 * they are held against what we want to put into a request and ask a nameserver for.
 */
#include "pki/fetch_url.h"

#include <event2/http.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
#define PORT_HTTP 80
#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/* No blank, no control, nothing above ASCII may reach the request line. */
static bool
text_ok(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* A name that a nameserver may be asked for. With a number at its end it is a misspelt address. */
static bool
name_ok(const char *name)
{
	size_t len = 0;

	if (strspn(name, NAME_CHARS) != strlen(name))
		return false;
	for (const char *label = name;; label += len + 1) {
		len = strcspn(label, ".");
		if (len == 0 || len > LABEL_MAX)
			return false;
		if (label[len] == '\0')
			return strspn(label, "0123456789") != len;
	}
}

static enum err
take_literal(const char *host, struct fetch_url *out)
{
	char text[IP_STR_MAX];
	size_t len = strlen(host);

	if (len < 2 || host[len - 1] != ']')
		return ERR_SYNTAX;
	if (str_copy_n(text, sizeof(text), host + 1, len - 2) != ERR_OK ||
	    strchr(text, ':') == NULL)
		return ERR_SYNTAX;
	return ip_parse(text, &out->addr);
}

static enum err
take_host(const char *host, struct fetch_url *out)
{
	if (host == NULL || *host == '\0')
		return ERR_SYNTAX;
	if (host[0] == '[')
		return take_literal(host, out);
	if (strchr(host, ':') == NULL && ip_parse(host, &out->addr) == ERR_OK)
		return ERR_OK;
	/* One dot at the end means the root: no part of the name. */
	if (str_copy_n(out->host, sizeof(out->host), host,
		strlen(host) - (host[strlen(host) - 1] == '.' ? 1 : 0)) != ERR_OK)
		return ERR_LIMIT;
	return name_ok(out->host) ? ERR_OK : ERR_SYNTAX;
}

static enum err
take_port(int port, struct fetch_url *out)
{
	if (port == 0 || port > UINT16_MAX)
		return ERR_SYNTAX;
	out->port = (uint16_t)(port < 0 ? PORT_HTTP : port);
	return ERR_OK;
}

static void
write_authority(const char *host, struct fetch_url *out)
{
	if (out->port == PORT_HTTP)
		(void)str_copy(out->authority, sizeof(out->authority), host);
	else
		(void)snprintf(
		    out->authority, sizeof(out->authority), "%.255s:%u", host, (unsigned)out->port);
}

static enum err
take_target(const struct evhttp_uri *uri, struct fetch_url *out)
{
	const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
	int n = snprintf(out->target, sizeof(out->target), "%s%s%s%s",
	    path == NULL || *path == '\0' ? "/" : "", path == NULL ? "" : path,
	    query == NULL ? "" : "?", query == NULL ? "" : query);

	return n < 0 || (size_t)n >= sizeof(out->target) ? ERR_LIMIT : ERR_OK;
}

static enum err
take_all(const struct evhttp_uri *uri, struct fetch_url *out)
{
	const char *scheme = evhttp_uri_get_scheme(uri), *host = evhttp_uri_get_host(uri);
	enum err err;

	if (scheme == NULL || evhttp_uri_get_userinfo(uri) != NULL)
		return ERR_SYNTAX;
	if (!str_ieq(scheme, "http"))
		return ERR_UNSUPPORTED;
	err = take_host(host, out);
	if (err == ERR_OK)
		err = take_port(evhttp_uri_get_port(uri), out);
	if (err != ERR_OK)
		return err;
	write_authority(host, out);
	return take_target(uri, out);
}

enum err
fetch_url_parse(const char *text, struct fetch_url *out)
{
	struct fetch_url url = {.port = 0};
	struct evhttp_uri *uri;
	enum err err;

	if (strlen(text) > FETCH_URL_MAX)
		return ERR_LIMIT;
	if (!text_ok(text))
		return ERR_SYNTAX;
	uri = evhttp_uri_parse(text);
	if (uri == NULL)
		return ERR_SYNTAX;
	err = take_all(uri, &url);
	evhttp_uri_free(uri);
	if (err == ERR_OK)
		*out = url;
	return err;
}
