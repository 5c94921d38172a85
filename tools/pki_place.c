/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a trustpoint. A key that is lost or half written is a gateway that does not start,
 * so nothing is written in place: each file is made beside, synced, and renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/str.h"
#include "conf/syntax.h"
#include "tools/pki_parts.h"

#define TRUSTPOINT_MAX 64

enum err
pki_place_check_name(const char *trustpoint, struct buf *why)
{
	const char *wrong = NULL;

	if (trustpoint[0] == '\0' || strlen(trustpoint) > TRUSTPOINT_MAX)
		wrong = "is not a name of 1 to 64 bytes";
	else if (strpbrk(trustpoint, "/\\\"") != NULL || trustpoint[0] == '.')
		wrong = "cannot be part of a file's name; leave out slashes, quotes, and a \".\" "
			"at its begin";
	else
		wrong = syntax_name(trustpoint);
	return wrong == NULL ? ERR_OK
			     : pki_say(why, ERR_SYNTAX, "trustpoint \"%s\" %s", trustpoint, wrong);
}

enum err
pki_place_open(struct pki_place *place, const char *dir, const char *trustpoint, struct buf *why)
{
	enum err err = pki_place_check_name(trustpoint, why);

	*place = (struct pki_place){.dir = dir, .trustpoint = trustpoint, .fd = -1};
	if (err != ERR_OK)
		return err;
	place->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->fd >= 0 && flock(place->fd, LOCK_EX) == 0)
		return ERR_OK;
	err = pki_say(why, ERR_SYS, "%s: %s", dir, strerror(errno));
	pki_place_close(place);
	return err;
}

void
pki_place_close(struct pki_place *place)
{
	if (place->fd >= 0)
		close(place->fd);
	place->fd = -1;
}

/* "GATEWAY.key.old" */
static void
file_name(
    const struct pki_place *place, const char *suffix, const char *more, char name[PKI_NAME_MAX])
{
	(void)snprintf(name, PKI_NAME_MAX, "%s%s%s", place->trustpoint, suffix, more);
}

static enum err
say_errno(const struct pki_place *place, const char *name, struct buf *why)
{
	return pki_say(why, errno == EEXIST ? ERR_EXISTS : ERR_SYS, "%s/%s: %s", place->dir, name,
	    strerror(errno));
}

