/* SPDX-License-Identifier: Apache-2.0 */
/* auth/radius_ask.c: every request, attribute by attribute, in the order of asa.md 6.1 and 6.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/mschap.h"
#include "auth/radius_ask.h"
#include "common/rnd.h"

static struct facts facts;
static struct radius_who who;

/* Each attribute a line: "TYPE=text", "VENDOR/TYPE=text"; what is not text in hexadecimal. */
static void
describe(const struct radius_request *request, char *out, size_t size)
{
	static struct radius_packet packet;
	struct radius_walk walk = {0};
	struct radius_attr attr;
	struct buf text;

	assert_int_equal(request->attrs.err, ERR_OK);
	packet.len = RADIUS_HEADER_SIZE + request->attrs.len;
	assert_true(packet.len <= sizeof(packet.data));
	memcpy(packet.data + RADIUS_HEADER_SIZE, request->attrs.data, request->attrs.len);
	buf_init(&text, 8192);
	while (radius_next(&packet, &walk, &attr)) {
		bool plain = true;

		for (size_t i = 0; i < attr.len; i++)
			plain &= attr.value[i] >= ' ' && attr.value[i] < 0x7f;
		if (attr.vendor != 0)
			buf_printf(&text, "%u/", attr.vendor);
		buf_printf(&text, "%u=", attr.type);
		if (plain)
			buf_put(&text, attr.value, attr.len);
		else if (attr.len <= 16)
			buf_put_hex(&text, attr.value, attr.len, false);
		else
			buf_printf(&text, "%zu bytes", attr.len);
		buf_puts(&text, "\n");
	}
	snprintf(out, size, "%s", buf_cstr(&text));
	buf_fini(&text);
}

static void
expect(const struct radius_request *request, const char *expected)
{
	static char got[8192];

	describe(request, got, sizeof(got));
	if (strcmp(got, expected) != 0)
		fail_msg("FAIL: expected\n%s\ngot\n%s", expected, got);
}

static struct secret *
secret_of(const char *text)
{
	struct secret *secret = secret_new(text, strlen(text));

	assert_non_null(secret);
	return secret;
}

/* The client of the capture. */
static int
setup(UNUSED void **state)
{
	memset(&facts, 0, sizeof(facts));
	assert_int_equal(ip_parse("198.51.100.9", &facts.client.addr), ERR_OK);
	snprintf(facts.agent, sizeof(facts.agent), "AnyConnect Windows 4.10.04065");
	snprintf(facts.os, sizeof(facts.os), "win");
	snprintf(facts.os_version, sizeof(facts.os_version), "10.0.19044 ");
	snprintf(facts.device_type, sizeof(facts.device_type), "VMware, Inc. VMware7,1");
	snprintf(facts.computer_name, sizeof(facts.computer_name), "PC7");
	snprintf(facts.unique_id, sizeof(facts.unique_id), "AB12");
	snprintf(facts.unique_id_global, sizeof(facts.unique_id_global), "CD34");
	snprintf(facts.mac[0], sizeof(facts.mac[0]), "00-50-5a-00-00-01");
	snprintf(facts.mac[1], sizeof(facts.mac[1]), "00-50-5a-00-00-02");
	facts.public_mac = 2;
	who = (struct radius_who){.username = "alice",
	    .tunnel_group = "STAFF",
	    .facts = &facts,
	    .index = 4,
	    .audit_id = "0ac5df510000400059d16b93",
	    .coa = true};
	assert_int_equal(ip_parse("10.197.223.81", &who.nas), ERR_OK);
	return 0;
}

#define STATIONS "30=10.197.223.81\n31=198.51.100.9\n"
#define ENDPOINT "61=00000005\n66=198.51.100.9\n"
#define DEVICE                                                                                     \
	"9/1=mdm-tlv=device-platform=win\n"                                                        \
	"9/1=mdm-tlv=device-mac=00-50-5a-00-00-01\n"                                               \
	"9/1=mdm-tlv=device-mac=00-50-5a-00-00-02\n"                                               \
	"9/1=mdm-tlv=device-platform-version=10.0.19044 \n"                                        \
	"9/1=mdm-tlv=device-public-mac=00-50-5a-00-00-02\n"                                        \
	"9/1=mdm-tlv=ac-user-agent=AnyConnect Windows 4.10.04065\n"                                \
	"9/1=mdm-tlv=device-type=VMware, Inc. VMware7,1\n"                                         \
	"9/1=mdm-tlv=device-uid-global=CD34\n"                                                     \
	"9/1=mdm-tlv=device-uid=AB12\n"
