/* SPDX-License-Identifier: Apache-2.0 */
/* The main of the programs that are one command of sekishoctl: which one is in the name that it is
 * called by. */
#include <stdio.h>
#include <string.h>

#include "common/attr.h"
#include "tools/ctl_options.h"
#include "tools/ctl_shows.h"

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} programs[] = {
	    {"show-sessions", show_sessions},
	    {"show-access-list", show_access_list},
	    {"show-aaa-server", show_aaa_server},
	    {"show-crypto-ca", show_crypto_ca},
	    {"sekisho-debug", sekisho_debug},
	};
	const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;

	if (argc == 0)
		return CTL_OPTIONS_USAGE;
	name = name != NULL ? name + 1 : argv[0];
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (strcmp(programs[i].name, name) == 0) {
			ctl_program(name);
			return programs[i].run(argc, argv);
		}
	fprintf(stderr, "%s: this program does not know what to do under this name\n", name);
	return CTL_OPTIONS_USAGE;
}
