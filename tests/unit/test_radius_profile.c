/* SPDX-License-Identifier: Apache-2.0 */
/* auth/radius_profile*.c: every attribute of asa.md 6.3 and 6.4 that means something here, what is
 * wrong with one, and what a hostile server makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/radius_profile_parts.h"
#include "common/str.h"
#include "conf/row.h"
#include "conf/row_unknown.h"

#define ATTRS_MAX 8

/* An attribute to be: of four bytes, of an address, or of bytes. */
struct given {
	uint32_t vendor;
	uint8_t type;
	char form; /* 'n' number, 'i' address, 't' text, 'x' hexadecimal; 0: no more */
	const char *text;
};

static struct radius_packet packet;

static void
put(struct radius_request *request, const struct given *given)
{
	uint8_t value[RADIUS_VALUE_MAX];
	struct ip_addr addr;
	uint64_t number;
	size_t len = strlen(given->text);

	assert_true(len <= sizeof(value));
	memcpy(value, given->text, len);
	if (given->form == 'n') {
		assert_int_equal(str_to_u64(given->text, 0, UINT32_MAX, &number), ERR_OK);
		for (size_t i = 0; i < 4; i++)
			value[i] = (uint8_t)(number >> (24 - 8 * i));
		len = 4;
	} else if (given->form == 'i') {
		assert_int_equal(ip_parse(given->text, &addr), ERR_OK);
		len = ip_len(&addr);
		memcpy(value, addr.bytes, len);
	} else if (given->form == 'x') {
		len /= 2;
		assert_int_equal(str_unhex(given->text, value, len), ERR_OK);
	}
	/* By hand, as lengths of zero are among them. */
	if (given->vendor != 0) {
		buf_put_u8(&request->attrs, RADIUS_VENDOR_SPECIFIC);
		buf_put_u8(&request->attrs, (uint8_t)(8 + len));
		buf_put_u32(&request->attrs, given->vendor);
	}
	buf_put_u8(&request->attrs, given->type);
	buf_put_u8(&request->attrs, (uint8_t)(2 + len));
	buf_put(&request->attrs, value, len);
}

static void
seal(struct radius_request *request)
{
	assert_int_equal(request->attrs.err, ERR_OK);
	packet.len = RADIUS_HEADER_SIZE + request->attrs.len;
	if (request->attrs.len > 0)
		memcpy(packet.data + RADIUS_HEADER_SIZE, request->attrs.data, request->attrs.len);
	radius_request_fini(request);
}

static void
make(const struct given *given)
{
	struct radius_request request;

	radius_request_init(&request, RADIUS_ACCESS_ACCEPT);
	for (size_t i = 0; i < ATTRS_MAX && given[i].form != '\0'; i++)
		put(&request, &given[i]);
	seal(&request);
}

/* A profile as lines, so that a case is a text. */
static void
describe(const Ipc__AaaProfile *profile, struct buf *out)
{
	if (profile->user_name[0] != '\0')
		buf_printf(out, "user=%s\n", profile->user_name);
	if (profile->group_policy[0] != '\0')
		buf_printf(
		    out, "policy=%s, %s\n", profile->group_policy, profile->group_policy_origin);
	if (profile->idle_timeout != 0)
		buf_printf(out, "idle=%u\n", profile->idle_timeout);
	if (profile->session_timeout != 0)
		buf_printf(out, "session=%u\n", profile->session_timeout);
	for (size_t i = 0; i < profile->n_class_value; i++) {
		buf_puts(out, "class=");
		buf_put_hex(out, profile->class_value[i].data, profile->class_value[i].len, false);
		buf_puts(out, "\n");
	}
	for (size_t i = 0; i < profile->n_ace; i++)
		buf_printf(out, "ace=%s\n", profile->ace[i]);
	if (profile->dacl[0] != '\0')
		buf_printf(out, "dacl=%s\n", profile->dacl);
	for (size_t i = 0; i < profile->n_attr; i++) {
		buf_printf(out, "%s=", profile->attr[i]->name);
		for (size_t j = 0; j < profile->attr[i]->n_value; j++)
			buf_printf(out, "%s%s", j > 0 ? "|" : "", profile->attr[i]->value[j]);
		buf_printf(out, ", %s\n", profile->attr[i]->origin);
	}
}

