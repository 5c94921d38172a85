/* SPDX-License-Identifier: Apache-2.0 */
/* The files: all or nothing, in a place that is free, with modes that fit what they hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/import_help.h"

#define PATH_MAX_HERE 256

static char folder[] = "/tmp/test_import_write.XXXXXX";

static int
make_folder(UNUSED void **state)
{
	return mkdtemp(folder) != NULL ? 0 : -1;
}

/* Files, and one level of directories. */
static void
remove_all(const char *path)
{
	char inner[PATH_MAX_HERE * 2];
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (unlink(inner) != 0)
			remove_all(inner);
	}
	if (dir != NULL)
		closedir(dir);
	(void)rmdir(path);
}

static int
remove_folder(UNUSED void **state)
{
	remove_all(folder);
	return 0;
}

static size_t
count_entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 2;
}

static const char *
in_folder(const char *name, char out[PATH_MAX_HERE])
{
	(void)snprintf(out, PATH_MAX_HERE, "%s/%s", folder, name);
	return out;
}

static void
expect_mode(const char *dir, const char *file, unsigned mode)
{
	char path[PATH_MAX_HERE * 2];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void
test_written(UNUSED void **state)
{
	struct import *import =
	    import_help_run("hostname gw\ndomain-name example.com\n"
			    "ip local pool P 10.0.0.1-10.0.0.9 mask 255.255.255.0\n"
			    "tunnel-group t type remote-access\n"
			    "tunnel-group t webvpn-attributes\n"
			    " group-url https://192.0.2.1/t enable\n"
			    " group-url https://vpn.example.com:444/t enable\n");
	char dir[PATH_MAX_HERE];
	struct conf_errors errors;
	struct buf why;

	buf_init(&why, 65536);
	assert_int_equal(import_write(import, in_folder("new/", dir), &why), ERR_OK);
	assert_string_equal(buf_cstr(&why), "");
	expect_mode(dir, "", 0755);
	expect_mode(dir, "gateway.conf", 0644);
	expect_mode(dir, "users.conf", 0600);
	expect_mode(dir, "aaa.conf", 0600);
	expect_mode(dir, "pki.conf", 0600);
	expect_mode(dir, "self-signed.pem", 0644);
	expect_mode(dir, "self-signed.key", 0600);
	assert_int_equal(count_entries(dir), 8);
	assert_int_equal(count_entries(folder), 1);

	conf_errors_init(&errors);
	struct conf *conf = conf_load(dir, &errors);
	assert_non_null(conf);
	assert_non_null(conf_find(conf, CONF_IP_LOCAL_POOL, "P"));
	assert_string_equal(
	    conf_str(conf_root(conf, CONF_PKI), PKI_SSL_TRUST_POINT), "asa-import-self-signed");
	conf_unref(conf);
	conf_errors_fini(&errors);

	/* Not again over it. */
	struct import *again = import_help_run("hostname other\n");
	assert_int_equal(import_write(again, dir, &why), ERR_EXISTS);
	assert_non_null(strstr(buf_cstr(&why), "is not empty"));
	assert_int_equal(count_entries(folder), 1);
	import_free(again);
	buf_fini(&why);
	import_free(import);
}

static void
test_places(UNUSED void **state)
{
	struct import *import = import_help_run("hostname gw\n");
	char dir[PATH_MAX_HERE];
	struct buf why;
	size_t before = count_entries(folder);

	buf_init(&why, 65536);
	/* an empty directory is taken */
	assert_int_equal(mkdir(in_folder("empty", dir), 0700), 0);
	assert_int_equal(import_write(import, dir, &why), ERR_OK);
	assert_int_equal(count_entries(folder), before + 1);
	/* a file is not */
	assert_int_equal(symlink("nowhere", in_folder("link", dir)), 0);
	assert_int_equal(import_write(import, dir, &why), ERR_EXISTS);
	/* nor a place that cannot be */
	assert_int_equal(import_write(import, in_folder("no/such/place", dir), &why), ERR_SYS);
	assert_int_equal(import_write(import, "", &why), ERR_SYS);
	assert_int_equal(count_entries(folder), before + 2);
	buf_fini(&why);
	import_free(import);
}

/* Broken input, and output that the daemon would not take: nothing is left behind. */
static void
test_nothing_left(UNUSED void **state)
{
	struct import *import = import_help_run("name 10.0.0.300 x\n");
	char dir[PATH_MAX_HERE];
	struct buf why;
	size_t before = count_entries(folder);

	buf_init(&why, 65536);
	assert_int_equal(import_write(import, in_folder("broken", dir), &why), ERR_SYNTAX);
	assert_int_equal(count_entries(folder), before);
	import_free(import);

	import = import_help_run("hostname gw\n");
	/* Behind import_finish()'s back. */
	import_set_str(import,
	    import_sub(import, import_named(import, CONF_GROUP_POLICY, "p"), "attributes"),
	    "group-lock", "nobody");
	assert_int_equal(import_write(import, in_folder("internal", dir), &why), ERR_SYNTAX);
	assert_non_null(strstr(buf_cstr(&why), "internal error"));
	assert_non_null(strstr(buf_cstr(&why), "group-lock"));
	assert_int_equal(count_entries(folder), before);
	import_free(import);
	buf_fini(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_written),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_nothing_left),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
