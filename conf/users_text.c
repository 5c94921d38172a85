/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the tokens finds the places that matter: the list, its last entry, the entry of the
 * user, the commas around it. The change is then a few cuts and insertions of text.
 */
#include "conf/users_text.h"

#include <string.h>

#include "conf/lex.h"

#define NONE ((size_t)-1)

/* From and to (behind) of a piece of the text. */
struct span {
	size_t from;
	size_t to;
};

struct layout {
	bool has_list;
	size_t list_end;      /* of its ")" */
	struct span last;     /* the last entry; from NONE: there are none */
	struct span entry;    /* of the user; from NONE: not there */
	struct span name;     /* its value, quotes included */
	struct span password; /* the same; from NONE: it has none */
	size_t comma_before;  /* of the entry */
	size_t comma_after;
};

struct scan {
	const char *text;
	struct lex lex;
	struct lex_token token; /* the one to look at */
	const char *user;
	struct layout *layout;
};

static void
next(struct scan *scan)
{
	scan->token = lex_next(&scan->lex);
}

static size_t
place(const struct scan *scan)
{
	return (size_t)(scan->token.text - scan->text);
}

static bool
is_name(const struct lex_token *token, const char *name)
{
	return token->type == LEX_NAME && token->len == strlen(name) &&
	       memcmp(token->text, name, token->len) == 0;
}

/* +1 for an opening bracket, -1 for a closing one. */
static int
nesting(const struct lex_token *token)
{
	if (token->type != LEX_PUNCT)
		return 0;
	return (strchr("({[", token->text[0]) != NULL) - (strchr(")}]", token->text[0]) != NULL);
}

static bool
skip_assign(struct scan *scan)
{
	if (!lex_is(&scan->token, '=') && !lex_is(&scan->token, ':'))
		return false;
	next(scan);
	return true;
}

/* One text, which may be written as several strings in a row. */
static struct span
scan_text(struct scan *scan, struct buf *value)
{
	struct span span = {place(scan), place(scan)};

	for (; scan->token.type == LEX_STRING; next(scan)) {
		lex_string(&scan->token, value);
		span.to = place(scan) + scan->token.len;
	}
	return span;
}

/* { name = ".."; password = ".."; .. }; the token is its "{". */
static enum err
scan_entry(struct scan *scan)
{
	struct layout *layout = scan->layout;
	struct span entry = {place(scan), 0}, name = {NONE, 0}, password = {NONE, 0};
	bool is_user = false;
	int depth = 0;
	struct buf value;

	buf_init(&value, 4096);
	do {
		bool wants_name = depth == 1 && is_name(&scan->token, "name");
		bool wants_password = depth == 1 && is_name(&scan->token, "password");

		if (scan->token.type == LEX_END) {
			buf_wipe(&value);
			return ERR_SYNTAX;
		}
		depth += nesting(&scan->token);
		entry.to = place(scan) + scan->token.len;
		next(scan);
		if ((!wants_name && !wants_password) || !skip_assign(scan))
			continue;
		buf_reset(&value);
		struct span span = scan_text(scan, &value);
		if (wants_password) {
			password = span;
		} else {
			name = span;
			is_user = value.err == ERR_OK && strcmp(buf_cstr(&value), scan->user) == 0;
		}
	} while (depth > 0);
	buf_wipe(&value);
	layout->last = entry;
	if (is_user) {
		layout->entry = entry;
		layout->name = name;
		layout->password = password;
	}
	return ERR_OK;
}

/* The entries and the commas between them; the token is behind the "(". */
static enum err
scan_list(struct scan *scan)
{
	struct layout *layout = scan->layout;
	enum err err = ERR_OK;

	layout->has_list = true;
	while (err == ERR_OK && !lex_is(&scan->token, ')')) {
		if (lex_is(&scan->token, '{')) {
			err = scan_entry(scan);
		} else if (lex_is(&scan->token, ',')) {
			if (layout->entry.from == NONE)
				layout->comma_before = place(scan);
			else if (layout->comma_after == NONE)
				layout->comma_after = place(scan);
			next(scan);
		} else {
			err = ERR_SYNTAX;
		}
	}
	layout->list_end = place(scan);
	return err;
}

static enum err
find_layout(const char *text, size_t len, const char *user, struct layout *layout)
{
	struct scan scan = {.text = text, .user = user, .layout = layout};
	int depth = 0;

	*layout = (struct layout){.last = {NONE, 0},
	    .entry = {NONE, 0},
	    .password = {NONE, 0},
	    .comma_before = NONE,
	    .comma_after = NONE};
	lex_init(&scan.lex, text, len);
	next(&scan);
	while (scan.token.type != LEX_END) {
		bool here = depth == 0 && is_name(&scan.token, "usernames");

		depth += nesting(&scan.token);
		next(&scan);
		if (!here || !skip_assign(&scan))
			continue;
		if (!lex_is(&scan.token, '('))
			return ERR_SYNTAX;
		next(&scan);
		return scan_list(&scan);
	}
	return ERR_OK;
}

