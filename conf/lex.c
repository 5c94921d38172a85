/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens are those of libconfig 1.5's own scanner: comments in #, // and C style, strings that
 * may run over lines, names with dashes. What this scanner takes for a string or comment, libconfig
 * must take for one too: the refusal of @include depends on it.
 */
#include "conf/lex.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

void
lex_init(struct lex *lex, const char *text, size_t len)
{
	lex->p = text;
	lex->end = text + len;
	lex->line = 1;
}

static char
peek(const struct lex *lex, size_t ahead)
{
	return (size_t)(lex->end - lex->p) > ahead ? lex->p[ahead] : '\0';
}

static void
advance(struct lex *lex, size_t n)
{
	for (; n > 0 && lex->p < lex->end; n--) {
		if (*lex->p == '\n')
			lex->line++;
		lex->p++;
	}
}

/* A C comment; false when it has no end. */
static bool
skip_block_comment(struct lex *lex)
{
	advance(lex, 2);
	while (lex->p < lex->end) {
		if (lex->p[0] == '*' && peek(lex, 1) == '/') {
			advance(lex, 2);
			return true;
		}
		if (*lex->p == '\0')
			return true;
		advance(lex, 1);
	}
	return false;
}

/* Blanks and comments. False when a comment has no end. */
static bool
skip_space(struct lex *lex)
{
	while (lex->p < lex->end) {
		char c = *lex->p;

		if (c == '#' || (c == '/' && peek(lex, 1) == '/')) {
			while (lex->p < lex->end && *lex->p != '\n' && *lex->p != '\0')
				lex->p++;
		} else if (c == '/' && peek(lex, 1) == '*') {
			if (!skip_block_comment(lex))
				return false;
		} else if (c != '\0' && strchr(" \t\n\r\f", c) != NULL) {
			advance(lex, 1);
		} else {
			break;
		}
	}
	return true;
}

/* Past the closing quote. False when there is none, or a byte 0 comes first. */
static bool
scan_string(struct lex *lex)
{
	advance(lex, 1);
	while (lex->p < lex->end && *lex->p != '\0') {
		if (*lex->p == '"') {
			advance(lex, 1);
			return true;
		}
		advance(lex, *lex->p == '\\' && peek(lex, 1) != '\0' ? 2 : 1);
	}
	return false;
}

static void
scan_number(struct lex *lex)
{
	bool hex = peek(lex, 0) == '0' && (peek(lex, 1) | 0x20) == 'x';

	advance(lex, 1);
	while (lex->p < lex->end) {
		char c = *lex->p;
		bool exponent_sign = (c == '+' || c == '-') && !hex && (lex->p[-1] | 0x20) == 'e';

		if (!isalnum((unsigned char)c) && c != '.' && !exponent_sign)
			break;
		advance(lex, 1);
	}
}

static void
scan_name(struct lex *lex)
{
	while (lex->p < lex->end &&
	       (isalnum((unsigned char)*lex->p) || (*lex->p != '\0' && strchr("-_*", *lex->p))))
		advance(lex, 1);
}

struct lex_token
lex_next(struct lex *lex)
{
	struct lex_token token = {.type = LEX_END, .text = lex->p, .line = lex->line};

	if (!skip_space(lex)) {
		token.type = LEX_UNENDED;
		token.len = (size_t)(lex->end - token.text);
		return token;
	}
	token.text = lex->p;
	token.line = lex->line;
	if (lex->p == lex->end)
		return token;

	unsigned char c = (unsigned char)*lex->p;
	if (c == '"') {
		token.type = scan_string(lex)    ? LEX_STRING
			     : lex->p < lex->end ? LEX_NUL
						 : LEX_UNENDED;
	} else if (isdigit(c) || c == '+' || c == '-' || c == '.') {
		token.type = LEX_NUMBER;
		scan_number(lex);
	} else if (isalpha(c) || c == '*') {
		token.type = LEX_NAME;
		scan_name(lex);
	} else {
		token.type = c == '\0'                         ? LEX_NUL
			     : c == '@'                        ? LEX_INCLUDE
			     : strchr("=:;,()[]{}", c) != NULL ? LEX_PUNCT
							       : LEX_STRANGE;
		advance(lex, 1);
	}
	token.len = (size_t)(lex->p - token.text);
	return token;
}

bool
lex_is(const struct lex_token *token, char punct)
{
	return token->type == LEX_PUNCT && token->text[0] == punct;
}

/* The byte that "\c" stands for; 0 when libconfig knows no such escape. */
static char
escape_value(char c)
{
	static const char from[] = "nrtf\\\"", to[] = "\n\r\t\f\\\"";
	const char *found = c != '\0' ? strchr(from, c) : NULL;

	return found != NULL ? to[found - from] : '\0';
}

void
lex_string(const struct lex_token *token, struct buf *out)
{
	const char *p = token->text + 1, *end = token->text + token->len - 1;

	while (p < end) {
		uint8_t byte;
		char hex[3] = {0};

		if (*p != '\\' || p + 1 == end) {
			buf_put_u8(out, (uint8_t)*p++);
			continue;
		}
		if (p[1] == 'x' && end - p >= 4) {
			memcpy(hex, p + 2, 2);
			if (str_unhex(hex, &byte, 1) == ERR_OK) {
				buf_put_u8(out, byte);
				p += 4;
				continue;
			}
		}
		if (escape_value(p[1]) == '\0') {
			buf_put_u8(out, (uint8_t)*p++);
			continue;
		}
		buf_put_u8(out, (uint8_t)escape_value(p[1]));
		p += 2;
	}
}

/* A float: digits around a point, or an exponent. No setting takes one. */
static bool
is_float(const char *text)
{
	size_t whole = strspn(text, "0123456789"), fraction = 0;

	text += whole;
	bool point = *text == '.';
	if (point) {
		text++;
		fraction = strspn(text, "0123456789");
		text += fraction;
	}
	if ((*text | 0x20) == 'e') {
		text++;
		text += *text == '+' || *text == '-';
		size_t digits = strspn(text, "0123456789");

		return whole + fraction > 0 && digits > 0 && text[digits] == '\0';
	}
	return point && *text == '\0';
}

enum err
lex_number_check(const struct lex_token *token)
{
	char text[64], *end;
	size_t len = token->len;

	while (len > 0 && token->text[len - 1] == 'L')
		len--;
	bool wide = len < token->len;
	if (token->len - len > 2)
		return ERR_SYNTAX;
	if (str_copy_n(text, sizeof(text), token->text, len) != ERR_OK)
		return ERR_RANGE;
	const char *digits = text + (text[0] == '+' || text[0] == '-');
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	size_t count =
	    hex ? strspn(text + 2, "0123456789abcdefABCDEF") : strspn(digits, "0123456789");
	if (count == 0 || (hex ? text + 2 : digits)[count] != '\0')
		return !wide && is_float(digits) ? ERR_OK : ERR_SYNTAX;
	errno = 0;
	long long value = strtoll(text, &end, hex ? 16 : 10);
	if (errno == ERANGE || (!wide && (value < INT_MIN || value > INT_MAX)))
		return ERR_RANGE;
	return ERR_OK;
}
