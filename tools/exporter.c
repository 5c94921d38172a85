/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-exporter: the daemon's metrics for Prometheus and its kin. It asks the control socket and
 * has no rights but to read that; the daemon itself speaks no HTTP.
 */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/ip.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/str.h"
#include "tools/ctl_options.h"
#include "tools/exporter_fetch.h"
#include "tools/exporter_http.h"
#include "tools/exporter_text.h"

#define PROGRAM "sekisho-exporter"
#define DEFAULT_LISTEN "127.0.0.1:9788"
#define BACKLOG 64

struct options {
	struct ctl_options ctl;
	const char *listen;
	const char *path; /* of a unix socket, NULL: none */
	bool print;
	bool prometheus; /* --print in the older format */
};

static void usage(int status) NORETURN;

static void
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: " PROGRAM " [-c DIR | -s SOCKET] [--listen ADDRESS:PORT | --unix PATH]\n"
	    "       " PROGRAM " [-c DIR | -s SOCKET] --print [--prometheus]\n");
	exit(status);
}

/* ---- sockets ---- */

static int
listen_inet(const char *text)
{
	struct sockaddr_storage addr;
	int len = sizeof(addr);
	const int one = 1;
	int fd;

	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&addr, &len) != 0 ||
	    strrchr(text, ':') == NULL) {
		fprintf(stderr, PROGRAM ": --listen %s: not ADDRESS:PORT\n", text);
		exit(CTL_OPTIONS_USAGE);
	}
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&addr, (socklen_t)len) != 0 || listen(fd, BACKLOG) != 0)
		die("cannot listen on %s: %m", text);
	return fd;
}

/* Who may connect is up to the folder, and to the umask that the program was started with. */
static int
listen_unix(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	if (str_copy(addr.sun_path, sizeof(addr.sun_path), path) != ERR_OK)
		die("%s: the path is too long for a socket", path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		die("cannot listen on %s: %m", path);
	return fd;
}

/* ---- the two ways to run ---- */

struct printing {
	struct loop *loop;
	bool prometheus;
	int status;
};

static void
on_printed(const char *text, const char *why, void *arg)
{
	struct printing *printing = arg;
	struct buf out;

	buf_init(&out, 2 * EXPORTER_TEXT_MAX);
	exporter_text_write(&out, text != NULL, text != NULL ? text : "", !printing->prometheus);
	printing->status = out.err == ERR_OK && why == NULL ? 0 : CTL_OPTIONS_DAEMON;
	if (why != NULL)
		fprintf(stderr, PROGRAM ": %s\n", why);
	if (out.err != ERR_OK || buf_write(STDOUT_FILENO, out.data, out.len) != ERR_OK)
		printing->status = CTL_OPTIONS_DAEMON;
	buf_fini(&out);
	loop_stop(printing->loop);
}

static int
print_once(struct loop *loop, const struct options *options)
{
	struct printing printing = {.loop = loop, .prometheus = options->prometheus, .status = 1};

	if (exporter_fetch_begin(loop, options->ctl.socket, on_printed, &printing) == NULL)
		die("out of memory");
	loop_run(loop);
	return printing.status;
}

static void
on_stop(UNUSED evutil_socket_t sig, UNUSED short what, void *arg)
{
	loop_stop(arg);
}

static int
serve(struct loop *loop, const struct options *options)
{
	const char *where = options->path != NULL ? options->path : options->listen;
	int fd = options->path != NULL ? listen_unix(where) : listen_inet(where);
	struct event *term = evsignal_new(loop_base(loop), SIGTERM, on_stop, loop);
	struct event *intr = evsignal_new(loop_base(loop), SIGINT, on_stop, loop);
	struct exporter_http *http = exporter_http_new(loop, fd, options->ctl.socket);

	if (term == NULL || intr == NULL || http == NULL || evsignal_add(term, NULL) != 0 ||
	    evsignal_add(intr, NULL) != 0)
		die("out of memory");
	log_notice("serving the metrics of %s on %s", options->ctl.socket, where);
	loop_run(loop);
	exporter_http_free(http);
	event_free(term);
	event_free(intr);
	if (options->path != NULL)
		(void)unlink(options->path);
	return 0;
}

/* ---- the command line ---- */

static void
parse(struct options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
	    {"listen", required_argument, NULL, 'l'},
	    {"unix", required_argument, NULL, 'u'},
	    {"print", no_argument, NULL, 'p'},
	    {"prometheus", no_argument, NULL, 'o'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:s:hV", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->ctl.conf_dir = optarg;
			break;
		case 's':
			options->ctl.socket = optarg;
			break;
		case 'l':
			options->listen = optarg;
			break;
		case 'u':
			options->path = optarg;
			break;
		case 'p':
			options->print = true;
			break;
		case 'o':
			options->prometheus = true;
			break;
		case 'h':
			usage(0);
		case 'V':
			printf(PROGRAM " %s\n", SEKISHO_VERSION);
			exit(0);
		default:
			usage(CTL_OPTIONS_USAGE);
		}
	}
	if (optind != argc || (options->ctl.conf_dir != NULL && options->ctl.socket != NULL) ||
	    (options->listen != NULL && options->path != NULL) ||
	    (options->print && (options->listen != NULL || options->path != NULL)) ||
	    (options->prometheus && !options->print))
		usage(CTL_OPTIONS_USAGE);
	if (options->listen == NULL)
		options->listen = DEFAULT_LISTEN;
}

int
main(int argc, char **argv)
{
	const struct log_config config = {.level = LOG_INFO, .to_stderr = true};
	struct options options = {0};
	struct loop *loop;
	char *socket;
	int status;

	parse(&options, argc, argv);
	(void)signal(SIGPIPE, SIG_IGN);
	log_init("exporter", &config);
	socket = ctl_options_socket(&options.ctl, PROGRAM);
	loop = loop_new();
	if (loop == NULL)
		die("out of memory");
	status = options.print ? print_once(loop, &options) : serve(loop, &options);
	loop_free(loop);
	free(socket);
	return status;
}
