/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking object-groups: one walker for the ways of all types (remarks, groups in groups, the path
 * to where something is wrong), and one function per type for its members.
 */
#include "conf/acl_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk;
typedef enum err (*member_fn)(struct walk *walk, struct acl_words *words);

struct walk {
	struct acl_read *read;
	enum acl_group_type type;
	member_fn member;
	void *out;
	unsigned of;   /* ports of the rule that asks */
	int16_t proto; /* ICMP of the rule that asks; ACL_ANY: either */
	bool self;     /* the first group is what is looked at, its faults are its own */
	bool deep;     /* the fault is how that group hangs together with others */
	const struct conf_object *path[ACL_GROUP_DEPTH];
	size_t depth;
};

static const char *
name_of(const struct conf_object *object)
{
	const char *name = conf_str(object, object->kind == CONF_OBJECT ? OB_NAME : OG_NAME);

	return name != NULL ? name : "";
}

static const struct conf_object *
find(const struct acl_read *read, enum conf_kind kind, const char *name)
{
	return read->conf != NULL ? conf_find(read->conf, kind, name) : NULL;
}

/* ---- types ---- */

static const char *
protocol_of(const struct conf_object *group)
{
	const char *protocol = conf_str(group, OG_PROTOCOL);

	return protocol != NULL ? protocol : "none";
}

static enum acl_group_type
type_of(const struct conf_object *group)
{
	const char *type = conf_str(group, OG_TYPE);

	if (type == NULL || strcmp(type, "network") == 0)
		return ACL_GROUP_NETWORK;
	if (strcmp(type, "protocol") == 0)
		return ACL_GROUP_PROTOCOL;
	if (strcmp(type, "icmp-type") == 0)
		return ACL_GROUP_ICMP;
	return strcmp(protocol_of(group), "none") == 0 ? ACL_GROUP_SERVICE : ACL_GROUP_PORTS;
}

enum acl_group_type
acl_group_type(const struct acl_read *read, const char *name)
{
	const struct conf_object *group = find(read, CONF_OBJECT_GROUP, name);

	return group != NULL ? type_of(group) : ACL_GROUP_NONE;
}

static const char *
type_text(enum acl_group_type type)
{
	static const char *const texts[] = {
	    [ACL_GROUP_NONE] = "none",
	    [ACL_GROUP_NETWORK] = "networks",
	    [ACL_GROUP_SERVICE] = "services",
	    [ACL_GROUP_PORTS] = "ports",
	    [ACL_GROUP_PROTOCOL] = "protocols",
	    [ACL_GROUP_ICMP] = "ICMP types",
	};

	return texts[type];
}

/* Which ports a group of port-objects is about. */
static unsigned
group_ports(const struct conf_object *group)
{
	const char *protocol = protocol_of(group);

	if (strcmp(protocol, "tcp") == 0)
		return ACL_PORTS_TCP;
	if (strcmp(protocol, "udp") == 0)
		return ACL_PORTS_UDP;
	return ACL_PORTS_TCP | ACL_PORTS_UDP;
}

/* ---- the walk ---- */

static enum err walk_group(struct walk *walk, const struct conf_object *group);

static enum err
missing(struct acl_read *read, enum conf_kind kind, const char *name)
{
	bool group = kind == CONF_OBJECT_GROUP;

	if (name[0] == '\0')
		return acl_fail(
		    read, "a name is missing behind %s", group ? "object-group" : "object");
	if (find(read, group ? CONF_OBJECT : CONF_OBJECT_GROUP, name) != NULL)
		return acl_fail(read, "\"%.64s\" is an %s; write %s %.64s", name,
		    group ? "object" : "object-group", group ? "object" : "object-group", name);
	return acl_fail(read, "there is no %s \"%.64s\"; define it in %s",
	    group ? "object-group" : "object", name, group ? "object-groups" : "objects");
}

/* A group may be used where its type is wanted; one of ports where the rule has those ports. */
static enum err
fits(struct walk *walk, const struct conf_object *group)
{
	if (type_of(group) != walk->type)
		return acl_fail(walk->read,
		    "object-group %.64s is one of %s; here is one of %s wanted", name_of(group),
		    type_text(type_of(group)), type_text(walk->type));
	if (walk->type == ACL_GROUP_PORTS && (walk->of & ~group_ports(group)) != 0)
		return acl_fail(walk->read,
		    "object-group %.64s is one of %s ports; here are others wanted", name_of(group),
		    protocol_of(group));
	return ERR_OK;
}

static enum err
walk_name(struct walk *walk, const char *name)
{
	const struct conf_object *group = find(walk->read, CONF_OBJECT_GROUP, name);
	enum err err;

	if (group == NULL)
		return missing(walk->read, CONF_OBJECT_GROUP, name);
	err = fits(walk, group);
	return err != ERR_OK ? err : walk_group(walk, group);
}

static enum err
walk_nested(struct walk *walk, struct acl_words *words)
{
	const char *name = acl_word_take(words);
	enum err err = acl_words_end(walk->read, words);

	return err != ERR_OK ? err : walk_name(walk, name);
}

