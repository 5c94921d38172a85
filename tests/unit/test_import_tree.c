/* SPDX-License-Identifier: Apache-2.0 */
/* Settings by name: types, limits, order, references that stay good, what is never written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_help.h"

/* An import whose present line is the only one. */
static struct import *
start(void)
{
	struct import *import = import_help_run("!\n");

	import->line = import->lines[0];
	return import;
}

static void
expect_text(const struct import *import, enum conf_kind root, const char *wanted)
{
	struct buf text;

	buf_init(&text, 65536);
	assert_int_equal(import_text(import, root, &text), ERR_OK);
	assert_string_equal(buf_cstr(&text), wanted);
	buf_fini(&text);
}

static void
test_types(UNUSED void **state)
{
	struct import *import = start();
	struct node *user = import_named(import, CONF_USERNAME, "u");
	struct node *attributes = import_sub(import, user, "attributes");
	char *servers[] = {(char[]){"10.0.0.1"}, (char[]){"10.0.0.2"}};

	import_set_int(import, attributes, "vpn-idle-timeout", 5);
	import_set_bool(import, attributes, "split-tunnel-all-dns", true);
	import_set_str(import, attributes, "banner", "one\n\"two\"");
	import_set_list(import, attributes, "dns-server", servers, 2);
	import_set_str(import, attributes, "vpn-session-timeout", "none");
	import_set_str(import, attributes, "split-dns", "none");
	import_set_str(import, attributes, "split-tunnel-policy", "tunnelspecified");
	import_set_str(import, attributes, "address-pools", "P");
	import_add_str(import, attributes, "address-pools", "Q");
	import_add_str(import, attributes, "address-pools", "P");
	assert_string_equal(import_get_str(attributes, "banner"), "one\n\"two\"");
	assert_null(import_get_str(attributes, "vpn-idle-timeout"));
	assert_null(import_get_str(attributes, "vlan"));
	expect_text(import, CONF_USERS,
	    "usernames = (\n\t{\n\t\tname = \"u\";\n\t\tattributes = {\n"
	    "\t\t\tbanner = \"one\\n\\\"two\\\"\";\n"
	    "\t\t\tdns-server = [ \"10.0.0.1\", \"10.0.0.2\" ];\n"
	    "\t\t\tsplit-tunnel-policy = \"tunnelspecified\";\n"
	    "\t\t\tsplit-dns = \"none\";\n"
	    "\t\t\tsplit-tunnel-all-dns = true;\n"
	    "\t\t\tvpn-idle-timeout = 5;\n"
	    "\t\t\tvpn-session-timeout = \"none\";\n"
	    "\t\t\taddress-pools = [ \"P\", \"Q\" ];\n"
	    "\t\t};\n\t}\n);\n");
	import_set_int(import, attributes, "vpn-idle-timeout", 6);
	import_unset(attributes, "banner");
	import_unset(attributes, "banner");
	import_unset(attributes, "dns-server");
	import_unset(attributes, "split-tunnel-policy");
	import_set_str(import, attributes, "split-dns", "a.example");
	import_set_str(import, attributes, "address-pools", "none");
	expect_text(import, CONF_USERS,
	    "usernames = (\n\t{\n\t\tname = \"u\";\n\t\tattributes = {\n"
	    "\t\t\tsplit-dns = [ \"a.example\" ];\n"
	    "\t\t\tsplit-tunnel-all-dns = true;\n"
	    "\t\t\tvpn-idle-timeout = 6;\n"
	    "\t\t\tvpn-session-timeout = \"none\";\n"
	    "\t\t\taddress-pools = \"none\";\n"
	    "\t\t};\n\t}\n);\n");
	assert_string_equal(import_errors(import), "");
	import_free(import);
}

