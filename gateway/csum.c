/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of one's complement do not care about byte order until the end (RFC 1071 2B), nor about the
 * width of the words: 32-bit halves are summed in 64-bit lanes, of which no carry gets lost.
 */
#include "gateway/csum.h"

#include <arpa/inet.h>
#include <string.h>

#define BLOCK 64

/* Four lanes; the compiler makes of it what the processor has. */
typedef uint64_t lanes __attribute__((vector_size(32)));

/* gcc 12's analyser takes the shift of a vector for that of something narrower. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-shift-count-overflow"
#endif

/* Sum of whole blocks. */
static inline __attribute__((always_inline)) uint64_t
sum_blocks(const uint8_t *data, size_t blocks)
{
	lanes low = {0}, high = {0}, one, two, sum;

	for (; blocks > 0; blocks--, data += BLOCK) {
		memcpy(&one, data, sizeof(one));
		memcpy(&two, data + sizeof(one), sizeof(two));
		low += (one & 0xffffffff) + (two & 0xffffffff);
		high += (one >> 32) + (two >> 32);
	}
	sum = low + high;
	return sum[0] + sum[1] + sum[2] + sum[3];
}

static uint64_t
sum_anywhere(const uint8_t *data, size_t blocks)
{
	return sum_blocks(data, blocks);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint64_t
sum_avx2(const uint8_t *data, size_t blocks)
{
	return sum_blocks(data, blocks);
}

static uint64_t
sum_long(const uint8_t *data, size_t blocks)
{
	return __builtin_cpu_supports("avx2") ? sum_avx2(data, blocks) : sum_anywhere(data, blocks);
}
#else
static uint64_t
sum_long(const uint8_t *data, size_t blocks)
{
	return sum_anywhere(data, blocks);
}
#endif

uint32_t
csum_add(uint32_t sum, const uint8_t *data, size_t len)
{
	uint64_t total = 0, wide;
	uint8_t bytes[2];
	uint32_t word;
	uint16_t half;

	if (len >= BLOCK)
		total = sum_long(data, len / BLOCK);
	data += len / BLOCK * BLOCK;
	len %= BLOCK;
	for (; len >= 8; data += 8, len -= 8) {
		memcpy(&wide, data, sizeof(wide));
		total += (wide & 0xffffffff) + (wide >> 32);
	}
	if (len >= 4) {
		memcpy(&word, data, sizeof(word));
		total += word;
		data += 4;
		len -= 4;
	}
	if (len >= 2) {
		memcpy(&half, data, sizeof(half));
		total += half;
		data += 2;
		len -= 2;
	}
	if (len > 0) {
		bytes[0] = *data;
		bytes[1] = 0;
		memcpy(&half, bytes, sizeof(half));
		total += half;
	}
	while (total >> 16 != 0)
		total = (total & 0xffff) + (total >> 16);
	return sum + ntohs((uint16_t)total);
}

uint16_t
csum_fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint32_t
csum_pseudo(const uint8_t *pkt, uint8_t protocol, size_t l4_len)
{
	uint32_t sum = (uint32_t)protocol + (uint32_t)(l4_len & 0xffff) + (uint32_t)(l4_len >> 16);

	return pkt[0] >> 4 == 4 ? csum_add(sum, pkt + 12, 8) : csum_add(sum, pkt + 8, 32);
}