bool
pki_place_has(const struct pki_place *place, const char *suffix)
{
	char name[PKI_NAME_MAX];
	struct stat st;

	file_name(place, suffix, "", name);
	return fstatat(place->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- reading ---- */

static enum err
read_fd(int fd, const char *path, struct buf *out, struct buf *why)
{
	for (;;) {
		uint8_t *p = buf_reserve(out, 16384);
		ssize_t n = p != NULL ? read(fd, p, 16384) : -1;

		if (p == NULL)
			return pki_say(why, out->err, "%s: %s", path,
			    out->err == ERR_LIMIT ? "is bigger than 1 MB" : err_str(out->err));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pki_say(why, ERR_SYS, "%s: %s", path, strerror(errno));
		if (n == 0)
			return ERR_OK;
		buf_added(out, (size_t)n);
	}
}

enum err
pki_place_read_path(const char *path, struct buf *out, struct buf *why)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	buf_init(out, PKI_FILE_MAX + 16384); /* room to see that there is more */
	if (fd < 0)
		return pki_say(
		    why, errno == ENOENT ? ERR_NOTFOUND : ERR_SYS, "%s: %s", path, strerror(errno));
	enum err err = read_fd(fd, path, out, why);
	if (!is_stdin)
		close(fd);
	return err;
}

enum err
pki_place_read(const struct pki_place *place, const char *suffix, struct buf *out, struct buf *why)
{
	char name[PKI_NAME_MAX];
	struct stat st;

	file_name(place, suffix, "", name);
	buf_init(out, PKI_FILE_MAX + 16384);
	int fd = openat(place->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? ERR_NOTFOUND : say_errno(place, name, why);
	enum err err;
	if (fstat(fd, &st) != 0)
		err = say_errno(place, name, why);
	else if (!S_ISREG(st.st_mode))
		err = pki_say(why, ERR_SYS, "%s/%s: is not a file", place->dir, name);
	else
		err = read_fd(fd, name, out, why);
	close(fd);
	return err;
}

/* ---- writing ---- */

/* Owner and mode of the one that it follows; others never may read a key. */
static bool
fill(int fd, const struct buf *text, mode_t mode, const struct stat *former)
{
	if (former != NULL) {
		if (fchown(fd, former->st_uid, former->st_gid) != 0)
			return false;
		mode = former->st_mode & ((mode & S_IROTH) != 0 ? 0775 : 0770);
	}
	if (fchmod(fd, mode) != 0)
		return false;
	return buf_write(fd, text->data, text->len) == ERR_OK && fsync(fd) == 0;
}

/* A name that is free, and an open file of that name. */
static int
open_beside(const struct pki_place *place, const char *suffix, char name[PKI_NAME_MAX])
{
	for (unsigned i = 0; i < 100; i++) {
		char number[32];

		(void)snprintf(number, sizeof(number), ".%ld-%u.tmp", (long)getpid(), i);
		file_name(place, suffix, number, name);
		int fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* The new file beside the old one. */
static enum err
stage(const struct pki_place *place, struct pki_change *change, struct buf *why)
{
	char name[PKI_NAME_MAX];
	struct stat st;

	file_name(place, change->suffix, "", name);
	change->has_former = fstatat(place->fd, name, &st, 0) == 0;
	int fd = open_beside(place, change->suffix, change->temporary);
	if (fd < 0) {
		enum err err = say_errno(place, change->temporary, why);

		change->temporary[0] = '\0';
		return err;
	}
	enum err err = ERR_OK;
	if (!fill(fd, change->text, change->mode, change->has_former ? &st : NULL))
		err = say_errno(place, change->temporary, why);
	if (close(fd) != 0 && err == ERR_OK)
		err = say_errno(place, change->temporary, why);
	return err;
}

static void
unstage(const struct pki_place *place, const struct pki_change *change)
{
	if (change->temporary[0] != '\0')
		(void)unlinkat(place->fd, change->temporary, 0);
}

/* One more name for a file; what had that name is replaced in one step. */
static bool
link_over(const struct pki_place *place, const char *from, const char *to)
{
	char beside[PKI_NAME_MAX];

	(void)snprintf(beside, sizeof(beside), "%s.%ld.tmp", from, (long)getpid());
	if (linkat(place->fd, from, place->fd, beside, 0) != 0)
		return false;
	if (renameat(place->fd, beside, place->fd, to) == 0) {
		/* Two names of one file already: then rename does nothing. */
		(void)unlinkat(place->fd, beside, 0);
		return true;
	}
	int error = errno;
	(void)unlinkat(place->fd, beside, 0);
	errno = error;
	return false;
}

static enum err
keep_former(const struct pki_place *place, const struct pki_change *change, struct buf *why)
{
	char name[PKI_NAME_MAX], old[PKI_NAME_MAX];

	if (!change->has_former)
		return ERR_OK;
	file_name(place, change->suffix, "", name);
	file_name(place, change->suffix, ".old", old);
	return link_over(place, name, old) ? ERR_OK : say_errno(place, old, why);
}

static enum err
put_in_place(const struct pki_place *place, const struct pki_change *change, struct buf *why)
{
	char name[PKI_NAME_MAX];

	file_name(place, change->suffix, "", name);
	return renameat(place->fd, change->temporary, place->fd, name) == 0
		   ? ERR_OK
		   : say_errno(place, name, why);
}

/* As it was before put_in_place(). */
static void
put_back(const struct pki_place *place, const struct pki_change *change)
{
	char name[PKI_NAME_MAX], old[PKI_NAME_MAX];

	file_name(place, change->suffix, "", name);
	file_name(place, change->suffix, ".old", old);
	if (change->has_former)
		(void)link_over(place, old, name);
	else
		(void)unlinkat(place->fd, name, 0);
}

static enum err
replace_all(const struct pki_place *place, struct pki_change *changes, size_t len, struct buf *why)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < len; i++)
		changes[i].temporary[0] = '\0';
	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = stage(place, &changes[i], why);
	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = keep_former(place, &changes[i], why);
	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		err = put_in_place(place, &changes[i], why);
		for (size_t back = i; err != ERR_OK && back > 0; back--)
			put_back(place, &changes[back - 1]);
	}
	for (size_t i = 0; i < len && err != ERR_OK; i++)
		unstage(place, &changes[i]);
	(void)fsync(place->fd);
	return err;
}

enum err
pki_place_replace(
    const struct pki_place *place, struct pki_change *changes, size_t len, struct buf *why)
{
	sigset_t all, old;

	/* A Ctrl-C comes before or after, not between two files that belong together. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	enum err err = replace_all(place, changes, len, why);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err;
}

static enum err
make_quietly(const struct pki_place *place, struct pki_change *change, struct buf *why)
{
	char name[PKI_NAME_MAX];

	file_name(place, change->suffix, "", name);
	enum err err = stage(place, change, why);
	/* Unlike rename, link never replaces. */
	if (err == ERR_OK && linkat(place->fd, change->temporary, place->fd, name, 0) != 0)
		err = say_errno(place, name, why);
	unstage(place, change);
	(void)fsync(place->fd);
	return err;
}

enum err
pki_place_make(const struct pki_place *place, const char *suffix, const struct buf *text,
    mode_t mode, struct buf *why)
{
	struct pki_change change = {.suffix = suffix, .text = text, .mode = mode};
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	enum err err = make_quietly(place, &change, why);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err;
}

enum err
pki_place_make_path(const char *path, const struct buf *text, mode_t mode, struct buf *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return pki_say(
		    why, errno == EEXIST ? ERR_EXISTS : ERR_SYS, "%s: %s", path, strerror(errno));
	bool fine = fill(fd, text, mode, NULL);
	int error = errno;
	close(fd);
	if (fine)
		return ERR_OK;
	(void)unlink(path);
	return pki_say(why, ERR_SYS, "%s: %s", path, strerror(error));
}

void
pki_place_remove(const struct pki_place *place, const char *suffix)
{
	char name[PKI_NAME_MAX];

	file_name(place, suffix, "", name);
	(void)unlinkat(place->fd, name, 0);
	(void)fsync(place->fd);
}
