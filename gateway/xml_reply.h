/* SPDX-License-Identifier: Apache-2.0 */
/* auth's answer as config-auth XML, in the order of the ASA's elements
 * (protocol.md 2.3-2.10). Pure. */
#ifndef GATEWAY_XML_REPLY_H
#define GATEWAY_XML_REPLY_H

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define XML_REPLY_MAX 131072
#define XML_REPLY_LOGIN_FAILED 88 /* id of the error "Login failed." */

/*
 * Append the whole message to out; of a multiple-certificate request nothing but the bytes of
 * common/cert_request.h, because the client signs the whole body. cert_hash: upper-case hex SHA-1
 * of our certificate, "" if unknown. ERR_UNSUPPORTED: a kind that this gateway does not know;
 * ERR_LIMIT, ERR_NOMEM. A complete message holds the session token: wipe the buffer.
 */
enum err xml_reply(const Ipc__AuthAnswer *answer, const char *cert_hash, struct buf *out) MUST_USE;
/* The <auth> element of an answer that is no success. action: where the form is to be posted, "":
 * wherever the client wants; NULL: there is no form. */
void xml_reply_auth(const Ipc__AuthAnswer *answer, const char *action, struct buf *out);
/* The same of a success; it holds no token. */
void xml_reply_success(const Ipc__AuthAnswer *answer, struct buf *out);
/* The form-less refusal that ends a login at this end. */
enum err xml_reply_refused(struct buf *out) MUST_USE;
/*
 * What a client is told at its CONNECT of a complete message (protocol.md 4.3): the custom
 * attributes, without line ends of its own. Values may still hold some.
 */
enum err xml_reply_post_auth(Ipc__CustomAttr *const *attrs, size_t len, struct buf *out) MUST_USE;
/* The answer to a logout. */
enum err xml_reply_bye(struct buf *out) MUST_USE;

#endif
