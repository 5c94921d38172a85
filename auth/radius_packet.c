/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals and opens RADIUS packets. MD5 as RFC 2865 uses it is broken (CVE-2024-3596): whoever sits
 * between can turn one answer into another unless a Message-Authenticator, an HMAC, covers it. Ours
 * comes first, so that what an attacker can choose of a request stands behind it.
 */
#include "auth/radius_packet.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <string.h>

#include "common/rnd.h"
#include "common/str.h"

#define ATTR_HEADER_SIZE 2
#define AUTHENTICATOR_AT 4
#define MAC_ATTR_SIZE (ATTR_HEADER_SIZE + MD5_DIGEST_SIZE)

static const uint8_t zeros[RADIUS_AUTHENTICATOR_SIZE];

/* ---- digests ---- */

/* MD5 over the packet with another authenticator in place of its own, and the secret behind. */
static void
digest_packet(const struct radius_packet *packet, const uint8_t *authenticator,
    const struct secret *secret, uint8_t out[MD5_DIGEST_SIZE])
{
	struct md5_ctx ctx;

	md5_init(&ctx);
	md5_update(&ctx, AUTHENTICATOR_AT, packet->data);
	md5_update(&ctx, RADIUS_AUTHENTICATOR_SIZE, authenticator);
	md5_update(&ctx, packet->len - RADIUS_HEADER_SIZE, packet->data + RADIUS_HEADER_SIZE);
	md5_update(&ctx, secret_len(secret), secret_data(secret));
	md5_digest(&ctx, MD5_DIGEST_SIZE, out);
	str_wipe(&ctx, sizeof(ctx));
}

/* HMAC-MD5 over the same, with zeros in place of the MAC itself, whose value is at mac_at. */
static void
mac_packet(const struct radius_packet *packet, const uint8_t *authenticator, size_t mac_at,
    const struct secret *secret, uint8_t out[MD5_DIGEST_SIZE])
{
	struct hmac_md5_ctx ctx;
	size_t behind = mac_at + MD5_DIGEST_SIZE;

	hmac_md5_set_key(&ctx, secret_len(secret), secret_data(secret));
	hmac_md5_update(&ctx, AUTHENTICATOR_AT, packet->data);
	hmac_md5_update(&ctx, RADIUS_AUTHENTICATOR_SIZE, authenticator);
	hmac_md5_update(&ctx, mac_at - RADIUS_HEADER_SIZE, packet->data + RADIUS_HEADER_SIZE);
	hmac_md5_update(&ctx, MD5_DIGEST_SIZE, zeros);
	hmac_md5_update(&ctx, packet->len - behind, packet->data + behind);
	hmac_md5_digest(&ctx, MD5_DIGEST_SIZE, out);
	str_wipe(&ctx, sizeof(ctx));
}

/* User-Password (RFC 2865 5.2), in place; len is a multiple of 16. */
static void
hide(uint8_t *value, size_t len, const uint8_t *authenticator, const struct secret *secret)
{
	const uint8_t *before = authenticator;
	uint8_t pad[MD5_DIGEST_SIZE];
	struct md5_ctx ctx;

	for (size_t at = 0; at < len; at += sizeof(pad)) {
		md5_init(&ctx);
		md5_update(&ctx, secret_len(secret), secret_data(secret));
		md5_update(&ctx, RADIUS_AUTHENTICATOR_SIZE, before);
		md5_digest(&ctx, sizeof(pad), pad);
		for (size_t i = 0; i < sizeof(pad); i++)
			value[at + i] ^= pad[i];
		before = value + at;
	}
	str_wipe(pad, sizeof(pad));
	str_wipe(&ctx, sizeof(ctx));
}

/* ---- seal ---- */

