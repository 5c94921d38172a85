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
    {syntax_authentication, "aaa", true},
    {syntax_authentication, "saml", false},
    {syntax_server_group, "LOCAL", true},
    {syntax_server_group, "local", false},
    {syntax_rule, "permit any", true},
    {syntax_rule, "permit", false},
    {syntax_rule, "permit 10.0.0.1 255.0.0.0", false},
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_pass_or_not),
	    cmocka_unit_test(urls_that_mean_the_same_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
