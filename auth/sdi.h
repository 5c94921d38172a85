/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The challenges of a token server behind RADIUS (asa.md 6.6): which code a message means, and what
 * is done about it. Pure.
 */
#ifndef AUTH_SDI_H
#define AUTH_SDI_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "conf/sdi_text.h"

#define SDI_PIN_MIN 4
#define SDI_PIN_MAX 8

/* An ordinary challenge; the codes are those of conf/sdi_text.h. */
#define SDI_UNKNOWN SDI_CODES

/* What a message of a host's means: the first code whose text is part of it; host's sdi-messages
 * stand in for the usual texts. NULL host: the usual ones. */
enum sdi_code sdi_read(const struct conf_object *host, const char *message);
/* Does the message ask for a PIN of digits? Then it has to have 4 to 8. */
bool sdi_wants_digits(const char *message);
bool sdi_is_pin(const void *pin, size_t len);

#endif
