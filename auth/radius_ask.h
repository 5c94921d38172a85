/* SPDX-License-Identifier: Apache-2.0 */
/* What the gateway tells a RADIUS server about a login or a session: the ASA's attributes in the
 * ASA's order and format (asa.md 6.1, 6.2). Pure. */
#ifndef AUTH_RADIUS_ASK_H
#define AUTH_RADIUS_ASK_H

#include "auth/facts.h"
#include "auth/radius_packet.h"

/* Who asks for whom. Borrowed. */
struct radius_who {
	const char *username; /* as AAA sees it; "" is sent as nothing */
	const char *tunnel_group;
	const struct facts *facts;
	uint32_t index;       /* of the session to be: NAS-Port is index << 12 */
	const char *audit_id; /* audit-session-id, 24 hex digits */
	struct ip_addr nas;   /* NAS-IP(v6)-Address; family 0: none */
	bool coa;             /* "coa-push=true": the group takes RFC 5176 requests */
};

/* How the user proves himself. */
enum radius_proof {
	RADIUS_PAP,
	RADIUS_MSCHAP2,        /* password-management and mschapv2-capable */
	RADIUS_MSCHAP2_CHANGE, /* an expired password and a new one */
	RADIUS_AUTHORIZE,      /* nothing: password is radius-common-pw or the user name */
	RADIUS_AUTHORIZE_ONLY, /* Service-Type Authorize-Only, no password */
};

struct radius_proof_of {
	enum radius_proof how;
	const struct secret *password;     /* the old one for a change; AUTHORIZE: radius-common-pw,
					      NULL: the user name */
	const struct secret *new_password; /* MSCHAP2_CHANGE */
	const void *state;                 /* State of a challenge, as it came */
	size_t state_len;
};

/* What is needed to check the answer of MS-CHAPv2: mschap_success_ok(), after a change with the new
 * password. Wipe. */
struct radius_mschap {
	uint8_t challenge[16];
	uint8_t response[50];
};

/* An Access-Request. mschap: filled for MSCHAP2 and its change. ERR_SYNTAX, ERR_LIMIT (a password
 * or name that cannot be sent), ERR_NOMEM; out is to be finished in every case. */
enum err radius_ask_access(const struct radius_who *who, const struct radius_proof_of *proof,
    struct radius_request *out, struct radius_mschap *mschap) MUST_USE;
/* The second request of a dACL (asa.md 6.5). state: of a chunk before this, or NULL. */
enum err radius_ask_dacl(const char *name, const struct ip_addr *nas, const void *state,
    size_t state_len, struct radius_request *out) MUST_USE;
/*
 * Adds to a request that is begun what every accounting request says of a session, in the order of
 * 6.2: User-Name, NAS-IP(v6)-Address, NAS-Port, Service-Type, Framed-Protocol, Called- and
 * Calling-Station-Id, NAS-Port-Type, Tunnel-Client-Endpoint, the device's facts, audit-session-id,
 * Tunnel-Group-Name, Client-Type, Session-Type and Session-Subtype. The rest is auth/accounting.c's
 * to put. Errors are in out->attrs.err.
 */
void radius_ask_account(const struct radius_who *who, struct radius_request *out);

#endif
