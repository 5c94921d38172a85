/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in the ASA's words: which attributes, in which order, in which format. */
#include "auth/radius_ask.h"

#include <string.h>

#include "auth/mschap.h"
#include "common/rnd.h"
#include "common/str.h"

/* Vendors' types. */
enum {
	MS_CHAP_NT_ENC_PW = 6,
	MS_CHAP_CHALLENGE = 11,
	MS_CHAP2_RESPONSE = 25,
	MS_CHAP2_CPW = 27,
	ALTIGA_TUNNEL_GROUP_NAME = 146,
	ALTIGA_CLIENT_TYPE = 150,
	ALTIGA_SESSION_TYPE = 151,
	ALTIGA_SESSION_SUBTYPE = 152,
};

/* Values. */
enum {
	SERVICE_FRAMED = 2,
	SERVICE_AUTHORIZE_ONLY = 17,
	FRAMED_PPP = 1,
	PORT_VIRTUAL = 5,
	CLIENT_ANYCONNECT_SSL = 2,
	SESSION_ANYCONNECT_SSL = 1,
	SUBTYPE_CLIENT_ONLY = 3,
};

#define NT_ENC_PW_HEADER 4  /* code, ident, sequence number */
#define NT_ENC_PW_CHUNK 243 /* RADIUS_VENDOR_VALUE_MAX less the header */
#define NT_ENC_PW_CODE 6    /* RFC 2548 2.1.6 */
#define MSCHAP_IDENT 0      /* nothing else is under way on a port: any will do */

static void
put_text(struct radius_request *out, uint8_t type, const char *text)
{
	if (*text != '\0')
		radius_put_str(out, type, text);
}

static void
put_ip_text(struct radius_request *out, uint8_t type, const struct ip_addr *addr)
{
	char text[IP_STR_MAX];

	if (addr->family != 0)
		radius_put_str(out, type, ip_str(addr, text));
}

static void
put_nas(struct radius_request *out, const struct ip_addr *nas)
{
	if (nas->family != 0)
		radius_put_ip(
		    out, nas->family == 4 ? RADIUS_NAS_IP_ADDRESS : RADIUS_NAS_IPV6_ADDRESS, nas);
}

static void
put_stations(struct radius_request *out, const struct radius_who *who)
{
	put_ip_text(out, RADIUS_CALLED_STATION_ID, &who->nas);
	put_ip_text(out, RADIUS_CALLING_STATION_ID, &who->facts->client.addr);
}

static void
put_port_type(struct radius_request *out, const struct radius_who *who)
{
	radius_put_u32(out, RADIUS_NAS_PORT_TYPE, PORT_VIRTUAL);
	put_ip_text(out, RADIUS_TUNNEL_CLIENT_ENDPOINT, &who->facts->client.addr);
}

static void
put_mdm(struct radius_request *out, const char *key, const char *value)
{
	if (*value != '\0')
		radius_put_avpair(out, "mdm-tlv=%s=%s", key, value);
}

/* What the client tells about its device, each fact by itself; in the order of the capture. */
static void
put_device(struct radius_request *out, const struct facts *facts)
{
	put_mdm(out, "device-platform", facts->os);
	for (size_t i = 0; i < FACTS_MACS_MAX; i++)
		put_mdm(out, "device-mac", facts->mac[i]);
	put_mdm(out, "device-platform-version", facts->os_version);
	if (facts->public_mac > 0 && facts->public_mac <= FACTS_MACS_MAX)
		put_mdm(out, "device-public-mac", facts->mac[facts->public_mac - 1]);
	put_mdm(out, "ac-user-agent", facts->agent);
	put_mdm(out, "device-type", facts->device_type);
	put_mdm(out, "device-uid-global", facts->unique_id_global);
	put_mdm(out, "device-uid", facts->unique_id);
}

static void
put_audit(struct radius_request *out, const struct radius_who *who)
{
	if (*who->audit_id != '\0')
		radius_put_avpair(out, "audit-session-id=%s", who->audit_id);
}

