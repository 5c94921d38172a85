/* SPDX-License-Identifier: Apache-2.0 */
/* tools/column.c: the ASA's layout, byte for byte; words for ciphers; hostile and over-long texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/column.h"

static uint8_t inner[] = {10, 1, 2, 3};
static uint8_t outer[] = {1, 2, 3, 4};
static uint8_t inner6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};

/* A protobuf string field is not const. */
#define TEXT(s) ((char *)(uintptr_t)(s))

/* The session of the layout's documentation, with all three tunnels. */
struct sample {
	Ipc__CtlSession session;
	Ipc__CtlTunnel tls, dtls;
	Ipc__ChannelStats total, tls_stats, dtls_stats;
	Ipc__CtlTunnel *tunnels[2];
};

static void
sample_init(struct sample *s)
{
	Ipc__CtlSession session = IPC__CTL_SESSION__INIT;
	Ipc__CtlTunnel tunnel = IPC__CTL_TUNNEL__INIT;
	Ipc__ChannelStats stats = IPC__CHANNEL_STATS__INIT;

	s->session = session;
	s->tls = s->dtls = tunnel;
	s->total = s->tls_stats = s->dtls_stats = stats;
	s->tls.channel = IPC__CHANNEL__CHANNEL_TLS;
	s->tls.id = 2;
	s->tls.up = true;
	s->tls.version = TEXT("TLSv1.3");
	s->tls.cipher = TEXT("TLS_AES_256_GCM_SHA384");
	s->tls.client_port = 51612;
	s->tls.server_port = 443;
	s->tls_stats = (Ipc__ChannelStats){.base = stats.base,
	    .tx_bytes = 6,
	    .rx_bytes = 5,
	    .tx_packets = 4,
	    .rx_packets = 3,
	    .tx_drops = 2,
	    .rx_drops = 1};
	s->tls.stats = &s->tls_stats;
	s->dtls = s->tls;
	s->dtls.channel = IPC__CHANNEL__CHANNEL_DTLS;
	s->dtls.id = 3;
	s->dtls.version = TEXT("DTLSv1.2");
	s->dtls.cipher = TEXT("PSK-AES256-GCM-SHA384");
	s->dtls.client_port = 40000;
	s->dtls.stats = &s->dtls_stats;
	s->tunnels[0] = &s->tls;
	s->tunnels[1] = &s->dtls;
	s->total.tx_bytes = 177836286;
	s->total.rx_bytes = 12615185;
	s->session.index = 57045;
	s->session.username = TEXT("smithj");
	s->session.ipv4 = (ProtobufCBinaryData){sizeof(inner), inner};
	s->session.public_ip = (ProtobufCBinaryData){sizeof(outer), outer};
	s->session.tunnel_group = TEXT("TG");
	s->session.group_policy = TEXT("GP");
	s->session.login_time = 1585145659;
	s->session.duration = 23 * 60 + 58;
	s->session.audit_session_id = TEXT("0ae60f140ded50005e7b673b");
	s->session.client_os = TEXT("win");
	s->session.client_os_version = TEXT("10.0.14393");
	s->session.client_agent = TEXT("AnyConnect Windows 4.10.05095");
	s->session.client_version = TEXT("4.10.05095");
	s->session.auth_mode = TEXT("userPassword");
	s->session.idle_timeout = 1800;
	s->session.idle_left = 1799;
	s->session.parent_id = 1;
	s->session.parent_client_port = 51609;
	s->session.parent_server_port = 443;
	s->session.total = &s->total;
	s->session.n_tunnel = 2;
	s->session.tunnel = s->tunnels;
}

static void
expect(const struct sample *s, bool detail, const char *expected)
{
	struct buf out;
	const char *got;

	buf_init(&out, 100000);
	column_session(&out, &s->session, detail);
	got = buf_cstr(&out);
	if (strcmp(got, expected) != 0) {
		size_t at = 0;

		while (got[at] == expected[at])
			at++;
		print_error("expected:\n%s\ngot:\n%s\n", expected, got);
		fail_msg("first difference at byte %zu: \"%.20s\"", at, got + at);
	}
	buf_fini(&out);
}

