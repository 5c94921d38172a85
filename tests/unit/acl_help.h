/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of access lists: lists made without a file, and entries as text. */
#ifndef TESTS_UNIT_ACL_HELP_H
#define TESTS_UNIT_ACL_HELP_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/conf_help.h"

#include "conf/acl.h"

/* An access list that is in no configuration: what a checked one would not let pass. */
struct list_made {
	struct conf_object object;
	struct conf_value values[ACL_COUNT];
};

static __attribute__((unused)) const struct conf_object *
list_make(struct list_made *made, const char *type, const char *const *rules, size_t len)
{
	memset(made, 0, sizeof(*made));
	made->object.kind = CONF_ACCESS_LIST;
	made->object.values = made->values;
	made->values[ACL_NAME] = (struct conf_value){.state = CONF_SET, .str = (char *)"L"};
	made->values[ACL_TYPE] = (struct conf_value){.state = CONF_SET, .str = (char *)type};
	made->values[ACL_RULES] =
	    (struct conf_value){.state = CONF_SET, .list = (char **)rules, .len = len};
	return &made->object;
}

static inline void
put_net_text(struct buf *out, const struct acl_net *net)
{
	char text[IP_STR_MAX];

	if (net->family == 0) {
		buf_puts(out, " *");
		return;
	}
	buf_printf(out, " %s", ip_str(&net->first, text));
	if (!ip_eq(&net->first, &net->last))
		buf_printf(out, "-%s", ip_str(&net->last, text));
}

static inline void
put_ports_text(struct buf *out, const struct acl_ports *ports)
{
	if (ports->first == 0 && ports->last == UINT16_MAX)
		return;
	buf_printf(out, ":%u", ports->first);
	if (ports->first != ports->last)
		buf_printf(out, "-%u", ports->last);
}

/* "+6 * 10.1.1.1:443", "-* 10.0.0.0-10.255.255.255 *", "+1 * * t8c0 log". */
static inline void
put_entry_text(struct buf *out, const struct acl_entry *entry)
{
	buf_puts(out, entry->permit ? "+" : "-");
	if (entry->proto == ACL_ANY)
		buf_puts(out, "*");
	else
		buf_printf(out, "%d", entry->proto);
	put_net_text(out, &entry->src);
	put_ports_text(out, &entry->sport);
	put_net_text(out, &entry->dst);
	put_ports_text(out, &entry->dport);
	if (entry->icmp_type != ACL_ANY)
		buf_printf(out, " t%d", entry->icmp_type);
	if (entry->icmp_code != ACL_ANY)
		buf_printf(out, "c%d", entry->icmp_code);
	if (entry->log)
		buf_puts(out, " log");
}

#endif
