/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files. They are written beside their place, read back as the daemon would read them, and only
 * then moved there in one step; on any failure nothing is left.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/str.h"
#include "conf/syntax.h"
#include "conf/texts.h"
#include "tools/import_parts.h"

#define WRITE_PATH_MAX 2048
#define SELF_SIGNED "asa-import-self-signed"
#define SELF_CERTIFICATE "self-signed.pem"
#define SELF_KEY "self-signed.key"
#define NAMES_MAX 64 /* in the self-signed certificate */
#define NAME_MAX_LEN 256

static const struct {
	enum conf_kind root;
	const char *name;
	mode_t mode;
	const char *about;
} files[] = {
    {CONF_GATEWAY, "gateway.conf", 0644,
	"# What the gateway is on this machine. An ASA says this with its interfaces; here it "
	"listens\n"
	"# on all addresses. The tun has an address of its own only if one of the first pool's "
	"network\n"
	"# is in no pool and in no network that an interface of the ASA had; it works without.\n"},
    {CONF_TUNNEL_GROUPS, "tunnel-groups.conf", 0600, "# The ways to log in.\n"},
    {CONF_GROUP_POLICIES, "group-policies.conf", 0600,
	"# What users get: policies, address pools, access lists, hours.\n"},
    {CONF_AAA, "aaa.conf", 0600, "# Servers that check passwords.\n"},
    {CONF_USERS, "users.conf", 0600,
	"# The LOCAL users. Passwords cannot be carried over; set them with sekisho-passwd.\n"},
    {CONF_PKI, "pki.conf", 0600, "# Certificates and keys.\n"},
};

static enum err
say(struct buf *why, enum err err, const char *what, const char *reason)
{
	buf_printf(why, "%s: %s\n", what, reason);
	return err;
}

/* ---- who the gateway is ---- */

struct names {
	char *list[NAMES_MAX];
	size_t len;
};

static void
names_add(struct names *names, const char *name, size_t len)
{
	struct ip_addr addr;
	char text[NAME_MAX_LEN];

	if (names->len == NAMES_MAX || len == 0 ||
	    str_copy_n(text, sizeof(text), name, len) != ERR_OK)
		return;
	if (ip_parse(text, &addr) != ERR_OK && syntax_domain(text) != NULL)
		return;
	for (size_t i = 0; i < names->len; i++)
		if (str_ieq(names->list[i], text))
			return;
	names->list[names->len] = strdup(text);
	if (names->list[names->len] != NULL)
		names->len++;
}

/* The hosts of the group URLs are what clients look for in a certificate. */
static void
names_add_url(struct names *names, const char *url)
{
	static const char scheme[] = "https://";

	if (url == NULL || !str_istarts(url, scheme))
		return;
	url += strlen(scheme);
	if (url[0] == '[')
		names_add(names, url + 1, strcspn(url + 1, "]"));
	else
		names_add(names, url, strcspn(url, ":/"));
}

static void
names_add_groups(struct names *names, const struct import *import)
{
	const struct import_item *groups = import_item_list(import, CONF_TUNNEL_GROUP);

	for (size_t i = 0; groups != NULL && i < groups->len; i++) {
		const struct import_item *webvpn =
		    import_item_find(groups->items[i], "webvpn-attributes");
		const struct import_item *urls =
		    webvpn != NULL ? import_item_find(webvpn, "group-url") : NULL;

		for (size_t k = 0; urls != NULL && k < urls->len; k++)
			names_add_url(names, import_get_str(&urls->items[k]->node, "url"));
	}
}

/* The host's name first: it becomes the subject. */
static void
names_fill(struct names *names, const struct import *import)
{
	struct buf name;

	names->len = 0;
	buf_init(&name, NAME_MAX_LEN);
	if (import->hostname != NULL)
		buf_puts(&name, import->hostname);
	if (import->hostname != NULL && import->domain != NULL)
		buf_printf(&name, ".%s", import->domain);
	if (name.len <= 64)
		names_add(names, buf_cstr(&name), name.len);
	buf_fini(&name);
	if (names->len == 0)
		names_add(names, "vpn-gateway", strlen("vpn-gateway"));
	names_add_groups(names, import);
}

static void
names_fini(struct names *names)
{
	for (size_t i = 0; i < names->len; i++)
		free(names->list[i]);
}

/* A trustpoint that the listeners can show: certificate and key. */
static bool
has_identity(struct import *import)
{
	const char *shown = import_get_str(import_root(import, CONF_PKI), "ssl-trust-point");
	const struct node *trustpoint =
	    shown != NULL ? import_find(import, CONF_TRUSTPOINT, shown) : NULL;

	return trustpoint != NULL && import_get_str(trustpoint, "certificate") != NULL &&
	       import_get_str(trustpoint, "key") != NULL;
}

static enum err
make_identity(struct import *import)
{
	struct names names;
	struct buf certificate, key;

	if (has_identity(import))
		return ERR_OK;
	names_fill(&names, import);
	buf_init(&certificate, TEXTS_FILE_MAX);
	buf_init(&key, 65536);
	enum err err =
	    import_identity((const char *const *)names.list, names.len, &certificate, &key);
	if (err == ERR_OK) {
		struct node *trustpoint = import_named(import, CONF_TRUSTPOINT, SELF_SIGNED);

		import_file(import, SELF_CERTIFICATE, certificate.data, certificate.len, false);
		import_file(import, SELF_KEY, key.data, key.len, true);
		import_set_str(import, trustpoint, "certificate", SELF_CERTIFICATE);
		import_set_str(import, trustpoint, "key", SELF_KEY);
		import_set_str(
		    import, import_root(import, CONF_PKI), "ssl-trust-point", SELF_SIGNED);
		import_todo(import,
		    "replace the self-signed certificate (trustpoint " SELF_SIGNED
		    " of pki.conf): the running-config has no private key, so one was made for %s",
		    names.list[0]);
	}
	names_fini(&names);
	buf_fini(&certificate);
	buf_wipe(&key);
	return err;
}

