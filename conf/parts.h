/* SPDX-License-Identifier: Apache-2.0 */
/* What struct conf is made of, and the steps of building one. For conf/ only. */
#ifndef CONF_PARTS_H
#define CONF_PARTS_H

#include <stdatomic.h>

#include "conf/conf.h"
#include "conf/texts.h"

#define PARTS_ROOT_COUNT (CONF_PKI + 1)

/* The objects of a kind that have names. */
struct parts_index {
	const struct conf_object **all;     /* in file order */
	const struct conf_object **by_name; /* sorted; those whose name could be read */
	size_t all_len;
	size_t by_name_len;
};

struct conf {
	atomic_uint refs;
	struct texts texts;
	struct conf_object *roots[PARTS_ROOT_COUNT]; /* NULL: that file is not part of it */
	struct parts_index index[CONF_KIND_COUNT];
};

/* One configuration file. */
struct parts_file {
	enum conf_kind root;
	const char *name;
	bool required;
	bool secret;        /* nobody but its owner and group may read it */
	unsigned role_mask; /* roles that may see it: 1 << IPC__ROLE_ID__x */
};

extern const struct parts_file parts_files[PARTS_ROOT_COUNT];

/* Where objects of a kind are listed and which setting is their name. NULL: they have none. */
struct parts_named {
	enum conf_kind kind;
	enum conf_kind root;
	unsigned list;
	unsigned name;
};

extern const struct parts_named parts_named[];
extern const size_t parts_named_len;
const struct parts_named *parts_named_find(enum conf_kind kind);
/* The name of an object of such a kind; NULL: it has none, or it could not be read. */
const char *parts_name(const struct conf_object *object);

/* An empty configuration with one reference. NULL: memory. */
struct conf *parts_new(struct conf_errors *errors) MUST_USE;
/* Parse every text into its root, add what exists without being written, make the indexes. */
void parts_build(struct conf *conf, struct conf_errors *errors);
/* The configuration if there was no error, else NULL and it is gone. */
struct conf *parts_finish(struct conf *conf, struct conf_errors *errors) MUST_USE;

#endif
