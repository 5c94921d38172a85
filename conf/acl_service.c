/* SPDX-License-Identifier: Apache-2.0 */
/* Protocols, ports and ICMP types in access lists, service objects and service groups. */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/acl_read.h"

const struct acl_ports acl_all_ports = {0, UINT16_MAX};

void
acl_protos_add(struct acl_protos *protos, int16_t proto)
{
	for (size_t i = 0; i < protos->len; i++)
		if (protos->items[i] == proto)
			return;
	if (protos->len < ARRAY_LEN(protos->items))
		protos->items[protos->len++] = proto;
}

unsigned
acl_protos_ports(const struct acl_protos *protos)
{
	unsigned of = 0;

	for (size_t i = 0; i < protos->len; i++) {
		if (acl_ports_of(protos->items[i]) == 0)
			return 0;
		of |= acl_ports_of(protos->items[i]);
	}
	return of;
}

enum err
acl_proto_read(struct acl_read *read, const char *word, int16_t *out)
{
	switch (acl_protocol(word, out)) {
	case ERR_OK:
		return ERR_OK;
	case ERR_RANGE:
		return acl_fail(read, "\"%.64s\" is no protocol; use a name or 0-255", word);
	default:
		break;
	}
	if (word[0] == '\0')
		return acl_fail(read, "the protocol is missing, as in tcp, udp, icmp or ip");
	return acl_fail(
	    read, "\"%.64s\" is no protocol; use ip, tcp, udp, icmp, icmp6, .. or 0-255", word);
}

bool
acl_is_operator(const char *word)
{
	static const char *const operators[] = {"eq", "neq", "lt", "gt", "range"};

	for (size_t i = 0; i < ARRAY_LEN(operators); i++)
		if (strcmp(operators[i], word) == 0)
			return true;
	return false;
}

enum err
acl_ports_add(struct acl_read *read, struct acl_port_list *list, struct acl_ports ports)
{
	enum err err;
	struct acl_ports *items =
	    acl_room(read, list->items, &list->cap, list->len, sizeof(*items), &err);

	if (items == NULL)
		return err;
	list->items = items;
	list->items[list->len++] = ports;
	return ERR_OK;
}

/* "tcp", "udp", .. for a message. */
static const char *
whose(unsigned of)
{
	switch (of) {
	case ACL_PORTS_TCP:
		return "tcp";
	case ACL_PORTS_UDP:
		return "udp";
	case ACL_PORTS_SCTP:
		return "sctp";
	default:
		return "tcp or udp";
	}
}

static enum err
port_read(struct acl_read *read, struct acl_words *words, unsigned of, uint16_t *out)
{
	const char *word = acl_word_take(words);
	enum err err = acl_port(word, of, out);

	if (err == ERR_OK)
		return ERR_OK;
	if (word[0] == '\0')
		return acl_fail(read, "a port is missing at the end");
	if (err == ERR_RANGE)
		return acl_fail(read, "\"%.64s\" is no port; use a name or 0-65535", word);
	return acl_fail(read, "\"%.64s\" is no port of %s; use its number", word, whose(of));
}

/* The ports other than one. */
static enum err
ports_but(struct acl_read *read, uint16_t port, struct acl_port_list *out)
{
	enum err err = ERR_OK;

	if (port > 0)
		err = acl_ports_add(read, out, (struct acl_ports){0, (uint16_t)(port - 1)});
	if (err == ERR_OK && port < UINT16_MAX)
		err =
		    acl_ports_add(read, out, (struct acl_ports){(uint16_t)(port + 1), UINT16_MAX});
	return err;
}

enum err
acl_ports_read(
    struct acl_read *read, struct acl_words *words, unsigned of, struct acl_port_list *out)
{
	const char *word = acl_word_take(words);
	uint16_t first = 0, last;
	enum err err;

	if (!acl_is_operator(word))
		return acl_fail(
		    read, "\"%.64s\" is no operator; use eq, neq, lt, gt or range", word);
	err = port_read(read, words, of, &first);
	last = first;
	if (err == ERR_OK && strcmp(word, "range") == 0)
		err = port_read(read, words, of, &last);
	if (err != ERR_OK)
		return err;
	if (strcmp(word, "neq") == 0)
		return ports_but(read, first, out);
	if (strcmp(word, "lt") == 0) {
		if (first == 0)
			return acl_fail(read, "\"lt 0\" is no port");
		return acl_ports_add(read, out, (struct acl_ports){0, (uint16_t)(first - 1)});
	}
	if (strcmp(word, "gt") == 0) {
		if (first == UINT16_MAX)
			return acl_fail(read, "\"gt 65535\" is no port");
		return acl_ports_add(
		    read, out, (struct acl_ports){(uint16_t)(first + 1), UINT16_MAX});
	}
	if (first > last)
		return acl_fail(read, "\"range %u %u\" is the wrong way round", first, last);
	return acl_ports_add(read, out, (struct acl_ports){first, last});
}

