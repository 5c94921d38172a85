/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/cstp_parse.c: frames whole, several in a record, cut at every byte, and what is no frame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/cstp_parse.h"

/* A stream of frames: a packet, an empty keepalive, a request with a payload, a disconnect. */
static const uint8_t stream[] = "STF\x01\x00\x03\x00\x00"
				"abc"
				"STF\x01\x00\x00\x07\x00"
				"STF\x01\x00\x04\x03\x00"
				"ping"
				"STF\x01\x00\x06\x05\x00"
				"\xb0"
				"bye!!";
#define STREAM_LEN (sizeof(stream) - 1)

static const struct {
	uint8_t type;
	const char *payload;
	size_t len;
} frames[] = {
    {CSTP_DATA, "abc", 3},
    {CSTP_KEEPALIVE, "", 0},
    {CSTP_DPD_REQ, "ping", 4},
    {CSTP_DISCONNECT,
	"\xb0"
	"bye!!",
	6},
};

/* Read all frames that are there and compare them; returns how many were seen so far. */
static size_t
expect_frames(struct cstp_reader *reader, const uint8_t *data, size_t len, size_t seen)
{
	struct cstp_frame frame;
	struct cur cur;
	enum err err;

	cur_init(&cur, data, len);
	while ((err = cstp_read(reader, &cur, &frame)) == ERR_OK) {
		if (seen >= ARRAY_LEN(frames))
			fail_msg("more frames than %zu", ARRAY_LEN(frames));
		if (frame.type != frames[seen].type || frame.len != frames[seen].len)
			fail_msg("frame %zu: expected type %u length %zu, got %u, %zu", seen,
			    frames[seen].type, frames[seen].len, frame.type, frame.len);
		assert_memory_equal(frame.payload, frames[seen].payload, frame.len);
		seen++;
	}
	if (err != ERR_AGAIN)
		fail_msg("after frame %zu: expected \"%s\", got \"%s\"", seen, err_str(ERR_AGAIN),
		    err_str(err));
	assert_int_equal(cur.left, 0);
	return seen;
}

static void
test_one_record(UNUSED void **state)
{
	struct cstp_reader reader;

	cstp_reader_init(&reader);
	assert_int_equal(expect_frames(&reader, stream, STREAM_LEN, 0), ARRAY_LEN(frames));
	assert_null(reader.partial.data);
	cstp_reader_fini(&reader);
}

static void
test_cut_at_every_byte(UNUSED void **state)
{
	for (size_t cut = 0; cut <= STREAM_LEN; cut++) {
		struct cstp_reader reader;
		size_t seen;

		cstp_reader_init(&reader);
		seen = expect_frames(&reader, stream, cut, 0);
		seen = expect_frames(&reader, stream + cut, STREAM_LEN - cut, seen);
		if (seen != ARRAY_LEN(frames))
			fail_msg("cut at %zu: expected %zu frames, got %zu", cut, ARRAY_LEN(frames),
			    seen);
		/* Nothing is left over: the idle reader must hold no memory after the next call. */
		expect_frames(&reader, stream, 0, seen);
		assert_null(reader.partial.data);
		cstp_reader_fini(&reader);
	}
}

static void
test_byte_by_byte(UNUSED void **state)
{
	struct cstp_reader reader;
	size_t seen = 0;

	cstp_reader_init(&reader);
	for (size_t i = 0; i < STREAM_LEN; i++)
		seen = expect_frames(&reader, stream + i, 1, seen);
	assert_int_equal(seen, ARRAY_LEN(frames));
	cstp_reader_fini(&reader);
}

static void
test_line_ends_before_the_first(UNUSED void **state)
{
	struct cstp_reader reader;
	struct cstp_frame frame;
	struct cur cur;

	cstp_reader_init(&reader);
	assert_int_equal(expect_frames(&reader, (const uint8_t *)"\r", 1, 0), 0);
	assert_int_equal(expect_frames(&reader, (const uint8_t *)"\n", 1, 0), 0);
	assert_int_equal(expect_frames(&reader, stream, STREAM_LEN, 0), ARRAY_LEN(frames));
	/* Only before the first. */
	cur_init(&cur, "\r\n", 2);
	assert_int_equal(cstp_read(&reader, &cur, &frame), ERR_SYNTAX);
	cstp_reader_fini(&reader);
}

static void
test_refused(UNUSED void **state)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t len;
		enum err err;
	} rows[] = {
	    {"first byte", "X", 1, ERR_SYNTAX},
	    {"version 2", "STF\x02\x00\x00\x00\x00", 8, ERR_SYNTAX},
	    {"version 2, head cut", "STF\x02", 4, ERR_SYNTAX},
	    {"last byte not zero", "STF\x01\x00\x00\x00\x01", 8, ERR_SYNTAX},
	    {"HTTP again", "GET / HTTP/1.1\r\n", 16, ERR_SYNTAX},
	    {"longest that fits", "STF\x01\x3f\xf8\x00\x00", 8, ERR_AGAIN},
	    {"one byte longer", "STF\x01\x3f\xf9\x00\x00", 8, ERR_LIMIT},
	    {"longest there is", "STF\x01\xff\xff\x00\x00", 8, ERR_LIMIT},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cstp_reader reader;
		struct cstp_frame frame;
		struct cur cur;
		enum err err;

		cstp_reader_init(&reader);
		cur_init(&cur, rows[i].bytes, rows[i].len);
		err = cstp_read(&reader, &cur, &frame);
		if (err != rows[i].err)
			fail_msg("%s: expected \"%s\", got \"%s\"", rows[i].what,
			    err_str(rows[i].err), err_str(err));
		cstp_reader_fini(&reader);
	}
}

static void
test_head(UNUSED void **state)
{
	uint8_t head[CSTP_HEAD_LEN];

	cstp_head_put(head, CSTP_DPD_RESP, 0x1234);
	assert_memory_equal(head, "STF\x01\x12\x34\x04\x00", sizeof(head));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_record),
	    cmocka_unit_test(test_cut_at_every_byte),
	    cmocka_unit_test(test_byte_by_byte),
	    cmocka_unit_test(test_line_ends_before_the_first),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
