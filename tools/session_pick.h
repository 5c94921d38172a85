/* SPDX-License-Identifier: Apache-2.0 */
/* "filter KEY VALUE" and "sort KEY" of "show vpn-sessiondb": what the daemon can pick goes into the
 * request, the rest is picked here. */
#ifndef TOOLS_SESSION_PICK_H
#define TOOLS_SESSION_PICK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/ip.h"
#include "common/ipc.pb-c.h"

/* Zero it, then set request. Borrows what it is given. */
struct session_pick {
	Ipc__CtlSessions request;
	struct ip_addr assigned, public_ip, either; /* family 0: all */
	char address_text[IP_STR_MAX];
	const char *protocol;   /* "SSL-Tunnel"; NULL: all */
	const char *encryption; /* "AES-GCM-256" */
	bool inactive;
	uint8_t ip_version;                                                 /* 4, 6; 0: all */
	int (*compare)(const Ipc__CtlSession *a, const Ipc__CtlSession *b); /* NULL: by index */
};

void session_pick_init(struct session_pick *pick);
#define SESSION_PICK_FILTERS                                                                       \
	"name, ipaddress, a-ipaddress, p-ipaddress, tunnel-group, group-policy, index, protocol, " \
	"encryption, ipversion and inactive"

/* Is there such a filter? */
bool session_pick_is_filter(const char *key);
/* Does this filter stand alone ("inactive")? */
bool session_pick_is_alone(const char *key);
/* One filter. NULL: fine; else what is wrong with it, a sentence's end, static. */
const char *session_pick_filter(struct session_pick *pick, const char *key, char *value) MUST_USE;
/* False: there is no such key. */
bool session_pick_sort(struct session_pick *pick, const char *key) MUST_USE;
/* Is the session one that is meant? */
bool session_pick_match(const struct session_pick *pick, const Ipc__CtlSession *session);
/* Put them in order. */
void session_pick_order(const struct session_pick *pick, Ipc__CtlSession **sessions, size_t len);

#endif