static void
put_group(struct radius_request *out, const struct radius_who *who)
{
	if (*who->tunnel_group != '\0')
		radius_put_vendor(out, RADIUS_VENDOR_ALTIGA, ALTIGA_TUNNEL_GROUP_NAME,
		    who->tunnel_group, strlen(who->tunnel_group));
	radius_put_vendor_u32(out, RADIUS_VENDOR_ALTIGA, ALTIGA_CLIENT_TYPE, CLIENT_ANYCONNECT_SSL);
}

static void
put_ms(struct radius_request *out, uint8_t type, const void *value, size_t len)
{
	radius_put_vendor(out, RADIUS_VENDOR_MICROSOFT, type, value, len);
}

static enum err
put_mschap(struct radius_request *out, const char *username, const struct secret *password,
    struct radius_mschap *mschap)
{
	uint8_t peer[MSCHAP_CHALLENGE_SIZE];
	enum err err;

	rnd_fill(peer, sizeof(peer));
	err = mschap_response(
	    username, password, MSCHAP_IDENT, mschap->challenge, peer, mschap->response);
	if (err != ERR_OK)
		return err;
	put_ms(out, MS_CHAP_CHALLENGE, mschap->challenge, sizeof(mschap->challenge));
	put_ms(out, MS_CHAP2_RESPONSE, mschap->response, sizeof(mschap->response));
	return ERR_OK;
}

/* MS-CHAP-NT-Enc-PW, as many as it takes (RFC 2548 2.1.6). */
static void
put_new_password(struct radius_request *out, const uint8_t encrypted[MSCHAP_NEW_PASSWORD_SIZE])
{
	uint8_t value[NT_ENC_PW_HEADER + NT_ENC_PW_CHUNK] = {NT_ENC_PW_CODE, MSCHAP_IDENT};

	for (size_t at = 0; at < MSCHAP_NEW_PASSWORD_SIZE; at += NT_ENC_PW_CHUNK) {
		size_t len = MSCHAP_NEW_PASSWORD_SIZE - at;

		if (len > NT_ENC_PW_CHUNK)
			len = NT_ENC_PW_CHUNK;
		value[3]++;
		memcpy(value + NT_ENC_PW_HEADER, encrypted + at, len);
		put_ms(out, MS_CHAP_NT_ENC_PW, value, NT_ENC_PW_HEADER + len);
	}
}

/* The server's proof is then of the new password: the response that it answers is made of parts of
 * MS-CHAP2-CPW. */
static enum err
put_change(struct radius_request *out, const struct radius_who *who,
    const struct radius_proof_of *proof, struct radius_mschap *mschap)
{
	uint8_t peer[MSCHAP_CHALLENGE_SIZE];
	uint8_t cpw[MSCHAP_CPW_SIZE];
	uint8_t encrypted[MSCHAP_NEW_PASSWORD_SIZE];
	enum err err;

	rnd_fill(peer, sizeof(peer));
	err = mschap_change(who->username, proof->password, proof->new_password, MSCHAP_IDENT,
	    mschap->challenge, peer, cpw, encrypted);
	if (err == ERR_OK)
		err = mschap_response(who->username, proof->new_password, MSCHAP_IDENT,
		    mschap->challenge, peer, mschap->response);
	if (err == ERR_OK) {
		put_ms(out, MS_CHAP_CHALLENGE, mschap->challenge, sizeof(mschap->challenge));
		put_ms(out, MS_CHAP2_CPW, cpw, sizeof(cpw));
		put_new_password(out, encrypted);
	}
	str_wipe(cpw, sizeof(cpw));
	str_wipe(encrypted, sizeof(encrypted));
	return err;
}

/* MS-CHAP stands after Tunnel-Client-Endpoint, a password before NAS-Port. */
static enum err
put_chap(struct radius_request *out, const struct radius_who *who,
    const struct radius_proof_of *proof, struct radius_mschap *mschap)
{
	if (proof->how != RADIUS_MSCHAP2 && proof->how != RADIUS_MSCHAP2_CHANGE)
		return ERR_OK;
	rnd_fill(mschap->challenge, sizeof(mschap->challenge));
	return proof->how == RADIUS_MSCHAP2
		   ? put_mschap(out, who->username, proof->password, mschap)
		   : put_change(out, who, proof, mschap);
}

