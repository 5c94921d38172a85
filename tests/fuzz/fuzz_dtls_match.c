/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz gateway/dtls_match.c: what it hands out must lie in the datagram. */
#include <stdlib.h>

#include "gateway/dtls_match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dtls_hello hello;

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
