/* SPDX-License-Identifier: Apache-2.0 */
/* "show running-config" of what the daemon has in force, and two views of it: "show webvpn
 * group-alias" and "group-url". */
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "conf/value_text.h"
#include "tools/ctl_ask.h"
#include "tools/ctl_list.h"

#define LINE_SIZE 65536

struct running {
	json_t *blocks;  /* NULL: text */
	json_t *block;   /* the last */
	struct buf head; /* the path of the last */
	struct buf line;
};

/* ---- blocks ---- */

static void
path_text(const Ipc__CtlBlock *block, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < block->n_path; i++) {
		if (i > 0)
			buf_puts(out, " ");
		value_text_printable(out, block->path[i]);
	}
}

static json_t *
value_json(const Ipc__CtlSetting *setting)
{
	const char *text = setting->n_value > 0 ? setting->value[0] : "";
	long long number;

	switch (setting->type) {
	case IPC__CTL_TYPE__CTL_LIST:
		return json_array();
	case IPC__CTL_TYPE__CTL_BOOL:
		return json_boolean(strcmp(text, "true") == 0);
	case IPC__CTL_TYPE__CTL_NUMBER:
		return sscanf(text, "%lld", &number) == 1 ? json_integer(number) : json_null();
	default:
		return ctl_ask_text(text);
	}
}

/* A list may go on from the piece before. */
static void
setting_json(json_t *settings, const Ipc__CtlSetting *setting)
{
	json_t *value = json_object_get(settings, setting->name);

	if (value == NULL) {
		value = value_json(setting);
		ctl_ask_set(settings, setting->name, value);
	}
	for (size_t i = 0; setting->type == IPC__CTL_TYPE__CTL_LIST && i < setting->n_value; i++)
		ctl_ask_append(value, ctl_ask_text(setting->value[i]));
}

static void
block_json(struct running *running, const Ipc__CtlBlock *block, bool goes_on)
{
	json_t *path;

	if (!goes_on) {
		running->block = json_object();
		ctl_ask_append(running->blocks, running->block);
		path = json_array();
		ctl_ask_set(running->block, "path", path);
		for (size_t i = 0; i < block->n_path; i++)
			ctl_ask_append(path, ctl_ask_text(block->path[i]));
		ctl_ask_set(running->block, "settings", json_object());
		ctl_ask_set(running->block, "sources", json_object());
	}
	for (size_t i = 0; i < block->n_setting; i++) {
		const Ipc__CtlSetting *setting = block->setting[i];

		setting_json(json_object_get(running->block, "settings"), setting);
		if (setting->source[0] != '\0')
			ctl_ask_set(json_object_get(running->block, "sources"), setting->name,
			    ctl_ask_text(setting->source));
	}
}

/* A value alone, in quotes if it is of several words. */
static void
put_value(struct buf *out, const char *value)
{
	buf_puts(out, " ");
	if (value[0] == '\0' || strpbrk(value, " \t\r\n\"") != NULL)
		value_text_quoted(out, value);
	else
		value_text_printable(out, value);
}

/* Rules and members are lines of their own. */
static void
print_setting(struct running *running, const Ipc__CtlSetting *setting)
{
	bool lines =
	    setting->type == IPC__CTL_TYPE__CTL_LIST &&
	    (strcmp(setting->name, "rules") == 0 || strcmp(setting->name, "members") == 0 ||
		strcmp(setting->name, "criteria") == 0);
	struct buf *line = &running->line;

	buf_reset(line);
	for (size_t i = 0; lines && i < setting->n_value; i++) {
		buf_puts(line, " ");
		value_text_printable(line, setting->value[i]);
		buf_puts(line, "\n");
	}
	if (!lines) {
		buf_puts(line, " ");
		value_text_printable(line, setting->name);
		for (size_t i = 0; i < setting->n_value; i++)
			put_value(line, setting->value[i]);
		if (setting->n_value == 0)
			buf_puts(line, " none");
		if (setting->source[0] != '\0') {
			buf_puts(line, "  ! ");
			value_text_printable(line, setting->source);
		}
		buf_puts(line, "\n");
	}
	fputs(buf_cstr(line), stdout);
}

