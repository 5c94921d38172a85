/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "show crypto ca" on the control socket: pki is asked page by page, each only when the one before
 * has been sent, so that auth holds no more than one of them.
 */
#ifndef AUTH_CONTROL_CA_H
#define AUTH_CONTROL_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

struct control_ca;

/* The answer to one page; NULL: pki does not answer. Borrowed. */
typedef void (*control_ca_fn)(const Ipc__CaListReply *page, void *arg);
/* Ask pki for a page; fn is called once, later, unless the request is cancelled by its arg. */
typedef enum err (*control_ca_ask_fn)(
    const Ipc__CaList *msg, control_ca_fn fn, void *arg, void *ctx);

/* A listing. NULL: memory. */
struct control_ca *control_ca_new(const Ipc__CtlCa *request) MUST_USE;
/* NULL is fine. Whoever has asked for a page must have it cancelled before. */
void control_ca_free(struct control_ca *ca);
/* Ask for the next page. */
enum err control_ca_ask(
    struct control_ca *ca, control_ca_ask_fn ask, control_ca_fn fn, void *arg, void *ctx) MUST_USE;
/*
 * Take a page. ERR_OK; else the listing is at its end: ERR_CLOSED: pki does not answer; ERR_DENIED:
 * control_ca_error() has its words; ERR_NOMEM; ERR_SYNTAX: it repeats itself.
 */
enum err control_ca_take(struct control_ca *ca, const Ipc__CaListReply *page) MUST_USE;
const char *control_ca_error(const struct control_ca *ca);
/* The next text of the page; ERR_AGAIN: the next page is to be asked for; ERR_NOTFOUND: that was
 * all. It stays the next one until control_ca_sent(). */
enum err control_ca_next(const struct control_ca *ca, Ipc__CtlCaEntry *out) MUST_USE;
void control_ca_sent(struct control_ca *ca);

#endif
