/* SPDX-License-Identifier: Apache-2.0 */
/* One rule of a standard access list, as the ASA writes it (asa.md 2.3). */
#include "conf/acl.h"

#include <stdio.h>
#include <string.h>

#include "common/str.h"

#define ACL_RULE_MAX 128
#define ACL_WORDS_MAX 3

/* Cut at blanks; the number of words, ACL_WORDS_MAX + 1 when there are more. */
static size_t
split(char *text, const char *words[ACL_WORDS_MAX])
{
	size_t count = 0;

	for (text += strspn(text, " \t"); *text != '\0'; text += strspn(text, " \t")) {
		if (count == ACL_WORDS_MAX)
			return ACL_WORDS_MAX + 1;
		words[count++] = text;
		text += strcspn(text, " \t");
		if (*text != '\0')
			*text++ = '\0';
	}
	return count;
}

static enum err
parse_host(const char *text, struct ip_prefix *out)
{
	enum err err = ip_parse(text, &out->addr);

	out->len = (uint8_t)(ip_len(&out->addr) * 8);
	return err;
}

static enum err
parse_network(const char *network, const char *mask, struct ip_prefix *out)
{
	char text[ACL_RULE_MAX];

	if (mask == NULL) /* an address alone is none of the ASA's forms */
		return strchr(network, '/') != NULL ? ip_prefix_parse(network, out) : ERR_SYNTAX;
	if (strchr(network, '/') != NULL)
		return ERR_SYNTAX;
	snprintf(text, sizeof(text), "%s %s", network, mask);
	return ip_prefix_parse(text, out);
}

enum err
acl_rule_parse(const char *text, struct acl_rule *out)
{
	char copy[ACL_RULE_MAX];
	const char *words[ACL_WORDS_MAX] = {NULL};

	*out = (struct acl_rule){0};
	if (str_copy(copy, sizeof(copy), text) != ERR_OK)
		return ERR_SYNTAX;
	size_t count = split(copy, words);
	if (count < 2 || count > ACL_WORDS_MAX)
		return ERR_SYNTAX;
	out->permit = strcmp(words[0], "permit") == 0;
	if (!out->permit && strcmp(words[0], "deny") != 0)
		return ERR_SYNTAX;
	if (strcmp(words[1], "any") == 0) {
		out->any = true;
		return count == 2 ? ERR_OK : ERR_SYNTAX;
	}
	if (strcmp(words[1], "host") == 0)
		return count == 3 ? parse_host(words[2], &out->prefix) : ERR_SYNTAX;
	return parse_network(words[1], words[2], &out->prefix);
}
