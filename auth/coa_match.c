/* SPDX-License-Identifier: Apache-2.0 */
/* All attributes that identify must fit; one that is there twice must say the same twice. */
#include "auth/coa_match.h"

#include <string.h>

#include "auth/accounting.h"
#include "common/str.h"

#define AVPAIR 1 /* cisco-av-pair */
#define AUDIT_KEY "audit-session-id="
#define INDEX_SHIFT 12 /* NAS-Port is the index so far to the left (asa.md 6.1) */

const char *
coa_match_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	return strncmp(text, key, len) == 0 ? text + len : NULL;
}

static bool
text_take(char *dst, const char *text)
{
	if (text[0] == '\0' || (dst[0] != '\0' && strcmp(dst, text) != 0))
		return false;
	return str_copy(dst, COA_MATCH_TEXT, text) == ERR_OK;
}

static bool
addr_take(struct ip_addr *dst, const struct radius_attr *attr, uint8_t family)
{
	struct ip_addr addr;

	/* Mapped ones would be of the other family. */
	if (attr->len != (family == 4 ? 4U : 16U) ||
	    ip_from_bytes(attr->value, attr->len, &addr) != ERR_OK)
		return false;
	if (dst->family != 0 && !ip_eq(dst, &addr))
		return false;
	*dst = addr;
	return true;
}

static bool
port_take(struct coa_match *match, const struct radius_attr *attr)
{
	uint32_t port;

	if (radius_attr_u32(attr, &port) != ERR_OK || (match->has_port && match->port != port))
		return false;
	match->has_port = true;
	match->port = port;
	return true;
}

/* False: it identifies, and makes no sense. */
static bool
attr_take(struct coa_match *match, const struct radius_attr *attr)
{
	char text[COA_MATCH_TEXT];
	const char *audit;

	if (attr->len >= sizeof(text))
		return false;
	if (attr->vendor != 0) {
		if (attr->vendor != RADIUS_VENDOR_CISCO || attr->type != AVPAIR)
			return true;
		radius_attr_text(attr, text, sizeof(text));
		audit = coa_match_value(text, AUDIT_KEY);
		return audit == NULL || text_take(match->audit_id, audit);
	}
	radius_attr_text(attr, text, sizeof(text));
	switch (attr->type) {
	case RADIUS_USER_NAME:
		return text_take(match->username, text);
	case RADIUS_CALLING_STATION_ID:
		return text_take(match->calling, text);
	case RADIUS_ACCT_SESSION_ID:
		return text_take(match->account, text);
	case RADIUS_NAS_PORT:
		return port_take(match, attr);
	case RADIUS_FRAMED_IP_ADDRESS:
		return addr_take(&match->ipv4, attr, 4);
	case RADIUS_FRAMED_IPV6_ADDRESS:
		return addr_take(&match->ipv6, attr, 6);
	case RADIUS_NAS_IP_ADDRESS:
		return addr_take(&match->nas4, attr, 4);
	case RADIUS_NAS_IPV6_ADDRESS:
		return addr_take(&match->nas6, attr, 6);
	default:
		return true;
	}
}

enum coa_cause
coa_match_read(const struct radius_packet *packet, struct coa_match *out)
{
	struct radius_walk walk = {0};
	struct radius_attr attr;

	memset(out, 0, sizeof(*out));
	while (radius_next(packet, &walk, &attr))
		if (!attr_take(out, &attr))
			return COA_INVALID_REQUEST;
	if (out->audit_id[0] == '\0' && out->username[0] == '\0' && out->calling[0] == '\0' &&
	    out->account[0] == '\0' && out->ipv4.family == 0 && out->ipv6.family == 0 &&
	    !out->has_port)
		return COA_MISSING_ATTRIBUTE;
	return COA_OK;
}

/* ---- sessions ---- */

static bool
addr_fits(const struct ip_addr *said, const struct ip_addr *has)
{
	return said->family == 0 || ip_eq(said, has);
}

/* As the session has it, or as a server called him when it let him in. */
static bool
username_fits(const struct session *session, const char *said)
{
	if (said[0] == '\0' || strcmp(said, session->username) == 0)
		return true;
	for (size_t i = 0; i < session->profiles_len; i++)
		if (strcmp(said, session->profiles[i]->user_name) == 0)
			return true;
	return false;
}

static bool
calling_fits(const struct session *session, const char *said)
{
	struct ip_addr addr;

	return said[0] == '\0' ||
	       (ip_parse(said, &addr) == ERR_OK && ip_eq(&addr, &session->facts.client.addr));
}

static bool
fits(const struct session *session, const struct coa_match *match)
{
	char account[ACCOUNTING_ID_SIZE];

	if (session->state == SESSION_ENDING)
		return false;
	if (match->has_port && match->port != session->index << INDEX_SHIFT)
		return false;
	if (match->audit_id[0] != '\0' && !str_ieq(match->audit_id, session->audit_id))
		return false;
	accounting_session_id(session, account);
	if (match->account[0] != '\0' && !str_ieq(match->account, account))
		return false;
	return username_fits(session, match->username) && calling_fits(session, match->calling) &&
	       addr_fits(&match->ipv4, &session->ipv4.addr) &&
	       addr_fits(&match->ipv6, &session->ipv6.addr);
}

/* The gateway's address that the client reached is who we are to the server. */
static bool
nas_fits(const struct session *session, const struct coa_match *match)
{
	const struct ip_addr *own = &session->facts.server.addr;

	return own->family == 0 || (addr_fits(&match->nas4, own) && addr_fits(&match->nas6, own));
}

enum coa_cause
coa_match_find(const struct session_table *table, const struct coa_match *match, uint64_t *ids,
    size_t max, size_t *count)
{
	bool elsewhere = false;

	*count = 0;
	for (struct session *session = session_first(table); session != NULL;
	     session = session_next(session)) {
		if (!fits(session, match))
			continue;
		if (!nas_fits(session, match)) {
			elsewhere = true;
			continue;
		}
		if (*count < max)
			ids[*count] = session->id;
		(*count)++;
	}
	if (*count > 0)
		return COA_OK;
	return elsewhere ? COA_OTHER_NAS : COA_NO_SESSION;
}