static void
check(const char *expected, const char *expected_notes)
{
	Ipc__AaaProfile *profile, *copy;
	struct buf got, again, notes;

	buf_init(&got, 65536);
	buf_init(&again, 65536);
	buf_init(&notes, 65536);
	assert_int_equal(radius_profile_read(&packet, &profile, &notes), ERR_OK);
	describe(profile, &got);
	copy = radius_profile_copy(profile);
	assert_non_null(copy);
	radius_profile_free(profile);
	describe(copy, &again);
	radius_profile_free(copy);
	if (strcmp(buf_cstr(&got), expected) != 0)
		fail_msg("FAIL: expected\n%sgot\n%s", expected, buf_cstr(&got));
	if (strcmp(buf_cstr(&notes), expected_notes) != 0)
		fail_msg("FAIL: of\n%sexpected note\n%sgot\n%s", buf_cstr(&got), expected_notes,
		    buf_cstr(&notes));
	assert_string_equal(buf_cstr(&again), buf_cstr(&got));
	buf_fini(&got);
	buf_fini(&again);
	buf_fini(&notes);
}

struct profile_case {
	struct given given[ATTRS_MAX];
	const char *expected;
	const char *notes; /* NULL: none */
};

static void
check_all(const struct profile_case *cases, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		make(cases[i].given);
		check(cases[i].expected, cases[i].notes != NULL ? cases[i].notes : "");
	}
}

#define ASA 3076
#define LONG64 "a234567890b234567890c234567890d234567890e234567890f2345678901234"

