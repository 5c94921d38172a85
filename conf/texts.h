/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that a configuration is made of: configuration files and PEM files, by name. Wiped when
 * freed. */
#ifndef CONF_TEXTS_H
#define CONF_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

#define TEXTS_FILE_MAX 4194304 /* bytes of one file */
#define TEXTS_COUNT_MAX 600    /* files: two for each trustpoint, and ours */

enum texts_type { TEXTS_CONF, TEXTS_PEM, TEXTS_TYPE_COUNT };

struct text {
	enum texts_type type;
	char *name; /* "users.conf", or a PEM file's path as pki.conf has it */
	struct buf data;
};

struct texts {
	struct text *items;
	size_t len;
};

/* Add a copy. ERR_EXISTS: that name is there; ERR_LIMIT: too big or too many; ERR_NOMEM. */
enum err texts_add(struct texts *texts, enum texts_type type, const char *name, const void *data,
    size_t len) MUST_USE;
/* NULL: none. */
const struct text *texts_find(const struct texts *texts, enum texts_type type, const char *name);
void texts_fini(struct texts *texts);

#endif
