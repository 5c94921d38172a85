/* SPDX-License-Identifier: Apache-2.0 */
/* Which sessions a Disconnect- or CoA-Request means (RFC 5176 3, asa.md 6.5). */
#ifndef AUTH_COA_MATCH_H
#define AUTH_COA_MATCH_H

#include "auth/coa_cause.h"
#include "auth/radius_packet.h"
#include "auth/session.h"

#define COA_MATCH_TEXT (RADIUS_VALUE_MAX + 1)

/* What it says, each as far as it says it ("", family 0). */
struct coa_match {
	char audit_id[COA_MATCH_TEXT];
	char username[COA_MATCH_TEXT];
	char calling[COA_MATCH_TEXT];
	char account[COA_MATCH_TEXT];
	struct ip_addr ipv4;
	struct ip_addr ipv6;
	struct ip_addr nas4;
	struct ip_addr nas6;
	bool has_port;
	uint32_t port;
};

/* Read. COA_MISSING_ATTRIBUTE: it names no session; COA_INVALID_REQUEST: what names one has no
 * proper value, or two. */
enum coa_cause coa_match_read(const struct radius_packet *packet, struct coa_match *out) MUST_USE;
/*
 * The ids of sessions that are alive and fit all that is said, at most max of them, oldest first.
 * How many there are in all is *count, and may be more. COA_NO_SESSION: none; COA_OTHER_NAS: none,
 * but for the gateway's address that is said.
 */
enum coa_cause coa_match_find(const struct session_table *table, const struct coa_match *match,
    uint64_t *ids, size_t max, size_t *count) MUST_USE;
/* Does "key=" begin the text? Then what follows, else NULL. */
const char *coa_match_value(const char *text, const char *key);

#endif