/* ---- files ---- */

static enum err
write_file(int dir, const char *name, mode_t mode, const struct buf *data, struct buf *why)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return say(why, ERR_SYS, name, strerror(errno));
	enum err err = buf_write(fd, data->data, data->len);
	if (err == ERR_OK && (fsync(fd) != 0 || fchmod(fd, mode) != 0))
		err = ERR_SYS;
	if (err != ERR_OK)
		say(why, err, name, strerror(errno));
	if (close(fd) != 0 && err == ERR_OK)
		err = say(why, ERR_SYS, name, strerror(errno));
	return err;
}

static enum err
write_conf_file(const struct import *import, int dir, size_t i, struct buf *why)
{
	char name[256];
	struct buf text;

	buf_init(&text, TEXTS_FILE_MAX);
	str_printable(name, sizeof(name), import->name);
	buf_printf(&text, "# %s, written by asa-import from %s\n%s\n", files[i].name, name,
	    files[i].about);
	enum err err = import_text(import, files[i].root, &text);
	if (err == ERR_LIMIT)
		say(why, err, files[i].name, "is bigger than 4 MB");
	else if (err != ERR_OK)
		say(why, err, files[i].name, err_str(err));
	else
		err = write_file(dir, files[i].name, files[i].mode, &text, why);
	buf_wipe(&text);
	return err;
}

static enum err
write_files(const struct import *import, const char *path, struct buf *why)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err err = ERR_OK;

	if (dir < 0)
		return say(why, ERR_SYS, path, strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(files) && err == ERR_OK; i++)
		err = write_conf_file(import, dir, i, why);
	for (size_t i = 0; i < import->pems_len && err == ERR_OK; i++)
		err = write_file(dir, import->pems[i].name, import->pems[i].secret ? 0600 : 0644,
		    &import->pems[i].data, why);
	close(dir);
	return err;
}

/* A directory of ours, with nothing but files in it. */
static void
remove_dir(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = dir >= 0 ? fdopendir(dir) : NULL;
	const struct dirent *entry;

	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dir, entry->d_name, 0);
	if (entries != NULL)
		closedir(entries);
	else if (dir >= 0)
		close(dir);
	(void)rmdir(path);
}

/* Would the daemon take it? */
static enum err
check(const char *path, struct buf *why)
{
	struct conf_errors errors;
	enum err err = ERR_OK;

	conf_errors_init(&errors);
	struct conf *conf = conf_load(path, &errors);
	if (conf == NULL) {
		buf_printf(why,
		    "internal error: the daemon would not take what would have been written:\n%s",
		    buf_cstr(&errors.text));
		err = ERR_SYNTAX;
	}
	conf_unref(conf);
	conf_errors_fini(&errors);
	return err;
}

/* The place must be free. */
static enum err
check_place(const char *dir, struct buf *why)
{
	struct stat st;

	if (lstat(dir, &st) != 0)
		return errno == ENOENT ? ERR_OK : say(why, ERR_SYS, dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return say(why, ERR_EXISTS, dir, "is there and is not a directory");
	DIR *entries = opendir(dir);
	const struct dirent *entry;
	bool empty = true;

	if (entries == NULL)
		return say(why, ERR_SYS, dir, strerror(errno));
	while ((entry = readdir(entries)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			empty = false;
	closedir(entries);
	return empty ? ERR_OK : say(why, ERR_EXISTS, dir, "is not empty; name another directory");
}

/* Written, checked, moved. */
static enum err
write_beside(const struct import *import, const char *dir, char *beside, struct buf *why)
{
	if (mkdtemp(beside) == NULL)
		return say(why, ERR_SYS, dir, strerror(errno));
	enum err err = write_files(import, beside, why);
	if (err == ERR_OK)
		err = check(beside, why);
	if (err == ERR_OK && (chmod(beside, 0755) != 0 || rename(beside, dir) != 0))
		err = say(why, ERR_SYS, dir, strerror(errno));
	if (err != ERR_OK)
		remove_dir(beside);
	return err;
}

enum err
import_write(struct import *import, const char *dir, struct buf *why)
{
	char place[WRITE_PATH_MAX], beside[WRITE_PATH_MAX + 16];
	enum err err = str_copy(place, sizeof(place), dir);

	if (import->errors_count > 0)
		return say(why, ERR_SYNTAX, import->name, "the input is broken");
	if (err != ERR_OK || dir[0] == '\0')
		return say(why, ERR_SYS, dir, "is not a path for a directory");
	for (size_t len = strlen(place); len > 1 && place[len - 1] == '/'; len--)
		place[len - 1] = '\0';
	(void)snprintf(beside, sizeof(beside), "%s.XXXXXX", place);
	err = check_place(place, why);
	if (err != ERR_OK)
		return err;
	err = make_identity(import);
	if (err != ERR_OK || import->out_of_memory)
		return say(why, err != ERR_OK ? err : ERR_NOMEM, "self-signed certificate",
		    err_str(err != ERR_OK ? err : ERR_NOMEM));
	return write_beside(import, place, beside, why);
}
