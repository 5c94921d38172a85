/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of the daemon over its control socket, without waiting. */
#ifndef TOOLS_EXPORTER_FETCH_H
#define TOOLS_EXPORTER_FETCH_H

#include "common/attr.h"
#include "common/err.h"
#include "common/loop.h"

#define EXPORTER_TEXT_MAX (17U * 1024 * 1024)
#define EXPORTER_FETCH_SEC 8 /* less than a scraper usually waits */

struct exporter_fetch;

/* text: NULL and why (static) if there is none. Borrowed. The fetch is over. */
typedef void (*exporter_fetch_fn)(const char *text, const char *why, void *arg);

/* Ask the daemon at a socket; fn is called once, later, unless the fetch is cancelled. NULL:
 * memory. */
struct exporter_fetch *exporter_fetch_begin(
    struct loop *loop, const char *socket, exporter_fetch_fn fn, void *arg) MUST_USE;
/* NULL is fine. */
void exporter_fetch_cancel(struct exporter_fetch *fetch);

#endif
