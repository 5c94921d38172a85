/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of names, paths, domains, banners and password hashes; addresses are in
 * syntax_addr.c, URLs in syntax_url.c, words of their own in syntax_words.c. Texts that end up in
 * an HTTP header of an answer to a client can hold no line break, whatever the administrator
 * writes.
 */
#include "conf/syntax.h"

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "common/str.h"

/* No control characters, and valid UTF-8. */
static bool
is_printable(const char *text)
{
	uint32_t code;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = str_utf8(text, &code);
		if (len == 0 || str_is_control(code))
			return false;
	}
	return true;
}

static const char *
label_wrong(const char *text)
{
	if (!is_printable(text))
		return "has control characters or is not UTF-8; use printable characters";
	if (text[0] == ' ' || text[strlen(text) - 1] == ' ')
		return "begins or ends with a blank; remove it";
	return NULL;
}

const char *
syntax_label(const char *text)
{
	return label_wrong(text);
}

const char *
syntax_user(const char *text)
{
	return label_wrong(text);
}

const char *
syntax_name(const char *text)
{
	if (str_ieq(text, "none"))
		return "is a word with a meaning of its own; use another name";
	return label_wrong(text);
}

const char *
syntax_interface(const char *text)
{
	if (strlen(text) >= IFNAMSIZ || strchr(text, '/') != NULL || strchr(text, '%') != NULL ||
	    strchr(text, ':') != NULL || strchr(text, ' ') != NULL || !is_printable(text) ||
	    strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return "is not an interface name; use up to 15 letters and digits";
	return NULL;
}

const char *
syntax_path(const char *text)
{
	if (text[0] != '/')
		return "is not an absolute path; begin with \"/\"";
	return is_printable(text) ? NULL : "has control characters or is not UTF-8";
}

const char *
syntax_file(const char *text)
{
	return is_printable(text) ? NULL : "has control characters or is not UTF-8";
}

/* "#123" */
static bool
is_numeric_id(const char *text)
{
	uint64_t id;

	return text[0] == '#' && str_to_u64(text + 1, 0, UINT32_MAX - 1, &id) == ERR_OK;
}

static bool
is_account_name(const char *text)
{
	if (!isalpha((unsigned char)text[0]) && text[0] != '_')
		return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr("_-.$", *text) == NULL)
			return false;
	return true;
}

const char *
syntax_process_user(const char *text)
{
	if (strcmp(text, "root") == 0 || strcmp(text, "#0") == 0)
		return "is root; use an account without privileges";
	if (is_numeric_id(text) || is_account_name(text))
		return NULL;
	return "is not a user; use an account's name or \"#uid\"";
}

const char *
syntax_group(const char *text)
{
	if (is_numeric_id(text) || is_account_name(text))
		return NULL;
	return "is not a group; use its name or \"#gid\"";
}

const char *
syntax_domain(const char *text)
{
	static const char wrong[] = "is not a domain name; use letters, digits, \"-\" and single "
				    "dots, as in corp.example.com";
	size_t label = 0;

	if (strlen(text) > 253)
		return wrong;
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '.' ? label == 0 : !isalnum(c) && c != '-' && c != '_')
			return wrong;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return wrong;
	}
	return NULL;
}

const char *
syntax_banner(const char *text)
{
	uint32_t code;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = str_utf8(text, &code);
		if (len == 0 || (str_is_control(code) && strchr("\n\r\t", *text) == NULL))
			return "has control characters or is not UTF-8";
	}
	return NULL;
}

const char *
syntax_line(const char *text)
{
	return label_wrong(text);
}

/* The crypt(3) methods we take, and how many characters their digest has. */
static const struct {
	const char *prefix;
	size_t digest_len;
} hash_methods[] = {
    {"$y$", 43},
    {"$gy$", 43},
    {"$7$", 43},
    {"$2b$", 53},
    {"$6$", 86},
    {"$5$", 43},
};

const char *
syntax_hash(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(hash_methods); i++) {
		if (strncmp(text, hash_methods[i].prefix, strlen(hash_methods[i].prefix)) != 0)
			continue;
		const char *digest = strrchr(text, '$') + 1;

		if (strspn(text, "./0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "$=,-_") != strlen(text) ||
		    strlen(digest) != hash_methods[i].digest_len)
			return "is a damaged crypt(3) hash; make a new one with sekisho-passwd";
		return NULL;
	}
	return "is not a crypt(3) hash that is strong enough ($y$, $gy$, $7$, $2b$, $6$ or $5$), "
	       "and a password must not stand here; use sekisho-passwd";
}

const char *
syntax_server_group(const char *text)
{
	return str_ieq(text, "LOCAL") ? "is users.conf, which needs no entry here; use another name"
				      : syntax_name(text);
}
