/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/cstp_head.c: the headers that openconnect sends, hostile ones, the whole answer, and the
 * MTU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/str.h"
#include "gateway/cstp_head.h"

static struct http_request
parse(char *text)
{
	struct http_request request;

	assert_int_equal(http_parse(text, strlen(text), &request), ERR_OK);
	return request;
}

#define CONNECT "CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\nHost: gw\r\n"

static void
test_request_of_openconnect(UNUSED void **state)
{
	char text[] = CONNECT
	    "Cookie: webvpn=0123abcd\r\nX-CSTP-Version: 1\r\nX-CSTP-Hostname: pc\r\n"
	    "X-CSTP-Base-MTU: 1500\r\nX-CSTP-MTU: 1390\r\nX-CSTP-Address-Type: IPv6,IPv4\r\n"
	    "X-CSTP-Full-IPv6-Capability: true\r\n"
	    "X-DTLS-CipherSuite: PSK-NEGOTIATE:OC-DTLS1_2-AES256-GCM:AES128-SHA\r\n\r\n";
	struct http_request request = parse(text);
	struct cstp_request out;

	assert_int_equal(cstp_head_read(&request, &out), ERR_OK);
	assert_string_equal(out.token, "0123abcd");
	assert_string_equal(out.hostname, "pc");
	assert_int_equal(out.base_mtu, 1500);
	assert_int_equal(out.mtu, 1390);
	assert_true(out.want_ipv4 && out.want_ipv6 && out.dtls.psk);
}

static void
test_requests(UNUSED void **state)
{
	static const struct {
		const char *headers;
		bool ipv4, ipv6, psk;
		unsigned mtu;
	} rows[] = {
	    {"", true, false, false, 0},
	    {"X-CSTP-Address-Type: IPv4\r\nX-CSTP-Full-IPv6-Capability: true\r\n", true, false,
		false, 0},
	    {"X-CSTP-Address-Type: ipv6\r\nX-CSTP-Full-IPv6-Capability: true\r\n", false, true,
		false, 0},
	    {"X-CSTP-Address-Type: IPv4, IPv6\r\nX-CSTP-Full-IPv6-Capability: TRUE\r\n", true, true,
		false, 0},
	    {"X-CSTP-Address-Type: IPv6,IPv4\r\n", true, false, false, 0},
	    {"X-CSTP-Address-Type: IPv6\r\n", true, false, false, 0},
	    {"X-CSTP-Full-IPv6-Capability: true\r\n", true, true, false, 0},
	    {"X-CSTP-Address-Type: ,,,\r\n", true, false, false, 0},
	    {"X-DTLS-CipherSuite: AES128-SHA:PSK-NEGOTIATE\r\n", true, false, true, 0},
	    {"X-DTLS-CipherSuite: XPSK-NEGOTIATE:PSK-NEGOTIATEX\r\n", true, false, false, 0},
	    {"X-CSTP-MTU: 99999999999999999999\r\n", true, false, false, 0},
	    {"X-CSTP-MTU: -1\r\n", true, false, false, 0},
	    {"X-CSTP-MTU: 12x\r\n", true, false, false, 0},
	    {"X-CSTP-MTU: 1406\r\n", true, false, false, 1406},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request;
		struct cstp_request out;
		struct buf text;

		buf_init(&text, 1024);
		buf_printf(&text, CONNECT "Cookie: a=b; webvpn=T\r\n%s\r\n", rows[i].headers);
		request = parse((char *)text.data);
		assert_int_equal(cstp_head_read(&request, &out), ERR_OK);
		if (out.want_ipv4 != rows[i].ipv4 || out.want_ipv6 != rows[i].ipv6 ||
		    out.dtls.psk != rows[i].psk || out.mtu != rows[i].mtu)
			fail_msg("%s: expected %d %d %d %u, got %d %d %d %u", rows[i].headers,
			    rows[i].ipv4, rows[i].ipv6, rows[i].psk, rows[i].mtu, out.want_ipv4,
			    out.want_ipv6, out.dtls.psk, out.mtu);
		buf_fini(&text);
	}
}

