/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a running-config to lines and words: line ends of any kind, tabs, the leftovers of a
 * terminal's pager, a left margin. What is not text is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "tools/import_parts.h"

#define MORE "<--- More --->"
#define NBSP "\xc2\xa0"

/* Past what a terminal prints to wipe the pager's prompt: carriage returns, backspaces, and as many
 * blanks as the prompt is long. */
static const char *
skip_more(const char *p, const char *end)
{
	size_t blanks = 0;

	p += strlen(MORE);
	while (p < end && (*p == '\r' || *p == '\b'))
		p++;
	while (blanks < strlen(MORE) && p + blanks < end && p[blanks] == ' ')
		blanks++;
	if (blanks == strlen(MORE))
		p += blanks;
	while (p < end && (*p == '\r' || *p == '\b'))
		p++;
	return p;
}

static bool
starts(const char *p, const char *end, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(end - p) >= len && memcmp(p, what, len) == 0;
}

/* Bytes of an older character set to UTF-8; then whatever a configuration file must not hold to
 * '?'. */
static void
make_printable(struct buf *line)
{
	const char *text = buf_cstr(line);
	struct buf utf8;
	bool valid = true;
	uint32_t code;
	size_t n;

	for (const char *p = text; *p != '\0' && valid; p += n) {
		n = str_utf8(p, &code);
		valid = n > 0;
	}
	buf_init(&utf8, 2 * line->len + 1);
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (valid || c < 0x80) {
			buf_put_u8(&utf8, c);
		} else {
			buf_put_u8(&utf8, (uint8_t)(0xc0 | c >> 6));
			buf_put_u8(&utf8, (uint8_t)(0x80 | (c & 0x3f)));
		}
	}
	buf_reset(line);
	uint8_t *dst = buf_reserve(line, utf8.len);
	if (dst != NULL) {
		str_printable((char *)dst, utf8.len + 1, buf_cstr(&utf8));
		buf_added(line, strlen((char *)dst));
	}
	buf_wipe(&utf8);
}

/* The line without what a terminal left in it. False: it is not text. */
static bool
clean_line(const char *p, const char *end, struct buf *out)
{
	buf_reset(out);
	while (p < end) {
		unsigned char c = (unsigned char)*p;

		if (starts(p, end, MORE)) {
			p = skip_more(p, end);
			continue;
		}
		if (starts(p, end, NBSP)) {
			buf_put_u8(out, ' ');
			p += strlen(NBSP);
			continue;
		}
		if (c == '\t' || c == '\f' || c == '\r')
			c = ' ';
		if (c < ' ' || c == 0x7f)
			return false;
		buf_put_u8(out, c);
		p++;
	}
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->len--;
	make_printable(out);
	return true;
}

/* The end of the word at p, and whether it is in quotes that end where a word can end. */
static const char *
word_end(const char *p, bool *quoted)
{
	const char *end = *p == '"' ? strchr(p + 1, '"') : NULL;

	*quoted = end != NULL && (end[1] == ' ' || end[1] == '\0');
	return *quoted ? end + 1 : p + strcspn(p, " ");
}

/* The number of words; at most IMPORT_WORDS_MAX, the last of which takes the rest. */
static size_t
count_words(const char *p)
{
	size_t count = 0;
	bool quoted;

	for (p += strspn(p, " "); *p != '\0' && count < IMPORT_WORDS_MAX; p += strspn(p, " ")) {
		p = word_end(p, &quoted);
		count++;
	}
	return count;
}

static void
cut_words(struct import_line *line, char *space)
{
	const char *p = line->text;
	size_t count = line->len;

	for (size_t i = 0; i < count; i++) {
		bool quoted = false;

		p += strspn(p, " ");
		const char *end = word_end(p, &quoted);
		if (i + 1 == IMPORT_WORDS_MAX) {
			end = p + strlen(p);
			quoted = false;
		}
		size_t len = (size_t)(end - p) - (quoted ? 2 : 0);

		line->rest[i] = p;
		line->words[i] = space;
		memcpy(space, p + quoted, len);
		space[len] = '\0';
		space += len + 1;
		p = end;
	}
}

