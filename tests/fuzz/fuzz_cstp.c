/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/cstp_parse.c: the same bytes in one piece and cut in two (where, says the first
 * byte) must give the same frames and the same end.
 */
/* For coverage.sh: gateway/cstp_parse.c */
#include <stdlib.h>
#include <string.h>

#include "gateway/cstp_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sum up what a reader says, so that two readings can be compared. */
struct digest {
	size_t frames;
	size_t bytes;
	uint32_t sum;
	enum err end;
};

static void
take(struct cstp_reader *reader, const uint8_t *data, size_t len, struct digest *digest)
{
	struct cstp_frame frame;
	struct cur cur;

	cur_init(&cur, data, len);
	while ((digest->end = cstp_read(reader, &cur, &frame)) == ERR_OK) {
		digest->frames++;
		digest->bytes += frame.len;
		digest->sum = digest->sum * 31 + frame.type;
		for (size_t i = 0; i < frame.len; i++)
			digest->sum = digest->sum * 31 + frame.payload[i];
		if (frame.len > CSTP_PAYLOAD_MAX)
			abort();
	}
	if (digest->end == ERR_AGAIN && cur.left > 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest whole = {0}, cut = {0};
	struct cstp_reader reader;
	size_t at;

	if (size < 1)
		return 0;
	at = data[0] < size - 1 ? data[0] : size - 1;
	data++, size--;
	cstp_reader_init(&reader);
	take(&reader, data, size, &whole);
	cstp_reader_fini(&reader);
	cstp_reader_init(&reader);
	take(&reader, data, at, &cut);
	if (cut.end == ERR_AGAIN)
		take(&reader, data + at, size - at, &cut);
	cstp_reader_fini(&reader);
	if (whole.end != cut.end || whole.frames != cut.frames || whole.bytes != cut.bytes ||
	    whole.sum != cut.sum)
		abort();
	return 0;
}
