/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway.conf: what an ASA says with its interfaces and we must decide. It listens on every
 * address of the machine; the tun gets an address only where one is surely free.
 */
#include <string.h>

#include "common/ip.h"
#include "common/str.h"
#include "tools/import_parts.h"

static const char *const addresses[] = {"0.0.0.0", "::"};
static const char *const ports[] = {"port", "dtls-port"};

/* The port that webvpn names is in the first listener, which has no address yet. */
static void
put_listeners(struct import *import, struct node *root)
{
	struct import_item *item = import_item_of(root);
	struct import_item *list = import_item_find(item, "listeners");
	const struct import_item *port;

	if (list == NULL || list->len == 0)
		import_set_int(import, import_append(import, root, "listeners"), "port", 443);
	list = import_item_find(item, "listeners");
	if (list == NULL || list->len == 0)
		return;
	struct import_item *first = list->items[0];
	import_set_str(import, &first->node, "address", addresses[0]);
	struct node *second = import_append(import, root, "listeners");
	import_set_str(import, second, "address", addresses[1]);
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		port = import_item_find(first, ports[i]);
		if (port != NULL)
			import_set_int(import, second, ports[i], (long)port->node.num);
	}
}

static const char *const framed[] = {"vpn-framed-ip-address", "vpn-framed-ipv6-address"};
static const char *const own[] = {"ipv4-address", "ipv6-address"};

static void
put_address(struct import *import, struct node *tun, bool v6)
{
	struct buf address;

	buf_init(&address, 128);
	if (import_pools_tun(import, v6, &address))
		import_set_str(import, tun, own[v6], buf_cstr(&address));
	buf_fini(&address);
}

/* The address of "192.0.2.7 255.255.255.0" or "2001:db8::7/64". */
static bool
framed_address(const char *text, struct ip_addr *out)
{
	char address[IP_STR_MAX];

	return str_copy_n(address, sizeof(address), text, strcspn(text, " /")) == ERR_OK &&
	       ip_parse(address, out) == ERR_OK;
}

static const char *
framed_of(const struct import_item *user, bool v6)
{
	const struct import_item *attributes = import_item_find(user, "attributes");
	const char *text =
	    attributes != NULL ? import_get_str(&attributes->node, framed[v6]) : NULL;

	return text != NULL && strcmp(text, "none") != 0 ? text : NULL;
}

/* Why user i cannot have his address; NULL: he can. */
static const char *
framed_wrong(const struct import_item *users, size_t i, const struct node *tun, bool v6)
{
	const char *own_text = framed_of(users->items[i], v6);
	struct ip_addr addr, other;

	if (import_get_str(tun, own[v6]) == NULL)
		return "no address for the gateway's end could be chosen; set the tun's address "
		       "in gateway.conf, then this";
	if (own_text == NULL || !framed_address(own_text, &addr))
		return "it is not an address";
	for (size_t k = 0; k < i; k++) {
		const char *text = framed_of(users->items[k], v6);

		if (text != NULL && framed_address(text, &other) && ip_eq(&addr, &other))
			return "another user has this address";
	}
	return NULL;
}

static void
check_framed(struct import *import, const struct node *tun, bool v6)
{
	struct import_item *users = import_item_list(import, CONF_USERNAME);

	for (size_t i = 0; users != NULL && i < users->len; i++) {
		if (framed_of(users->items[i], v6) == NULL)
			continue;
		const char *why = framed_wrong(users, i, tun, v6);
		if (why == NULL)
			continue;
		struct import_item *attributes = import_item_find(users->items[i], "attributes");
		struct import_line *line =
		    import_line_at(import, import_item_find(attributes, framed[v6])->node.line);
		if (line != NULL)
			import_not_supported(line, "%s", why);
		import_unset(&attributes->node, framed[v6]);
	}
}

void
import_gateway_finish(struct import *import)
{
	struct node *root = import_root(import, CONF_GATEWAY);

	import->line = NULL;
	put_listeners(import, root);
	struct node *tun = import_sub(import, root, "tun");
	import_set_str(import, tun, "name", "sekisho0");
	for (unsigned v6 = 0; v6 < ARRAY_LEN(own); v6++) {
		put_address(import, tun, v6 != 0);
		check_framed(import, tun, v6 != 0);
	}
}
