/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show-crypto-ca: certificates of the trustpoints, CRLs that are kept, and the trustpoints
 * themselves, asked from the running daemon and shown as the ASA would ("show crypto ca
 * certificates") or as JSON. See show-crypto-ca(8).
 */
#include <ctype.h>
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

#define LINE_MAX_LEN 2048

enum { EXIT_DAEMON = CTL_OPTIONS_DAEMON, EXIT_USAGE = CTL_OPTIONS_USAGE };

struct options {
	struct ctl_options common;
	Ipc__CaKind kind;
	const char *trustpoint; /* NULL: all */
};

static const struct {
	const char *word;
	Ipc__CaKind kind;
	const char *none; /* what is said when there is nothing */
} kinds[] = {
    {"certificates", IPC__CA_KIND__CA_CERTIFICATES, "INFO: there are no certificates"},
    {"crls", IPC__CA_KIND__CA_CRLS, "INFO: no CRL is kept"},
    {"trustpoints", IPC__CA_KIND__CA_TRUSTPOINTS, "INFO: there are no trustpoints"},
};

static NORETURN void
usage(int status)
{
	FILE *out = status == 0 ? stdout : stderr;

	fputs("usage: show-crypto-ca [-c DIR | -s SOCKET] [--json] certificates [TRUSTPOINT]\n"
	      "       show-crypto-ca [-c DIR | -s SOCKET] [--json] crls [[trustpoint] TRUSTPOINT]\n"
	      "       show-crypto-ca [-c DIR | -s SOCKET] [--json] trustpoints [TRUSTPOINT]\n"
	      "       show-crypto-ca -V\n"
	      "  -c DIR     directory of gateway.conf, which names the control socket\n"
	      "  -s SOCKET  the control socket itself\n",
	    out);
	exit(status);
}

/* "certificates", and whose. */
static void
parse_words(struct options *options, int argc, char **argv)
{
	for (size_t i = 0; argc > 0 && i < ARRAY_LEN(kinds); i++)
		if (strcmp(argv[0], kinds[i].word) == 0)
			options->kind = kinds[i].kind;
	if (options->kind == IPC__CA_KIND__CA_NONE)
		usage(EXIT_USAGE);
	argc--, argv++;
	/* As the ASA has it. A trustpoint of this name is still to be had. */
	if (argc == 2 && strcmp(argv[0], "trustpoint") == 0)
		argc--, argv++;
	if (argc > 1 || (argc == 1 && argv[0][0] == '\0'))
		usage(EXIT_USAGE);
	options->trustpoint = argc == 1 ? argv[0] : NULL;
}

static void
parse_options(struct options *options, int argc, char **argv)
{
	int at = ctl_options_parse(&options->common, "show-crypto-ca", true, argc, argv, usage);

	parse_words(options, argc - at, argv + at);
}

/* ---- the texts ---- */

/* Give every line of a text, printable, to fn. */
static void
each_line(const char *text, void (*fn)(const char *line, void *arg), void *arg)
{
	char raw[LINE_MAX_LEN], line[LINE_MAX_LEN];

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		size_t copy = len < sizeof(raw) ? len : sizeof(raw) - 1;

		memcpy(raw, text, copy);
		raw[copy] = '\0';
		str_printable(line, sizeof(line), raw);
		fn(line, arg);
		text += len + (text[len] == '\n');
	}
}

static void
print_line(const char *line, UNUSED void *arg)
{
	puts(line);
}

/*
 * A block as JSON: what stands beside a label is its value, lines further in below a label are its
 * list. Where the first line is a label, the next one is its value.
 */
struct block {
	json_t *object;
	json_t *list;     /* of the label at hand, not owned */
	char heading[64]; /* a first line that waits for its value; "": none */
	bool begun;
	size_t indent; /* of the labels; 0: not known yet */
};

static void
set(json_t *object, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(object, key, value) != 0)
		ctl_fail(EXIT_DAEMON, "out of memory");
}

/* "Certificate Serial Number" becomes certificate_serial_number. */
static void
make_key(char *dst, size_t dst_size, const char *label, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len && to + 1 < dst_size; i++) {
		if (isalnum((unsigned char)label[i]))
			dst[to++] = (char)tolower((unsigned char)label[i]);
		else if (to > 0 && dst[to - 1] != '_')
			dst[to++] = '_';
	}
	while (to > 0 && dst[to - 1] == '_')
		to--;
	dst[to] = '\0';
}

