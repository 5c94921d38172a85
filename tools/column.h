/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions as text, in the layout of the ASA's "show vpn-sessiondb [detail] anyconnect" (asa.md 7),
 * which scripts of administrators parse: labels, columns and blank lines matter.
 */
#ifndef TOOLS_COLUMN_H
#define TOOLS_COLUMN_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/ipc.pb-c.h"

/* What stands before the first session. */
void column_heading(struct buf *out, bool detail);
/* One session, ended by a blank line. */
void column_session(struct buf *out, const Ipc__CtlSession *session, bool detail);
/* What stands there when there is no session. */
void column_nothing(struct buf *out);

/* The ASA's words for an OpenSSL cipher name: "AES-GCM-256" and "SHA384". An unknown cipher is its
 * own name. */
const char *column_encryption(const char *cipher);
const char *column_hashing(const char *cipher);

#endif
