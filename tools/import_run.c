/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over the lines: which command of which mode a line is, and what became of it. In an
 * indented file the indentation says which mode a line belongs to; a file that lost it is read as
 * the ASA reads commands that are typed: the present mode's first, then the top level's.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/str.h"
#include "tools/import_parts.h"

struct import_names {
	char *name;
	char *address;
	UT_hash_handle hh;
};

const struct import_mode import_mode_any = {.name = "below a command that is not converted"};

/* A command that fits a line. words: how many of the line's; 0: none fits. */
struct found {
	const struct import_command *command;
	size_t words;
	bool negated; /* it fits without the line's "no" */
};

/* ---- what commands do ---- */

void
import_complain(struct import *import, int number, const char *fmt, ...)
{
	va_list ap;
	char what[512], clean[512];

	if (++import->errors_count > IMPORT_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	str_printable(clean, sizeof(clean), what);
	buf_puts(&import->errors, import->name);
	if (number > 0)
		buf_printf(&import->errors, ":%d", number);
	buf_printf(&import->errors, ": %s\n", clean);
	(void)buf_cstr(&import->errors); /* import_errors() gives it out as a string */
}

static void PRINTF_LIKE(3, 0)
    set_fate(struct import_line *line, enum import_fate fate, const char *fmt, va_list ap)
{
	char *note = NULL;

	if (line->fate == IMPORT_NOT_SUPPORTED && fate != IMPORT_NOT_SUPPORTED)
		return;
	line->fate = fate;
	if (vasprintf(&note, fmt, ap) < 0)
		note = NULL;
	free(line->note);
	line->note = note;
}

void
import_converted(struct import_line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_fate(line, IMPORT_CONVERTED, fmt, ap);
	va_end(ap);
}

void
import_not_needed(struct import_line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_fate(line, IMPORT_NOT_NEEDED, fmt, ap);
	va_end(ap);
}

void
import_not_supported(struct import_line *line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_fate(line, IMPORT_NOT_SUPPORTED, fmt, ap);
	va_end(ap);
}

void
import_broken(struct import *import, const struct import_line *line, const char *fmt, ...)
{
	va_list ap;
	char what[512];

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	import_complain(import, line != NULL ? line->number : (int)import->lines_len, "%s", what);
	struct import_line *own = line != NULL ? import_line_at(import, line->number) : NULL;
	if (own != NULL)
		import_not_supported(own, "broken: %s", what);
}

void
import_todo(struct import *import, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	for (size_t i = 0; text != NULL && i < import->todos_len; i++) {
		if (strcmp(import->todos[i], text) == 0) {
			free(text);
			return;
		}
	}
	char **todos = text == NULL || import->todos_len == IMPORT_TODO_MAX
			   ? NULL
			   : realloc(import->todos, (import->todos_len + 1) * sizeof(char *));
	if (todos == NULL) {
		free(text);
		import->out_of_memory = true;
		return;
	}
	import->todos = todos;
	todos[import->todos_len++] = text;
}

struct import_line *
import_line_at(const struct import *import, int number)
{
	if (number < 1 || (size_t)number > import->lines_len)
		return NULL;
	return import->lines[number - 1];
}

char *
import_strdup(struct import *import, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		import->out_of_memory = true;
	return copy;
}

static void
push(struct import *import, const struct import_mode *mode, struct node *object)
{
	if (import->depth == IMPORT_DEPTH_MAX) {
		import_broken(import, import->line, "more modes within modes than an ASA has");
		return;
	}
	import->stack[import->depth++] =
	    (struct import_frame){.mode = mode, .head = import->line, .object = object};
}

void
import_enter(struct import *import, const struct import_mode *mode, struct node *object)
{
	push(import, mode, object);
	import->entered = true;
}

struct node *
import_object(const struct import *import)
{
	return import->depth > 0 ? import->stack[import->depth - 1].object : NULL;
}

struct import_line *
import_next_line(struct import *import)
{
	return import->next < import->lines_len ? import->lines[import->next++] : NULL;
}

const char *
import_name(const struct import *import, const char *word)
{
	struct import_names *found;

	HASH_FIND_STR(import->names, word, found);
	return found != NULL ? found->address : word;
}

void
import_name_add(struct import *import, const char *address, const char *name)
{
	struct import_names *entry;

	HASH_FIND_STR(import->names, name, entry);
	if (entry != NULL)
		return;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL) {
		import->out_of_memory = true;
		return;
	}
	entry->name = import_strdup(import, name);
	entry->address = import_strdup(import, address);
	if (entry->name == NULL || entry->address == NULL) {
		free(entry->name);
		free(entry->address);
		free(entry);
		return;
	}
	HASH_ADD_KEYPTR(hh, import->names, entry->name, strlen(entry->name), entry);
}

