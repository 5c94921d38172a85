/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/http_parse.c, http_route.c and, as for a CONNECT, cstp_head.c and dtls_offer.c: a
 * head, whole or cut. Every string of a request that is taken must lie in the buffer and be
 * terminated there; a refused one must be left as it was.
 */
/* For coverage.sh: gateway/http_parse.c gateway/http_route.c gateway/dtls_offer.c:-dtls_offer_lack
 * gateway/cstp_head.c:number_or_zero,read_families,cstp_head_read,cstp_head_mtu */
#include <stdlib.h>
#include <string.h>

#include "gateway/cstp_head.h"
#include "gateway/http_parse.h"
#include "gateway/http_route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_string(const char *s, const char *data, size_t len)
{
	if (s < data || s >= data + len || memchr(s, '\0', (size_t)(data + len - s)) == NULL)
		abort();
}

/* Whatever was offered, the choice is one of ours and what was not offered is no secret. */
static void
check_connect(const struct http_request *request)
{
	struct cstp_request connect;
	const struct dtls_suite *suite;
	struct dtls_terms terms;
	unsigned link_mtu;
	bool chosen;

	if (cstp_head_read(request, &connect) != ERR_OK)
		return;
	chosen = dtls_offer_choose(&connect.dtls, NULL, 0, &terms, &suite) == ERR_OK;
	if (chosen != (terms.mode != DTLS_NONE) || (suite != NULL) != (terms.mode == DTLS_RESUMED))
		abort();
	if (terms.mode == DTLS_RESUMED && !connect.dtls.has_master)
		abort();
	if (cstp_head_mtu(&connect, suite, 4, 0, 0, 9000, &link_mtu) >= link_mtu)
		abort();
}

static void
check_request(struct http_request *request, const char *data, size_t len)
{
	char value[64];
	int status = 0;

	if (request->head_len > len || request->headers_len > HTTP_HEADERS_MAX ||
	    request->content_length > HTTP_BODY_MAX)
		abort();
	check_string(request->method, data, request->head_len);
	check_string(request->target, data, request->head_len);
	for (size_t i = 0; i < request->headers_len; i++) {
		check_string(request->headers[i].name, data, request->head_len);
		check_string(request->headers[i].value, data, request->head_len);
	}
	(void)http_header(request, "Host");
	check_connect(request);
	if (http_cookie(request, "webvpn", value, sizeof(value)) == ERR_OK &&
	    strlen(value) >= sizeof(value))
		abort();
	/* What follows the head is the body, as far as it is there. */
	if (request->content_length > len - request->head_len)
		request->content_length = len - request->head_len;
	request->body = (const uint8_t *)data + request->head_len;
	if (http_route(request, (len & 1) != 0, &status) == HTTP_ACTION_NONE &&
	    (status < 400 || status > 599))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_request request;
	char *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	copy[size] = 'x'; /* no terminator to lean on */
	if (http_parse(copy, size, &request) == ERR_OK)
		check_request(&request, copy, size);
	else if (memcmp(copy, data, size) != 0)
		abort();
	free(copy);
	return 0;
}