static void
test_default(UNUSED void **state)
{
	struct sample s;

	sample_init(&s);
	expect(&s, false,
	    "Username     : smithj                 Index        : 57045\n"
	    "Assigned IP  : 10.1.2.3               Public IP    : 1.2.3.4\n"
	    "Protocol     : AnyConnect-Parent SSL-Tunnel DTLS-Tunnel\n"
	    "License      : AnyConnect Premium\n"
	    "Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256  DTLS-Tunnel: "
	    "(1)AES-GCM-256\n"
	    "Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA384  DTLS-Tunnel: "
	    "(1)SHA384\n"
	    "Bytes Tx     : 177836286              Bytes Rx     : 12615185\n"
	    "Group Policy : GP                     Tunnel Group : TG\n"
	    "Login Time   : 10:14:19 EDT Wed Mar 25 2020\n"
	    "Duration     : 0h:23m:58s\n"
	    "Inactivity   : 0h:00m:00s\n"
	    "VLAN Mapping : N/A                    VLAN         : none\n"
	    "Audt Sess ID : 0ae60f140ded50005e7b673b\n"
	    "Security Grp : none\n"
	    "\n");
}

static void
test_waiting_to_resume(UNUSED void **state)
{
	struct sample s;

	sample_init(&s);
	s.tls.up = false;
	s.dtls.up = false;
	s.session.inactivity = 61;
	s.session.login_time += 86400 * 15; /* a day of the month with one digit */
	expect(&s, false,
	    "Username     : smithj                 Index        : 57045\n"
	    "Assigned IP  : 10.1.2.3               Public IP    : 1.2.3.4\n"
	    "Protocol     : AnyConnect-Parent\n"
	    "License      : AnyConnect Premium\n"
	    "Encryption   : AnyConnect-Parent: (1)none\n"
	    "Hashing      : AnyConnect-Parent: (1)none\n"
	    "Bytes Tx     : 177836286              Bytes Rx     : 12615185\n"
	    "Group Policy : GP                     Tunnel Group : TG\n"
	    "Login Time   : 10:14:19 EDT Thu Apr 9 2020\n"
	    "Duration     : 0h:23m:58s\n"
	    "Inactivity   : 0h:01m:01s\n"
	    "VLAN Mapping : N/A                    VLAN         : none\n"
	    "Audt Sess ID : 0ae60f140ded50005e7b673b\n"
	    "Security Grp : none\n"
	    "\n");
}

static void
test_ipv6_and_long_names(UNUSED void **state)
{
	struct sample s;

	sample_init(&s);
	s.session.n_tunnel = 1;
	s.session.username = TEXT("abcdefghijklmnopqrstuvw@example.com");
	s.session.group_policy =
	    TEXT("caf\xc3\xa9-with-22-character"); /* 22 characters, 23 bytes */
	s.session.tunnel_group = TEXT("a\nb\x1b[31m");
	s.session.ipv6 = (ProtobufCBinaryData){sizeof(inner6), inner6};
	s.session.audit_session_id = TEXT("");
	s.session.total = NULL;
	expect(&s, false,
	    "Username     : abcdefghijklmnopqrstuvw@example.com\n"
	    "Index        : 57045\n"
	    "Assigned IP  : 10.1.2.3               Public IP    : 1.2.3.4\n"
	    "Assigned IPv6: 2001:db8::7\n"
	    "Protocol     : AnyConnect-Parent SSL-Tunnel\n"
	    "License      : AnyConnect Premium\n"
	    "Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256\n"
	    "Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA384\n"
	    "Bytes Tx     : 0                      Bytes Rx     : 0\n"
	    "Group Policy : caf\xc3\xa9-with-22-character Tunnel Group : a?b?[31m\n"
	    "Login Time   : 10:14:19 EDT Wed Mar 25 2020\n"
	    "Duration     : 0h:23m:58s\n"
	    "Inactivity   : 0h:00m:00s\n"
	    "VLAN Mapping : N/A                    VLAN         : none\n"
	    "Security Grp : none\n"
	    "\n");
}

/* No address was assigned yet: the pair's right half moves to the left. */
static void
test_no_address(UNUSED void **state)
{
	struct sample s;
	struct buf out;

	sample_init(&s);
	s.session.ipv4.len = 0;
	buf_init(&out, 10000);
	column_session(&out, &s.session, false);
	assert_non_null(strstr(buf_cstr(&out), "57045\nPublic IP    : 1.2.3.4\nProtocol "));
	buf_fini(&out);
}

