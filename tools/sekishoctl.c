/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl: the ASA's words for the running daemon. The table below is all that it knows: help,
 * errors and completion are read from it. See sekishoctl(8). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_list.h"
#include "tools/ctl_watch.h"

#define TEXT_MAX 65536
#define WATCH_DEFAULT 2
#define WATCH_MAX 86400

/* ---- commands that are programs, too ---- */

/* Call one with the words from number `from` on. */
static int
delegate(const struct ctl_words_line *line, size_t from, int (*program)(int argc, char **argv))
{
	static char name[] = "sekishoctl", flag_socket[] = "-s", flag_json[] = "--json",
		    end[] = "--";
	const struct ctl_options *options = line->arg;
	char *argv[CTL_WORDS_MAX + 6] = {name, flag_socket, (char *)(uintptr_t)options->socket};
	int argc = 3;

	if (options->json)
		argv[argc++] = flag_json;
	argv[argc++] = end;
	for (size_t i = from; i < line->len; i++)
		argv[argc++] = line->words[i];
	return program(argc, argv);
}

static int
run_sessions(const struct ctl_words_line *line)
{
	struct ctl_words_line less = *line;
	bool detail = strcmp(line->words[2], "detail") == 0;

	/* "show vpn-sessiondb [detail] anyconnect ..": without "anyconnect", there is no other
	 * kind. */
	memcpy(less.words, line->words, sizeof(less.words));
	if (detail)
		less.words[3] = line->words[2];
	return delegate(&less, 3, show_sessions);
}

static int
run_aaa_server(const struct ctl_words_line *line)
{
	return delegate(line, 2, show_aaa_server);
}

static int
run_access_list(const struct ctl_words_line *line)
{
	return delegate(line, 2, show_access_list);
}

static int
run_crypto_ca(const struct ctl_words_line *line)
{
	return delegate(line, 3, show_crypto_ca);
}

static int
run_debug(const struct ctl_words_line *line)
{
	return delegate(line, 1, sekisho_debug);
}

static int run_tech_support(const struct ctl_words_line *line);

/* ---- the table ---- */

static const struct ctl_words_row session_words[] = {
    {.words = "filter name <name>", .help = "of this user"},
    {.words = "filter ipaddress <address>", .help = "assigned or public address"},
    {.words = "filter a-ipaddress <address>", .help = "assigned address"},
    {.words = "filter p-ipaddress <address>", .help = "public address"},
    {.words = "filter tunnel-group <name>", .help = "of this tunnel group"},
    {.words = "filter group-policy <name>", .help = "of this group policy"},
    {.words = "filter index <number>", .help = "the one of this index"},
    {.words = "filter protocol <name>", .help = "AnyConnect-Parent, SSL-Tunnel, DTLS-Tunnel"},
    {.words = "filter encryption <name>", .help = "AES-GCM-256, .."},
    {.words = "filter ipversion <v4|v6>", .help = "that have such an address"},
    {.words = "filter inactive", .help = "without a tunnel"},
    {.words = "sort index", .help = "the usual order"},
    {.words = "sort name", .help = "by user name"},
    {.words = "sort ipaddress", .help = "by assigned address"},
    {.words = "sort a-ipaddress", .help = "by assigned address"},
    {.words = "sort p-ipaddress", .help = "by public address"},
    {.words = "sort tunnel-group", .help = "by tunnel group"},
    {.words = "sort group-policy", .help = "by group policy"},
    {.words = "sort duration", .help = "the longest first"},
    {.words = "sort inactivity", .help = "the longest first"},
    {.words = "sort protocol", .help = "by the best tunnel"},
    {.words = "sort encryption", .help = "by the encryption of the best tunnel"},
    {0},
};

static const struct ctl_words_row detail_words[] = {
    {.words = "policy", .help = "every attribute, and where it came from"},
    {.words = "filter name <name>", .help = "of this user"},
    {.words = "filter ipaddress <address>", .help = "assigned or public address"},
    {.words = "filter a-ipaddress <address>", .help = "assigned address"},
    {.words = "filter p-ipaddress <address>", .help = "public address"},
    {.words = "filter tunnel-group <name>", .help = "of this tunnel group"},
    {.words = "filter group-policy <name>", .help = "of this group policy"},
    {.words = "filter index <number>", .help = "the one of this index"},
    {.words = "filter protocol <name>", .help = "AnyConnect-Parent, SSL-Tunnel, DTLS-Tunnel"},
    {.words = "filter encryption <name>", .help = "AES-GCM-256, .."},
    {.words = "filter ipversion <v4|v6>", .help = "that have such an address"},
    {.words = "filter inactive", .help = "without a tunnel"},
    {.words = "sort name", .help = "by user name"},
    {.words = "sort ipaddress", .help = "by assigned address"},
    {.words = "sort duration", .help = "the longest first"},
    {.words = "sort inactivity", .help = "the longest first"},
    {.words = "sort index", .help = "the usual order"},
    {0},
};