/* The line, its words and all their text in one piece of memory. */
static struct import_line *
line_new(int number, const char *text)
{
	size_t indent = strspn(text, " "), len = strlen(text + indent);
	size_t count = count_words(text + indent);
	size_t pointers = count * (sizeof(char *) + sizeof(const char *));
	/* Each word may cost one byte more than it has in the text. */
	struct import_line *line =
	    calloc(1, sizeof(*line) + pointers + (len + 1) + (len + 1 + count));

	if (line == NULL)
		return NULL;
	line->number = number;
	line->indent = (unsigned)indent;
	line->len = count;
	line->words = (char **)(line + 1);
	line->rest = (const char **)(line->words + count);
	char *space = (char *)(line->rest + count);
	memcpy(space, text + indent, len + 1);
	line->text = space;
	cut_words(line, space + len + 1);
	if (len == 0 || space[0] == '!' || space[0] == ':')
		line->fate = IMPORT_BLANK;
	return line;
}

static void
line_add(struct import *import, const char *text)
{
	if (import->lines_len == import->lines_cap) {
		size_t cap = import->lines_cap > 0 ? 2 * import->lines_cap : 256;
		struct import_line **lines =
		    realloc(import->lines, cap * sizeof(struct import_line *));

		if (lines == NULL) {
			import->out_of_memory = true;
			return;
		}
		import->lines = lines;
		import->lines_cap = cap;
	}
	struct import_line *line = line_new((int)import->lines_len + 1, text);
	if (line == NULL)
		import->out_of_memory = true;
	else
		import->lines[import->lines_len++] = line;
}

/* A margin that all lines have is no indentation; no indentation anywhere is a flat file. */
static void
find_margin(struct import *import)
{
	unsigned margin = ~0U;

	import->flat = true;
	for (size_t i = 0; i < import->lines_len; i++)
		if (import->lines[i]->fate != IMPORT_BLANK && import->lines[i]->indent < margin)
			margin = import->lines[i]->indent;
	for (size_t i = 0; i < import->lines_len; i++) {
		struct import_line *line = import->lines[i];

		line->indent = line->indent > margin ? line->indent - margin : 0;
		if (line->fate != IMPORT_BLANK && line->indent > 0)
			import->flat = false;
	}
}

static void
read_line(struct import *import, const char *p, const char *end, struct buf *line)
{
	int number = (int)import->lines_len + 1;

	if ((size_t)(end - p) > IMPORT_LINE_MAX) {
		import_complain(
		    import, number, "the line is longer than %d bytes", IMPORT_LINE_MAX);
		line_add(import, "");
	} else if (!clean_line(p, end, line)) {
		import_complain(
		    import, number, "a control character; save the running-config as plain text");
		line_add(import, "");
	} else if (line->err != ERR_OK) {
		import->out_of_memory = true;
	} else {
		line_add(import, buf_cstr(line));
	}
}

/* Is it something that has no lines at all? */
static bool
looks_wrong(struct import *import, const char *text, size_t len)
{
	const char *zero = len > 0 ? memchr(text, '\0', len) : NULL;
	int number = 1;

	if (len > IMPORT_TEXT_MAX) {
		import_complain(import, 0, "has more than %d bytes", IMPORT_TEXT_MAX);
		return true;
	}
	if (zero == NULL)
		return false;
	for (const char *p = text; p < zero; p++)
		number += *p == '\n';
	import_complain(import, number,
	    "a zero byte; save the running-config as plain text (UTF-8, not UTF-16)");
	return true;
}

void
import_read(struct import *import, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct buf line;

	if (looks_wrong(import, text, len))
		return;
	if (starts(p, end, "\xef\xbb\xbf"))
		p += 3;
	buf_init(&line, 3 * IMPORT_LINE_MAX);
	while (p < end && !import->out_of_memory) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		if (import->lines_len == IMPORT_LINES_MAX) {
			import_complain(import, 0, "has more than %d lines", IMPORT_LINES_MAX);
			break;
		}
		if (eol == NULL)
			eol = end;
		read_line(import, p, eol, &line);
		p = eol < end ? eol + 1 : end;
	}
	buf_wipe(&line);
	find_margin(import);
}
