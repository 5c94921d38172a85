/* SPDX-License-Identifier: Apache-2.0 */
/* Client facts from messages of the gateway (which is not trusted) and from session records. */
#include "auth/facts.h"

#include <stdio.h>
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

/* Any way of writing twelve digits, as the ASA's. False: no such address. */
static bool
mac_read(const char *text, char out[18])
{
	char digits[13];
	uint8_t bytes[6];
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (strchr("-:. ", *text) != NULL)
			continue;
		if (n == sizeof(digits) - 1)
			return false;
		digits[n++] = *text;
	}
	digits[n] = '\0';
	if (str_unhex(digits, bytes, sizeof(bytes)) != ERR_OK)
		return false;
	snprintf(out, 18, "%02x-%02x-%02x-%02x-%02x-%02x", bytes[0], bytes[1], bytes[2], bytes[3],
	    bytes[4], bytes[5]);
	return true;
}

static void
macs_read(const Ipc__ClientFacts *msg, struct facts *out)
{
	size_t n = 0;

	for (size_t i = 0; i < msg->n_mac_address && n < FACTS_MACS_MAX; i++) {
		if (!mac_read(msg->mac_address[i], out->mac[n]))
			continue;
		n++;
		if (msg->public_mac == i + 1)
			out->public_mac = (uint8_t)n;
	}
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
	str_printable(facts.device_type, sizeof(facts.device_type), msg->device_type);
	str_printable(facts.computer_name, sizeof(facts.computer_name), msg->computer_name);
	str_printable(facts.unique_id, sizeof(facts.unique_id), msg->unique_id);
	str_printable(
	    facts.unique_id_global, sizeof(facts.unique_id_global), msg->unique_id_global);
	macs_read(msg, &facts);
	*out = facts;
	return ERR_OK;
}

void
facts_write(const struct facts *facts, char *macs[FACTS_MACS_MAX], Ipc__ClientFacts *msg)
{
	size_t n = 0;

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
	msg->device_type = (char *)facts->device_type;
	msg->computer_name = (char *)facts->computer_name;
	msg->unique_id = (char *)facts->unique_id;
	msg->unique_id_global = (char *)facts->unique_id_global;
	while (n < FACTS_MACS_MAX && facts->mac[n][0] != '\0') {
		macs[n] = (char *)facts->mac[n];
		n++;
	}
	msg->mac_address = macs;
	msg->n_mac_address = n;
	msg->public_mac = facts->public_mac;
}

char *
facts_ip(const struct facts *facts, char *dst)
{
	return ip_str(&facts->client.addr, dst);
}
