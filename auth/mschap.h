/* SPDX-License-Identifier: Apache-2.0 */
/* MS-CHAPv2 and the change of a password in it (RFC 2759, RFC 2548 2.1.4, 2.3). Pure. MD4, DES and
 * RC4 are nettle's: OpenSSL 3 has them in its legacy provider only. */
#ifndef AUTH_MSCHAP_H
#define AUTH_MSCHAP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/secret.h"

#define MSCHAP_CHALLENGE_SIZE 16
#define MSCHAP_RESPONSE_SIZE 50 /* value of MS-CHAP2-Response */
#define MSCHAP_CPW_SIZE 68      /* value of MS-CHAP2-CPW */
#define MSCHAP_NEW_PASSWORD_SIZE 516

/* MS-CHAP2-Response for a challenge of ours. ERR_SYNTAX: the password is not UTF-8, or too long. */
enum err mschap_response(const char *username, const struct secret *password, uint8_t id,
    const uint8_t challenge[MSCHAP_CHALLENGE_SIZE], const uint8_t peer[MSCHAP_CHALLENGE_SIZE],
    uint8_t out[MSCHAP_RESPONSE_SIZE]) MUST_USE;
/* MS-CHAP2-CPW and the encrypted new password that goes into MS-CHAP-NT-Enc-PWs. The response that
 * the server proves itself by is mschap_response() with the new password. ERR_SYNTAX as above. */
enum err mschap_change(const char *username, const struct secret *old, const struct secret *new,
    uint8_t id, const uint8_t challenge[MSCHAP_CHALLENGE_SIZE],
    const uint8_t peer[MSCHAP_CHALLENGE_SIZE], uint8_t cpw[MSCHAP_CPW_SIZE],
    uint8_t encrypted[MSCHAP_NEW_PASSWORD_SIZE]) MUST_USE;
/* Does MS-CHAP2-Success ("S=" and 40 hex digits; without the identifier before them) prove that the
 * server knows the password? Constant time. */
bool mschap_success_ok(const char *username, const struct secret *password,
    const uint8_t response[MSCHAP_RESPONSE_SIZE], const uint8_t challenge[MSCHAP_CHALLENGE_SIZE],
    const char *success);
/* The number of "E=nnn" in MS-CHAP-Error (without the identifier before it): 648 is an expired
 * password; 0: there is none. */
unsigned mschap_error(const char *text);

#endif
