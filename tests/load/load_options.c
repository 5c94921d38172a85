/* SPDX-License-Identifier: Apache-2.0 */
/* Command line to struct load_options. */
#include "tests/load/load_options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"

static const char usage[] =
    "usage: load login|hold|flood --server ADDRESS[:PORT] [options]\n"
    "       load sink --target ADDRESS:PORT\n"
    "       load blast --target ADDRESS:PORT --addresses FILE [--size --rate --seconds]\n"
    "  --name NAME            the server's name (gw.example.com)\n"
    "  --path PATH            group-url, first request (/)\n"
    "  --user PREFIX          user names are PREFIX00001 and so on (user)\n"
    "  --users N              that many, in turn (200)\n"
    "  --password WORD\n"
    "  --certificates CA,KEY  client certificates, made with this CA for each user\n"
    "  --source FIRST[-LAST]  own addresses, in turn\n"
    "  --first N              number of the first client, for user name and address (0)\n"
    "  --sessions N           hold, flood: how many (1)\n"
    "  --parallel N           logins at a time (32)\n"
    "  --count N              login: end after that many\n"
    "  --seconds N            end after that long; without: at SIGTERM\n"
    "  --dtls                 bring up DTLS with a pre-shared key as well\n"
    "  --dpd N                hold: ask for a sign of life every N seconds\n"
    "  --target ADDRESS:PORT  flood: where packets go; blast: port only counts\n"
    "  --size N               bytes of UDP payload (200)\n"
    "  --rate N               packets per second of all together (no limit)\n"
    "  --ready FILE           hold: made when all sessions are up\n"
    "  --addresses FILE       hold: inner addresses of the sessions\n"
    "Prints one JSON object.\n";

NORETURN static void
die(const char *what, const char *value)
{
	(void)fprintf(stderr, "load: %s: %s\n%s", what, value, usage);
	exit(2);
}

static uint32_t
number(const char *name, const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || value > INT_MAX)
		die(name, text);
	return (uint32_t)value;
}

static uint32_t
address(const char *name, const char *text, size_t len)
{
	char copy[INET_ADDRSTRLEN];
	struct in_addr in;

	if (len >= sizeof(copy))
		die(name, text);
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, &in) != 1)
		die(name, text);
	return ntohl(in.s_addr);
}

static void
endpoint(const char *name, const char *text, uint16_t port, struct sockaddr_in *out)
{
	const char *colon = strchr(text, ':');
	size_t len = colon == NULL ? strlen(text) : (size_t)(colon - text);

	out->sin_family = AF_INET;
	out->sin_addr.s_addr = htonl(address(name, text, len));
	out->sin_port = htons(colon == NULL ? port : (uint16_t)number(name, colon + 1));
}

static void
sources(struct load_options *opt, const char *text)
{
	const char *dash = strchr(text, '-');
	size_t len = dash == NULL ? strlen(text) : (size_t)(dash - text);
	uint32_t last;

	opt->source_first = address("--source", text, len);
	last = dash == NULL ? opt->source_first : address("--source", dash + 1, strlen(dash + 1));
	if (last < opt->source_first)
		die("--source", text);
	opt->source_count = last - opt->source_first + 1;
}

enum option_id {
	OPT_SERVER = 256,
	OPT_NAME,
	OPT_PATH,
	OPT_USER,
	OPT_USERS,
	OPT_PASSWORD,
	OPT_CERTIFICATES,
	OPT_SOURCE,
	OPT_FIRST,
	OPT_SESSIONS,
	OPT_PARALLEL,
	OPT_COUNT,
	OPT_SECONDS,
	OPT_DTLS,
	OPT_DPD,
	OPT_TARGET,
	OPT_SIZE,
	OPT_RATE,
	OPT_READY,
	OPT_ADDRESSES,
};