/* Numbers, words and texts: one row of the table each. */
static void
test_plain(UNUSED void **state)
{
	static const struct profile_case cases[] = {
	    {{{0}}, "", NULL},
	    {{{ASA, 1, 't', "Office"}}, "vpn-access-hours=Office, Access-Hours (3076/1)\n", NULL},
	    {{{ASA, 2, 'n', "0"}}, "vpn-simultaneous-logins=0, Simultaneous-Logins (3076/2)\n",
		NULL},
	    {{{ASA, 2, 'n', "2147483647"}},
		"vpn-simultaneous-logins=2147483647, Simultaneous-Logins (3076/2)\n", NULL},
	    {{{ASA, 27, 't', "split"}},
		"split-tunnel-network-list=split, IPsec-Split-Tunnel-List (3076/27)\n", NULL},
	    {{{ASA, 28, 't', "example.com"}},
		"default-domain=example.com, IPsec-Default-Domain (3076/28)\n", NULL},
	    {{{ASA, 50, 'n', "90"}},
		"vpn-idle-timeout=90, Authenticated-User-Idle-Timeout (3076/50)\n", NULL},
	    {{{ASA, 55, 'n', "0"}},
		"split-tunnel-policy=tunnelall, IPsec-Split-Tunneling-Policy (3076/55)\n", NULL},
	    {{{ASA, 55, 'n', "1"}},
		"split-tunnel-policy=tunnelspecified, IPsec-Split-Tunneling-Policy (3076/55)\n",
		NULL},
	    {{{ASA, 55, 'n', "2"}},
		"split-tunnel-policy=excludespecified, IPsec-Split-Tunneling-Policy (3076/55)\n",
		NULL},
	    {{{ASA, 80, 't', "proxy.example.com:3128"}},
		"msie-proxy-server=proxy.example.com:3128, IE-Proxy-Server (3076/80)\n", NULL},
	    {{{ASA, 81, 'n', "1"}},
		"msie-proxy-method=no-modify, IE-Proxy-Server-Policy (3076/81)\n", NULL},
	    {{{ASA, 81, 'n', "2"}},
		"msie-proxy-method=no-proxy, IE-Proxy-Server-Policy (3076/81)\n", NULL},
	    {{{ASA, 81, 'n', "3"}},
		"msie-proxy-method=auto-detect, IE-Proxy-Server-Policy (3076/81)\n", NULL},
	    {{{ASA, 81, 'n', "4"}},
		"msie-proxy-method=use-server, IE-Proxy-Server-Policy (3076/81)\n", NULL},
	    {{{ASA, 83, 'n', "1"}},
		"msie-proxy-local-bypass=true, IE-Proxy-Bypass-Local (3076/83)\n", NULL},
	    {{{ASA, 83, 'n', "0"}},
		"msie-proxy-local-bypass=false, IE-Proxy-Bypass-Local (3076/83)\n", NULL},
	    {{{ASA, 133, 't', "http://p.example.com/p.pac"}},
		"msie-proxy-pac-url=http://p.example.com/p.pac, IE-Proxy-PAC-URL (3076/133)\n",
		NULL},
	    {{{ASA, 85, 't', "STAFF"}}, "group-lock=STAFF, Tunnel-Group-Lock (3076/85)\n", NULL},
	    {{{ASA, 85, 't', "none"}}, "group-lock=none, Tunnel-Group-Lock (3076/85)\n", NULL},
	    {{{ASA, 107, 'n', "30"}}, "anyconnect-ssl-keepalive=30, SVC-Keepalive (3076/107)\n",
		NULL},
	    {{{ASA, 107, 'n', "0"}}, "anyconnect-ssl-keepalive=none, SVC-Keepalive (3076/107)\n",
		NULL},
	    {{{ASA, 108, 'n', "45"}},
		"anyconnect-dpd-interval-client=45, SVC-DPD-Interval-Client (3076/108)\n", NULL},
	    {{{ASA, 109, 'n', "0"}},
		"anyconnect-dpd-interval-gateway=none, SVC-DPD-Interval-Gateway (3076/109)\n",
		NULL},
	    {{{ASA, 110, 'n', "240"}}, "anyconnect-ssl-rekey-time=240, SVC-Rekey-Time (3076/110)\n",
		NULL},
	    {{{ASA, 110, 'n', "0"}}, "anyconnect-ssl-rekey-time=none, SVC-Rekey-Time (3076/110)\n",
		NULL},
	    {{{ASA, 111, 'n', "0"}},
		"anyconnect-ssl-rekey-method=none, SVC-Rekey-Method (3076/111)\n", NULL},
	    {{{ASA, 111, 'n', "1"}},
		"anyconnect-ssl-rekey-method=ssl, SVC-Rekey-Method (3076/111)\n", NULL},
	    {{{ASA, 111, 'n', "2"}},
		"anyconnect-ssl-rekey-method=new-tunnel, SVC-Rekey-Method (3076/111)\n", NULL},
	    {{{ASA, 123, 'n', "0"}}, "anyconnect-ssl-dtls=false, SVC-DTLS (3076/123)\n", NULL},
	    {{{ASA, 125, 'n', "1300"}}, "anyconnect-mtu=1300, SVC-MTU (3076/125)\n", NULL},
	    {{{ASA, 148, 'n', "5"}},
		"vpn-idle-timeout-alert-interval=5, Idle-Timeout-Alert-Interval (3076/148)\n",
		NULL},
	    {{{ASA, 149, 'n', "0"}},
		"vpn-session-timeout-alert-interval=none, Session-Timeout-Alert-Interval "
		"(3076/149)\n",
		NULL},
	    {{{ASA, 219, 't', "six"}}, "ipv6-vpn-filter=six, IPv6-VPN-Filter (3076/219)\n", NULL},
	    {{{ASA, 225, 'n', "0"}},
		"smartcard-removal-disconnect=false, Smart-Card-Removal-Disconnect (3076/225)\n",
		NULL},
	    {{{0, 1, 't', "Alice Example"}}, "user=Alice Example\n", NULL},
	    {{{0, 27, 'n', "7200"}, {0, 28, 'n', "90"}}, "idle=90\nsession=7200\n", NULL},
	    {{{ASA, 28, 'x', "6578616d706c6500"}},
		"default-domain=example, IPsec-Default-Domain (3076/28)\n", NULL},
	    /* Nothing that we know, or that a client of ours would notice. */
	    {{{ASA, 65, 'n', "1"}, {ASA, 103, 'n', "1"}, {ASA, 112, 'n', "1"},
		 {ASA, 127, 't', "vpngina"}, {9, 2, 't', "x"}, {311, 26, 't', "S=0"},
		 {99999, 1, 't', "x"}, {0, 18, 't', "Hello"}},
		"", NULL},
	};

	check_all(cases, ARRAY_LEN(cases));
}

