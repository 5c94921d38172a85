/* SPDX-License-Identifier: Apache-2.0 */
/* "show aaa-server" on the control socket: the LOCAL database first, then the RADIUS servers. */
#ifndef AUTH_CONTROL_AAA_H
#define AUTH_CONTROL_AAA_H

#include "auth/local.h"
#include "auth/radius_client.h"
#include "common/ipc.pb-c.h"

struct control_aaa;

/* A listing. Either may be NULL: it is left out; both must outlive it. NULL: memory. */
struct control_aaa *control_aaa_new(const Ipc__CtlAaaServer *request, const struct local *local,
    const struct radius_client *radius) MUST_USE;
/* NULL is fine. */
void control_aaa_free(struct control_aaa *aaa);
/*
 * The next server that was asked for, borrowed until the loop runs again; it stays the next one
 * until control_aaa_sent(). ERR_NOTFOUND: that was all.
 */
enum err control_aaa_next(struct control_aaa *aaa, Ipc__CtlAaaHost *out) MUST_USE;
void control_aaa_sent(struct control_aaa *aaa);
/* What is wrong with the request, if nothing was found for it; NULL: nothing. */
const char *control_aaa_error(const struct control_aaa *aaa);

#endif
