/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of access lists, objects and groups share: the words of a line, the reason why
 * one is refused, lists of what was read, and the forms of addresses, ports and services that stand
 * for themselves. For conf/acl*.c and check_acl.c.
 */
#ifndef CONF_ACL_READ_H
#define CONF_ACL_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "conf/acl.h"
#include "conf/acl_names.h"
#include "conf/conf.h"

#define ACL_LINE_MAX 1024 /* bytes of one rule or member */
#define ACL_WORDS_MAX 64
#define ACL_WHY_MAX 512
#define ACL_WORK_MAX 1000000 /* rules and members looked at for one list or group */

/* One reading: what names refer to, how much work it was, why it failed. */
struct acl_read {
	const struct conf *conf;
	char why[ACL_WHY_MAX];
	size_t work;
	bool within; /* the fault is in an object or group that was named, not in the rule itself */
};

/* A line, cut at blanks, and how far it was read. */
struct acl_words {
	char text[ACL_LINE_MAX + 1];
	const char *word[ACL_WORDS_MAX];
	size_t len;
	size_t at;
};

enum acl_family { ACL_FAMILY_ANY, ACL_FAMILY_4, ACL_FAMILY_6, ACL_FAMILIES };

struct acl_nets {
	struct acl_net *items;
	size_t len;
	size_t cap;
};

/* Source or destination of a rule, by family. */
struct acl_side {
	struct acl_nets of[ACL_FAMILIES];
};

struct acl_port_list {
	struct acl_ports *items;
	size_t len;
	size_t cap;
};

/* Protocols, none twice. */
struct acl_protos {
	int16_t items[257];
	size_t len;
};

struct acl_service {
	int16_t proto;
	int16_t icmp_type;
	int16_t icmp_code;
	struct acl_ports sport;
	struct acl_ports dport;
};

struct acl_services {
	struct acl_service *items;
	size_t len;
	size_t cap;
};

extern const struct acl_ports acl_all_ports;

/* Say why, in place of what was said. ERR_SYNTAX. */
enum err acl_fail(struct acl_read *read, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Unless err is ERR_OK, say where in front of why. Returns err. */
enum err acl_where(struct acl_read *read, enum err err, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Count a rule or member. ERR_LIMIT. */
enum err acl_work(struct acl_read *read) MUST_USE;
/* Room for one more behind len items, at most ACL_ENTRIES_MAX of them. items may move; NULL: it
 * stays, and *err is ERR_LIMIT (with a reason) or ERR_NOMEM. */
void *acl_room(struct acl_read *read, void *items, size_t *cap, size_t len, size_t size,
    enum err *err) MUST_USE;

/* ERR_SYNTAX: too long, or too many words. */
enum err acl_words_split(struct acl_read *read, const char *text, struct acl_words *words) MUST_USE;
/* The next word, without or with taking it; "" at the end. */
const char *acl_word(const struct acl_words *words);
const char *acl_word_take(struct acl_words *words);
/* Take the next word if it is this one. */
bool acl_word_is(struct acl_words *words, const char *word);
/* ERR_SYNTAX if a word is left. */
enum err acl_words_end(struct acl_read *read, const struct acl_words *words) MUST_USE;

/* Add a network to its family's list. */
enum err acl_side_add(
    struct acl_read *read, struct acl_side *side, const struct acl_net *net) MUST_USE;
void acl_side_fini(struct acl_side *side);
/* "any", "any4", "any6", "host A", "NET MASK", "P/L". */
enum err acl_net_read(struct acl_read *read, struct acl_words *words, struct acl_net *out) MUST_USE;
/* The value of a network object: "host A", "subnet ..", "range A B". */
enum err acl_net_object(
    struct acl_read *read, struct acl_words *words, struct acl_net *out) MUST_USE;
/* Call fn for the prefixes that make up a range of addresses, in order; stops at an error. */
typedef enum err (*acl_prefix_fn)(const struct ip_prefix *prefix, void *arg);
enum err acl_net_prefixes(const struct acl_net *net, acl_prefix_fn fn, void *arg) MUST_USE;

void acl_protos_add(struct acl_protos *protos, int16_t proto);
/* The ports that all of them have; 0: some has none. */
unsigned acl_protos_ports(const struct acl_protos *protos);
enum err acl_proto_read(struct acl_read *read, const char *word, int16_t *out) MUST_USE;
/* Is it an operator: eq, neq, lt, gt, range? */
bool acl_is_operator(const char *word);
/* An operator and its ports. */
enum err acl_ports_read(struct acl_read *read, struct acl_words *words, unsigned of,
    struct acl_port_list *out) MUST_USE;
enum err acl_ports_add(
    struct acl_read *read, struct acl_port_list *list, struct acl_ports ports) MUST_USE;
/* An ICMP type and, if one follows, a code. */
enum err acl_icmp_read(struct acl_read *read, struct acl_words *words, int16_t proto,
    struct acl_service *out) MUST_USE;
/* Each protocol with each pair of ports. An empty list of ports stands for all. */
enum err acl_services_product(struct acl_read *read, struct acl_services *out,
    const struct acl_protos *protos, const struct acl_port_list *sports,
    const struct acl_port_list *dports) MUST_USE;
enum err acl_services_add(
    struct acl_read *read, struct acl_services *out, const struct acl_service *service) MUST_USE;
/* "tcp [source OP ..] [destination OP ..]", "icmp [TYPE [CODE]]", "esp", to the end of the words.
 */
enum err acl_service_read(
    struct acl_read *read, struct acl_words *words, struct acl_services *out) MUST_USE;

#endif
