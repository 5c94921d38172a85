/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of standard and extended rules (asa.md 2.3). */
#include "conf/acl_rule.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/acl_group.h"

#define LOG_INTERVAL_MAX 600

/* The words of a rule, and what its first ones say about the others. */
struct reader {
	struct acl_read *read;
	struct acl_words words;
	struct acl_rule *rule;
	struct acl_protos protos; /* empty: the services were named whole */
	unsigned of;              /* the ports that these have; 0: none */
	struct acl_port_list sports;
	struct acl_port_list dports;
};

static const struct acl_service any_service = {
    .proto = ACL_ANY,
    .icmp_type = ACL_ANY,
    .icmp_code = ACL_ANY,
    .dport = {0, UINT16_MAX},
    .sport = {0, UINT16_MAX},
};

/* "line N" only says where the rule is anyway. */
static enum err
read_line(struct reader *reader, size_t line)
{
	uint64_t number;

	if (!acl_word_is(&reader->words, "line"))
		return ERR_OK;
	const char *word = acl_word_take(&reader->words);
	if (str_to_u64(word, 1, UINT32_MAX, &number) != ERR_OK)
		return acl_fail(reader->read, "\"line %.40s\" has no number from 1", word);
	if (number != line)
		return acl_fail(reader->read,
		    "\"line %.40s\" stands in place %zu; leave it out, rules count in the order of "
		    "the list",
		    word, line);
	return ERR_OK;
}

static enum err
read_action(struct reader *reader)
{
	const char *word = acl_word_take(&reader->words);

	reader->rule->permit = strcmp(word, "permit") == 0;
	if (reader->rule->permit || strcmp(word, "deny") == 0)
		return ERR_OK;
	if (strcmp(word, "dynamic") == 0)
		return acl_fail(reader->read, "dynamic rules are not supported; write fixed ones");
	if (strcmp(word, "standard") == 0 || strcmp(word, "extended") == 0)
		return acl_fail(reader->read,
		    "\"%s\" is the list's type; begin the rule with permit or deny", word);
	if (strcmp(word, "ethertype") == 0 || strcmp(word, "webtype") == 0 ||
	    strcmp(word, "url-list") == 0)
		return acl_fail(
		    reader->read, "\"%s\" lists are not supported; use an extended one", word);
	return acl_fail(
	    reader->read, "\"%.64s\" is no action; begin with permit, deny or remark", word);
}

/* ---- protocol or service ---- */

static enum err
read_service_group(struct reader *reader, const char *name)
{
	switch (acl_group_type(reader->read, name)) {
	case ACL_GROUP_PROTOCOL:
		return acl_group_protos(reader->read, name, &reader->protos);
	case ACL_GROUP_PORTS:
		return acl_fail(reader->read,
		    "object-group %.64s is one of ports; write tcp or udp here, and the group "
		    "behind an address",
		    name);
	case ACL_GROUP_NETWORK:
	case ACL_GROUP_ICMP:
		return acl_fail(reader->read,
		    "object-group %.64s has neither protocols nor services; a protocol is wanted "
		    "here",
		    name);
	default:
		return acl_group_services(reader->read, name, &reader->rule->services);
	}
}

static enum err
read_service(struct reader *reader)
{
	struct acl_words *words = &reader->words;
	enum err err;
	int16_t proto;

	if (acl_word_is(words, "object-group")) {
		err = read_service_group(reader, acl_word_take(words));
	} else if (acl_word_is(words, "object")) {
		err = acl_group_object_service(
		    reader->read, acl_word_take(words), &reader->rule->services);
	} else {
		err = acl_proto_read(reader->read, acl_word_take(words), &proto);
		if (err == ERR_OK)
			acl_protos_add(&reader->protos, proto);
	}
	reader->of = acl_protos_ports(&reader->protos);
	return err;
}

/* ---- addresses and ports ---- */

static enum err
read_side(struct reader *reader, struct acl_side *out)
{
	struct acl_words *words = &reader->words;
	struct acl_net net;
	enum err err;

	if (acl_word_is(words, "object"))
		return acl_group_object_net(reader->read, acl_word_take(words), out);
	if (acl_word_is(words, "object-group"))
		return acl_group_nets(reader->read, acl_word_take(words), out);
	if (acl_is_operator(acl_word(words)))
		return acl_fail(reader->read,
		    "\"%s\": an address is wanted here, and ports belong to tcp, udp and sctp",
		    acl_word(words));
	err = acl_net_read(reader->read, words, &net);
	return err != ERR_OK ? err : acl_side_add(reader->read, out, &net);
}

/* Does a group of ports follow? Otherwise "object-group" begins the destination. */
static bool
group_follows(struct reader *reader)
{
	struct acl_words *words = &reader->words;

	return words->at + 1 < words->len && strcmp(acl_word(words), "object-group") == 0 &&
	       acl_group_type(reader->read, words->word[words->at + 1]) == ACL_GROUP_PORTS;
}

static enum err
read_ports(struct reader *reader, struct acl_port_list *out)
{
	enum err err = ERR_OK;

	if (reader->of == 0)
		return ERR_OK;
	if (acl_is_operator(acl_word(&reader->words)))
		return acl_ports_read(reader->read, &reader->words, reader->of, out);
	if (!group_follows(reader))
		return ERR_OK;
	(void)acl_word_take(&reader->words);
	const char *name = acl_word_take(&reader->words);
	err = acl_group_ports(reader->read, name, reader->of, out);
	if (err == ERR_OK && out->len == 0)
		err = acl_fail(reader->read, "object-group %.64s is empty", name);
	return err;
}

