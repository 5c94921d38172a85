/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz conf/users_text.c: a users.conf that is valid stays valid when a user is set, the user is
 * then there once, and gone again after a delete. One that is not valid must not do harm.
 */
/* For coverage.sh: conf/users_text.c */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/users_text.h"

#define HASH "$5$salt$1234567890123456789012345678901234567890123"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_valid(const void *text, size_t len)
{
	struct conf_errors errors;

	conf_errors_init(&errors);
	enum err err = conf_check_text("users.conf", text, len, &errors);
	conf_errors_fini(&errors);
	return err == ERR_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text, set, gone;
	bool valid, added;

	buf_init(&text, size + 1);
	buf_put(&text, data, size);
	buf_init(&set, size + 4096);
	buf_init(&gone, size + 4096);
	const char *before = buf_cstr(&text);
	valid = is_valid(before, size);
	enum err err = users_text_set(before, size, "bob", HASH, &set, &added);
	if (valid && (err != ERR_OK || !is_valid(buf_cstr(&set), set.len)))
		abort();
	if (err == ERR_OK && users_text_delete(buf_cstr(&set), set.len, "bob", &gone) == ERR_OK &&
	    valid && !is_valid(buf_cstr(&gone), gone.len))
		abort();
	if (valid) {
		buf_reset(&set);
		if (users_text_delete(buf_cstr(&gone), gone.len, "bob", &set) != ERR_NOTFOUND)
			abort();
	}
	buf_fini(&text);
	buf_fini(&set);
	buf_fini(&gone);
	return 0;
}
