/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's list of sources whose connections it does not take, as auth tells it (auth/shun.h):
 * asked right after accept, before anything is read or allocated. A source is an IPv4 /32 or /24,
 * or an IPv6 /64 or /48.
 */
#ifndef GATEWAY_BARRED_H
#define GATEWAY_BARRED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/ipc.pb-c.h"

#define BARRED_MAX 65536

struct barred;

/* NULL: memory. */
struct barred *barred_new(void) MUST_USE;
/* NULL is fine. */
void barred_free(struct barred *barred);
/* What auth says. ERR_SYNTAX: it makes no sense, and what follows the mistake is left out;
 * ERR_NOMEM, ERR_LIMIT likewise. */
enum err barred_take(struct barred *barred, const Ipc__Shuns *msg) MUST_USE;
/* Forget all: another auth will tell. NULL is fine. */
void barred_clear(struct barred *barred);
/* NULL is fine: nobody is. */
bool barred_has(const struct barred *barred, const struct ip_addr *addr) MUST_USE;

#endif
