/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A login form as clients without the XML protocol post it: application/x-www-form-urlencoded
 * (protocol.md 1.5). It becomes what an XML reply becomes, within the same limits and with nothing
 * in it that XML could not carry. Pure parser.
 */
#ifndef GATEWAY_LEGACY_FORM_H
#define GATEWAY_LEGACY_FORM_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "gateway/xml_parse.h"

#define LEGACY_FORM_MAX 65536 /* bytes of a body */

/* Hidden inputs: what XML has in <opaque>. */
#define LEGACY_FORM_HANDLE "aggauth-handle"
#define LEGACY_FORM_CONFIG_HASH "config-hash"
#define LEGACY_FORM_TUNNEL_GROUP "tunnel-group"

/*
 * Parse len bytes into a request of type XML_TYPE_AUTH_REPLY: hidden inputs and group_list to where
 * XML has them, everything else into fields. ERR_SYNTAX: empty, a pair without name or '=', a name
 * that is no name or comes twice, a '%' without two digits, bytes that are no UTF-8 text;
 * ERR_LIMIT: too long, or too many; ERR_NOMEM. To be freed with xml_request_free(), which wipes.
 */
enum err legacy_form_parse(const char *data, size_t len, struct xml_request **out) MUST_USE;

#endif
