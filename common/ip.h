/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 and IPv6 addresses, endpoints and prefixes in one type each. Plain values. */
#ifndef COMMON_IP_H
#define COMMON_IP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/attr.h"
#include "common/err.h"

#define IP_STR_MAX 64 /* fits any text below: address, [address]:port, address/len */

/* An address; family 0 means none. Bytes in network order, unused ones are zero, so memcmp
 * compares. */
struct ip_addr {
	uint8_t family; /* 0, 4 or 6 */
	uint8_t bytes[16];
};

struct ip_endpoint {
	struct ip_addr addr;
	uint16_t port; /* host order */
};

struct ip_prefix {
	struct ip_addr addr; /* host bits zero */
	uint8_t len;
};

/* Text of an address, no port. An IPv4-mapped IPv6 address becomes IPv4. ERR_SYNTAX. */
enum err ip_parse(const char *s, struct ip_addr *out) MUST_USE;
/* "10.0.0.0/8", "10.0.0.0 255.0.0.0", "10.0.0.0/255.0.0.0", "2001:db8::/32". Host bits set:
 * ERR_RANGE. */
enum err ip_prefix_parse(const char *s, struct ip_prefix *out) MUST_USE;
/* The prefix of len bits that addr is in; padding is zero, so that it can be a hash's key. len is
 * at most the family's. */
struct ip_prefix ip_prefix_of(const struct ip_addr *addr, uint8_t len);
/* From 4 or 16 raw bytes. ERR_SYNTAX for another length. */
enum err ip_from_bytes(const void *data, size_t len, struct ip_addr *out) MUST_USE;
/* Number of significant bytes: 0, 4 or 16. */
size_t ip_len(const struct ip_addr *addr);
/* Text into dst (IP_STR_MAX bytes); returns dst. "none" for family 0. */
char *ip_str(const struct ip_addr *addr, char *dst);
char *ip_endpoint_str(const struct ip_endpoint *ep, char *dst);
char *ip_prefix_str(const struct ip_prefix *prefix, char *dst);
/* Dotted mask of an IPv4 prefix length, as text into dst (IP_STR_MAX bytes); returns dst. */
char *ip_mask_str(uint8_t len, char *dst);
/* Prefix length of a dotted mask; ERR_RANGE when the mask has holes. */
enum err ip_mask_len(const struct ip_addr *mask, uint8_t *out) MUST_USE;
bool ip_eq(const struct ip_addr *a, const struct ip_addr *b);
/* memcmp order within a family. */
int ip_cmp(const struct ip_addr *a, const struct ip_addr *b);
bool ip_in_prefix(const struct ip_addr *addr, const struct ip_prefix *prefix);
/* addr + n, within the family; ERR_RANGE on overflow. */
enum err ip_add(const struct ip_addr *addr, uint64_t n, struct ip_addr *out) MUST_USE;
/* last - first (same family); ERR_RANGE when negative or more than UINT64_MAX. */
enum err ip_distance(
    const struct ip_addr *first, const struct ip_addr *last, uint64_t *out) MUST_USE;

/* Socket addresses. IPv4-mapped becomes IPv4. ERR_UNSUPPORTED for another family. */
enum err ip_from_sockaddr(const struct sockaddr *sa, struct ip_endpoint *out) MUST_USE;
socklen_t ip_to_sockaddr(const struct ip_endpoint *ep, struct sockaddr_storage *out);

/*
 * Internet checksum (RFC 1071): sum of len bytes added to a running sum (only the last piece may be
 * odd); fold gives the field's value. All in host order: add pseudo-header numbers as they are,
 * store the result with htons().
 */
uint32_t ip_csum_add(uint32_t sum, const void *data, size_t len);
uint16_t ip_csum_fold(uint32_t sum);

#endif