static void
test_phones(UNUSED void **state)
{
	static const struct {
		const char *headers;
		bool mobile;
	} rows[] = {
	    {"", false},
	    {"X-CSTP-License: mobile\r\n", true},
	    {"X-CSTP-License: other\r\n", false},
	    {"X-AnyConnect-Identifier-Platform: android\r\n", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request;
		struct cstp_request out;
		struct buf text;

		buf_init(&text, 1024);
		buf_printf(&text, CONNECT "Cookie: webvpn=T\r\n%s\r\n", rows[i].headers);
		request = parse((char *)text.data);
		assert_int_equal(cstp_head_read(&request, &out), ERR_OK);
		assert_int_equal(out.mobile, rows[i].mobile);
		buf_fini(&text);
	}
}

static void
test_no_cookie(UNUSED void **state)
{
	static const char *const cookies[] = {
	    "", "Cookie: webvpn=\r\n", "Cookie: webvpnx=1\r\n", "Cookie: ;;;\r\n"};
	struct cstp_request out;
	struct http_request request;
	struct buf text;

	for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
		buf_init(&text, 1024);
		buf_printf(&text, CONNECT "%s\r\n", cookies[i]);
		request = parse((char *)text.data);
		if (cstp_head_read(&request, &out) != ERR_NOTFOUND)
			fail_msg("\"%s\": expected no token, got \"%s\"", cookies[i], out.token);
		buf_fini(&text);
	}
	/* Longer than any token of ours. */
	buf_init(&text, 1024);
	buf_printf(&text, CONNECT "Cookie: webvpn=%0300d\r\n\r\n", 1);
	request = parse((char *)text.data);
	assert_int_equal(cstp_head_read(&request, &out), ERR_NOTFOUND);
	buf_fini(&text);
}

static void
test_mtu(UNUSED void **state)
{
	static const struct {
		const char *what;
		unsigned base, mtu, family, mss, policy, tun;
		unsigned expect, link;
	} rows[] = {
	    {"Ethernet, IPv4", 1500, 0, 4, 1448, 0, 9000, 1434, 1500},
	    {"Ethernet, IPv6", 1500, 0, 6, 1428, 0, 9000, 1414, 1500},
	    {"nothing said", 0, 0, 4, 0, 0, 9000, 1434, 1500},
	    {"policy lowers", 1500, 0, 4, 1448, 1406, 9000, 1406, 1500},
	    {"tun lowers", 1500, 0, 4, 1448, 1406, 1300, 1300, 1500},
	    {"client lowers", 1500, 1390, 4, 1448, 1406, 1434, 1390, 1500},
	    {"client does not raise", 1500, 9000, 4, 1448, 1406, 1434, 1406, 1500},
	    {"client's rubbish is ignored", 1500, 10, 4, 1448, 0, 1434, 1434, 1500},
	    {"base of rubbish is ignored", 100, 0, 4, 1448, 0, 9000, 1434, 1500},
	    {"IPv6 base below its minimum", 1279, 0, 6, 0, 0, 9000, 1414, 1500},
	    {"narrow link", 1400, 0, 4, 1348, 0, 9000, 1334, 1400},
	    {"narrow link in the middle", 1500, 0, 4, 1148, 0, 9000, 1134, 1200},
	    {"loopback", 1500, 0, 4, 65483, 0, 9000, 1434, 1500},
	    {"smallest", 800, 0, 4, 0, 0, 9000, 734, 800},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cstp_request request = {.base_mtu = rows[i].base, .mtu = rows[i].mtu};
		unsigned link = 0;
		unsigned mtu = cstp_head_mtu(&request, NULL, rows[i].family, rows[i].mss,
		    rows[i].policy, rows[i].tun, &link);

		if (mtu != rows[i].expect || link != rows[i].link)
			fail_msg("%s: expected %u of %u, got %u of %u", rows[i].what,
			    rows[i].expect, rows[i].link, mtu, link);
	}
}

