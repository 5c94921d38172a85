/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one worker can be entered while the gateway hides (hide-gateway): the group-urls that are
 * enabled, as auth tells them. A group-url with a path is a secret path, and its path decides, as
 * it does for the choice of the group; one without is a name, which the client says in TLS (SNI) or
 * in its URL. Before auth has told, nobody enters.
 */
#ifndef GATEWAY_DOORS_H
#define GATEWAY_DOORS_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/resolve.h"

#define DOORS_MAX 8192
#define DOORS_URL_MAX 512

struct doors;

/* None is open. NULL: memory. */
struct doors *doors_new(void) MUST_USE;
/* NULL is fine. */
void doors_free(struct doors *doors);
/* What auth says. ERR_RANGE: no URL is so long; ERR_LIMIT, ERR_NOMEM: what follows is left out. */
enum err doors_take(struct doors *doors, const Ipc__Doors *msg) MUST_USE;
/* Does a client that brings this ask for one of them? NULL is fine: no. */
bool doors_fit(const struct doors *doors, const struct resolve_input *input) MUST_USE;
/* Is this the name of one without a path? NULL is fine: no. */
bool doors_have_name(const struct doors *doors, const char *name) MUST_USE;

#endif
