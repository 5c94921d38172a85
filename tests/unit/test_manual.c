/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho.conf(5) and the tables of conf/rows_*.c, both ways: every setting that the code accepts
 * has an entry in the part of the manual that is about its file, with its default, or is named
 * there by the entry of its group; and every entry is a setting that the code accepts there, or
 * refuses by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "conf/row.h"

#define MAN_PAGE "tools/man/sekisho.conf.5"
#define ENTRIES_MAX 4096
#define DEPTH_MAX 6

/* The manual's parts and the files that they are about. */
static const struct {
	const char *heading;
	enum conf_kind kind;
} parts[] = {
    {"GATEWAY.CONF", CONF_GATEWAY},
    {"TUNNEL-GROUPS.CONF", CONF_TUNNEL_GROUPS},
    {"GROUP-POLICIES.CONF", CONF_GROUP_POLICIES},
    {"AAA.CONF", CONF_AAA},
    {"USERS.CONF", CONF_USERS},
    {"PKI.CONF", CONF_PKI},
};

#define REFUSED (-1) /* the part NOT SERVED, where names of any file are */

struct entry {
	int part; /* index of parts, REFUSED */
	unsigned line;
	char text[256]; /* what is behind ".It Cm ", without mdoc's macros */
	char name[96];
	bool mention; /* only ".Cm name" in a text */
};

static struct entry entries[ENTRIES_MAX];
static size_t entries_len;

/* ---- the manual ---- */

/* Plain text of a line: no escapes, no macros, no blanks before a comma. */
static void
plain(const char *from, char *out, size_t size)
{
	static const char *const macros[] = {"Pq", "Qq", "Cm", "Pa", "Ql", "No", "Ns", "Xr", "Ic"};
	char copy[512];
	char *rest = copy;
	const char *word;
	size_t used = 0;

	(void)snprintf(copy, sizeof(copy), "%s", from);
	out[0] = '\0';
	while ((word = strsep(&rest, " \n")) != NULL) {
		bool macro = *word == '\0';

		for (size_t i = 0; i < ARRAY_LEN(macros); i++)
			macro = macro || strcmp(word, macros[i]) == 0;
		if (macro)
			continue;
		if (used > 0 && used + 1 < size && strcmp(word, ",") != 0 && strcmp(word, ";") != 0)
			out[used++] = ' ';
		for (; *word != '\0' && used + 1 < size; word++) {
			if (*word == '\\' && (word[1] == '&' || word[1] == '-'))
				word += word[1] == '&' ? 2 : 1;
			if (*word != '\0')
				out[used++] = *word;
			else
				break;
		}
		out[used] = '\0';
	}
}

static int
part_of(const char *heading, int before)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strncmp(heading, parts[i].heading, strlen(parts[i].heading)) == 0)
			return (int)i;
	return strncmp(heading, "NOT SERVED", 10) == 0 ? REFUSED : before;
}

static int
read_manual(void **state)
{
	FILE *file = fopen(MAN_PAGE, "r");
	int part = -2;
	char line[512];

	(void)state;
	if (file == NULL)
		fail_msg(MAN_PAGE " cannot be read: run from the root of the repository");
	for (unsigned n = 1; fgets(line, sizeof(line), file) != NULL; n++) {
		struct entry *entry = &entries[entries_len];

		if (strncmp(line, ".Sh ", 4) == 0)
			part = part_of(line + 4, -2);
		entry->mention = strncmp(line, ".Cm ", 4) == 0;
		if (part == -2 || (!entry->mention && strncmp(line, ".It Cm ", 7) != 0))
			continue;
		assert_true(entries_len < ENTRIES_MAX);
		entry->part = part;
		entry->line = n;
		plain(line + (entry->mention ? 4 : 7), entry->text, sizeof(entry->text));
		(void)sscanf(entry->text, "%95[^ ,;.]", entry->name);
		entries_len++;
	}
	fclose(file);
	assert_true(entries_len > 100);
	return 0;
}

/* ---- the tables ---- */

/* Whether a name is a setting of the kind, or of what stands within, or (refused) is refused there;
 * text is the whole entry: what is refused may be one word of a setting. */