static void
test_lists(UNUSED void **state)
{
	static const struct profile_case cases[] = {
	    /* In whichever order they come. */
	    {{{ASA, 6, 'i', "192.0.2.2"}, {ASA, 5, 'i', "192.0.2.1"}},
		"dns-server=192.0.2.1|192.0.2.2, Primary-DNS (3076/5)\n", NULL},
	    {{{ASA, 6, 'i', "192.0.2.2"}}, "dns-server=192.0.2.2, Secondary-DNS (3076/6)\n", NULL},
	    {{{ASA, 5, 'i', "0.0.0.0"}}, "", NULL},
	    {{{ASA, 7, 'i', "192.0.2.3"}, {ASA, 8, 'i', "192.0.2.4"}},
		"wins-server=192.0.2.3|192.0.2.4, Primary-WINS (3076/7)\n", NULL},
	    {{{ASA, 29, 't', "a.example,b.example c.example;d.example"}},
		"split-dns=a.example|b.example|c.example|d.example, IPsec-Split-DNS-Names "
		"(3076/29)\n",
		NULL},
	    {{{ASA, 29, 't', "a.example"}, {ASA, 29, 't', ", b.example,"}},
		"split-dns=a.example|b.example, IPsec-Split-DNS-Names (3076/29)\n", NULL},
	    {{{ASA, 82, 't', "*.example.com\n10.0.0.1\r\nlocal"}},
		"msie-proxy-except-list=*.example.com|10.0.0.1|local, IE-Proxy-Exception-List "
		"(3076/82)\n",
		NULL},
	    {{{ASA, 217, 't', "one two"}, {ASA, 217, 't', "three"}},
		"address-pools=one|two|three, Address-Pools (3076/217)\n", NULL},
	    {{{ASA, 218, 't', "six"}}, "ipv6-address-pools=six, IPv6-Address-Pools (3076/218)\n",
		NULL},
	    {{{ASA, 11, 'n', "32"}},
		"vpn-tunnel-protocol=ssl-client, Tunneling-Protocols (3076/11)\n", NULL},
	    {{{ASA, 11, 'n', "116"}},
		"vpn-tunnel-protocol=ikev1|ikev2|ssl-client|ssl-clientless, Tunneling-Protocols "
		"(3076/11)\n",
		NULL},
	    {{{ASA, 11, 'n', "1"}},
		"vpn-tunnel-protocol=l2tp-ipsec, Tunneling-Protocols (3076/11)\n", NULL},
	    {{{ASA, 36, 't', "and two"}, {ASA, 15, 't', "One "}},
		"banner=One and two, Banner1 (3076/15)\n", NULL},
	    {{{ASA, 36, 't', "two"}}, "banner=two, Banner1 (3076/15)\n", NULL},
	    /* A character that lies across the border. */
	    {{{ASA, 15, 'x', "61c3"}, {ASA, 36, 'x', "a462"}},
		"banner=a\xc3\xa4"
		"b, Banner1 (3076/15)\n",
		NULL},
	    {{{ASA, 15, 'x', "610d0a0962001b5b7f"}}, "banner=a\n\tb??[?, Banner1 (3076/15)\n",
		NULL},
	};

	check_all(cases, ARRAY_LEN(cases));
}