#define NAS "4=0ac5df51\n"
#define AUDIT "9/1=audit-session-id=0ac5df510000400059d16b93\n"
#define GROUP "3076/146=STAFF\n3076/150=00000002\n"
#define REST DEVICE NAS AUDIT "9/1=ip:source-ip=198.51.100.9\n" GROUP "9/1=coa-push=true\n"

static void
test_proofs(UNUSED void **state)
{
	static const struct {
		enum radius_proof how;
		const char *password, *new_password, *state, *expected;
	} cases[] = {
	    {RADIUS_PAP, "secret", NULL, NULL,
		"1=alice\n2=73656372657400000000000000000000\n5=00004000\n" STATIONS ENDPOINT REST},
	    {RADIUS_PAP, "123456", NULL, "round two",
		"1=alice\n2=31323334353600000000000000000000\n5=00004000\n24=round two\n" STATIONS
		    ENDPOINT REST},
	    {RADIUS_MSCHAP2, "secret", NULL, NULL,
		"1=alice\n5=00004000\n" STATIONS ENDPOINT
		"311/11=ZZZZZZZZZZZZZZZZ\n311/25=50 bytes\n" REST},
	    {RADIUS_MSCHAP2_CHANGE, "secret", "newer", NULL,
		"1=alice\n5=00004000\n" STATIONS ENDPOINT
		"311/11=ZZZZZZZZZZZZZZZZ\n311/27=68 bytes\n"
		"311/6=247 bytes\n311/6=247 bytes\n311/6=34 bytes\n" REST},
	    {RADIUS_AUTHORIZE, NULL, NULL, NULL,
		"1=alice\n2=616c6963650000000000000000000000\n5=00004000\n" STATIONS ENDPOINT REST},
	    {RADIUS_AUTHORIZE, "common", NULL, NULL,
		"1=alice\n2=636f6d6d6f6e00000000000000000000\n5=00004000\n" STATIONS ENDPOINT REST},
	    {RADIUS_AUTHORIZE_ONLY, NULL, NULL, NULL,
		"1=alice\n5=00004000\n6=00000011\n" STATIONS ENDPOINT REST},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret *password =
		    cases[i].password != NULL ? secret_of(cases[i].password) : NULL;
		struct secret *new_password =
		    cases[i].new_password != NULL ? secret_of(cases[i].new_password) : NULL;
		struct radius_proof_of proof = {
		    .how = cases[i].how, .password = password, .new_password = new_password};
		struct radius_mschap mschap = {0};
		struct radius_request request;

		if (cases[i].state != NULL) {
			proof.state = cases[i].state;
			proof.state_len = strlen(cases[i].state);
		}
		assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_OK);
		assert_int_equal(request.code, RADIUS_ACCESS_REQUEST);
		expect(&request, cases[i].expected);
		radius_request_fini(&request);
		secret_free(password);
		secret_free(new_password);
	}
}

static void
test_ipv6_and_little(UNUSED void **state)
{
	struct secret *password = secret_of("secret");
	struct radius_proof_of proof = {.how = RADIUS_PAP, .password = password};
	struct radius_mschap mschap;
	struct radius_request request;

	memset(&facts, 0, sizeof(facts));
	assert_int_equal(ip_parse("2001:db8::9", &facts.client.addr), ERR_OK);
	assert_int_equal(ip_parse("2001:db8::1", &who.nas), ERR_OK);
	who.index = (1U << 20) - 1;
	who.coa = false;
	snprintf(facts.os, sizeof(facts.os), "linux-64");
	facts.public_mac = 9; /* nothing of the kind */
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_OK);
	expect(&request,
	    "1=alice\n2=73656372657400000000000000000000\n5=fffff000\n30=2001:db8::1\n"
	    "31=2001:db8::9\n61=00000005\n66=2001:db8::9\n9/1=mdm-tlv=device-platform=linux-64\n"
	    "95=20010db8000000000000000000000001\n" AUDIT "9/1=ip:source-ip=2001:db8::9\n" GROUP);
	radius_request_fini(&request);
	/* Nothing but the password is known. */
	who = (struct radius_who){
	    .username = "", .tunnel_group = "", .facts = &facts, .audit_id = ""};
	memset(&facts, 0, sizeof(facts));
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_OK);
	expect(&request, "2=73656372657400000000000000000000\n5=00000000\n61=00000005\n"
			 "3076/150=00000002\n");
	radius_request_fini(&request);
	secret_free(password);
}

