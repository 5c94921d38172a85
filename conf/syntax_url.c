/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of URLs and of the proxies that clients are told. What passes holds no blank and no
 * control character, because it ends up in an HTTP header.
 */
#include <ctype.h>
#include <string.h>

#include "common/str.h"
#include "conf/syntax.h"

/* The parts of a URL, borrowed from it. */
struct url {
	const char *host; /* with its brackets if it is IPv6 */
	size_t host_len;
	uint64_t port;
	const char *path; /* with query and fragment: "" or begins with one of "/?#" */
};

static bool
host_is_fine(const char *host, size_t len)
{
	char copy[256];
	struct ip_addr addr;

	if (str_copy_n(copy, sizeof(copy), host, len) != ERR_OK || len == 0)
		return false;
	if (copy[0] != '[')
		return syntax_domain(copy) == NULL;
	copy[len - 1] = '\0';
	return ip_parse(copy + 1, &addr) == ERR_OK && strchr(copy, ':') != NULL;
}

static bool
path_is_fine(const char *path)
{
	for (; *path != '\0'; path++)
		if ((unsigned char)*path <= ' ' || (unsigned char)*path >= 0x7f ||
		    strchr("?#\"<>\\^`{|}", *path) != NULL)
			return false;
	return true;
}

/* Host and port; what is behind them goes into *rest. */
static bool
authority_split(const char *text, struct url *url, const char **rest)
{
	url->host = text;
	if (url->host[0] == '[') {
		const char *end = strchr(url->host, ']');

		if (end == NULL)
			return false;
		url->host_len = (size_t)(end - url->host) + 1;
	} else {
		url->host_len = strcspn(url->host, ":/?#");
	}
	*rest = url->host + url->host_len;
	if (**rest != ':')
		return true;
	char port[8];
	size_t len = strcspn(++*rest, "/?#");

	if (str_copy_n(port, sizeof(port), *rest, len) != ERR_OK ||
	    str_to_u64(port, 1, 65535, &url->port) != ERR_OK)
		return false;
	*rest += len;
	return true;
}

static bool
url_split(const char *text, const char *scheme, uint64_t port, struct url *url)
{
	if (!str_istarts(text, scheme))
		return false;
	url->port = port;
	return authority_split(text + strlen(scheme), url, &url->path) &&
	       host_is_fine(url->host, url->host_len) &&
	       (url->path[0] == '\0' || strchr("/?#", url->path[0]) != NULL);
}

/* A group URL has no query, which no client would send. */
static bool
group_url_split(const char *text, struct url *url)
{
	return url_split(text, "https://", 443, url) && path_is_fine(url->path);
}

const char *
syntax_url(const char *text)
{
	struct url url;

	if (!group_url_split(text, &url))
		return "is not a group URL; use https, a host, and a path without ? and #, as in "
		       "https://vpn.example.com/Staff";
	return NULL;
}

static void
put_lower(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_put_u8(out, (uint8_t)tolower((unsigned char)text[i]));
}

enum err
syntax_url_key(const char *text, struct buf *out)
{
	struct url url;

	if (!group_url_split(text, &url))
		return ERR_SYNTAX;
	size_t path_len = strlen(url.path);
	while (path_len > 0 && url.path[path_len - 1] == '/')
		path_len--;
	buf_puts(out, "https://");
	put_lower(out, url.host, url.host_len);
	if (url.port != 443)
		buf_printf(out, ":%u", (unsigned)url.port);
	put_lower(out, url.path, path_len);
	return out->err;
}

const char *
syntax_pac_url(const char *text)
{
	struct url url;
	bool fine = url_split(text, "http://", 80, &url) || url_split(text, "https://", 443, &url);

	for (const char *p = text; *p != '\0'; p++)
		fine = fine && *p > ' ' && *p < 0x7f;
	return fine ? NULL
		    : "is not a URL; use http or https, a host and a path without blanks, as in "
		      "http://proxy.example.com/proxy.pac";
}

/* HOST or HOST:PORT, all of the text. */
static bool
is_host_port(const char *text)
{
	const char *rest;
	struct url url;

	return authority_split(text, &url, &rest) && *rest == '\0' &&
	       host_is_fine(url.host, url.host_len);
}

const char *
syntax_proxy(const char *text)
{
	return is_host_port(text) ? NULL
				  : "is not a proxy; use a name or address with a port, as in "
				    "proxy.example.com:3128 or [2001:db8::1]:3128";
}

const char *
syntax_proxy_except(const char *text)
{
	char plain[256];
	struct ip_addr addr;

	if (ip_parse(text, &addr) == ERR_OK)
		return NULL;
	/* A "*" stands for anything, as in *.example.com or 10.* */
	if (str_copy(plain, sizeof(plain), text) == ERR_OK) {
		for (char *p = plain; *p != '\0'; p++)
			if (*p == '*')
				*p = 'x';
		if (is_host_port(plain))
			return NULL;
	}
	return "is not a host; use a name or address, in which \"*\" stands for anything, as in "
	       "*.example.com, and an entry of the list for each";
}

const char *
syntax_fetch_url(const char *text)
{
	struct url url;
	bool fine = url_split(text, "http://", 80, &url);

	for (const char *p = text; *p != '\0'; p++)
		fine = fine && *p > ' ' && *p < 0x7f;
	return fine ? NULL
		    : "is not a URL of plain http, as in http://ocsp.example.com/; what comes from "
		      "there is signed";
}

const char *
syntax_sni(const char *text)
{
	return syntax_domain(strncmp(text, "*.", 2) == 0 ? text + 2 : text);
}
