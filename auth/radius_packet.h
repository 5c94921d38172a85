/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RADIUS packets (RFC 2865, 2866, 2869 5.14, 5176, 5997 for the order of Message-Authenticator):
 * attributes are gathered first, the packet is sealed for one server and one identifier at a time,
 * since the secret goes into it. Pure: no sockets, no clock.
 */
#ifndef AUTH_RADIUS_PACKET_H
#define AUTH_RADIUS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/secret.h"

#define RADIUS_PACKET_MAX 4096 /* RFC 2865 3 */
#define RADIUS_HEADER_SIZE 20
#define RADIUS_AUTHENTICATOR_SIZE 16
#define RADIUS_VALUE_MAX 253        /* of an attribute */
#define RADIUS_VENDOR_VALUE_MAX 247 /* of a vendor's, alone in its Vendor-Specific */
#define RADIUS_PASSWORD_MAX 128     /* RFC 2865 5.2 */

#define RADIUS_VENDOR_CISCO 9
#define RADIUS_VENDOR_MICROSOFT 311
#define RADIUS_VENDOR_ALTIGA 3076 /* the ASA's */

enum radius_code {
	RADIUS_ACCESS_REQUEST = 1,
	RADIUS_ACCESS_ACCEPT = 2,
	RADIUS_ACCESS_REJECT = 3,
	RADIUS_ACCOUNTING_REQUEST = 4,
	RADIUS_ACCOUNTING_RESPONSE = 5,
	RADIUS_ACCESS_CHALLENGE = 11,
	RADIUS_DISCONNECT_REQUEST = 40,
	RADIUS_DISCONNECT_ACK = 41,
	RADIUS_DISCONNECT_NAK = 42,
	RADIUS_COA_REQUEST = 43,
	RADIUS_COA_ACK = 44,
	RADIUS_COA_NAK = 45,
};

/* Attribute types in use (IANA). Vendors' are with who uses them. */
enum radius_type {
	RADIUS_USER_NAME = 1,
	RADIUS_USER_PASSWORD = 2,
	RADIUS_NAS_IP_ADDRESS = 4,
	RADIUS_NAS_PORT = 5,
	RADIUS_SERVICE_TYPE = 6,
	RADIUS_FRAMED_PROTOCOL = 7,
	RADIUS_FRAMED_IP_ADDRESS = 8,
	RADIUS_FRAMED_IP_NETMASK = 9,
	RADIUS_FILTER_ID = 11,
	RADIUS_REPLY_MESSAGE = 18,
	RADIUS_STATE = 24,
	RADIUS_CLASS = 25,
	RADIUS_VENDOR_SPECIFIC = 26,
	RADIUS_SESSION_TIMEOUT = 27,
	RADIUS_IDLE_TIMEOUT = 28,
	RADIUS_CALLED_STATION_ID = 30,
	RADIUS_CALLING_STATION_ID = 31,
	RADIUS_PROXY_STATE = 33,
	RADIUS_ACCT_STATUS_TYPE = 40,
	RADIUS_ACCT_DELAY_TIME = 41,
	RADIUS_ACCT_INPUT_OCTETS = 42,
	RADIUS_ACCT_OUTPUT_OCTETS = 43,
	RADIUS_ACCT_SESSION_ID = 44,
	RADIUS_ACCT_AUTHENTIC = 45,
	RADIUS_ACCT_SESSION_TIME = 46,
	RADIUS_ACCT_INPUT_PACKETS = 47,
	RADIUS_ACCT_OUTPUT_PACKETS = 48,
	RADIUS_ACCT_TERMINATE_CAUSE = 49,
	RADIUS_ACCT_INPUT_GIGAWORDS = 52,
	RADIUS_ACCT_OUTPUT_GIGAWORDS = 53,
	RADIUS_EVENT_TIMESTAMP = 55,
	RADIUS_NAS_PORT_TYPE = 61,
	RADIUS_TUNNEL_CLIENT_ENDPOINT = 66,
	RADIUS_MESSAGE_AUTHENTICATOR = 80,
	RADIUS_NAS_IPV6_ADDRESS = 95,
	RADIUS_FRAMED_INTERFACE_ID = 96,
	RADIUS_FRAMED_IPV6_PREFIX = 97,
	RADIUS_ERROR_CAUSE = 101,
	RADIUS_FRAMED_IPV6_ADDRESS = 168,
};

/* ---- to be sent ---- */

