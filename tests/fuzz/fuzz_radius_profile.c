/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz auth/radius_profile.h: the bytes are the attributes of an answer, as far as they are whole.
 * What comes out must be bounded, printable, and the same after a copy.
 */
/* For coverage.sh: auth/radius_profile.c auth/radius_profile_rows.c */
#include <stdlib.h>
#include <string.h>

#include "auth/radius_profile.h"
#include "common/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_text(const char *text)
{
	char printable[1024];

	check(strlen(text) <= RADIUS_VALUE_MAX);
	str_printable(printable, sizeof(printable), text);
	check(strcmp(printable, text) == 0);
}

/* The banner and messages have lines. */
static void
check_lines(const char *text)
{
	uint32_t code = 1;

	while (code != 0) {
		size_t len = str_utf8(text, &code);

		check(len > 0);
		check(code == 0 || code == '\n' || code == '\t' || !str_is_control(code));
		text += len;
	}
}

static void
check_profile(const Ipc__AaaProfile *profile)
{
	check_text(profile->group_policy);
	check_text(profile->dacl);
	check_text(profile->user_name);
	for (size_t i = 0; i < profile->n_ace; i++)
		check_text(profile->ace[i]);
	for (size_t i = 0; i < profile->n_class_value; i++)
		check(profile->class_value[i].len <= RADIUS_VALUE_MAX);
	for (size_t i = 0; i < profile->n_attr; i++) {
		const Ipc__AaaAttr *attr = profile->attr[i];

		check(attr->n_value >= 1 && attr->n_value <= 64);
		for (size_t j = 0; j < i; j++)
			check(strcmp(profile->attr[j]->name, attr->name) != 0);
		for (size_t j = 0; j < attr->n_value; j++) {
			if (strcmp(attr->name, "banner") == 0)
				check_lines(attr->value[j]);
			else
				check_text(attr->value[j]);
		}
	}
}

static void
check_copy(const Ipc__AaaProfile *profile)
{
	Ipc__AaaProfile *copy = radius_profile_copy(profile);
	size_t size = ipc__aaa_profile__get_packed_size(profile);
	uint8_t *one = malloc(size + 1), *two = malloc(size + 1);

	check(copy != NULL && one != NULL && two != NULL);
	check(ipc__aaa_profile__get_packed_size(copy) == size);
	ipc__aaa_profile__pack(profile, one);
	ipc__aaa_profile__pack(copy, two);
	check(memcmp(one, two, size) == 0);
	radius_profile_free(copy);
	free(one);
	free(two);
}

/* What radius_open_answer() would let through. */
static void
make(struct radius_packet *packet, const uint8_t *data, size_t size)
{
	size_t at = 0;

	memset(packet->data, 0, RADIUS_HEADER_SIZE);
	if (size > RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE)
		size = RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE;
	while (size - at >= 2 && data[at + 1] >= 2 && data[at + 1] <= size - at)
		at += data[at + 1];
	if (at > 0)
		memcpy(packet->data + RADIUS_HEADER_SIZE, data, at);
	packet->len = RADIUS_HEADER_SIZE + at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct radius_packet packet;
	Ipc__AaaProfile *profile;
	char text[512];
	struct buf notes;

	make(&packet, data, size);
	buf_init(&notes, 4096);
	check(radius_profile_read(&packet, &profile, &notes) == ERR_OK);
	check_profile(profile);
	check_copy(profile);
	radius_profile_free(profile);
	if (notes.err == ERR_OK)
		check_lines(buf_cstr(&notes));
	buf_fini(&notes);
	radius_profile_message(&packet, text, sizeof(text));
	check_lines(text);
	if (radius_profile_avpair(&packet, "audit-session-id", text, sizeof(text)))
		check_text(text);
	return 0;
}
