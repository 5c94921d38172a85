/* SPDX-License-Identifier: Apache-2.0 */
/* How sekisho-pki complains: a line of text, fit for a terminal whatever is in the files. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "common/cert.h"
#include "common/str.h"
#include "tools/pki_parts.h"

#define LINE_MAX_BYTES 1024

enum err
pki_say(struct buf *why, enum err err, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES], clean[LINE_MAX_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	str_printable(clean, sizeof(clean), line);
	buf_printf(why, "%s%s", why->len > 0 ? "\n" : "", clean);
	ERR_clear_error();
	return err;
}

/* The most specific part first, as everywhere on an ASA. */
char *
pki_say_name(const X509_NAME *name, char *dst, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const char *data = "?";
	long len = 1;

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_get_mem_data(bio, (char **)(uintptr_t)&data);
	if (len <= 0 || str_copy_n(dst, size, data, (size_t)len) == ERR_SYNTAX)
		(void)str_copy(dst, size, "no name");
	BIO_free(bio);
	return dst;
}
