/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be shown is a list, of elements and of attributes: an element that a later client or
 * form brings is hidden until somebody adds it here.
 */
#include "gateway/xml_trace.h"

#include <libxml/parser.h>
#include <stdbool.h>
#include <string.h>

#include "common/str.h"
#include "common/xml_text.h"
#include "gateway/xml_parse.h"

#define DEPTH_MAX 32
#define TEXT_MAX_LEN 1024 /* of one element; the rest is told by its length */
#define SHORT_LEN 6       /* what is left of a token */
#define SHORT_MIN 24      /* shorter ones could be guessed from that: nothing is left of them */
#define HIDDEN "*****"

enum how { HIDE, SHOW, SHORTEN, MEASURE };

static const struct {
	const char *name;
	enum how how;
} elements[] = {
    {"version", SHOW},
    {"device-id", SHOW},
    {"mac-address", SHOW},
    {"auth-method", SHOW},
    {"group-access", SHOW},
    {"group-select", SHOW},
    {"group_list", SHOW},
    {"tunnel-group", SHOW},
    {"group-alias", SHOW},
    {"config-hash", SHOW},
    {"username", SHOW},
    {"secondary_username", SHOW},
    {"hash-algorithm", SHOW},
    {"random", SHORTEN},
    {"aggauth-handle", SHORTEN},
    {"session-token", SHORTEN},
    {"session-id", SHOW},
    {"title", SHOW},
    {"message", SHOW},
    {"banner", SHOW},
    {"error", SHOW},
    {"option", SHOW},
    {"crypto-supported", SHOW},
    {"base-package-uri", SHOW},
    {"server-cert-hash", SHOW},
    {"client-cert", MEASURE},
    {"client-cert-auth-signature", MEASURE},
};

static const char *const attributes[] = {"client", "type", "aggregate-auth-version", "who",
    "computer-name", "device-type", "platform-version", "unique-id", "unique-id-global",
    "public-interface", "is-for", "id", "param1", "param2", "name", "label", "method", "action",
    "selected", "noaaa", "second-auth", "secondary_username", "secondary_username_editable",
    "cert-store", "cert-format", "hash-algorithm-chosen"};

/* An element that is open. */
struct level {
	enum how how;
	bool custom; /* anything below is configuration */
	bool parent; /* it has elements within */
};

struct writer {
	xmlParserCtxtPtr ctxt;
	struct buf *out;
	struct level stack[DEPTH_MAX];
	size_t depth;
	char text[TEXT_MAX_LEN + 1];
	size_t text_len; /* all of it, also what did not fit */
	enum err err;
};

static void
stop(struct writer *writer, enum err err)
{
	if (writer->err == ERR_OK)
		writer->err = err;
	xmlStopParser(writer->ctxt);
}

/* ---- what may be shown ---- */

static enum how
how_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(elements); i++)
		if (str_ieq(elements[i].name, name))
			return elements[i].how;
	return HIDE;
}

static bool
is_shown(const char *attribute)
{
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		if (str_ieq(attributes[i], attribute))
			return true;
	return false;
}

/* The value of a field that has text in it; of hidden ones and passwords it is nobody's business.
 */
static bool
is_value_shown(const char *element, const xmlChar **atts, int len)
{
	if (str_ieq(element, "option"))
		return true;
	for (int i = 0; i < len; i++) {
		const char *value = (const char *)atts[5 * i + 3];
		size_t value_len = (size_t)(atts[5 * i + 4] - atts[5 * i + 3]);

		if (str_ieq((const char *)atts[5 * i], "type"))
			return str_ieq(element, "input") && value_len == 4 &&
			       memcmp(value, "text", 4) == 0;
	}
	return false;
}

/* ---- writing ---- */

static void
put_indent(struct writer *writer, size_t depth)
{
	if (writer->out->len > 0)
		buf_puts(writer->out, "\n");
	for (size_t i = 0; i < depth; i++)
		buf_puts(writer->out, "  ");
}

/* What a client sends must not look like a line of the trace. */
static void
one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ')
			*text = ' ';
}

static void
put_attribute(struct buf *out, const char *name, const char *value, size_t len, bool shown)
{
	char text[TEXT_MAX_LEN + 1];

	if (len > TEXT_MAX_LEN)
		len = TEXT_MAX_LEN;
	memcpy(text, value, len);
	text[len] = '\0';
	one_line(text);
	xml_text_attribute(out, name, shown || len == 0 ? text : HIDDEN);
	str_wipe(text, len);
}

