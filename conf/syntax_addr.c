/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of addresses and pools. */
#include <string.h>

#include "common/str.h"
#include "conf/syntax.h"

#define RANGE_SIZE_MAX 1048576 /* addresses in a pool: more than max-sessions can use */

static bool
is_loopback(const struct ip_addr *addr)
{
	static const struct ip_addr loopback6 = {.family = 6, .bytes = {[15] = 1}};

	return addr->family == 4 ? addr->bytes[0] == 127 : ip_eq(addr, &loopback6);
}

/* An address that one host can have. */
static bool
is_unicast(const struct ip_addr *addr)
{
	static const struct ip_addr any6 = {.family = 6};

	if (is_loopback(addr))
		return false;
	if (addr->family == 4)
		return addr->bytes[0] != 0 && addr->bytes[0] < 224;
	return addr->bytes[0] != 0xff && !ip_eq(addr, &any6);
}

const char *
syntax_ip(const char *text)
{
	struct ip_addr addr;

	if (ip_parse(text, &addr) != ERR_OK || !is_unicast(&addr))
		return "is not the address of a host; use one like 192.0.2.53 or 2001:db8::53";
	return NULL;
}

const char *
syntax_ip_server(const char *text)
{
	struct ip_addr addr;

	if (ip_parse(text, &addr) == ERR_OK && is_loopback(&addr))
		return NULL;
	return syntax_ip(text);
}

const char *
syntax_source(const char *text)
{
	struct ip_prefix prefix;
	struct ip_addr addr;

	if (ip_parse(text, &addr) == ERR_OK || ip_prefix_parse(text, &prefix) == ERR_OK)
		return NULL;
	return "is no address and no network; write \"192.0.2.7\", \"192.0.2.0/24\" or "
	       "\"2001:db8::/32\"";
}

const char *
syntax_ip4(const char *text)
{
	struct ip_addr addr;

	if (ip_parse(text, &addr) != ERR_OK || addr.family != 4 || !is_unicast(&addr))
		return "is not the IPv4 address of a host; use one like 192.0.2.53";
	return NULL;
}

const char *
syntax_listen(const char *text)
{
	struct ip_addr addr;

	if (ip_parse(text, &addr) != ERR_OK ||
	    (addr.family == 4 ? addr.bytes[0] >= 224 : addr.bytes[0] == 0xff))
		return "is not an address to listen on; use an address of this machine, "
		       "\"0.0.0.0\" or \"::\"";
	return NULL;
}

enum err
syntax_interface_address(const char *text, struct ip_addr *addr, uint8_t *len)
{
	char copy[IP_STR_MAX];
	uint64_t bits;

	if (str_copy(copy, sizeof(copy), text) != ERR_OK)
		return ERR_SYNTAX;
	char *slash = strchr(copy, '/');
	if (slash == NULL)
		return ERR_SYNTAX;
	*slash = '\0';
	if (ip_parse(copy, addr) != ERR_OK)
		return ERR_SYNTAX;
	enum err err = str_to_u64(slash + 1, 1, ip_len(addr) * 8, &bits);
	if (err == ERR_OK)
		*len = (uint8_t)bits;
	return err;
}

/* True if the bits behind the prefix length are all zeros, or all ones. */
static bool
host_bits_are(const struct ip_addr *addr, uint8_t len, bool ones)
{
	for (size_t bit = len; bit < ip_len(addr) * 8; bit++)
		if (((addr->bytes[bit / 8] >> (7 - bit % 8)) & 1) != ones)
			return false;
	return true;
}

/* Neither the network's own address nor its broadcast address. */
static bool
is_host(const struct ip_addr *addr, uint8_t len)
{
	if (!is_unicast(addr))
		return false;
	return addr->family == 6 || len > 30 ||
	       (!host_bits_are(addr, len, false) && !host_bits_are(addr, len, true));
}

static bool
tun_is_fine(const char *text, uint8_t family)
{
	struct ip_addr addr;
	uint8_t len;

	return syntax_interface_address(text, &addr, &len) == ERR_OK && addr.family == family &&
	       is_host(&addr, len);
}

const char *
syntax_tun4(const char *text)
{
	return tun_is_fine(text, 4) ? NULL
				    : "is not an IPv4 address of a host with its prefix length; "
				      "use one like 192.168.100.254/24";
}

const char *
syntax_tun6(const char *text)
{
	return tun_is_fine(text, 6) ? NULL
				    : "is not an IPv6 address with its prefix length; use one like "
				      "fd00:100::1/64";
}

