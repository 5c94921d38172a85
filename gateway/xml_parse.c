/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config-auth through libxml2's SAX events. Where an element's text goes is a table of (parent,
 * name); everything that the table does not know is passed over. No tree is built, and libxml2
 * wipes its memory, so that passwords stay only in the caller's buffer and in the request.
 */
#include "gateway/xml_parse.h"

#include <libxml/parser.h>
#include <libxml/xmlmemory.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/str.h"

/* Places in the document. */
enum place {
	PLACE_NONE, /* an element that we pass over, with all below it */
	PLACE_DOCUMENT,
	PLACE_ROOT,
	PLACE_VERSION,
	PLACE_DEVICE_ID,
	PLACE_MAC_LIST,
	PLACE_CAPABILITIES,
	PLACE_OPAQUE,
	PLACE_AUTH,
	PLACE_CHAIN,  /* client-cert-chain in auth */
	PLACE_FIELD,  /* any other child of auth */
	PLACE_BASE64, /* a leaf with nothing but base64 */
	PLACE_TEXT    /* a leaf with text */
};

#define FIELD(member)                                                                              \
	offsetof(struct xml_request, member), sizeof(((struct xml_request *)0)->member)

/* One element: where it may stand, and where its text goes (size 0: nowhere). */
struct element {
	enum place parent;
	const char *name;
	enum place place;
	size_t offset;
	size_t size;
};

static const struct element elements[] = {
    {PLACE_DOCUMENT, "config-auth", PLACE_ROOT, 0, 0},
    {PLACE_ROOT, "version", PLACE_VERSION, FIELD(version)},
    {PLACE_ROOT, "device-id", PLACE_DEVICE_ID, FIELD(device_os)},
    {PLACE_ROOT, "mac-address-list", PLACE_MAC_LIST, 0, 0},
    {PLACE_ROOT, "capabilities", PLACE_CAPABILITIES, 0, 0},
    {PLACE_ROOT, "group-access", PLACE_TEXT, FIELD(group_access)},
    {PLACE_ROOT, "group-select", PLACE_TEXT, FIELD(group_select)},
    {PLACE_ROOT, "session-token", PLACE_TEXT, FIELD(session_token)},
    {PLACE_ROOT, "session-id", PLACE_TEXT, FIELD(session_id)},
    {PLACE_ROOT, "opaque", PLACE_OPAQUE, 0, 0},
    {PLACE_ROOT, "auth", PLACE_AUTH, 0, 0},
    {PLACE_OPAQUE, "tunnel-group", PLACE_TEXT, FIELD(tunnel_group)},
    {PLACE_OPAQUE, "aggauth-handle", PLACE_TEXT, FIELD(handle)},
    {PLACE_OPAQUE, "group-alias", PLACE_TEXT, FIELD(group_alias)},
    {PLACE_OPAQUE, "config-hash", PLACE_TEXT, FIELD(config_hash)},
};

/* Lists: each element adds an entry; what is beyond the list's end is passed over. */
static const struct {
	enum place parent;
	const char *name;
	size_t offset;
	size_t count_offset;
} lists[] = {
    {PLACE_MAC_LIST, "mac-address", offsetof(struct xml_request, mac_address),
	offsetof(struct xml_request, mac_address_len)},
    {PLACE_CAPABILITIES, "auth-method", offsetof(struct xml_request, capability),
	offsetof(struct xml_request, capability_len)},
};

static const struct {
	const char *name;
	size_t offset;
	size_t size;
} device_attributes[] = {
    {"computer-name", FIELD(computer_name)},
    {"device-type", FIELD(device_type)},
    {"platform-version", FIELD(platform_version)},
    {"unique-id", FIELD(unique_id)},
    {"unique-id-global", FIELD(unique_id_global)},
};

#define CHAIN(member) offsetof(struct xml_chain, member), sizeof(((struct xml_chain *)0)->member)

/* The parts of a certificate chain, each there once at most: an attribute, and base64. */
static const struct {
	const char *name;
	const char *attribute; /* NULL: nothing but its presence counts */
	size_t offset, size;   /* where the attribute goes */
	size_t binary;         /* where the base64 goes: a struct buf */
} chain_parts[] = {
    {"client-cert-sent-via-protocol", NULL, 0, 0, 0},
    {"client-cert", "cert-format", CHAIN(format), offsetof(struct xml_chain, pkcs7)},
    {"client-cert-auth-signature", "hash-algorithm-chosen", CHAIN(hash),
	offsetof(struct xml_chain, signature)},
};

