/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what gateway makes of auth's answers, which hold words of RADIUS servers: the first byte
 * says whether the rest is an AuthAnswer or a SessionOpened. What leaves is well-formed XML, or a
 * head whose lines are whole, whatever the words are.
 */
/* For coverage.sh: gateway/xml_reply.c gateway/legacy_reply.c */
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "gateway/cstp_head.h"
#include "gateway/legacy_reply.h"
#include "gateway/xml_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect_xml(const struct buf *out)
{
	xmlDoc *doc = xmlReadMemory((const char *)out->data, (int)out->len, "answer", NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);

	if (doc == NULL)
		abort();
	xmlFreeDoc(doc);
}

static void
expect_result(const struct buf *out, enum err err)
{
	if (err == ERR_OK)
		expect_xml(out);
	else if (err != ERR_UNSUPPORTED && err != ERR_LIMIT)
		abort();
}

static void
use_answer(const uint8_t *data, size_t size)
{
	Ipc__AuthAnswer *answer = ipc__auth_answer__unpack(NULL, size, data);
	struct buf out;

	if (answer == NULL)
		return;
	buf_init(&out, XML_REPLY_MAX);
	expect_result(&out, xml_reply(answer, "0123456789ABCDEF0123456789ABCDEF01234567", &out));
	buf_reset(&out);
	expect_result(&out, legacy_reply(answer, &out));
	(void)legacy_reply_is_refusal(answer);
	buf_fini(&out);
	ipc__auth_answer__free_unpacked(answer, NULL);
}

/* Lines with a name, a colon and printable text; an empty one at the end, and only there. */
static void
expect_head(const struct buf *out)
{
	const char *line = (const char *)out->data, *stop = line + out->len;

	if (out->len < 4 || memcmp(stop - 4, "\r\n\r\n", 4) != 0)
		abort();
	while (line < stop) {
		const char *end = memchr(line, '\r', (size_t)(stop - line));

		if (end == NULL || end + 1 == stop || end[1] != '\n' ||
		    (end == line) != (end + 2 == stop))
			abort();
		for (const char *p = line; p < end; p++)
			if ((uint8_t)*p < ' ' || (uint8_t)*p == 0x7f)
				abort();
		line = end + 2;
	}
}

static void
use_opened(const uint8_t *data, size_t size)
{
	Ipc__SessionOpened *opened = ipc__session_opened__unpack(NULL, size, data);
	struct cstp_answer answer = {.mtu = 1300, .link_mtu = 1400, .can_rekey = true};
	struct buf out;

	if (opened == NULL)
		return;
	buf_init(&out, CSTP_ANSWER_MAX);
	if (opened->policy != NULL) {
		cstp_head_write(&out, opened, &answer);
		if (out.err == ERR_OK)
			expect_head(&out);
	}
	buf_reset(&out);
	cstp_head_reason(&out, opened->reason);
	buf_puts(&out, "\r\n");
	if (out.err == ERR_OK)
		expect_head(&out);
	buf_fini(&out);
	ipc__session_opened__free_unpacked(opened, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] % 2 == 0)
		use_answer(data + 1, size - 1);
	else if (size > 0)
		use_opened(data + 1, size - 1);
	return 0;
}
