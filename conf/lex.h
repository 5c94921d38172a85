/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of a configuration text, each with its place in it. libconfig does the parsing; this is
 * for what it cannot do: refuse @include and numbers that it would cut silently, and change one
 * value without touching the rest of a file (users_text.c).
 */
#ifndef CONF_LEX_H
#define CONF_LEX_H

#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

enum lex_type {
	LEX_END,
	LEX_NAME,   /* also true and false */
	LEX_NUMBER, /* whole numbers and floats */
	LEX_STRING,
	LEX_PUNCT,   /* one of = : ; , ( ) [ ] { } */
	LEX_INCLUDE, /* an @ outside of strings and comments */
	LEX_NUL,     /* a byte 0 anywhere */
	LEX_UNENDED, /* a string or comment without an end; covers the rest */
	LEX_STRANGE, /* any other byte */
};

struct lex_token {
	enum lex_type type;
	const char *text; /* borrowed from the text, quotes included */
	size_t len;
	int line;
};

struct lex {
	const char *p;
	const char *end;
	int line;
};

void lex_init(struct lex *lex, const char *text, size_t len);
/* The next token; LEX_END for ever at the end. */
struct lex_token lex_next(struct lex *lex);
/* True for a LEX_PUNCT of that character. */
bool lex_is(const struct lex_token *token, char punct);
/* Add the value of a LEX_STRING to a buffer, escapes resolved as libconfig does. */
void lex_string(const struct lex_token *token, struct buf *out);
/* ERR_SYNTAX: no number; ERR_RANGE: a whole one that libconfig would cut to fit its 32 or 64 bits.
 */
enum err lex_number_check(const struct lex_token *token) MUST_USE;

#endif