static const struct ctl_words_row logoff_words[] = {
    {.words = "noconfirm", .help = "do not ask"},
    {0},
};

static const struct ctl_words_row test_words[] = {
    {.words = "host <address>", .help = "this server, no other of the group"},
    {.words = "username <name>", .help = "whom to test"},
    {.words = "password <password>", .help = "better typed when asked for"},
    {0},
};

static const struct ctl_words_row debug_words[] = {
    {.words = "aggregate-auth xml [level]", .help = "what clients and we say to log in"},
    {.words = "aggregate-auth ssl [level]", .help = "TLS handshakes"},
    {.words = "crypto ca [level]", .help = "how certificates are judged"},
    {.words = "radius [level]", .help = "packets to and from RADIUS servers"},
    {.words = "condition user <name>", .help = "of this user only"},
    {.words = "condition address <address>", .help = "of this client only"},
    {0},
};

/* Its words are joined to others, so they have no parentheses.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define RUNNING(kind, what)                                                                        \
	{.words = "show running-config " kind " [name]", .help = what, .run = ctl_running},        \
	{                                                                                          \
		.words = "show running-config all " kind " [name]",                                \
		.help = what ", with what is by default", .run = ctl_running                       \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct ctl_words_row commands[] = {
    {.words = "show vpn-sessiondb", .help = "how many sessions", .run = ctl_list_summary},
    {.words = "show vpn-sessiondb summary",
	.help = "how many sessions and tunnels there are and were",
	.run = ctl_list_summary},
    {.words = "show vpn-sessiondb anyconnect",
	.help = "the sessions",
	.run = run_sessions,
	.more = session_words},
    {.words = "show vpn-sessiondb detail anyconnect",
	.help = "the sessions with their tunnels",
	.run = run_sessions,
	.more = detail_words},
    {.words = "show ip local pool [name]",
	.help = "pools; of one its addresses",
	.run = ctl_list_pools},
    {.words = "show ipv6 local pool [name]",
	.help = "pools; of one its addresses",
	.run = ctl_list_pools},
    {.words = "show aaa-server [group]", .help = "servers of a group", .run = run_aaa_server},
    {.words = "show aaa-server protocol <radius|local>",
	.help = "servers of a kind",
	.run = run_aaa_server},
    {.words = "show aaa-server <group> host <address>",
	.help = "one server",
	.run = run_aaa_server},
    {.words = "show aaa local user",
	.help = "users of LOCAL with failed attempts",
	.run = ctl_list_lockouts},
    {.words = "show aaa local user locked",
	.help = "only those who are locked out",
	.run = ctl_list_lockouts},
    {.words = "show crypto ca certificates [trustpoint]",
	.help = "certificates of the trustpoints",
	.run = run_crypto_ca},
    {.words = "show crypto ca crls [trustpoint]",
	.help = "CRLs that are kept",
	.run = run_crypto_ca},
    {.words = "show crypto ca trustpoints [trustpoint]",
	.help = "the trustpoints",
	.run = run_crypto_ca},
    {.words = "show access-list [name]",
	.help = "access lists with their hits",
	.run = run_access_list},
    {.words = "show threat-detection service [name]",
	.help = "what is counted, and how many are shunned for it",
	.run = ctl_threat_services},
    {.words = "show threat-detection entries [address]",
	.help = "what is held against whom",
	.run = ctl_threat_sources},
    {.words = "show shun [address]", .help = "who is shunned", .run = ctl_threat_shuns},
    {.words = "show bans [address]", .help = "the same", .run = ctl_threat_shuns},
    {.words = "show running-config", .help = "the configuration in force", .run = ctl_running},
    {.words = "show running-config all", .help = "with what is by default", .run = ctl_running},
    RUNNING("gateway", "gateway.conf"),
    RUNNING("webvpn", "what is for all tunnel groups"),
    RUNNING("tunnel-group", "tunnel groups"),
    RUNNING("group-policy", "group policies"),
    RUNNING("username", "users of LOCAL"),
    RUNNING("aaa-server", "server groups and servers"),
    RUNNING("access-list", "access lists"),
    RUNNING("object", "objects"),
    RUNNING("object-group", "object groups"),
    RUNNING("time-range", "time ranges"),
    RUNNING("certificate-map", "certificate maps"),
    RUNNING("ip-local-pool", "IPv4 pools"),
    RUNNING("ipv6-local-pool", "IPv6 pools"),
    {.words = "show webvpn group-alias [tunnel-group]",
	.help = "names in the list of groups",
	.run = ctl_running_alias},
    {.words = "show webvpn group-url [tunnel-group]",
	.help = "URLs of the groups",
	.run = ctl_running_alias},
    {.words = "show version", .help = "what runs, and since when", .run = ctl_health_version},
    {.words = "show cpu", .help = "of each process", .run = ctl_health},
    {.words = "show memory", .help = "of each process", .run = ctl_health},
    {.words = "show processes",
	.help = "how the processes are, and how often they were restarted",
	.run = ctl_health},
    {.words = "show metrics",
	.help = "all that is counted, as OpenMetrics",
	.run = ctl_health_metrics},
    {.words = "show tech-support",
	.help = "version, processes, configuration, sessions, servers, certificates",
	.run = run_tech_support},
    {.words = "vpn-sessiondb logoff name <name>",
	.help = "every session of the user",
	.run = ctl_act_logoff,
	.more = logoff_words},
    {.words = "vpn-sessiondb logoff index <number>",
	.help = "the session of this index",
	.run = ctl_act_logoff,
	.more = logoff_words},
    {.words = "vpn-sessiondb logoff ipaddress <address>",
	.help = "the session that this address is assigned to",
	.run = ctl_act_logoff,
	.more = logoff_words},
    {.words = "vpn-sessiondb logoff tunnel-group <name>",
	.help = "every session of the tunnel group",
	.run = ctl_act_logoff,
	.more = logoff_words},
    {.words = "vpn-sessiondb logoff group-policy <name>",
	.help = "every session of the group policy",
	.run = ctl_act_logoff,
	.more = logoff_words},
    {.words = "vpn-sessiondb logoff all",
	.help = "every session",
	.run = ctl_act_logoff,
	.more = logoff_words},
    {.words = "clear aaa local user lockout username <name>",
	.help = "unlock the user",
	.run = ctl_act_clear_lockout},
    {.words = "clear aaa local user lockout all",
	.help = "unlock all users",
	.run = ctl_act_clear_lockout},
    {.words = "clear aaa-server statistics [group]",
	.help = "counters of all servers, or of a group",
	.run = ctl_act_clear_aaa},
    {.words = "clear aaa-server statistics <group> host <address>",
	.help = "counters of one server",
	.run = ctl_act_clear_aaa},
    {.words = "clear shun", .help = "lift all shuns", .run = ctl_threat_clear},
    {.words = "shun <address>",
	.help = "take no connections of it, until that is lifted",
	.run = ctl_threat_shun},
    {.words = "no shun <address>", .help = "lift it", .run = ctl_threat_no_shun},
    {.words = "test aaa-server authentication <group>",
	.help = "would he be let in?",
	.run = ctl_act_test,
	.more = test_words,
	.needs_more = true},
    {.words = "test aaa-server authorization <group>",
	.help = "do the servers know him?",
	.run = ctl_act_test,
	.more = test_words,
	.needs_more = true},
    {.words = "debug",
	.help = "watch what is done, until Ctrl-C",
	.run = run_debug,
	.more = debug_words,
	.needs_more = true},
    {.words = "reload", .help = "read the configuration again", .run = ctl_act_reload},
    {0},
};

/* ---- several at once ---- */

