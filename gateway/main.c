/* SPDX-License-Identifier: Apache-2.0 */
/* argv to role: the daemon itself, its check of the configuration, or one of its children. */
#include <errno.h>
#include <getopt.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/ctl_client.h"
#include "common/log.h"
#include "common/priv.h"
#include "common/proc.h"
#include "common/sandbox.h"
#include "conf/conf.h"
#include "gateway/parent.h"

#define FILES_MAX 262144
#define ANSWER_MAX 131072
#define WARNINGS_MAX 524288

static const struct role *const roles[] = {&gateway_role, &auth_role, &pki_role};

static void
usage(FILE *out)
{
	fprintf(out, "usage: sekishod [-c DIR] [-t | -r | -V]\n"
		     "  -c DIR  configuration directory (" SEKISHO_SYSCONFDIR ")\n"
		     "  -t      check the configuration and exit\n"
		     "  -r      have the sekishod that runs reload its configuration, and exit\n"
		     "  -V      print the version and exit\n");
}

static int
check_configuration(const char *dir)
{
	struct conf_errors errors;
	struct buf warnings;
	struct conf *conf;

	conf_errors_init(&errors);
	buf_init(&warnings, WARNINGS_MAX);
	conf = parent_load(dir, &errors);
	parent_warnings(&errors, &warnings);
	fprintf(stderr, "%s", buf_cstr(&warnings));
	if (conf == NULL)
		fprintf(stderr, "%s", buf_cstr(&errors.text));
	else
		printf("configuration in %s is valid\n", dir);
	buf_fini(&warnings);
	conf_errors_fini(&errors);
	if (conf == NULL)
		return 1;
	conf_unref(conf);
	return 0;
}

/* The place of the control socket is in the files: it cannot change while the daemon runs. NULL:
 * said why. */
static char *
control_path(const char *dir)
{
	struct conf_errors errors;
	char *path;

	conf_errors_init(&errors);
	path = conf_control_path(dir, &errors);
	if (path == NULL)
		fprintf(stderr, "%s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	return path;
}

static int
reload_running(const char *dir)
{
	static char answer[ANSWER_MAX];
	char *path = control_path(dir);
	enum err err;
	int fd = -1;

	if (path == NULL)
		return 1;
	err = ctl_connect(path, &fd);
	if (err != ERR_OK) {
		int errnum = err == ERR_SYS ? errno : ENAMETOOLONG;

		fprintf(stderr, "sekishod: %s: %s; %s\n", path, strerror(errnum), ctl_hint(errnum));
		free(path);
		return 1;
	}
	err = ctl_reload(fd, answer, sizeof(answer));
	if (answer[0] != '\0')
		fprintf(err == ERR_OK ? stdout : stderr, "%s\n", answer);
	else if (err != ERR_OK)
		fprintf(stderr, "sekishod: no answer from the daemon: %s\n", err_str(err));
	close(fd);
	free(path);
	return err == ERR_OK ? 0 : 1;
}

/*
 * What a role needs from the file system must be open before the chroot: OpenSSL's configuration
 * and providers, the time zone, the connection to syslog, and what the role itself asks for.
 */
static void
open_before_chroot(const struct role *role, struct role_env *env)
{
	struct log_config config = {
	    .level = (int)env->log_level,
	    .to_stderr = env->log_stderr,
	    .plan = env->log_plan,
	    .to_syslog = true, /* a reload may turn it on, when the socket cannot be reached */
	};

	log_init(role->name, &config);
	config.to_syslog = env->log_syslog;
	log_configure(&config);
	ipc__log_plan__free_unpacked(env->log_plan, NULL);
	env->log_plan = NULL;
	tzset();
	if (OPENSSL_init_ssl(0, NULL) != 1)
		die("cannot initialise OpenSSL");
	if (role->prepare != NULL)
		role->prepare();
}

#ifdef SEKISHO_COMPROMISE
void compromise_arm(const char *role); /* tests/compromise, in a program of its own */
#else
#define compromise_arm(role) ((void)(role))
#endif

/* For good: its user, its root, what it may ask of the kernel. */
static void
lock_up(const struct role *role, const struct role_env *env, bool network_logs)
{
	struct priv priv = {
	    .uid = env->uid,
	    .gid = env->gid,
	    .root = env->chroot,
	    .max_files = FILES_MAX,
	    .lock_memory = role != &gateway_role,
	};
	struct sandbox sandbox = {
	    .role = role->id,
	    .name = role->name,
	    .network_logs = network_logs,
	    .dir_fd = -1,
	};

	if (priv_drop(&priv) != ERR_OK)
		die("cannot give up root: %m");
	for (size_t i = 0; i < env->fds_len; i++)
		if (env->fds[i].kind == IPC__FD_KIND__FD_STATE_DIR)
			sandbox.dir_fd = env->fds[i].fd;
	compromise_arm(role->name);
	if (sandbox_enter(&sandbox) != ERR_OK)
		die("cannot enter the sandbox: %m");
}

static int
role_main(const char *name)
{
	static struct role_env env;
	const struct role *role = NULL;
	struct log_config early = {.level = LOG_INFO, .to_stderr = true};
	bool network_logs;
	int status;

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
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, role->name, 0, 0, 0);
	log_init(role->name, &early);
	if (priv_hide_memory(false) != ERR_OK)
		die("cannot turn core files off: %m");
	if (proc_child_receive(&env) != ERR_OK)
		die("the parent went away before this process was set up");
	network_logs = env.log_plan != NULL && env.log_plan->n_hosts > 0;
	open_before_chroot(role, &env);
	lock_up(role, &env, network_logs);
	status = role->run(&env);
	log_close();
	return status;
}

int
main(int argc, char **argv)
{
	const char *dir = SEKISHO_SYSCONFDIR;
	bool check = false, reload = false;
	int opt;

	if (argc == 3 && strcmp(argv[1], "-R") == 0)
		return role_main(argv[2]);
	while ((opt = getopt(argc, argv, "c:trVh")) != -1) {
		switch (opt) {
		case 'c':
			dir = optarg;
			break;
		case 't':
			check = true;
			break;
		case 'r':
			reload = true;
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
	if (optind != argc || (check && reload)) {
		usage(stderr);
		return 2;
	}
	if (reload)
		return reload_running(dir);
	return check ? check_configuration(dir) : parent_run(dir);
}
