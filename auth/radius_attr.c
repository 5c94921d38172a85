/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of RADIUS packets: put into a request, and walked through in an answer. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auth/radius_packet.h"
#include "common/str.h"

#define ATTR_HEADER_SIZE 2
#define VENDOR_ID_SIZE 4
#define PASSWORD_BLOCK 16

/* ---- put ---- */

void
radius_request_init(struct radius_request *request, enum radius_code code)
{
	request->code = code;
	buf_init(&request->attrs, RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE);
}

void
radius_request_fini(struct radius_request *request)
{
	buf_wipe(&request->attrs);
}

static void
refuse(struct radius_request *request)
{
	if (request->attrs.err == ERR_OK)
		request->attrs.err = ERR_LIMIT;
}

void
radius_put(struct radius_request *request, uint8_t type, const void *value, size_t len)
{
	/* A password that is not whole blocks could not be hidden. */
	bool ragged = type == RADIUS_USER_PASSWORD && len % PASSWORD_BLOCK != 0;

	if (len == 0 || len > RADIUS_VALUE_MAX || ragged) {
		refuse(request);
		return;
	}
	buf_put_u8(&request->attrs, type);
	buf_put_u8(&request->attrs, (uint8_t)(ATTR_HEADER_SIZE + len));
	buf_put(&request->attrs, value, len);
}

void
radius_put_str(struct radius_request *request, uint8_t type, const char *value)
{
	radius_put(request, type, value, strlen(value));
}

static void
to_bytes(uint32_t value, uint8_t bytes[4])
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

void
radius_put_u32(struct radius_request *request, uint8_t type, uint32_t value)
{
	uint8_t bytes[4];

	to_bytes(value, bytes);
	radius_put(request, type, bytes, sizeof(bytes));
}

void
radius_put_ip(struct radius_request *request, uint8_t type, const struct ip_addr *addr)
{
	radius_put(request, type, addr->bytes, ip_len(addr));
}

/* In clear, filled up to whole blocks: hidden, it is as long. */
void
radius_put_password(struct radius_request *request, const struct secret *password)
{
	uint8_t padded[RADIUS_PASSWORD_MAX] = {0};
	size_t len = secret_len(password);
	size_t blocks = len == 0 ? 1 : (len + PASSWORD_BLOCK - 1) / PASSWORD_BLOCK;

	if (len > sizeof(padded)) {
		refuse(request);
		return;
	}
	memcpy(padded, secret_data(password), len);
	radius_put(request, RADIUS_USER_PASSWORD, padded, blocks * PASSWORD_BLOCK);
	str_wipe(padded, sizeof(padded));
}

void
radius_put_vendor(
    struct radius_request *request, uint32_t vendor, uint8_t type, const void *value, size_t len)
{
	if (len == 0 || len > RADIUS_VENDOR_VALUE_MAX) {
		refuse(request);
		return;
	}
	buf_put_u8(&request->attrs, RADIUS_VENDOR_SPECIFIC);
	buf_put_u8(&request->attrs, (uint8_t)(2 * ATTR_HEADER_SIZE + VENDOR_ID_SIZE + len));
	buf_put_u32(&request->attrs, vendor);
	buf_put_u8(&request->attrs, type);
	buf_put_u8(&request->attrs, (uint8_t)(ATTR_HEADER_SIZE + len));
	buf_put(&request->attrs, value, len);
}

void
radius_put_vendor_u32(struct radius_request *request, uint32_t vendor, uint8_t type, uint32_t value)
{
	uint8_t bytes[4];

	to_bytes(value, bytes);
	radius_put_vendor(request, vendor, type, bytes, sizeof(bytes));
}

void
radius_put_avpair(struct radius_request *request, const char *fmt, ...)
{
	char text[RADIUS_VENDOR_VALUE_MAX + 1];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0'; /* refused below */
	va_end(args);
	radius_put_vendor(request, RADIUS_VENDOR_CISCO, 1, text, strlen(text));
}

/* ---- walk ---- */

/* Does the value of a Vendor-Specific hold whole attributes and nothing else? Vendor 0 is nobody:
 * its attributes would pass for those of the RFCs. */
static bool
is_vendor_list(const uint8_t *value, size_t len)
{
	static const uint8_t nobody[VENDOR_ID_SIZE];
	size_t at = VENDOR_ID_SIZE;

	if (len < VENDOR_ID_SIZE + ATTR_HEADER_SIZE || memcmp(value, nobody, sizeof(nobody)) == 0)
		return false;
	while (at < len) {
		if (len - at < ATTR_HEADER_SIZE || value[at + 1] < ATTR_HEADER_SIZE ||
		    value[at + 1] > len - at)
			return false;
		at += value[at + 1];
	}
	return true;
}

/* The attribute at walk->at, which has been found whole. */
static void
take(const struct radius_packet *packet, struct radius_walk *walk, struct radius_attr *out)
{
	const uint8_t *p = packet->data + walk->at;

	out->vendor = walk->vendor_end != 0 ? walk->vendor : 0;
	out->type = p[0];
	out->value = p + ATTR_HEADER_SIZE;
	out->len = (size_t)p[1] - ATTR_HEADER_SIZE;
}

bool
radius_next(const struct radius_packet *packet, struct radius_walk *walk, struct radius_attr *out)
{
	struct cur cur;

	if (walk->at == 0)
		walk->at = RADIUS_HEADER_SIZE;
	if (walk->at == walk->vendor_end)
		walk->vendor_end = 0;
	if (walk->at >= packet->len)
		return false;
	take(packet, walk, out);
	if (walk->vendor_end == 0 && out->type == RADIUS_VENDOR_SPECIFIC &&
	    is_vendor_list(out->value, out->len)) {
		cur_init(&cur, out->value, out->len);
		walk->vendor = cur_u32(&cur);
		walk->vendor_end = walk->at + ATTR_HEADER_SIZE + out->len;
		walk->at += ATTR_HEADER_SIZE + VENDOR_ID_SIZE;
		take(packet, walk, out);
	}
	walk->at += ATTR_HEADER_SIZE + out->len;
	return true;
}

bool
radius_find(
    const struct radius_packet *packet, uint32_t vendor, uint8_t type, struct radius_attr *out)
{
	struct radius_walk walk = {0};

	while (radius_next(packet, &walk, out))
		if (out->vendor == vendor && out->type == type)
			return true;
	return false;
}

enum err
radius_attr_u32(const struct radius_attr *attr, uint32_t *out)
{
	struct cur cur;

	cur_init(&cur, attr->value, attr->len);
	*out = cur_u32(&cur);
	return cur.err == ERR_OK && cur.left == 0 ? ERR_OK : ERR_SYNTAX;
}

void
radius_attr_text(const struct radius_attr *attr, char *out, size_t size)
{
	char text[RADIUS_VALUE_MAX + 1];

	/* A NUL within would hide what follows. */
	for (size_t i = 0; i < attr->len; i++)
		text[i] = attr->value[i] != '\0' ? (char)attr->value[i] : '?';
	text[attr->len] = '\0';
	str_printable(out, size, text);
}