static void
put_text(struct writer *writer, enum how how)
{
	struct buf *out = writer->out;
	size_t kept = writer->text_len < TEXT_MAX_LEN ? writer->text_len : TEXT_MAX_LEN;

	writer->text[kept] = '\0';
	if (how == SHORTEN && writer->text_len < SHORT_MIN)
		how = HIDE;
	switch (how) {
	case SHOW:
		one_line(writer->text);
		xml_text_put(out, writer->text);
		if (writer->text_len > kept)
			buf_printf(out, "(%zu bytes more)", writer->text_len - kept);
		break;
	case SHORTEN:
		writer->text[SHORT_LEN] = '\0';
		xml_text_put(out, writer->text);
		buf_puts(out, "...");
		break;
	case MEASURE:
		buf_printf(out, "(%zu bytes of base64)", writer->text_len);
		break;
	case HIDE:
		buf_puts(out, HIDDEN);
		break;
	}
}

static bool
is_blank(const struct writer *writer)
{
	return strspn(writer->text, " \t\r\n") == writer->text_len;
}

/* Text that was gathered in front of a tag. Between elements nothing is expected but blanks. */
static void
flush_text(struct writer *writer, bool leaf)
{
	const struct level *level = &writer->stack[writer->depth - 1];

	if (!is_blank(writer)) {
		if (!leaf)
			put_indent(writer, writer->depth);
		put_text(writer, leaf ? level->how : HIDE);
	}
	str_wipe(writer->text, sizeof(writer->text));
	writer->text_len = 0;
}

/* ---- events ---- */

static void
on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns_len,
    const xmlChar **ns, int atts_len, int defaulted, const xmlChar **atts)
{
	struct writer *writer = arg;
	const char *element = (const char *)name;
	struct level *level;

	(void)prefix, (void)uri, (void)ns_len, (void)ns, (void)defaulted;
	if (writer->err != ERR_OK)
		return;
	if (writer->depth == DEPTH_MAX) {
		stop(writer, ERR_SYNTAX);
		return;
	}
	if (writer->depth > 0) {
		flush_text(writer, false);
		writer->stack[writer->depth - 1].parent = true;
	}
	level = &writer->stack[writer->depth];
	*level = (struct level){.how = how_of(element)};
	level->custom = str_ieq(element, "custom-attr") ||
			(writer->depth > 0 && writer->stack[writer->depth - 1].custom);
	if (level->custom)
		level->how = SHOW;
	put_indent(writer, writer->depth++);
	buf_printf(writer->out, "<%s", element);
	for (int i = 0; i < atts_len; i++) {
		const char *attribute = (const char *)atts[5 * i];
		bool shown = is_shown(attribute) || (str_ieq(attribute, "value") &&
							is_value_shown(element, atts, atts_len));

		put_attribute(writer->out, attribute, (const char *)atts[5 * i + 3],
		    (size_t)(atts[5 * i + 4] - atts[5 * i + 3]), shown);
	}
	buf_puts(writer->out, ">");
}

static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct writer *writer = arg;
	bool leaf;

	(void)prefix, (void)uri;
	if (writer->err != ERR_OK || writer->depth == 0)
		return;
	leaf = !writer->stack[writer->depth - 1].parent;
	flush_text(writer, leaf);
	writer->depth--;
	if (!leaf)
		put_indent(writer, writer->depth);
	buf_printf(writer->out, "</%s>", (const char *)name);
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct writer *writer = arg;
	size_t n = len > 0 ? (size_t)len : 0;
	size_t room = writer->text_len < TEXT_MAX_LEN ? TEXT_MAX_LEN - writer->text_len : 0;

	if (writer->err != ERR_OK || writer->depth == 0)
		return;
	memcpy(writer->text + (TEXT_MAX_LEN - room), text, n < room ? n : room);
	writer->text_len += n;
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	stop(arg, ERR_SYNTAX);
}

static void
on_error(void *arg, xmlErrorPtr error)
{
	(void)arg, (void)error; /* ctxt->wellFormed tells; libxml2 would print otherwise */
}

static const xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text,
    .cdataBlock = on_text,
    .ignorableWhitespace = on_text,
    .internalSubset = on_doctype,
    .serror = on_error,
};

/* As xml_parse() takes it: a byte order mark and blanks in front do no harm. */
static size_t
skip_front(const char *data, size_t len)
{
	size_t skip = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (skip < len && strchr(" \t\r\n", data[skip]) != NULL)
		skip++;
	return skip;
}

enum err
xml_trace(const char *data, size_t len, struct buf *out)
{
	struct writer writer = {.out = out};
	size_t skip;
	enum err err;

	skip = skip_front(data, len);
	if (skip == len || memchr(data, '\0', len) != NULL)
		return ERR_SYNTAX;
	xml_parse_prepare();
	writer.ctxt = xmlNewParserCtxt();
	if (writer.ctxt == NULL)
		return ERR_NOMEM;
	*writer.ctxt->sax = handler;
	writer.ctxt->userData = &writer;
	(void)xmlCtxtReadMemory(writer.ctxt, data + skip, (int)(len - skip), NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	err = writer.err;
	if (err == ERR_OK && !writer.ctxt->wellFormed)
		err = ERR_SYNTAX;
	xmlFreeParserCtxt(writer.ctxt);
	str_wipe(writer.text, sizeof(writer.text));
	return err;
}
