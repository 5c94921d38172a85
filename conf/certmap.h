/* SPDX-License-Identifier: Apache-2.0 */
/* The rule language of certificate maps (asa.md 3): does a certificate satisfy a criterion? Pure.
 */
#ifndef CONF_CERTMAP_H
#define CONF_CERTMAP_H

#include <stdbool.h>

#include "common/ipc.pb-c.h"
#include "conf/conf.h"

enum certmap_field {
	CERTMAP_SUBJECT_NAME,
	CERTMAP_ISSUER_NAME,
	CERTMAP_ALT_SUBJECT_NAME,
	CERTMAP_EXTENDED_KEY_USAGE,
};
enum certmap_op { CERTMAP_EQ, CERTMAP_NE, CERTMAP_CO, CERTMAP_NC };

struct certmap_criterion {
	enum certmap_field field;
	char tag[8]; /* lower case; "": the whole name */
	enum certmap_op op;
	char value[256];
};

/*
 * "subject-name attr ou eq Staff", "alt-subject-name co @corp.example", "extended-key-usage co
 * 1.3.6.1.5.5.7.3.2". A value may be in quotes. ERR_SYNTAX, ERR_LIMIT.
 */
enum err certmap_parse(const char *text, struct certmap_criterion *out) MUST_USE;
/* Case-insensitive. A tag that occurs several times: eq and co want one of them to fit, ne and nc
 * none. */
bool certmap_holds(const struct certmap_criterion *criterion, const Ipc__CertNames *names);
/* Do all criteria of a CONF_CERTIFICATE_MAP hold? One without criteria fits nobody. */
bool certmap_matches(const struct conf_object *map, const Ipc__CertNames *names);
/* Is there a rule of this certificate map, and with names (NULL: whatever they are) one that
 * matches? */
bool certmap_finds(const struct conf *conf, const char *map, const Ipc__CertNames *names);
/*
 * The CONF_CERTIFICATE_GROUP_MAP entries in the order in which they are tried, the lowest sequence
 * first, equal ones in file order: the first for NULL, else the one behind previous. NULL: no more.
 */
const struct conf_object *certmap_next(const struct conf *conf, const struct conf_object *previous);
/* The CONF_CERTIFICATE_MAP that an entry speaks of; NULL: there is none. */
const struct conf_object *certmap_rule(const struct conf *conf, const struct conf_object *entry);

#endif
