/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of texts: what passes and what does not. */
#include <stdio.h>
#include <stdlib.h>

#include "conf/syntax.h"
#include "tests/unit/conf_help.h"

#define D43 "1234567890123456789012345678901234567890123"
#define D86 D43 D43
#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *(*syntax)(const char *text);
	const char *text;
	bool fine;
} cases[] = {
    {syntax_name, "Staff 1", true},
    {syntax_name, "J\303\266rg", true},
    {syntax_name, "None", false},
    {syntax_name, " a", false},
    {syntax_name, "a ", false},
    {syntax_name, "a\tb", false},
    {syntax_name, "a\xff", false},
    {syntax_user, "none", true},
    {syntax_user, "a\n", false},
    {syntax_label, "<b>\"&", true},
    {syntax_ip, "192.0.2.1", true},
    {syntax_ip, "2001:db8::1", true},
    {syntax_ip, "0.0.0.0", false},
    {syntax_ip, "127.0.0.1", false},
    {syntax_ip, "224.0.0.1", false},
    {syntax_ip, "ff02::1", false},
    {syntax_ip, "::", false},
    {syntax_ip, "::1", false},
    {syntax_ip, "192.0.2.1/24", false},
    {syntax_ip, "192.0.2", false},
    {syntax_ip4, "2001:db8::1", false},
    {syntax_listen, "0.0.0.0", true},
    {syntax_listen, "::", true},
    {syntax_listen, "127.0.0.1", true},
    {syntax_listen, "224.0.0.1", false},
    {syntax_listen, "gw.example.com", false},
    {syntax_tun4, "10.0.0.1/24", true},
    {syntax_tun4, "10.0.0.1/32", true},
    {syntax_tun4, "10.0.0.0/31", true},
    {syntax_tun4, "10.0.0.0/24", false},
    {syntax_tun4, "10.0.0.255/24", false},
    {syntax_tun4, "10.0.0.1", false},
    {syntax_tun4, "10.0.0.1/33", false},
    {syntax_tun4, "10.0.0.1/0", false},
    {syntax_tun4, "fd00::1/64", false},
    {syntax_tun6, "fd00::1/64", true},
    {syntax_tun6, "fd00::1/129", false},
    {syntax_tun6, "10.0.0.1/24", false},
    {syntax_interface, "sekisho0", true},
    {syntax_interface, "a234567890123456", false},
    {syntax_interface, "a/b", false},
    {syntax_interface, "..", false},
    {syntax_interface, "tun%d", false},
    {syntax_path, "/run/x", true},
    {syntax_path, "run/x", false},
    {syntax_path, "/run/\n", false},
    {syntax_file, "x.pem", true},
    {syntax_process_user, "sekisho-pki", true},
    {syntax_process_user, "#65534", true},
    {syntax_process_user, "root", false},
    {syntax_process_user, "#0", false},
    {syntax_process_user, "#4294967295", false},
    {syntax_process_user, "#x", false},
    {syntax_process_user, "a b", false},
    {syntax_group, "#0", true},
    {syntax_domain, "example.com", true},
    {syntax_domain, "example.com.", true},
    {syntax_domain, "_x.a-b", true},
    {syntax_domain, LABEL63 ".de", true},
    {syntax_domain, LABEL63 "x.de", false},
    {syntax_domain, "a..b", false},
    {syntax_domain, ".a", false},
    {syntax_domain, "a,b", false},
    {syntax_domain, "a\r\nb", false},
    {syntax_banner, "a\r\n\tb", true},
    {syntax_banner, "a\x1b[31m", false},
    {syntax_range, "10.0.0.1-10.0.0.1", true},
    {syntax_range, "10.0.0.0-10.15.255.255", true},
    {syntax_range, "10.0.0.0-10.16.0.0", false},
    {syntax_range, "10.0.0.2-10.0.0.1", false},
    {syntax_range, "10.0.0.1", false},
    {syntax_range, "10.0.0.1-", false},
    {syntax_range, "10.0.0.1-fd00::1", false},
    {syntax_range, "fd00::1-fd00::2", false},
    {syntax_range, "223.255.255.250-224.0.0.1", false},
    {syntax_mask, "255.255.255.0", true},
    {syntax_mask, "255.255.255.255", true},
    {syntax_mask, "255.0.255.0", false},
    {syntax_mask, "0.0.0.0", false},
    {syntax_mask, "24", false},
    {syntax_prefix6, "fd00::10/64", true},
    {syntax_prefix6, "fd00::10", false},
    {syntax_prefix6, "ff00::10/64", false},
    {syntax_prefix6, "10.0.0.1/24", false},
    {syntax_url, "https://gw.example.com", true},
    {syntax_url, "HTTPS://gw.example.com:8443/a/b", true},
    {syntax_url, "https://192.0.2.1/x", true},
    {syntax_url, "https://[2001:db8::1]:443/x", true},
    {syntax_url, "http://gw.example.com/", false},
    {syntax_url, "https:///x", false},
    {syntax_url, "https://2001:db8::1/x", false},
    {syntax_url, "https://[192.0.2.1]/x", false},
    {syntax_url, "https://[2001:db8::1/x", false},
    {syntax_url, "https://[]/x", false},
    {syntax_url, "https://gw:0/x", false},
    {syntax_url, "https://gw:65536/x", false},
    {syntax_url, "https://gw:/x", false},
    {syntax_url, "https://gw/x?y", false},
    {syntax_url, "https://gw/x#y", false},
    {syntax_url, "https://gw?y", false},
    {syntax_url, "https://gw/x y", false},
    {syntax_url, "https://gw/\"><x", false},
    {syntax_url, "https://user@gw/x", false},
    {syntax_hash, "$6$salt$" D86, true},
    {syntax_hash, "$6$rounds=5000$salt$" D86, true},
    {syntax_hash, "$5$salt$" D43, true},
    {syntax_hash, "$y$j9T$salt$" D43, true},
    {syntax_hash, "$gy$j9T$salt$" D43, true},
    {syntax_hash, "$7$CU..../....salt$" D43, true},
    {syntax_hash, "$2b$12$12345678901234567890123456789012345678901234567890123", true},
    {syntax_hash, "$6$salt$" D43, false},
    {syntax_hash, "$6$sa:lt$" D86, false},
    {syntax_hash, "$6$", false},
    {syntax_hash, "$1$salt$1234567890123456789012", false},
    {syntax_hash, "password", false},
    {syntax_hash, "*", false},
    {syntax_server_group, "ISE", true},
    {syntax_server_group, "LOCAL", false},
    {syntax_server_group, "local", false},
    {syntax_server_group, "none", false},
    {syntax_line, "permit any", true},
    {syntax_line, "permit\nany", false},
    {syntax_line, " permit any", false},
    {syntax_proxy, "proxy.example.com:3128", true},
    {syntax_proxy, "proxy.example.com", true},
    {syntax_proxy, "192.0.2.1:80", true},
    {syntax_proxy, "[2001:db8::1]:3128", true},
    {syntax_proxy, "2001:db8::1", false},
    {syntax_proxy, "proxy:0", false},
    {syntax_proxy, "proxy:65536", false},
    {syntax_proxy, "proxy:", false},
    {syntax_proxy, ":3128", false},
    {syntax_proxy, "proxy:80/x", false},
    {syntax_proxy, "http://proxy:80", false},
    {syntax_proxy, "proxy:80;x", false},
    {syntax_proxy, "proxy:80\r\nX-CSTP-Evil: 1", false},
    {syntax_proxy, "a b:80", false},
    {syntax_proxy, "[2001:db8::1]x:80", false},
    {syntax_proxy_except, "intranet", true},
    {syntax_proxy_except, "*.example.com", true},
    {syntax_proxy_except, "10.*", true},
    {syntax_proxy_except, "10.1.2.3", true},
    {syntax_proxy_except, "10.1.2.3:8080", true},
    {syntax_proxy_except, "2001:db8::1", true},
    {syntax_proxy_except, "[2001:db8::1]", true},
    {syntax_proxy_except, "a,b", false},
    {syntax_proxy_except, "a;b", false},
    {syntax_proxy_except, "a b", false},
    {syntax_proxy_except, "a\nb", false},
    {syntax_proxy_except, "", false},
    {syntax_pac_url, "http://proxy.example.com/proxy.pac", true},
    {syntax_pac_url, "HTTPS://[2001:db8::1]:8443/p?a=b&c", true},
    {syntax_pac_url, "http://proxy", true},
    {syntax_pac_url, "http://proxy?x", true},
    {syntax_pac_url, "ftp://proxy/x", false},
    {syntax_pac_url, "proxy.pac", false},
    {syntax_pac_url, "http://", false},
    {syntax_pac_url, "http:///x", false},
    {syntax_pac_url, "http://[2001:db8::1]x", false},
    {syntax_pac_url, "http://proxy/a b", false},
    {syntax_pac_url, "http://proxy/a\r\nX: y", false},
    {syntax_pac_url, "http://proxy/\303\266", false},
    {syntax_custom_type, "dynamic-split-exclude-domains", true},
    {syntax_custom_type, "DeferredUpdateAllowed", true},
    {syntax_custom_type, "_a1", true},
    {syntax_custom_type, "1a", false},
    {syntax_custom_type, "-a", false},
    {syntax_custom_type, "a b", false},
    {syntax_custom_type, "a>b", false},
    {syntax_custom_type, "a:b", false},
    {syntax_custom_type, "\303\266", false},
    {syntax_custom_type, "", false},
    {syntax_custom_value, "a.example,b.example", true},
    {syntax_custom_value, "<J\303\266rg> & \"x\"", true},
    {syntax_custom_value, "a\nb", false},
    {syntax_custom_value, "a\xc2\x85 b", false},
    {syntax_custom_value, "a\xff", false},
    {syntax_criterion, "subject-name attr ou eq Staff", true},
    {syntax_criterion, "issuer-name co Example CA", true},
    {syntax_criterion, "alt-subject-name nc @example.com", true},
    {syntax_criterion, "extended-key-usage co 1.3.6.1.5.5.7.3.2", true},
    {syntax_criterion, "subject-name attr xx eq Staff", false},
    {syntax_criterion, "subject-name attr ou is Staff", false},
    {syntax_criterion, "serial-number eq 1", false},
    {syntax_criterion, "subject-name eq", false},
    {syntax_criterion, "subject-name eq a\nb", false},
    {syntax_criterion, "subject-name eq " D86 D86 D86, false},
    {syntax_absolute, "start 08:00 1 January 2026 end 18:00 31 December 2026", true},
    {syntax_absolute, "end 18:00 31 December 2026", true},
    {syntax_absolute, "start 08:00 1 January 2027 end 18:00 31 December 2026", false},
    {syntax_absolute, "start 08:00 30 February 2026", false},
    {syntax_absolute, "start 25:00 1 January 2026", false},
    {syntax_absolute, "tomorrow", false},
    {syntax_periodic, "weekdays 8:00 to 18:00", true},
    {syntax_periodic, "Monday Friday 8:00 to 12:00", true},
    {syntax_periodic, "Friday 20:00 to Monday 6:00", true},
    {syntax_periodic, "weekdays 8:00 to 24:30", false},
    {syntax_periodic, "weekdays 8:00", false},
    {syntax_periodic, "8:00 to 18:00", false},
    {syntax_framed4, "192.0.2.7 255.255.255.0", true},
    {syntax_framed4, "192.0.2.7 255.255.255.255", true},
    {syntax_framed4, "192.0.2.0 255.255.255.254", true},
    {syntax_framed4, "192.0.2.0 255.255.255.0", false},
    {syntax_framed4, "192.0.2.255 255.255.255.0", false},
    {syntax_framed4, "192.0.2.7 255.0.255.0", false},
    {syntax_framed4, "192.0.2.7 0.0.0.0", false},
    {syntax_framed4, "192.0.2.7", false},
    {syntax_framed4, "192.0.2.7/24", false},
    {syntax_framed4, "127.0.0.1 255.0.0.0", false},
    {syntax_framed4, "224.0.0.1 255.0.0.0", false},
    {syntax_framed4, "2001:db8::7 255.255.255.0", false},
    {syntax_framed4, "192.0.2.7 255.255.255.0 x", false},
    {syntax_framed6, "2001:db8::7/64", true},
    {syntax_framed6, "2001:db8::7/128", true},
    {syntax_framed6, "2001:db8::7", false},
    {syntax_framed6, "2001:db8::7/129", false},
    {syntax_framed6, "ff02::1/64", false},
    {syntax_framed6, "192.0.2.7/24", false},
};

