/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloaded access lists. Their lines are those of an extended list but for two things: the word
 * "extended" may stand before them, and masks may be wildcards, as routers have them. Both are
 * written here as group-policies.conf would have them, and the rest is conf/acl.h's.
 */
#include "conf/acl_download.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/acl_read.h"
#include "conf/acl_rule.h"
#include "conf/row.h"

#define RULES_MAX 16384 /* as in a file: no rule behind that many is read */
#define BAD_MAX 8       /* lines that are told */

/* ---- masks ---- */

static struct ip_addr
inverted(const struct ip_addr *mask)
{
	struct ip_addr out = *mask;

	for (size_t i = 0; i < ip_len(mask); i++)
		out.bytes[i] = (uint8_t)~mask->bytes[i];
	return out;
}

static bool
is_zero(const struct ip_addr *addr)
{
	static const struct ip_addr zero = {.family = 4};

	return ip_eq(addr, &zero);
}

/*
 * By its shape: ones before zeros is a netmask, zeros before ones a wildcard. All ones and all
 * zeros are both; they count as netmasks, unless that makes no network: "10.1.1.1 0.0.0.0" is a
 * host. What is neither stays, and is refused as any netmask with holes.
 */
static bool
looks_wild(const struct ip_addr *net, const struct ip_addr *mask)
{
	struct ip_addr other = inverted(mask);
	uint8_t len;

	if (ip_mask_len(mask, &len) == ERR_OK)
		return is_zero(mask) && !is_zero(net);
	return ip_mask_len(&other, &len) == ERR_OK;
}

static bool
is_wild(enum acl_masks masks, const struct ip_addr *net, const struct ip_addr *mask)
{
	switch (masks) {
	case ACL_MASKS_WILDCARD:
		return true;
	case ACL_MASKS_AUTO:
		return looks_wild(net, mask);
	default:
		return false;
	}
}

/* ---- lines ---- */

static bool
is_ip4(const char *word, struct ip_addr *out)
{
	return ip_parse(word, out) == ERR_OK && out->family == 4;
}

static void
put_word(struct buf *out, const char *word)
{
	if (out->len > 0)
		buf_put_u8(out, ' ');
	buf_puts(out, word);
}

/* A word and, where it is a network, the mask behind it. */
static void
put_next(struct acl_words *words, enum acl_masks masks, struct buf *out)
{
	const char *word = acl_word_take(words);
	struct ip_addr net, mask;
	char text[IP_STR_MAX];

	put_word(out, word);
	if (strcmp(word, "host") == 0 || strcmp(word, "object") == 0 ||
	    strcmp(word, "object-group") == 0) {
		if (words->at < words->len)
			put_word(out, acl_word_take(words));
		return;
	}
	if (!is_ip4(word, &net) || !is_ip4(acl_word(words), &mask))
		return;
	(void)acl_word_take(words);
	if (is_wild(masks, &net, &mask))
		mask = inverted(&mask);
	put_word(out, ip_str(&mask, text));
}

/* Written out anew, so that two blanks are one and nothing unprintable is kept. */
static enum err
line_convert(struct acl_read *read, const char *line, enum acl_masks masks, struct buf *out)
{
	char copy[ACL_LINE_MAX + 1], clean[ACL_LINE_MAX + 1];
	struct acl_words words;

	if (str_copy(copy, sizeof(copy), line) != ERR_OK)
		return acl_fail(read, "is longer than %d bytes", ACL_LINE_MAX);
	for (char *tab = strchr(copy, '\t'); tab != NULL; tab = strchr(tab, '\t'))
		*tab = ' ';
	str_printable(clean, sizeof(clean), copy);
	line = clean + strspn(clean, " ");
	if (strncmp(line, "extended ", 9) == 0)
		line += 9;
	line += strspn(line, " ");
	if (strncmp(line, "remark", 6) == 0) {
		buf_puts(out, line);
		return ERR_OK;
	}
	enum err err = acl_words_split(read, line, &words);
	while (err == ERR_OK && words.at < words.len)
		put_next(&words, masks, out);
	return err;
}

/* ---- the list ---- */