static void
test_addresses(UNUSED void **state)
{
	static const struct profile_case cases[] = {
	    {{{0, 9, 'i', "255.255.255.0"}, {0, 8, 'i', "192.0.2.7"}},
		"vpn-framed-ip-address=192.0.2.7 255.255.255.0, Framed-IP-Address (8)\n", NULL},
	    {{{0, 8, 'i', "192.0.2.7"}},
		"vpn-framed-ip-address=192.0.2.7 255.255.255.255, Framed-IP-Address (8)\n", NULL},
	    {{{0, 8, 'i', "255.255.255.254"}}, "", NULL},
	    {{{0, 8, 'i', "255.255.255.255"}}, "", NULL},
	    {{{0, 8, 'i', "0.0.0.0"}}, "", NULL},
	    {{{0, 9, 'i', "255.255.255.0"}}, "", NULL},
	    {{{0, 8, 'i', "192.0.2.7"}, {0, 9, 'i', "255.0.255.0"}},
		"vpn-framed-ip-address=192.0.2.7 255.255.255.255, Framed-IP-Address (8)\n",
		"Framed-IP-Address (8) comes with a Framed-IP-Netmask that is none\n"},
	    {{{0, 97, 'x', "004020010db800000001"}, {0, 96, 'x', "00000000000000a7"}},
		"vpn-framed-ipv6-address=2001:db8:0:1::a7/64, Framed-IPv6-Prefix (97)\n", NULL},
	    {{{0, 97, 'x', "003020010db80000"}, {0, 96, 'x', "00000000000000a7"}},
		"vpn-framed-ipv6-address=2001:db8::a7/48, Framed-IPv6-Prefix (97)\n", NULL},
	    {{{0, 97, 'x', "008020010db8000000010000000000000009"}},
		"vpn-framed-ipv6-address=2001:db8:0:1::9/128, Framed-IPv6-Prefix (97)\n", NULL},
	    {{{0, 97, 'x', "004020010db800000001"}}, "",
		"Framed-IPv6-Prefix (97) comes without a Framed-Interface-Id: it is not an "
		"address\n"},
	    {{{0, 97, 'x', "004020010db8000000"}}, "",
		"Framed-IPv6-Prefix (97) is not an IPv6 prefix\n"},
	    {{{0, 97, 'x', "0081"}}, "", "Framed-IPv6-Prefix (97) is not an IPv6 prefix\n"},
	    {{{0, 97, 'x', "00"}}, "", "Framed-IPv6-Prefix (97) is not an IPv6 prefix\n"},
	    {{{0, 168, 'i', "2001:db8::7"}},
		"vpn-framed-ipv6-address=2001:db8::7/128, Framed-IPv6-Address (168)\n", NULL},
	    {{{0, 168, 'i', "2001:db8::7"}, {0, 97, 'x', "004020010db800000000"}},
		"vpn-framed-ipv6-address=2001:db8::7/64, Framed-IPv6-Address (168)\n", NULL},
	    {{{0, 168, 'i', "2001:db8::7"}, {0, 97, 'x', "004020010db800000001"}},
		"vpn-framed-ipv6-address=2001:db8::7/128, Framed-IPv6-Address (168)\n", NULL},
	};

	check_all(cases, ARRAY_LEN(cases));
}

static void
test_policy(UNUSED void **state)
{
	static const struct profile_case cases[] = {
	    {{{ASA, 25, 't', "GP"}}, "policy=GP, Group-Policy (3076/25)\n", NULL},
	    {{{ASA, 25, 't', "OU=GP;"}}, "policy=GP, Group-Policy (3076/25)\n", NULL},
	    {{{0, 25, 't', "OU=B"}, {ASA, 25, 't', "A"}},
		"policy=A, Group-Policy (3076/25)\nclass=4f553d42\n", NULL},
	    {{{0, 25, 't', "GP"}}, "policy=GP, Class (25)\nclass=4750\n", NULL},
	    {{{0, 25, 't', "OU=GP"}}, "policy=GP, Class (25)\nclass=4f553d4750\n", NULL},
	    {{{0, 25, 't', "ou=GP;"}}, "policy=GP, Class (25)\nclass=6f753d47503b\n", NULL},
	    {{{0, 25, 't', "OU=a: b"}}, "policy=a: b, Class (25)\nclass=4f553d613a2062\n", NULL},
	    /* All are sent back; one with OU= names the policy, wherever it stands. */
	    {{{0, 25, 't', "X"}, {0, 25, 't', "OU=GP"}},
		"policy=GP, Class (25)\nclass=58\nclass=4f553d4750\n", NULL},
	    {{{0, 25, 't', "X"}, {0, 25, 't', "Y"}}, "policy=X, Class (25)\nclass=58\nclass=59\n",
		NULL},
	    /* Marks of the server. */
	    {{{0, 25, 't', "CACS:0a/1"}}, "class=434143533a30612f31\n", NULL},
	    {{{0, 25, 'x', "0001ff"}}, "class=0001ff\n", NULL},
	    {{{0, 25, 't', " X"}}, "class=2058\n", NULL},
	    {{{0, 25, 't', LONG64 "x"}},
		"class=6132333435363738393062323334353637383930633233343536373839306432333435363738"
		"39306532333435363738393066323334353637383930313233"
		"3478\n",
		NULL},
	    {{{0, 25, 't', "OU="}}, "class=4f553d\n", NULL},
	    {{{0, 25, 't', "OU=;"}}, "class=4f553d3b\n", NULL},
	    {{{ASA, 25, 't', "OU=;"}}, "", "Group-Policy (3076/25) is empty\n"},
	};

	check_all(cases, ARRAY_LEN(cases));
}