static enum err
walk_member(struct walk *walk, const char *text)
{
	struct acl_words words;
	enum err err = acl_work(walk->read);

	if (err == ERR_OK)
		err = acl_words_split(walk->read, text, &words);
	if (err != ERR_OK)
		return err;
	if (acl_word_is(&words, "description"))
		return ERR_OK;
	if (acl_word_is(&words, "group-object"))
		return walk_nested(walk, &words);
	err = walk->member(walk, &words);
	return err != ERR_OK ? err : acl_words_end(walk->read, &words);
}

/* One more group on the path to where we are. */
static enum err
walk_enter(struct walk *walk, const struct conf_object *group)
{
	for (size_t i = 0; i < walk->depth; i++) {
		if (walk->path[i] != group)
			continue;
		walk->deep = i == 0;
		return acl_fail(
		    walk->read, "object-group %.64s contains itself; take it out", name_of(group));
	}
	if (walk->depth == ACL_GROUP_DEPTH) {
		walk->deep = true;
		return acl_fail(
		    walk->read, "groups in groups, more than %d deep; use fewer", ACL_GROUP_DEPTH);
	}
	walk->path[walk->depth++] = group;
	return ERR_OK;
}

static enum err
walk_group(struct walk *walk, const struct conf_object *group)
{
	char *const *members;
	size_t len = conf_list(group, OG_MEMBERS, &members);
	enum err err = walk_enter(walk, group);

	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		err = walk_member(walk, members[i]);
		(void)acl_where(walk->read, err, "object-group %.64s, member %zu \"%.64s\"",
		    name_of(group), i + 1, members[i]);
	}
	walk->depth--;
	if (err != ERR_OK && !(walk->self && walk->depth == 0))
		walk->read->within = true;
	return err;
}

/* ---- members ---- */

static enum err
unknown(struct walk *walk, const char *word, const char *right)
{
	return acl_fail(walk->read, "\"%.40s\" does not belong in a group of %s; use %s", word,
	    type_text(walk->type), right);
}

static enum err
member_net(struct walk *walk, struct acl_words *words)
{
	struct acl_net net;
	enum err err;

	if (!acl_word_is(words, "network-object"))
		return unknown(walk, acl_word(words), "network-object or group-object");
	if (acl_word_is(words, "object"))
		return acl_group_object_net(walk->read, acl_word_take(words), walk->out);
	err = acl_net_read(walk->read, words, &net);
	return err != ERR_OK ? err : acl_side_add(walk->read, walk->out, &net);
}

static enum err
member_service(struct walk *walk, struct acl_words *words)
{
	if (!acl_word_is(words, "service-object"))
		return unknown(walk, acl_word(words), "service-object or group-object");
	if (acl_word_is(words, "object"))
		return acl_group_object_service(walk->read, acl_word_take(words), walk->out);
	return acl_service_read(walk->read, words, walk->out);
}

static enum err
member_port(struct walk *walk, struct acl_words *words)
{
	const struct conf_object *group = walk->path[walk->depth - 1];

	if (!acl_word_is(words, "port-object"))
		return unknown(walk, acl_word(words), "port-object or group-object");
	if (strcmp(acl_word(words), "eq") != 0 && strcmp(acl_word(words), "range") != 0)
		return acl_fail(
		    walk->read, "\"%.40s\": use eq PORT or range FIRST LAST", acl_word(words));
	return acl_ports_read(walk->read, words, group_ports(group), walk->out);
}

static enum err
member_proto(struct walk *walk, struct acl_words *words)
{
	int16_t proto;
	enum err err;

	if (!acl_word_is(words, "protocol-object"))
		return unknown(walk, acl_word(words), "protocol-object or group-object");
	err = acl_proto_read(walk->read, acl_word_take(words), &proto);
	if (err == ERR_OK)
		acl_protos_add(walk->out, proto);
	return err;
}

static enum err
member_icmp(struct walk *walk, struct acl_words *words)
{
	struct acl_service service;
	int16_t proto = walk->proto, type;

	if (!acl_word_is(words, "icmp-object"))
		return unknown(walk, acl_word(words), "icmp-object or group-object");
	if (proto == ACL_ANY)
		proto = acl_icmp_type(acl_word(words), ACL_ICMP, &type) == ERR_OK ? ACL_ICMP
										  : ACL_ICMP6;
	enum err err = acl_icmp_read(walk->read, words, proto, &service);
	return err != ERR_OK ? err : acl_services_add(walk->read, walk->out, &service);
}

static const member_fn members_of[] = {
    [ACL_GROUP_NETWORK] = member_net,
    [ACL_GROUP_SERVICE] = member_service,
    [ACL_GROUP_PORTS] = member_port,
    [ACL_GROUP_PROTOCOL] = member_proto,
    [ACL_GROUP_ICMP] = member_icmp,
};

