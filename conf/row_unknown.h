/* SPDX-License-Identifier: Apache-2.0 */
/* What to say about a name or word that the tables do not know. For row.c. */
#ifndef CONF_ROW_UNKNOWN_H
#define CONF_ROW_UNKNOWN_H

#include "conf/row.h"

/* Index of the row of that name; the kind's len: there is none. */
unsigned row_find(const struct row_kind *kind, const char *name);
/* Complain about a member of the object's group that is no row of its kind. */
void row_unknown_setting(
    struct conf_errors *errors, const struct conf_object *object, const struct node *member);
/* Why a word of the ASA is refused for a setting ("authentication saml" in the kind's refused
 * table); NULL: it is not known at all. */
const char *row_unknown_word(const struct row_kind *kind, const struct row *row, const char *word);

#endif
