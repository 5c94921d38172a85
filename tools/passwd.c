/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-passwd: set, add or delete a LOCAL user's password in users.conf. The file is edited as
 * text (conf/users_text.c), checked as the daemon would check it, and replaced in one step.
 */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "conf/conf.h"
#include "conf/texts.h"
#include "conf/users_text.h"
#include "tools/prompt.h"

#define PROGRAM "sekisho-passwd"
#define FILE_NAME "users.conf"

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const struct method {
	const char *name;
	const char *prefix; /* of crypt_gensalt(3) */
	unsigned long cost_min;
	unsigned long cost_max;
	unsigned long cost;
} methods[] = {
    {"yescrypt", "$y$", 1, 11, 5},
    {"sha512", "$6$", 1000, 10000000, 100000},
    {"sha256", "$5$", 1000, 10000000, 100000},
};

struct options {
	const char *dir;
	const char *user;
	const struct method *method;
	unsigned long cost;
	bool only_print;
	bool delete_user;
};

/* users.conf while it is being changed. */
struct target {
	int dir_fd; /* of its directory, locked */
	char path[1024];
	struct stat st;
	bool exists;
	struct buf text;
};

static int
usage(void)
{
	fprintf(stderr, "usage: " PROGRAM " [-c DIR] [-m METHOD] [-r COST] USER\n"
			"       " PROGRAM " [-c DIR] -d USER\n"
			"       " PROGRAM " -n [-m METHOD] [-r COST]\n"
			"METHOD is yescrypt, sha512 or sha256.\n");
	return EXIT_USAGE;
}

static bool
complain(const char *what, const char *why)
{
	fprintf(
	    stderr, PROGRAM ": %s%s%s\n", what, why != NULL ? ": " : "", why != NULL ? why : "");
	return false;
}

static const struct method *
method_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

static bool
options_are_fine(struct options *options, const char *cost, int args_left)
{
	uint64_t number = options->method->cost;

	if (options->only_print ? args_left != 0 || options->delete_user : args_left != 1)
		return false;
	if (cost != NULL && str_to_u64(cost, options->method->cost_min, options->method->cost_max,
				&number) != ERR_OK) {
		fprintf(stderr, PROGRAM ": -r %s: use %lu to %lu with %s\n", cost,
		    options->method->cost_min, options->method->cost_max, options->method->name);
		return false;
	}
	options->cost = (unsigned long)number;
	return true;
}

/* False: wrong usage, said. */
static bool
options_parse(int argc, char **argv, struct options *options)
{
	const char *cost = NULL;
	int option;

	*options = (struct options){.dir = SEKISHO_SYSCONFDIR, .method = &methods[0]};
	while ((option = getopt(argc, argv, "c:m:r:nd")) != -1) {
		switch (option) {
		case 'c':
			options->dir = optarg;
			break;
		case 'm':
			options->method = method_find(optarg);
			if (options->method == NULL)
				return false;
			break;
		case 'r':
			cost = optarg;
			break;
		case 'n':
			options->only_print = true;
			break;
		case 'd':
			options->delete_user = true;
			break;
		default:
			return false;
		}
	}
	if (!options_are_fine(options, cost, argc - optind))
		return false;
	options->user = argv[optind];
	return true;
}

/* Say what prompt.h says of a password; nothing after a signal. */
static bool
given(bool fine, const char *why)
{
	if (!fine && why != NULL)
		fprintf(stderr, PROGRAM ": the password %s\n", why);
	return fine;
}

static bool
read_password(char password[PROMPT_LINE_MAX])
{
	const char *why = NULL;
	bool fine = prompt_read(STDIN_FILENO, password, &why);

	return given(fine, why);
}

static bool
ask_twice(char password[PROMPT_LINE_MAX])
{
	char again[PROMPT_LINE_MAX] = {0};
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0)
		return complain("/dev/tty", strerror(errno));
	const char *why = NULL;
	bool fine = prompt_ask(tty, "New password: ", password, &why) &&
		    prompt_ask(tty, "Again: ", again, &why);
	close(tty);
	fine = given(fine, why);
	if (fine && strcmp(password, again) != 0)
		fine = complain("the two are not the same; nothing was changed", NULL);
	str_wipe(again, sizeof(again));
	return fine;
}

/* The crypt(3) hash of a password; the caller frees it. NULL: said. */
static char *
hash_password(const struct options *options, const char *password)
{
	char *setting = crypt_gensalt_ra(options->method->prefix, options->cost, NULL, 0);
	void *data = NULL;
	int size = 0;
	char *copy = NULL;

	const char *hash = setting != NULL ? crypt_ra(password, setting, &data, &size) : NULL;
	if (hash != NULL && hash[0] != '*')
		copy = strdup(hash);
	if (copy == NULL)
		complain("the password cannot be hashed", strerror(errno));
	if (data != NULL)
		str_wipe(data, (size_t)size);
	free(data);
	free(setting);
	return copy;
}

/* Ask for a password and hash it. NULL: said. */
static char *
make_hash(const struct options *options)
{
	char password[PROMPT_LINE_MAX] = {0};
	char *hash = NULL;

	bool fine = isatty(STDIN_FILENO) ? ask_twice(password) : read_password(password);
	if (fine && password[0] == '\0')
		fine = complain("an empty password is not possible", NULL);
	if (fine)
		hash = hash_password(options, password);
	str_wipe(password, sizeof(password));
	return hash;
}

