/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands as rows of words. A row's words are literals, which may be cut short as long as only one
 * fits, "<value>", and "[value]" that may be left out. Behind a row may come rows of its own, in
 * any order ("filter name <name>"); there a "[value]" is a number. What can come next, for help,
 * for errors and for completion, is read from the same rows.
 */
#ifndef TOOLS_CTL_WORDS_H
#define TOOLS_CTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"

#define CTL_WORDS_MAX 64
#define CTL_WORDS_ROWS_MAX 128
#define CTL_WORDS_SIZE 64 /* bytes of a word of a row */

struct ctl_words_line;

struct ctl_words_row {
	const char *words;
	const char *help;
	int (*run)(const struct ctl_words_line *line); /* of the rows behind a row: NULL */
	const struct ctl_words_row *more; /* rows that may come behind, the last without words */
	bool needs_more;                  /* at least one of them */
};

/* What was typed, written out. */
struct ctl_words_line {
	const struct ctl_words_row *row;
	char *words[CTL_WORDS_MAX + 1]; /* literals whole, values as typed; ends with NULL */
	size_t len;
	size_t row_len; /* of them, those of the row itself */
	char room[CTL_WORDS_MAX][CTL_WORDS_SIZE];
	void *arg; /* the caller's */
};

enum ctl_words_result {
	CTL_WORDS_OK,
	CTL_WORDS_WRONG, /* text: what is wrong and what would be right */
	CTL_WORDS_HELP,  /* the last word is "?" or "help": text is what can come there */
};

/* Find the command. text: lines. */
enum ctl_words_result ctl_words_find(const struct ctl_words_row *rows, char **words, size_t len,
    struct ctl_words_line *line, struct buf *text) MUST_USE;
/* What the last word, which may be empty, can become: a line each. */
void ctl_words_complete(
    const struct ctl_words_row *rows, char **words, size_t len, struct buf *out);

#endif
