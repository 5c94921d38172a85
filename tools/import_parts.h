/* SPDX-License-Identifier: Apache-2.0 */
/* What struct import is made of. For the engine (import_read.c, import_run.c, ..) only; the tables
 * of commands know tools/import.h. */
#ifndef TOOLS_IMPORT_PARTS_H
#define TOOLS_IMPORT_PARTS_H

#include "tools/import.h"

#define IMPORT_TEXT_MAX 67108864 /* bytes of a running-config */
#define IMPORT_LINES_MAX 1000000
#define IMPORT_LINE_MAX 65536  /* bytes of one line */
#define IMPORT_DEPTH_MAX 8     /* modes within modes */
#define IMPORT_ERRORS_MAX 50   /* more are counted only */
#define IMPORT_TODO_MAX 100000 /* things to do by hand */

/* A node of the tree while it is being built. It stays where it is, which the children of a struct
 * node do not; node.children is not used. node.line: the line of the input that set it. */
struct import_item {
	struct node node;
	enum conf_kind kind; /* of a group */
	struct import_item **items;
	size_t len;
	size_t cap;
};

/* A mode that lines may belong to. mode NULL: nothing can be below the head. */
struct import_frame {
	const struct import_mode *mode;
	struct import_line *head;
	struct node *object;
};

/* A file to write beside the configuration. */
struct import_pem {
	char *name;
	struct buf data;
	bool secret;
};

struct import_names;
struct import_network;

struct import {
	char *name; /* of the input, for messages */
	struct import_line **lines;
	size_t lines_len;
	size_t lines_cap;
	size_t next;              /* index of the line after the present one */
	struct import_line *line; /* the present one; NULL: none, or all are read */
	bool flat;                /* the input has no indentation at all */
	bool entered;             /* the command at hand has called import_enter() */
	struct import_frame stack[IMPORT_DEPTH_MAX];
	size_t depth;
	struct import_item *roots[CONF_PKI + 1];
	struct import_item spare; /* given out when memory is out */
	struct import_item *lost; /* objects beyond a limit: set, and never written */
	struct import_names *names;
	struct import_network *network;
	char **todos;
	size_t todos_len;
	struct import_pem *pems;
	size_t pems_len;
	char *hostname;
	char *domain;
	struct buf errors;
	unsigned errors_count;
	bool out_of_memory;
};

/* Text to lines. Complaints go to import_errors(). */
void import_read(struct import *import, const char *text, size_t len);
/* "name:number: ..."; number 0: the input as a whole. */
void import_complain(struct import *import, int number, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* strdup that remembers when memory is out. */
char *import_strdup(struct import *import, const char *text) MUST_USE;

/* import_top.c: the tables of the top level. */
extern const struct import_table *const import_top_tables[];
extern const size_t import_top_tables_len;

/* import_tree.c. */
/* The item of a node that the tree gave out. */
struct import_item *import_item_of(struct node *node);
void import_tree_free(struct import *import);
/* The setting of a group; NULL: it is not there. */
struct import_item *import_item_find(const struct import_item *group, const char *setting);
/* The list of the objects of a named kind; NULL: there are none. */
struct import_item *import_item_list(const struct import *import, enum conf_kind kind);
/* Take an element out of a list, or a setting out of a group. */
void import_item_remove(struct import_item *parent, size_t index);
/* The name of the object that a node of a list is; "" when it has none. */
const char *import_item_name(const struct import_item *item);

/* import_lists.c: lists and objects wait until it is known who uses them. */
void import_lists_free(struct import *import);
/* import_pools.c: what the daemon would refuse of the pools. */
void import_pools_finish(struct import *import);
/* An address for the tun, "192.0.2.7/32", out of the first pool's network: in no pool, and in no
 * network that an interface of the ASA had. False: there is none. */
bool import_pools_tun(const struct import *import, bool v6, struct buf *out);

/* import_finish.c: what names something that is not there, what lacks something. */
void import_finish(struct import *import);

/* import_gateway.c: listeners and tun. */
void import_gateway_finish(struct import *import);

/* import_identity.c: a key and a certificate for names and addresses, PEM. */
enum err import_identity(
    const char *const *names, size_t len, struct buf *certificate, struct buf *key) MUST_USE;

#endif
