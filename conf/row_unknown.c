/* SPDX-License-Identifier: Apache-2.0 */
/* What to say about a name or word that the tables do not know: why the ASA's is refused, where it
 * belongs, or which was meant. */
#include "conf/row_unknown.h"

#include <stdio.h>
#include <string.h>

#include "conf/errors.h"

#define UNKNOWN_QUOTE_MAX 64
#define UNKNOWN_NAME_MAX 64 /* longer names are not compared */

/* Edits that turn one name into the other. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[UNKNOWN_NAME_MAX + 1] = {0};
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > UNKNOWN_NAME_MAX || b_len > UNKNOWN_NAME_MAX)
		return UNKNOWN_NAME_MAX;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[b_len];
}

unsigned
row_find(const struct row_kind *kind, const char *name)
{
	unsigned i = 0;

	while (i < kind->len && strcmp(kind->rows[i].name, name) != 0)
		i++;
	return i;
}

/* The group within this one where the name would be right; NULL: nowhere. */
static const char *
belongs_in(const struct row_kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->len; i++) {
		const struct row *row = &kind->rows[i];

		if ((row->type == ROW_OBJECT || row->type == ROW_OBJECTS) &&
		    row_find(row_kind(row->kind), name) < row_kind(row->kind)->len)
			return row->name;
	}
	return NULL;
}

/* Why a name of the ASA is refused in this group or one within it; NULL: it is not. */
static const char *
refused_why(const struct row_kind *kind, const char *name)
{
	const char *why = NULL;

	for (size_t i = 0; i < kind->refused_len; i++)
		if (strcmp(kind->refused[i].name, name) == 0)
			return kind->refused[i].why;
	for (size_t i = 0; why == NULL && i < kind->len; i++)
		if (kind->rows[i].type == ROW_OBJECT)
			why = refused_why(row_kind(kind->rows[i].kind), name);
	return why;
}

const char *
row_unknown_word(const struct row_kind *kind, const struct row *row, const char *word)
{
	char name[2 * UNKNOWN_NAME_MAX];

	if (strlen(row->name) >= UNKNOWN_NAME_MAX || strlen(word) >= UNKNOWN_NAME_MAX)
		return NULL;
	snprintf(name, sizeof(name), "%s %s", row->name, word);
	return refused_why(kind, name);
}

/* The row whose name is nearest; NULL: none is near. */
static const struct row *
nearest_row(const struct row_kind *kind, const char *name)
{
	unsigned best = (unsigned)(strlen(name) / 3 + 2);
	const struct row *nearest = NULL;

	for (size_t i = 0; i < kind->len; i++) {
		unsigned d = distance(name, kind->rows[i].name);

		if (d < best) {
			best = d;
			nearest = &kind->rows[i];
		}
	}
	return nearest;
}

void
row_unknown_setting(
    struct conf_errors *errors, const struct conf_object *object, const struct node *member)
{
	const struct row_kind *kind = row_kind(object->kind);
	const char *inner = belongs_in(kind, member->name);
	const char *why = refused_why(kind, member->name);
	const struct row *nearest = nearest_row(kind, member->name);

	if (inner != NULL)
		errors_object(errors, object, member->line,
		    "unknown setting \"%.*s\" here; it belongs in %s", UNKNOWN_QUOTE_MAX,
		    member->name, inner);
	else if (why != NULL)
		errors_object(
		    errors, object, member->line, "%s is not supported: %s", member->name, why);
	else if (nearest != NULL)
		errors_object(errors, object, member->line,
		    "unknown setting \"%.*s\"; did you mean \"%s\"?", UNKNOWN_QUOTE_MAX,
		    member->name, nearest->name);
	else
		errors_object(errors, object, member->line,
		    "unknown setting \"%.*s\"; known %s%s%s, see sekisho.conf(5)",
		    UNKNOWN_QUOTE_MAX, member->name, kind->len > 1 ? "are " : "is ",
		    kind->rows[0].name, kind->len > 1 ? " and others" : "");
}