static const struct {
	const char *name;
	enum xml_type type;
} types[] = {
    {"init", XML_TYPE_INIT},
    {"auth-reply", XML_TYPE_AUTH_REPLY},
    {"logout", XML_TYPE_LOGOUT},
};

/* Where the text of an open element goes. */
struct frame {
	enum place place;
	struct buf *binary; /* PLACE_BASE64: what it is decoded to */
	char *text;         /* NULL: nowhere */
	size_t size;
	size_t len;
};

struct reader {
	xmlParserCtxtPtr ctxt;
	struct xml_request *request;
	struct frame stack[XML_DEPTH_MAX];
	size_t depth;
	uint64_t seen;        /* rows of `elements` that were met */
	unsigned chain_seen;  /* rows of `chain_parts`, in the chain that is open */
	struct base64 base64; /* of the leaf that is open */
	enum err err;
};

static void
stop(struct reader *reader, enum err err)
{
	if (reader->err == ERR_OK)
		reader->err = err;
	xmlStopParser(reader->ctxt);
}

/* ---- attributes ---- */

/* libxml2 gives five pointers per attribute: name, prefix, URI, value, end of value. */
struct attributes {
	const xmlChar **p;
	int len;
};

/* Value of an attribute copied to dst, which stays as it is when the attribute is absent. */
static enum err
attribute(const struct attributes *attributes, const char *name, char *dst, size_t dst_size)
{
	for (int i = 0; i < attributes->len; i++) {
		const xmlChar **a = attributes->p + 5 * (size_t)i;

		if (str_ieq((const char *)a[0], name))
			return str_copy_n(dst, dst_size, (const char *)a[3], (size_t)(a[4] - a[3]));
	}
	return ERR_OK;
}

static enum err
read_root(struct reader *reader, const struct attributes *attributes)
{
	char type[32] = "";
	char version[8] = "2";

	if (attribute(attributes, "type", type, sizeof type) != ERR_OK ||
	    attribute(attributes, "aggregate-auth-version", version, sizeof version) != ERR_OK ||
	    strcmp(version, "2") != 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_ieq(type, types[i].name))
			reader->request->type = types[i].type;
	return reader->request->type != XML_TYPE_NONE ? ERR_OK : ERR_SYNTAX;
}

static enum err
read_device(struct reader *reader, const struct attributes *attributes)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < ARRAY_LEN(device_attributes) && err == ERR_OK; i++)
		err = attribute(attributes, device_attributes[i].name,
		    (char *)reader->request + device_attributes[i].offset,
		    device_attributes[i].size);
	return err;
}

/* ---- elements ---- */

static enum err
open_row(
    struct reader *reader, size_t index, const struct attributes *attributes, struct frame *out)
{
	const struct element *element = &elements[index];
	uint64_t bit = UINT64_C(1) << index;
	char who[16] = "vpn";
	enum err err = ERR_OK;

	if (element->place == PLACE_VERSION) {
		/* There may be versions of other parts beside the client's own. */
		if (attribute(attributes, "who", who, sizeof who) != ERR_OK || !str_ieq(who, "vpn"))
			return ERR_OK;
	}
	if ((reader->seen & bit) != 0)
		return ERR_SYNTAX;
	reader->seen |= bit;
	if (element->place == PLACE_ROOT)
		err = read_root(reader, attributes);
	else if (element->place == PLACE_DEVICE_ID)
		err = read_device(reader, attributes);
	out->place = element->place;
	if (element->size > 0) {
		out->text = (char *)reader->request + element->offset;
		out->size = element->size;
	}
	return err;
}

/* The one that the client reaches us through. */
static enum err
read_mac(struct reader *reader, const struct attributes *attributes)
{
	char public[8] = "";
	enum err err = attribute(attributes, "public-interface", public, sizeof public);

	if (str_ieq(public, "true"))
		reader->request->mac_public = reader->request->mac_address_len;
	return err;
}

static enum err
open_list(struct reader *reader, enum place parent, const char *name,
    const struct attributes *attributes, struct frame *out)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		void *field = (char *)reader->request + lists[i].count_offset;
		size_t *count = field;

		if (lists[i].parent != parent || !str_ieq(name, lists[i].name))
			continue;
		if (*count == XML_LIST_MAX)
			return ERR_OK;
		out->place = PLACE_TEXT;
		out->size = sizeof reader->request->mac_address[0];
		out->text = (char *)reader->request + lists[i].offset + *count * out->size;
		(*count)++;
		return parent == PLACE_MAC_LIST ? read_mac(reader, attributes) : ERR_OK;
	}
	return ERR_OK;
}

