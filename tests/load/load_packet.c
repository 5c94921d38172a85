/* SPDX-License-Identifier: Apache-2.0 */
/* Inner packets: RFC 791, RFC 768. */
#include "tests/load/load_packet.h"

#include <arpa/inet.h>
#include <string.h>

#define IP_LEN 20
#define UDP_LEN 8

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t
sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += (i & 1) != 0 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t
load_packet_make(
    uint8_t *out, uint32_t from, uint16_t port, const struct sockaddr_in *to, size_t size)
{
	size_t udp_len = UDP_LEN + size, len = IP_LEN + udp_len;
	uint8_t *udp = out + IP_LEN;
	uint32_t sum;
	uint16_t udp_sum;

	memset(out, 0, len);
	out[0] = 0x45;
	put16(out + 2, (uint32_t)len);
	out[6] = 0x40; /* do not fragment */
	out[8] = 64;
	out[9] = IPPROTO_UDP;
	put16(out + 12, from >> 16);
	put16(out + 14, from);
	memcpy(out + 16, &to->sin_addr, 4);
	put16(out + 10, fold(sum16(out, IP_LEN, 0)));
	put16(udp, port);
	memcpy(udp + 2, &to->sin_port, 2);
	put16(udp + 4, (uint32_t)udp_len);
	for (size_t i = 0; i < size; i++)
		udp[UDP_LEN + i] = (uint8_t)i;
	sum = sum16(out + 12, 8, IPPROTO_UDP + (uint32_t)udp_len);
	udp_sum = fold(sum16(udp, udp_len, sum));
	put16(udp + 6, udp_sum == 0 ? 0xffff : udp_sum);
	return len;
}
