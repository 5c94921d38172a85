/* SPDX-License-Identifier: Apache-2.0 */
/* What may be shown is a list: an attribute that is not in it may hold anything. */
#include "auth/trace_radius.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"

enum how { HIDE, TEXT, NUMBER, ADDRESS, HEX };

static const struct {
	uint32_t vendor;
	uint8_t type;
	enum how how;
	const char *name;
} rows[] = {
    {0, RADIUS_USER_NAME, TEXT, "User-Name"},
    {0, RADIUS_USER_PASSWORD, HIDE, "User-Password"},
    {0, 3, HIDE, "CHAP-Password"},
    {0, RADIUS_NAS_IP_ADDRESS, ADDRESS, "NAS-IP-Address"},
    {0, RADIUS_NAS_PORT, NUMBER, "NAS-Port"},
    {0, RADIUS_SERVICE_TYPE, NUMBER, "Service-Type"},
    {0, RADIUS_FRAMED_PROTOCOL, NUMBER, "Framed-Protocol"},
    {0, RADIUS_FRAMED_IP_ADDRESS, ADDRESS, "Framed-IP-Address"},
    {0, RADIUS_FRAMED_IP_NETMASK, ADDRESS, "Framed-IP-Netmask"},
    {0, RADIUS_FILTER_ID, TEXT, "Filter-Id"},
    {0, RADIUS_REPLY_MESSAGE, TEXT, "Reply-Message"},
    {0, RADIUS_STATE, HIDE, "State"},
    {0, RADIUS_CLASS, HEX, "Class"},
    {0, RADIUS_VENDOR_SPECIFIC, HIDE, "Vendor-Specific"},
    {0, RADIUS_SESSION_TIMEOUT, NUMBER, "Session-Timeout"},
    {0, RADIUS_IDLE_TIMEOUT, NUMBER, "Idle-Timeout"},
    {0, RADIUS_CALLED_STATION_ID, TEXT, "Called-Station-Id"},
    {0, RADIUS_CALLING_STATION_ID, TEXT, "Calling-Station-Id"},
    {0, RADIUS_PROXY_STATE, HIDE, "Proxy-State"},
    {0, RADIUS_ACCT_STATUS_TYPE, NUMBER, "Acct-Status-Type"},
    {0, RADIUS_ACCT_DELAY_TIME, NUMBER, "Acct-Delay-Time"},
    {0, RADIUS_ACCT_INPUT_OCTETS, NUMBER, "Acct-Input-Octets"},
    {0, RADIUS_ACCT_OUTPUT_OCTETS, NUMBER, "Acct-Output-Octets"},
    {0, RADIUS_ACCT_SESSION_ID, TEXT, "Acct-Session-Id"},
    {0, RADIUS_ACCT_AUTHENTIC, NUMBER, "Acct-Authentic"},
    {0, RADIUS_ACCT_SESSION_TIME, NUMBER, "Acct-Session-Time"},
    {0, RADIUS_ACCT_INPUT_PACKETS, NUMBER, "Acct-Input-Packets"},
    {0, RADIUS_ACCT_OUTPUT_PACKETS, NUMBER, "Acct-Output-Packets"},
    {0, RADIUS_ACCT_TERMINATE_CAUSE, NUMBER, "Acct-Terminate-Cause"},
    {0, RADIUS_ACCT_INPUT_GIGAWORDS, NUMBER, "Acct-Input-Gigawords"},
    {0, RADIUS_ACCT_OUTPUT_GIGAWORDS, NUMBER, "Acct-Output-Gigawords"},
    {0, RADIUS_EVENT_TIMESTAMP, NUMBER, "Event-Timestamp"},
    {0, RADIUS_NAS_PORT_TYPE, NUMBER, "NAS-Port-Type"},
    {0, RADIUS_TUNNEL_CLIENT_ENDPOINT, TEXT, "Tunnel-Client-Endpoint"},
    {0, 69, HIDE, "Tunnel-Password"},
    {0, 79, HIDE, "EAP-Message"},
    {0, RADIUS_MESSAGE_AUTHENTICATOR, HIDE, "Message-Authenticator"},
    {0, RADIUS_NAS_IPV6_ADDRESS, ADDRESS, "NAS-IPv6-Address"},
    {0, RADIUS_FRAMED_INTERFACE_ID, HEX, "Framed-Interface-Id"},
    {0, RADIUS_FRAMED_IPV6_PREFIX, HEX, "Framed-IPv6-Prefix"},
    {0, RADIUS_ERROR_CAUSE, NUMBER, "Error-Cause"},
    {0, RADIUS_FRAMED_IPV6_ADDRESS, ADDRESS, "Framed-IPv6-Address"},
    {RADIUS_VENDOR_CISCO, 1, TEXT, "Cisco-AV-Pair"},
    {RADIUS_VENDOR_MICROSOFT, 1, HIDE, "MS-CHAP-Response"},
    {RADIUS_VENDOR_MICROSOFT, 2, HIDE, "MS-CHAP-Error"},
    {RADIUS_VENDOR_MICROSOFT, 11, HIDE, "MS-CHAP-Challenge"},
    {RADIUS_VENDOR_MICROSOFT, 16, HIDE, "MS-MPPE-Send-Key"},
    {RADIUS_VENDOR_MICROSOFT, 17, HIDE, "MS-MPPE-Recv-Key"},
    {RADIUS_VENDOR_MICROSOFT, 25, HIDE, "MS-CHAP2-Response"},
    {RADIUS_VENDOR_MICROSOFT, 26, HIDE, "MS-CHAP2-Success"},
    {RADIUS_VENDOR_MICROSOFT, 27, HIDE, "MS-CHAP2-CPW"},
    {RADIUS_VENDOR_ALTIGA, 1, TEXT, "Access-Hours"},
    {RADIUS_VENDOR_ALTIGA, 2, NUMBER, "Simultaneous-Logins"},
    {RADIUS_VENDOR_ALTIGA, 5, ADDRESS, "Primary-DNS"},
    {RADIUS_VENDOR_ALTIGA, 6, ADDRESS, "Secondary-DNS"},
    {RADIUS_VENDOR_ALTIGA, 11, NUMBER, "Tunneling-Protocols"},
    {RADIUS_VENDOR_ALTIGA, 15, TEXT, "Banner1"},
    {RADIUS_VENDOR_ALTIGA, 25, TEXT, "Group-Policy"},
    {RADIUS_VENDOR_ALTIGA, 27, TEXT, "Split-Tunnel-Inclusion-List"},
    {RADIUS_VENDOR_ALTIGA, 28, TEXT, "Default-Domain-Name"},
    {RADIUS_VENDOR_ALTIGA, 29, TEXT, "Secondary-Domain-Name-List"},
    {RADIUS_VENDOR_ALTIGA, 50, NUMBER, "Authenticated-User-Idle-Timeout"},
    {RADIUS_VENDOR_ALTIGA, 55, NUMBER, "Split-Tunneling-Policy"},
    {RADIUS_VENDOR_ALTIGA, 85, TEXT, "Tunnel-Group-Lock"},
    {RADIUS_VENDOR_ALTIGA, 86, TEXT, "Access-List-Inbound"},
    {RADIUS_VENDOR_ALTIGA, 146, TEXT, "Tunnel-Group-Name"},
    {RADIUS_VENDOR_ALTIGA, 150, NUMBER, "Client-Type"},
    {RADIUS_VENDOR_ALTIGA, 151, NUMBER, "Session-Type"},
    {RADIUS_VENDOR_ALTIGA, 152, NUMBER, "Session-Subtype"},
    {RADIUS_VENDOR_ALTIGA, 217, TEXT, "Address-Pools"},
};

