/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config-auth XML as a debug trace shows it: one element a line, and only the text and attributes
 * that are known to hold no secret. Passwords and whatever is not known become "*****", tokens and
 * handles are shortened, certificates and signatures are told by their length. Pure.
 */
#ifndef GATEWAY_XML_TRACE_H
#define GATEWAY_XML_TRACE_H

#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

/*
 * Append the document, a newline behind each line but the last. ERR_SYNTAX: it is not well-formed,
 * has a document type, or is too deep; what was appended is then to be thrown away. ERR_NOMEM. A
 * full `out` ends it early, which is out->err.
 */
enum err xml_trace(const char *data, size_t len, struct buf *out) MUST_USE;

#endif
