/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-debug: what the daemon does for its clients, as it does it, on this terminal until Ctrl-C
 * ("debug aggregate-auth", "debug crypto ca", "debug radius" of the ASA). When this program ends,
 * nothing is left on. See sekisho-debug(8).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/ctl_client.h"
#include "common/ip.h"
#include "common/ipc.h"
#include "common/str.h"
#include "common/trace.h"
#include "conf/conf.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_options.h"
#include "tools/ctl_shows.h"

#define QUIET_SEC 3600 /* nothing to show for so long is nothing unusual */
#define LINE_MAX_LEN 4096

enum { EXIT_DAEMON = CTL_OPTIONS_DAEMON, EXIT_USAGE = CTL_OPTIONS_USAGE };

struct options {
	struct ctl_options common;
	Ipc__TraceKind kinds[TRACE_KINDS];
	uint32_t levels[TRACE_KINDS];
	size_t kinds_len;
	const char *user;
	struct ip_addr address; /* family 0: all */
};

/* What can be debugged, as an ASA calls it. */
static const struct {
	const char *first, *second; /* NULL: one word only */
	Ipc__TraceKind kind;
} kinds[] = {
    {"aggregate-auth", "xml", TRACE_XML},
    {"aggregate-auth", "ssl", TRACE_SSL},
    {"crypto", "ca", TRACE_CA},
    {"radius", NULL, TRACE_RADIUS},
};

static NORETURN void
usage(int status)
{
	FILE *out = status == 0 ? stdout : stderr;

	fputs(
	    "usage: sekisho-debug [-c DIR | -s SOCKET] WHAT [LEVEL] ... [condition user NAME]\n"
	    "                     [condition address ADDRESS]\n"
	    "       sekisho-debug -V\n"
	    "  -c DIR     directory of gateway.conf, which names the control socket\n"
	    "  -s SOCKET  the control socket itself\n"
	    "  WHAT       aggregate-auth xml, aggregate-auth ssl, crypto ca, radius; several may\n"
	    "             be given, each with a LEVEL from 1 (the default) to 255\n"
	    "Traces are shown until Ctrl-C. Passwords, keys and tokens are never in them.\n",
	    out);
	exit(status);
}

/* ---- the words ---- */

/* What is left of the command line. */
struct words {
	char **at;
	int left;
};

/* The next word; says what is missing if there is none. */
static const char *
next_word(struct words *words, const char *behind, const char *wanted)
{
	if (words->left == 0)
		ctl_fail(EXIT_USAGE, "\"%s\" needs %s behind it", behind, wanted);
	words->left--;
	return *words->at++;
}

static void
take_level(struct options *options, struct words *words)
{
	uint64_t level = 1;

	if (words->left > 0 && words->at[0][0] >= '0' && words->at[0][0] <= '9') {
		const char *word = next_word(words, "", "");

		if (str_to_u64(word, 1, TRACE_LEVEL_MAX, &level) != ERR_OK)
			ctl_fail(EXIT_USAGE, "\"%s\" is no level; levels are 1 to %d", word,
			    TRACE_LEVEL_MAX);
	}
	options->levels[options->kinds_len - 1] = (uint32_t)level;
}

static void
take_kind(struct options *options, const char *first, struct words *words)
{
	const char *second = NULL;
	const char *seconds = "\"xml\" or \"ssl\"";
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(first, kinds[i].first) != 0)
			continue;
		known = true;
		if (kinds[i].kind == TRACE_CA)
			seconds = "\"ca\"";
		if (kinds[i].second != NULL) {
			if (second == NULL)
				second = next_word(words, first, seconds);
			if (strcmp(second, kinds[i].second) != 0)
				continue;
		}
		for (size_t k = 0; k < options->kinds_len; k++)
			if (options->kinds[k] == kinds[i].kind)
				ctl_fail(EXIT_USAGE, "\"%s%s%s\" is there twice", first,
				    second != NULL ? " " : "", second != NULL ? second : "");
		options->kinds[options->kinds_len++] = kinds[i].kind;
		take_level(options, words);
		return;
	}
	if (known)
		ctl_fail(EXIT_USAGE, "\"%s %s\" is not known; behind \"%s\" comes %s", first,
		    second, first, seconds);
	ctl_fail(EXIT_USAGE,
	    "\"%s\" is not known; what can be debugged is aggregate-auth xml, aggregate-auth ssl, "
	    "crypto ca and radius, and behind it may come condition user NAME and condition "
	    "address ADDRESS",
	    first);
}

