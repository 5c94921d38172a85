/* SPDX-License-Identifier: Apache-2.0 */
/* Client facts and tokens: what is malformed is refused, what is long is cut, what is hostile is
 * made printable. */
#include "tests/unit/auth_help.h"

#include "auth/token.h"

static void
test_addresses(void **state)
{
	static uint8_t bytes[32];
	static const struct {
		size_t client_len, server_len;
		uint32_t client_port, server_port;
		enum err err;
	} cases[] = {
	    {4, 4, 1, 443, ERR_OK},
	    {16, 16, 65535, 443, ERR_OK},
	    {4, 0, 1, 0, ERR_OK},
	    {0, 4, 1, 443, ERR_SYNTAX},
	    {5, 4, 1, 443, ERR_SYNTAX},
	    {32, 4, 1, 443, ERR_SYNTAX},
	    {4, 3, 1, 443, ERR_SYNTAX},
	    {4, 4, 65536, 443, ERR_RANGE},
	    {4, 4, 1, UINT32_MAX, ERR_RANGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		Ipc__ClientFacts msg = IPC__CLIENT_FACTS__INIT;
		struct facts facts;

		bytes[0] = 0x20;
		msg.client_ip.data = msg.server_ip.data = bytes;
		msg.client_ip.len = cases[i].client_len;
		msg.server_ip.len = cases[i].server_len;
		msg.client_port = cases[i].client_port;
		msg.server_port = cases[i].server_port;
		enum err err = facts_read(&msg, &facts);
		if (err != cases[i].err)
			fail_msg("FAIL: case %zu, expected %s, got %s", i, err_str(cases[i].err),
			    err_str(err));
	}
	struct facts facts;
	assert_int_equal(facts_read(NULL, &facts), ERR_SYNTAX);
}

static void
test_texts(void **state)
{
	static char big[1000];
	Ipc__ClientFacts msg, back = IPC__CLIENT_FACTS__INIT;
	struct facts facts, again;
	char *macs[FACTS_MACS_MAX];

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	world_facts(&msg);
	msg.user_agent = big;
	msg.device_os = (char *)"li\x1b[2Jnux\n";
	msg.device_type = big;
	msg.computer_name = big;
	msg.unique_id = big;
	msg.unique_id_global = (char *)"CD34";
	assert_int_equal(facts_read(&msg, &facts), ERR_OK);
	assert_int_equal(strlen(facts.agent), sizeof(facts.agent) - 1);
	assert_null(strchr(facts.os, '\x1b'));
	assert_null(strchr(facts.os, '\n'));
	/* There and back. */
	facts_write(&facts, macs, &back);
	assert_int_equal(facts_read(&back, &again), ERR_OK);
	assert_string_equal(again.agent, facts.agent);
	assert_int_equal(strlen(facts.device_type), sizeof(facts.device_type) - 1);
	assert_string_equal(again.device_type, facts.device_type);
	assert_string_equal(again.computer_name, facts.computer_name);
	assert_int_equal(strlen(facts.unique_id), sizeof(facts.unique_id) - 1);
	assert_string_equal(again.unique_id, facts.unique_id);
	assert_string_equal(again.unique_id_global, "CD34");
	assert_true(ip_eq(&again.client.addr, &facts.client.addr));
	assert_int_equal(again.server.port, 443);
}

/* Hardware addresses in any form, as one; what is none is passed over, what is too much, too. */
static void
test_macs(void **state)
{
	static char *forms[] = {(char *)"66", (char *)"00:50:5A:00:00:01", (char *)"",
	    (char *)"0050.5a00.0002", (char *)"00-50-5a-00-00-0g", (char *)"00505A000003",
	    (char *)"00-50-5a-00-00-04-05", (char *)"00-50-5a-00-00-04",
	    (char *)"00-50-5a-00-00-05"};
	Ipc__ClientFacts msg, back = IPC__CLIENT_FACTS__INIT;
	char *macs[FACTS_MACS_MAX];
	struct facts facts, again;

	(void)state;
	world_facts(&msg);
	msg.mac_address = forms;
	msg.n_mac_address = ARRAY_LEN(forms);
	for (uint32_t public_mac = 0; public_mac <= ARRAY_LEN(forms) + 1; public_mac++) {
		static const uint8_t expected[] = {0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0};

		msg.public_mac = public_mac;
		assert_int_equal(facts_read(&msg, &facts), ERR_OK);
		assert_int_equal(facts.public_mac, expected[public_mac]);
	}
	for (size_t i = 0; i < FACTS_MACS_MAX; i++) {
		char mac[18];

		snprintf(mac, sizeof(mac), "00-50-5a-00-00-0%zu", i + 1);
		assert_string_equal(facts.mac[i], mac);
	}
	facts.public_mac = 3;
	facts_write(&facts, macs, &back);
	assert_int_equal(back.n_mac_address, FACTS_MACS_MAX);
	assert_int_equal(facts_read(&back, &again), ERR_OK);
	assert_memory_equal(again.mac, facts.mac, sizeof(facts.mac));
	assert_int_equal(again.public_mac, 3);
}

static void
test_tokens(void **state)
{
	static const char *const bad[] = {"", "0", "zz", "00112233445566778899aabbccddeeff"};
	char a[TOKEN_TEXT_SIZE], b[TOKEN_TEXT_SIZE];
	uint8_t hash_a[TOKEN_HASH_SIZE], hash_b[TOKEN_HASH_SIZE];

	(void)state;
	token_new(a);
	token_new(b);
	assert_int_equal(strlen(a), 64);
	assert_string_not_equal(a, b);
	assert_int_equal(token_hash(a, hash_a), ERR_OK);
	assert_int_equal(token_hash(b, hash_b), ERR_OK);
	assert_memory_not_equal(hash_a, hash_b, TOKEN_HASH_SIZE);
	assert_int_equal(token_hash(a, hash_b), ERR_OK);
	assert_memory_equal(hash_a, hash_b, TOKEN_HASH_SIZE);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(token_hash(bad[i], hash_a), ERR_SYNTAX);
	/* SHA-256 of 32 zero bytes. */
	memset(a, '0', 64);
	assert_int_equal(token_hash(a, hash_a), ERR_OK);
	assert_memory_equal(hash_a, "\x66\x68\x7a\xad\xf8\x62\xbd\x77", 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_macs),
	    cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