static uint8_t ipv4[] = {10, 1, 2, 3}, mask[] = {255, 255, 255, 0},
	       dns6[16] = {0x20, 1, [15] = 0x53};
static uint8_t ipv6[16] = {0xfd, [15] = 9};
static char *split[] = {(char *)"10.0.0.0/255.0.0.0", (char *)"172.16.0.0/255.240.0.0"};
static char *split6[] = {(char *)"2001:db8::/32"};
static char *domains[] = {(char *)"a.example", (char *)"b.example\r\nX-Evil: 1"};
static ProtobufCBinaryData dns[] = {{4, ipv4}, {16, dns6}, {3, ipv4}};

static void
opened_make(Ipc__SessionOpened *opened, Ipc__TunnelPolicy *policy)
{
	ipc__session_opened__init(opened);
	ipc__tunnel_policy__init(policy);
	opened->policy = policy;
	opened->ipv4 = (ProtobufCBinaryData){4, ipv4};
	opened->ipv4_mask = (ProtobufCBinaryData){4, mask};
}

static void
test_full_answer(UNUSED void **state)
{
	static const char expect[] =
	    "HTTP/1.1 200 CONNECTED\r\nX-CSTP-Version: 1\r\nX-CSTP-Address: "
	    "10.1.2.3\r\nX-CSTP-Netmask: 255.255.255.0\r\n"
	    "X-CSTP-Address-IP6: fd00::9/64\r\nX-CSTP-DNS: 10.1.2.3\r\nX-CSTP-DNS-IP6: 2001::53\r\n"
	    "X-CSTP-Default-Domain: corp.example\r\nX-CSTP-Split-DNS: "
	    "a.example\r\nX-CSTP-Split-DNS: b.exampleX-Evil: 1\r\n"
	    "X-CSTP-Split-Include: 10.0.0.0/255.0.0.0\r\nX-CSTP-Split-Include: "
	    "172.16.0.0/255.240.0.0\r\n"
	    "X-CSTP-Split-Include-IP6: 2001:db8::/32\r\nX-CSTP-Tunnel-All-DNS: "
	    "true\r\nX-CSTP-Client-Bypass-Protocol: false\r\n"
	    "X-CSTP-MTU: 1406\r\nX-CSTP-Base-MTU: 1500\r\nX-CSTP-DPD: 30\r\nX-CSTP-Keepalive: "
	    "20\r\nX-CSTP-Idle-Timeout: 1800\r\n"
	    "X-CSTP-Session-Timeout: 3600\r\nX-CSTP-Session-Timeout-Remaining: "
	    "3000\r\nX-CSTP-Session-Timeout-Alert-Interval: 60\r\n"
	    "X-CSTP-Idle-Timeout-Alert-Interval: 300\r\n"
	    "X-CSTP-Disconnected-Timeout: 1800\r\nX-CSTP-Rekey-Time: 3600\r\nX-CSTP-Rekey-Method: "
	    "new-tunnel\r\n"
	    "X-CSTP-Keep: true\r\nX-CSTP-TCP-Keepalive: "
	    "true\r\nX-CSTP-Smartcard-Removal-Disconnect: true\r\n"
	    "X-CSTP-Routing-Filtering-Ignore: false\r\nX-CSTP-Disable-Always-On-VPN: false\r\n"
	    "X-CSTP-MSIE-Proxy-Lockdown: false\r\nX-CSTP-License: accept\r\n"
	    "X-CSTP-Banner: Hi%20%25%0D%0A%C3%A9\r\n"
	    "X-DTLS-App-ID: ab\r\nX-DTLS-Port: 4433\r\nX-DTLS-CipherSuite: "
	    "PSK-NEGOTIATE\r\nX-DTLS-MTU: 1406\r\n"
	    "X-DTLS-DPD: 30\r\nX-DTLS-Keepalive: 20\r\n\r\n";
	struct cstp_answer answer = {
	    .mtu = 1406, .link_mtu = 1500, .dtls = true, .dtls_port = 4433, .app_id = "ab"};
	Ipc__SessionOpened opened;
	Ipc__TunnelPolicy policy;
	struct buf out;

	opened_make(&opened, &policy);
	opened.ipv6 = (ProtobufCBinaryData){16, ipv6};
	opened.ipv6_prefix = 64;
	policy.dns = dns;
	policy.n_dns = 3;
	policy.default_domain = (char *)"corp.example";
	policy.split_dns = domains;
	policy.n_split_dns = 2;
	policy.split_include = split;
	policy.n_split_include = 2;
	policy.split_include6 = split6;
	policy.n_split_include6 = 1;
	policy.tunnel_all_dns = true;
	policy.dpd_client = 30;
	policy.keepalive = 20;
	policy.idle_timeout = 1800;
	policy.session_timeout = 3600;
	policy.session_remaining = 3000;
	policy.alert_interval = 60;
	policy.idle_alert_interval = 300;
	policy.disconnected_timeout = 1800;
	policy.rekey_time = 3600;
	policy.rekey_method = (char *)"new-tunnel";
	policy.smartcard_removal_disconnect = true;
	policy.banner = (char *)"Hi %\r\n\xc3\xa9";
	buf_init(&out, CSTP_ANSWER_MAX);
	cstp_head_write(&out, &opened, &answer);
	assert_string_equal(buf_cstr(&out), expect);
	buf_fini(&out);
}