/* ---- which command a line is ---- */

/* "*" is any word, "X*" any word that begins with X. */
static bool
word_fits(const char *wanted, size_t len, const char *word)
{
	if (wanted[len - 1] == '*')
		return strncmp(word, wanted, len - 1) == 0;
	return strlen(word) == len && strncmp(word, wanted, len) == 0;
}

/* How many words of the line, from the first that counts on, are a command's; 0: it is another. */
static size_t
match(const char *command, const struct import_line *line, size_t skip)
{
	size_t count = 0;

	while (*command != '\0') {
		size_t len = strcspn(command, " ");
		const char *word = skip + count < line->len ? line->words[skip + count] : NULL;

		if (word == NULL || !word_fits(command, len, word))
			return 0;
		count++;
		command += len;
		command += *command == ' ';
	}
	return count;
}

/* Keep the longer of what was found and what fits in a table. */
static void
find_in(const struct import_command *commands, size_t len, const struct import_line *line,
    struct found *found)
{
	bool no = line->len > 1 && strcmp(line->words[0], "no") == 0;

	for (size_t i = 0; i < len; i++) {
		size_t plain = match(commands[i].words, line, 0);
		size_t negated = no && plain == 0 ? match(commands[i].words, line, 1) : 0;

		/* "no X" by its own row wins against "no" before a row for "X Y". */
		if (plain > 0 && (found->negated || plain > found->words))
			*found = (struct found){&commands[i], plain, false};
		else if (negated > 0 && (found->words == 0 || found->negated) &&
			 negated + 1 > found->words)
			*found = (struct found){&commands[i], negated + 1, true};
	}
}

static struct found
find_in_mode(const struct import_mode *mode, const struct import_line *line)
{
	struct found found = {0};

	if (mode == &import_top)
		for (size_t i = 0; i < import_top_tables_len; i++)
			find_in(import_top_tables[i]->commands, import_top_tables[i]->len, line,
			    &found);
	else if (mode != NULL)
		find_in(mode->commands, mode->len, line, &found);
	return found;
}

static void
pop(struct import *import)
{
	const struct import_frame *frame = &import->stack[import->depth - 1];

	if (frame->mode != NULL && frame->mode->leave != NULL)
		frame->mode->leave(import);
	import->depth--;
}

static void
pop_to(struct import *import, size_t depth)
{
	while (import->depth > depth)
		pop(import);
}

/* A line below one that was not converted goes the same way. */
static void
share_fate(struct import_line *line, const struct import_line *head)
{
	const char *note = head->note != NULL ? head->note : "";

	switch (head->fate) {
	case IMPORT_NOT_NEEDED:
		import_not_needed(line, "%s", note);
		break;
	case IMPORT_CONVERTED:
		import_converted(line, "%s", note);
		break;
	default:
		import_not_supported(line, "%s", note);
	}
}

/* Do what the command says; the stack is at its mode already. */
static void
apply(struct import *import, struct import_line *line, const struct found *found)
{
	const struct import_command *command = found->command;

	import->entered = false;
	if (found->negated) {
		import_not_needed(line, "off is the default");
	} else if (command->run != NULL) {
		command->run(import, line);
		if (!import->entered && command->mode != NULL)
			import_enter(import, command->mode, NULL);
	} else if (command->not_needed != NULL) {
		import_not_needed(line, "%s", command->not_needed);
	} else {
		import_not_supported(line, "%s", command->not_supported);
	}
	if (import->entered)
		return;
	bool converted = !found->negated && command->run != NULL;
	if (!converted && (command->mode != NULL || !import->flat))
		push(import, &import_mode_any, NULL);
	else if (!import->flat)
		push(import, NULL, NULL);
}