static void
take_heading(struct block *block, const char *line)
{
	static const char word[] = "Trustpoint ";
	size_t len = strlen(line);

	block->begun = true;
	if (strncmp(line, word, sizeof(word) - 1) == 0)
		set(block->object, "trustpoint",
		    json_stringn(line + sizeof(word) - 1, len - sizeof(word)));
	else if (len > 0 && line[len - 1] == ':')
		make_key(block->heading, sizeof(block->heading), line, len - 1);
	else
		set(block->object, "type", json_string(line));
}

/* "Label: value", "Label:" before a list, or "Something is so." */
static void
take_label(struct block *block, const char *text)
{
	const char *colon = strstr(text, ": ");
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	bool opens = colon == NULL && len > 0 && text[len - 1] == ':';
	char key[64];

	make_key(key, sizeof(key), text, len);
	block->list = opens ? json_array() : NULL;
	if (opens)
		set(block->object, key, block->list);
	else
		set(block->object, key, colon != NULL ? json_string(colon + 2) : json_true());
}

static void
take_line(const char *line, void *arg)
{
	struct block *block = arg;
	size_t indent = strspn(line, " ");

	if (!block->begun) {
		take_heading(block, line);
		return;
	}
	if (block->indent == 0)
		block->indent = indent;
	if (block->heading[0] != '\0') {
		set(block->object, block->heading, json_string(line + indent));
		block->heading[0] = '\0';
	} else if (indent <= block->indent) {
		take_label(block, line + indent);
	} else if (block->list != NULL &&
		   json_array_append_new(block->list, json_string(line + indent)) != 0) {
		ctl_fail(EXIT_DAEMON, "out of memory");
	}
}

static void
json_entry(json_t *entries, const char *text)
{
	struct block block = {.object = json_object()};

	if (block.object == NULL || json_array_append_new(entries, block.object) != 0)
		ctl_fail(EXIT_DAEMON, "out of memory");
	each_line(text, take_line, &block);
}

/* ---- asking ---- */

struct output {
	json_t *entries; /* NULL: text */
	size_t len;
};

static void
take_entry(struct output *output, const char *text)
{
	if (output->entries != NULL) {
		json_entry(output->entries, text);
	} else {
		if (output->len > 0)
			putchar('\n');
		each_line(text, print_line, NULL);
	}
	output->len++;
}

static void
on_entry(const ProtobufCMessage *msg, void *arg)
{
	take_entry(arg, ((const Ipc__CtlCaEntry *)msg)->text);
}

static void
ask(const struct options *options, struct output *output)
{
	Ipc__CtlCa request = IPC__CTL_CA__INIT;
	const struct ctl_question question = {
	    .type = IPC__MSG_TYPE__MSG_CTL_CA,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_CA_ENTRY,
	};

	request.kind = options->kind;
	if (options->trustpoint != NULL)
		request.trustpoint = (char *)options->trustpoint;
	ctl_ask(options->common.socket, &question, on_entry, output, NULL, NULL);
}

static void
finish(const struct options *options, const struct output *output)
{
	const char *word = "", *none = "";

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].kind == options->kind) {
			word = kinds[i].word;
			none = kinds[i].none;
		}
	if (output->entries != NULL)
		ctl_ask_print(word, output->entries);
	else if (output->len == 0)
		puts(none);
}

int
show_crypto_ca(int argc, char **argv)
{
	struct options options = {0};
	struct output output = {0};
	char *path = NULL;

	parse_options(&options, argc, argv);
	path = ctl_options_socket(&options.common, "show-crypto-ca");
	if (options.common.json) {
		output.entries = json_array();
		if (output.entries == NULL)
			ctl_fail(EXIT_DAEMON, "out of memory");
	}
	ask(&options, &output);
	finish(&options, &output);
	free(path);
	if (fflush(stdout) != 0 || ferror(stdout))
		ctl_fail(EXIT_DAEMON, "cannot write: %s", strerror(errno));
	return 0;
}
