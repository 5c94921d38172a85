/* SPDX-License-Identifier: Apache-2.0 */
/* For a fuzzer that uses a helper of the unit tests: what its checks are without a test around
 * them. Before that helper. */
#ifndef TESTS_FUZZ_BARE_ASSERTS_H
#define TESTS_FUZZ_BARE_ASSERTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef assert_true
#undef assert_non_null
#undef assert_int_equal
#undef fail_msg
#define assert_true(c) ((c) ? (void)0 : abort())
#define assert_non_null(p) assert_true((p) != NULL)
#define assert_int_equal(a, b) assert_true((a) == (b))
#define fail_msg(...) abort()

#endif