#define TWO "is not used: the attribute has a value already\n"

static void
test_lists_of_rules(UNUSED void **state)
{
	static const struct profile_case cases[] = {
	    {{{0, 11, 't', "FILTER"}}, "vpn-filter=FILTER, Filter-Id (11)\n", NULL},
	    /* The whole of it is the name of a list. */
	    {{{0, 11, 't', "FILTER.in"}}, "vpn-filter=FILTER.in, Filter-Id (11)\n", NULL},
	    {{{ASA, 86, 't', "FILTER"}}, "vpn-filter=FILTER, Access-List-Inbound (3076/86)\n",
		NULL},
	    {{{0, 11, 't', "A"}, {ASA, 86, 't', "B"}},
		"vpn-filter=B, Access-List-Inbound (3076/86)\n", "Filter-Id (11) " TWO},
	    {{{9, 1, 't', "ip:inacl#20=deny ip any any"},
		 {9, 1, 't', "IP:INACL#3=permit tcp any any"}},
		"ace=permit tcp any any\nace=deny ip any any\n", NULL},
	    {{{9, 1, 't', "ip:inacl#1=b"}, {9, 1, 't', "ip:inacl#0=a"},
		 {9, 1, 't', "ip:inacl#1=c"}},
		"ace=a\nace=b\nace=c\n", NULL},
	    {{{9, 1, 't', "ip:inacl#18446744073709551616=z"}, {9, 1, 't', "ip:inacl#9=a"},
		 {9, 1, 't', "ip:inacl#99999999999999999999999999999999=y"}},
		"ace=a\nace=z\nace=y\n", NULL},
	    /* No number: it stays as it is, so that it cannot be taken for a rule. */
	    {{{9, 1, 't', "ip:inacl#x=permit ip any any"}, {9, 1, 't', "ip:inacl#1=a"},
		 {9, 1, 't', "ip:inacl#=permit ip any any"}, {9, 1, 't', "ip:inacl#12"}},
		"ace=a\nace=ip:inacl#x=permit ip any any\nace=ip:inacl#=permit ip any any\n"
		"ace=ip:inacl#12\n",
		NULL},
	    {{{9, 1, 't', "ip:inacl#1=permit\nip any any"}}, "ace=permit?ip any any\n", NULL},
	    {{{9, 1, 't', "ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-STAFF-5f1"}},
		"dacl=#ACSACL#-IP-STAFF-5f1\n", NULL},
	    {{{9, 1, 't', "ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-A-1"},
		 {9, 1, 't', "ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-B-1"}},
		"dacl=#ACSACL#-IP-A-1\n",
		"cisco-av-pair (9/1) names another ACL to download: it is not used\n"},
	    {{{9, 1, 't', "ACS:CiscoSecure-Defined-ACL="}}, "ace=ACS:CiscoSecure-Defined-ACL=\n",
		NULL},
	    {{{9, 1, 't', "url-redirect-acl=R"}, {9, 1, 't', "profile-name=x"}}, "",
		"cisco-av-pair (9/1) url-redirect-acl is not applied\n"},
	};

	check_all(cases, ARRAY_LEN(cases));
}