static void
test_too_long(UNUSED void **state)
{
	static char big[300];
	struct secret *fine = secret_of("fine"), *bad;
	struct radius_proof_of proof = {.how = RADIUS_PAP, .password = fine};
	struct radius_mschap mschap;
	struct radius_request request;

	memset(big, 'a', sizeof(big) - 1);
	bad = secret_of(big);
	who.username = big;
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_LIMIT);
	radius_request_fini(&request);
	who.username = "alice";
	proof.password = bad;
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_LIMIT);
	radius_request_fini(&request);
	proof.how = RADIUS_MSCHAP2;
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_SYNTAX);
	radius_request_fini(&request);
	proof.how = RADIUS_MSCHAP2_CHANGE;
	proof.password = fine;
	proof.new_password = bad;
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_SYNTAX);
	radius_request_fini(&request);
	proof.how = RADIUS_AUTHORIZE_ONLY;
	proof.state = big;
	proof.state_len = sizeof(big);
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_LIMIT);
	radius_request_fini(&request);
	secret_free(fine);
	secret_free(bad);
}

static void
fill_fixed(void *dst, size_t len)
{
	memset(dst, 0x5a, len);
}

/* What is kept is what the server's answer will be of; the new password comes in three pieces. */
static void
test_mschap(UNUSED void **state)
{
	static const size_t sizes[] = {243, 243, 30};
	struct secret *old = secret_of("secret"), *new = secret_of("newer");
	struct radius_proof_of proof = {.how = RADIUS_MSCHAP2, .password = old};
	uint8_t response[MSCHAP_RESPONSE_SIZE], cpw[MSCHAP_CPW_SIZE];
	uint8_t encrypted[MSCHAP_NEW_PASSWORD_SIZE], joined[MSCHAP_NEW_PASSWORD_SIZE];
	uint8_t fixed[16];
	struct radius_mschap mschap;
	struct radius_request request;
	struct radius_packet packet;
	struct radius_walk walk = {0};
	struct radius_attr attr;
	size_t at = 0;

	memset(fixed, 0x5a, sizeof(fixed));
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_OK);
	assert_memory_equal(mschap.challenge, fixed, sizeof(fixed));
	assert_int_equal(mschap_response("alice", old, 0, fixed, fixed, response), ERR_OK);
	assert_memory_equal(mschap.response, response, sizeof(response));
	radius_request_fini(&request);
	proof.how = RADIUS_MSCHAP2_CHANGE;
	proof.new_password = new;
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_OK);
	assert_int_equal(mschap_response("alice", new, 0, fixed, fixed, response), ERR_OK);
	assert_memory_equal(mschap.response, response, sizeof(response));
	assert_int_equal(mschap_change("alice", old, new, 0, fixed, fixed, cpw, encrypted), ERR_OK);
	packet.len = RADIUS_HEADER_SIZE + request.attrs.len;
	memcpy(packet.data + RADIUS_HEADER_SIZE, request.attrs.data, request.attrs.len);
	assert_true(radius_find(&packet, 311, 27, &attr));
	assert_memory_equal(attr.value, cpw, sizeof(cpw));
	for (size_t piece = 0; piece < ARRAY_LEN(sizes); piece++) {
		const uint8_t head[4] = {6, 0, 0, (uint8_t)(piece + 1)};

		do {
			assert_true(radius_next(&packet, &walk, &attr));
		} while (attr.vendor != 311 || attr.type != 6);
		assert_int_equal(attr.len, sizeof(head) + sizes[piece]);
		assert_memory_equal(attr.value, head, sizeof(head));
		memcpy(joined + at, attr.value + sizeof(head), sizes[piece]);
		at += sizes[piece];
	}
	assert_int_equal(at, sizeof(encrypted));
	assert_memory_equal(joined, encrypted, sizeof(encrypted));
	radius_request_fini(&request);
	secret_free(old);
	secret_free(new);
}

