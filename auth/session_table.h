/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of sessions from within: by id, token, index and user. Only session.c (their life) and
 * session_table.c (this) include it; the others use session.h.
 */
#ifndef AUTH_SESSION_TABLE_H
#define AUTH_SESSION_TABLE_H

#include "auth/session.h"

struct session_user {
	char name[SESSION_NAME_SIZE];
	struct session *sessions; /* alive ones, oldest first */
	unsigned count;
	UT_hash_handle hh;
};

struct session_table {
	struct session_config config;
	unsigned max_sessions;
	int64_t cookie_ms;
	uint32_t next_index;
	size_t alive;
	struct session_past past;
	struct session *by_id;    /* all */
	struct session *by_token; /* alive ones */
	struct session *by_index; /* all */
	struct session_user *users;
};

/* By the ASA's index; NULL: free. */
struct session *session_table_index(const struct session_table *table, uint32_t index);
/* Not alive any more: the token is worth nothing, the user has one session less. */
void session_table_retire(struct session_table *table, struct session *session);
/* Out of all tables; what the session holds is the caller's to give back. */
void session_table_remove(struct session_table *table, struct session *session);

#endif
