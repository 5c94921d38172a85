/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs that did not serve, which are left alone for a while.
 */
#ifndef PKI_DEAD_URL_H
#define PKI_DEAD_URL_H

#include "common/attr.h"

struct dead_url;

/*
 * A set of them begins as NULL. Why this URL did not serve, if that is less than ANSWERS_RETRY_MS
 * ago; NULL: it may be asked. Borrowed until the set changes.
 */
const char *dead_url_find(struct dead_url **set, const char *url) MUST_USE;
/* It does not serve; why is copied. The oldest goes beyond ANSWERS_DEAD_MAX; memory: nothing is
 * remembered. */
void dead_url_add(struct dead_url **set, const char *url, const char *why);
/* It serves. */
void dead_url_forget(struct dead_url **set, const char *url);
/* All of them go; the set is NULL again. */
void dead_url_clear(struct dead_url **set);

#endif
