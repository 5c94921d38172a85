/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of a session (asa.md 2.1, 6.4): the user's own, else one from the group
 * policy's pools, else one from the tunnel group's.
 */
#ifndef AUTH_ASSIGN_H
#define AUTH_ASSIGN_H

#include "auth/session.h"

/* Have the session hold what this open asks for, if it holds nothing yet. ERR_FULL: it has no
 * address of a family that is asked for. */
enum err assign_addresses(struct session_table *table, struct session *session,
    const struct inherit *inherit, const Ipc__SessionOpen *open) MUST_USE;

#endif