static void
texts_pass_or_not(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *wrong = cases[i].syntax(cases[i].text);

		if ((wrong == NULL) == cases[i].fine)
			continue;
		print_error("FAIL: case %zu \"%s\", expected %s, got: %s\n", i, cases[i].text,
		    cases[i].fine ? "fine" : "refused", wrong != NULL ? wrong : "fine");
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void
urls_that_mean_the_same_are_equal(void **state)
{
	static const char *const urls[][2] = {
	    {"https://GW.example.com", "https://gw.example.com"},
	    {"https://gw/", "https://gw"},
	    {"https://gw:443/Staff//", "https://gw/staff"},
	    {"https://gw:8443/", "https://gw:8443"},
	    {"HTTPS://[2001:DB8::1]:443/x", "https://[2001:db8::1]/x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct buf key;

		buf_init(&key, 256);
		assert_int_equal(syntax_url_key(urls[i][0], &key), ERR_OK);
		assert_string_equal(buf_cstr(&key), urls[i][1]);
		buf_fini(&key);
	}
}

static void
framed_addresses_are_read(void **state)
{
	struct ip_addr addr, wanted;
	uint8_t len;

	(void)state;
	assert_int_equal(syntax_framed_address("192.0.2.7 255.255.255.0", &addr, &len), ERR_OK);
	assert_int_equal(ip_parse("192.0.2.7", &wanted), ERR_OK);
	assert_true(ip_eq(&addr, &wanted));
	assert_int_equal(len, 24);
	assert_int_equal(syntax_framed_address("2001:db8::7/64", &addr, &len), ERR_OK);
	assert_int_equal(ip_parse("2001:db8::7", &wanted), ERR_OK);
	assert_true(ip_eq(&addr, &wanted));
	assert_int_equal(len, 64);
	assert_int_equal(syntax_framed_address("192.0.2.7", &addr, &len), ERR_SYNTAX);
	assert_int_equal(syntax_framed_address("192.0.2.7 255.0.255.0", &addr, &len), ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_pass_or_not),
	    cmocka_unit_test(framed_addresses_are_read),
	    cmocka_unit_test(urls_that_mean_the_same_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
