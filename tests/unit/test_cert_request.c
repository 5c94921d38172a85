/* SPDX-License-Identifier: Apache-2.0 */
/* common/cert_request.c: every byte, because every byte is signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cert_request.h"

#define HEAD                                                                                       \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
	"<config-auth client=\"vpn\" type=\"auth-request\" aggregate-auth-version=\"2\">\n"        \
	"<opaque is-for=\"sg\">\n"

static char *
text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void
fill(Ipc__AuthAnswer *answer)
{
	static char method[] = "multiple-cert";
	static char sha256[] = "sha256", sha384[] = "sha384", sha512[] = "sha512";
	static char *methods[] = {method}, *hashes[] = {sha256, sha384, sha512};

	ipc__auth_answer__init(answer);
	answer->kind = IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST;
	answer->tunnel_group = text("MCA");
	answer->handle = text("462466710");
	answer->config_hash = text("1506879881148");
	answer->auth_method = methods;
	answer->n_auth_method = ARRAY_LEN(methods);
	answer->hash_algorithm = hashes;
	answer->n_hash_algorithm = ARRAY_LEN(hashes);
	answer->random = text("00FF");
}

static void
check(const Ipc__AuthAnswer *answer, const char *expected)
{
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(cert_request_write(answer, &out), ERR_OK);
	assert_string_equal(buf_cstr(&out), expected);
	assert_int_equal(out.len, strlen(expected)); /* no NUL in it */
	buf_fini(&out);
}

/* The shape of protocol.md 2.7, with one newline at the end. */
static void
test_bytes(UNUSED void **state)
{
	static const char expected[] = HEAD "<tunnel-group>MCA</tunnel-group>\n"
					    "<aggauth-handle>462466710</aggauth-handle>\n"
					    "<auth-method>multiple-cert</auth-method>\n"
					    "<config-hash>1506879881148</config-hash>\n"
					    "</opaque>\n"
					    "<multiple-client-cert-request>\n"
					    "<hash-algorithm>sha256</hash-algorithm>\n"
					    "<hash-algorithm>sha384</hash-algorithm>\n"
					    "<hash-algorithm>sha512</hash-algorithm>\n"
					    "</multiple-client-cert-request>\n"
					    "<random>00FF</random>\n"
					    "</config-auth>\n";
	Ipc__AuthAnswer answer;

	fill(&answer);
	check(&answer, expected);
}

static void
test_options(UNUSED void **state)
{
	Ipc__AuthAnswer answer;

	fill(&answer);
	answer.tunnel_group = text("A&<B>");
	answer.group_alias = text("St\xc3\xa4"
				  "ff\x01");
	answer.n_hash_algorithm = 1;
	answer.cert_authenticated = true;
	check(&answer, HEAD "<tunnel-group>A&amp;&lt;B&gt;</tunnel-group>\n"
			    "<aggauth-handle>462466710</aggauth-handle>\n"
			    "<auth-method>multiple-cert</auth-method>\n"
			    "<group-alias>St\xc3\xa4"
			    "ff?</group-alias>\n"
			    "<config-hash>1506879881148</config-hash>\n"
			    "</opaque>\n"
			    "<multiple-client-cert-request>\n"
			    "<hash-algorithm>sha256</hash-algorithm>\n"
			    "</multiple-client-cert-request>\n"
			    "<random>00FF</random>\n"
			    "<cert-authenticated></cert-authenticated>\n"
			    "</config-auth>\n");
}

/* An ASA's two messages differ by 42 bytes: the element and its newline. */
static void
test_difference(UNUSED void **state)
{
	Ipc__AuthAnswer answer;
	struct buf without, with;

	fill(&answer);
	buf_init(&without, 4096);
	buf_init(&with, 4096);
	assert_int_equal(cert_request_write(&answer, &without), ERR_OK);
	answer.cert_authenticated = true;
	assert_int_equal(cert_request_write(&answer, &with), ERR_OK);
	assert_int_equal(with.len, without.len + 42);
	buf_fini(&without);
	buf_fini(&with);
}

/* What auth keeps is what gateway sends, although the answer was packed and unpacked between, and
 * nothing else in it matters. */
static void
test_same_after_transport(UNUSED void **state)
{
	Ipc__AuthAnswer answer, *other;
	uint8_t packed[1024];
	struct buf first, second;

	fill(&answer);
	answer.cert_authenticated = true;
	answer.title = text("Login");
	answer.error = text("no");
	answer.session_index = 7;
	buf_init(&first, 4096);
	buf_init(&second, 4096);
	assert_int_equal(cert_request_write(&answer, &first), ERR_OK);
	assert_true(ipc__auth_answer__get_packed_size(&answer) <= sizeof packed);
	other = ipc__auth_answer__unpack(NULL, ipc__auth_answer__pack(&answer, packed), packed);
	assert_non_null(other);
	other->title[0] = 'X';
	other->close = true;
	assert_int_equal(cert_request_write(other, &second), ERR_OK);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	ipc__auth_answer__free_unpacked(other, NULL);
	buf_fini(&first);
	buf_fini(&second);
}

static void
test_limit(UNUSED void **state)
{
	Ipc__AuthAnswer answer;
	struct buf out;

	fill(&answer);
	buf_init(&out, 100);
	assert_int_equal(cert_request_write(&answer, &out), ERR_LIMIT);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_difference),
	    cmocka_unit_test(test_same_after_transport),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
