/* SPDX-License-Identifier: Apache-2.0 */
/* MS-CHAPv2. The names of the steps are those of RFC 2759 8. */
#include "auth/mschap.h"

#include <nettle/arcfour.h>
#include <nettle/des.h>
#include <nettle/md4.h>
#include <nettle/sha1.h>
#include <string.h>

#include "common/rnd.h"
#include "common/str.h"

#define HASH_SIZE 16
#define RESPONSE_SIZE 24
#define PASSWORD_UNITS 256 /* UTF-16, RFC 2759 8.1 */

/* Where what is in the values of MS-CHAP2-Response and MS-CHAP2-CPW (RFC 2548 2.3.2, 2.3.4). */
enum {
	RESPONSE_PEER = 2,
	RESPONSE_NT = 26,
	CPW_CODE = 7,
	CPW_HASH = 2,
	CPW_PEER = 18,
	CPW_NT = 42,
};

/* A password in UTF-16, little endian. A secret: wipe. */
struct utf16 {
	uint8_t bytes[PASSWORD_UNITS * 2];
	size_t len; /* bytes */
};

static bool
unit_put(struct utf16 *out, uint32_t unit)
{
	if (out->len == sizeof(out->bytes))
		return false;
	out->bytes[out->len++] = (uint8_t)unit;
	out->bytes[out->len++] = (uint8_t)(unit >> 8);
	return true;
}