static void
on_block(const ProtobufCMessage *msg, void *arg)
{
	const Ipc__CtlBlock *block = (const Ipc__CtlBlock *)msg;
	struct running *running = arg;
	bool goes_on;

	path_text(block, &running->line);
	goes_on = strcmp(buf_cstr(&running->line), buf_cstr(&running->head)) == 0 &&
		  (running->block != NULL || running->blocks == NULL);
	if (running->blocks != NULL) {
		buf_reset(&running->head);
		buf_puts(&running->head, buf_cstr(&running->line));
		block_json(running, block, goes_on);
		return;
	}
	if (!goes_on)
		printf("%s\n", buf_cstr(&running->line));
	buf_reset(&running->head);
	buf_puts(&running->head, buf_cstr(&running->line));
	for (size_t i = 0; i < block->n_setting; i++)
		print_setting(running, block->setting[i]);
}

static void
ask(const struct ctl_options *options, const Ipc__CtlRunning *request, struct running *running)
{
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_RUNNING,
	    .request = &request->base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_BLOCK};

	buf_init(&running->head, LINE_SIZE);
	buf_init(&running->line, 1U << 20);
	(void)ctl_ask(options->socket, &question, on_block, running, NULL, NULL);
	buf_fini(&running->head);
	buf_fini(&running->line);
}

int
ctl_running(const struct ctl_words_line *line)
{
	Ipc__CtlRunning request = IPC__CTL_RUNNING__INIT;
	const struct ctl_options *options = line->arg;
	struct running running = {0};
	size_t at = 2; /* behind "show running-config" */

	if (at < line->len && strcmp(line->words[at], "all") == 0) {
		request.all = true;
		at++;
	}
	if (at < line->len)
		request.kind = line->words[at];
	if (at + 1 < line->len)
		request.name = line->words[at + 1];
	if (options->json)
		running.blocks = json_array();
	ask(options, &request, &running);
	if (options->json)
		ctl_ask_print("running_config", running.blocks);
	return 0;
}

/* ---- show webvpn ---- */

/* One block of a tunnel group's aliases or URLs as a row; NULL: it is another block. */
static json_t *
alias_row(const json_t *block, const char *key)
{
	const json_t *path = json_object_get(block, "path");
	const json_t *settings = json_object_get(block, "settings");
	const char *word = json_string_value(json_array_get(path, 3));
	const json_t *enable = json_object_get(settings, "enable");

	/* tunnel-group NAME webvpn-attributes group-alias ALIAS */
	if (word == NULL || strcmp(word, key) != 0)
		return NULL;
	return json_pack("{s:O, s:O, s:b}", "tunnel_group", json_array_get(path, 1), "text",
	    json_array_get(path, 4), "enabled", enable == NULL || json_is_true(enable));
}

static void
print_alias(const json_t *row, const char *label)
{
	printf("Tunnel Group: %s   %s: %s %s\n",
	    json_string_value(json_object_get(row, "tunnel_group")), label,
	    json_string_value(json_object_get(row, "text")),
	    json_is_true(json_object_get(row, "enabled")) ? "enabled" : "disabled");
}

int
ctl_running_alias(const struct ctl_words_line *line)
{
	static char kind[] = "tunnel-group";
	Ipc__CtlRunning request = IPC__CTL_RUNNING__INIT;
	bool urls = strcmp(line->words[2], "group-url") == 0;
	const struct ctl_options *options = line->arg;
	struct running running = {.blocks = json_array()};
	json_t *rows = json_array();
	size_t i;
	json_t *block;

	request.kind = kind;
	if (line->len > 3)
		request.name = line->words[3];
	ask(options, &request, &running);
	json_array_foreach(running.blocks, i, block)
	{
		json_t *row = alias_row(block, line->words[2]);

		if (row == NULL)
			continue;
		if (!options->json)
			print_alias(row, urls ? "Group URL" : "Group Alias");
		ctl_ask_append(rows, row);
	}
	json_decref(running.blocks);
	if (options->json)
		ctl_ask_print(urls ? "group_urls" : "group_aliases", rows);
	else
		json_decref(rows);
	return 0;
}
