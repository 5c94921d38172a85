/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: which command of which mode a line is, in files with and without indentation; and the
 * report's arithmetic on random mixtures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_help.h"

static void
expect_fates(const char *text, const char *wanted)
{
	struct import *import = import_help_run(text);
	char fates[256];

	import_help_fates(import, fates, sizeof(fates));
	if (strcmp(fates, wanted) != 0 || import_errors(import)[0] != '\0')
		fail_msg("%s\nexpected %s, got %s %s", text, wanted, fates, import_errors(import));
	import_free(import);
}

static void
test_modes(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *fates;
	} rows[] = {
	    {"", ""},
	    {"!\n: end\n\n", "..."},
	    /* an unknown command, and what is below it */
	    {"foo bar\n baz\n  quux\nmtu outside 1500\n", "xxxn"},
	    /* noise takes what is below it */
	    {"interface e0\n nameif x\n  deeper\nlogging enable\n", "nnnn"},
	    {"logging enable\n strange\n", "nn"},
	    /* nothing can be below a pool */
	    {"ip local pool P 10.0.0.1-10.0.0.9\n strange\nmtu x 1\n", "cxn"},
	    /* modes in modes, and back */
	    {"group-policy a internal\ngroup-policy a attributes\n vpn-idle-timeout 5\n webvpn\n"
	     "  anyconnect mtu 1300\n vpn-session-timeout 7\n strange\n",
		"ccccccx"},
	    /* a line that lost its indentation goes to the last mode */
	    {"webvpn\n enable outside\ntunnel-group-list enable\nmtu outside 1500\n", "cccn"},
	    /* but not into noise */
	    {"interface e0\n nameif x\nsecurity-level 0\n", "nnx"},
	    /* "no" before a command that is known, and before one that is not */
	    {"no failover\nno strange thing\nno sysopt connection permit-vpn\n", "nxx"},
	    {"webvpn\n no enable\n no strange\n", "cnx"},
	    {"time-range t\n periodic daily 8:00 to 9:00\nexit\n absolute end 10:00 1 May "
	     "2030\nend\n",
		"ccnxn"},
	    {"gw# show running-config\ngw#\n", "nn"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_fates(rows[i].text, rows[i].fates);
}

static void
test_flat(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *fates;
	} rows[] = {
	    {"interface e0\nnameif x\nsecurity-level 0\nip address 10.0.0.1 "
	     "255.0.0.0\n!\nstrange\n",
		"nnnn.x"},
	    {"webvpn\nenable outside\ntunnel-group-list enable\nmtu outside 1500\n", "cccn"},
	    {"group-policy a internal\ngroup-policy a attributes\nwebvpn\nanyconnect mtu 1300\n"
	     "vpn-idle-timeout 5\nwebvpn\nanyconnect ssl keepalive none\n",
		"ccccccc"},
	    {"object network o\nhost 10.0.0.1\nnat (a,b) static c\naccess-group x in interface y\n",
		"nnnn"},
	    {"time-range t\nperiodic daily 8:00 to 9:00\nstrange\n", "ccx"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_fates(rows[i].text, rows[i].fates);
}

static void
test_broken(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} rows[] = {
	    {"mtu x 1\nip local pool P 10.0.0.9-10.0.0.1\n",
		"in.cfg:2: \"10.0.0.9-10.0.0.1\" ends before it begins\n"},
	    {"ip local pool P 10.0.0.1-10.0.0.300\n",
		"in.cfg:1: \"10.0.0.1-10.0.0.300\" is not a range of IPv4 addresses\n"},
	    {"ip local pool P 10.0.0.1-10.0.0.9 mask 255.0.255.0\n",
		"in.cfg:1: \"255.0.255.0\" is not a netmask\n"},
	    {"name 10.0.0.999 x\n", "in.cfg:1: name: \"10.0.0.999\" is not an address\n"},
	    {"access-list x standard allow any\n",
		"in.cfg:1: access-list x: expected permit or deny\n"},
	    {"access-list x standard permit any\naccess-list x extended permit ip any any\n",
		"in.cfg:2: access-list x is standard and extended\n"},
	    {"object network o\n host 10.0.0.1\nobject-group network o\n",
		"in.cfg:3: o is there already, and is something else\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import *import = import_help_run(rows[i].text);

		assert_string_equal(import_errors(import), rows[i].error);
		import_free(import);
	}
}

/* ---- the arithmetic ---- */

static const char *const pieces[] = {
    "!\n",
    "\n",
    ": Saved\n",
    "hostname gw\n",
    "interface e0\n nameif outside\n ip address 10.1.0.1 255.255.0.0\n",
    "strange command\n",
    " strange indented\n",
    "exit\n",
    "no names\n",
    "name 10.1.1.1 host-a\n",
    "ip local pool P1 10.9.0.1-10.9.0.99 mask 255.255.255.0\n",
    "ip local pool P2 10.9.0.50-10.9.0.150 mask 255.255.255.0\n",
    "ip local pool P3 10.9.0.0-10.9.1.255 mask 255.255.255.0\n",
    "ip local pool P4 10.9.0.1-10.9.0.99\n",
    "ipv6 local pool P6 2001:db8::1/64 500\n",
    "ipv6 local pool Q6 2001:db8::10/126 500\n",
    "access-list A extended permit tcp any host 10.1.1.1 eq www\n",
    "access-list A remark words\n",
    "access-list A extended deny ip any object-group G\n",
    "access-list A extended permit ip any host-a time-range T\n",
    "access-list B standard permit 10.0.0.0 255.0.0.0\n",
    "ipv6 access-list C permit icmp6 any any\n",
    "object network O\n host host-a\n",
    "object network F\n fqdn v4 www.example.com\n",
    "object-group network G\n network-object object O\n network-object object F\n",
    "object-group network G2\n group-object G2\n",
    "time-range T\n periodic weekdays 8:00 to 18:00\n",
    "time-range T2\n absolute start yesterday\n",
    "group-policy X internal\n",
    "group-policy X attributes\n vpn-filter value A\n split-tunnel-network-list value B\n",
    "group-policy X attributes\n address-pools value P1 P2 P3\n vpn-access-hours value T2\n",
    "group-policy Y external server-group R password x\n",
    "group-policy X attributes\n webvpn\n  anyconnect mtu 9\n",
    "group-policy X attributes\n vpn-idle-timeout none\n ipv6-vpn-filter value C\n",
    "username u password p encrypted\nusername u attributes\n vpn-group-policy X\n group-lock "
    "value W\n",
    "tunnel-group W type remote-access\n",
    "tunnel-group W general-attributes\n address-pool P2\n default-group-policy Y\n strip-group\n",
    "tunnel-group W webvpn-attributes\n group-alias w enable\n group-url https://gw/w enable\n",
    "tunnel-group V webvpn-attributes\n group-alias W enable\n authentication aaa certificate\n",
    "tunnel-group 192.0.2.1 type ipsec-l2l\n",
    "aaa-server R protocol radius\naaa-server R (inside) host 10.1.1.2\n key *****\n",
    "aaa-server L protocol ldap\naaa-server L host 10.1.1.3\n ldap-scope subtree\n",
    "tunnel-group W general-attributes\n authentication-server-group L LOCAL\n",
    "webvpn\n enable outside\n port 444\n certificate-group-map M 10 W\n",
    "crypto ca certificate map M 10\n subject-name attr ou eq x\n",
    "crypto ca trustpoint CA\n enrollment terminal\n",
    "ssl trust-point CA outside\n",
    "dynamic-access-policy-record X\n action terminate\n",
    "banner motd hello\n",
};

/* A small generator of our own, so that a failure can be run again. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
make_text(uint32_t *seed, struct buf *text)
{
	size_t count = next_random(seed) % 60;
	bool flat = next_random(seed) % 4 == 0;

	buf_reset(text);
	for (size_t i = 0; i < count; i++)
		buf_puts(text, pieces[next_random(seed) % ARRAY_LEN(pieces)]);
	/* Without its indentation, or cut off somewhere. */
	size_t len = 0;
	for (size_t i = 0; flat && i < text->len; i++)
		if (text->data[i] != ' ' || (len > 0 && text->data[len - 1] != '\n'))
			text->data[len++] = text->data[i];
	if (flat)
		text->len = len;
	if (next_random(seed) % 4 == 0 && text->len > 0)
		text->len = next_random(seed) % text->len;
	for (size_t i = 0; i < 3 && text->len > 0 && next_random(seed) % 3 == 0; i++)
		text->data[next_random(seed) % text->len] = (uint8_t)(' ' + next_random(seed) % 95);
}

static size_t
count_lines(const struct buf *text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text->len; i++)
		lines += text->data[i] == '\n';
	return lines + (text->len > 0 && text->data[text->len - 1] != '\n');
}

