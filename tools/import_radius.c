/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: what a RADIUS server group and its hosts have beyond addresses and times (asa.md 5,
 * 6.6): access lists, accounting, changes of sessions, the texts of a token server.
 */
#include <string.h>

#include "common/str.h"
#include "conf/sdi_text.h"
#include "tools/import_row.h"

#define PERIODIC_HOURS "24" /* the ASA's, when the line names none */

/* ---- the group ---- */

/* "interim-accounting-update [periodic [HOURS]]" */
void
import_radius_interim(struct import *import, struct import_line *line)
{
	struct node *group = import_object(import);
	char hours[] = PERIODIC_HOURS, *word = hours;

	if (group == NULL) {
		import_row_orphan(line);
		return;
	}
	if (line->len > 3 || (line->len > 1 && strcmp(line->words[1], "periodic") != 0)) {
		import_not_supported(line, "is not interim-accounting-update periodic HOURS");
		return;
	}
	if (line->len > 2)
		word = line->words[2];
	if (line->len > 1 && !import_row_set(import, line, group, CONF_AAA_SERVER_GROUP,
				 ASG_INTERIM_PERIODIC, &word, 1))
		return;
	import_set_bool(import, group, "interim-accounting-update", true);
	import_converted(line, "interim-accounting-update");
}

/* "dynamic-authorization [port PORT]" */
void
import_radius_dynamic(struct import *import, struct import_line *line)
{
	struct node *group = import_object(import);

	if (group == NULL) {
		import_row_orphan(line);
		return;
	}
	if (line->len != 1 && (line->len != 3 || strcmp(line->words[1], "port") != 0)) {
		import_not_supported(line, "is not dynamic-authorization port PORT");
		return;
	}
	if (line->len == 3 && !import_row_set(import, line, group, CONF_AAA_SERVER_GROUP,
				  ASG_DYNAMIC_AUTHORIZATION_PORT, line->words + 2, 1))
		return;
	import_set_bool(import, group, "dynamic-authorization", true);
	import_converted(line, "dynamic-authorization");
}

/* ---- the host ---- */

/* With or without a "no". */
void
import_radius_capable(struct import *import, struct import_line *line)
{
	struct node *host = import_object(import);

	if (host == NULL) {
		import_row_orphan(line);
		return;
	}
	import_set_bool(import, host, "mschapv2-capable", strcmp(line->words[0], "no") != 0);
	import_converted(line, "mschapv2-capable");
}

/* A text that came in quotes or in words. */
static const char *
text_of(const struct import_line *line, size_t at, struct buf *storage)
{
	return import_row_join(storage, line->words + at, line->len - at);
}

static struct node *
message_of(struct import *import, struct node *host, const char *code)
{
	struct node *list = import_row_child(host, "sdi-messages");

	for (size_t i = 0; i < import_row_len(list); i++) {
		const char *its = import_get_str(import_row_at(list, i), "code");

		if (its != NULL && strcmp(its, code) == 0)
			return import_row_at(list, i);
	}
	list = import_append(import, host, "sdi-messages");
	import_set_str(import, list, "code", code);
	return list;
}

void
import_radius_sdi(struct import *import, struct import_line *line, struct node *host)
{
	struct buf storage;
	const char *text;

	if (host == NULL) {
		import_row_orphan(line);
		return;
	}
	if (line->len < 4 || strcmp(line->words[1], "sdi") != 0) {
		import_not_supported(line, "is not proxy-auth_map sdi CODE TEXT");
		return;
	}
	buf_init(&storage, 4096);
	text = text_of(line, 3, &storage);
	if (import_row_fits(line, CONF_SDI_MESSAGE, SDI_CODE, line->words[2]) &&
	    import_row_fits(line, CONF_SDI_MESSAGE, SDI_TEXT, text)) {
		struct node *message = message_of(import, host, line->words[2]);

		import_set_str(import, message, "text", text);
		import_converted(line, "sdi-messages %s", line->words[2]);
	}
	buf_fini(&storage);
}

