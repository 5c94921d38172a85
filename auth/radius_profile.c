/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of servers as profiles: the walk through a packet, and what is asked of one by itself.
 * What attributes mean is in radius_profile_rows.c. */
#include "auth/radius_profile_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"

/* Some servers send the end of a C string with it. */
void
radius_profile_text(const struct radius_attr *attr, char out[RADIUS_PROFILE_TEXT_SIZE])
{
	struct radius_attr text = *attr;

	while (text.len > 0 && text.value[text.len - 1] == '\0')
		text.len--;
	radius_attr_text(&text, out, RADIUS_PROFILE_TEXT_SIZE);
}

void
radius_profile_lines(struct buf *raw, char *out, size_t size)
{
	const char *p;
	size_t used = 0;

	for (size_t i = 0; i < raw->len; i++)
		if (raw->data[i] == '\0')
			raw->data[i] = '?';
	for (p = buf_cstr(raw); *p != '\0';) {
		uint32_t code = 0;
		size_t len = str_utf8(p, &code);
		bool good = len > 0 && (!str_is_control(code) || code == '\n' || code == '\t');
		size_t put = good ? len : 1;

		if (used + put >= size)
			break;
		if (good)
			memcpy(out + used, p, len);
		else
			out[used] = '?';
		used += code == '\r' ? 0 : put;
		p += len > 0 ? len : 1;
	}
	out[used] = '\0';
}

static void
read_row(struct radius_profile_reading *reading, const struct radius_profile_row *row)
{
	struct radius_walk walk = {0};
	struct radius_attr attr;

	while (reading->err == ERR_OK && radius_next(reading->packet, &walk, &attr))
		if (attr.vendor == row->vendor && attr.type == row->type)
			row->read(reading, row, &attr);
}

enum err
radius_profile_read(const struct radius_packet *packet, Ipc__AaaProfile **out, struct buf *notes)
{
	struct radius_profile_reading reading = {.packet = packet, .notes = notes};

	*out = NULL;
	reading.profile = malloc(sizeof(*reading.profile));
	if (reading.profile == NULL)
		return ERR_NOMEM;
	ipc__aaa_profile__init(reading.profile);
	buf_init(&reading.banner, RADIUS_PACKET_MAX);
	for (const struct radius_profile_row *row = radius_profile_rows;
	     row->name != NULL && reading.err == ERR_OK; row++)
		read_row(&reading, row);
	if (reading.err == ERR_OK)
		reading.err = reading.banner.err;
	if (reading.err == ERR_OK)
		radius_profile_rows_end(&reading);
	buf_fini(&reading.banner);
	if (reading.err != ERR_OK)
		radius_profile_free(reading.profile);
	else
		*out = reading.profile;
	return reading.err;
}

void
radius_profile_free(Ipc__AaaProfile *profile)
{
	if (profile != NULL)
		ipc__aaa_profile__free_unpacked(profile, NULL);
}

Ipc__AaaProfile *
radius_profile_copy(const Ipc__AaaProfile *profile)
{
	size_t size = ipc__aaa_profile__get_packed_size(profile);
	uint8_t *packed = malloc(size > 0 ? size : 1);
	Ipc__AaaProfile *copy = NULL;

	if (packed == NULL)
		return NULL;
	ipc__aaa_profile__pack(profile, packed);
	copy = ipc__aaa_profile__unpack(NULL, size, packed);
	free(packed);
	return copy;
}

/* One that is full goes on in the next; else the next begins a line. */
void
radius_profile_message(const struct radius_packet *packet, char *out, size_t size)
{
	struct radius_walk walk = {0};
	struct radius_attr attr;
	bool full = true;
	struct buf all;

	buf_init(&all, 2 * RADIUS_PACKET_MAX);
	while (radius_next(packet, &walk, &attr)) {
		if (attr.vendor != 0 || attr.type != RADIUS_REPLY_MESSAGE)
			continue;
		if (!full)
			buf_put_u8(&all, '\n');
		buf_put(&all, attr.value, attr.len);
		full = attr.len == RADIUS_VALUE_MAX;
	}
	radius_profile_lines(&all, out, size);
	buf_fini(&all);
}

bool
radius_profile_avpair(const struct radius_packet *packet, const char *key, char *out, size_t size)
{
	struct radius_walk walk = {0};
	struct radius_attr attr;
	char text[RADIUS_PROFILE_TEXT_SIZE];
	size_t len = strlen(key);

	while (radius_next(packet, &walk, &attr)) {
		if (attr.vendor != RADIUS_VENDOR_CISCO || attr.type != 1)
			continue;
		radius_profile_text(&attr, text);
		if (str_istarts(text, key) && text[len] == '=') {
			str_printable(out, size, text + len + 1);
			return true;
		}
	}
	return false;
}
