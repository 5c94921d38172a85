/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of names, paths, domains, banners and password hashes; addresses and URLs are in
 * syntax_addr.c. Texts that end up in an HTTP header of an answer to a client can hold no line
 * break, whatever the administrator writes.
 */
#include "conf/syntax.h"

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "common/str.h"
#include "conf/acl.h"

#define SYNTAX_TEXT_MAX 4000 /* the longest row is banner */

/* No control characters, and valid UTF-8. */
static bool
is_printable(const char *text)
{
	char clean[SYNTAX_TEXT_MAX];

	str_printable(clean, sizeof(clean), text);
	return strcmp(clean, text) == 0;
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
	char line[SYNTAX_TEXT_MAX];

	if (str_copy(line, sizeof(line), text) != ERR_OK)
		return "is too long";
	for (char *p = line; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	return is_printable(line) ? NULL : "has control characters or is not UTF-8";
}

const char *
syntax_rule(const char *text)
{
	struct acl_rule rule;

	switch (acl_rule_parse(text, &rule)) {
	case ERR_OK:
		return NULL;
	case ERR_RANGE:
		return "has bits set to the right of its mask, or a mask with holes; use the "
		       "network's own address";
	default:
		return "is not a rule; use \"permit 10.0.0.0 255.0.0.0\", \"permit host "
		       "10.1.2.3\", "
		       "\"permit 2001:db8::/32\" or \"permit any\", likewise deny";
	}
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
syntax_authentication(const char *text)
{
	return strcmp(text, "aaa") == 0 ? NULL : "is not supported yet; supported: aaa";
}

const char *
syntax_server_group(const char *text)
{
	return strcmp(text, "LOCAL") == 0 ? NULL : "is not supported yet; supported: LOCAL";
}
