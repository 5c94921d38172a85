/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The multiple-certificate request (protocol.md 2.7). The client signs the bytes of this message,
 * so there is one place that makes them: gateway sends them, auth keeps them, and neither has to
 * believe the other.
 */
#ifndef COMMON_CERT_REQUEST_H
#define COMMON_CERT_REQUEST_H

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

/* Append the body for an answer of kind ANSWER_MULTIPLE_CERT_REQUEST: the same answer gives the
 * same bytes. ERR_NOMEM, ERR_LIMIT. */
enum err cert_request_write(const Ipc__AuthAnswer *answer, struct buf *out) MUST_USE;

#endif