struct job {
	struct ctl_words_line line;
};

static int
run_line(const char *text, void *arg)
{
	char copy[128], *words[16], *rest, *at = copy;
	struct job job = {.line = {.arg = arg}};
	struct buf out;
	size_t len = 0;
	int status = CTL_OPTIONS_USAGE;

	(void)str_copy(copy, sizeof(copy), text);
	for (char *one; (one = strtok_r(at, " ", &rest)) != NULL && len < ARRAY_LEN(words);
	     at = NULL)
		words[len++] = one;
	buf_init(&out, TEXT_MAX);
	if (ctl_words_find(commands, words, len, &job.line, &out) == CTL_WORDS_OK)
		status = job.line.row->run(&job.line);
	buf_fini(&out);
	return status;
}

static int
run_tech_support(const struct ctl_words_line *line)
{
	static const char *const texts[] = {"show version", "show processes",
	    "show vpn-sessiondb summary", "show ip local pool", "show ipv6 local pool",
	    "show aaa-server", "show aaa local user", "show crypto ca trustpoints",
	    "show crypto ca certificates", "show access-list", "show running-config",
	    "show vpn-sessiondb detail anyconnect", "show metrics"};
	const struct ctl_options *options = line->arg;
	int status = 0;

	if (options->json)
		ctl_fail(CTL_OPTIONS_USAGE,
		    "show tech-support is a text; each of its parts can be had with --json");
	for (size_t i = 0; i < ARRAY_LEN(texts) && status == 0; i++) {
		printf("------------------ %s ------------------\n\n", texts[i]);
		status = run_line(texts[i], line->arg);
		putchar('\n');
	}
	return status;
}