/* "192.0.2.7 255.255.255.0" */
static enum err
framed4_parse(const char *text, struct ip_addr *addr, uint8_t *len)
{
	char copy[IP_STR_MAX];
	struct ip_addr mask;

	if (str_copy(copy, sizeof(copy), text) != ERR_OK)
		return ERR_SYNTAX;
	char *blank = strchr(copy, ' ');
	if (blank == NULL)
		return ERR_SYNTAX;
	*blank = '\0';
	if (ip_parse(copy, addr) != ERR_OK || addr->family != 4)
		return ERR_SYNTAX;
	if (ip_parse(blank + 1, &mask) != ERR_OK || mask.family != 4)
		return ERR_SYNTAX;
	return ip_mask_len(&mask, len);
}

enum err
syntax_framed_address(const char *text, struct ip_addr *addr, uint8_t *len)
{
	return strchr(text, '/') != NULL ? syntax_interface_address(text, addr, len)
					 : framed4_parse(text, addr, len);
}

const char *
syntax_framed4(const char *text)
{
	struct ip_addr addr;
	uint8_t len;

	if (framed4_parse(text, &addr, &len) != ERR_OK || len == 0 || !is_host(&addr, len))
		return "is not the IPv4 address of a host with its netmask; use one like "
		       "\"192.0.2.7 255.255.255.0\"";
	return NULL;
}

const char *
syntax_framed6(const char *text)
{
	struct ip_addr addr;
	uint8_t len;

	if (syntax_interface_address(text, &addr, &len) != ERR_OK || addr.family != 6 ||
	    !is_host(&addr, len))
		return "is not an IPv6 address with its prefix length; use one like "
		       "2001:db8::7/64";
	return NULL;
}

const char *
syntax_mask(const char *text)
{
	struct ip_addr mask;
	uint8_t len;

	if (ip_parse(text, &mask) != ERR_OK || mask.family != 4 ||
	    ip_mask_len(&mask, &len) != ERR_OK || len == 0)
		return "is not a netmask; use one like 255.255.255.0";
	return NULL;
}

/* "A-B" */
static enum err
range_parse(const char *text, struct syntax_range *out)
{
	char copy[IP_STR_MAX];
	uint64_t size;

	if (str_copy(copy, sizeof(copy), text) != ERR_OK)
		return ERR_SYNTAX;
	char *dash = strchr(copy, '-');
	if (dash == NULL)
		return ERR_SYNTAX;
	*dash = '\0';
	if (ip_parse(copy, &out->first) != ERR_OK || ip_parse(dash + 1, &out->last) != ERR_OK ||
	    out->first.family != 4 || out->last.family != 4)
		return ERR_SYNTAX;
	if (ip_distance(&out->first, &out->last, &size) != ERR_OK)
		return ERR_RANGE;
	return ERR_OK;
}

const char *
syntax_range(const char *text)
{
	struct syntax_range range;
	uint64_t distance;

	switch (range_parse(text, &range)) {
	case ERR_OK:
		break;
	case ERR_RANGE:
		return "ends before it begins; write the lower address first";
	default:
		return "is not a range of IPv4 addresses; use one like "
		       "192.168.100.1-192.168.100.200";
	}
	if (ip_distance(&range.first, &range.last, &distance) != ERR_OK ||
	    distance >= RANGE_SIZE_MAX)
		return "has more than 1048576 addresses; use a smaller range";
	/* The first byte only grows within a range, 127 can lie inside. */
	if (!is_unicast(&range.first) || !is_unicast(&range.last))
		return "has addresses that no host can have; use unicast addresses";
	return NULL;
}

/* First address and size of an ipv6-local-pool must stay within its prefix. */
static enum err
range6_parse(const char *prefix, int64_t size, struct syntax_range *out)
{
	struct ip_prefix net = {.addr.family = 6};
	enum err err = syntax_interface_address(prefix, &out->first, &net.len);

	if (err != ERR_OK)
		return err;
	if (out->first.family != 6 || size < 1)
		return ERR_SYNTAX;
	err = ip_add(&out->first, (uint64_t)size - 1, &out->last);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < net.len; i++)
		net.addr.bytes[i / 8] |= out->first.bytes[i / 8] & (0x80 >> i % 8);
	return ip_in_prefix(&out->last, &net) ? ERR_OK : ERR_RANGE;
}

const char *
syntax_prefix6(const char *text)
{
	struct syntax_range range;

	if (range6_parse(text, 1, &range) != ERR_OK || !is_unicast(&range.first))
		return "is not the first address of a pool with its prefix length; use one like "
		       "fd00:100::10/64";
	return NULL;
}

enum err
syntax_pool_range(const struct conf_object *pool, struct syntax_range *out)
{
	if (pool->kind == CONF_IP_LOCAL_POOL) {
		const char *range = conf_str(pool, POOL_RANGE);

		return range != NULL ? range_parse(range, out) : ERR_SYNTAX;
	}
	const char *prefix = conf_str(pool, POOL6_PREFIX);

	return prefix != NULL ? range6_parse(prefix, conf_int(pool, POOL6_SIZE), out) : ERR_SYNTAX;
}