/* ---- when all is read ---- */

/* The text of a code as it would be in force, and which message of the host it is (or none). */
static const char *
text_in_force(const struct node *host, enum sdi_code code, size_t *index)
{
	const struct node *list = import_row_child(host, "sdi-messages");

	for (size_t i = 0; i < import_row_len(list); i++) {
		const struct node *message = import_row_at(list, i);
		const char *its = import_get_str(message, "code");
		const char *text = import_get_str(message, "text");

		if (its != NULL && text != NULL && strcmp(its, sdi_text_name(code)) == 0) {
			*index = i;
			return text;
		}
	}
	*index = import_row_len(list);
	return sdi_text(NULL, code);
}

/* A text that hides another's, or is hidden, goes; the usual one stands in. True: one did. */
static bool
drop_hidden(struct import *import, struct node *host)
{
	struct node *list = import_row_child(host, "sdi-messages");
	size_t len = import_row_len(list), first, second;

	for (enum sdi_code two = 0; two < SDI_CODES; two++) {
		for (enum sdi_code one = 0; one < two; one++) {
			const char *early = text_in_force(host, one, &first);
			const char *late = text_in_force(host, two, &second);

			if (strstr(late, early) == NULL)
				continue;
			import_todo(import,
			    "aaa.conf: the text of %s is part of that of %s at server %s: choose "
			    "others for sdi-messages",
			    sdi_text_name(one), sdi_text_name(two),
			    import_get_str(host, "address"));
			import_row_drop(list, first < len ? first : second);
			return true;
		}
	}
	return false;
}

static bool
same_host_other_key(const struct node *one, const struct node *two)
{
	const char *a = import_get_str(one, "address"), *b = import_get_str(two, "address");
	const char *a_key = import_get_str(one, "key"), *b_key = import_get_str(two, "key");

	if (a == NULL || b == NULL || strcmp(a, b) != 0)
		return false;
	return (a_key == NULL) != (b_key == NULL) || (a_key != NULL && strcmp(a_key, b_key) != 0);
}

static int64_t
port_of(const struct node *group)
{
	const struct node *dynamic = import_row_child(group, "dynamic-authorization");
	const struct node *port = import_row_child(group, "dynamic-authorization-port");

	if (dynamic == NULL || dynamic->num == 0)
		return 0;
	return port != NULL ? port->num : 1700;
}

/* Two groups may share a port if they agree about the hosts that both have. */
static bool
clash(const struct node *one, const struct node *two)
{
	const struct node *a = import_row_child(one, "hosts"), *b = import_row_child(two, "hosts");

	if (port_of(one) == 0 || port_of(one) != port_of(two))
		return false;
	for (size_t i = 0; i < import_row_len(a); i++)
		for (size_t k = 0; k < import_row_len(b); k++)
			if (same_host_other_key(import_row_at(a, i), import_row_at(b, k)))
				return true;
	return false;
}

void
import_radius_finish(struct import *import)
{
	struct node *groups = import_row_child(import_root(import, CONF_AAA), "aaa-server-groups");

	for (size_t i = 0; i < import_row_len(groups); i++) {
		struct node *group = import_row_at(groups, i);
		struct node *hosts = import_row_child(group, "hosts");

		for (size_t k = 0; k < import_row_len(hosts); k++)
			while (drop_hidden(import, import_row_at(hosts, k)))
				;
		for (size_t k = 0; k < i; k++) {
			if (!clash(import_row_at(groups, k), group))
				continue;
			import_set_bool(import, group, "dynamic-authorization", false);
			import_todo(import,
			    "aaa.conf: give dynamic-authorization of server group %s a port of its "
			    "own: %s knows one of its servers by another key",
			    import_row_object_name(group),
			    import_row_object_name(import_row_at(groups, k)));
		}
	}
}
