/* SPDX-License-Identifier: Apache-2.0 */
/* Words, reasons and growing lists of the access list readers. */
#include "conf/acl_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

enum err
acl_fail(struct acl_read *read, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(read->why, sizeof(read->why), fmt, ap);
	va_end(ap);
	return ERR_SYNTAX;
}

enum err
acl_where(struct acl_read *read, enum err err, const char *fmt, ...)
{
	char why[ACL_WHY_MAX];
	va_list ap;

	if (err == ERR_OK)
		return err;
	memcpy(why, read->why, sizeof(why));
	va_start(ap, fmt);
	vsnprintf(read->why, sizeof(read->why), fmt, ap);
	va_end(ap);
	size_t len = strlen(read->why);
	snprintf(read->why + len, sizeof(read->why) - len, ": %s",
	    err == ERR_NOMEM ? "out of memory" : why);
	return err;
}

enum err
acl_work(struct acl_read *read)
{
	if (++read->work <= ACL_WORK_MAX)
		return ERR_OK;
	acl_fail(read, "over %d members with those of groups in groups; use fewer", ACL_WORK_MAX);
	return ERR_LIMIT;
}

void *
acl_room(struct acl_read *read, void *items, size_t *cap, size_t len, size_t size, enum err *err)
{
	*err = ERR_OK;
	if (len < *cap)
		return items;
	if (len >= ACL_ENTRIES_MAX) {
		acl_fail(
		    read, "gives over %d entries; use fewer or larger networks", ACL_ENTRIES_MAX);
		*err = ERR_LIMIT;
		return NULL;
	}
	size_t more = *cap == 0 ? 4 : 2 * *cap;
	void *moved = reallocarray(items, more, size);
	if (moved == NULL)
		*err = ERR_NOMEM;
	else
		*cap = more;
	return moved;
}

enum err
acl_words_split(struct acl_read *read, const char *text, struct acl_words *words)
{
	char *p = words->text;

	words->len = words->at = 0;
	if (str_copy(words->text, sizeof(words->text), text) != ERR_OK)
		return acl_fail(read, "is longer than %d bytes", ACL_LINE_MAX);
	for (p += strspn(p, " \t"); *p != '\0'; p += strspn(p, " \t")) {
		if (words->len == ACL_WORDS_MAX)
			return acl_fail(read, "has more than %d words", ACL_WORDS_MAX);
		words->word[words->len++] = p;
		p += strcspn(p, " \t");
		if (*p != '\0')
			*p++ = '\0';
	}
	return ERR_OK;
}

const char *
acl_word(const struct acl_words *words)
{
	return words->at < words->len ? words->word[words->at] : "";
}

const char *
acl_word_take(struct acl_words *words)
{
	return words->at < words->len ? words->word[words->at++] : "";
}

bool
acl_word_is(struct acl_words *words, const char *word)
{
	if (words->at == words->len || strcmp(words->word[words->at], word) != 0)
		return false;
	words->at++;
	return true;
}

enum err
acl_words_end(struct acl_read *read, const struct acl_words *words)
{
	if (words->at == words->len)
		return ERR_OK;
	return acl_fail(read, "\"%.40s\" is one word too many", acl_word(words));
}