enum err
acl_icmp_read(
    struct acl_read *read, struct acl_words *words, int16_t proto, struct acl_service *out)
{
	const char *word = acl_word_take(words);
	const char *next = acl_word(words);
	uint64_t code;

	*out = (struct acl_service){
	    .proto = proto, .icmp_code = ACL_ANY, .sport = acl_all_ports, .dport = acl_all_ports};
	if (acl_icmp_type(word, proto, &out->icmp_type) != ERR_OK)
		return acl_fail(read, "\"%.64s\" is no type of %s; use a name or 0-255", word,
		    proto == ACL_ICMP6 ? "icmp6" : "icmp");
	if (next[0] < '0' || next[0] > '9')
		return ERR_OK;
	if (str_to_u64(next, 0, UINT8_MAX, &code) != ERR_OK)
		return acl_fail(read, "\"%.64s\" is no ICMP code; use 0-255", next);
	acl_word_take(words);
	out->icmp_code = (int16_t)code;
	return ERR_OK;
}

enum err
acl_services_add(struct acl_read *read, struct acl_services *out, const struct acl_service *service)
{
	enum err err;
	struct acl_service *items =
	    acl_room(read, out->items, &out->cap, out->len, sizeof(*items), &err);

	if (items == NULL)
		return err;
	out->items = items;
	out->items[out->len++] = *service;
	return ERR_OK;
}

enum err
acl_services_product(struct acl_read *read, struct acl_services *out,
    const struct acl_protos *protos, const struct acl_port_list *sports,
    const struct acl_port_list *dports)
{
	size_t sports_len = sports->len > 0 ? sports->len : 1;
	size_t dports_len = dports->len > 0 ? dports->len : 1;
	enum err err = ERR_OK;

	for (size_t i = 0; i < protos->len * sports_len * dports_len && err == ERR_OK; i++) {
		size_t s = i / dports_len % sports_len, d = i % dports_len;
		struct acl_service service = {
		    .proto = protos->items[i / dports_len / sports_len],
		    .icmp_type = ACL_ANY,
		    .icmp_code = ACL_ANY,
		    .sport = sports->len > 0 ? sports->items[s] : acl_all_ports,
		    .dport = dports->len > 0 ? dports->items[d] : acl_all_ports,
		};

		err = acl_services_add(read, out, &service);
	}
	return err;
}

/* "[source OP ..] [destination OP ..]"; an operator alone is the destination's, as before 8.3. */
static enum err
ported_read(struct acl_read *read, struct acl_words *words, const struct acl_protos *protos,
    struct acl_services *out)
{
	struct acl_port_list sports = {0}, dports = {0};
	unsigned of = acl_protos_ports(protos);
	enum err err = ERR_OK;

	if (acl_word_is(words, "source"))
		err = acl_ports_read(read, words, of, &sports);
	if (err == ERR_OK &&
	    (acl_word_is(words, "destination") || acl_is_operator(acl_word(words))))
		err = acl_ports_read(read, words, of, &dports);
	if (err == ERR_OK)
		err = acl_words_end(read, words);
	if (err == ERR_OK)
		err = acl_services_product(read, out, protos, &sports, &dports);
	free(sports.items);
	free(dports.items);
	return err;
}

enum err
acl_service_read(struct acl_read *read, struct acl_words *words, struct acl_services *out)
{
	struct acl_protos protos = {0};
	struct acl_service service;
	enum err err = ERR_OK;
	int16_t proto = 0;

	if (acl_word_is(words, "tcp-udp")) {
		acl_protos_add(&protos, ACL_TCP);
		acl_protos_add(&protos, ACL_UDP);
	} else {
		err = acl_proto_read(read, acl_word_take(words), &proto);
		acl_protos_add(&protos, proto);
	}
	if (err != ERR_OK)
		return err;
	if (acl_protos_ports(&protos) != 0)
		return ported_read(read, words, &protos, out);
	service = (struct acl_service){.proto = proto,
	    .icmp_type = ACL_ANY,
	    .icmp_code = ACL_ANY,
	    .sport = acl_all_ports,
	    .dport = acl_all_ports};
	if ((proto == ACL_ICMP || proto == ACL_ICMP6) && acl_word(words)[0] != '\0')
		err = acl_icmp_read(read, words, proto, &service);
	if (err == ERR_OK)
		err = acl_words_end(read, words);
	return err != ERR_OK ? err : acl_services_add(read, out, &service);
}