static void
take_condition(struct options *options, struct words *words)
{
	const char *kind = next_word(words, "condition", "\"user NAME\" or \"address ADDRESS\"");

	if (strcmp(kind, "user") == 0) {
		const char *name = next_word(words, "condition user", "a user name");

		if (options->user != NULL)
			ctl_fail(EXIT_USAGE, "only one user can be watched at a time; another "
					     "sekisho-debug can watch another one");
		if (name[0] == '\0' || strlen(name) >= TRACE_NAME_MAX)
			ctl_fail(EXIT_USAGE, "\"%s\" is no user name", name);
		options->user = name;
	} else if (strcmp(kind, "address") == 0) {
		const char *text = next_word(words, "condition address", "a client's address");

		if (options->address.family != 0)
			ctl_fail(EXIT_USAGE, "only one address can be watched at a time; another "
					     "sekisho-debug can watch another one");
		if (ip_parse(text, &options->address) != ERR_OK)
			ctl_fail(EXIT_USAGE, "\"%s\" is no IPv4 or IPv6 address", text);
	} else {
		ctl_fail(EXIT_USAGE,
		    "\"condition %s\" is not known; a condition is \"user NAME\" or "
		    "\"address ADDRESS\"",
		    kind);
	}
}

static void
parse_words(struct options *options, struct words words)
{
	while (words.left > 0) {
		const char *word = next_word(&words, "", "");

		if (strcmp(word, "condition") == 0)
			take_condition(options, &words);
		else
			take_kind(options, word, &words);
	}
	if (options->kinds_len == 0)
		usage(EXIT_USAGE);
}

static void
parse_options(struct options *options, int argc, char **argv)
{
	int at = ctl_options_parse(&options->common, "sekisho-debug", false, argc, argv, usage);

	parse_words(options, (struct words){argv + at, argc - at});
}

/* ---- asking ---- */

static int
ask(const struct options *options)
{
	Ipc__CtlTrace request = IPC__CTL_TRACE__INIT;
	const char *path = options->common.socket;
	enum err err;
	int fd;

	request.kind = (Ipc__TraceKind *)(uintptr_t)options->kinds;
	request.level = (uint32_t *)(uintptr_t)options->levels;
	request.n_kind = request.n_level = options->kinds_len;
	if (options->user != NULL)
		request.username = (char *)(uintptr_t)options->user;
	request.address.data = (uint8_t *)(uintptr_t)options->address.bytes;
	request.address.len = ip_len(&options->address);
	fd = ctl_ask_connect(path);
	err = ipc_write_blocking(fd, IPC__MSG_TYPE__MSG_CTL_TRACE, &request.base, -1);
	if (err != ERR_OK)
		ctl_fail(EXIT_DAEMON, "%s: cannot ask sekishod: %s", path, err_str(err));
	return fd;
}

/* One message, which is shown. Does not return when there will be no more. */
static void
show(const char *path, int fd)
{
	ProtobufCMessage *msg = NULL;
	char line[LINE_MAX_LEN];
	Ipc__MsgType type;
	enum err err = ctl_receive(fd, QUIET_SEC, &type, &msg);

	if (err == ERR_TIMEOUT)
		return;
	if (err == ERR_CLOSED)
		ctl_fail(
		    EXIT_DAEMON, "sekishod ended, or its auth process was restarted: debug is off");
	if (err != ERR_OK)
		ctl_fail(EXIT_DAEMON, "%s: no proper answer from sekishod: %s", path, err_str(err));
	if (type == IPC__MSG_TYPE__MSG_CTL_END) {
		str_printable(line, sizeof(line), ((const Ipc__CtlEnd *)msg)->error);
		ctl_fail(EXIT_DAEMON, "sekishod refused: %s", line);
	}
	if (type != IPC__MSG_TYPE__MSG_CTL_TRACE_LINE)
		ctl_fail(EXIT_DAEMON, "%s: no proper answer from sekishod", path);
	str_printable(line, sizeof(line), ((const Ipc__CtlTraceLine *)msg)->text);
	if (puts(line) < 0 || fflush(stdout) != 0)
		ctl_fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
	protobuf_c_message_free_unpacked(msg, NULL);
}

int
sekisho_debug(int argc, char **argv)
{
	struct options options = {0};
	int fd;

	parse_options(&options, argc, argv);
	/* Never given back: this ends with a signal. */
	(void)!ctl_options_socket(&options.common, "sekisho-debug");
	fd = ask(&options);
	for (;;)
		show(options.common.socket, fd);
}