/* The attributes of a request or an answer, in order. A password is among them in clear: wipe. */
struct radius_request {
	enum radius_code code;
	struct buf attrs; /* the sticky error of all that was put */
};

void radius_request_init(struct radius_request *request, enum radius_code code);
/* Wipes. */
void radius_request_fini(struct radius_request *request);
/* A value longer than RADIUS_VALUE_MAX, or an empty one: ERR_LIMIT into attrs.err. */
void radius_put(struct radius_request *request, uint8_t type, const void *value, size_t len);
void radius_put_str(struct radius_request *request, uint8_t type, const char *value);
void radius_put_u32(struct radius_request *request, uint8_t type, uint32_t value);
/* An address of either family as its bytes. */
void radius_put_ip(struct radius_request *request, uint8_t type, const struct ip_addr *addr);
/* User-Password; it is hidden when the packet is sealed. ERR_LIMIT: too long. */
void radius_put_password(struct radius_request *request, const struct secret *password);
void radius_put_vendor(
    struct radius_request *request, uint32_t vendor, uint8_t type, const void *value, size_t len);
void radius_put_vendor_u32(
    struct radius_request *request, uint32_t vendor, uint8_t type, uint32_t value);
/* cisco-av-pair (9/1), cut where it does not fit. */
void radius_put_avpair(struct radius_request *request, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A packet as it goes over the wire. */
struct radius_packet {
	uint8_t data[RADIUS_PACKET_MAX];
	size_t len;
};

/*
 * The packet for one server. Access-Request: fresh random Request Authenticator,
 * Message-Authenticator first, User-Password hidden. Accounting-Request, Disconnect- and
 * CoA-Request: the MD5 authenticator. ERR_LIMIT: longer than RADIUS_PACKET_MAX; attrs.err;
 * ERR_CRYPTO.
 */
enum err radius_seal(const struct radius_request *request, uint8_t id, const struct secret *secret,
    struct radius_packet *out) MUST_USE;
/* An answer to a packet that came in (for RFC 5176): its identifier and authenticator go into it;
 * Message-Authenticator is put in if asked for. */
enum err radius_seal_answer(const struct radius_request *answer,
    const struct radius_packet *request, const struct secret *secret, bool authenticator,
    struct radius_packet *out) MUST_USE;

/* ---- received ---- */

/*
 * Check what came in against the request that it answers: length and attributes whole (ERR_SYNTAX),
 * identifier and a code that fits the request (ERR_NOTFOUND), Response Authenticator and
 * Message-Authenticator (ERR_CRYPTO; also when require and there is none in an answer to an
 * Access-Request). Compares in constant time. Copies into out. Only the header of request is looked
 * at.
 */
enum err radius_open_answer(const void *data, size_t len, const struct radius_packet *request,
    const struct secret *secret, bool require, struct radius_packet *out) MUST_USE;
/* A Disconnect- or CoA-Request, or any request with an MD5 authenticator: ERR_SYNTAX, ERR_NOTFOUND
 * (another code), ERR_CRYPTO. */
enum err radius_open_request(const void *data, size_t len, const struct secret *secret,
    bool require, struct radius_packet *out) MUST_USE;
enum radius_code radius_packet_code(const struct radius_packet *packet);

/* One attribute; those of vendors are taken out of their Vendor-Specific, one by one. */
struct radius_attr {
	uint32_t vendor; /* 0: none */
	uint8_t type;
	const uint8_t *value; /* into the packet */
	size_t len;
};
/* Plain value; zero it to begin. */
struct radius_walk {
	size_t at;
	size_t vendor_end; /* 0: not within a Vendor-Specific */
	uint32_t vendor;
};
/* The next attribute of a packet that radius_open_x() let through; false: no more. A
 * Vendor-Specific that is not made as RFC 2865 5.26 suggests, or of vendor 0, comes as itself:
 * vendor 0, type 26. A value may have 0 bytes. */
bool radius_next(
    const struct radius_packet *packet, struct radius_walk *walk, struct radius_attr *out);
/* The first of a type; false: none. */
bool radius_find(
    const struct radius_packet *packet, uint32_t vendor, uint8_t type, struct radius_attr *out);
/* ERR_SYNTAX: not 4 bytes. */
enum err radius_attr_u32(const struct radius_attr *attr, uint32_t *out) MUST_USE;
/* Value as printable text: control characters become "?", cut to size. */
void radius_attr_text(const struct radius_attr *attr, char *out, size_t size);

#endif
