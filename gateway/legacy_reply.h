/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth's answer as clients without the XML protocol read it (protocol.md 1.5): the <auth> element
 * alone, and the opaque part of a form in hidden inputs. Pure.
 */
#ifndef GATEWAY_LEGACY_REPLY_H
#define GATEWAY_LEGACY_REPLY_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define LEGACY_REPLY_ACTION "/+webvpn+/index.html" /* where the forms are posted */

/*
 * Append the whole document to out, which may grow up to XML_REPLY_MAX. What cannot be said here,
 * the requests for certificates, is the refusal that clients get whose certificate is not good.
 * ERR_UNSUPPORTED: a kind that this gateway does not know; ERR_LIMIT, ERR_NOMEM.
 */
enum err legacy_reply(const Ipc__AuthAnswer *answer, struct buf *out) MUST_USE;
/* Is legacy_reply() a refusal for this answer, whatever it is? */
bool legacy_reply_is_refusal(const Ipc__AuthAnswer *answer);
/* The form-less refusal that ends a login at this end. */
enum err legacy_reply_refused(struct buf *out) MUST_USE;
/* The header lines of a login that succeeded: the session's cookie, and where the downloader finds
 * what (1.4). token: checked by the caller; cert_hash: upper-case hex SHA-1 of our certificate, ""
 * if unknown. */
void legacy_reply_cookies(const char *token, const char *cert_hash, struct buf *out);

#endif
