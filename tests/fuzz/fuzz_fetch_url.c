/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz pki/fetch_url.c: whatever a certificate names, nothing but one line goes into a request. */
/* For coverage.sh: pki/fetch_url.c */
#include <stdlib.h>
#include <string.h>

#include "pki/fetch_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A C string without blanks and controls. */
static void
check_text(const char *s, size_t size)
{
	if (memchr(s, '\0', size) == NULL)
		abort();
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[FETCH_URL_MAX + 16] = "";
	struct fetch_url url;

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	if (fetch_url_parse(text, &url) != ERR_OK)
		return 0;
	check_text(url.host, sizeof(url.host));
	check_text(url.authority, sizeof(url.authority));
	check_text(url.target, sizeof(url.target));
	if ((url.host[0] == '\0') == (url.addr.family == 0) || url.port == 0 ||
	    url.target[0] != '/' || strpbrk(url.authority, "/?#@") != NULL)
		abort();
	return 0;
}
