/* SPDX-License-Identifier: Apache-2.0 */
/* Writing XML: text that stays text whatever is in it, and the small pieces around it. Results and
 * errors are in the buffer. */
#ifndef COMMON_XML_TEXT_H
#define COMMON_XML_TEXT_H

#include "common/buf.h"

/* Text of an element or attribute; what XML cannot carry becomes '?', byte by byte. */
void xml_text_put(struct buf *out, const char *text);
/* <name>text</name> and a newline; the name goes out as it is. */
void xml_text_element(struct buf *out, const char *name, const char *text);
/* The same when there is text. */
void xml_text_optional(struct buf *out, const char *name, const char *text);
/* ` name="text"` */
void xml_text_attribute(struct buf *out, const char *name, const char *text);

#endif
