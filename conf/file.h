/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration text as a tree of values with their lines. file.c is the only place that knows
 * libconfig. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum node_type {
	NODE_GROUP,
	NODE_LIST, /* ( ) and [ ] alike */
	NODE_BOOL,
	NODE_INT,
	NODE_FLOAT,
	NODE_STRING,
};

struct node {
	enum node_type type;
	char *name; /* NULL in a list */
	int line;
	int64_t num;
	char *str;
	struct node *children;
	size_t len;
};

/*
 * Parse the text of a file; file is its base name, for errors. *out is the top-level group.
 * ERR_SYNTAX: errors tell; ERR_NOMEM.
 */
enum err file_parse(const char *file, const char *text, size_t len, struct conf_errors *errors,
    struct node **out) MUST_USE;
/* Wipe and free; NULL is fine. */
void file_free(struct node *root);
/* "a number", "a text", ..: for errors. */
const char *file_type_name(enum node_type type);

#endif
