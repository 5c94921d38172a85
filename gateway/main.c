/* SPDX-License-Identifier: Apache-2.0 */
/* argv to role: the daemon itself, its check of the configuration, or one of its children. */
#include <getopt.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/priv.h"
#include "common/proc.h"
#include "conf/conf.h"
#include "gateway/parent.h"

#define FILES_MAX 262144

static const struct role *const roles[] = {&gateway_role, &auth_role, &pki_role};

static void
usage(FILE *out)
{
	fprintf(out, "usage: sekishod [-c DIR] [-t] [-V]\n"
		     "  -c DIR  configuration directory (" SEKISHO_SYSCONFDIR ")\n"
		     "  -t      check the configuration and exit\n"
		     "  -V      print the version and exit\n");
}

static int
check_configuration(const char *dir)
{
	struct conf_errors errors;
	struct conf *conf;

	conf_errors_init(&errors);
	conf = parent_load(dir, &errors);
	if (conf == NULL)
		fprintf(stderr, "%s", buf_cstr(&errors.text));
	else
		printf("configuration in %s is valid\n", dir);
	conf_errors_fini(&errors);
	if (conf == NULL)
		return 1;
	conf_unref(conf);
	return 0;
}

/*
 * What a role needs from the file system must be open before the chroot: OpenSSL's configuration
 * and providers, the time zone, the connection to syslog.
 */
static void
open_before_chroot(const struct role *role, const struct role_env *env)
{
	struct log_config config = {
	    .level = (int)env->log_level,
	    .to_stderr = env->log_stderr,
	    .to_syslog = env->log_syslog,
	};

	log_init(role->name, &config);
	tzset();
	if (OPENSSL_init_ssl(0, NULL) != 1)
		die("cannot initialise OpenSSL");
}

static int
role_main(const char *name)
{
	static struct role_env env;
	const struct role *role = NULL;
	struct priv priv;
	struct log_config early = {.level = LOG_INFO, .to_stderr = true};

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i]->name, name) == 0)
			role = roles[i];
	if (role == NULL) {
		usage(stderr);
		return 2;
	}
	/* A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group; the parent
	 * decides the order. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, role->name, 0, 0, 0);
	log_init(role->name, &early);
	if (proc_child_receive(&env) != ERR_OK)
		die("the parent went away before this process was set up");
	open_before_chroot(role, &env);
	priv = (struct priv){
	    .uid = env.uid, .gid = env.gid, .root = env.chroot, .max_files = FILES_MAX};
	if (priv_drop(&priv) != ERR_OK)
		die("cannot give up root: %m");
	return role->run(&env);
}

int
main(int argc, char **argv)
{
	const char *dir = SEKISHO_SYSCONFDIR;
	bool check = false;
	int opt;

	if (argc == 3 && strcmp(argv[1], "-R") == 0)
		return role_main(argv[2]);
	while ((opt = getopt(argc, argv, "c:tVh")) != -1) {
		switch (opt) {
		case 'c':
			dir = optarg;
			break;
		case 't':
			check = true;
			break;
		case 'V':
			printf("sekishod %s\n", SEKISHO_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return 2;
	}
	return check ? check_configuration(dir) : parent_run(dir);
}