static bool
known(enum conf_kind kind, const char *name, const char *text, bool refused, unsigned depth)
{
	const struct row_kind *rows = row_kind(kind);

	for (size_t i = 0; refused && i < rows->refused_len; i++)
		if (strcmp(rows->refused[i].name, text) == 0)
			return true;
	for (size_t i = 0; i < rows->len; i++) {
		const struct row *row = &rows->rows[i];

		if (!refused && strcmp(row->name, name) == 0)
			return true;
		if ((row->type == ROW_OBJECT || row->type == ROW_OBJECTS) && depth < DEPTH_MAX &&
		    known(row->kind, name, text, refused, depth + 1))
			return true;
	}
	return false;
}

/* Whether the entry is what the file of this part accepts or refuses. */
static bool
entry_known(const struct entry *entry, int part)
{
	bool refused = known(parts[part].kind, entry->name, entry->text, true, 0);

	return refused ||
	       (entry->part == part && known(parts[part].kind, entry->name, entry->text, false, 0));
}

static void
every_entry_is_a_setting(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < entries_len; i++) {
		const struct entry *entry = &entries[i];
		bool found = entry->mention;

		for (int p = 0; p < (int)ARRAY_LEN(parts); p++)
			if (entry->part == p || entry->part == REFUSED)
				found = found || entry_known(entry, p);
		if (found)
			continue;
		print_error(MAN_PAGE ":%u: \"%s\" is no setting that the code %s\n", entry->line,
		    entry->text, entry->part == REFUSED ? "refuses" : "knows in that file");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Whether text has the value as a word of its own. */
static bool
says(const char *text, const char *value)
{
	size_t len = strlen(value);

	for (const char *at = strstr(text, value); at != NULL; at = strstr(at + 1, value)) {
		bool before = at == text || strchr(" ,;(/", at[-1]) != NULL;

		if (before && (at[len] == '\0' || strchr(" ,;).", at[len]) != NULL))
			return true;
	}
	return false;
}

/* What an entry must say of its setting. NULL: it does. */
static const char *
missing(const struct row *row, const char *text)
{
	if (strstr(text, " as ") != NULL) /* "as above" */
		return NULL;
	if (row->type == ROW_BOOL)
		return !says(text, "true or false") ? "true or false"
		       : !strstr(text, row->def ? "default true" : "default false") ? "its default"
										    : NULL;
	if (row->type == ROW_ENUM && row->def_text != NULL && !says(text, row->def_text))
		return row->def_text;
	if (row->type == ROW_STRING && row->def_text != NULL && row->def_text[0] != '\0' &&
	    !says(text, row->def_text))
		return row->def_text;
	return NULL;
}

static const char *
lack_of(int part, const struct row *row)
{
	const char *lack = "an entry";

	for (size_t e = 0; e < entries_len && lack != NULL; e++) {
		if (entries[e].part != part || strcmp(entries[e].name, row->name) != 0)
			continue;
		if (!entries[e].mention)
			lack = missing(row, entries[e].text);
		else if (row->type != ROW_BOOL)
			lack = NULL;
	}
	return lack;
}

static unsigned
check_kind(int part, enum conf_kind kind, unsigned depth)
{
	const struct row_kind *rows = row_kind(kind);
	unsigned wrong = 0;

	for (size_t i = 0; i < rows->len; i++) {
		const struct row *row = &rows->rows[i];
		const char *lack = lack_of(part, row);

		if (lack != NULL) {
			print_error("%s in the part %s of " MAN_PAGE ": expected %s, got none\n",
			    row->name, parts[part].heading, lack);
			wrong++;
		}
		if ((row->type == ROW_OBJECT || row->type == ROW_OBJECTS) && depth < DEPTH_MAX &&
		    row->kind != CONF_GP_ATTRIBUTES)
			wrong += check_kind(part, row->kind, depth + 1);
	}
	return wrong;
}

static void
every_setting_has_an_entry(void **state)
{
	int policies = 2;
	unsigned wrong = 0;

	(void)state;
	assert_int_equal(parts[policies].kind, CONF_GROUP_POLICIES);
	for (int p = 0; p < (int)ARRAY_LEN(parts); p++)
		wrong += check_kind(p, parts[p].kind, 0);
	/* A user's attributes are those of a policy, and are explained there. */
	wrong += check_kind(policies, CONF_GP_ATTRIBUTES, 1);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_setting_has_an_entry),
	    cmocka_unit_test(every_entry_is_a_setting),
	};

	return cmocka_run_group_tests(tests, read_manual, NULL);
}
