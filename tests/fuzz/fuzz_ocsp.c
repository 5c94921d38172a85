/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz pki/ocsp.c. The first byte says what the others are: 0: an OCSP response, 1: the
 * ResponseData, which is signed here, 2: a certificate that names responders.
 */
/* For coverage.sh: pki/ocsp.c:-put_request,fill_request,ocsp_ask */
#include <openssl/err.h>
#include <string.h>

#include "pki/ocsp.h"
#include "tests/fuzz/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
judge(const void *der, size_t len)
{
	X509 *issuer = signed_issuer()->cert;
	struct ocsp_question question = {
	    .cert = issuer, .issuer = issuer, .nonce_used = true, .nonce = "sixteen letters"};
	const char *why = NULL;
	time_t until = 1;
	enum ocsp_status status = ocsp_judge(&question, der, len, SIGNED_NOW, &until, &why);

	if (why == NULL || ERR_peek_error() != 0)
		abort();
	if (until != 0 && status != OCSP_GOOD && status != OCSP_REVOKED)
		abort();
	if (until != 0 && until < SIGNED_NOW - OCSP_SKEW_SEC)
		abort();
}

static void
judge_signed(const uint8_t *data, size_t size)
{
	static const uint8_t basic_oid[] = {
	    0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
	static const uint8_t successful[] = {0x0a, 0x01, 0x00};
	struct buf parts[5];

	for (size_t i = 0; i < 5; i++)
		buf_init(&parts[i], SIGNED_MAX + 512);
	signed_put(&parts[0], data, size);
	buf_put(&parts[1], basic_oid, sizeof(basic_oid));
	der_help_wrap(&parts[1], 0x04, parts[0].data, parts[0].len);
	der_help_wrap(&parts[2], 0x30, parts[1].data, parts[1].len);
	buf_put(&parts[3], successful, sizeof(successful));
	der_help_wrap(&parts[3], 0xa0, parts[2].data, parts[2].len);
	der_help_wrap(&parts[4], 0x30, parts[3].data, parts[3].len);
	judge(parts[4].data, parts[4].len);
	for (size_t i = 0; i < 5; i++)
		buf_fini(&parts[i]);
}

static void
find_responder(const uint8_t *data, size_t size)
{
	X509 *cert = d2i_X509(NULL, &data, (long)size);
	char url[1025];

	if (cert != NULL && ocsp_responder(cert, url, sizeof(url)) == ERR_OK &&
	    strncasecmp(url, "http://", 7) != 0)
		abort();
	X509_free(cert);
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > SIGNED_MAX)
		return 0;
	if (data[0] == 0)
		judge(data + 1, size - 1);
	else if (data[0] == 1)
		judge_signed(data + 1, size - 1);
	else
		find_responder(data + 1, size - 1);
	return 0;
}