/* Header with a zero authenticator, room for a Message-Authenticator if asked for, attributes. */
static enum err
lay_out(const struct radius_request *request, uint8_t id, bool mac, struct radius_packet *out)
{
	size_t len = RADIUS_HEADER_SIZE + (mac ? MAC_ATTR_SIZE : 0);

	if (request->attrs.err != ERR_OK)
		return request->attrs.err;
	if (request->attrs.len > sizeof(out->data) - len)
		return ERR_LIMIT;
	memset(out->data, 0, len);
	if (mac) {
		out->data[RADIUS_HEADER_SIZE] = RADIUS_MESSAGE_AUTHENTICATOR;
		out->data[RADIUS_HEADER_SIZE + 1] = MAC_ATTR_SIZE;
	}
	if (request->attrs.len > 0)
		memcpy(out->data + len, request->attrs.data, request->attrs.len);
	out->len = len + request->attrs.len;
	out->data[0] = (uint8_t)request->code;
	out->data[1] = id;
	out->data[2] = (uint8_t)(out->len >> 8);
	out->data[3] = (uint8_t)out->len;
	return ERR_OK;
}

static void
put_mac(struct radius_packet *out, const uint8_t *authenticator, const struct secret *secret)
{
	size_t at = RADIUS_HEADER_SIZE + ATTR_HEADER_SIZE;
	uint8_t mac[MD5_DIGEST_SIZE];

	mac_packet(out, authenticator, at, secret, mac);
	memcpy(out->data + at, mac, sizeof(mac));
}

static void
hide_passwords(struct radius_packet *out, const struct secret *secret)
{
	size_t step;

	for (size_t at = RADIUS_HEADER_SIZE; at < out->len; at += step) {
		step = out->data[at + 1];
		if (out->data[at] == RADIUS_USER_PASSWORD)
			hide(out->data + at + ATTR_HEADER_SIZE, step - ATTR_HEADER_SIZE,
			    out->data + AUTHENTICATOR_AT, secret);
	}
}

enum err
radius_seal(const struct radius_request *request, uint8_t id, const struct secret *secret,
    struct radius_packet *out)
{
	uint8_t *authenticator = out->data + AUTHENTICATOR_AT;
	bool access = request->code == RADIUS_ACCESS_REQUEST;
	enum err err = lay_out(request, id, access, out);
	uint8_t digest[MD5_DIGEST_SIZE];

	if (err != ERR_OK)
		return err;
	if (access) {
		rnd_fill(authenticator, RADIUS_AUTHENTICATOR_SIZE);
		hide_passwords(out, secret);
		put_mac(out, authenticator, secret);
	} else {
		digest_packet(out, zeros, secret, digest);
		memcpy(authenticator, digest, sizeof(digest));
	}
	return ERR_OK;
}

enum err
radius_seal_answer(const struct radius_request *answer, const struct radius_packet *request,
    const struct secret *secret, bool authenticator, struct radius_packet *out)
{
	const uint8_t *asked = request->data + AUTHENTICATOR_AT;
	enum err err = lay_out(answer, request->data[1], authenticator, out);
	uint8_t digest[MD5_DIGEST_SIZE];

	if (err != ERR_OK)
		return err;
	if (authenticator)
		put_mac(out, asked, secret);
	digest_packet(out, asked, secret, digest);
	memcpy(out->data + AUTHENTICATOR_AT, digest, sizeof(digest));
	return ERR_OK;
}

/* ---- open ---- */

/*
 * Copy and check the form. *mac_at: where the value of the Message-Authenticator is, 0 without
 * one. What UDP carried beyond the packet's own length is padding (RFC 2865 3).
 */
static enum err
read_form(const void *data, size_t len, struct radius_packet *out, size_t *mac_at)
{
	const uint8_t *p = data;
	size_t said, step;

	*mac_at = 0;
	if (len < RADIUS_HEADER_SIZE)
		return ERR_SYNTAX;
	said = (size_t)p[2] << 8 | p[3];
	if (said < RADIUS_HEADER_SIZE || said > len || said > sizeof(out->data))
		return ERR_SYNTAX;
	for (size_t at = RADIUS_HEADER_SIZE; at < said; at += step) {
		if (said - at < ATTR_HEADER_SIZE)
			return ERR_SYNTAX;
		step = p[at + 1];
		if (step < ATTR_HEADER_SIZE || step > said - at)
			return ERR_SYNTAX;
		if (p[at] != RADIUS_MESSAGE_AUTHENTICATOR)
			continue;
		if (step != MAC_ATTR_SIZE || *mac_at != 0)
			return ERR_SYNTAX;
		*mac_at = at + ATTR_HEADER_SIZE;
	}
	memcpy(out->data, p, said);
	out->len = said;
	return ERR_OK;
}

