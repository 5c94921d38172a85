/* SPDX-License-Identifier: Apache-2.0 */
/* The texts by which the challenges of a token server are known (asa.md 6.6): those of a host in
 * aaa.conf, else the usual ones. */
#ifndef CONF_SDI_TEXT_H
#define CONF_SDI_TEXT_H

#include "conf/conf.h"

/* In the order in which texts are looked for; the first that the server's message contains wins. */
enum sdi_code {
	SDI_NEXT_CODE,
	SDI_NEW_PIN_SUP,
	SDI_NEW_PIN_METH,
	SDI_NEW_PIN_REQ,
	SDI_NEW_PIN_REENTER,
	SDI_NEW_PIN_SYS_OK,
	SDI_NEXT_CCODE_AND_REAUTH,
	SDI_READY_FOR_SYS_PIN,
	SDI_CODES
};

/* Its name in the file: "next-code". */
const char *sdi_text_name(enum sdi_code code);
/* The text at a host (CONF_AAA_HOST; NULL: the usual one). */
const char *sdi_text(const struct conf_object *host, enum sdi_code code);

#endif