/* "N  lines of NAME, N accounted for": the report's own sum. */
static void
check_report(const struct import *import, size_t lines)
{
	struct buf report;
	char wanted[128];
	size_t sum = 0;

	buf_init(&report, 16 * 1024 * 1024);
	assert_int_equal(import_report(import, false, &report), ERR_OK);
	(void)snprintf(
	    wanted, sizeof(wanted), "%8zu  lines of in.cfg, %zu accounted for\n", lines, lines);
	assert_non_null(strstr(buf_cstr(&report), wanted));
	char *p = (char *)report.data;
	for (int i = 0; i < 4; i++, p = strchr(p, '\n') + 1)
		sum += strtoul(p, NULL, 10);
	assert_int_equal(sum, lines);

	buf_reset(&report);
	assert_int_equal(import_report(import, true, &report), ERR_OK);
	(void)snprintf(wanted, sizeof(wanted), "\nin.cfg:%zu: ", lines);
	if (lines > 0)
		assert_non_null(strstr(buf_cstr(&report), wanted));
	buf_fini(&report);
}

static void
test_arithmetic(UNUSED void **state)
{
	size_t sound = 0;
	struct buf text;

	buf_init(&text, 1024 * 1024);
	for (uint32_t round = 1; round <= 1500; round++) {
		uint32_t seed = round;

		make_text(&seed, &text);
		struct import *import = import_run("in.cfg", buf_cstr(&text), text.len);
		assert_non_null(import);
		size_t sum = 0;
		for (unsigned fate = 0; fate < IMPORT_FATES; fate++)
			sum += import_count(import, fate);
		assert_int_equal(sum, count_lines(&text));
		assert_null(strstr(import_errors(import), "internal error"));
		if (import_errors(import)[0] == '\0') {
			assert_int_equal(import_count(import, IMPORT_PENDING), 0);
			check_report(import, sum);
			struct conf *conf = import_help_load(import);
			if (conf == NULL)
				fail_msg("round %u:\n%s", round, buf_cstr(&text));
			conf_unref(conf);
			sound++;
		}
		import_free(import);
	}
	buf_fini(&text);
	/* Else this would prove nothing. */
	assert_true(sound > 500);
}

static void
test_report_keeps_secrets(UNUSED void **state)
{
	struct import *import =
	    import_help_run("username u password Hidden1 encrypted\n"
			    "aaa-server R protocol radius\naaa-server R (in) host 10.0.0.1\n"
			    " key Hidden2\n"
			    "enable password Hidden3 encrypted\nsnmp-server community Hidden4\n"
			    "tunnel-group t ipsec-attributes\n ikev1 pre-shared-key Hidden5\n");
	struct buf report;

	buf_init(&report, 65536);
	assert_int_equal(import_report(import, true, &report), ERR_OK);
	assert_null(strstr(buf_cstr(&report), "Hidden"));
	assert_non_null(strstr(buf_cstr(&report), "username u password ***"));
	buf_fini(&report);
	import_free(import);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_modes),
	    cmocka_unit_test(test_flat),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_arithmetic),
	    cmocka_unit_test(test_report_keeps_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
