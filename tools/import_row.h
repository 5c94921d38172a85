/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the words of an ASA's line to a setting, by the tables of conf/: the words spell the
 * setting's name ("vpn-idle-timeout alert-interval 5"), the rest is its value, and what the daemon
 * would refuse is refused here, with its reason. Also the few things that the files of commands
 * do to the tree beyond import.h.
 */
#ifndef TOOLS_IMPORT_ROW_H
#define TOOLS_IMPORT_ROW_H

#include "conf/row.h"
#include "tools/import.h"

/* Other spellings of a setting's first words, "svc rekey" for "anyconnect ssl rekey". */
struct import_row_spelling {
	const char *from;
	const char *to;
};

/*
 * Convert a line whose words spell a setting of the kind, or one that is known and refused. object
 * NULL: its head was not converted, and so the line is not. False: no such setting.
 */
bool import_row_line(struct import *import, struct import_line *line, struct node *object,
    enum conf_kind kind, const struct import_row_spelling *spellings, size_t spellings_len);
/*
 * Set one setting from words; "value" may stand before them. The line is accounted for. False: the
 * words are no value for it, nothing was changed.
 */
bool import_row_set(struct import *import, struct import_line *line, struct node *object,
    enum conf_kind kind, unsigned setting, char *const *words, size_t len);
/* The table's name of a setting. */
const char *import_row_name(enum conf_kind kind, unsigned setting);
/*
 * May this be the value of a text setting? False: the line says why not.
 */
bool import_row_fits(
    struct import_line *line, enum conf_kind kind, unsigned setting, const char *text);
/* Words put together with a blank between; "" for none. */
const char *import_row_join(struct buf *buf, char *const *words, size_t len);

/* A member of a group; NULL: not there. */
struct node *import_row_child(const struct node *object, const char *name);
/* Members of a group or list; NULL has none. */
size_t import_row_len(const struct node *list);
struct node *import_row_at(const struct node *list, size_t index);
/* Drop one; the others keep their order. */
void import_row_drop(struct node *list, size_t index);
/* Deep copy of the members of one group into another. */
void import_row_copy(struct import *import, struct node *to, const struct node *from);
/* The name of an object ("name" of a group); "" when it has none. */
const char *import_row_object_name(const struct node *object);

/* Add to the end of a file beside the configuration; made if it is not there. */
void import_row_file(struct import *import, const char *name, const struct buf *data);
/* A mark on an object, for the finish functions: what it says is less than the input did. */
void import_row_mark(struct node *object);
bool import_row_is_marked(const struct node *object);
/* Fate of a line in a mode whose head was not converted. */
void import_row_orphan(struct import_line *line);

/* import_radius.c: lines of an aaa-server that is RADIUS. */
void import_radius_interim(struct import *import, struct import_line *line);
void import_radius_dynamic(struct import *import, struct import_line *line);
void import_radius_capable(struct import *import, struct import_line *line);
/* "proxy-auth_map sdi CODE TEXT", for a host (NULL: its line was not converted). */
void import_radius_sdi(struct import *import, struct import_line *line, struct node *host);
/* What the daemon would refuse of what was put together. */
void import_radius_finish(struct import *import);

#endif
