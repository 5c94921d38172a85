/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz gateway/dtls_match.c and the heads of gateway/dtls_record.c: what they hand out must lie in
 * the datagram. */
/* For coverage.sh: gateway/dtls_match.c */
#include <stdlib.h>

#include "gateway/dtls_match.h"
#include "gateway/dtls_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dtls_hello hello;
	struct dtls_head head;

	for (size_t at = 0; dtls_head_read(data + at, size - at, &head) == ERR_OK;) {
		at += DTLS_RECORD_HEAD + head.len;
		if (at > size || head.seq >> 48 != 0)
			abort();
	}
	if (dtls_match_hello(data, size, &hello) != ERR_OK)
		return 0;
	if (hello.session_id_len > 32 || hello.cookie_len > 255)
		abort();
	if (hello.random < data || hello.random + DTLS_RANDOM_LEN > data + size)
		abort();
	if (hello.session_id < data ||
	    hello.session_id + hello.session_id_len + 1 + hello.cookie_len > data + size)
		abort();
	return 0;
}