/* ---- the command line ---- */

static NORETURN void
usage(int status)
{
	static const char *const verbs[] = {"show", "vpn-sessiondb logoff", "clear", "shun",
	    "no shun", "test aaa-server", "debug", "reload"};
	FILE *out = status == 0 ? stdout : stderr;

	fputs("usage: sekishoctl [-c DIR | -s SOCKET] [--json] [--watch [SECONDS]] COMMAND ..\n"
	      "       sekishoctl -V\n"
	      "  -c DIR     directory of gateway.conf, which names the control socket\n"
	      "  -s SOCKET  the control socket itself\n"
	      "  --json     one JSON document, of every show\n"
	      "  --watch    show it again every 2 or so many seconds, until Ctrl-C\n"
	      "Words may be cut short; \"?\" instead of a word tells what can come there. "
	      "Commands:\n",
	    out);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(out, "  %s\n", verbs[i]);
	exit(status);
}

/* "--watch [SECONDS]" is taken out of the command line: getopt knows no value that may be there and
 * stands alone. Returns the seconds, 0: not there. */
static unsigned
take_watch(int *argc, char **argv)
{
	uint64_t seconds = 0;
	int to = 1;

	for (int i = 1; i < *argc; i++) {
		bool equals = strncmp(argv[i], "--watch=", 8) == 0;

		if (!equals && strcmp(argv[i], "--watch") != 0) {
			argv[to++] = argv[i];
			continue;
		}
		seconds = WATCH_DEFAULT;
		if (equals && str_to_u64(argv[i] + 8, 1, WATCH_MAX, &seconds) != ERR_OK)
			ctl_fail(CTL_OPTIONS_USAGE, "--watch: %s is no number of seconds, 1 to %d",
			    argv[i] + 8, WATCH_MAX);
		if (!equals && i + 1 < *argc &&
		    str_to_u64(argv[i + 1], 1, WATCH_MAX, &seconds) == ERR_OK)
			i++;
	}
	*argc = to;
	argv[to] = NULL;
	return (unsigned)seconds;
}

static int
run_job(void *arg)
{
	struct job *job = arg;
	int status = job->line.row->run(&job->line);

	if (fflush(stdout) != 0 || ferror(stdout))
		ctl_fail(CTL_OPTIONS_DAEMON, "cannot write: %s", strerror(errno));
	return status;
}

/* For the shell: what the last word can become. */
static int
complete(int argc, char **argv)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	ctl_words_complete(commands, argv, (size_t)argc, &out);
	fputs(buf_cstr(&out), stdout);
	buf_fini(&out);
	return 0;
}

static void
find(int argc, char **argv, struct job *job)
{
	enum ctl_words_result result;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	result = ctl_words_find(commands, argv, (size_t)argc, &job->line, &text);
	if (result == CTL_WORDS_HELP) {
		fputs(buf_cstr(&text), stdout);
		exit(0);
	}
	if (result == CTL_WORDS_WRONG) {
		fprintf(stderr, "sekishoctl: %s", buf_cstr(&text));
		exit(CTL_OPTIONS_USAGE);
	}
	buf_fini(&text);
}

static bool
is_show(const struct job *job)
{
	return strcmp(job->line.words[0], "show") == 0;
}

int
main(int argc, char **argv)
{
	struct ctl_options options = {0};
	struct job job = {.line = {.arg = &options}};
	unsigned seconds;
	char *path, title[256] = "";
	int at, status;

	if (argc > 1 && strcmp(argv[1], "--complete") == 0)
		return complete(argc - 2, argv + 2);
	seconds = take_watch(&argc, argv);
	at = ctl_options_parse(&options, "sekishoctl", true, argc, argv, usage);
	if (at == argc)
		usage(CTL_OPTIONS_USAGE);
	find(argc - at, argv + at, &job);
	if ((options.json || seconds > 0) && !is_show(&job))
		ctl_fail(CTL_OPTIONS_USAGE, "--json and --watch are for show");
	path = ctl_options_socket(&options, "sekishoctl");
	for (size_t i = 0; i < job.line.len && strlen(title) + 1 < sizeof(title); i++)
		snprintf(title + strlen(title), sizeof(title) - strlen(title), "%s%s",
		    i > 0 ? " " : "", job.line.words[i]);
	if (seconds > 0)
		ctl_watch(seconds, title, run_job, &job);
	status = run_job(&job);
	free(path);
	return status;
}