static struct walk
walk_make(struct acl_read *read, enum acl_group_type type, void *out)
{
	return (struct walk){
	    .read = read, .type = type, .member = members_of[type], .out = out, .proto = ACL_ANY};
}

/* ---- what rules ask ---- */

/* Split the value of an object of this type. */
static enum err
object_words(struct acl_read *read, const char *name, const char *type, struct acl_words *words)
{
	const struct conf_object *object = find(read, CONF_OBJECT, name);

	if (object == NULL)
		return missing(read, CONF_OBJECT, name);
	if (conf_str(object, OB_TYPE) != NULL && strcmp(conf_str(object, OB_TYPE), type) != 0)
		return acl_fail(read, "object %.64s is a %s object; here is a %s object wanted",
		    name, conf_str(object, OB_TYPE), type);
	const char *value = conf_str(object, OB_VALUE);
	return acl_words_split(read, value != NULL ? value : "", words);
}

/* An error in the value of an object. */
static enum err
object_wrong(struct acl_read *read, enum err err, const char *name)
{
	read->within = true;
	return acl_where(read, err, "object %.64s", name);
}

enum err
acl_group_object_net(struct acl_read *read, const char *name, struct acl_side *out)
{
	struct acl_words words;
	struct acl_net net;
	enum err err = object_words(read, name, "network", &words);

	if (err != ERR_OK)
		return err;
	err = acl_net_object(read, &words, &net);
	return err != ERR_OK ? object_wrong(read, err, name) : acl_side_add(read, out, &net);
}

enum err
acl_group_object_service(struct acl_read *read, const char *name, struct acl_services *out)
{
	struct acl_words words;
	enum err err = object_words(read, name, "service", &words);

	if (err != ERR_OK)
		return err;
	err = acl_service_read(read, &words, out);
	return err != ERR_OK ? object_wrong(read, err, name) : ERR_OK;
}

enum err
acl_group_nets(struct acl_read *read, const char *name, struct acl_side *out)
{
	struct walk walk = walk_make(read, ACL_GROUP_NETWORK, out);

	return walk_name(&walk, name);
}

enum err
acl_group_services(struct acl_read *read, const char *name, struct acl_services *out)
{
	struct walk walk = walk_make(read, ACL_GROUP_SERVICE, out);

	return walk_name(&walk, name);
}

enum err
acl_group_protos(struct acl_read *read, const char *name, struct acl_protos *out)
{
	struct walk walk = walk_make(read, ACL_GROUP_PROTOCOL, out);

	return walk_name(&walk, name);
}

enum err
acl_group_ports(struct acl_read *read, const char *name, unsigned of, struct acl_port_list *out)
{
	struct walk walk = walk_make(read, ACL_GROUP_PORTS, out);

	walk.of = of;
	return walk_name(&walk, name);
}

enum err
acl_group_icmp(struct acl_read *read, const char *name, int16_t proto, struct acl_services *out)
{
	struct walk walk = walk_make(read, ACL_GROUP_ICMP, out);

	walk.proto = proto;
	return walk_name(&walk, name);
}

/* ---- by themselves ---- */

static enum err
check_object(struct acl_read *read, const struct conf_object *object)
{
	const char *type = conf_str(object, OB_TYPE), *value = conf_str(object, OB_VALUE);
	struct acl_services services = {0};
	struct acl_words words;
	struct acl_net net;
	enum err err = acl_words_split(read, value != NULL ? value : "", &words);

	if (err == ERR_OK && type != NULL && strcmp(type, "service") == 0)
		err = acl_service_read(read, &words, &services);
	else if (err == ERR_OK)
		err = acl_net_object(read, &words, &net);
	free(services.items);
	return err;
}

static enum err
check_group(struct acl_read *read, const struct conf_object *group)
{
	struct acl_side side = {0};
	struct acl_services services = {0};
	struct acl_port_list ports = {0};
	struct acl_protos protos = {0};
	void *const outs[] = {
	    [ACL_GROUP_NETWORK] = &side,
	    [ACL_GROUP_SERVICE] = &services,
	    [ACL_GROUP_PORTS] = &ports,
	    [ACL_GROUP_PROTOCOL] = &protos,
	    [ACL_GROUP_ICMP] = &services,
	};
	enum acl_group_type type = type_of(group);
	struct walk walk = walk_make(read, type, outs[type]);

	if (type != ACL_GROUP_SERVICE && type != ACL_GROUP_PORTS &&
	    strcmp(protocol_of(group), "none") != 0)
		return acl_fail(read,
		    "protocol belongs to groups of type service; leave it out or set the type");
	walk.of = type == ACL_GROUP_PORTS ? group_ports(group) : 0;
	walk.self = true;
	enum err err = walk_group(&walk, group);
	if (walk.deep)
		read->within = false;
	acl_side_fini(&side);
	free(services.items);
	free(ports.items);
	return err;
}

enum err
acl_group_check(struct acl_read *read, const struct conf_object *object)
{
	return object->kind == CONF_OBJECT ? check_object(read, object) : check_group(read, object);
}
