/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of HTTP answers. */
#include "gateway/http_reply.h"

#include "common/attr.h"

static const struct {
	int status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

/* For browsers that wander in: nothing here is to be framed, sniffed, cached or scripted. */
static const char security[] =
    "Strict-Transport-Security: max-age=31536000\r\n"
    "X-Frame-Options: SAMEORIGIN\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cache-Control: no-store\r\n"
    "Pragma: no-cache\r\n";

const char *
http_reply_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

void
http_reply_head(struct buf *out, const struct http_reply *reply)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\n", reply->status, http_reply_reason(reply->status));
	if (reply->content_type != NULL)
		buf_printf(out, "Content-Type: %s\r\n", reply->content_type);
	buf_printf(out, "Content-Length: %zu\r\n", reply->body_len);
	buf_printf(out, "Connection: %s\r\n", reply->close ? "close" : "Keep-Alive");
	buf_puts(out, security);
	if (reply->status == 405)
		buf_puts(out, "Allow: GET, HEAD, POST\r\n");
	if (reply->headers != NULL)
		buf_puts(out, reply->headers);
	buf_puts(out, "\r\n");
}