static bool
is_tail(const char *word)
{
	return word[0] == '\0' || strcmp(word, "log") == 0 || strcmp(word, "time-range") == 0 ||
	       strcmp(word, "inactive") == 0;
}

/* The type behind the destination of an icmp rule. */
static enum err
read_icmp(struct reader *reader)
{
	struct acl_words *words = &reader->words;
	int16_t proto = reader->protos.len == 1 ? reader->protos.items[0] : ACL_ANY;
	struct acl_service service;
	enum err err;

	if ((proto != ACL_ICMP && proto != ACL_ICMP6) || is_tail(acl_word(words)))
		return ERR_OK;
	reader->protos.len = 0;
	if (acl_word_is(words, "object-group"))
		return acl_group_icmp(
		    reader->read, acl_word_take(words), proto, &reader->rule->services);
	err = acl_icmp_read(reader->read, words, proto, &service);
	return err != ERR_OK ? err
			     : acl_services_add(reader->read, &reader->rule->services, &service);
}

/* ---- behind the addresses ---- */

static enum err
read_log(struct reader *reader)
{
	struct acl_words *words = &reader->words;
	uint64_t interval;

	reader->rule->log = true;
	if (acl_word_is(words, "disable") || acl_word_is(words, "default")) {
		reader->rule->log = false;
		return ERR_OK;
	}
	if (acl_is_level(acl_word(words)))
		(void)acl_word_take(words);
	if (!acl_word_is(words, "interval"))
		return ERR_OK;
	const char *word = acl_word_take(words);
	if (str_to_u64(word, 1, LOG_INTERVAL_MAX, &interval) != ERR_OK)
		return acl_fail(
		    reader->read, "\"interval %.40s\": use 1-%d seconds", word, LOG_INTERVAL_MAX);
	return ERR_OK;
}

static enum err
read_tail(struct reader *reader)
{
	struct acl_words *words = &reader->words;

	if (acl_word_is(words, "log")) {
		enum err err = read_log(reader);

		if (err != ERR_OK)
			return err;
	}
	if (strcmp(acl_word(words), "time-range") == 0)
		return acl_fail(reader->read,
		    "time-range in a rule is not supported; use vpn-access-hours of a policy");
	if (acl_word_is(words, "inactive"))
		reader->rule->empty = true;
	return acl_words_end(reader->read, words);
}

static enum err
read_standard(struct reader *reader)
{
	static const struct acl_net any;
	struct acl_net net;
	enum err err = acl_services_add(reader->read, &reader->rule->services, &any_service);

	if (err == ERR_OK)
		err = acl_net_read(reader->read, &reader->words, &net);
	if (err == ERR_OK)
		err = acl_side_add(reader->read, &reader->rule->src, &net);
	if (err == ERR_OK)
		err = acl_side_add(reader->read, &reader->rule->dst, &any);
	return err != ERR_OK ? err : acl_words_end(reader->read, &reader->words);
}

static enum err
read_extended(struct reader *reader)
{
	enum err err = read_service(reader);

	if (err == ERR_OK)
		err = acl_where(reader->read, read_side(reader, &reader->rule->src), "source");
	if (err == ERR_OK)
		err = read_ports(reader, &reader->sports);
	if (err == ERR_OK)
		err = acl_where(reader->read, read_side(reader, &reader->rule->dst), "destination");
	if (err == ERR_OK)
		err = read_ports(reader, &reader->dports);
	if (err == ERR_OK)
		err = read_icmp(reader);
	if (err == ERR_OK)
		err = read_tail(reader);
	if (err == ERR_OK)
		err = acl_services_product(reader->read, &reader->rule->services, &reader->protos,
		    &reader->sports, &reader->dports);
	return err;
}

static enum err
read_rule(struct reader *reader, bool extended, size_t line)
{
	enum err err = read_line(reader, line);

	if (err != ERR_OK)
		return err;
	if (acl_word_is(&reader->words, "remark")) {
		reader->rule->empty = true;
		return ERR_OK;
	}
	err = read_action(reader);
	if (err != ERR_OK)
		return err;
	return extended ? read_extended(reader) : read_standard(reader);
}

/* A remark may be longer than other rules have words. */
static bool
is_remark(const char *text)
{
	text += strspn(text, " \t");
	return strncmp(text, "remark", 6) == 0 && (text[6] == '\0' || strchr(" \t", text[6]));
}

enum err
acl_rule_read(
    struct acl_read *read, bool extended, size_t line, const char *text, struct acl_rule *out)
{
	struct reader reader = {.read = read, .rule = out};
	enum err err = acl_work(read);

	*out = (struct acl_rule){.empty = is_remark(text)};
	if (err != ERR_OK || out->empty)
		return err;
	err = acl_words_split(read, text, &reader.words);
	if (err == ERR_OK)
		err = read_rule(&reader, extended, line);
	free(reader.sports.items);
	free(reader.dports.items);
	return err;
}

void
acl_rule_fini(struct acl_rule *rule)
{
	acl_side_fini(&rule->src);
	acl_side_fini(&rule->dst);
	free(rule->services.items);
	*rule = (struct acl_rule){0};
}