static enum err
put_password(
    struct radius_request *out, const struct radius_who *who, const struct radius_proof_of *proof)
{
	struct secret *name;

	if (proof->how != RADIUS_PAP && proof->how != RADIUS_AUTHORIZE)
		return ERR_OK;
	if (proof->password != NULL || proof->how == RADIUS_PAP) {
		radius_put_password(out, proof->password);
		return ERR_OK;
	}
	name = secret_new(who->username, strlen(who->username));
	if (name == NULL)
		return ERR_NOMEM;
	radius_put_password(out, name);
	secret_free(name);
	return ERR_OK;
}

enum err
radius_ask_access(const struct radius_who *who, const struct radius_proof_of *proof,
    struct radius_request *out, struct radius_mschap *mschap)
{
	enum err err;

	radius_request_init(out, RADIUS_ACCESS_REQUEST);
	put_text(out, RADIUS_USER_NAME, who->username);
	err = put_password(out, who, proof);
	if (err != ERR_OK)
		return err;
	radius_put_u32(out, RADIUS_NAS_PORT, who->index << 12);
	if (proof->how == RADIUS_AUTHORIZE_ONLY)
		radius_put_u32(out, RADIUS_SERVICE_TYPE, SERVICE_AUTHORIZE_ONLY);
	if (proof->state_len > 0)
		radius_put(out, RADIUS_STATE, proof->state, proof->state_len);
	put_stations(out, who);
	put_port_type(out, who);
	err = put_chap(out, who, proof, mschap);
	if (err != ERR_OK)
		return err;
	put_device(out, who->facts);
	put_nas(out, &who->nas);
	put_audit(out, who);
	if (who->facts->client.addr.family != 0) {
		char text[IP_STR_MAX];

		radius_put_avpair(out, "ip:source-ip=%s", ip_str(&who->facts->client.addr, text));
	}
	put_group(out, who);
	if (who->coa)
		radius_put_avpair(out, "coa-push=true");
	return out->attrs.err;
}

enum err
radius_ask_dacl(const char *name, const struct ip_addr *nas, const void *state, size_t state_len,
    struct radius_request *out)
{
	struct secret *nothing = secret_new("", 0);

	radius_request_init(out, RADIUS_ACCESS_REQUEST);
	if (nothing == NULL)
		return ERR_NOMEM;
	put_text(out, RADIUS_USER_NAME, name);
	radius_put_password(out, nothing);
	secret_free(nothing);
	put_nas(out, nas);
	if (state_len > 0)
		radius_put(out, RADIUS_STATE, state, state_len);
	radius_put_avpair(out, "aaa:service=ip_admission");
	radius_put_avpair(out, "aaa:event=acl-download");
	return out->attrs.err;
}

void
radius_ask_account(const struct radius_who *who, struct radius_request *out)
{
	put_text(out, RADIUS_USER_NAME, who->username);
	put_nas(out, &who->nas);
	radius_put_u32(out, RADIUS_NAS_PORT, who->index << 12);
	radius_put_u32(out, RADIUS_SERVICE_TYPE, SERVICE_FRAMED);
	radius_put_u32(out, RADIUS_FRAMED_PROTOCOL, FRAMED_PPP);
	put_stations(out, who);
	put_port_type(out, who);
	put_device(out, who->facts);
	put_audit(out, who);
	put_group(out, who);
	radius_put_vendor_u32(
	    out, RADIUS_VENDOR_ALTIGA, ALTIGA_SESSION_TYPE, SESSION_ANYCONNECT_SSL);
	radius_put_vendor_u32(
	    out, RADIUS_VENDOR_ALTIGA, ALTIGA_SESSION_SUBTYPE, SUBTYPE_CLIENT_ONLY);
}
