/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz auth/radius_packet.c and the walk of auth/radius_attr.c: what is let through has only whole
 * attributes, and the walk sees every byte of them once. The first byte says what was asked.
 */
/* For coverage.sh:
 * auth/radius_packet.c:digest_packet,mac_packet,read_form,mac_is_right,digest_is_right,code_answers,radius_open
 * auth/radius_attr.c:is_vendor_list,take,radius_next,radius_find,radius_attr_ */
#include <nettle/md5.h>
#include <stdlib.h>
#include <string.h>

#include "auth/radius_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t asked_codes[] = {RADIUS_ACCESS_REQUEST, RADIUS_ACCOUNTING_REQUEST,
    RADIUS_DISCONNECT_REQUEST, RADIUS_COA_REQUEST};
static const char secret_text[] = "secret";

static void
check(const struct radius_packet *packet)
{
	struct radius_walk walk = {0};
	struct radius_attr attr, found;
	size_t end = RADIUS_HEADER_SIZE;
	char text[64];
	uint32_t number;

	if (packet->len < RADIUS_HEADER_SIZE || packet->len > RADIUS_PACKET_MAX)
		abort();
	while (radius_next(packet, &walk, &attr)) {
		/* In order, within the packet, nothing left out but headers of Vendor-Specifics. */
		size_t at = (size_t)(attr.value - packet->data);

		if (at != end + 2 && (attr.vendor == 0 || at != end + 8))
			abort();
		end = at + attr.len;
		if (end > packet->len || attr.len > RADIUS_VALUE_MAX)
			abort();
		radius_attr_text(&attr, text, sizeof(text));
		if (strlen(text) >= sizeof(text))
			abort();
		if ((radius_attr_u32(&attr, &number) == ERR_OK) != (attr.len == 4))
			abort();
		if (!radius_find(packet, attr.vendor, attr.type, &found))
			abort();
	}
	if (end != packet->len)
		abort();
}

/* The right authenticator, which no fuzzer finds. */
static void
sign(uint8_t *data, const uint8_t *authenticator)
{
	size_t len = (size_t)data[2] << 8 | data[3];
	struct md5_ctx ctx;

	md5_init(&ctx);
	md5_update(&ctx, 4, data);
	md5_update(&ctx, RADIUS_AUTHENTICATOR_SIZE, authenticator);
	md5_update(&ctx, len - RADIUS_HEADER_SIZE, data + RADIUS_HEADER_SIZE);
	md5_update(&ctx, strlen(secret_text), (const uint8_t *)secret_text);
	md5_digest(&ctx, RADIUS_AUTHENTICATOR_SIZE, data + 4);
}

static void
open_both(uint8_t *data, size_t size, uint8_t what, const struct secret *secret)
{
	static const uint8_t zeros[RADIUS_AUTHENTICATOR_SIZE];
	static struct radius_packet asked, out;
	size_t said = size >= RADIUS_HEADER_SIZE ? (size_t)data[2] << 8 | data[3] : 0;
	bool can_sign = said >= RADIUS_HEADER_SIZE && said <= size;

	asked.len = RADIUS_HEADER_SIZE;
	asked.data[0] = asked_codes[what % sizeof(asked_codes)];
	asked.data[1] = size > 1 ? data[1] : 0;
	memset(asked.data + 4, 'a', RADIUS_AUTHENTICATOR_SIZE);
	if (can_sign)
		sign(data, asked.data + 4);
	if (radius_open_answer(data, size, &asked, secret, (what & 0x80) != 0, &out) == ERR_OK)
		check(&out);
	if (can_sign)
		sign(data, zeros);
	if (radius_open_request(data, size, secret, (what & 0x80) != 0, &out) == ERR_OK)
		check(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret *secret = secret_new(secret_text, strlen(secret_text));
	uint8_t *copy = malloc(size + 1);

	if (secret != NULL && copy != NULL && size > 0) {
		memcpy(copy, data + 1, size - 1);
		open_both(copy, size - 1, data[0], secret);
	}
	free(copy);
	secret_free(secret);
	return 0;
}