static const char *
code_text(enum radius_code code)
{
	switch (code) {
	case RADIUS_ACCESS_REQUEST:
		return "Access-Request";
	case RADIUS_ACCESS_ACCEPT:
		return "Access-Accept";
	case RADIUS_ACCESS_REJECT:
		return "Access-Reject";
	case RADIUS_ACCESS_CHALLENGE:
		return "Access-Challenge";
	case RADIUS_ACCOUNTING_REQUEST:
		return "Accounting-Request";
	case RADIUS_ACCOUNTING_RESPONSE:
		return "Accounting-Response";
	default:
		return "";
	}
}

static void
put_hidden(struct buf *out, const struct radius_attr *attr)
{
	buf_printf(out, "***** (%zu bytes)", attr->len);
}

static void
put_value(struct buf *out, const struct radius_attr *attr, enum how how)
{
	char text[RADIUS_VALUE_MAX + 1];
	struct ip_addr addr;
	uint32_t number;

	switch (how) {
	case TEXT:
		radius_attr_text(attr, text, sizeof(text));
		buf_printf(out, "%s", text);
		return;
	case NUMBER:
		if (radius_attr_u32(attr, &number) == ERR_OK) {
			buf_printf(out, "%u (0x%04X)", number, number);
			return;
		}
		break;
	case ADDRESS:
		if (ip_from_bytes(attr->value, attr->len, &addr) == ERR_OK) {
			buf_printf(out, "%s", ip_str(&addr, text));
			return;
		}
		break;
	case HEX:
		buf_put_hex(out, attr->value, attr->len, false);
		return;
	case HIDE:
		break;
	}
	put_hidden(out, attr);
}