static enum err
utf16_from(const struct secret *password, struct utf16 *out)
{
	const char *p = secret_cstr(password);
	const char *end = p + secret_len(password);

	out->len = 0;
	while (p < end) {
		uint32_t code;
		size_t len = str_utf8(p, &code);
		bool fits;

		if (len == 0 || code == 0)
			return ERR_SYNTAX;
		if (code >= 0x10000)
			fits = unit_put(out, 0xd800 + ((code - 0x10000) >> 10)) &&
			       unit_put(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
		else
			fits = unit_put(out, code);
		if (!fits)
			return ERR_SYNTAX;
		p += len;
	}
	return ERR_OK;
}

static void
md4(const void *data, size_t len, uint8_t out[HASH_SIZE])
{
	struct md4_ctx ctx;

	md4_init(&ctx);
	md4_update(&ctx, len, data);
	md4_digest(&ctx, HASH_SIZE, out);
	str_wipe(&ctx, sizeof(ctx));
}

/* NtPasswordHash */
static enum err
password_hash(const struct secret *password, uint8_t out[HASH_SIZE])
{
	struct utf16 text;
	enum err err = utf16_from(password, &text);

	if (err == ERR_OK)
		md4(text.bytes, text.len, out);
	str_wipe(&text, sizeof(text));
	return err;
}

/* DesEncrypt: seven bytes are a key of eight, its parity bits are of no account. */
static void
des_block(const uint8_t key7[7], const uint8_t in[DES_BLOCK_SIZE], uint8_t out[DES_BLOCK_SIZE])
{
	uint8_t key[DES_KEY_SIZE], fixed[DES_KEY_SIZE];
	struct des_ctx ctx;

	key[0] = key7[0];
	for (unsigned i = 1; i < 7; i++)
		key[i] = (uint8_t)(key7[i - 1] << (8 - i) | key7[i] >> i);
	key[7] = (uint8_t)(key7[6] << 1);
	des_fix_parity(sizeof(fixed), fixed, key);
	/* It answers whether the key is a weak one, and takes it all the same. */
	(void)des_set_key(&ctx, fixed);
	des_encrypt(&ctx, DES_BLOCK_SIZE, out, in);
	str_wipe(key, sizeof(key));
	str_wipe(fixed, sizeof(fixed));
	str_wipe(&ctx, sizeof(ctx));
}

/* ChallengeHash. The user's domain does not count. */
static void
challenge_hash(const char *username, const uint8_t *challenge, const uint8_t *peer, uint8_t out[8])
{
	const char *name = strrchr(username, '\\');
	struct sha1_ctx ctx;

	name = name != NULL ? name + 1 : username;
	sha1_init(&ctx);
	sha1_update(&ctx, MSCHAP_CHALLENGE_SIZE, peer);
	sha1_update(&ctx, MSCHAP_CHALLENGE_SIZE, challenge);
	sha1_update(&ctx, strlen(name), (const uint8_t *)name);
	sha1_digest(&ctx, 8, out);
}

/* GenerateNTResponse */
static enum err
nt_response(const char *username, const struct secret *password, const uint8_t *challenge,
    const uint8_t *peer, uint8_t out[RESPONSE_SIZE])
{
	uint8_t key[21] = {0}; /* the hash, and zeros */
	uint8_t hash[8];
	enum err err = password_hash(password, key);

	if (err == ERR_OK) {
		challenge_hash(username, challenge, peer, hash);
		for (size_t i = 0; i < 3; i++)
			des_block(key + 7 * i, hash, out + 8 * i);
	}
	str_wipe(key, sizeof(key));
	return err;
}

enum err
mschap_response(const char *username, const struct secret *password, uint8_t id,
    const uint8_t challenge[MSCHAP_CHALLENGE_SIZE], const uint8_t peer[MSCHAP_CHALLENGE_SIZE],
    uint8_t out[MSCHAP_RESPONSE_SIZE])
{
	memset(out, 0, MSCHAP_RESPONSE_SIZE);
	out[0] = id;
	memcpy(out + RESPONSE_PEER, peer, MSCHAP_CHALLENGE_SIZE);
	return nt_response(username, password, challenge, peer, out + RESPONSE_NT);
}

/* ---- another password ---- */

/* NewPasswordEncryptedWithOldNtPasswordHash: the password at the end of 512 random bytes, its
 * length behind them. */
static enum err
encrypt_password(const struct secret *new, const uint8_t old_hash[HASH_SIZE],
    uint8_t out[MSCHAP_NEW_PASSWORD_SIZE])
{
	uint8_t clear[MSCHAP_NEW_PASSWORD_SIZE];
	const size_t room = sizeof(((struct utf16 *)0)->bytes);
	struct arcfour_ctx ctx;
	struct utf16 text;
	enum err err = utf16_from(new, &text);

	if (err == ERR_OK) {
		rnd_fill(clear, room);
		memcpy(clear + room - text.len, text.bytes, text.len);
		memset(clear + room, 0, 4);
		clear[room] = (uint8_t)text.len; /* little endian */
		clear[room + 1] = (uint8_t)(text.len >> 8);
		arcfour_set_key(&ctx, HASH_SIZE, old_hash);
		arcfour_crypt(&ctx, sizeof(clear), out, clear);
		str_wipe(&ctx, sizeof(ctx));
	}
	str_wipe(clear, sizeof(clear));
	str_wipe(&text, sizeof(text));
	return err;
}

enum err
mschap_change(const char *username, const struct secret *old, const struct secret *new, uint8_t id,
    const uint8_t challenge[MSCHAP_CHALLENGE_SIZE], const uint8_t peer[MSCHAP_CHALLENGE_SIZE],
    uint8_t cpw[MSCHAP_CPW_SIZE], uint8_t encrypted[MSCHAP_NEW_PASSWORD_SIZE])
{
	uint8_t old_hash[HASH_SIZE], new_hash[HASH_SIZE];
	enum err err = password_hash(old, old_hash);

	memset(cpw, 0, MSCHAP_CPW_SIZE);
	cpw[0] = CPW_CODE;
	cpw[1] = id;
	memcpy(cpw + CPW_PEER, peer, MSCHAP_CHALLENGE_SIZE);
	if (err == ERR_OK)
		err = password_hash(new, new_hash);
	if (err == ERR_OK)
		err = encrypt_password(new, old_hash, encrypted);
	if (err == ERR_OK)
		err = nt_response(username, new, challenge, peer, cpw + CPW_NT);
	if (err == ERR_OK) {
		/* OldNtPasswordHashEncryptedWithNewNtPasswordHash */
		des_block(new_hash, old_hash, cpw + CPW_HASH);
		des_block(new_hash + 7, old_hash + 8, cpw + CPW_HASH + 8);
	}
	str_wipe(old_hash, sizeof(old_hash));
	str_wipe(new_hash, sizeof(new_hash));
	return err;
}

/* ---- the answer ---- */

/* GenerateAuthenticatorResponse */
static enum err
authenticator_response(const char *username, const struct secret *password,
    const uint8_t *challenge, const uint8_t *response, uint8_t out[SHA1_DIGEST_SIZE])
{
	static const char magic1[] = "Magic server to client signing constant";
	static const char magic2[] = "Pad to make it do more than one iteration";
	uint8_t hash[HASH_SIZE], hash_hash[HASH_SIZE], mixed[8];
	struct sha1_ctx ctx;
	enum err err = password_hash(password, hash);

	if (err != ERR_OK)
		return err;
	md4(hash, sizeof(hash), hash_hash);
	sha1_init(&ctx);
	sha1_update(&ctx, sizeof(hash_hash), hash_hash);
	sha1_update(&ctx, RESPONSE_SIZE, response + RESPONSE_NT);
	sha1_update(&ctx, sizeof(magic1) - 1, (const uint8_t *)magic1);
	sha1_digest(&ctx, SHA1_DIGEST_SIZE, out);
	challenge_hash(username, challenge, response + RESPONSE_PEER, mixed);
	sha1_init(&ctx);
	sha1_update(&ctx, SHA1_DIGEST_SIZE, out);
	sha1_update(&ctx, sizeof(mixed), mixed);
	sha1_update(&ctx, sizeof(magic2) - 1, (const uint8_t *)magic2);
	sha1_digest(&ctx, SHA1_DIGEST_SIZE, out);
	str_wipe(hash, sizeof(hash));
	str_wipe(hash_hash, sizeof(hash_hash));
	str_wipe(&ctx, sizeof(ctx));
	return ERR_OK;
}

bool
mschap_success_ok(const char *username, const struct secret *password,
    const uint8_t response[MSCHAP_RESPONSE_SIZE], const uint8_t challenge[MSCHAP_CHALLENGE_SIZE],
    const char *success)
{
	uint8_t expected[SHA1_DIGEST_SIZE], got[SHA1_DIGEST_SIZE];
	char hex[2 * SHA1_DIGEST_SIZE + 1];

	if (strncmp(success, "S=", 2) != 0)
		return false;
	/* " M=message" may follow. */
	(void)str_copy(hex, sizeof(hex), success + 2);
	if (str_unhex(hex, got, sizeof(got)) != ERR_OK ||
	    authenticator_response(username, password, challenge, response, expected) != ERR_OK)
		return false;
	return str_eq_secret(expected, got, sizeof(got));
}

unsigned
mschap_error(const char *text)
{
	unsigned number = 0;

	while (strncmp(text, "E=", 2) != 0) {
		text = strchr(text, ' ');
		if (text == NULL)
			return 0;
		text += strspn(text, " ");
	}
	for (text += 2; *text >= '0' && *text <= '9' && number < 100000; text++)
		number = number * 10 + (unsigned)(*text - '0');
	return number;
}
