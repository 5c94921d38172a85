/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access lists and objects of the input, as they were read. An ASA has them for many things; which
 * ones we need is known only at the end (import_lists_finish). For import_{network,lists,judge}.c.
 */
#ifndef TOOLS_IMPORT_LISTS_H
#define TOOLS_IMPORT_LISTS_H

#include <uthash.h>

#include "conf/acl.h"
#include "tools/import_parts.h"

/* One line of an access list. */
struct import_rule {
	struct import_line *line;
	char *text; /* as in our rules: "permit ip any any", "remark .."; NULL: nothing to carry */
	bool remark;
	bool permit;
	bool dropped;
	char *why;      /* it cannot be carried over; NULL: it can */
	size_t entries; /* that it becomes */
};

enum import_list_type { IMPORT_LIST_NONE, IMPORT_LIST_STANDARD, IMPORT_LIST_EXTENDED };

struct import_list {
	char *name;
	enum import_list_type type;
	struct import_rule *rules;
	size_t len;
	size_t cap;
	bool filter; /* of a vpn-filter: what it loses must not make it weaker */
	bool split;  /* of split tunneling */
	UT_hash_handle hh;
};

/* One line of an object or object-group: its head, or a member. */
struct import_member {
	struct import_line *line;
	char *text; /* NULL: the head */
};

struct import_object {
	char *name;
	bool group;
	char *type;     /* "network", "service", .. */
	char *protocol; /* of a service group; NULL: none */
	struct import_member *members;
	size_t len;
	size_t cap;
	bool wanted; /* a rule that is carried over reaches it */
	bool bad;    /* it cannot be carried over */
	UT_hash_handle hh;
};

struct import_network {
	struct import_list *lists;
	struct import_object *objects;
};

/* The commands behind "access-list", "ipv6 access-list", "object", "object-group". */
void import_lists_rule(struct import *import, struct import_line *line);
void import_lists_rule6(struct import *import, struct import_line *line);
void import_lists_object(struct import *import, struct import_line *line);
void import_lists_group(struct import *import, struct import_line *line);
/* Decide what becomes of them all, and put what is needed into the tree. */
void import_lists_finish(struct import *import);

/* import_judge.c: say of each rule of the lists in use why it cannot be carried over, and mark the
 * objects that cannot, by the daemon's own reader. */
void import_judge(struct import *import);
/* Mark what the rules that are left reach. */
void import_judge_wanted(struct import *import);
/* A new object in the tree for one of these. */
void import_lists_put_object(struct import *import, const struct import_object *object);

#endif
