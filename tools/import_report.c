/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of every line: the counts, then the lines by what was said of them, then what is left
 * to do by hand. Passwords and keys of the input are not repeated.
 */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/str.h"
#include "tools/import_parts.h"

#define REPORT_RANGES_MAX 12 /* ranges of lines of one reason; -v shows every line */
#define REPORT_TEXT_MAX 100  /* bytes of a line that are repeated */

static const char *const fate_names[IMPORT_FATES] = {
    [IMPORT_PENDING] = "not accounted for",
    [IMPORT_BLANK] = "empty or a comment",
    [IMPORT_CONVERTED] = "converted",
    [IMPORT_NOT_NEEDED] = "not needed here",
    [IMPORT_NOT_SUPPORTED] = "not supported",
};

/* In the order of the report. */
static const enum import_fate fates[] = {
    IMPORT_CONVERTED, IMPORT_NOT_NEEDED, IMPORT_NOT_SUPPORTED, IMPORT_BLANK, IMPORT_PENDING};

/* The words behind which a secret stands. */
static const char *const secret_words[] = {"key", "password", "passwd", "pre-shared-key",
    "radius-common-pw", "community", "authentication-key", "key-string", "md5",
    "ldap-login-password", "local-authentication", "remote-authentication", "secret", "auth",
    "priv", "use-common-password", "activation-key"};

static bool
is_secret_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(secret_words); i++)
		if (strcmp(word, secret_words[i]) == 0)
			return true;
	return false;
}

/* The line as it was, without what stands behind a word that announces a secret. */
static void
put_text(const struct import_line *line, struct buf *out)
{
	size_t begin = out->len;

	for (size_t i = 0; i < line->len && out->len - begin < REPORT_TEXT_MAX; i++) {
		buf_printf(out, "%s%.*s", i > 0 ? " " : "", REPORT_TEXT_MAX, line->words[i]);
		if (i + 1 < line->len && is_secret_word(line->words[i])) {
			buf_puts(out, " ***");
			return;
		}
	}
	if (out->len - begin >= REPORT_TEXT_MAX)
		buf_puts(out, " ..");
}

static void
put_line(const struct import *import, const struct import_line *line, struct buf *out)
{
	buf_printf(out, "%s:%d: ", import->name, line->number);
	put_text(line, out);
	buf_printf(out, "%s%s%s%s\n", line->len > 0 ? ": " : "", fate_names[line->fate],
	    line->note != NULL ? ": " : "", line->note != NULL ? line->note : "");
}

static void
put_counts(const struct import *import, struct buf *out)
{
	size_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(fates); i++) {
		size_t count = import_count(import, fates[i]);

		if (count > 0 || fates[i] != IMPORT_PENDING)
			buf_printf(out, "%8zu  %s\n", count, fate_names[fates[i]]);
		sum += count;
	}
	buf_printf(out, "%8zu  lines of %s, %zu accounted for\n", import->lines_len, import->name,
	    sum - import_count(import, IMPORT_PENDING));
}

/* Lines of one fate of which the same was said. */
struct reason {
	const char *note;
	size_t lines;
	size_t ranges;
	int first; /* of the range that is open */
	int last;
	struct buf text;
	UT_hash_handle hh;
};

static void
close_range(struct reason *reason)
{
	if (reason->first == 0)
		return;
	reason->ranges++;
	if (reason->ranges == REPORT_RANGES_MAX + 1)
		buf_puts(&reason->text, ", ..");
	if (reason->ranges > REPORT_RANGES_MAX)
		return;
	buf_printf(&reason->text, "%s%d", reason->ranges > 1 ? ", " : "", reason->first);
	if (reason->last > reason->first)
		buf_printf(&reason->text, "-%d", reason->last);
}

static enum err
add_to_reason(struct reason **reasons, const struct import_line *line)
{
	const char *note = line->note != NULL ? line->note : "";
	struct reason *reason;

	HASH_FIND_STR(*reasons, note, reason);
	if (reason == NULL) {
		reason = calloc(1, sizeof(*reason));
		if (reason == NULL)
			return ERR_NOMEM;
		reason->note = note;
		buf_init(&reason->text, 4096);
		HASH_ADD_KEYPTR(hh, *reasons, reason->note, strlen(reason->note), reason);
	}
	reason->lines++;
	if (reason->first == 0 || line->number != reason->last + 1) {
		close_range(reason);
		reason->first = line->number;
	}
	reason->last = line->number;
	return ERR_OK;
}

/* "12 lines (3-9, 20): why" for each why. */
static enum err
put_reasons(const struct import *import, enum import_fate fate, struct buf *out)
{
	struct reason *reasons = NULL, *reason, *next;
	enum err err = ERR_OK;

	for (size_t i = 0; i < import->lines_len && err == ERR_OK; i++)
		if (import->lines[i]->fate == fate)
			err = add_to_reason(&reasons, import->lines[i]);
	reason = reasons;
	HASH_CLEAR(hh, reasons);
	for (; reason != NULL; reason = next) {
		next = reason->hh.next;
		close_range(reason);
		buf_printf(out, "  %zu line%s (%s): %s\n", reason->lines,
		    reason->lines == 1 ? "" : "s", buf_cstr(&reason->text), reason->note);
		buf_fini(&reason->text);
		free(reason);
	}
	return err;
}

static enum err
put_summary(const struct import *import, struct buf *out)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < ARRAY_LEN(fates) && err == ERR_OK; i++) {
		if (fates[i] == IMPORT_BLANK || import_count(import, fates[i]) == 0)
			continue;
		buf_printf(out, "\n%s:\n", fate_names[fates[i]]);
		if (fates[i] != IMPORT_NOT_SUPPORTED) {
			err = put_reasons(import, fates[i], out);
			continue;
		}
		for (size_t k = 0; k < import->lines_len; k++)
			if (import->lines[k]->fate == IMPORT_NOT_SUPPORTED) {
				buf_puts(out, "  ");
				put_line(import, import->lines[k], out);
			}
	}
	return err;
}

enum err
import_report(const struct import *import, bool every_line, struct buf *out)
{
	enum err err = ERR_OK;

	put_counts(import, out);
	if (every_line) {
		buf_puts(out, "\n");
		for (size_t i = 0; i < import->lines_len; i++)
			put_line(import, import->lines[i], out);
	} else {
		err = put_summary(import, out);
	}
	if (import->todos_len > 0)
		buf_puts(out, "\nTo do by hand:\n");
	for (size_t i = 0; i < import->todos_len; i++)
		buf_printf(out, "  %zu. %s\n", i + 1, import->todos[i]);
	return err != ERR_OK ? err : out->err;
}
