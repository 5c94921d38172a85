/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle of texts as bytes, for the memfd that a child process gets. Which texts: conf_slice().
 */
#ifndef CONF_SLICE_H
#define CONF_SLICE_H

#include "conf/texts.h"

/* True if the text is to go into the bundle. */
typedef bool (*slice_wants_fn)(const struct text *text, void *arg);

/* Append a bundle to out. ERR_LIMIT, ERR_NOMEM. */
enum err slice_pack(
    const struct texts *texts, slice_wants_fn wants, void *arg, struct buf *out) MUST_USE;
/* The opposite; data is hostile. ERR_SYNTAX, ERR_LIMIT, ERR_EXISTS, ERR_NOMEM: texts is then empty.
 */
enum err slice_unpack(const void *data, size_t len, struct texts *texts) MUST_USE;

#endif
