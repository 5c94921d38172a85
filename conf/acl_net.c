/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses in access lists and objects: the ASA's forms as ranges, and ranges as prefixes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/acl_read.h"

typedef unsigned __int128 u128;

enum err
acl_side_add(struct acl_read *read, struct acl_side *side, const struct acl_net *net)
{
	enum acl_family family = net->family == 0   ? ACL_FAMILY_ANY
				 : net->family == 4 ? ACL_FAMILY_4
						    : ACL_FAMILY_6;
	struct acl_nets *nets = &side->of[family];
	enum err err;

	struct acl_net *items =
	    acl_room(read, nets->items, &nets->cap, nets->len, sizeof(*items), &err);
	if (items == NULL)
		return err;
	nets->items = items;
	nets->items[nets->len++] = *net;
	return ERR_OK;
}

void
acl_side_fini(struct acl_side *side)
{
	for (size_t i = 0; i < ARRAY_LEN(side->of); i++)
		free(side->of[i].items);
	*side = (struct acl_side){0};
}

static u128
to_number(const struct ip_addr *addr)
{
	u128 v = 0;

	for (size_t i = 0; i < ip_len(addr); i++)
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

/* The last address of a prefix. */
static struct ip_addr
prefix_last(const struct ip_prefix *prefix)
{
	struct ip_addr last = prefix->addr;

	for (size_t bit = prefix->len; bit < ip_len(&last) * 8; bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80U >> bit % 8);
	return last;
}

static u128
ones(unsigned bits)
{
	return bits >= 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
}

enum err
acl_net_prefixes(const struct acl_net *net, acl_prefix_fn fn, void *arg)
{
	unsigned width = net->family == 4 ? 32 : 128;
	u128 at = to_number(&net->first), last = to_number(&net->last);

	for (;;) {
		unsigned host = 0;

		/* The largest block that begins here and does not pass the end. */
		while (host < width && (at & ones(host + 1)) == 0 && ones(host + 1) <= last - at)
			host++;
		struct ip_prefix prefix = {
		    .addr = from_number(net->family, at),
		    .len = (uint8_t)(width - host),
		};
		enum err err = fn(&prefix, arg);
		if (err != ERR_OK || ones(host) == last - at)
			return err;
		at += ones(host) + 1;
	}
}

/* What people write where only an address helps. */
static enum err
refuse(struct acl_read *read, const char *word)
{
	static const struct {
		const char *word;
		const char *why;
	} refused[] = {
	    {"interface", "is not supported: write the interface's address, as in host 192.0.2.1"},
	    {"fqdn", "is not supported: write addresses, names are not looked up"},
	    {"user", "is not supported: give users a policy with a vpn-filter of their own"},
	    {"user-group", "is not supported: give users a policy with a vpn-filter of their own"},
	    {"object-group-user",
		"is not supported: give users a policy with a vpn-filter of their own"},
	    {"security-group", "is not supported: there are no security group tags"},
	    {"object-group-security", "is not supported: there are no security group tags"},
	    {"object-group-network-service", "is not supported: write addresses and ports"},
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (strcmp(refused[i].word, word) == 0)
			return acl_fail(read, "\"%s\" %s", word, refused[i].why);
	if (word[0] == '\0')
		return acl_fail(read, "an address is missing: any, host A, NET MASK or PREFIX/LEN");
	return acl_fail(
	    read, "\"%.64s\" is no address; use any, host A, NET MASK or PREFIX/LEN", word);
}

static enum err
host_read(struct acl_read *read, const char *word, struct acl_net *out)
{
	if (ip_parse(word, &out->first) != ERR_OK)
		return acl_fail(
		    read, "\"%.64s\" is no address; use one as in host 192.0.2.7", word);
	out->family = out->first.family;
	out->last = out->first;
	return ERR_OK;
}

static void
net_set(struct acl_net *net, const struct ip_prefix *prefix)
{
	net->family = prefix->addr.family;
	net->first = prefix->addr;
	net->last = prefix_last(prefix);
}

/* "10.0.0.0 255.0.0.0" in two words, or "2001:db8::/32" in one. */
static enum err
subnet_read(struct acl_read *read, struct acl_words *words, struct acl_net *out)
{
	const char *word = acl_word_take(words);
	struct ip_prefix prefix;
	struct ip_addr addr;
	char text[2 * IP_STR_MAX];

	if (strchr(word, '/') == NULL) {
		if (ip_parse(word, &addr) != ERR_OK)
			return refuse(read, word);
		if (addr.family == 6)
			return acl_fail(read,
			    "\"%.64s\" has no prefix length; write %.64s/LEN or host %.64s", word,
			    word, word);
		const char *mask = acl_word_take(words);
		if (ip_parse(mask, &addr) != ERR_OK || addr.family != 4)
			return acl_fail(
			    read, "\"%.64s\" needs a netmask behind it, or host before it", word);
		snprintf(text, sizeof(text), "%.50s %.50s", word, mask);
		word = text;
	}
	switch (ip_prefix_parse(word, &prefix)) {
	case ERR_OK:
		net_set(out, &prefix);
		return ERR_OK;
	case ERR_RANGE:
		return acl_fail(read,
		    "\"%.100s\" is no network: its host bits must be zero, and a mask without "
		    "holes",
		    word);
	default:
		return acl_fail(read, "\"%.100s\" is no network; use NET MASK or PREFIX/LEN", word);
	}
}

enum err
acl_net_read(struct acl_read *read, struct acl_words *words, struct acl_net *out)
{
	static const struct ip_prefix all4 = {.addr = {.family = 4}},
				      all6 = {.addr = {.family = 6}};

	*out = (struct acl_net){0};
	if (acl_word_is(words, "any"))
		return ERR_OK;
	if (acl_word_is(words, "host"))
		return host_read(read, acl_word_take(words), out);
	if (acl_word_is(words, "any4"))
		net_set(out, &all4);
	else if (acl_word_is(words, "any6"))
		net_set(out, &all6);
	else
		return subnet_read(read, words, out);
	return ERR_OK;
}

static enum err
range_read(struct acl_read *read, struct acl_words *words, struct acl_net *out)
{
	const char *first = acl_word_take(words), *last = acl_word_take(words);

	if (ip_parse(first, &out->first) != ERR_OK || ip_parse(last, &out->last) != ERR_OK)
		return acl_fail(read,
		    "\"range %.64s %.64s\" needs two addresses, as in range 10.1.1.1 10.1.1.9",
		    first, last);
	if (out->first.family != out->last.family)
		return acl_fail(read, "\"range %.64s %.64s\" mixes IPv4 and IPv6", first, last);
	if (ip_cmp(&out->first, &out->last) > 0)
		return acl_fail(read, "\"range %.64s %.64s\" is the wrong way round", first, last);
	out->family = out->first.family;
	return ERR_OK;
}

enum err
acl_net_object(struct acl_read *read, struct acl_words *words, struct acl_net *out)
{
	enum err err;

	*out = (struct acl_net){0};
	if (acl_word_is(words, "host"))
		err = host_read(read, acl_word_take(words), out);
	else if (acl_word_is(words, "subnet"))
		err = subnet_read(read, words, out);
	else if (acl_word_is(words, "range"))
		err = range_read(read, words, out);
	else if (strcmp(acl_word(words), "fqdn") == 0)
		err = refuse(read, "fqdn");
	else
		err = acl_fail(read,
		    "\"%.40s\" is not the beginning of a network object; use host A, subnet NET "
		    "MASK, subnet PREFIX/LEN or range A B",
		    acl_word(words));
	return err != ERR_OK ? err : acl_words_end(read, words);
}
