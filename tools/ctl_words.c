/* SPDX-License-Identifier: Apache-2.0 */
/* The words typed so far leave a set of rows that they fit, and a place in them. */
#include "tools/ctl_words.h"

#include <ctype.h>
#include <string.h>

#include "common/str.h"

/* Where we are: which rows still fit, and how many of their words are behind us. */
struct place {
	const struct ctl_words_row *rows;
	bool fits[CTL_WORDS_ROWS_MAX];
	size_t at;
	bool behind; /* rows are those behind a row */
};

/* Word number n of a row; NULL: there is none. */
static const char *
row_word(const struct ctl_words_row *row, size_t n, char out[CTL_WORDS_SIZE])
{
	const char *p = row->words;
	size_t len;

	for (; n > 0; n--) {
		p += strcspn(p, " ");
		if (*p == '\0')
			return NULL;
		p++;
	}
	len = strcspn(p, " ");
	if (len == 0 || str_copy_n(out, CTL_WORDS_SIZE, p, len) != ERR_OK)
		return NULL;
	return out;
}

static bool
is_literal(const char *word)
{
	return word[0] != '<' && word[0] != '[';
}

static void
place_init(struct place *place, const struct ctl_words_row *rows, bool behind)
{
	*place = (struct place){.rows = rows, .behind = behind};
	for (size_t i = 0; i < CTL_WORDS_ROWS_MAX && rows[i].words != NULL; i++)
		place->fits[i] = true;
}

/* The next row that fits, from number i on; NULL: none. */
static const struct ctl_words_row *
next_row(const struct place *place, size_t *i)
{
	for (; *i < CTL_WORDS_ROWS_MAX && place->rows[*i].words != NULL; (*i)++)
		if (place->fits[*i])
			return &place->rows[(*i)++];
	return NULL;
}

/* A row that is complete here; NULL: none. */
static const struct ctl_words_row *
complete_row(const struct place *place)
{
	const struct ctl_words_row *row;
	char word[CTL_WORDS_SIZE];

	if (place->at == 0)
		return NULL;
	for (size_t i = 0; (row = next_row(place, &i)) != NULL;) {
		const char *next = row_word(row, place->at, word);

		if (next == NULL || next[0] == '[')
			return row;
	}
	return NULL;
}

/* Written out, or so short as everybody's fingers know it from the ASA, whatever else begins so. */
static bool
is_written(const char *word, const char *typed)
{
	return strcmp(word, typed) == 0 || (strcmp(typed, "sh") == 0 && strcmp(word, "show") == 0);
}

/* Which literals a typed word can stand for: 0, 1 or more; found gets one of them. */
static unsigned
literals(const struct place *place, const char *typed, char found[CTL_WORDS_SIZE])
{
	const struct ctl_words_row *row;
	char word[CTL_WORDS_SIZE];
	unsigned n = 0;

	for (size_t i = 0; (row = next_row(place, &i)) != NULL;) {
		if (row_word(row, place->at, word) == NULL || !is_literal(word))
			continue;
		if (is_written(word, typed)) {
			memcpy(found, word, CTL_WORDS_SIZE);
			return 1;
		}
		if (strncmp(word, typed, strlen(typed)) != 0 || (n > 0 && strcmp(word, found) == 0))
			continue;
		memcpy(found, word, CTL_WORDS_SIZE);
		n++;
	}
	return n;
}

static bool
takes_value(const struct place *place, const char *word, const char *typed)
{
	if (word[0] == '<')
		return true;
	return word[0] == '[' && (!place->behind || isdigit((unsigned char)typed[0]));
}

/* Keep the rows with this literal (NULL: with a value) here, and go on. False: there is none. */
static bool
keep(struct place *place, const char *literal, const char *typed)
{
	bool any = false;

	for (size_t i = 0; i < CTL_WORDS_ROWS_MAX && place->rows[i].words != NULL; i++) {
		char word[CTL_WORDS_SIZE];
		bool ok = place->fits[i] && row_word(&place->rows[i], place->at, word) != NULL;

		if (ok && literal != NULL)
			ok = strcmp(word, literal) == 0;
		else if (ok)
			ok = takes_value(place, word, typed);
		any = any || ok;
	}
	if (!any)
		return false;
	for (size_t i = 0; i < CTL_WORDS_ROWS_MAX && place->rows[i].words != NULL; i++) {
		char word[CTL_WORDS_SIZE];

		if (place->fits[i])
			place->fits[i] = row_word(&place->rows[i], place->at, word) != NULL &&
					 (literal != NULL ? strcmp(word, literal) == 0
							  : takes_value(place, word, typed));
	}
	place->at++;
	return true;
}

/* ---- what can come next ---- */

/* A row's help stands beside its last word; words on the way there have none. */
static void
put_choice(
    const struct place *place, const struct ctl_words_row *row, const char *word, struct buf *out)
{
	const struct ctl_words_row *other;
	char text[CTL_WORDS_SIZE];
	unsigned same = 0;

	for (size_t i = 0; (other = next_row(place, &i)) != NULL;)
		same += row_word(other, place->at, text) != NULL && strcmp(text, word) == 0;
	buf_printf(out, "  %-20s %s\n", word, same == 1 ? row->help : "");
}

static void
put_choices(const struct place *place, const char *typed, struct buf *out)
{
	const struct ctl_words_row *row;
	char word[CTL_WORDS_SIZE], before[CTL_WORDS_SIZE] = "";

	for (size_t i = 0; (row = next_row(place, &i)) != NULL;) {
		if (row_word(row, place->at, word) == NULL || strcmp(word, before) == 0)
			continue;
		if (typed[0] != '\0' && strncmp(word, typed, strlen(typed)) != 0)
			continue;
		put_choice(place, row, word, out);
		memcpy(before, word, sizeof(before));
	}
}

