/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that change something. The daemon decides who may. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/str.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_list.h"
#include "tools/prompt.h"

#define DECLINED 1 /* exit status: the administrator said no */

/* The word behind a key, from the given one on; NULL: it is not there. */
static char *
value_of(const struct ctl_words_line *line, size_t from, const char *key)
{
	for (size_t i = from; i + 1 < line->len; i += 2)
		if (strcmp(line->words[i], key) == 0)
			return line->words[i + 1];
	return NULL;
}

static void
parse_address(const char *text, struct ip_addr *addr, ProtobufCBinaryData *out)
{
	if (ip_parse(text, addr) != ERR_OK)
		ctl_fail(CTL_OPTIONS_USAGE, "\"%s\" is no IPv4 or IPv6 address", text);
	out->data = addr->bytes;
	out->len = ip_len(addr);
}

/* ---- vpn-sessiondb logoff ---- */

/* As the ASA asks: the return key is yes, and so is a word that begins with y. */
static bool
is_confirmed(void)
{
	char answer[16];

	fputs("Do you want to logoff the VPN session(s)? [confirm] ", stdout);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) == NULL) {
		putchar('\n');
		return false;
	}
	return answer[0] == '\n' || answer[0] == 'y' || answer[0] == 'Y';
}

static void
fill_logoff(const struct ctl_words_line *line, struct ip_addr *addr, Ipc__CtlLogoff *out)
{
	const char *key = line->words[2];
	char *value = line->words[3];
	uint64_t index;

	/* "vpn-sessiondb logoff KEY VALUE" */
	if (strcmp(key, "all") == 0) {
		out->all = true;
	} else if (strcmp(key, "name") == 0) {
		out->username = value;
	} else if (strcmp(key, "tunnel-group") == 0) {
		out->tunnel_group = value;
	} else if (strcmp(key, "group-policy") == 0) {
		out->group_policy = value;
	} else if (strcmp(key, "ipaddress") == 0) {
		parse_address(value, addr, &out->address);
	} else {
		if (str_to_u64(value, 1, UINT32_MAX, &index) != ERR_OK)
			ctl_fail(CTL_OPTIONS_USAGE, "\"%s\" is no index: a number from 1", value);
		out->index = (uint32_t)index;
	}
	if (!out->all && value[0] == '\0')
		ctl_fail(CTL_OPTIONS_USAGE, "%s: the value is empty", key);
}

int
ctl_act_logoff(const struct ctl_words_line *line)
{
	Ipc__CtlLogoff request = IPC__CTL_LOGOFF__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_LOGOFF,
	    .request = &request.base,
	    .timeout_sec = CTL_RELOAD_TIMEOUT_SEC};
	const struct ctl_options *options = line->arg;
	struct ip_addr addr;
	unsigned count;

	fill_logoff(line, &addr, &request);
	if (line->row_len == line->len && !is_confirmed())
		return DECLINED;
	(void)ctl_ask(options->socket, &question, NULL, NULL, &count, NULL);
	if (request.all)
		printf("INFO: Number of sessions logged off : %u\n", count);
	else
		printf("INFO: Number of sessions with %s \"%s\" logged off : %u\n", line->words[2],
		    line->words[3], count);
	return 0;
}

/* ---- clear ---- */

int
ctl_act_clear_aaa(const struct ctl_words_line *line)
{
	Ipc__CtlClearAaa request = IPC__CTL_CLEAR_AAA__INIT;
	const struct ctl_question question = {
	    .type = IPC__MSG_TYPE__MSG_CTL_CLEAR_AAA, .request = &request.base};
	const struct ctl_options *options = line->arg;
	struct ip_addr addr;

	/* "clear aaa-server statistics GROUP host ADDRESS" */
	if (line->len > 3)
		request.server_group = line->words[3];
	if (line->len > 5)
		parse_address(line->words[5], &addr, &request.server);
	(void)ctl_ask(options->socket, &question, NULL, NULL, NULL, NULL);
	return 0;
}

int
ctl_act_clear_lockout(const struct ctl_words_line *line)
{
	Ipc__CtlClearLockout request = IPC__CTL_CLEAR_LOCKOUT__INIT;
	const struct ctl_question question = {
	    .type = IPC__MSG_TYPE__MSG_CTL_CLEAR_LOCKOUT, .request = &request.base};
	const struct ctl_options *options = line->arg;
	unsigned count;

	/* "clear aaa local user lockout username NAME" */
	if (line->len > 6)
		request.username = line->words[6];
	(void)ctl_ask(options->socket, &question, NULL, NULL, &count, NULL);
	printf("INFO: Number of users unlocked : %u\n", count);
	return 0;
}

/* ---- test aaa-server ---- */

/* On the terminal, or a line of standard input. */
static void
ask_password(char password[PROMPT_LINE_MAX])
{
	const char *why = NULL;
	int tty = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
	bool ok = tty >= 0 ? prompt_ask(tty, "Password: ", password, &why)
			   : prompt_read(STDIN_FILENO, password, &why);

	if (tty >= 0)
		close(tty);
	if (!ok)
		ctl_fail(CTL_OPTIONS_USAGE, "the password %s", why != NULL ? why : "was not given");
}

int
ctl_act_test(const struct ctl_words_line *line)
{
	Ipc__CtlTestAaa request = IPC__CTL_TEST_AAA__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_TEST_AAA,
	    .request = &request.base,
	    .timeout_sec = CTL_RELOAD_TIMEOUT_SEC,
	    .quiet_on_refusal = true};
	const struct ctl_options *options = line->arg;
	char password[PROMPT_LINE_MAX] = "", text[256];
	const char *host = value_of(line, line->row_len, "host");
	char *given = value_of(line, line->row_len, "password");
	const char *error;
	struct ip_addr addr;

	/* "test aaa-server authentication GROUP .." */
	request.authorization = strcmp(line->words[2], "authorization") == 0;
	request.server_group = line->words[3];
	request.username = value_of(line, line->row_len, "username");
	if (request.username == NULL)
		ctl_fail(CTL_OPTIONS_USAGE, "whom? \"username NAME\" is missing");
	if (host != NULL)
		parse_address(host, &addr, &request.server);
	if (given == NULL && !request.authorization) {
		ask_password(password);
		given = password;
	}
	if (given != NULL) {
		request.password.data = (uint8_t *)given;
		request.password.len = strlen(given);
	}
	if (host != NULL)
		printf("INFO: Attempting %s test to IP address <%s>\n",
		    request.authorization ? "Authorization" : "Authentication", host);
	error = ctl_ask(options->socket, &question, NULL, NULL, NULL, text);
	str_wipe(password, sizeof(password));
	if (error[0] == '\0')
		printf("INFO: %s\n", text);
	else
		printf("ERROR: %s\n", error);
	return error[0] == '\0' ? 0 : CTL_OPTIONS_DAEMON;
}

/* ---- reload ---- */

int
ctl_act_reload(const struct ctl_words_line *line)
{
	static char text[65536];
	const struct ctl_options *options = line->arg;
	int fd = ctl_ask_connect(options->socket);
	enum err err = ctl_reload(fd, text, sizeof(text));

	close(fd);
	if (text[0] != '\0')
		fprintf(err == ERR_OK ? stdout : stderr, "%s\n", text);
	else if (err != ERR_OK)
		ctl_fail(CTL_OPTIONS_DAEMON, "no answer from sekishod: %s", err_str(err));
	return err == ERR_OK ? 0 : CTL_OPTIONS_DAEMON;
}