struct download {
	struct acl_read read;
	struct conf_object *list;
	enum acl_masks masks;
	struct acl acl; /* what it comes to: only to see that it does */
	size_t bad;
	struct buf *why;
};

static enum err
rule_add(struct download *download, const char *text)
{
	struct conf_value *rules = &download->list->values[ACL_RULES];

	rules->list[rules->len] = strdup(text);
	if (rules->list[rules->len] == NULL)
		return ERR_NOMEM;
	rules->len++;
	return ERR_OK;
}

static enum err
line_read(struct download *download, const char *line)
{
	struct acl_read *read = &download->read;
	size_t place = download->list->values[ACL_RULES].len;
	struct buf text;

	buf_init(&text, (size_t)2 * ACL_LINE_MAX);
	enum err err = line_convert(read, line, download->masks, &text);
	if (err == ERR_OK)
		err = text.err;
	if (err == ERR_OK && text.len == 0)
		err = acl_fail(read, "is empty");
	if (err == ERR_SYNTAX)
		acl_where(read, err, "rule %zu \"%.100s\"", place + 1, line);
	/* A line that is not right keeps its place, so that those behind it keep their numbers. */
	if (err == ERR_OK || err == ERR_SYNTAX) {
		enum err added = rule_add(download, err == ERR_OK ? buf_cstr(&text) : "");

		err = added != ERR_OK ? added : err;
	}
	buf_fini(&text);
	return err != ERR_OK ? err : acl_rule_entries(read, download->list, place, &download->acl);
}

static void
tell(struct download *download, enum err err)
{
	char text[ACL_WHY_MAX];

	str_printable(
	    text, sizeof(text), download->read.why[0] != '\0' ? download->read.why : err_str(err));
	buf_printf(download->why, "%s%s", download->bad > 0 ? "\n" : "", text);
	download->bad++;
}

static enum err
lines_read(struct download *download, char *const *lines, size_t len)
{
	for (size_t i = 0; i < len && download->bad < BAD_MAX; i++) {
		enum err err = line_read(download, lines[i]);

		if (err == ERR_OK)
			continue;
		tell(download, err);
		if (err != ERR_SYNTAX)
			return err;
	}
	return download->bad > 0 ? ERR_SYNTAX : ERR_OK;
}

/* An extended access list with room for so many rules. */
static enum err
list_new(const char *name, size_t len, struct conf_object **out)
{
	struct conf_errors errors;
	struct conf_object *list;

	conf_errors_init(&errors);
	list = row_object("", CONF_ACCESS_LIST, NULL, &errors);
	bool whole = list != NULL && !errors.out_of_memory;
	conf_errors_fini(&errors);
	if (whole) {
		struct conf_value *values = list->values;

		free(values[ACL_TYPE].str);
		values[ACL_TYPE].str = strdup("extended");
		values[ACL_TYPE].state = CONF_SET;
		values[ACL_NAME].str = strdup(name);
		values[ACL_NAME].state = CONF_SET;
		values[ACL_RULES].list = calloc(len + 1, sizeof(char *));
		values[ACL_RULES].state = CONF_SET;
		whole = values[ACL_TYPE].str != NULL && values[ACL_NAME].str != NULL &&
			values[ACL_RULES].list != NULL;
	}
	if (!whole)
		row_object_free(list);
	*out = whole ? list : NULL;
	return whole ? ERR_OK : ERR_NOMEM;
}

enum err
acl_download(const struct conf *conf, const char *name, char *const *lines, size_t len,
    enum acl_masks masks, struct conf_object **out, struct buf *why)
{
	struct download download = {.read = {.conf = conf}, .masks = masks, .why = why};
	enum err err;

	*out = NULL;
	if (len > RULES_MAX) {
		buf_printf(why, "has over %d lines", RULES_MAX);
		return ERR_LIMIT;
	}
	err = list_new(name, len, &download.list);
	if (err == ERR_OK)
		err = lines_read(&download, lines, len);
	acl_fini(&download.acl);
	if (err != ERR_OK)
		row_object_free(download.list);
	else
		*out = download.list;
	return err;
}