/* What the daemon would refuse is not set, and the present line says so. */
static void
test_refused(UNUSED void **state)
{
	static const struct {
		const char *setting;
		const char *text; /* NULL: the number */
		long number;
		const char *note;
	} rows[] = {
	    {"vpn-idle-timeout", NULL, 0, "vpn-idle-timeout: 0 is out of range; "},
	    {"anyconnect-mtu", NULL, 9000, "anyconnect-mtu: 9000 is out of range; "},
	    {"default-domain", "a b", 0, "default-domain: \"a b\" is not a domain name"},
	    {"default-domain", "", 0, "default-domain: \"\" is empty"},
	    {"split-tunnel-policy", "none", 0, "split-tunnel-policy: \"none\" is not known here"},
	    {"dns-server", "10.0.0.300", 0, "dns-server: \"10.0.0.300\" is not the address"},
	    {"gateway-fqdn", "-\x01", 0, "gateway-fqdn: "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import *import = start();
		struct node *attributes =
		    import_sub(import, import_named(import, CONF_GROUP_POLICY, "p"), "attributes");

		if (rows[i].text != NULL)
			import_set_str(import, attributes, rows[i].setting, rows[i].text);
		else
			import_set_int(import, attributes, rows[i].setting, rows[i].number);
		assert_int_equal(import->line->fate, IMPORT_NOT_SUPPORTED);
		assert_memory_equal(import->line->note, rows[i].note, strlen(rows[i].note));
		assert_null(import_get_str(attributes, rows[i].setting));
		assert_string_equal(import_errors(import), "");
		/* "converted" comes too late. */
		import_converted(import->line, "yes");
		assert_int_equal(import->line->fate, IMPORT_NOT_SUPPORTED);
		import_free(import);
	}
}

static void
test_secret_is_not_quoted(UNUSED void **state)
{
	struct import *import = start();

	import_set_str(import, import_named(import, CONF_USERNAME, "u"), "password", "Hidden");
	assert_int_equal(import->line->fate, IMPORT_NOT_SUPPORTED);
	assert_null(strstr(import->line->note, "Hidden"));
	import_free(import);
}

/* Bugs of ours must not end as files. */
static void
test_internal_errors(UNUSED void **state)
{
	struct import *import = start();
	struct node *policy = import_named(import, CONF_GROUP_POLICY, "p");

	import_set_str(import, policy, "nonsense", "x");
	import_set_int(import, policy, "name", 5);
	(void)import_sub(import, policy, "name");
	(void)import_append(import, policy, "attributes");
	assert_string_equal(import_errors(import),
	    "in.cfg:1: internal error: the setting nonsense is unknown\n"
	    "in.cfg:1: internal error: the setting name has another type\n"
	    "in.cfg:1: internal error: the setting name has another type\n"
	    "in.cfg:1: internal error: the setting attributes has another type\n");
	import_free(import);
}

static void
test_marks_are_not_written(UNUSED void **state)
{
	struct import *import = start();
	struct node *range = import_named(import, CONF_TIME_RANGE, "t");

	import_set_bool(import, range, ".mark", true);
	import_set_str(import, range, "absolute", "end 00:00 1 January 1993");
	struct buf text;
	buf_init(&text, 65536);
	assert_int_equal(import_text(import, CONF_GROUP_POLICIES, &text), ERR_OK);
	assert_non_null(strstr(buf_cstr(&text), "absolute = \"end 00:00 1 January 1993\";"));
	assert_null(strstr(buf_cstr(&text), "mark"));
	buf_fini(&text);
	assert_string_equal(import_errors(import), "");
	import_free(import);
}

/* Nodes stay where they are while thousands come. */
static void
test_nodes_stay(UNUSED void **state)
{
	struct import *import = start();
	struct node *first = import_named(import, CONF_TUNNEL_GROUP, "0");
	struct node *general = import_sub(import, first, "general-attributes");
	char name[16];

	for (int i = 1; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		(void)import_named(import, CONF_TUNNEL_GROUP, name);
	}
	assert_ptr_equal(import_named(import, CONF_TUNNEL_GROUP, "0"), first);
	assert_ptr_equal(import_sub(import, first, "general-attributes"), general);
	import_set_bool(import, general, "strip-realm", true);
	assert_ptr_equal(import_find(import, CONF_TUNNEL_GROUP, "0"), first);
	assert_non_null(import_find(import, CONF_TUNNEL_GROUP, "2999"));
	assert_null(import_find(import, CONF_TUNNEL_GROUP, "3000"));
	import_free(import);
}

/* More than a list may have: said, and not written. */
static void
test_too_many(UNUSED void **state)
{
	struct import *import = start();
	struct node *attributes =
	    import_sub(import, import_named(import, CONF_GROUP_POLICY, "p"), "attributes");
	char name[16];

	for (int i = 0; i < 7; i++) {
		(void)snprintf(name, sizeof(name), "P%d", i);
		import_add_str(import, attributes, "address-pools", name);
	}
	assert_string_equal(
	    import->line->note, "address-pools: more than 6; those behind are left out");
	struct node *webvpn =
	    import_sub(import, import_named(import, CONF_TUNNEL_GROUP, "t"), "webvpn-attributes");
	for (int i = 0; i < 65; i++) {
		struct node *alias = import_append(import, webvpn, "group-alias");

		(void)snprintf(name, sizeof(name), "a%d", i);
		import_set_str(import, alias, "name", name);
	}
	assert_string_equal(import->line->note, "there are more than 64 of group-alias");
	struct buf text;
	buf_init(&text, 65536);
	assert_int_equal(import_text(import, CONF_TUNNEL_GROUPS, &text), ERR_OK);
	assert_non_null(strstr(buf_cstr(&text), "a63"));
	assert_null(strstr(buf_cstr(&text), "a64"));
	buf_fini(&text);
	import_free(import);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_secret_is_not_quoted),
	    cmocka_unit_test(test_internal_errors),
	    cmocka_unit_test(test_marks_are_not_written),
	    cmocka_unit_test(test_nodes_stay),
	    cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
