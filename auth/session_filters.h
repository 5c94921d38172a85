/* SPDX-License-Identifier: Apache-2.0 */
/* The filters of a session: what a server gave the user, else what his policy names. */
#ifndef AUTH_SESSION_FILTERS_H
#define AUTH_SESSION_FILTERS_H

#include "auth/session.h"

/*
 * Take the filters of a session with these profiles and that merged policy, which the session's
 * conf is behind (it has none so far). The first profile with lines counts, for both families, and
 * nothing that is named does then (113034). ERR_SYNTAX: lines that are not right (113018, 113033
 * are logged); errors of filters_hold_policy(). *filter4 and *filter6 are 0 then.
 */
enum err session_filters_hold(struct filters *filters, const struct session *session,
    const struct inherit *inherit, uint64_t *filter4, uint64_t *filter6) MUST_USE;

#endif
