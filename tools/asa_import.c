/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: the text of an ASA's "show running-config" to a configuration of ours, with a report
 * of what became of every line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/import_parts.h"

#define PROGRAM "asa-import"
#define REPORT_MAX (256 * 1024 * 1024)

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	const char *input; /* "-": standard input */
	const char *dir;
	bool every_line;
};

static int
usage(void)
{
	fprintf(stderr, "usage: " PROGRAM " RUNNING-CONFIG -o DIR [-v]\n"
			"RUNNING-CONFIG is a file, or - for standard input.\n");
	return EXIT_USAGE;
}

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, PROGRAM ": %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* False: wrong usage. */
static bool
options_parse(int argc, char **argv, struct options *options)
{
	int option;

	*options = (struct options){0};
	while ((option = getopt(argc, argv, "o:v")) != -1) {
		switch (option) {
		case 'o':
			options->dir = optarg;
			break;
		case 'v':
			options->every_line = true;
			break;
		default:
			return false;
		}
	}
	if (optind + 1 != argc || options->dir == NULL || options->dir[0] == '\0')
		return false;
	options->input = argv[optind];
	return true;
}

/* All of the input. False: said. */
static bool
read_input(const char *name, struct buf *out)
{
	bool is_stdin = strcmp(name, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	const char *why = NULL;

	while (fd >= 0 && why == NULL) {
		uint8_t *p = buf_reserve(out, 65536);
		ssize_t n = p != NULL ? read(fd, p, 65536) : 0;

		if (p == NULL)
			why = out->err == ERR_LIMIT ? "is too big for a running-config"
						    : err_str(out->err);
		else if (n < 0 && errno != EINTR)
			why = strerror(errno);
		else if (n == 0)
			break;
		else if (n > 0)
			buf_added(out, (size_t)n);
	}
	if (fd < 0)
		why = strerror(errno);
	else if (!is_stdin)
		close(fd);
	if (why != NULL)
		complain(name, why);
	return why == NULL;
}

static bool
print_report(const struct import *import, bool every_line)
{
	struct buf report;

	buf_init(&report, REPORT_MAX);
	enum err err = import_report(import, every_line, &report);
	bool fine = err == ERR_OK && fwrite(report.data, 1, report.len, stdout) == report.len &&
		    fflush(stdout) == 0;
	if (!fine)
		complain("report", err != ERR_OK ? err_str(err) : strerror(errno));
	buf_wipe(&report);
	return fine;
}

static int
convert(const struct options *options, struct import *import)
{
	struct buf why;

	if (import_errors(import)[0] != '\0') {
		(void)fputs(import_errors(import), stderr);
		return complain(options->dir, "nothing was written");
	}
	buf_init(&why, 1024 * 1024);
	enum err err = import_write(import, options->dir, &why);
	if (err != ERR_OK) {
		fprintf(stderr, PROGRAM ": %s", buf_cstr(&why));
		complain(options->dir, "nothing was written");
	}
	buf_fini(&why);
	if (err != ERR_OK)
		return EXIT_FAILED;
	return print_report(import, options->every_line) ? EXIT_FINE : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct buf text;

	if (!options_parse(argc, argv, &options))
		return usage();
	buf_init(&text, IMPORT_TEXT_MAX + 1);
	if (!read_input(options.input, &text)) {
		buf_wipe(&text);
		return EXIT_FAILED;
	}
	struct import *import = import_run(
	    strcmp(options.input, "-") == 0 ? "stdin" : options.input, buf_cstr(&text), text.len);
	buf_wipe(&text);
	int status = import != NULL ? convert(&options, import)
				    : complain(options.input, err_str(ERR_NOMEM));
	import_free(import);
	return status;
}
