/* SPDX-License-Identifier: Apache-2.0 */
/* Which filters a session gets, with the log lines of the ASA about them. */
#include "auth/session_filters.h"

#include <string.h>

#include "common/log.h"

/* A list that a server named counts for nothing beside lines that one gave. */
static void
log_ignored(const struct session *session, const struct inherit *inherit)
{
	size_t from = inherit->from[GPA_VPN_FILTER];
	const char *named = inherit_str(inherit, GPA_VPN_FILTER);
	char ip[IP_STR_MAX];

	if (named != NULL && from < inherit->sources_len &&
	    strcmp(inherit->source_kind[from], "aaa-server-group") == 0)
		log_of(session_about(session), LOGMSG_113034, session->group_policy,
		    session->username, facts_ip(&session->facts, ip), named);
}

enum err
session_filters_hold(struct filters *filters, const struct session *session,
    const struct inherit *inherit, uint64_t *filter4, uint64_t *filter6)
{
	char ip[IP_STR_MAX];
	enum err err;

	*filter4 = *filter6 = 0;
	for (size_t i = 0; i < session->profiles_len; i++) {
		if (!filters_profile_has(session->profiles[i]))
			continue;
		log_ignored(session, inherit);
		err = filters_hold_profile(
		    filters, session->conf, session->username, session->profiles[i], filter4);
		if (err == ERR_SYNTAX || err == ERR_LIMIT)
			log_of(session_about(session), LOGMSG_113033, session->group_policy,
			    session->username, facts_ip(&session->facts, ip));
		if (err == ERR_OK)
			*filter6 = filters_hold_again(filters, *filter4);
		return err;
	}
	return filters_hold_policy(filters, session->conf, inherit, filter4, filter6);
}
