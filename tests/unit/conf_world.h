/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that need several files of their own: the small configuration of conf_help.h with some
 * of its files replaced. */
#ifndef TESTS_UNIT_CONF_WORLD_H
#define TESTS_UNIT_CONF_WORLD_H

#include "tests/unit/conf_help.h"

struct conf_world_file {
	const char *name;
	const char *text;
};

/* Load it, and fail the test if there is an error. */
static __attribute__((noinline, unused)) struct conf *
conf_world(const struct conf_world_file *files, size_t len)
{
	struct texts texts = {0};
	struct conf_errors errors;
	struct buf slice;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		const char *text = help_files[i].text;

		for (size_t k = 0; k < len; k++)
			if (strcmp(files[k].name, help_files[i].name) == 0)
				text = files[k].text;
		assert_int_equal(
		    texts_add(&texts, help_files[i].type, help_files[i].name, text, strlen(text)),
		    ERR_OK);
	}
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(&errors);
	struct conf *conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		fail_msg("expected a valid configuration, got: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	buf_fini(&slice);
	return conf;
}

#endif