static void
unknown(struct import *import, struct import_line *line, const struct import_frame *below)
{
	if (below == NULL && line->len > 0 && strpbrk(line->words[0], "#>") != NULL)
		import_not_needed(line, "a terminal's prompt");
	else if (below == NULL)
		import_not_supported(line, "unknown command; check by hand");
	else if (below->mode != NULL)
		import_not_supported(line, "unknown in %s; check by hand", below->mode->name);
	else
		import_not_supported(
		    line, "unknown below line %d; check by hand", below->head->number);
	if (!import->flat)
		push(import, &import_mode_any, NULL);
}

static bool
take_other(struct import *import, struct import_line *line, const struct import_mode *mode)
{
	return mode != NULL && mode->other != NULL && mode->other(import, line);
}

/* A line without indentation, in a file that has some. */
static void
step_top(struct import *import, struct import_line *line)
{
	struct found found = find_in_mode(&import_top, line);
	size_t depth = import->depth;

	if (found.words == 0) {
		/* A line that lost its indentation. */
		for (; depth > 0 && found.words == 0; depth--)
			found = find_in_mode(import->stack[depth - 1].mode, line);
		if (found.words > 0) {
			pop_to(import, depth + 1);
			apply(import, line, &found);
			return;
		}
	}
	pop_to(import, 0);
	if (found.words > 0)
		apply(import, line, &found);
	else
		unknown(import, line, NULL);
}

static void
step_indented(struct import *import, struct import_line *line)
{
	while (import->depth > 0 && import->stack[import->depth - 1].head->indent >= line->indent)
		pop(import);
	if (import->depth == 0) {
		step_top(import, line);
		return;
	}
	/* A copy: the command may change the stack. */
	struct import_frame frame = import->stack[import->depth - 1];
	if (frame.mode == &import_mode_any) {
		share_fate(line, frame.head);
		return;
	}
	struct found found = find_in_mode(frame.mode, line);
	if (found.words > 0)
		apply(import, line, &found);
	else if (!take_other(import, line, frame.mode))
		unknown(import, line, &frame);
}

/* A line of a file without indentation: the longest command of the present mode, the modes around
 * it and the top level; of equals the innermost. */
static void
step_flat(struct import *import, struct import_line *line)
{
	struct found best = {0};
	size_t best_depth = 0;

	for (size_t depth = import->depth; depth > 0; depth--) {
		struct found found = find_in_mode(import->stack[depth - 1].mode, line);

		if (found.words > best.words) {
			best = found;
			best_depth = depth;
		}
	}
	struct found top = find_in_mode(&import_top, line);
	if (top.words > best.words) {
		best = top;
		best_depth = 0;
	}
	if (best.words > 0) {
		pop_to(import, best_depth);
		apply(import, line, &best);
		return;
	}
	for (size_t depth = import->depth; depth > 0; depth--)
		if (take_other(import, line, import->stack[depth - 1].mode))
			return;
	if (import->depth > 0 && import->stack[import->depth - 1].mode == &import_mode_any)
		share_fate(line, import->stack[import->depth - 1].head);
	else
		unknown(import, line, NULL);
}

/* "exit" and "end", as they stand in a file that was typed. */
static bool
leaves_mode(struct import *import, struct import_line *line)
{
	if (line->len != 1)
		return false;
	bool all = strcmp(line->words[0], "end") == 0;
	if (!all && strcmp(line->words[0], "exit") != 0 && strcmp(line->words[0], "quit") != 0)
		return false;
	import_not_needed(line, "the end of a mode");
	/* A command that nothing is below, or that was not converted, is no mode to leave alone. */
	for (bool real = false; import->depth > 0 && (all || !real); pop(import)) {
		const struct import_mode *mode = import->stack[import->depth - 1].mode;

		real = mode != NULL && mode != &import_mode_any;
	}
	return true;
}

