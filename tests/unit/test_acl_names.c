/* SPDX-License-Identifier: Apache-2.0 */
/* Names in access lists, and numbers in their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/acl.h"
#include "conf/acl_names.h"

#define TU (ACL_PORTS_TCP | ACL_PORTS_UDP)

static const struct {
	const char *word;
	unsigned of;
	enum err err;
	uint16_t port;
} ports[] = {
    {"www", ACL_PORTS_TCP, ERR_OK, 80},
    {"http", ACL_PORTS_TCP, ERR_OK, 80},
    {"http", ACL_PORTS_UDP, ERR_OK, 80},
    {"https", ACL_PORTS_TCP, ERR_OK, 443},
    {"https", ACL_PORTS_UDP, ERR_NOTFOUND, 0},
    {"https", TU, ERR_OK, 443},
    {"ssh", ACL_PORTS_TCP, ERR_OK, 22},
    {"domain", ACL_PORTS_UDP, ERR_OK, 53},
    {"cmd", ACL_PORTS_TCP, ERR_OK, 514},
    {"syslog", ACL_PORTS_UDP, ERR_OK, 514},
    {"syslog", ACL_PORTS_TCP, ERR_NOTFOUND, 0},
    {"rsh", ACL_PORTS_TCP, ERR_OK, 514},
    {"biff", ACL_PORTS_UDP, ERR_OK, 512},
    {"exec", ACL_PORTS_TCP, ERR_OK, 512},
    {"kerberos", ACL_PORTS_UDP, ERR_OK, 750},
    {"radius", ACL_PORTS_UDP, ERR_OK, 1645},
    {"sqlnet", ACL_PORTS_TCP, ERR_OK, 1521},
    {"isakmp", ACL_PORTS_UDP, ERR_OK, 500},
    {"WWW", ACL_PORTS_TCP, ERR_NOTFOUND, 0},
    {"domain", ACL_PORTS_SCTP, ERR_NOTFOUND, 0},
    {"domain", 0, ERR_NOTFOUND, 0},
    {"0", ACL_PORTS_SCTP, ERR_OK, 0},
    {"65535", ACL_PORTS_TCP, ERR_OK, 65535},
    {"65536", ACL_PORTS_TCP, ERR_RANGE, 0},
    {"99999999999999999999", ACL_PORTS_TCP, ERR_RANGE, 0},
    {"22x", ACL_PORTS_TCP, ERR_RANGE, 0},
    {"", ACL_PORTS_TCP, ERR_NOTFOUND, 0},
};

static void
test_ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		uint16_t port = 0;
		enum err err = acl_port(ports[i].word, ports[i].of, &port);

		if (err != ports[i].err || port != ports[i].port)
			fail_msg("\"%s\": expected %s %u, got %s %u", ports[i].word,
			    err_str(ports[i].err), ports[i].port, err_str(err), port);
	}
}

static const struct {
	const char *word;
	enum err err;
	int16_t proto;
} protos[] = {
    {"ip", ERR_OK, ACL_ANY},
    {"0", ERR_OK, ACL_ANY},
    {"icmp", ERR_OK, 1},
    {"tcp", ERR_OK, 6},
    {"udp", ERR_OK, 17},
    {"pptp", ERR_OK, 47},
    {"gre", ERR_OK, 47},
    {"ipsec", ERR_OK, 50},
    {"icmp6", ERR_OK, 58},
    {"sctp", ERR_OK, 132},
    {"255", ERR_OK, 255},
    {"256", ERR_RANGE, 0},
    {"1a", ERR_RANGE, 0},
    {"TCP", ERR_NOTFOUND, 0},
    {"", ERR_NOTFOUND, 0},
};

static void
test_protocols(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
		int16_t proto = 0;
		enum err err = acl_protocol(protos[i].word, &proto);

		if (err != protos[i].err || proto != protos[i].proto)
			fail_msg("\"%s\": expected %s %d, got %s %d", protos[i].word,
			    err_str(protos[i].err), protos[i].proto, err_str(err), proto);
	}
}

static const struct {
	const char *word;
	int16_t proto;
	enum err err;
	int16_t type;
} types[] = {
    {"echo", ACL_ICMP, ERR_OK, 8},
    {"echo", ACL_ICMP6, ERR_OK, 128},
    {"echo-reply", ACL_ICMP, ERR_OK, 0},
    {"echo-reply", ACL_ICMP6, ERR_OK, 129},
    {"unreachable", ACL_ICMP, ERR_OK, 3},
    {"unreachable", ACL_ICMP6, ERR_OK, 1},
    {"redirect", ACL_ICMP, ERR_OK, 5},
    {"redirect", ACL_ICMP6, ERR_NOTFOUND, 0},
    {"neighbor-advertisement", ACL_ICMP6, ERR_OK, 136},
    {"neighbor-advertisement", ACL_ICMP, ERR_NOTFOUND, 0},
    {"mobile-redirect", ACL_ICMP, ERR_OK, 32},
    {"255", ACL_ICMP, ERR_OK, 255},
    {"256", ACL_ICMP6, ERR_RANGE, 0},
};

static void
test_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		int16_t type = 0;
		enum err err = acl_icmp_type(types[i].word, types[i].proto, &type);

		if (err != types[i].err || type != types[i].type)
			fail_msg("\"%s\" of %d: expected %s %d, got %s %d", types[i].word,
			    types[i].proto, err_str(types[i].err), types[i].type, err_str(err),
			    type);
	}
}

static void
test_levels(void **state)
{
	(void)state;
	assert_true(acl_is_level("0"));
	assert_true(acl_is_level("7"));
	assert_true(acl_is_level("informational"));
	assert_true(acl_is_level("debugging"));
	assert_false(acl_is_level("8"));
	assert_false(acl_is_level("07"));
	assert_false(acl_is_level("info"));
	assert_false(acl_is_level(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_protocols),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
