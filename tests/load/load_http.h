/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP answers and the few places of their XML that a client's login needs. Pure. */
#ifndef TESTS_LOAD_HTTP_H
#define TESTS_LOAD_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

/* An answer that is there whole; everything points into the bytes that were given. */
struct load_answer {
	int status;
	const char *head; /* header lines, after the status line */
	size_t head_len;
	const char *body;
	size_t body_len;
	size_t total; /* bytes of head and body together */
};

/* A stretch of the answer, not ended by a NUL. */
struct load_text {
	const char *p;
	size_t len;
};

/* ERR_OK, ERR_AGAIN when bytes are missing, ERR_SYNTAX. has_body false: as for CONNECT, the body's
 * length is not looked at when the status is 200. */
enum err load_http_answer(
    const void *data, size_t len, bool has_body, struct load_answer *out) MUST_USE;
/* The n-th header of that name (any case); p is NULL without it. */
struct load_text load_http_header(const struct load_answer *answer, const char *name, size_t n);
/* The first element of that name, with its tags (whole) or what is between them; p NULL without. */
struct load_text load_xml_element(struct load_text xml, const char *name, bool whole);
/* The next start tag of that name from *at on, which moves behind it; p NULL without. */
struct load_text load_xml_tag(struct load_text xml, const char *name, size_t *at);
/* An attribute of a start tag, as it is written; p NULL without. */
struct load_text load_xml_attribute(struct load_text tag, const char *name);
/* Add as XML text. */
void load_xml_put(struct buf *out, const char *text);

#endif