static bool
mac_is_right(const struct radius_packet *packet, const uint8_t *authenticator, size_t mac_at,
    const struct secret *secret)
{
	uint8_t mac[MD5_DIGEST_SIZE];

	mac_packet(packet, authenticator, mac_at, secret, mac);
	return str_eq_secret(mac, packet->data + mac_at, sizeof(mac));
}

static bool
digest_is_right(
    const struct radius_packet *packet, const uint8_t *authenticator, const struct secret *secret)
{
	uint8_t digest[MD5_DIGEST_SIZE];

	digest_packet(packet, authenticator, secret, digest);
	return str_eq_secret(digest, packet->data + AUTHENTICATOR_AT, sizeof(digest));
}

static bool
code_answers(uint8_t code, uint8_t request)
{
	switch (request) {
	case RADIUS_ACCESS_REQUEST:
		return code == RADIUS_ACCESS_ACCEPT || code == RADIUS_ACCESS_REJECT ||
		       code == RADIUS_ACCESS_CHALLENGE;
	case RADIUS_ACCOUNTING_REQUEST:
		return code == RADIUS_ACCOUNTING_RESPONSE;
	case RADIUS_DISCONNECT_REQUEST:
		return code == RADIUS_DISCONNECT_ACK || code == RADIUS_DISCONNECT_NAK;
	case RADIUS_COA_REQUEST:
		return code == RADIUS_COA_ACK || code == RADIUS_COA_NAK;
	default:
		return false;
	}
}

enum err
radius_open_answer(const void *data, size_t len, const struct radius_packet *request,
    const struct secret *secret, bool require, struct radius_packet *out)
{
	const uint8_t *asked = request->data + AUTHENTICATOR_AT;
	size_t mac_at;
	enum err err = read_form(data, len, out, &mac_at);
	bool access = request->data[0] == RADIUS_ACCESS_REQUEST;

	if (err != ERR_OK)
		return err;
	if (out->data[1] != request->data[1] || !code_answers(out->data[0], request->data[0]))
		return ERR_NOTFOUND;
	if (!digest_is_right(out, asked, secret))
		return ERR_CRYPTO;
	if (mac_at == 0)
		return access && require ? ERR_CRYPTO : ERR_OK;
	if (mac_is_right(out, asked, mac_at, secret))
		return ERR_OK;
	/* No RFC says what it covers in an Accounting-Response; some servers take zeros. */
	if (!access && mac_is_right(out, zeros, mac_at, secret))
		return ERR_OK;
	return ERR_CRYPTO;
}

enum err
radius_open_request(const void *data, size_t len, const struct secret *secret, bool require,
    struct radius_packet *out)
{
	size_t mac_at;
	enum err err = read_form(data, len, out, &mac_at);

	if (err != ERR_OK)
		return err;
	if (out->data[0] != RADIUS_ACCOUNTING_REQUEST &&
	    out->data[0] != RADIUS_DISCONNECT_REQUEST && out->data[0] != RADIUS_COA_REQUEST)
		return ERR_NOTFOUND;
	if (!digest_is_right(out, zeros, secret))
		return ERR_CRYPTO;
	if (mac_at == 0)
		return require ? ERR_CRYPTO : ERR_OK;
	return mac_is_right(out, zeros, mac_at, secret) ? ERR_OK : ERR_CRYPTO;
}

enum radius_code
radius_packet_code(const struct radius_packet *packet)
{
	return (enum radius_code)packet->data[0];
}