static void
step(struct import *import, struct import_line *line)
{
	if (line->fate == IMPORT_BLANK) {
		/* All that ends an interface in a file without indentation. */
		if (import->flat && strcmp(line->text, "!") == 0 && import->depth > 0 &&
		    import->stack[import->depth - 1].mode == &import_mode_any)
			pop(import);
		return;
	}
	if (leaves_mode(import, line))
		return;
	if (import->flat)
		step_flat(import, line);
	else if (line->indent > 0)
		step_indented(import, line);
	else
		step_top(import, line);
}

static void
finish(struct import *import)
{
	for (size_t i = 0; i < import_top_tables_len; i++)
		if (import_top_tables[i]->finish != NULL)
			import_top_tables[i]->finish(import);
	import_finish(import);
}

/* A line that nobody accounted for is a bug of ours, and must not look like a success. */
static void
find_forgotten(struct import *import)
{
	for (size_t i = 0; i < import->lines_len; i++)
		if (import->lines[i]->fate == IMPORT_PENDING)
			import_broken(import, import->lines[i],
			    "internal error: nobody said what became of this line");
}

/* ---- the whole ---- */

struct import *
import_run(const char *name, const char *text, size_t len)
{
	struct import *import = calloc(1, sizeof(*import));

	if (import == NULL)
		return NULL;
	buf_init(&import->errors, 1024 * 1024);
	import->spare.kind = CONF_GATEWAY;
	import->name = import_strdup(import, name);
	if (!import->out_of_memory)
		import_read(import, text, len);
	while (import->next < import->lines_len && !import->out_of_memory) {
		import->line = import->lines[import->next++];
		step(import, import->line);
	}
	pop_to(import, 0);
	import->line = NULL;
	if (!import->out_of_memory && import->errors_count == 0) {
		finish(import);
	}
	if (!import->out_of_memory && import->errors_count == 0)
		find_forgotten(import);
	if (import->out_of_memory || import->errors.err != ERR_OK) {
		import_free(import);
		return NULL;
	}
	return import;
}

static void
wipe_free(char *text)
{
	if (text != NULL)
		str_wipe(text, strlen(text));
	free(text);
}

static void
line_free(struct import_line *line)
{
	for (size_t i = 0; i < line->len; i++)
		str_wipe(line->words[i], strlen(line->words[i]));
	/* The text is in the same piece of memory. */
	str_wipe((char *)line + sizeof(*line) + line->len * (sizeof(char *) + sizeof(const char *)),
	    strlen(line->text));
	wipe_free(line->note);
	free(line);
}

void
import_free(struct import *import)
{
	struct import_names *entry, *next;

	if (import == NULL)
		return;
	import_lists_free(import);
	import_tree_free(import);
	entry = import->names;
	HASH_CLEAR(hh, import->names);
	for (; entry != NULL; entry = next) {
		next = entry->hh.next;
		free(entry->name);
		free(entry->address);
		free(entry);
	}
	for (size_t i = 0; i < import->lines_len; i++)
		line_free(import->lines[i]);
	free(import->lines);
	for (size_t i = 0; i < import->todos_len; i++)
		free(import->todos[i]);
	free(import->todos);
	for (size_t i = 0; i < import->pems_len; i++) {
		free(import->pems[i].name);
		buf_wipe(&import->pems[i].data);
	}
	free(import->pems);
	free(import->hostname);
	free(import->domain);
	free(import->name);
	buf_fini(&import->errors);
	free(import);
}

const char *
import_errors(const struct import *import)
{
	return import->errors.len > 0 ? (const char *)import->errors.data : "";
}

size_t
import_lines(const struct import *import, const struct import_line *const **out)
{
	*out = (const struct import_line *const *)import->lines;
	return import->lines_len;
}

size_t
import_count(const struct import *import, enum import_fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < import->lines_len; i++)
		count += import->lines[i]->fate == fate;
	return count;
}
