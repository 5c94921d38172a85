/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show-access-list: the access lists that filter sessions, with the hits of their rules, asked from
 * the running daemon and shown as the ASA would ("show access-list") or as JSON. See
 * show-access-list(8).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "common/ipc.h"
#include "common/str.h"
#include "conf/conf.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_options.h"
#include "tools/ctl_shows.h"

#define NAME_MAX_LEN 256
#define TEXT_MAX_LEN 1100

enum { EXIT_DAEMON = CTL_OPTIONS_DAEMON, EXIT_USAGE = CTL_OPTIONS_USAGE };

struct options {
	struct ctl_options common;
	const char *name;
};

/* What is being written. A list ends where the next rule is not behind the last one. */
struct output {
	json_t *lists; /* NULL: text */
	json_t *rules; /* of the list at hand */
	char name[NAME_MAX_LEN];
	uint32_t line;
	bool former;
};

static NORETURN void
usage(int status)
{
	FILE *out = status == 0 ? stdout : stderr;

	fputs("usage: show-access-list [-c DIR | -s SOCKET] [--json] [NAME]\n"
	      "       show-access-list -V\n"
	      "  -c DIR     directory of gateway.conf, which names the control socket\n"
	      "  -s SOCKET  the control socket itself\n"
	      "  NAME       only this access list, also one that is no filter\n",
	    out);
	exit(status);
}

static void
parse_options(struct options *options, int argc, char **argv)
{
	int at = ctl_options_parse(&options->common, "show-access-list", true, argc, argv, usage);

	if (argc - at > 1)
		usage(EXIT_USAGE);
	if (argc - at == 1)
		options->name = argv[at];
	if (options->name != NULL && options->name[0] == '\0')
		usage(EXIT_USAGE);
}

/* ---- writing ---- */

/* FNV-1a: a short number for a text, the same as long as the text is. */
static uint32_t
hash(const char *text)
{
	uint32_t value = 2166136261U;

	for (; *text != '\0'; text++)
		value = (value ^ (uint8_t)*text) * 16777619U;
	return value;
}

/* Does the rule's text begin or end with this word? */
static bool
begins_with(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 && (text[len] == '\0' || text[len] == ' ');
}

static bool
ends_with(const char *text, const char *word)
{
	size_t len = strlen(text), word_len = strlen(word);

	return len > word_len && strcmp(text + len - word_len, word) == 0 &&
	       text[len - word_len - 1] == ' ';
}

/* The text as the ASA keeps it: one blank between words, and no "line N" of its own. */
static void
tidy(char *dst, size_t dst_size, const char *src)
{
	char text[TEXT_MAX_LEN] = "";
	size_t len = 0;

	for (; *src != '\0' && len + 1 < sizeof(text); src++) {
		if (*src != ' ' && *src != '\t')
			text[len++] = *src;
		else if (len > 0 && text[len - 1] != ' ')
			text[len++] = ' ';
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	src = text;
	if (begins_with(text, "line") && len > 5) {
		src += 5 + strcspn(text + 5, " ");
		src += *src == ' ';
	}
	str_printable(dst, dst_size, src);
}

static void
print_rule(const Ipc__CtlRule *rule, const char *name, const char *type, const char *text)
{
	char whole[TEXT_MAX_LEN + 64];

	if (begins_with(text, "remark")) {
		printf("access-list %s line %u %s\n", name, rule->line, text);
		return;
	}
	snprintf(whole, sizeof(whole), "%s %s", type, text);
	printf("access-list %s line %u %s (hitcnt=%llu) %s0x%08x\n", name, rule->line, whole,
	    (unsigned long long)rule->hits, ends_with(text, "inactive") ? "(inactive) " : "",
	    hash(whole));
}

static void
json_rule(json_t *rules, const Ipc__CtlRule *rule, const char *text)
{
	/* JSON numbers of ours are signed. */
	json_int_t hits = rule->hits > INT64_MAX ? INT64_MAX : (json_int_t)rule->hits;
	json_t *item = json_pack("{s:I, s:s, s:I, s:b, s:b}", "line", (json_int_t)rule->line,
	    "text", text, "hits", hits, "remark", begins_with(text, "remark"), "inactive",
	    ends_with(text, "inactive"));

	if (item == NULL || json_array_append_new(rules, item) != 0)
		ctl_fail(EXIT_DAEMON, "out of memory");
}

/* The first rule of a list. */
static void
begin_list(struct output *output, const Ipc__CtlRule *rule, const char *name, const char *type)
{
	if (output->lists == NULL) {
		printf("access-list %s; %u elements; name hash: 0x%08x%s%s\n", name, rule->entries,
		    hash(name), rule->dynamic ? " (dynamic)" : "",
		    rule->former ? " (former, sessions still have it)" : "");
		return;
	}
	output->rules = json_array();
	json_t *list = json_pack("{s:s, s:s, s:I, s:b, s:b, s:o}", "name", name, "type", type,
	    "elements", (json_int_t)rule->entries, "former", rule->former, "dynamic", rule->dynamic,
	    "rules", output->rules);
	if (list == NULL || json_array_append_new(output->lists, list) != 0)
		ctl_fail(EXIT_DAEMON, "out of memory");
}

static void
take_rule(struct output *output, const Ipc__CtlRule *rule)
{
	char name[NAME_MAX_LEN], type[32], text[TEXT_MAX_LEN];

	str_printable(name, sizeof(name), rule->access_list);
	str_printable(type, sizeof(type), rule->type);
	tidy(text, sizeof(text), rule->text);
	if (output->line == 0 || rule->line <= output->line || rule->former != output->former ||
	    strcmp(name, output->name) != 0)
		begin_list(output, rule, name, type);
	str_copy(output->name, sizeof(output->name), name);
	output->line = rule->line;
	output->former = rule->former;
	if (output->lists != NULL)
		json_rule(output->rules, rule, text);
	else
		print_rule(rule, name, type, text);
}

/* ---- asking ---- */

static void
on_rule(const ProtobufCMessage *msg, void *arg)
{
	take_rule(arg, (const Ipc__CtlRule *)msg);
}

static void
ask(const struct options *options, struct output *output)
{
	Ipc__CtlAccessList request = IPC__CTL_ACCESS_LIST__INIT;
	const struct ctl_question question = {
	    .type = IPC__MSG_TYPE__MSG_CTL_ACCESS_LIST,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_RULE,
	};

	if (options->name != NULL)
		request.name = (char *)options->name;
	ctl_ask(options->common.socket, &question, on_rule, output, NULL, NULL);
}

static void
finish(const struct output *output)
{
	if (output->lists != NULL)
		ctl_ask_print("access_lists", output->lists);
	else if (output->line == 0)
		puts("INFO: no access list is used as a filter");
}

int
show_access_list(int argc, char **argv)
{
	struct options options = {0};
	struct output output = {0};
	char *path = NULL;

	parse_options(&options, argc, argv);
	path = ctl_options_socket(&options.common, "show-access-list");
	if (options.common.json) {
		output.lists = json_array();
		if (output.lists == NULL)
			ctl_fail(EXIT_DAEMON, "out of memory");
	}
	ask(&options, &output);
	finish(&output);
	free(path);
	if (fflush(stdout) != 0 || ferror(stdout))
		ctl_fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
	return 0;
}