static void
put_attr(struct buf *out, const struct radius_attr *attr)
{
	if (attr->vendor != 0)
		buf_printf(out, "\nRadius: Vendor ID = %u (0x%08X), Type = %u (0x%02X) ",
		    attr->vendor, attr->vendor, attr->type, attr->type);
	else
		buf_printf(out, "\nRadius: Type = %u (0x%02X) ", attr->type, attr->type);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].vendor == attr->vendor && rows[i].type == attr->type) {
			buf_printf(out, "%s = ", rows[i].name);
			put_value(out, attr, rows[i].how);
			return;
		}
	buf_puts(out, "unknown attribute = ");
	put_hidden(out, attr);
}

void
trace_radius_put(struct buf *out, const struct radius_packet *packet)
{
	struct radius_walk walk = {0};
	struct radius_attr attr;

	buf_printf(out,
	    "Radius: Code = %d (0x%02X) %s\nRadius: Identifier = %u (0x%02X)\n"
	    "Radius: Length = %zu (0x%04zX)",
	    packet->data[0], packet->data[0], code_text(radius_packet_code(packet)),
	    packet->data[1], packet->data[1], packet->len, packet->len);
	while (radius_next(packet, &walk, &attr))
		put_attr(out, &attr);
}

/* Whose packet it is: the request's User-Name and Calling-Station-Id tell. */
static void
who_of(const struct radius_packet *packet, struct ip_endpoint *client, char user[TRACE_NAME_MAX])
{
	char text[RADIUS_VALUE_MAX + 1];
	struct radius_attr attr;

	*client = (struct ip_endpoint){0};
	user[0] = '\0';
	if (radius_find(packet, 0, RADIUS_USER_NAME, &attr))
		radius_attr_text(&attr, user, TRACE_NAME_MAX);
	if (!radius_find(packet, 0, RADIUS_CALLING_STATION_ID, &attr))
		return;
	radius_attr_text(&attr, text, sizeof(text));
	if (ip_parse(text, &client->addr) != ERR_OK)
		client->addr = (struct ip_addr){0};
}

static bool
packet_fill(struct radius_packet *packet, const uint8_t *wire, size_t len)
{
	if (len < RADIUS_HEADER_SIZE || len > sizeof(packet->data))
		return false;
	memcpy(packet->data, wire, len);
	packet->len = len;
	return true;
}

void
trace_radius_show(const char *what, const struct ip_addr *server, const uint8_t *wire, size_t len,
    const uint8_t *request, size_t request_len)
{
	struct radius_packet *packet = malloc(sizeof(*packet));
	char user[TRACE_NAME_MAX], ip[IP_STR_MAX];
	struct ip_endpoint client;
	struct buf text;

	if (packet == NULL)
		return;
	buf_init(&text, TRACE_TEXT_MAX);
	if (request == NULL) {
		request = wire;
		request_len = len;
	}
	if (packet_fill(packet, request, request_len)) {
		who_of(packet, &client, user);
		if (packet_fill(packet, wire, len)) {
			buf_printf(
			    &text, "RADIUS packet decode (%s %s)\n", what, ip_str(server, ip));
			trace_radius_put(&text, packet);
			trace_user_text(TRACE_RADIUS, 1, &client, user, buf_cstr(&text));
		}
	}
	buf_wipe(&text);
	str_wipe(packet, sizeof(*packet));
	free(packet);
}
