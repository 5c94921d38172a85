/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The route table. A POST whose body is XML is a login wherever it goes, because the path names a
 * tunnel group then (protocol.md 1.3), and whatever its Content-Type says (1.1).
 */
#include "gateway/http_route.h"

#include <string.h>

#include "common/str.h"
#include "gateway/asset.h"
#include "gateway/legacy_reply.h"

#define PHONE_PATH "/svc" /* Cisco's IP phones log in there (protocol.md 1.3) */

enum method_bit { GET = 1, HEAD = 2, POST = 4, CONNECT = 8, OTHER = 16 };

static const struct {
	const char *name;
	unsigned bit;
} methods[] = {
    {"GET", GET},
    {"HEAD", HEAD},
    {"POST", POST},
    {"CONNECT", CONNECT},
    {"PUT", OTHER},
    {"DELETE", OTHER},
    {"OPTIONS", OTHER},
    {"TRACE", OTHER},
    {"PATCH", OTHER},
};

struct route {
	const char *path;
	unsigned methods;
	enum http_action action;
};

static const struct route routes[] = {
    {"/", GET | HEAD, HTTP_ACTION_PAGE},
    {LEGACY_REPLY_ACTION, GET | HEAD, HTTP_ACTION_PAGE},
    {"/CSCOSSLC/tunnel", CONNECT, HTTP_ACTION_TUNNEL},
    /* Clavister's client leaves the slash out. */
    {"CSCOSSLC/tunnel", CONNECT, HTTP_ACTION_TUNNEL},
    {"/logout", GET | POST, HTTP_ACTION_LOGOUT},
    {"/webvpn_logout.html", GET | POST, HTTP_ACTION_LOGOUT},
};

/* Where only XML may be posted: another body there is malformed, elsewhere the path does not exist.
 */
static const char *const login_paths[] = {"/", "/auth", "/VPN", "/CSCOSSLC/config-auth"};

static unsigned
method_bit(const char *method)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(method, methods[i].name) == 0)
			return methods[i].bit;
	return 0;
}

static bool
has_xml_body(const struct http_request *request)
{
	/* Blanks and the bytes of a byte order mark. */
	static const uint8_t skipped[] = {' ', '\t', '\r', '\n', 0xef, 0xbb, 0xbf};

	for (size_t i = 0; i < request->content_length; i++) {
		uint8_t c = request->body[i];

		if (c == '<')
			return true;
		if (memchr(skipped, c, sizeof(skipped)) == NULL)
			return false;
	}
	return false;
}

static bool
is_login_path(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(login_paths); i++)
		if (strcmp(path, login_paths[i]) == 0)
			return true;
	return false;
}

/* A client that wants the login forms of the time before XML (protocol.md 1.5). A browser is none:
 * it sends neither. */
static bool
is_legacy_client(const struct http_request *request)
{
	return http_header(request, "X-Transcend-Version") != NULL &&
	       http_header(request, "X-Aggregate-Auth") == NULL;
}

static bool
is_form_type(const struct http_request *request)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = http_header(request, "Content-Type");

	return type != NULL && str_istarts(type, form) &&
	       strchr("; \t", type[sizeof(form) - 1]) != NULL;
}

/* A path that stands for something else than a tunnel group. */
static bool
is_reserved(const char *path)
{
	static const char *const prefixes[] = {"/+", "/CSCO", "/CACHE/"};

	if (path[0] != '/' || asset_find(path) != NULL)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (strcmp(path, routes[i].path) == 0)
			return true;
	return false;
}

/* HTTP_ACTION_NONE and *status as it was: it is no matter of clients without the XML protocol.
 * Their GET may go anywhere, because the path names a tunnel group; a form is posted where it says.
 */
static enum http_action
find_legacy(const struct http_request *request, const char *path, unsigned method, int *status)
{
	bool home = strcmp(path, "/") == 0 || strcmp(path, LEGACY_REPLY_ACTION) == 0;
	enum http_action action = HTTP_ACTION_NONE;

	if (strcmp(path, PHONE_PATH) == 0 && (method & (GET | POST)) != 0)
		action = method == GET ? HTTP_ACTION_PHONE_INIT : HTTP_ACTION_PHONE_REPLY;
	else if (!is_legacy_client(request))
		return HTTP_ACTION_NONE;
	else if (method == GET && (home || !is_reserved(path)))
		action = HTTP_ACTION_LEGACY_INIT;
	else if (method == POST && strcmp(path, LEGACY_REPLY_ACTION) == 0)
		action = HTTP_ACTION_LEGACY_REPLY;
	if (action != HTTP_ACTION_NONE && method == POST && !is_form_type(request)) {
		*status = 415;
		return HTTP_ACTION_NONE;
	}
	return action;
}

/* Cut ":digits" at the end: openconnect appends the port to paths when it is not 443
 * (protocol.md 1.3). */
static void
cut_port(char *path)
{
	char *colon = strrchr(path, ':');

	if (colon != NULL && colon != path && colon[1] != '\0' &&
	    colon[1 + strspn(colon + 1, "0123456789")] == '\0')
		*colon = '\0';
}

enum err
http_route_path(const char *target, char *dst, size_t dst_size)
{
	const char *path = target;
	enum err err;

	if (str_istarts(target, "https://")) {
		path = strchr(target + 8, '/');
		if (path == NULL)
			path = "/";
	}
	err = str_copy_n(dst, dst_size, path, strcspn(path, "?#"));
	if (err == ERR_OK)
		cut_port(dst);
	return err;
}

static enum http_action
find_route(const struct http_request *request, const char *path, unsigned method, int *status)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (strcmp(path, routes[i].path) != 0)
			continue;
		if ((routes[i].methods & method) == 0) {
			*status = method == POST && is_login_path(path) ? 400 : 405;
			return HTTP_ACTION_NONE;
		}
		if (routes[i].action == HTTP_ACTION_PAGE && is_legacy_client(request))
			return HTTP_ACTION_NONE;
		return routes[i].action;
	}
	if (asset_find(path) != NULL) {
		if ((method & (GET | HEAD)) != 0)
			return HTTP_ACTION_ASSET;
		*status = 405;
	} else if (is_login_path(path)) {
		*status = method == POST ? 400 : 405;
	} else if (method == OTHER) {
		*status = 405;
	}
	return HTTP_ACTION_NONE;
}

enum http_action
http_route(const struct http_request *request, bool legacy, int *status)
{
	unsigned method = method_bit(request->method);
	enum http_action action = HTTP_ACTION_NONE;
	char path[HTTP_PATH_MAX];

	if (method == 0) {
		*status = 501;
		return HTTP_ACTION_NONE;
	}
	if (method == POST && has_xml_body(request))
		return HTTP_ACTION_SIGNIN;
	*status = 404;
	if (http_route_path(request->target, path, sizeof path) != ERR_OK)
		return HTTP_ACTION_NONE;
	if (legacy)
		action = find_legacy(request, path, method, status);
	if (action == HTTP_ACTION_NONE && *status == 404)
		action = find_route(request, path, method, status);
	return action;
}
