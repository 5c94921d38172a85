/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses, endpoints, prefixes. IPv4-mapped IPv6 addresses are turned into IPv4 wherever they
 * come in, so that one client has one address whatever the socket was.
 */
#include "common/ip.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"

typedef unsigned __int128 u128;

static const uint8_t mapped_head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum err
ip_from_bytes(const void *data, size_t len, struct ip_addr *out)
{
	struct ip_addr addr = {0};

	if (len != 4 && len != 16)
		return ERR_SYNTAX;
	addr.family = len == 4 ? 4 : 6;
	memcpy(addr.bytes, data, len);
	if (len == 16 && memcmp(addr.bytes, mapped_head, sizeof(mapped_head)) == 0) {
		addr = (struct ip_addr){.family = 4};
		memcpy(addr.bytes, (const uint8_t *)data + sizeof(mapped_head), 4);
	}
	*out = addr;
	return ERR_OK;
}

enum err
ip_parse(const char *s, struct ip_addr *out)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, s, bytes) == 1)
		return ip_from_bytes(bytes, 4, out);
	if (inet_pton(AF_INET6, s, bytes) == 1)
		return ip_from_bytes(bytes, 16, out);
	return ERR_SYNTAX;
}

size_t
ip_len(const struct ip_addr *addr)
{
	return addr->family == 4 ? 4 : addr->family == 6 ? 16 : 0;
}

/* The address as a number. */
static u128
to_number(const struct ip_addr *addr)
{
	size_t len = ip_len(addr);
	u128 v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | addr->bytes[i];
	return v;
}

static struct ip_addr
from_number(uint8_t family, u128 v)
{
	struct ip_addr addr = {.family = family};

	for (size_t i = ip_len(&addr); i > 0; i--, v >>= 8)
		addr.bytes[i - 1] = (uint8_t)v;
	return addr;
}

/* The bits behind a prefix length, all ones. */
static u128
host_bits(uint8_t family, uint8_t len)
{
	unsigned width = family == 4 ? 32 : 128;
	u128 all = family == 4 ? (u128)UINT32_MAX : ~(u128)0;

	return len >= width ? 0 : all >> len;
}

enum err
ip_mask_len(const struct ip_addr *mask, uint8_t *out)
{
	uint32_t inverse;

	if (mask->family != 4)
		return ERR_RANGE;
	inverse = ~(uint32_t)to_number(mask);
	if ((inverse & (inverse + 1)) != 0)
		return ERR_RANGE;
	*out = (uint8_t)(32 - __builtin_popcount(inverse));
	return ERR_OK;
}

/* "24" or "255.255.255.0" behind the address of a prefix. */
static enum err
parse_prefix_len(const char *s, uint8_t family, uint8_t *out)
{
	struct ip_addr mask;
	uint64_t v;
	enum err err;

	if (strchr(s, '.') != NULL && family == 4) {
		err = ip_parse(s, &mask);
		return err == ERR_OK ? ip_mask_len(&mask, out) : err;
	}
	err = str_to_u64(s, 0, family == 4 ? 32 : 128, &v);
	if (err == ERR_OK)
		*out = (uint8_t)v;
	return err;
}

enum err
ip_prefix_parse(const char *s, struct ip_prefix *out)
{
	size_t addr_len = strcspn(s, "/ ");
	bool blank = s[addr_len] == ' ';
	struct ip_prefix prefix;
	char text[IP_STR_MAX];
	enum err err;

	if (s[addr_len] == '\0' || str_copy_n(text, sizeof(text), s, addr_len) != ERR_OK)
		return ERR_SYNTAX;
	err = ip_parse(text, &prefix.addr);
	/* "10.0.0.0 8" is no notation of anybody's. */
	if (err == ERR_OK && blank && strchr(s + addr_len, '.') == NULL)
		err = ERR_SYNTAX;
	if (err == ERR_OK)
		err = parse_prefix_len(s + addr_len + 1, prefix.addr.family, &prefix.len);
	if (err != ERR_OK)
		return err;
	if ((to_number(&prefix.addr) & host_bits(prefix.addr.family, prefix.len)) != 0)
		return ERR_RANGE;
	*out = prefix;
	return ERR_OK;
}

char *
ip_str(const struct ip_addr *addr, char *dst)
{
	int family = addr->family == 4 ? AF_INET : AF_INET6;

	if (ip_len(addr) == 0 || inet_ntop(family, addr->bytes, dst, IP_STR_MAX) == NULL)
		snprintf(dst, IP_STR_MAX, "none");
	return dst;
}

