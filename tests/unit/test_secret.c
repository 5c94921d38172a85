/* SPDX-License-Identifier: Apache-2.0 */
/* common/secret.c: content, terminator, binary and big secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"

static void
test_content(UNUSED void **state)
{
	char password[] = "correct horse";
	struct secret *secret = secret_new(password, strlen(password));

	assert_non_null(secret);
	memset(password, 'x', sizeof(password));
	assert_int_equal(secret_len(secret), 13);
	assert_string_equal(secret_cstr(secret), "correct horse");
	assert_memory_equal(secret_data(secret), "correct horse", 14);
	secret_free(secret);
	secret_free(NULL);
}

static void
test_binary_and_empty(UNUSED void **state)
{
	struct secret *secret = secret_new("a\0b", 3);

	assert_non_null(secret);
	assert_int_equal(secret_len(secret), 3);
	assert_memory_equal(secret_data(secret), "a\0b\0", 4);
	secret_free(secret);
	secret = secret_new(NULL, 0);
	assert_non_null(secret);
	assert_int_equal(secret_len(secret), 0);
	assert_string_equal(secret_cstr(secret), "");
	secret_free(secret);
}

static void
test_sizes(UNUSED void **state)
{
	uint8_t *data = malloc(1 << 20);

	assert_non_null(data);
	memset(data, 0x5a, 1 << 20);
	/* Around the pages' edges, and more than a usual limit of locked memory in sum. */
	for (size_t len = 4070; len < 4100; len++) {
		struct secret *secret = secret_new(data, len);

		assert_non_null(secret);
		assert_memory_equal(secret_data(secret), data, len);
		assert_int_equal(secret_data(secret)[len], 0);
		secret_free(secret);
	}
	for (int i = 0; i < 16; i++) {
		struct secret *secret = secret_new(data, 1 << 20);

		assert_non_null(secret);
		secret_free(secret);
	}
	assert_null(secret_new(data, SIZE_MAX - 1));
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_binary_and_empty),
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