static enum err
open_field(struct reader *reader, const char *name, struct frame *out)
{
	struct xml_request *request = reader->request;
	struct xml_field *field;

	if (request->fields == NULL)
		request->fields = calloc(XML_FIELDS_MAX, sizeof *request->fields);
	if (request->fields == NULL)
		return ERR_NOMEM;
	if (request->fields_len == XML_FIELDS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < request->fields_len; i++)
		if (str_ieq(request->fields[i].name, name))
			return ERR_SYNTAX;
	field = &request->fields[request->fields_len];
	if (str_copy(field->name, sizeof field->name, name) != ERR_OK)
		return ERR_LIMIT;
	request->fields_len++;
	*out =
	    (struct frame){.place = PLACE_FIELD, .text = field->value, .size = sizeof field->value};
	return ERR_OK;
}

static enum err
open_chain(struct reader *reader, const struct attributes *attributes, struct frame *out)
{
	struct xml_request *request = reader->request;
	size_t left = XML_PKCS7_MAX;
	struct xml_chain *chain;

	if (request->chains_len == XML_CHAINS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < request->chains_len; i++)
		left -= request->chains[i].pkcs7.len;
	chain = &request->chains[request->chains_len++];
	buf_init(&chain->pkcs7, left);
	buf_init(&chain->signature, XML_SIGNATURE_MAX);
	reader->chain_seen = 0;
	out->place = PLACE_CHAIN;
	return attribute(attributes, "cert-store", chain->store, sizeof chain->store);
}

static enum err
open_chain_part(
    struct reader *reader, const char *name, const struct attributes *attributes, struct frame *out)
{
	struct xml_chain *chain = &reader->request->chains[reader->request->chains_len - 1];
	size_t i = 0;
	void *binary;

	while (i < ARRAY_LEN(chain_parts) && !str_ieq(name, chain_parts[i].name))
		i++;
	if (i == ARRAY_LEN(chain_parts))
		return ERR_OK;
	if ((reader->chain_seen & 1U << i) != 0)
		return ERR_SYNTAX;
	reader->chain_seen |= 1U << i;
	if (chain_parts[i].attribute == NULL) {
		chain->via_protocol = true;
		return ERR_OK;
	}
	binary = (char *)chain + chain_parts[i].binary;
	reader->base64 = (struct base64){0};
	*out = (struct frame){.place = PLACE_BASE64, .binary = binary};
	return attribute(attributes, chain_parts[i].attribute,
	    (char *)chain + chain_parts[i].offset, chain_parts[i].size);
}

static enum err
open_element(
    struct reader *reader, const char *name, const struct attributes *attributes, struct frame *out)
{
	enum place parent =
	    reader->depth > 0 ? reader->stack[reader->depth - 1].place : PLACE_DOCUMENT;

	for (size_t i = 0; i < ARRAY_LEN(elements); i++)
		if (elements[i].parent == parent && str_ieq(name, elements[i].name))
			return open_row(reader, i, attributes, out);
	if (parent == PLACE_DOCUMENT || parent == PLACE_BASE64)
		return ERR_SYNTAX;
	if (parent == PLACE_CHAIN)
		return open_chain_part(reader, name, attributes, out);
	if (parent == PLACE_AUTH && str_ieq(name, "client-cert-chain"))
		return open_chain(reader, attributes, out);
	if (parent == PLACE_AUTH)
		return open_field(reader, name, out);
	if (parent == PLACE_ROOT && str_ieq(name, "client-cert-fail"))
		reader->request->client_cert_fail = true;
	return open_list(reader, parent, name, attributes, out);
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_ns,
    const xmlChar **ns, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct reader *reader = arg;
	struct attributes list = {attributes, n_attributes};
	struct frame frame = {0};
	enum err err;

	(void)prefix, (void)uri, (void)n_ns, (void)ns, (void)n_defaulted;
	if (reader->err != ERR_OK)
		return;
	if (reader->depth == XML_DEPTH_MAX) {
		stop(reader, ERR_LIMIT);
		return;
	}
	err = open_element(reader, (const char *)name, &list, &frame);
	reader->stack[reader->depth++] = frame;
	if (err != ERR_OK)
		stop(reader, err);
}

static void
trim(struct frame *frame)
{
	size_t skip = strspn(frame->text, " \t\r\n");

	while (frame->len > skip && strchr(" \t\r\n", frame->text[frame->len - 1]) != NULL)
		frame->len--;
	frame->text[frame->len] = '\0';
	memmove(frame->text, frame->text + skip, frame->len - skip + 1);
}

