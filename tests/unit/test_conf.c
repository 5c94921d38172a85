/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a directory: the example that ships, files that are missing, unreadable or open to
 * everybody. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/conf_help.h"

#define EXAMPLE "conf/example"

static const char *const conf_names[] = {"gateway.conf", "tunnel-groups.conf",
    "group-policies.conf", "aaa.conf", "users.conf", "pki.conf"};

struct dir {
	char path[64];
	struct conf_errors errors;
};

static void
write_file(const struct dir *dir, const char *name, const char *text, size_t len, mode_t mode)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fchmod(fd, mode) != 0)
		fail_msg("%s cannot be written", path);
	close(fd);
}

static void
put(const struct dir *dir, const char *name, const char *text)
{
	write_file(dir, name, text, strlen(text), 0600);
}

static void
remove_file(const struct dir *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	unlink(path);
}

/* A directory with the small configuration of conf_help.h. */
static int
setup(void **state)
{
	struct dir *dir = calloc(1, sizeof(*dir));

	snprintf(dir->path, sizeof(dir->path), "/tmp/sekisho-test-conf.XXXXXX");
	assert_non_null(mkdtemp(dir->path));
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		put(dir, help_files[i].name, help_files[i].text);
	conf_errors_init(&dir->errors);
	*state = dir;
	return 0;
}

static int
teardown(void **state)
{
	struct dir *dir = *state;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		remove_file(dir, help_files[i].name);
	rmdir(dir->path);
	conf_errors_fini(&dir->errors);
	free(dir);
	return 0;
}

/* Load, and compare the errors with a text in which %s is the directory. */
static void
expect_errors(struct dir *dir, const char *wanted)
{
	struct buf text;

	buf_init(&text, 8192);
	for (const char *p = wanted; *p != '\0'; p++) {
		if (p[0] == '%' && p[1] == 's')
			buf_puts(&text, dir->path), p++;
		else
			buf_put_u8(&text, (uint8_t)*p);
	}
	struct conf *conf = conf_load(dir->path, &dir->errors);
	assert_string_equal(buf_cstr(&dir->errors.text), buf_cstr(&text));
	assert_true((conf == NULL) == (wanted[0] != '\0'));
	conf_unref(conf);
	buf_fini(&text);
}