/* All that can come here: more of the row, what comes behind it, or the end. */
static void
put_all(const struct place *place, const struct ctl_words_row *whole, bool may_end,
    const char *typed, struct buf *out)
{
	const struct ctl_words_row *row = complete_row(place);

	put_choices(place, typed, out);
	if (row != NULL && row->more != NULL) {
		struct place behind;

		place_init(&behind, row->more, true);
		put_choices(&behind, typed, out);
		may_end = !row->needs_more;
	} else if (row != NULL && place->behind && whole != NULL) {
		struct place behind;

		place_init(&behind, whole->more, true);
		put_choices(&behind, typed, out);
		may_end = true;
	} else {
		may_end = may_end || row != NULL;
	}
	if (may_end && typed[0] == '\0')
		buf_puts(out, "  <cr>\n");
}

/* ---- the walk ---- */

static void
take(struct ctl_words_line *line, char *typed, const char *literal)
{
	char *word = typed;

	if (literal != NULL) {
		word = line->room[line->len];
		memcpy(word, literal, CTL_WORDS_SIZE);
	}
	line->words[line->len++] = word;
}

/* One word. False: it does not fit; *ways is how many it could be. */
static bool
step(struct place *place, struct ctl_words_line *line, char *typed, unsigned *ways)
{
	char literal[CTL_WORDS_SIZE] = "";
	const struct ctl_words_row *row;

	for (;;) {
		*ways = literals(place, typed, literal);
		if (*ways == 1 && keep(place, literal, typed)) {
			take(line, typed, literal);
			return true;
		}
		if (*ways == 0 && keep(place, NULL, typed)) {
			take(line, typed, NULL);
			return true;
		}
		row = complete_row(place);
		if (*ways > 1 || row == NULL)
			return false;
		if (!place->behind) {
			line->row = row;
			line->row_len = line->len;
		}
		/* What comes behind the row, or behind what came behind it. */
		if (line->row == NULL || line->row->more == NULL)
			return false;
		place_init(place, line->row->more, true);
	}
}

static bool
is_help(const char *word)
{
	return strcmp(word, "?") == 0 || strcmp(word, "help") == 0;
}

static void
put_line(const struct ctl_words_line *line, struct buf *out)
{
	for (size_t i = 0; i < line->len; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", line->words[i]);
}

static enum ctl_words_result
say_wrong(const struct place *place, const struct ctl_words_line *line, const char *typed,
    unsigned ways, struct buf *text)
{
	if (typed == NULL)
		buf_puts(text, "the command is not complete: \"");
	else if (ways > 1)
		buf_printf(text, "\"%s\" could be several words in: \"", typed);
	else
		buf_printf(text, "\"%s\" is not known in: \"", typed);
	put_line(line, text);
	if (typed != NULL)
		buf_printf(text, "%s%s", line->len > 0 ? " " : "", typed);
	buf_puts(text, "\"; what can be there is\n");
	put_all(place, line->row, false, ways > 1 ? typed : "", text);
	return CTL_WORDS_WRONG;
}

/* All words are taken: is it a command? */
static enum ctl_words_result
finish(const struct place *place, struct ctl_words_line *line, struct buf *text)
{
	const struct ctl_words_row *row = complete_row(place);

	if (row == NULL && !(place->behind && place->at == 0))
		return say_wrong(place, line, NULL, 0, text);
	if (!place->behind) {
		line->row = row;
		line->row_len = line->len;
		if (row->needs_more)
			return say_wrong(place, line, NULL, 0, text);
	}
	line->words[line->len] = NULL;
	return CTL_WORDS_OK;
}

enum ctl_words_result
ctl_words_find(const struct ctl_words_row *rows, char **words, size_t len,
    struct ctl_words_line *line, struct buf *text)
{
	struct place place;
	unsigned ways = 0;

	line->row = NULL;
	line->len = line->row_len = 0;
	place_init(&place, rows, false);
	for (size_t i = 0; i < len; i++) {
		if (i + 1 == len && is_help(words[i])) {
			put_all(&place, line->row, false, "", text);
			return CTL_WORDS_HELP;
		}
		if (line->len == CTL_WORDS_MAX) {
			buf_puts(text, "too many words\n");
			return CTL_WORDS_WRONG;
		}
		if (!step(&place, line, words[i], &ways))
			return say_wrong(&place, line, words[i], ways, text);
	}
	return finish(&place, line, text);
}

void
ctl_words_complete(const struct ctl_words_row *rows, char **words, size_t len, struct buf *out)
{
	struct ctl_words_line line = {0};
	struct place place;
	struct buf all;
	unsigned ways;
	char *rest;

	if (len == 0)
		return;
	place_init(&place, rows, false);
	for (size_t i = 0; i + 1 < len && i < CTL_WORDS_MAX; i++)
		if (!step(&place, &line, words[i], &ways))
			return;
	buf_init(&all, out->max);
	put_all(&place, line.row, false, words[len - 1], &all);
	/* The words alone, and no values. */
	for (char *text = (char *)(uintptr_t)buf_cstr(&all), *one;
	     (one = strtok_r(text, "\n", &rest)) != NULL; text = NULL) {
		one[strcspn(one + 2, " ") + 2] = '\0';
		if (is_literal(one + 2))
			buf_printf(out, "%s\n", one + 2);
	}
	buf_fini(&all);
}