static void
test_bare_answer(UNUSED void **state)
{
	static const char *const absent[] = {
	    "X-DTLS", "Rekey", "Lease-Duration", "IP6", "Banner", "DPD", "Split", "\r\n\r\nX"};
	struct cstp_answer answer = {.mtu = 1200, .link_mtu = 1300};
	Ipc__SessionOpened opened;
	Ipc__TunnelPolicy policy;
	struct buf out;

	opened_make(&opened, &policy);
	policy.rekey_method = (char *)"ssl"; /* without a time it means nothing */
	buf_init(&out, CSTP_ANSWER_MAX);
	cstp_head_write(&out, &opened, &answer);
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		if (strstr(buf_cstr(&out), absent[i]) != NULL)
			fail_msg("expected no \"%s\", got %s", absent[i], buf_cstr(&out));
	assert_non_null(strstr(buf_cstr(&out), "X-CSTP-Idle-Timeout: none\r\n"));
	assert_non_null(strstr(buf_cstr(&out), "X-CSTP-License: accept\r\n"));
	buf_fini(&out);
}

/* What a device was set up for over IPv4 goes on over IPv6 if the path allows it. */
static void
test_mtu_from_the_other_family(UNUSED void **state)
{
	struct cstp_request request = {.mtu = 1370, .base_mtu = 1500};
	unsigned link;

	assert_int_equal(cstp_head_mtu(&request, NULL, 6, 0, 1406, 1434, &link), 1370);
	request.again = true;
	assert_int_equal(cstp_head_mtu(&request, NULL, 6, 0, 1406, 1434, &link), 1390);
	assert_int_equal(cstp_head_mtu(&request, NULL, 4, 0, 1406, 1434, &link), 1370);
	request.base_mtu = 1450;
	assert_int_equal(cstp_head_mtu(&request, NULL, 6, 0, 1406, 1434, &link), 1450 - 40 - 46);
}

/* ---- one header after the other ---- */

static Ipc__CustomAttr domains_attr, evil_attr, *customs[] = {&domains_attr, &evil_attr};
static char *excepts[] = {(char *)"*.a.example", (char *)"10.0.0.0"};

