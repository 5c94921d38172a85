/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's config-auth XML as a typed request (protocol.md 2.1-2.3, 2.7). Pure parser over
 * libxml2's SAX interface: no tree, no entities but the predefined ones, no DTD, no network,
 * bounded in size and depth. Element names compare case-insensitively, unknown elements are passed
 * over.
 */
#ifndef GATEWAY_XML_PARSE_H
#define GATEWAY_XML_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

#define XML_SIZE_MAX 262144
#define XML_DEPTH_MAX 16
#define XML_FIELDS_MAX 32
#define XML_FIELD_VALUE_MAX 1024
#define XML_LIST_MAX 16
#define XML_CHAINS_MAX 4
#define XML_PKCS7_MAX 49152 /* bytes of all chains of a request together: 64 KB of base64 */
#define XML_SIGNATURE_MAX 1024

enum xml_type { XML_TYPE_NONE, XML_TYPE_INIT, XML_TYPE_AUTH_REPLY, XML_TYPE_LOGOUT };

/* A child of <auth>: what the user typed. May be a secret. */
struct xml_field {
	char name[64];
	char value[XML_FIELD_VALUE_MAX + 1];
	size_t value_len;
};

/* A <client-cert-chain>. What is absent is empty; base64 is undone, nothing else is checked. */
struct xml_chain {
	char store[16];
	bool via_protocol;
	char format[16];
	struct buf pkcs7;
	char hash[16];
	struct buf signature;
};

/* Absent elements are empty strings. Text is the client's: any valid UTF-8 without NUL. */
struct xml_request {
	enum xml_type type;
	char version[64];
	char device_os[64];
	char computer_name[256];
	char device_type[256];
	char platform_version[256];
	char unique_id[256];
	char unique_id_global[256];
	char mac_address[XML_LIST_MAX][64];
	size_t mac_address_len;
	size_t mac_public; /* which of them has public-interface="true", from 1; 0: none */
	char capability[XML_LIST_MAX][64];
	size_t capability_len;
	char group_access[1024];
	char group_select[256];
	bool client_cert_fail;
	/* opaque, as echoed: trust nothing of it */
	char tunnel_group[256];
	char handle[128];
	char group_alias[256];
	char config_hash[64];
	char session_token[256];
	char session_id[64];
	struct xml_field *fields; /* heap */
	size_t fields_len;
	struct xml_chain chains[XML_CHAINS_MAX];
	size_t chains_len;
};

/*
 * Parse len bytes. ERR_SYNTAX: not well-formed, a document type, no config-auth of a known
 * type, an element twice that may be there once, no base64 where it must be; ERR_LIMIT: too big,
 * too deep, too many chains or a value too long; ERR_NOMEM.
 */
enum err xml_parse(const char *data, size_t len, struct xml_request **out) MUST_USE;
/* Have libxml2 wipe its memory, before anything else is asked of it; again does nothing. */
void xml_parse_prepare(void);
/* Wipe and free; NULL is fine. */
void xml_request_free(struct xml_request *request);

#endif
