/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: made from the kernel's random bytes, known again by their hash. */
#include "auth/token.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/rnd.h"
#include "common/str.h"

void
token_new(char text[TOKEN_TEXT_SIZE])
{
	uint8_t raw[TOKEN_BYTES];

	rnd_fill(raw, sizeof(raw));
	str_hex(text, raw, sizeof(raw));
	str_wipe(raw, sizeof(raw));
}

enum err
token_hash(const char *text, uint8_t out[TOKEN_HASH_SIZE])
{
	uint8_t raw[TOKEN_BYTES];
	uint8_t digest[EVP_MAX_MD_SIZE];
	enum err err = str_unhex(text, raw, sizeof(raw));

	if (err != ERR_OK)
		return ERR_SYNTAX;
	if (EVP_Digest(raw, sizeof(raw), digest, NULL, EVP_sha256(), NULL) != 1)
		err = ERR_CRYPTO;
	str_wipe(raw, sizeof(raw));
	if (err == ERR_OK)
		memcpy(out, digest, TOKEN_HASH_SIZE);
	return err;
}
