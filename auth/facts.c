/* SPDX-License-Identifier: Apache-2.0 */
/* Client facts from messages of the gateway (which is not trusted) and from session records. */
#include "auth/facts.h"

#include <string.h>

#include "common/str.h"

static enum err
endpoint_read(const ProtobufCBinaryData *addr, uint32_t port, struct ip_endpoint *out)
{
	enum err err = ip_from_bytes(addr->data, addr->len, &out->addr);

	if (err != ERR_OK)
		return ERR_SYNTAX;
	if (port > UINT16_MAX)
		return ERR_RANGE;
	out->port = (uint16_t)port;
	return ERR_OK;
}

enum err
facts_read(const Ipc__ClientFacts *msg, struct facts *out)
{
	struct facts facts;
	enum err err;

	if (msg == NULL)
		return ERR_SYNTAX;
	memset(&facts, 0, sizeof(facts));
	err = endpoint_read(&msg->client_ip, msg->client_port, &facts.client);
	if (err == ERR_OK && msg->server_ip.len != 0)
		err = endpoint_read(&msg->server_ip, msg->server_port, &facts.server);
	if (err != ERR_OK)
		return err;
	str_printable(facts.agent, sizeof(facts.agent), msg->user_agent);
	str_printable(facts.version, sizeof(facts.version), msg->version);
	str_printable(facts.os, sizeof(facts.os), msg->device_os);
	str_printable(facts.os_version, sizeof(facts.os_version), msg->platform_version);
	*out = facts;
	return ERR_OK;
}

void
facts_write(const struct facts *facts, Ipc__ClientFacts *msg)
{
	msg->client_ip.data = (uint8_t *)facts->client.addr.bytes;
	msg->client_ip.len = ip_len(&facts->client.addr);
	msg->client_port = facts->client.port;
	msg->server_ip.data = (uint8_t *)facts->server.addr.bytes;
	msg->server_ip.len = ip_len(&facts->server.addr);
	msg->server_port = facts->server.port;
	msg->user_agent = (char *)facts->agent;
	msg->version = (char *)facts->version;
	msg->device_os = (char *)facts->os;
	msg->platform_version = (char *)facts->os_version;
}

char *
facts_ip(const struct facts *facts, char *dst)
{
	return ip_str(&facts->client.addr, dst);
}
