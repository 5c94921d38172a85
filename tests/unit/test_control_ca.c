/* SPDX-License-Identifier: Apache-2.0 */
/* auth/control_ca.c: pages are asked for one after the other, and one that repeats itself or says
 * no ends the listing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/control_ca.h"

static struct {
	unsigned asked;
	uint32_t offset;
	char trustpoint[16];
	Ipc__CaKind kind;
	enum err says;
} pki;

static enum err
on_ask(const Ipc__CaList *msg, UNUSED control_ca_fn fn, UNUSED void *arg, UNUSED void *ctx)
{
	pki.asked++;
	pki.offset = msg->offset;
	pki.kind = msg->kind;
	(void)snprintf(pki.trustpoint, sizeof(pki.trustpoint), "%s", msg->trustpoint);
	return pki.says;
}

static struct control_ca *
begin(void)
{
	Ipc__CtlCa request = IPC__CTL_CA__INIT;
	struct control_ca *ca;

	memset(&pki, 0, sizeof(pki));
	request.kind = IPC__CA_KIND__CA_CRLS;
	request.trustpoint = (char *)(uintptr_t) "TP";
	ca = control_ca_new(&request);
	assert_non_null(ca);
	return ca;
}

static enum err
ask(struct control_ca *ca)
{
	return control_ca_ask(ca, on_ask, NULL, NULL, NULL);
}

static enum err
page(struct control_ca *ca, size_t len, bool more, const char *error)
{
	static char *entries[] = {(char *)(uintptr_t) "one", (char *)(uintptr_t) "two"};
	Ipc__CaListReply reply = IPC__CA_LIST_REPLY__INIT;

	reply.entry = entries;
	reply.n_entry = len;
	reply.more = more;
	reply.error = (char *)(uintptr_t)error;
	return control_ca_take(ca, &reply);
}

static void
expect_next(struct control_ca *ca, const char *text)
{
	Ipc__CtlCaEntry entry;

	assert_int_equal(control_ca_next(ca, &entry), ERR_OK);
	assert_string_equal(entry.text, text);
	/* Not sent: it is the next one still. */
	assert_int_equal(control_ca_next(ca, &entry), ERR_OK);
	assert_string_equal(entry.text, text);
	control_ca_sent(ca);
}

static void
test_pages(UNUSED void **state)
{
	struct control_ca *ca = begin();
	Ipc__CtlCaEntry entry;

	assert_int_equal(control_ca_next(ca, &entry), ERR_AGAIN);
	assert_int_equal(ask(ca), ERR_OK);
	assert_int_equal(pki.kind, IPC__CA_KIND__CA_CRLS);
	assert_string_equal(pki.trustpoint, "TP");
	assert_int_equal(pki.offset, 0);
	assert_int_equal(page(ca, 2, true, ""), ERR_OK);
	expect_next(ca, "one");
	expect_next(ca, "two");
	assert_int_equal(control_ca_next(ca, &entry), ERR_AGAIN);
	assert_int_equal(ask(ca), ERR_OK);
	assert_int_equal(pki.offset, 2);
	assert_int_equal(control_ca_next(ca, &entry), ERR_AGAIN);
	assert_int_equal(page(ca, 1, false, ""), ERR_OK);
	expect_next(ca, "one");
	assert_int_equal(control_ca_next(ca, &entry), ERR_NOTFOUND);
	control_ca_free(ca);
}

static void
test_ends(UNUSED void **state)
{
	struct control_ca *ca = begin();
	Ipc__CtlCaEntry entry;

	assert_int_equal(control_ca_ask(ca, NULL, NULL, NULL, NULL), ERR_UNSUPPORTED);
	pki.says = ERR_CLOSED;
	assert_int_equal(ask(ca), ERR_CLOSED);
	assert_int_equal(control_ca_take(ca, NULL), ERR_CLOSED);
	assert_string_equal(control_ca_error(ca), "");
	/* "More" of nothing would be asked for again and again. */
	assert_int_equal(page(ca, 0, true, ""), ERR_SYNTAX);
	assert_int_equal(page(ca, 0, false, "no such trustpoint"), ERR_DENIED);
	assert_string_equal(control_ca_error(ca), "no such trustpoint");
	assert_int_equal(page(ca, 0, false, ""), ERR_OK);
	assert_int_equal(control_ca_next(ca, &entry), ERR_NOTFOUND);
	control_ca_free(ca);
	control_ca_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
