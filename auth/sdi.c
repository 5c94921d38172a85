/* SPDX-License-Identifier: Apache-2.0 */
/* What a token server says, by the texts of conf/sdi_text.h. */
#include "auth/sdi.h"

#include <string.h>

enum sdi_code
sdi_read(const struct conf_object *host, const char *message)
{
	enum sdi_code code = SDI_NEXT_CODE;

	while (code < SDI_CODES && strstr(message, sdi_text(host, code)) == NULL)
		code++;
	return code;
}

bool
sdi_wants_digits(const char *message)
{
	return strstr(message, "digits") != NULL && strstr(message, "lpha") == NULL;
}

bool
sdi_is_pin(const void *pin, size_t len)
{
	const char *p = pin;

	if (len < SDI_PIN_MIN || len > SDI_PIN_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}