static void
test_detail(UNUSED void **state)
{
	struct sample s;

	sample_init(&s);
	expect(&s, true,
	    "Username     : smithj                 Index        : 57045\n"
	    "Assigned IP  : 10.1.2.3               Public IP    : 1.2.3.4\n"
	    "Protocol     : AnyConnect-Parent SSL-Tunnel DTLS-Tunnel\n"
	    "License      : AnyConnect Premium\n"
	    "Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256  DTLS-Tunnel: "
	    "(1)AES-GCM-256\n"
	    "Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA384  DTLS-Tunnel: "
	    "(1)SHA384\n"
	    "Bytes Tx     : 177836286              Bytes Rx     : 12615185\n"
	    "Pkts Tx      : 0                      Pkts Rx      : 0\n"
	    "Pkts Tx Drop : 0                      Pkts Rx Drop : 0\n"
	    "Group Policy : GP                     Tunnel Group : TG\n"
	    "Login Time   : 10:14:19 EDT Wed Mar 25 2020\n"
	    "Duration     : 0h:23m:58s\n"
	    "Inactivity   : 0h:00m:00s\n"
	    "VLAN Mapping : N/A                    VLAN         : none\n"
	    "Audt Sess ID : 0ae60f140ded50005e7b673b\n"
	    "Security Grp : none\n"
	    "\n"
	    "AnyConnect-Parent Tunnels: 1\n"
	    "SSL-Tunnel Tunnels: 1\n"
	    "DTLS-Tunnel Tunnels: 1\n"
	    "\n"
	    "AnyConnect-Parent:\n"
	    "  Tunnel ID    : 57045.1\n"
	    "  Public IP    : 1.2.3.4\n"
	    "  Encryption   : none                   Hashing      : none\n"
	    "  TCP Src Port : 51609                  TCP Dst Port : 443\n"
	    "  Auth Mode    : userPassword\n"
	    "  Idle Time Out: 30 Minutes             Idle TO Left : 29 Minutes\n"
	    "  Client OS    : win\n"
	    "  Client OS Ver: 10.0.14393\n"
	    "  Client Type  : AnyConnect\n"
	    "  Client Ver   : AnyConnect Windows 4.10.05095\n"
	    "  Bytes Tx     : 0                      Bytes Rx     : 0\n"
	    "  Pkts Tx      : 0                      Pkts Rx      : 0\n"
	    "  Pkts Tx Drop : 0                      Pkts Rx Drop : 0\n"
	    "\n"
	    "SSL-Tunnel:\n"
	    "  Tunnel ID    : 57045.2\n"
	    "  Assigned IP  : 10.1.2.3               Public IP    : 1.2.3.4\n"
	    "  Encryption   : AES-GCM-256            Hashing      : SHA384\n"
	    "  Ciphersuite  : TLS_AES_256_GCM_SHA384\n"
	    "  Encapsulation: TLSv1.3                TCP Src Port : 51612\n"
	    "  TCP Dst Port : 443                    Auth Mode    : userPassword\n"
	    "  Idle Time Out: 30 Minutes             Idle TO Left : 29 Minutes\n"
	    "  Client OS    : Windows\n"
	    "  Client Type  : SSL VPN Client\n"
	    "  Client Ver   : AnyConnect Windows 4.10.05095\n"
	    "  Bytes Tx     : 6                      Bytes Rx     : 5\n"
	    "  Pkts Tx      : 4                      Pkts Rx      : 3\n"
	    "  Pkts Tx Drop : 2                      Pkts Rx Drop : 1\n"
	    "\n"
	    "DTLS-Tunnel:\n"
	    "  Tunnel ID    : 57045.3\n"
	    "  Assigned IP  : 10.1.2.3               Public IP    : 1.2.3.4\n"
	    "  Encryption   : AES-GCM-256            Hashing      : SHA384\n"
	    "  Ciphersuite  : PSK-AES256-GCM-SHA384\n"
	    "  Encapsulation: DTLSv1.2               UDP Src Port : 40000\n"
	    "  UDP Dst Port : 443                    Auth Mode    : userPassword\n"
	    "  Idle Time Out: 30 Minutes             Idle TO Left : 29 Minutes\n"
	    "  Client OS    : Windows\n"
	    "  Client Type  : DTLS VPN Client\n"
	    "  Client Ver   : AnyConnect Windows 4.10.05095\n"
	    "  Bytes Tx     : 0                      Bytes Rx     : 0\n"
	    "  Pkts Tx      : 0                      Pkts Rx      : 0\n"
	    "  Pkts Tx Drop : 0                      Pkts Rx Drop : 0\n"
	    "\n");
}