static const struct option options[] = {
    {"server", required_argument, NULL, OPT_SERVER},
    {"name", required_argument, NULL, OPT_NAME},
    {"path", required_argument, NULL, OPT_PATH},
    {"user", required_argument, NULL, OPT_USER},
    {"users", required_argument, NULL, OPT_USERS},
    {"password", required_argument, NULL, OPT_PASSWORD},
    {"certificates", required_argument, NULL, OPT_CERTIFICATES},
    {"source", required_argument, NULL, OPT_SOURCE},
    {"first", required_argument, NULL, OPT_FIRST},
    {"sessions", required_argument, NULL, OPT_SESSIONS},
    {"parallel", required_argument, NULL, OPT_PARALLEL},
    {"count", required_argument, NULL, OPT_COUNT},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"dtls", no_argument, NULL, OPT_DTLS},
    {"dpd", required_argument, NULL, OPT_DPD},
    {"target", required_argument, NULL, OPT_TARGET},
    {"size", required_argument, NULL, OPT_SIZE},
    {"rate", required_argument, NULL, OPT_RATE},
    {"ready", required_argument, NULL, OPT_READY},
    {"addresses", required_argument, NULL, OPT_ADDRESSES},
    {NULL, 0, NULL, 0},
};

static const struct {
	enum option_id id;
	size_t offset;
} texts[] =
    {
	{OPT_NAME, offsetof(struct load_options, name)},
	{OPT_PATH, offsetof(struct load_options, path)},
	{OPT_USER, offsetof(struct load_options, user)},
	{OPT_PASSWORD, offsetof(struct load_options, password)},
	{OPT_CERTIFICATES, offsetof(struct load_options, certificates)},
	{OPT_READY, offsetof(struct load_options, ready)},
	{OPT_ADDRESSES, offsetof(struct load_options, addresses)},
},
  numbers[] = {
      {OPT_USERS, offsetof(struct load_options, users)},
      {OPT_FIRST, offsetof(struct load_options, first)},
      {OPT_SESSIONS, offsetof(struct load_options, sessions)},
      {OPT_PARALLEL, offsetof(struct load_options, parallel)},
      {OPT_COUNT, offsetof(struct load_options, count)},
      {OPT_SECONDS, offsetof(struct load_options, seconds)},
      {OPT_DPD, offsetof(struct load_options, dpd)},
      {OPT_SIZE, offsetof(struct load_options, size)},
      {OPT_RATE, offsetof(struct load_options, rate)},
};

static void
set_option(struct load_options *opt, int id, int index)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if ((int)texts[i].id == id)
			memcpy((char *)opt + texts[i].offset, &optarg, sizeof(optarg));
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if ((int)numbers[i].id == id) {
			uint32_t value = number(options[index].name, optarg);

			memcpy((char *)opt + numbers[i].offset, &value, sizeof(value));
		}
	}
	if (id == OPT_SERVER)
		endpoint("--server", optarg, 443, &opt->server);
	if (id == OPT_TARGET)
		endpoint("--target", optarg, 9, &opt->target);
	if (id == OPT_SOURCE)
		sources(opt, optarg);
	if (id == OPT_DTLS)
		opt->dtls = true;
}

static enum load_mode
mode_of(const char *word)
{
	static const char *const modes[] = {"login", "hold", "flood", "sink", "blast"};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (strcmp(word, modes[i]) == 0)
			return (enum load_mode)i;
	}
	die("no such mode", word);
}

static void
check(const struct load_options *opt)
{
	bool client = opt->mode <= LOAD_MODE_FLOOD;

	if (client && opt->server.sin_family == 0)
		die("missing", "--server");
	if (opt->mode >= LOAD_MODE_FLOOD && opt->target.sin_family == 0)
		die("missing", "--target");
	if (client && opt->password == NULL && opt->certificates == NULL)
		die("missing", "--password or --certificates");
	if (opt->mode == LOAD_MODE_BLAST && opt->addresses == NULL)
		die("missing", "--addresses");
	if (opt->users == 0 || opt->sessions == 0 || opt->parallel == 0 || opt->size > 1400)
		die("out of range", "--users, --sessions, --parallel or --size");
}

void
load_options_parse(struct load_options *opt, int argc, char **argv)
{
	int id, index = 0;

	*opt = (struct load_options){
	    .name = "gw.example.com",
	    .path = "/",
	    .user = "user",
	    .users = 200,
	    .sessions = 1,
	    .parallel = 32,
	    .size = 200,
	};
	if (argc < 2)
		die("missing", "mode");
	if (strcmp(argv[1], "--help") == 0) {
		(void)fputs(usage, stdout);
		exit(0);
	}
	opt->mode = mode_of(argv[1]);
	while ((id = getopt_long(argc - 1, argv + 1, "", options, &index)) != -1) {
		if (id == '?')
			die("unknown", "option");
		set_option(opt, id, index);
	}
	if (optind + 1 < argc)
		die("unexpected", argv[optind + 1]);
	check(opt);
}
