/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a certificate, as certificate maps and user names need them. */
#ifndef COMMON_CERT_H
#define COMMON_CERT_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

/*
 * Read the names of a DER certificate. Free with ipc__cert_names__free_unpacked(names, NULL).
 * ERR_SYNTAX: not a certificate, or a name that is not text; ERR_LIMIT: absurdly many names;
 * ERR_NOMEM.
 */
enum err cert_names_read(const void *der, size_t len, Ipc__CertNames **out) MUST_USE;
/* The same from a PEM or DER file's bytes; the first certificate. */
enum err cert_names_read_file(const void *data, size_t len, Ipc__CertNames **out) MUST_USE;

#endif
