/* SPDX-License-Identifier: Apache-2.0 */
/* The options that all programs of the control socket have: -c DIR, -s SOCKET, --json, -h, -V. */
#ifndef TOOLS_CTL_OPTIONS_H
#define TOOLS_CTL_OPTIONS_H

#include <stdbool.h>

#include "common/attr.h"

#define CTL_OPTIONS_DAEMON 1 /* exit status: the daemon, or what it says */
#define CTL_OPTIONS_USAGE 2  /* the command line */

/* Zero it. */
struct ctl_options {
	const char *conf_dir; /* NULL: the usual one */
	const char *socket;   /* NULL: that of gateway.conf there */
	bool json;
};

/*
 * Read the options; returns the place of the first word behind them. usage prints the way to call
 * the program and ends it: with 0 for -h, with CTL_OPTIONS_USAGE for what is wrong (--json too,
 * unless json). -V prints the version and ends it.
 */
int ctl_options_parse(struct ctl_options *options, const char *program, bool json, int argc,
    char **argv, void (*usage)(int status)) MUST_USE;
/*
 * Have options->socket name a socket. Returns what the caller frees when done with it, or NULL.
 * Ends the program with CTL_OPTIONS_DAEMON when gateway.conf cannot be read.
 */
char *ctl_options_socket(struct ctl_options *options, const char *program) MUST_USE;

/* The name that messages begin with: the program's. */
void ctl_program(const char *name);
/* Say what is wrong and end the program with this status. */
void ctl_fail(int status, const char *fmt, ...) PRINTF_LIKE(2, 3) NORETURN;

#endif
