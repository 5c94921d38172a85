/* SPDX-License-Identifier: Apache-2.0 */
/* One command line for all programs of the control socket. */
#include "tools/ctl_options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"

static const char *program_name = "sekishoctl";

void
ctl_program(const char *name)
{
	program_name = name;
}

void
ctl_fail(int status, const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

int
ctl_options_parse(struct ctl_options *options, const char *program, bool json, int argc,
    char **argv, void (*usage)(int status))
{
	static const struct option long_options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	int c;

	optind = 0; /* sekishoctl has had a look at another command line */
	while ((c = getopt_long(argc, argv, "c:s:hV", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->conf_dir = optarg;
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			usage(0);
			break;
		case 'V':
			printf("%s %s\n", program, SEKISHO_VERSION);
			exit(0);
		default:
			usage(CTL_OPTIONS_USAGE);
		}
	}
	if ((options->conf_dir != NULL && options->socket != NULL) || (options->json && !json))
		usage(CTL_OPTIONS_USAGE);
	return optind;
}

char *
ctl_options_socket(struct ctl_options *options, const char *program)
{
	const char *dir = options->conf_dir != NULL ? options->conf_dir : SEKISHO_SYSCONFDIR;
	struct conf_errors errors;
	char *path;

	if (options->socket != NULL)
		return NULL;
	conf_errors_init(&errors);
	path = conf_control_path(dir, &errors);
	if (path == NULL) {
		fprintf(stderr,
		    "%s%s: cannot read gateway.conf in %s; -s SOCKET names the socket directly\n",
		    buf_cstr(&errors.text), program, dir);
		exit(CTL_OPTIONS_DAEMON);
	}
	conf_errors_fini(&errors);
	options->socket = path;
	return path;
}
