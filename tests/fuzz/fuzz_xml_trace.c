/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/xml_trace.c: whatever a client sends, a trace of it is well-formed again and
 * bounded, and what its <password> holds is in it no more often than what stands elsewhere
 * explains.
 */
/* For coverage.sh: gateway/xml_trace.c */
#include <stdlib.h>
#include <string.h>

#include "gateway/xml_parse.h"
#include "gateway/xml_trace.h"

#define OUT_MAX 32768
#define SECRET "~!secret!~"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same document with a password of ours in front of its root's end. */
static void
check_secret(const char *data, size_t size)
{
	static const char password[] = "<auth><password>" SECRET "</password></auth></config-auth>";
	const char *end = memmem(data, size, "</config-auth>", 14);
	struct buf with, out;

	if (end == NULL || memmem(data, size, "secret", 6) != NULL)
		return;
	buf_init(&with, size + sizeof(password));
	buf_init(&out, OUT_MAX);
	buf_put(&with, data, (size_t)(end - data));
	buf_puts(&with, password);
	if (xml_trace((const char *)with.data, with.len, &out) == ERR_OK && out.len > 0 &&
	    memmem(out.data, out.len, "secret", 6) != NULL &&
	    memmem(data, size, "custom-attr", 11) == NULL && memmem(data, size, "<!", 2) == NULL)
		abort();
	buf_fini(&with);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xml_request *request = NULL;
	struct buf out, again;

	/* Has libxml2 wipe its memory, as in the daemon. */
	if (xml_parse((const char *)data, size, &request) == ERR_OK)
		xml_request_free(request);
	buf_init(&out, OUT_MAX);
	buf_init(&again, 4 * OUT_MAX);
	if (xml_trace((const char *)data, size, &out) == ERR_OK && out.err == ERR_OK) {
		if (out.len > OUT_MAX)
			abort();
		/* Names with a colon lose it: they may be the same name twice then. */
		if (memchr(data, ':', size) == NULL &&
		    xml_trace((const char *)out.data, out.len, &again) != ERR_OK)
			abort();
	}
	buf_fini(&out);
	buf_fini(&again);
	check_secret((const char *)data, size);
	return 0;
}
