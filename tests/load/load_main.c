/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator: many clients of one SSL VPN server, of this project or another's that speaks
 * the same protocol. Its only job here: the right mode. `load --help` lists them.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "tests/load/load_options.h"
#include "tests/load/load_plain.h"
#include "tests/load/load_run.h"

/* Two descriptors a session. */
static void
raise_limits(void)
{
	struct rlimit limit = {1 << 20, 1 << 20};

	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		perror("load: descriptors");
}

int
main(int argc, char **argv)
{
	struct load_options opt;

	load_options_parse(&opt, argc, argv);
	raise_limits();
	(void)signal(SIGPIPE, SIG_IGN);
	switch (opt.mode) {
	case LOAD_MODE_SINK:
		return load_plain_sink(&opt);
	case LOAD_MODE_BLAST:
		return load_plain_blast(&opt);
	default:
		return load_run(&opt);
	}
}