static void
test_detail_of_a_waiting_session(UNUSED void **state)
{
	struct sample s;
	struct buf out;
	const char *text;

	sample_init(&s);
	s.session.n_tunnel = 0;
	s.session.idle_timeout = 0;
	s.session.session_timeout = 7200;
	s.session.session_left = 7100;
	s.session.client_agent = TEXT("Open AnyConnect VPN Agent");
	s.session.client_version = TEXT("v9.01");
	buf_init(&out, 10000);
	column_session(&out, &s.session, true);
	text = buf_cstr(&out);
	assert_non_null(strstr(text, "AnyConnect-Parent Tunnels: 1\n\nAnyConnect-Parent:\n"));
	assert_null(strstr(text, "SSL-Tunnel"));
	assert_null(strstr(text, "Idle Time Out"));
	assert_non_null(
	    strstr(text, "  Conn Time Out: 120 Minutes            Conn TO Left : 118 Minutes\n"));
	assert_non_null(strstr(text, "  Client Ver   : Open AnyConnect VPN Agent v9.01\n"));
	buf_fini(&out);
}

/* Each tunnel's last lines; one where the list serves both families. */
static void
test_filters(UNUSED void **state)
{
	static const struct {
		const char *v4, *v6, *lines;
	} rows[] = {
	    {"", "", "Pkts Rx Drop : 0\n\n"},
	    {"NO-SSH", "NO-SSH", "Pkts Rx Drop : 0\n  Filter Name  : NO-SSH\n\n"},
	    {"NO-SSH", "SIX", "  Filter Name  : NO-SSH\n  IPv6 Filter  : SIX\n\n"},
	    {"", "SIX", "Pkts Rx Drop : 0\n  IPv6 Filter  : SIX\n\n"},
	    {"NO-SSH", "", "Pkts Rx Drop : 0\n  Filter Name  : NO-SSH\n\n"},
	    {"A\nB", "A\nB", "  Filter Name  : A?B\n\n"},
	};
	struct sample s;
	struct buf out;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		sample_init(&s);
		s.session.filter_name = TEXT(rows[i].v4);
		s.session.ipv6_filter_name = TEXT(rows[i].v6);
		buf_init(&out, 10000);
		column_session(&out, &s.session, true);
		if (strstr(buf_cstr(&out), rows[i].lines) == NULL)
			fail_msg("FAIL: filters %s and %s, expected %s, got %s", rows[i].v4,
			    rows[i].v6, rows[i].lines, buf_cstr(&out));
		buf_fini(&out);
	}
}

static void
test_heading(UNUSED void **state)
{
	struct buf out;

	buf_init(&out, 1000);
	column_heading(&out, false);
	column_heading(&out, true);
	column_nothing(&out);
	assert_string_equal(buf_cstr(&out),
	    "Session Type: AnyConnect\n\nSession Type: AnyConnect "
	    "Detailed\n\nINFO: There are presently no active sessions\n");
	buf_fini(&out);
}

static void
test_cipher_words(UNUSED void **state)
{
	static const struct {
		const char *cipher, *encryption, *hashing;
	} rows[] = {
	    {"TLS_AES_256_GCM_SHA384", "AES-GCM-256", "SHA384"},
	    {"TLS_AES_128_GCM_SHA256", "AES-GCM-128", "SHA256"},
	    {"TLS_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", "SHA256"},
	    {"ECDHE-RSA-AES256-GCM-SHA384", "AES-GCM-256", "SHA384"},
	    {"ECDHE-ECDSA-AES128-GCM-SHA256", "AES-GCM-128", "SHA256"},
	    {"PSK-AES256-GCM-SHA384", "AES-GCM-256", "SHA384"},
	    {"ECDHE-RSA-CHACHA20-POLY1305", "CHACHA20-POLY1305", "SHA256"},
	    {"AES256-CCM8", "AES-CCM-256", "SHA256"},
	    {"ECDHE-RSA-AES256-SHA384", "AES256", "SHA384"},
	    {"AES256-SHA", "AES256", "SHA1"},
	    {"AES128-SHA256", "AES128", "SHA256"},
	    {"DES-CBC3-SHA", "3DES", "SHA1"},
	    {"SOMETHING-NEW", "SOMETHING-NEW", "SOMETHING-NEW"},
	    {"", "none", "none"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(column_encryption(rows[i].cipher), rows[i].encryption);
		assert_string_equal(column_hashing(rows[i].cipher), rows[i].hashing);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_default),
	    cmocka_unit_test(test_waiting_to_resume),
	    cmocka_unit_test(test_ipv6_and_long_names),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_detail),
	    cmocka_unit_test(test_detail_of_a_waiting_session),
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_heading),
	    cmocka_unit_test(test_cipher_words),
	};

	setenv("TZ", "EDT4", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
