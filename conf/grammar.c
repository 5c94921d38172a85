/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setting: name ("=" | ":") value [";" | ","]; value: scalar, "{" settings "}", "(" values ")", "["
 * scalars "]". Recursive, to a depth that no configuration of ours has.
 */
#include "conf/grammar.h"

#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "conf/errors.h"
#include "conf/lex.h"

#define GRAMMAR_DEPTH_MAX 16
#define GRAMMAR_QUOTE_MAX 40

struct grammar {
	const char *file;
	struct conf_errors *errors;
	struct lex lex;
	struct lex_token token; /* the one to look at */
};

static bool check_value(struct grammar *grammar, int depth);

static void
next(struct grammar *grammar)
{
	grammar->token = lex_next(&grammar->lex);
}

/* What no place may have; the text is the complaint. NULL: the token is one that has its places. */
static const char *
never_right(enum lex_type type)
{
	switch (type) {
	case LEX_INCLUDE:
		return "\"@\": @include is not possible here; write the settings into this file";
	case LEX_NUL:
		return "a zero byte; a configuration file is plain text";
	case LEX_UNENDED:
		return "a text or comment begins here and never ends";
	default:
		return NULL;
	}
}

/* "expected .., got .." about the token. Always false. */
static bool
expected(struct grammar *grammar, const char *what)
{
	const struct lex_token *token = &grammar->token;
	const char *never = never_right(token->type);
	int len = token->len < GRAMMAR_QUOTE_MAX ? (int)token->len : GRAMMAR_QUOTE_MAX;

	if (never != NULL)
		errors_add(grammar->errors, grammar->file, token->line, NULL, "%s", never);
	else if (token->type == LEX_END)
		errors_add(grammar->errors, grammar->file, token->line, NULL,
		    "expected %s, got the end of the file", what);
	else if (token->type == LEX_STRING)
		errors_add(grammar->errors, grammar->file, token->line, NULL,
		    "expected %s, got a text in quotes", what);
	else
		errors_add(grammar->errors, grammar->file, token->line, NULL,
		    "expected %s, got \"%.*s\"", what, len, token->text);
	return false;
}

static bool
is_bool(const struct lex_token *token)
{
	char word[8];

	return token->type == LEX_NAME &&
	       str_copy_n(word, sizeof(word), token->text, token->len) == ERR_OK &&
	       (str_ieq(word, "true") || str_ieq(word, "false"));
}

/* A text that holds a byte 0 ("\x00") would end early without anyone noticing. */
static bool
has_zero(const struct lex_token *token)
{
	struct buf value;

	buf_init(&value, token->len + 1);
	lex_string(token, &value);
	bool found = value.len > 0 && memchr(value.data, '\0', value.len) != NULL;
	buf_wipe(&value);
	return found;
}

static bool
check_texts(struct grammar *grammar)
{
	for (; grammar->token.type == LEX_STRING; next(grammar)) {
		if (has_zero(&grammar->token)) {
			errors_add(grammar->errors, grammar->file, grammar->token.line, NULL, "%s",
			    never_right(LEX_NUL));
			return false;
		}
	}
	return true;
}

static bool
check_number(struct grammar *grammar)
{
	const struct lex_token *token = &grammar->token;
	enum err err = lex_number_check(token);
	int len = token->len < GRAMMAR_QUOTE_MAX ? (int)token->len : GRAMMAR_QUOTE_MAX;

	if (err == ERR_RANGE)
		errors_add(grammar->errors, grammar->file, token->line, NULL,
		    "the number %.*s is too big", len, token->text);
	else if (err != ERR_OK)
		errors_add(grammar->errors, grammar->file, token->line, NULL,
		    "\"%.*s\" is not a number; put texts in quotes", len, token->text);
	next(grammar);
	return err == ERR_OK;
}

static bool
check_scalar(struct grammar *grammar)
{
	if (grammar->token.type == LEX_STRING)
		return check_texts(grammar);
	if (grammar->token.type == LEX_NUMBER)
		return check_number(grammar);
	if (is_bool(&grammar->token)) {
		next(grammar);
		return true;
	}
	return expected(grammar, "a value: a number, true, false, or a text in quotes");
}

/* The values of a list or array; the token is the opening bracket. */
static bool
check_list(struct grammar *grammar, char end, int depth)
{
	const char *wanted = end == ')' ? "\",\" or \")\"" : "\",\" or \"]\"";

	next(grammar);
	if (lex_is(&grammar->token, end)) {
		next(grammar);
		return true;
	}
	for (;;) {
		if (!(end == ')' ? check_value(grammar, depth) : check_scalar(grammar)))
			return false;
		if (lex_is(&grammar->token, end)) {
			next(grammar);
			return true;
		}
		if (!lex_is(&grammar->token, ','))
			return expected(grammar, wanted);
		next(grammar);
	}
}

static bool
check_setting(struct grammar *grammar, int depth)
{
	next(grammar);
	if (!lex_is(&grammar->token, '=') && !lex_is(&grammar->token, ':'))
		return expected(grammar, "\"=\" behind the setting's name");
	next(grammar);
	if (!check_value(grammar, depth))
		return false;
	if (lex_is(&grammar->token, ';') || lex_is(&grammar->token, ','))
		next(grammar);
	return true;
}

/* The settings of a group; the token is its "{". */
static bool
check_group(struct grammar *grammar, int depth)
{
	int line = grammar->token.line;
	char wanted[64];

	next(grammar);
	while (grammar->token.type == LEX_NAME)
		if (!check_setting(grammar, depth))
			return false;
	if (!lex_is(&grammar->token, '}')) {
		snprintf(wanted, sizeof(wanted), "a setting or the \"}\" of line %d's \"{\"", line);
		return expected(grammar, wanted);
	}
	next(grammar);
	return true;
}

static bool
check_value(struct grammar *grammar, int depth)
{
	if (depth >= GRAMMAR_DEPTH_MAX) {
		errors_add(grammar->errors, grammar->file, grammar->token.line, NULL,
		    "groups or lists are nested too deep");
		return false;
	}
	if (lex_is(&grammar->token, '{'))
		return check_group(grammar, depth + 1);
	if (lex_is(&grammar->token, '('))
		return check_list(grammar, ')', depth + 1);
	if (lex_is(&grammar->token, '['))
		return check_list(grammar, ']', depth + 1);
	return check_scalar(grammar);
}

bool
grammar_check(const char *file, const char *text, size_t len, struct conf_errors *errors)
{
	struct grammar grammar = {.file = file, .errors = errors};

	lex_init(&grammar.lex, text, len);
	next(&grammar);
	while (grammar.token.type == LEX_NAME)
		if (!check_setting(&grammar, 0))
			return false;
	return grammar.token.type == LEX_END ? true : expected(&grammar, "a setting's name");
}
