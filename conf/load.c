/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the disk to texts: which files there are, how big they may be, who may read and write them.
 * All the rest is the same for a directory and for a slice (parts.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "conf/errors.h"
#include "conf/parts.h"

#define LOAD_PATH_MAX 4096

/* A file to read, and how to complain about it. */
struct source {
	const char *path;
	const char *file;                 /* base name, for errors */
	const struct conf_object *object; /* the setting that names it; NULL: none does */
	unsigned setting;
};

static void
complain(
    struct conf_errors *errors, const struct source *source, const char *what, const char *cure)
{
	if (source->object != NULL)
		errors_setting(
		    errors, source->object, source->setting, "%s %s%s", source->path, what, cure);
	else
		errors_add(errors, source->file, 0, NULL, "%s %s%s", source->path, what, cure);
}

static enum err
read_all(int fd, size_t size_hint, struct buf *out)
{
	size_t chunk = size_hint + 1 > 4096 ? size_hint + 1 : 4096;

	for (;;) {
		uint8_t *p = buf_reserve(out, chunk);
		if (p == NULL)
			return out->err;
		ssize_t n = read(fd, p, chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_SYS;
		if (n == 0)
			return ERR_OK;
		buf_added(out, (size_t)n);
	}
}

/* Open and read into out. False: errors tell, or it is missing and that is *missing's business. */
static bool
read_source(const struct source *source, struct buf *out, struct stat *st, bool *missing,
    struct conf_errors *errors)
{
	/* Non-blocking, because a FIFO would keep a reader waiting for ever. */
	int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		*missing = errno == ENOENT;
		if (!*missing)
			complain(errors, source, "cannot be opened: ", strerror(errno));
		return false;
	}
	*missing = false;
	bool fine = false;
	if (fstat(fd, st) != 0) {
		complain(errors, source, "cannot be read: ", strerror(errno));
	} else if (!S_ISREG(st->st_mode)) {
		complain(errors, source, "is not a file", "");
	} else if (st->st_size > TEXTS_FILE_MAX) {
		complain(errors, source, "is bigger than 4 MB", "");
	} else {
		enum err err = read_all(fd, (size_t)st->st_size, out);

		fine = err == ERR_OK;
		if (!fine)
			complain(errors, source,
			    "cannot be read: ", err == ERR_SYS ? strerror(errno) : err_str(err));
	}
	close(fd);
	return fine;
}

static void
check_mode(
    const struct source *source, const struct stat *st, bool secret, struct conf_errors *errors)
{
	if (secret && (st->st_mode & (S_IROTH | S_IWOTH)) != 0)
		complain(errors, source, "can be read by everybody; run \"chmod 600\" on it", "");
	else if ((st->st_mode & S_IWOTH) != 0)
		complain(
		    errors, source, "can be changed by everybody; run \"chmod o-w\" on it", "");
}

static void
load_file(
    struct conf *conf, const char *dir, const struct parts_file *file, struct conf_errors *errors)
{
	char path[LOAD_PATH_MAX];
	struct source source = {.path = path, .file = file->name};
	struct buf text, name;
	struct stat st;
	bool missing;

	buf_init(&name, sizeof(path));
	buf_printf(&name, "%s/%s", dir, file->name);
	if (str_copy(path, sizeof(path), buf_cstr(&name)) != ERR_OK)
		path[0] = '\0';
	buf_fini(&name);
	buf_init(&text, TEXTS_FILE_MAX + 4096);
	if (read_source(&source, &text, &st, &missing, errors)) {
		check_mode(&source, &st, file->secret, errors);
		enum err err = texts_add(&conf->texts, TEXTS_CONF, file->name, text.data, text.len);
		if (err != ERR_OK)
			complain(errors, &source, "cannot be read: ", err_str(err));
	} else if (missing && file->required) {
		complain(errors, &source, "is missing; it is required", "");
	}
	buf_wipe(&text);
}

/* A PEM file that a trustpoint names; relative to the configuration's directory. */
static void
load_pem(struct conf *conf, const char *dir, const struct conf_object *trustpoint, unsigned setting,
    struct conf_errors *errors)
{
	const char *name = conf_str(trustpoint, setting);
	struct source source = {.object = trustpoint, .setting = setting};
	struct buf path, text;
	struct stat st;
	bool missing;

	if (name == NULL || texts_find(&conf->texts, TEXTS_PEM, name) != NULL)
		return;
	buf_init(&path, LOAD_PATH_MAX);
	buf_printf(&path, "%s%s%s", name[0] == '/' ? "" : dir, name[0] == '/' ? "" : "/", name);
	source.path = buf_cstr(&path);
	buf_init(&text, TEXTS_FILE_MAX + 4096);
	if (read_source(&source, &text, &st, &missing, errors)) {
		bool secret = memmem(buf_cstr(&text), text.len, "PRIVATE KEY-----", 16) != NULL;

		check_mode(&source, &st, secret, errors);
		enum err err = texts_add(&conf->texts, TEXTS_PEM, name, text.data, text.len);
		if (err != ERR_OK)
			complain(errors, &source, "cannot be read: ", err_str(err));
	} else if (missing) {
		complain(errors, &source, "is missing", "; make it or name another file");
	}
	buf_wipe(&text);
	buf_fini(&path);
}

static void
load_pems(struct conf *conf, const char *dir, struct conf_errors *errors)
{
	const struct conf_object *const *trustpoints;
	size_t len = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);

	for (size_t i = 0; i < len; i++) {
		load_pem(conf, dir, trustpoints[i], TP_CERTIFICATE, errors);
		load_pem(conf, dir, trustpoints[i], TP_KEY, errors);
		load_pem(conf, dir, trustpoints[i], TP_CA_CERTIFICATE, errors);
	}
}

struct conf *
conf_load(const char *dir, struct conf_errors *errors)
{
	struct conf *conf = parts_new(errors);

	if (conf == NULL)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts_files); i++)
		load_file(conf, dir, &parts_files[i], errors);
	parts_build(conf, errors);
	load_pems(conf, dir, errors);
	return parts_finish(conf, errors);
}

struct conf *
conf_load_gateway(const char *dir, struct conf_errors *errors)
{
	struct conf *conf = parts_new(errors);

	if (conf == NULL)
		return NULL;
	load_file(conf, dir, &parts_files[CONF_GATEWAY], errors);
	parts_build(conf, errors);
	return parts_finish(conf, errors);
}

char *
conf_control_path(const char *dir, struct conf_errors *errors)
{
	struct conf *conf = conf_load_gateway(dir, errors);
	char *path;

	if (conf == NULL)
		return NULL;
	path = errors_strdup(
	    errors, conf_str(conf_sub(conf_root(conf, CONF_GATEWAY), GW_CONTROL), CTL_PATH));
	conf_unref(conf);
	return path;
}