static void
put_quoted(struct buf *out, const char *text)
{
	buf_put_u8(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_put_u8(out, '\\');
		buf_put_u8(out, (uint8_t)*text);
	}
	buf_put_u8(out, '"');
}

static void
put_entry(struct buf *out, const char *user, const char *hash)
{
	buf_puts(out, "\t{ name = ");
	put_quoted(out, user);
	buf_puts(out, "; password = ");
	put_quoted(out, hash);
	buf_puts(out, "; }\n");
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Where a new line would begin before `at`, if there are only blanks between; else `at`. */
static size_t
line_start(const char *text, size_t at)
{
	size_t start = at;

	while (start > 0 && is_blank(text[start - 1]))
		start--;
	return start == 0 || text[start - 1] == '\n' ? start : at;
}

/* Behind the last entry: a comma right after it, the new entry on a line of its own before the ")".
 */
static void
put_added(const char *text, size_t len, const struct layout *layout, const char *user,
    const char *hash, struct buf *out)
{
	if (!layout->has_list) {
		buf_put(out, text, len);
		if (len > 0 && text[len - 1] != '\n')
			buf_puts(out, "\n");
		buf_puts(out, "usernames = (\n");
		put_entry(out, user, hash);
		buf_puts(out, ");\n");
		return;
	}
	size_t at = line_start(text, layout->list_end), copied = 0;
	if (layout->last.from != NONE) {
		buf_put(out, text, layout->last.to);
		buf_puts(out, ",");
		copied = layout->last.to;
	}
	buf_put(out, text + copied, at - copied);
	if (at > 0 && text[at - 1] != '\n')
		buf_puts(out, "\n");
	put_entry(out, user, hash);
	buf_put(out, text + at, len - at);
}

enum err
users_text_set(
    const char *text, size_t len, const char *user, const char *hash, struct buf *out, bool *added)
{
	struct layout layout;
	enum err err = find_layout(text, len, user, &layout);

	if (err != ERR_OK)
		return err;
	*added = layout.entry.from == NONE;
	if (*added) {
		put_added(text, len, &layout, user, hash, out);
		return out->err;
	}
	if (layout.password.from == NONE) {
		/* A user without a password gets one behind his name. */
		buf_put(out, text, layout.name.to);
		buf_puts(out, "; password = ");
		put_quoted(out, hash);
		buf_put(out, text + layout.name.to, len - layout.name.to);
		return out->err;
	}
	if (layout.password.to == layout.password.from)
		return ERR_SYNTAX;
	buf_put(out, text, layout.password.from);
	put_quoted(out, hash);
	buf_put(out, text + layout.password.to, len - layout.password.to);
	return out->err;
}

/* Grow a cut to its whole line if nothing else is on it. */
static struct span
whole_line(const char *text, size_t len, struct span cut)
{
	size_t from = line_start(text, cut.from), to = cut.to;

	while (to < len && is_blank(text[to]))
		to++;
	if ((from == 0 || text[from - 1] == '\n') && to < len && text[to] == '\n')
		return (struct span){from, to + 1};
	return cut;
}

enum err
users_text_delete(const char *text, size_t len, const char *user, struct buf *out)
{
	struct layout layout;
	enum err err = find_layout(text, len, user, &layout);

	if (err != ERR_OK)
		return err;
	if (layout.entry.from == NONE)
		return ERR_NOTFOUND;
	struct span cut = layout.entry;
	if (layout.comma_after != NONE) {
		/* The comma goes with the entry; what stands between the two stays. */
		size_t comma = layout.comma_after;

		if (strspn(text + cut.to, " \t\r\n") == comma - cut.to) {
			cut.to = comma + 1;
			comma = NONE;
		}
		cut = whole_line(text, len, cut);
		buf_put(out, text, cut.from);
		if (comma != NONE) {
			buf_put(out, text + cut.to, comma - cut.to);
			cut.to = comma + 1;
		}
	} else if (layout.comma_before != NONE) {
		cut = whole_line(text, len, cut);
		buf_put(out, text, layout.comma_before);
		buf_put(out, text + layout.comma_before + 1, cut.from - layout.comma_before - 1);
	} else {
		cut = whole_line(text, len, cut);
		buf_put(out, text, cut.from);
	}
	buf_put(out, text + cut.to, len - cut.to);
	return out->err;
}