static void
a_directory_is_loaded(void **state)
{
	struct dir *dir = *state;
	struct conf *conf = conf_load(dir->path, &dir->errors);
	size_t len;

	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&dir->errors.text));
	assert_non_null(conf_find(conf, CONF_USERNAME, "alice"));
	assert_null(conf_find(conf, CONF_USERNAME, "Alice"));
	assert_non_null(conf_find(conf, CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup"));
	assert_non_null(conf_find(conf, CONF_TUNNEL_GROUP, "DefaultRAGroup"));
	assert_non_null(conf_find(conf, CONF_GROUP_POLICY, "DfltGrpPolicy"));
	assert_null(conf_find(conf, CONF_IPV6_LOCAL_POOL, "POOL"));
	assert_non_null(conf_file_content(conf, "gw.key", &len));
	assert_int_equal(len, strlen(help_files[7].text));
	assert_null(conf_file_content(conf, "gateway.conf", &len));
	conf_unref(conf_ref(conf));
	conf_unref(conf);
	conf_unref(NULL);
}

/* What is not written has the row's value, and sub-objects are there all the same. */
static void
defaults_are_there(void **state)
{
	struct conf *conf = help_load_fine(NULL, NULL);
	const struct conf_object *gateway = conf_root(conf, CONF_GATEWAY);
	const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup");
	const struct conf_object *policy = conf_find(conf, CONF_GROUP_POLICY, "Staff");
	const struct conf_object *attributes = conf_sub(policy, GP_ATTRIBUTES);
	const struct conf_object *const *objects;
	struct conf_object *const *listeners;
	char *const *list;

	(void)state;
	assert_int_equal(conf_subs(gateway, GW_LISTENERS, &listeners), 1);
	assert_int_equal(conf_int(listeners[0], LI_PORT), 443);
	assert_int_equal(conf_int(listeners[0], LI_DTLS_PORT), 443);
	assert_int_equal(conf_int(conf_sub(gateway, GW_LIMITS), LIM_MAX_SESSIONS), 10000);
	assert_true(conf_bool(conf_sub(gateway, GW_LOGGING), LOGGING_SYSLOG));
	assert_string_equal(conf_str(conf_sub(gateway, GW_LOGGING), LOGGING_LEVEL), "info");
	assert_int_equal(conf_int(conf_sub(gateway, GW_LOGGING), LOGGING_LEVEL), 3);
	assert_string_equal(conf_str(conf_sub(gateway, GW_USERS), PU_PKI), "sekisho-pki");
	assert_string_equal(conf_str(conf_sub(gateway, GW_TUN), TUN_NAME), "sekisho0");
	assert_string_equal(
	    conf_str(conf_sub(group, TG_GENERAL), TGG_DEFAULT_GROUP_POLICY), "DfltGrpPolicy");
	assert_int_equal(conf_list(conf_sub(group, TG_GENERAL), TGG_ADDRESS_POOL, &list), 0);
	assert_int_equal(conf_list(conf_sub(group, TG_WEBVPN), TGW_AUTHENTICATION, &list), 1);
	assert_string_equal(list[0], "aaa");
	assert_int_equal(conf_value(attributes, GPA_DNS_SERVER)->state, CONF_ABSENT);
	assert_int_equal(conf_value(attributes, GPA_BANNER)->state, CONF_SET);
	assert_int_equal(conf_value(attributes, GPA_BANNER)->origin.line, 1);
	assert_string_equal(conf_value(attributes, GPA_BANNER)->origin.file, "group-policies.conf");
	assert_null(conf_str(attributes, GPA_DEFAULT_DOMAIN));
	assert_string_equal(conf_str(attributes, GPA_ANYCONNECT_SSL_REKEY_METHOD), "none");
	assert_int_equal(conf_int(attributes, GPA_VPN_SESSION_TIMEOUT), 0);
	/* in file order, the built-in behind */
	assert_int_equal(conf_objects(conf, CONF_GROUP_POLICY, &objects), 2);
	assert_string_equal(conf_str(objects[0], GP_NAME), "Staff");
	assert_string_equal(conf_str(objects[1], GP_NAME), "DfltGrpPolicy");
	conf_unref(conf);
}

static void
a_written_built_in_is_the_written_one(void **state)
{
	struct conf *conf = help_load_fine("group-policies.conf",
	    "group-policies = ( { name = \"DfltGrpPolicy\"; attributes = { banner = \"x\"; }; },\n"
	    "{ name = \"Staff\"; } );\n"
	    "ip-local-pools = ( { name = \"POOL\"; range = \"10.0.0.1-10.0.0.9\"; } );");
	const struct conf_object *const *objects;
	const struct conf_object *policy = conf_find(conf, CONF_GROUP_POLICY, "DfltGrpPolicy");

	(void)state;
	assert_int_equal(conf_objects(conf, CONF_GROUP_POLICY, &objects), 2);
	assert_string_equal(conf_str(conf_sub(policy, GP_ATTRIBUTES), GPA_BANNER), "x");
	conf_unref(conf);
}

static void
missing_files_are_named(void **state)
{
	struct dir *dir = *state;

	remove_file(dir, "aaa.conf");
	remove_file(dir, "users.conf");
	expect_errors(dir, "");
	remove_file(dir, "gw.key");
	remove_file(dir, "tunnel-groups.conf");
	expect_errors(dir,
	    "tunnel-groups.conf: %s/tunnel-groups.conf is missing; it is required\n"
	    "pki.conf:1: trustpoints[0].key: %s/gw.key is missing; make it or name another file\n");
}

static void
files_open_to_everybody_are_refused(void **state)
{
	struct dir *dir = *state;

	write_file(dir, "users.conf", "", 0, 0604);
	write_file(dir, "gw.key", help_files[7].text, strlen(help_files[7].text), 0644);
	write_file(dir, "gateway.conf", help_files[0].text, strlen(help_files[0].text), 0606);
	write_file(dir, "gw.pem", help_files[6].text, strlen(help_files[6].text), 0644);
	expect_errors(dir,
	    "gateway.conf: %s/gateway.conf can be changed by everybody; run \"chmod o-w\" on it\n"
	    "users.conf: %s/users.conf can be read by everybody; run \"chmod 600\" on it\n"
	    "pki.conf:1: trustpoints[0].key: %s/gw.key can be read by everybody; run \"chmod 600\" "
	    "on it\n");
}

static void
what_is_no_small_file_is_refused(void **state)
{
	struct dir *dir = *state;
	char path[256];

	snprintf(path, sizeof(path), "%s/users.conf", dir->path);
	remove_file(dir, "users.conf");
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/gateway.conf", dir->path);
	assert_int_equal(truncate(path, TEXTS_FILE_MAX + 1), 0);
	put(dir, "pki.conf", "trustpoints = (");
	put(dir, "aaa.conf", "@include \"/etc/passwd\"\n");
	expect_errors(dir,
	    "gateway.conf: %s/gateway.conf is bigger than 4 MB\n"
	    "users.conf: %s/users.conf is not a file\n"
	    "aaa.conf:1: \"@\": @include is not possible here; write the settings into this file\n"
	    "pki.conf:1: expected a value: a number, true, false, or a text in quotes, got the end "
	    "of the file\n");
}

static void
gateway_conf_can_be_loaded_alone(void **state)
{
	struct dir *dir = *state;

	for (size_t i = 1; i < ARRAY_LEN(conf_names); i++)
		remove_file(dir, conf_names[i]);
	struct conf *conf = conf_load_gateway(dir->path, &dir->errors);
	assert_non_null(conf);
	assert_string_equal(conf_str(conf_sub(conf_root(conf, CONF_GATEWAY), GW_CONTROL), CTL_PATH),
	    "/run/sekisho/control");
	assert_null(conf_root(conf, CONF_TUNNEL_GROUPS));
	assert_null(conf_find(conf, CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup"));
	conf_unref(conf);
	remove_file(dir, "gateway.conf");
	assert_null(conf_load_gateway(dir->path, &dir->errors));
	assert_int_equal(dir->errors.count, 1);
}

static void
one_text_can_be_checked_alone(void **state)
{
	struct dir *dir = *state;
	const char *text = "usernames = ( { name = \"a\"; password = \"b\"; } );";

	assert_int_equal(conf_check_text("users.conf", help_files[4].text,
			     strlen(help_files[4].text), &dir->errors),
	    ERR_OK);
	assert_int_equal(
	    conf_check_text("users.conf", text, strlen(text), &dir->errors), ERR_SYNTAX);
	assert_int_equal(dir->errors.count, 1);
	assert_int_equal(conf_check_text("x.conf", "", 0, &dir->errors), ERR_NOTFOUND);
}

/* "# name = value; # ..", or NULL: the line is another. What is behind the "# ". */
static char *
commented_setting(char *line)
{
	char *start = line + strspn(line, "\t");

	if (start[0] != '#' || start[1] != ' ')
		return NULL;
	size_t name = strspn(start + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return name > 0 && strncmp(start + 2 + name, " = ", 3) == 0 ? start : NULL;
}

/* Take the comment signs off settings that are commented out: those of one line, lists of
 * groups from "# name = (" to "# );", and groups from "# name = {" to "# };". */
static void
uncomment(char *text)
{
	bool inside = false;

	for (char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		char *start = inside ? strchr(line, '#') : commented_setting(line);
		if (start == NULL)
			continue;
		*start = ' ';
		char *end = strchr(line, '\n');
		inside = (inside && strncmp(start + 1, " );", 3) != 0 &&
			     strncmp(start + 1, " };", 3) != 0) ||
			 (!inside && (end[-1] == '(' || end[-1] == '{'));
	}
}

/* The text of an example file; "/etc/sekisho/" in it becomes nothing, so that the PEM files are
 * beside it. */
static void
copy_example(const struct dir *dir, const char *name, bool comments)
{
	static char text[65536];
	static const char place[] = "/etc/sekisho/gateway.";
	char path[256], *found;

	snprintf(path, sizeof(path), EXAMPLE "/%s", name);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s cannot be opened; run the test in the top folder", path);
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	while ((found = strstr(text, place)) != NULL) {
		memcpy(found, "gw.", 3);
		memmove(
		    found + 3, found + sizeof(place) - 1, strlen(found + sizeof(place) - 1) + 1);
	}
	if (!comments)
		uncomment(text);
	put(dir, name, text);
}

static void
the_example_has_no_error(void **state)
{
	struct dir *dir = *state;

	for (size_t i = 0; i < ARRAY_LEN(conf_names); i++)
		copy_example(dir, conf_names[i], true);
	expect_errors(dir, "");
	assert_string_equal(buf_cstr(&dir->errors.warnings), "");
}

/* The value that a setting of DfltGrpPolicy has in the example must be the one it has anyway. */
static void
expect_default(const struct conf_object *written, const struct conf_object *other, unsigned setting)
{
	const struct conf_value *value = conf_value(written, setting);
	const struct conf_value *wanted = conf_value(other, setting);
	const char *name = conf_setting_name(CONF_GP_ATTRIBUTES, setting);
	bool list = value->list != NULL && wanted->list != NULL;

	if (value->state == CONF_ABSENT || wanted->state != CONF_ABSENT ||
	    setting == GPA_DNS_SERVER || setting == GPA_DEFAULT_DOMAIN)
		return;
	if (value->num != wanted->num || (value->str == NULL) != (wanted->str == NULL) ||
	    (value->list == NULL) != (wanted->list == NULL) ||
	    (value->str != NULL && strcmp(value->str, wanted->str) != 0) ||
	    (list && (value->len != wanted->len || strcmp(value->list[0], wanted->list[0]) != 0)))
		fail_msg("%s: the example's comment is not the default", name);
}

static void
what_the_example_comments_out_is_right(void **state)
{
	struct dir *dir = *state;
	size_t set = 0;

	for (size_t i = 0; i < ARRAY_LEN(conf_names); i++)
		copy_example(dir, conf_names[i], false);
	struct conf *conf = conf_load(dir->path, &dir->errors);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&dir->errors.text));
	const struct conf_object *written =
	    conf_sub(conf_find(conf, CONF_GROUP_POLICY, "DfltGrpPolicy"), GP_ATTRIBUTES);
	const struct conf_object *other =
	    conf_sub(conf_find(conf, CONF_GROUP_POLICY, "Guests"), GP_ATTRIBUTES);

	for (unsigned i = 0; i < GPA_COUNT; i++) {
		expect_default(written, other, i);
		set += conf_value(written, i)->state != CONF_ABSENT;
	}
	assert_true(set > 35);
	assert_non_null(conf_find(conf, CONF_AAA_SERVER_GROUP, "RADIUS"));
	assert_true(conf_wants_client_certificate(conf)); /* by its certificate map */
	conf_unref(conf);
}

static void
a_ca_file_is_loaded(void **state)
{
	struct dir *dir = *state;
	size_t len;

	put(dir, "pki.conf",
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"
	    "{ name = \"CA\"; ca-certificate = \"ca.pem\"; } ); ssl-trust-point = \"GW\";");
	expect_errors(dir,
	    "pki.conf:2: trustpoints[1].ca-certificate: %s/ca.pem is missing; make it or name "
	    "another file\n");
	conf_errors_fini(&dir->errors);
	conf_errors_init(&dir->errors);
	write_file(dir, "ca.pem", help_files[6].text, strlen(help_files[6].text), 0644);
	struct conf *conf = conf_load(dir->path, &dir->errors);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&dir->errors.text));
	assert_string_equal(conf_file_content(conf, "ca.pem", &len), help_files[6].text);
	remove_file(dir, "ca.pem");
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_directory_is_loaded, setup, teardown),
	    cmocka_unit_test(defaults_are_there),
	    cmocka_unit_test(a_written_built_in_is_the_written_one),
	    cmocka_unit_test_setup_teardown(missing_files_are_named, setup, teardown),
	    cmocka_unit_test_setup_teardown(files_open_to_everybody_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_no_small_file_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(gateway_conf_can_be_loaded_alone, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_text_can_be_checked_alone, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_ca_file_is_loaded, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_the_example_comments_out_is_right, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_example_has_no_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