static void
test_wrong(UNUSED void **state)
{
	static const struct profile_case cases[] = {
	    {{{ASA, 2, 'x', "000005"}}, "",
		"Simultaneous-Logins (3076/2) is not a number of four bytes\n"},
	    {{{ASA, 2, 'x', "0000000005"}}, "",
		"Simultaneous-Logins (3076/2) is not a number of four bytes\n"},
	    {{{ASA, 2, 't', ""}}, "",
		"Simultaneous-Logins (3076/2) is not a number of four bytes\n"},
	    {{{0, 28, 'x', "01"}}, "", "Idle-Timeout (28) is not a number of four bytes\n"},
	    {{{ASA, 123, 'n', "2"}}, "", "SVC-DTLS (3076/123) has a value without a meaning\n"},
	    {{{ASA, 81, 'n', "0"}}, "",
		"IE-Proxy-Server-Policy (3076/81) has a value without a meaning\n"},
	    {{{ASA, 81, 'n', "5"}}, "",
		"IE-Proxy-Server-Policy (3076/81) has a value without a meaning\n"},
	    {{{ASA, 55, 'n', "4294967295"}}, "",
		"IPsec-Split-Tunneling-Policy (3076/55) has a value without a meaning\n"},
	    {{{ASA, 11, 'n', "0"}}, "",
		"Tunneling-Protocols (3076/11) has a value without a meaning\n"},
	    {{{ASA, 11, 'n', "128"}}, "",
		"Tunneling-Protocols (3076/11) has a value without a meaning\n"},
	    {{{ASA, 5, 'i', "2001:db8::1"}}, "", "Primary-DNS (3076/5) is not an IPv4 address\n"},
	    {{{0, 168, 'i', "192.0.2.1"}}, "",
		"Framed-IPv6-Address (168) is not an IPv6 address\n"},
	    {{{0, 11, 't', ""}}, "", "Filter-Id (11) is empty\n"},
	    {{{ASA, 217, 't', " ,"}}, "", "Address-Pools (3076/217) is empty\n"},
	    {{{ASA, 85, 't', "A"}, {ASA, 85, 't', "B"}},
		"group-lock=A, Tunnel-Group-Lock (3076/85)\n", "Tunnel-Group-Lock (3076/85) " TWO},
	    {{{ASA, 28, 'x', "ff00fe1b61"}},
		"default-domain=????a, IPsec-Default-Domain (3076/28)\n", NULL},
	};

	check_all(cases, ARRAY_LEN(cases));
}

/* Each row has an attribute that group-policies.conf knows. */
static void
test_rows(UNUSED void **state)
{
	const struct row_kind *table = row_kind(CONF_GP_ATTRIBUTES);

	for (const struct radius_profile_row *row = radius_profile_rows; row->name != NULL; row++)
		if (row->attribute != NULL && row_find(table, row->attribute) == table->len)
			fail_msg("FAIL: %s is no attribute of a group policy", row->attribute);
}

/* Packets full of one attribute: what comes out is bounded, and is text. */
static void
test_floods(UNUSED void **state)
{
	static const uint32_t vendors[] = {0, 9, 3076};
	static const char *const values[] = {"a", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x",
	    "ip:inacl#1=", "ip:inacl#", "\xff\xfe\x1b[2J", "OU=x"};

	for (unsigned type = 1; type < 256; type++) {
		for (size_t i = 0; i < ARRAY_LEN(vendors) * ARRAY_LEN(values); i++) {
			struct given given = {.vendor = vendors[i % 3],
			    .type = (uint8_t)type,
			    .form = 't',
			    .text = values[i / 3]};
			struct radius_request request;
			Ipc__AaaProfile *profile;
			size_t room = strlen(given.text) + (given.vendor != 0 ? 8 : 2);

			if (given.vendor == 0 && type == RADIUS_VENDOR_SPECIFIC)
				continue;
			radius_request_init(&request, RADIUS_ACCESS_ACCEPT);
			while (request.attrs.len + room <= RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE)
				put(&request, &given);
			seal(&request);
			assert_int_equal(radius_profile_read(&packet, &profile, NULL), ERR_OK);
			for (size_t j = 0; j < profile->n_attr; j++)
				assert_in_range(profile->attr[j]->n_value, 1, 64);
			radius_profile_free(profile);
		}
	}
}

