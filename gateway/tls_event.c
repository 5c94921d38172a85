/* SPDX-License-Identifier: Apache-2.0 */
/* The lines about handshakes. */
#include "gateway/tls_event.h"

#include "common/log.h"

void
tls_event_begin(const struct ip_endpoint *client)
{
	char from[IP_STR_MAX];

	log_event(LOGMSG_725001, ip_str(&client->addr, from), client->port);
}

/* Which certificate a client that asked for a server by name was shown. */
static void
log_trustpoint(const struct tls_stream *stream)
{
	const char *trustpoint = tls_stream_trustpoint(stream);
	const struct ip_endpoint *from = tls_stream_client(stream), *to = tls_stream_server(stream);
	char client[IP_STR_MAX], server[IP_STR_MAX];

	if (tls_stream_sni(stream)[0] != '\0' && trustpoint[0] != '\0' &&
	    !tls_stream_is_resumed(stream))
		log_event(LOGMSG_725016, trustpoint, ip_str(&from->addr, client), from->port,
		    ip_str(&to->addr, server), to->port);
}

void
tls_event_ready(const struct tls_stream *stream)
{
	const struct ip_endpoint *from = tls_stream_client(stream);
	char client[IP_STR_MAX];

	log_trustpoint(stream);
	log_event(
	    LOGMSG_725002, ip_str(&from->addr, client), from->port, tls_stream_version(stream));
}

void
tls_event_failed(const struct tls_stream *stream, enum err why)
{
	const struct ip_endpoint *from = tls_stream_client(stream);
	const char *reason = tls_stream_reason(stream);
	char client[IP_STR_MAX];

	log_trustpoint(stream);
	log_event(LOGMSG_725006, ip_str(&from->addr, client), from->port);
	log_debug("client %s: handshake: %s", client, reason[0] != '\0' ? reason : err_str(why));
}

void
tls_event_end(const struct tls_stream *stream)
{
	const struct ip_endpoint *from = tls_stream_client(stream);
	char client[IP_STR_MAX];

	log_event(LOGMSG_725007, ip_str(&from->addr, client), from->port);
}