/* What a user typed stays as it is; everything else loses the blanks of pretty-printing. */
static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *reader = arg;
	struct frame *frame;

	(void)name, (void)prefix, (void)uri;
	if (reader->err != ERR_OK || reader->depth == 0)
		return;
	frame = &reader->stack[--reader->depth];
	if (frame->binary != NULL && base64_end(&reader->base64) != ERR_OK)
		stop(reader, ERR_SYNTAX);
	if (frame->text == NULL)
		return;
	if (frame->place == PLACE_FIELD)
		reader->request->fields[reader->request->fields_len - 1].value_len = frame->len;
	else
		trim(frame);
}

static void
on_base64(struct reader *reader, struct buf *out, const char *text, size_t len)
{
	enum err err = base64_feed(&reader->base64, text, len, out);

	if (err != ERR_OK)
		stop(reader, err);
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct reader *reader = arg;
	struct frame *frame;

	if (reader->err != ERR_OK || reader->depth == 0 || len <= 0)
		return;
	frame = &reader->stack[reader->depth - 1];
	if (frame->binary != NULL)
		on_base64(reader, frame->binary, (const char *)text, (size_t)len);
	if (frame->text == NULL)
		return;
	if ((size_t)len >= frame->size - frame->len) {
		stop(reader, ERR_LIMIT);
		return;
	}
	memcpy(frame->text + frame->len, text, (size_t)len);
	frame->len += (size_t)len;
	frame->text[frame->len] = '\0';
}

/* A document type is where entity attacks begin; no client sends one. */
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

static xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text,
    .cdataBlock = on_text,
    .ignorableWhitespace = on_text,
    .internalSubset = on_doctype,
    .serror = on_error,
};

/* ---- the library ---- */

/* libxml2 copies what it parses: have it wipe every piece of memory that it gives back. */
static void
memory_free(void *p)
{
	if (p != NULL)
		str_wipe(p, malloc_usable_size(p));
	free(p);
}

static void *
memory_realloc(void *old, size_t size)
{
	size_t keep = old != NULL ? malloc_usable_size(old) : 0;
	void *p = malloc(size);

	if (p == NULL)
		return NULL;
	if (keep > 0)
		memcpy(p, old, keep < size ? keep : size);
	memory_free(old);
	return p;
}

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void
library_init(void)
{
	(void)xmlMemSetup(memory_free, malloc, memory_realloc, strdup);
	xmlInitParser();
}

void
xml_parse_prepare(void)
{
	pthread_once(&library_once, library_init);
}

static enum err
parse_document(struct reader *reader, const char *data, size_t len)
{
	enum err err;

	reader->ctxt = xmlNewParserCtxt();
	if (reader->ctxt == NULL)
		return ERR_NOMEM;
	*reader->ctxt->sax = handler;
	reader->ctxt->userData = reader;
	(void)xmlCtxtReadMemory(
	    reader->ctxt, data, (int)len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	err = reader->err;
	if (err == ERR_OK && (!reader->ctxt->wellFormed || reader->request->type == XML_TYPE_NONE))
		err = ERR_SYNTAX;
	xmlFreeParserCtxt(reader->ctxt);
	return err;
}

/* A byte order mark and blanks in front do no harm; libxml2 shall not guess at encodings from other
 * bytes. */
static size_t
skip_front(const char *data, size_t len)
{
	size_t skip = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (skip < len && strchr(" \t\r\n", data[skip]) != NULL)
		skip++;
	return skip;
}

enum err
xml_parse(const char *data, size_t len, struct xml_request **out)
{
	struct reader reader = {0};
	size_t skip;
	enum err err;

	if (len > XML_SIZE_MAX)
		return ERR_LIMIT;
	if (len == 0 || memchr(data, '\0', len) != NULL)
		return ERR_SYNTAX;
	skip = skip_front(data, len);
	if (skip == len || data[skip] != '<')
		return ERR_SYNTAX;
	xml_parse_prepare();
	reader.request = calloc(1, sizeof *reader.request);
	if (reader.request == NULL)
		return ERR_NOMEM;
	err = parse_document(&reader, data + skip, len - skip);
	if (err != ERR_OK) {
		xml_request_free(reader.request);
		return err;
	}
	*out = reader.request;
	return ERR_OK;
}

void
xml_request_free(struct xml_request *request)
{
	if (request == NULL)
		return;
	if (request->fields != NULL)
		str_wipe(request->fields, XML_FIELDS_MAX * sizeof *request->fields);
	free(request->fields);
	for (size_t i = 0; i < request->chains_len; i++) {
		buf_fini(&request->chains[i].pkcs7);
		buf_fini(&request->chains[i].signature);
	}
	str_wipe(request, sizeof *request);
	free(request);
}