char *
ip_endpoint_str(const struct ip_endpoint *ep, char *dst)
{
	char addr[INET6_ADDRSTRLEN];

	if (ip_len(&ep->addr) == 0)
		return ip_str(&ep->addr, dst);
	inet_ntop(ep->addr.family == 4 ? AF_INET : AF_INET6, ep->addr.bytes, addr, sizeof(addr));
	if (ep->addr.family == 6)
		snprintf(dst, IP_STR_MAX, "[%s]:%u", addr, ep->port);
	else
		snprintf(dst, IP_STR_MAX, "%s:%u", addr, ep->port);
	return dst;
}

char *
ip_prefix_str(const struct ip_prefix *prefix, char *dst)
{
	size_t used;

	ip_str(&prefix->addr, dst);
	used = strlen(dst);
	if (ip_len(&prefix->addr) != 0)
		snprintf(dst + used, IP_STR_MAX - used, "/%u", prefix->len);
	return dst;
}

char *
ip_mask_str(uint8_t len, char *dst)
{
	struct ip_addr mask = from_number(4, ~host_bits(4, len));

	return ip_str(&mask, dst);
}

bool
ip_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int
ip_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

struct ip_prefix
ip_prefix_of(const struct ip_addr *addr, uint8_t len)
{
	struct ip_prefix out = {.addr.family = addr->family, .len = len};

	memcpy(out.addr.bytes, addr->bytes, len / 8);
	if (len % 8 != 0)
		out.addr.bytes[len / 8] = addr->bytes[len / 8] & (uint8_t)(0xff00 >> len % 8);
	return out;
}

bool
ip_in_prefix(const struct ip_addr *addr, const struct ip_prefix *prefix)
{
	u128 differ;

	if (addr->family != prefix->addr.family || ip_len(addr) == 0)
		return false;
	differ = to_number(addr) ^ to_number(&prefix->addr);
	return (differ & ~host_bits(addr->family, prefix->len)) == 0;
}

enum err
ip_add(const struct ip_addr *addr, uint64_t n, struct ip_addr *out)
{
	u128 from = to_number(addr);
	u128 max = host_bits(addr->family, 0);

	if (ip_len(addr) == 0 || n > max - from)
		return ERR_RANGE;
	*out = from_number(addr->family, from + n);
	return ERR_OK;
}

enum err
ip_distance(const struct ip_addr *first, const struct ip_addr *last, uint64_t *out)
{
	u128 a = to_number(first);
	u128 b = to_number(last);

	if (first->family != last->family || ip_len(first) == 0 || b < a || b - a > UINT64_MAX)
		return ERR_RANGE;
	*out = (uint64_t)(b - a);
	return ERR_OK;
}

enum err
ip_from_sockaddr(const struct sockaddr *sa, struct ip_endpoint *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof(in));
		out->port = ntohs(in.sin_port);
		return ip_from_bytes(&in.sin_addr, 4, &out->addr);
	case AF_INET6:
		memcpy(&in6, sa, sizeof(in6));
		out->port = ntohs(in6.sin6_port);
		return ip_from_bytes(&in6.sin6_addr, 16, &out->addr);
	default:
		return ERR_UNSUPPORTED;
	}
}

socklen_t
ip_to_sockaddr(const struct ip_endpoint *ep, struct sockaddr_storage *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(ep->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(ep->port)};

	memset(out, 0, sizeof(*out));
	if (ep->addr.family == 4) {
		memcpy(&in.sin_addr, ep->addr.bytes, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, ep->addr.bytes, 16);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

/* Fold a sum of any width to 16 bits, carries added back. */
static uint16_t
fold16(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint32_t
ip_csum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t acc = 0;
	uint64_t total;

	/* Words in the machine's order: RFC 1071 section 2(B), one swap at the end makes it network
	 * order. */
	for (; len >= 4; p += 4, len -= 4) {
		uint32_t word;

		memcpy(&word, p, sizeof(word));
		acc += word;
	}
	if (len > 0) {
		uint8_t tail[4] = {0};
		uint32_t word;

		memcpy(tail, p, len);
		memcpy(&word, tail, sizeof(word));
		acc += word;
	}
	total = (uint64_t)sum + be16toh(fold16(acc));
	return (uint32_t)((total & 0xffffffff) + (total >> 32));
}

uint16_t
ip_csum_fold(uint32_t sum)
{
	return (uint16_t)~fold16(sum);
}
