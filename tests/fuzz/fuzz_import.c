/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz asa-import: whatever the text is, every line has a fate, the counts add up, the report can
 * be made, and either the input is said to be broken or the daemon's reader takes what comes out.
 */
/* For coverage.sh: tools/import_read.c tools/import_tree.c:-refuse,lost_list,import_file */
#include <stdint.h>

#include "tests/unit/import_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_counts(const struct import *import)
{
	size_t sum = 0;

	for (unsigned fate = 0; fate < IMPORT_FATES; fate++)
		sum += import_count(import, fate);
	if (sum != import->lines_len)
		abort();
	if (import_errors(import)[0] == '\0' && import_count(import, IMPORT_PENDING) > 0)
		abort();
}

static void
check_report(const struct import *import)
{
	struct buf report;

	buf_init(&report, 64 * 1024 * 1024);
	if (import_report(import, false, &report) != ERR_OK)
		abort();
	buf_reset(&report);
	if (import_report(import, true, &report) != ERR_OK)
		abort();
	buf_fini(&report);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import *import = import_run("fuzz", size > 0 ? (const char *)data : "", size);

	if (import == NULL)
		abort();
	check_counts(import);
	if (strstr(import_errors(import), "internal error") != NULL) {
		fputs(import_errors(import), stderr);
		abort();
	}
	check_report(import);
	if (import_errors(import)[0] == '\0') {
		struct conf *conf = import_help_load(import);

		if (conf == NULL)
			abort();
		conf_unref(conf);
	}
	import_free(import);
	return 0;
}