static void
policy_change(Ipc__TunnelPolicy *policy, const char *what)
{
	if (strncmp(what, "proxy ", 6) == 0) {
		policy->msie_proxy_method = (char *)(uintptr_t)(what + 6);
		policy->msie_proxy_server = (char *)"proxy.example:8080";
		policy->msie_proxy_except = excepts;
		policy->n_msie_proxy_except = 2;
		policy->msie_proxy_local_bypass = true;
		policy->msie_proxy_pac_url = (char *)"http://a.example/p.pac";
	} else if (strcmp(what, "lockdown") == 0)
		policy->msie_proxy_lockdown = true;
	else if (strcmp(what, "always-on") == 0)
		policy->disable_always_on = true;
	else if (strcmp(what, "routing") == 0)
		policy->routing_filtering_ignore = true;
	else if (strcmp(what, "fqdn") == 0)
		policy->gateway_fqdn = (char *)"gw.example";
	else if (strcmp(what, "alert") == 0)
		policy->alert_interval = 120;
	else if (strcmp(what, "custom") == 0) {
		policy->custom_attr = customs;
		policy->n_custom_attr = 1;
	} else
		assert_string_equal(what, "");
}

static void
test_each_header(UNUSED void **state)
{
	static const struct {
		const char *what, *has, *has_not;
	} rows[] = {
	    {"", "X-CSTP-MSIE-Proxy-Lockdown: false\r\n", "X-CSTP-MSIE-Proxy-M"},
	    {"", "X-CSTP-Disable-Always-On-VPN: false\r\n", "X-CSTP-Hostname"},
	    {"", "X-CSTP-Routing-Filtering-Ignore: false\r\n", "X-CSTP-DynDNS"},
	    {"", "X-CSTP-License", "X-CSTP-Post-Auth-XML"},
	    {"", "X-CSTP-License", "Alert-Interval"},
	    {"lockdown", "X-CSTP-MSIE-Proxy-Lockdown: true\r\n", "Lockdown: false"},
	    {"proxy no-modify", "X-CSTP-MSIE-Proxy-Lockdown: false\r\n", "Proxy-M"},
	    {"proxy no-proxy", "X-CSTP-MSIE-Proxy-Method: no-proxy\r\n", "Proxy-Server"},
	    {"proxy auto-detect", "X-CSTP-MSIE-Proxy-Method: auto-detect\r\n", "PAC-URL"},
	    {"proxy use-pac-url", "X-CSTP-MSIE-Proxy-PAC-URL: http://a.example/p.pac\r\n",
		"Proxy-Server"},
	    {"proxy use-server", "X-CSTP-MSIE-Proxy-Server: proxy.example:8080\r\n", "PAC-URL"},
	    {"proxy use-server",
		"X-CSTP-MSIE-Proxy-Exception: *.a.example\r\n"
		"X-CSTP-MSIE-Proxy-Exception: 10.0.0.0\r\n",
		"PAC-URL"},
	    {"proxy use-server", "X-CSTP-MSIE-Proxy-Bypass-Local: true\r\n", "PAC-URL"},
	    {"always-on", "X-CSTP-Disable-Always-On-VPN: true\r\n", "VPN: false"},
	    {"routing", "X-CSTP-Routing-Filtering-Ignore: true\r\n", "Ignore: false"},
	    {"fqdn", "X-CSTP-Hostname: gw.example\r\nX-CSTP-DynDNS: true\r\n", "X-Evil"},
	    {"alert", "X-CSTP-Session-Timeout-Alert-Interval: 120\r\n", "X-Evil"},
	    {"custom",
		"X-CSTP-Post-Auth-XML: <?xml version=\"1.0\" encoding=\"UTF-8\"?><config-auth "
		"client=\"vpn\" type=\"complete\" aggregate-auth-version=\"2\">"
		"<config client=\"vpn\" type=\"private\"><opaque is-for=\"vpn-client\">"
		"<custom-attr><dynamic-split-exclude-domains>a.example,b.example"
		"</dynamic-split-exclude-domains></custom-attr></opaque></config>"
		"</config-auth>\r\n",
		"X-Evil"},
	};

	ipc__custom_attr__init(&domains_attr);
	domains_attr.type = (char *)"dynamic-split-exclude-domains";
	domains_attr.value = (char *)"a.example,b.example";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cstp_answer answer = {.mtu = 1200, .link_mtu = 1300};
		Ipc__SessionOpened opened;
		Ipc__TunnelPolicy policy;
		struct buf out;

		opened_make(&opened, &policy);
		policy_change(&policy, rows[i].what);
		buf_init(&out, CSTP_ANSWER_MAX);
		cstp_head_write(&out, &opened, &answer);
		if (strstr(buf_cstr(&out), rows[i].has) == NULL ||
		    strstr(buf_cstr(&out), rows[i].has_not) != NULL)
			fail_msg("%s: expected %s and no %s, got %s", rows[i].what, rows[i].has,
			    rows[i].has_not, buf_cstr(&out));
		/* Phones have no use for custom attributes. */
		buf_reset(&out);
		answer.mobile = true;
		cstp_head_write(&out, &opened, &answer);
		assert_null(strstr(buf_cstr(&out), "Post-Auth"));
		buf_fini(&out);
	}
}

