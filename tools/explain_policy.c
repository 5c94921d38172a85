/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain-policy: what would a login get, and why? From the configuration's files alone, by the
 * daemon's own code. See explain-policy(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cert.h"
#include "common/clock.h"
#include "tools/explain.h"

#define CERTIFICATE_MAX (1024 * 1024)
#define TEXT_MAX (64U << 20)
#define SAID_MAX 256 /* options that say what a server would */

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	const char *dir;
	const char *certificate;
	bool json;
	struct explain_query query;
	const char *aaa[SAID_MAX];
	const char *authorization[SAID_MAX];
};

static NORETURN void
usage(int status)
{
	fputs("usage: explain-policy [-c DIR] [--group-url URL | --alias ALIAS] [--user NAME]\n"
	      "           [--certificate FILE] [--time \"YYYY-MM-DD HH:MM\"] [--json]\n"
	      "           [--aaa NAME=VALUE ..] [--authorization NAME=VALUE ..]\n"
	      "       explain-policy -V\n"
	      "  -c DIR              directory of the configuration\n"
	      "  --group-url URL     the URL that the client was given\n"
	      "  --alias ALIAS       the tunnel-group chosen from the list\n"
	      "  --user NAME         the user name as typed\n"
	      "  --certificate FILE  the client's certificate, PEM or DER; it is not verified\n"
	      "  --time TIME         the moment of the login, in local time\n"
	      "  --aaa NAME=VALUE    what the RADIUS server of the login says of the user: an\n"
	      "                      attribute of a group policy, group-policy, idle-timeout or\n"
	      "                      session-timeout (seconds), or just accept\n"
	      "  --authorization ..  the same of the authorization server\n"
	      "  --json              one JSON document\n",
	    status == 0 ? stdout : stderr);
	exit(status);
}

static PRINTF_LIKE(2, 3) NORETURN void fail(int status, const char *fmt, ...)
{
	va_list args;

	fputs("explain-policy: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

/* "2026-07-06 12:00" in local time. A moment that a change of clocks leaves out is no moment. */
static time_t
read_time(const char *text)
{
	struct tm tm = {0}, again;
	const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	time_t when;

	if (end == NULL || *end != '\0')
		fail(EXIT_USAGE, "\"%s\" is no time: YYYY-MM-DD HH:MM", text);
	tm.tm_isdst = -1;
	again = tm;
	when = mktime(&again);
	if (when == -1 || again.tm_mday != tm.tm_mday || again.tm_hour != tm.tm_hour ||
	    again.tm_min != tm.tm_min)
		fail(EXIT_USAGE, "\"%s\": there is no such moment", text);
	return when;
}

static void
add_said(const char *text, const char **list, size_t *len)
{
	if (!explain_said_is_fine(text))
		fail(EXIT_USAGE,
		    "\"%s\" is not NAME=VALUE of an attribute, group-policy, idle-timeout or "
		    "session-timeout, nor accept",
		    text);
	if (*len == SAID_MAX)
		fail(EXIT_USAGE, "a server can be made to say %d things", SAID_MAX);
	list[(*len)++] = text;
}

static void
parse_options(struct options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
	    {"group-url", required_argument, NULL, 'g'},
	    {"alias", required_argument, NULL, 'a'},
	    {"user", required_argument, NULL, 'u'},
	    {"certificate", required_argument, NULL, 'x'},
	    {"time", required_argument, NULL, 't'},
	    {"aaa", required_argument, NULL, 'A'},
	    {"authorization", required_argument, NULL, 'Z'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {0},
	};
	struct explain_query *query = &options->query;
	int c;

	query->aaa = options->aaa;
	query->authorization = options->authorization;
	while ((c = getopt_long(argc, argv, "c:hV", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->dir = optarg;
			break;
		case 'g':
			query->group_url = optarg;
			break;
		case 'a':
			query->alias = optarg;
			break;
		case 'u':
			query->user = optarg;
			break;
		case 'x':
			options->certificate = optarg;
			break;
		case 't':
			query->when = read_time(optarg);
			break;
		case 'A':
			add_said(optarg, options->aaa, &query->aaa_len);
			break;
		case 'Z':
			add_said(optarg, options->authorization, &query->authorization_len);
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			usage(0);
		case 'V':
			puts("explain-policy " SEKISHO_VERSION);
			exit(0);
		default:
			usage(EXIT_USAGE);
		}
	}
	if (optind != argc || (query->group_url != NULL && query->alias != NULL))
		usage(EXIT_USAGE);
}

/* Does not return if it cannot be read. */
static Ipc__CertNames *
read_certificate(const char *path)
{
	Ipc__CertNames *names = NULL;
	FILE *file = fopen(path, "rbe");
	char *data = malloc(CERTIFICATE_MAX);
	size_t len;
	enum err err;

	if (file == NULL)
		fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	if (data == NULL)
		fail(EXIT_FAILED, "out of memory");
	len = fread(data, 1, CERTIFICATE_MAX, file);
	if (ferror(file))
		fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	fclose(file);
	err = cert_names_read_file(data, len, &names);
	free(data);
	if (err == ERR_SYNTAX)
		fail(EXIT_FAILED,
		    "%s: no certificate in PEM or DER, or one with names that are no text", path);
	if (err != ERR_OK)
		fail(EXIT_FAILED, "%s: %s", path, err_str(err));
	return names;
}

/* Does not return if it is not valid. */
static struct conf *
load(const char *dir)
{
	struct conf_errors errors;
	struct conf *conf;

	conf_errors_init(&errors);
	conf = conf_load(dir, &errors);
	if (conf == NULL) {
		fputs(buf_cstr(&errors.text), stderr);
		fail(EXIT_FAILED, "the configuration in %s is not valid", dir);
	}
	conf_errors_fini(&errors);
	return conf;
}

static void
print_text(struct explain *explain)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	explain_text(explain, &out);
	if (out.err != ERR_OK)
		fail(EXIT_FAILED, "%s", err_str(out.err));
	fputs(buf_cstr(&out), stdout);
	buf_fini(&out);
}

static void
print_json(struct explain *explain)
{
	json_t *document = explain_json(explain);

	if (document == NULL)
		fail(EXIT_FAILED, "out of memory");
	if (json_dumpf(document, stdout, JSON_INDENT(2)) != 0)
		fail(EXIT_FAILED, "cannot write: %s", strerror(errno));
	putchar('\n');
	json_decref(document);
}

int
main(int argc, char **argv)
{
	struct options options = {.dir = SEKISHO_SYSCONFDIR, .query.when = clock_wall_sec()};
	Ipc__CertNames *names = NULL;
	struct explain *explain;
	struct conf *conf;

	parse_options(&options, argc, argv);
	conf = load(options.dir);
	if (options.certificate != NULL)
		options.query.names = names = read_certificate(options.certificate);
	explain = explain_new(conf, &options.query);
	if (explain == NULL)
		fail(EXIT_FAILED, "out of memory");
	if (options.json)
		print_json(explain);
	else
		print_text(explain);
	explain_free(explain);
	if (names != NULL)
		ipc__cert_names__free_unpacked(names, NULL);
	conf_unref(conf);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail(EXIT_FAILED, "cannot write: %s", strerror(errno));
	return 0;
}
