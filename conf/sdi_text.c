/* SPDX-License-Identifier: Apache-2.0 */
/* One table of codes and texts. */
#include "conf/sdi_text.h"

#include <string.h>

static const struct {
	const char *name;
	const char *text;
} usual[SDI_CODES] = {
    [SDI_NEXT_CODE] = {"next-code", "Enter Next PASSCODE"},
    [SDI_NEW_PIN_SUP] = {"new-pin-sup", "Please remember your new PIN"},
    [SDI_NEW_PIN_METH] = {"new-pin-meth", "Do you want to enter your own pin"},
    [SDI_NEW_PIN_REQ] = {"new-pin-req", "Enter your new Alpha-Numerical PIN"},
    [SDI_NEW_PIN_REENTER] = {"new-pin-reenter", "Reenter PIN:"},
    [SDI_NEW_PIN_SYS_OK] = {"new-pin-sys-ok", "New PIN Accepted"},
    [SDI_NEXT_CCODE_AND_REAUTH] = {"next-ccode-and-reauth", "new PIN with the next card code"},
    [SDI_READY_FOR_SYS_PIN] = {"ready-for-sys-pin", "ACCEPT A SYSTEM GENERATED PIN"},
};

const char *
sdi_text_name(enum sdi_code code)
{
	return usual[code].name;
}

const char *
sdi_text(const struct conf_object *host, enum sdi_code code)
{
	struct conf_object *const *messages = NULL;
	size_t len = host != NULL ? conf_subs(host, AH_SDI_MESSAGES, &messages) : 0;

	for (size_t i = 0; i < len; i++) {
		const char *its = conf_str(messages[i], SDI_CODE);
		const char *text = conf_str(messages[i], SDI_TEXT);

		if (its != NULL && text != NULL && strcmp(its, usual[code].name) == 0)
			return text;
	}
	return usual[code].text;
}
