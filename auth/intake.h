/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gateway workers may say: the table of their messages, each handed to the part that it is
 * for.
 */
#ifndef AUTH_INTAKE_H
#define AUTH_INTAKE_H

#include "auth/delay.h"
#include "auth/filters.h"
#include "auth/link.h"
#include "auth/login.h"
#include "auth/session.h"
#include "auth/threat.h"
#include "auth/trace_desk.h"

/* The parts; arg of the links (link_arg). */
struct intake {
	struct login_table *logins;
	struct session_table *sessions;
	struct filters *filters;
	struct trace_desk *desk; /* NULL: nobody can watch */
	struct threat *threat;   /* NULL: no reply has to wait */
	struct delay_line *delays;
};

/* A set of links that speak to the parts, which may be filled in later. NULL: memory. */
struct link_set *intake_links(struct intake *intake, struct loop *loop, unsigned workers) MUST_USE;

#endif