/* Every text of the policy, those that later versions add too, with a line end in it. */
static void
test_no_value_ends_a_line(UNUSED void **state)
{
	static char evil[] = "v\r\nX-Evil: 1\r\n\r\nSTF", *list[] = {evil};
	const ProtobufCMessageDescriptor *desc = &ipc__tunnel_policy__descriptor;
	struct cstp_answer answer = {.mtu = 1200, .link_mtu = 1300, .dtls = true, .app_id = "ab"};
	static const char *const methods[] = {"use-server", "use-pac-url", evil};
	Ipc__SessionOpened opened;
	Ipc__TunnelPolicy policy;
	struct buf out;

	ipc__custom_attr__init(&evil_attr);
	evil_attr.type = evil_attr.value = evil;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		opened_make(&opened, &policy);
		for (unsigned j = 0; j < desc->n_fields; j++) {
			const ProtobufCFieldDescriptor *field = &desc->fields[j];
			char *at = (char *)&policy + field->offset;

			if (field->type != PROTOBUF_C_TYPE_STRING)
				continue;
			if (field->label == PROTOBUF_C_LABEL_REPEATED) {
				*(char ***)(void *)at = list;
				*(size_t *)(void *)((char *)&policy + field->quantifier_offset) = 1;
			} else {
				*(char **)(void *)at = evil;
			}
		}
		policy.msie_proxy_method = (char *)(uintptr_t)methods[i];
		policy.rekey_time = 5;
		domains_attr.value = evil;
		policy.custom_attr = customs;
		policy.n_custom_attr = 2;
		buf_init(&out, CSTP_ANSWER_MAX);
		cstp_head_write(&out, &opened, &answer);
		assert_null(strstr(buf_cstr(&out), "\nX-Evil"));
		assert_ptr_equal(strstr(buf_cstr(&out), "\r\n\r\n"), out.data + out.len - 4);
		/* The texts were there. */
		assert_non_null(strstr(buf_cstr(&out), "X-Evil"));
		buf_fini(&out);
	}
}

static void
test_reason(UNUSED void **state)
{
	struct buf out;

	buf_init(&out, 100);
	cstp_head_reason(&out, "no\r\n\r\nroom");
	assert_string_equal(buf_cstr(&out), "X-Reason: noroom\r\n");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request_of_openconnect),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_phones),
	    cmocka_unit_test(test_no_cookie),
	    cmocka_unit_test(test_mtu),
	    cmocka_unit_test(test_full_answer),
	    cmocka_unit_test(test_bare_answer),
	    cmocka_unit_test(test_mtu_from_the_other_family),
	    cmocka_unit_test(test_each_header),
	    cmocka_unit_test(test_no_value_ends_a_line),
	    cmocka_unit_test(test_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