static void
test_dacl(UNUSED void **state)
{
	struct radius_request request;

	assert_int_equal(
	    radius_ask_dacl("#ACSACL#-IP-STAFF-5f1", &who.nas, NULL, 0, &request), ERR_OK);
	assert_int_equal(request.code, RADIUS_ACCESS_REQUEST);
	expect(&request, "1=#ACSACL#-IP-STAFF-5f1\n2=00000000000000000000000000000000\n" NAS
			 "9/1=aaa:service=ip_admission\n9/1=aaa:event=acl-download\n");
	radius_request_fini(&request);
	assert_int_equal(
	    radius_ask_dacl("#ACSACL#-IP-STAFF-5f1", &who.nas, "\1\2", 2, &request), ERR_OK);
	expect(&request, "1=#ACSACL#-IP-STAFF-5f1\n2=00000000000000000000000000000000\n" NAS
			 "24=0102\n9/1=aaa:service=ip_admission\n9/1=aaa:event=acl-download\n");
	radius_request_fini(&request);
}

static void
test_account(UNUSED void **state)
{
	struct radius_request request;

	radius_request_init(&request, RADIUS_ACCOUNTING_REQUEST);
	radius_ask_account(&who, &request);
	assert_int_equal(request.code, RADIUS_ACCOUNTING_REQUEST);
	expect(&request, "1=alice\n" NAS
			 "5=00004000\n6=00000002\n7=00000001\n" STATIONS ENDPOINT DEVICE AUDIT GROUP
			 "3076/151=00000001\n3076/152=00000003\n");
	radius_request_fini(&request);
}

/* The longest of everything goes into one packet, whatever its size is. */
static void
test_longest(UNUSED void **state)
{
	static char name[RADIUS_VALUE_MAX + 1], group[65], text[300];
	struct secret *old = secret_of("secret"), *new = secret_of("newer");
	struct radius_proof_of proof = {.how = RADIUS_MSCHAP2_CHANGE,
	    .password = old,
	    .new_password = new,
	    .state = text,
	    .state_len = RADIUS_VALUE_MAX};
	struct radius_packet packet;
	struct radius_mschap mschap;
	struct radius_request request;

	memset(name, 'n', sizeof(name) - 1);
	memset(group, 'g', sizeof(group) - 1);
	memset(text, 't', sizeof(text) - 1);
	memset(facts.agent, 'a', sizeof(facts.agent) - 1);
	memset(facts.os, 'o', sizeof(facts.os) - 1);
	memset(facts.os_version, 'v', sizeof(facts.os_version) - 1);
	memset(facts.device_type, 'd', sizeof(facts.device_type) - 1);
	memset(facts.unique_id, 'u', sizeof(facts.unique_id) - 1);
	memset(facts.unique_id_global, 'g', sizeof(facts.unique_id_global) - 1);
	for (size_t i = 0; i < FACTS_MACS_MAX; i++)
		snprintf(facts.mac[i], sizeof(facts.mac[i]), "00-50-5a-00-00-0%zu", i);
	who.username = name;
	who.tunnel_group = group;
	assert_int_equal(radius_ask_access(&who, &proof, &request, &mschap), ERR_OK);
	assert_int_equal(radius_seal(&request, 1, old, &packet), ERR_OK);
	radius_request_fini(&request);
	secret_free(old);
	secret_free(new);
}

static int
fixed_setup(void **state)
{
	rnd_set_source(fill_fixed);
	return setup(state);
}

static int
fixed_teardown(UNUSED void **state)
{
	rnd_set_source(NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_proofs, fixed_setup, fixed_teardown),
	    cmocka_unit_test_setup(test_ipv6_and_little, setup),
	    cmocka_unit_test_setup(test_too_long, setup),
	    cmocka_unit_test_setup_teardown(test_mschap, fixed_setup, fixed_teardown),
	    cmocka_unit_test_setup(test_dacl, setup),
	    cmocka_unit_test_setup(test_account, setup),
	    cmocka_unit_test_setup(test_longest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