/* As many lines as fit: several in one Vendor-Specific, the greatest number first. */
static void
test_many_lines(UNUSED void **state)
{
	struct radius_request request;
	Ipc__AaaProfile *profile;
	size_t len = 0;

	radius_request_init(&request, RADIUS_ACCESS_ACCEPT);
	while (RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE - request.attrs.len >= 6 + 19 * 13) {
		buf_put_u8(&request.attrs, RADIUS_VENDOR_SPECIFIC);
		buf_put_u8(&request.attrs, 6 + 19 * 13);
		buf_put_u32(&request.attrs, RADIUS_VENDOR_CISCO);
		for (size_t i = 0; i < 19; i++) {
			buf_put_u8(&request.attrs, 1);
			buf_put_u8(&request.attrs, 13);
			buf_printf(&request.attrs, "ip:inacl#%c=", (char)('9' - len++ % 10));
		}
	}
	/* The shortest that are lines. */
	while (RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE - request.attrs.len >= 6 + 11) {
		buf_put_u8(&request.attrs, RADIUS_VENDOR_SPECIFIC);
		buf_put_u8(&request.attrs, 6 + 11);
		buf_put_u32(&request.attrs, RADIUS_VENDOR_CISCO);
		buf_put_u8(&request.attrs, 1);
		buf_put_u8(&request.attrs, 11);
		buf_puts(&request.attrs, "ip:inacl#");
		len++;
	}
	seal(&request);
	assert_int_equal(radius_profile_read(&packet, &profile, NULL), ERR_OK);
	assert_int_equal(profile->n_ace, len);
	assert_string_equal(profile->ace[0], "");
	assert_string_equal(profile->ace[len - 1], "ip:inacl#");
	radius_profile_free(profile);
}

static void
test_message(UNUSED void **state)
{
	static char big[RADIUS_VALUE_MAX + 1];
	static const struct {
		struct given given[ATTRS_MAX];
		const char *expected;
	} cases[] = {
	    {{{0}}, ""},
	    {{{0, 18, 't', "Hello"}}, "Hello"},
	    {{{0, 18, 't', "One"}, {0, 25, 't', "x"}, {0, 18, 't', "two"}}, "One\ntwo"},
	    {{{0, 18, 'x', "411b5b324a0d0a42"}}, "A?[2J\nB"},
	    {{{0, 18, 't', ""}}, ""},
	};
	char out[1024], little[6];
	struct given two[ATTRS_MAX] = {{0, 18, 't', big}, {0, 18, 't', "end"}, {0}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		make(cases[i].given);
		radius_profile_message(&packet, out, sizeof(out));
		assert_string_equal(out, cases[i].expected);
	}
	make(cases[2].given);
	radius_profile_message(&packet, little, sizeof(little));
	assert_string_equal(little, "One\nt");
	memset(big, 'x', sizeof(big) - 1);
	make(two);
	radius_profile_message(&packet, out, sizeof(out));
	assert_int_equal(strlen(out), RADIUS_VALUE_MAX + 3);
	assert_string_equal(out + RADIUS_VALUE_MAX, "end");
}

static void
test_avpair(UNUSED void **state)
{
	static const struct given given[ATTRS_MAX] = {{9, 1, 't', "audit-session-idx=no"},
	    {9, 1, 't', "audit-session-id=0ac5\x1b"}, {9, 1, 't', "audit-session-id=second"},
	    {9, 1, 't', "empty="}, {9, 1, 't', "alone"}, {9, 2, 't', "other=x"}, {0}};
	char out[64], little[3];

	make(given);
	assert_true(radius_profile_avpair(&packet, "audit-session-id", out, sizeof(out)));
	assert_string_equal(out, "0ac5?");
	assert_true(radius_profile_avpair(&packet, "audit-session-id", little, sizeof(little)));
	assert_string_equal(little, "0a");
	assert_true(radius_profile_avpair(&packet, "empty", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(radius_profile_avpair(&packet, "alone", out, sizeof(out)));
	assert_false(radius_profile_avpair(&packet, "other", out, sizeof(out)));
	assert_false(radius_profile_avpair(&packet, "audit", out, sizeof(out)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_lists_of_rules),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_floods),
	    cmocka_unit_test(test_many_lines),
	    cmocka_unit_test(test_message),
	    cmocka_unit_test(test_avpair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