/* Read the file into target->text; a missing one is empty. */
static bool
target_read(struct target *target)
{
	int fd = open(target->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || fstat(fd, &target->st) != 0 || !S_ISREG(target->st.st_mode)) {
		complain(target->path, fd < 0 ? strerror(errno) : "is not a file");
		if (fd >= 0)
			close(fd);
		return false;
	}
	target->exists = true;
	for (;;) {
		uint8_t *p = buf_reserve(&target->text, 65536);
		ssize_t n = p != NULL ? read(fd, p, 65536) : -1;

		if (n < 0) {
			close(fd);
			return complain(
			    target->path, p == NULL ? err_str(target->text.err) : strerror(errno));
		}
		if (n == 0)
			break;
		buf_added(&target->text, (size_t)n);
	}
	close(fd);
	return true;
}

/* Find the file, lock its directory against others of us, read it. A link is followed, not
 * replaced. */
static bool
target_open(struct target *target, const char *dir)
{
	char named[sizeof(target->path)], folder[sizeof(target->path)];

	*target = (struct target){.dir_fd = -1};
	buf_init(&target->text, TEXTS_FILE_MAX);
	int len = snprintf(named, sizeof(named), "%s/" FILE_NAME, dir);
	if (len < 0 || (size_t)len >= sizeof(named))
		return complain(dir, "the path is too long");
	char *real = realpath(named, NULL);
	enum err err = str_copy(target->path, sizeof(target->path), real != NULL ? real : named);
	free(real);
	if (err == ERR_OK)
		err = str_copy(folder, sizeof(folder), target->path);
	if (err != ERR_OK)
		return complain(dir, err_str(err));
	*strrchr(folder, '/') = '\0';
	target->dir_fd = open(folder[0] != '\0' ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (target->dir_fd < 0 || flock(target->dir_fd, LOCK_EX) != 0)
		return complain(folder, strerror(errno));
	return target_read(target);
}

static void
target_close(struct target *target)
{
	if (target->dir_fd >= 0)
		close(target->dir_fd);
	buf_wipe(&target->text);
}

static bool
text_is_fine(struct buf *text, const char *which)
{
	struct conf_errors errors;

	conf_errors_init(&errors);
	bool fine = conf_check_text(FILE_NAME, buf_cstr(text), text->len, &errors) == ERR_OK;
	if (!fine)
		fprintf(stderr, PROGRAM ": %s, nothing was changed:\n%s", which,
		    buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	return fine;
}

/* Fill the new file, with the owner and mode of the old one. Others never may read it. */
static bool
write_new(int fd, const struct target *target, const struct buf *text)
{
	mode_t mode = target->exists ? target->st.st_mode & 0770 : 0600;

	if (target->exists && fchown(fd, target->st.st_uid, target->st.st_gid) != 0)
		return false;
	if (fchmod(fd, mode) != 0)
		return false;
	return buf_write(fd, text->data, text->len) == ERR_OK && fsync(fd) == 0;
}

/* Replace the file in one step: whoever reads it sees the old one or the new one. */
static bool
target_replace(const struct target *target, const struct buf *text)
{
	char temporary[sizeof(target->path) + 16];
	sigset_t all, old;

	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", target->path);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old); /* no stray file after a Ctrl-C */
	int fd = mkostemp(temporary, O_CLOEXEC);
	bool fine = fd >= 0 && write_new(fd, target, text) && rename(temporary, target->path) == 0;
	int error = errno;
	if (fine)
		fsync(target->dir_fd);
	else if (fd >= 0)
		unlink(temporary);
	if (fd >= 0)
		close(fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return fine ? true : complain(target->path, strerror(error));
}

static bool
change_text(const struct options *options, const char *hash, struct target *target,
    struct buf *text, bool *added)
{
	const char *before = buf_cstr(&target->text);
	enum err err;

	if (!text_is_fine(&target->text, "the file has errors"))
		return false;
	if (options->delete_user)
		err = users_text_delete(before, target->text.len, options->user, text);
	else
		err = users_text_set(before, target->text.len, options->user, hash, text, added);
	if (err == ERR_NOTFOUND) {
		fprintf(stderr, PROGRAM ": there is no user \"%s\" in %s\n", options->user,
		    target->path);
		return false;
	}
	if (err != ERR_OK)
		return complain(target->path, err_str(err));
	return text_is_fine(text, "the result would not be valid");
}

static int
change_file(const struct options *options, const char *hash)
{
	struct target target;
	struct buf text;
	bool added = false;

	buf_init(&text, TEXTS_FILE_MAX);
	bool fine = target_open(&target, options->dir) &&
		    change_text(options, hash, &target, &text, &added) &&
		    target_replace(&target, &text);
	if (fine)
		fprintf(stderr, PROGRAM ": user \"%s\" %s\n", options->user,
		    options->delete_user ? "deleted"
		    : added              ? "added"
					 : "has a new password");
	buf_wipe(&text);
	target_close(&target);
	return fine ? EXIT_FINE : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct options options;
	char *hash = NULL;

	if (!options_parse(argc, argv, &options))
		return usage();
	if (!options.delete_user) {
		hash = make_hash(&options);
		if (hash == NULL)
			return EXIT_FAILED;
	}
	int status = EXIT_FINE;
	if (options.only_print)
		status = puts(hash) >= 0 && fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAILED;
	else
		status = change_file(&options, hash);
	free(hash);
	return status;
}
