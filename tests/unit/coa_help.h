/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of CoA: the session world with a server group that may ask, sessions, and requests
 * signed as that server would. */
#ifndef TESTS_UNIT_COA_HELP_H
#define TESTS_UNIT_COA_HELP_H

#include "tests/unit/auth_help.h"

#include "auth/accounting.h"
#include "auth/coa_cause.h"
#include "auth/coa_parts.h"
#include "auth/radius_packet.h"
#include "common/log.h"

#define COA_PORT 1700
#define COA_SECRET "of-the-server"

#define COA_AAA                                                                                    \
	"aaa-server-groups = (\n"                                                                  \
	" { name = \"RAD\"; dynamic-authorization = true; hosts = (\n"                             \
	"    { address = \"10.0.0.1\"; key = \"" COA_SECRET                                        \
	"\"; require-message-authenticator = false; },\n"                                          \
	"    { address = \"10.0.0.2\"; key = \"" COA_SECRET "\"; },\n"                             \
	"    { address = \"10.0.0.3\"; } ); },\n"                                                  \
	" { name = \"TWO\"; dynamic-authorization = true; dynamic-authorization-port = 1701; "     \
	"hosts = (\n"                                                                              \
	"    { address = \"10.0.0.1\"; key = \"another\"; require-message-authenticator = "        \
	"false; } ); },\n"                                                                         \
	" { name = \"NOT\"; hosts = ( { address = \"10.0.0.4\"; key = \"x\"; } ); } );\n"
#define COA_LISTS                                                                                  \
	"access-lists = ( { name = \"F\"; type = \"extended\"; rules = [ \"permit tcp any any\" ]" \
	"; },\n"                                                                                   \
	" { name = \"G\"; type = \"extended\"; rules = [ \"permit udp any any\" ]; } );\n"         \
	"group-policies = (\n"                                                                     \
	" { name = \"Staff\"; attributes = { vpn-simultaneous-logins = 9; vpn-idle-timeout = 10; " \
	"vpn-filter = \"F\"; }; },\n"                                                              \
	" { name = \"Partners\"; attributes = { vpn-idle-timeout = 7; }; } );\n"                   \
	"ip-local-pools = (\n"                                                                     \
	" { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; mask = "                   \
	"\"255.255.255.0\"; },\n"                                                                  \
	" { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; mask = \"255.255.255.0\"; } );\n"     \
	"ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::10/64\"; size = 100; } "    \
	");\n"

static const struct world_file coa_files[] = {
    {"aaa.conf", COA_AAA},
    {"group-policies.conf", COA_LISTS},
    {"users.conf", "usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; },\n"
		   " { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n"},
};

struct coa_world {
	struct world world;
	struct coa *coa;
	struct session *alice[2];
	struct session *bob;
	uint8_t answer[RADIUS_PACKET_MAX]; /* the last */
	size_t answer_len;
	unsigned answers;
	Ipc__SessionUpdate update; /* the last */
	unsigned updates;
	uint8_t next_id;
	uint16_t port; /* that requests go to */
};

WORLD_FN void
coa_on_sent(const struct coa_path *path, const void *data, size_t len, void *arg)
{
	struct coa_world *cw = arg;

	(void)path;
	assert_true(len <= sizeof(cw->answer));
	memcpy(cw->answer, data, len);
	cw->answer_len = len;
	cw->answers++;
}

WORLD_FN void
coa_on_update(unsigned worker, const Ipc__SessionUpdate *msg, void *arg)
{
	struct coa_world *cw = arg;

	assert_int_equal(worker, 1);
	cw->update = *msg;
	cw->updates++;
}

/* A session with addresses and a tunnel on worker 1. */
WORLD_FN struct session *
coa_session(struct coa_world *cw, const char *username, unsigned n)
{
	struct session_table *table = cw->world.sessions;
	struct conf *conf = session_table_config(table)->conf;
	const struct conf_object *user = conf_find(conf, CONF_USERNAME, username);
	const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, "Staff");
	struct facts facts = {.client = {.addr = {.family = 4, .bytes = {192, 0, 2, (uint8_t)n}}},
	    .server = {.addr = {.family = 4, .bytes = {192, 0, 2, 254}}}};
	struct session_login login = {.conf = conf, .user = user, .group = group, .facts = &facts};
	char token[TOKEN_TEXT_SIZE];
	struct session *session;
	struct inherit inherit;

	inherit_merge(conf, group, user, NULL, &inherit);
	login.inherit = &inherit;
	assert_int_equal(session_login(table, &login, &session, token), ERR_OK);
	session->ipv4.addr =
	    (struct ip_addr){.family = 4, .bytes = {192, 168, 100, (uint8_t)(100 + n)}};
	session->ipv4.prefix_len = 24;
	assert_int_equal(pool_lease_exact(cw->world.pools, &session->ipv4), ERR_OK);
	session_up(table, session, 1);
	return session;
}

WORLD_FN void
coa_world_make(struct coa_world *cw, struct dacl_cache *dacls)
{
	struct coa_config config = {.dacls = dacls, .update = coa_on_update, .arg = cw};

	memset(cw, 0, sizeof(*cw));
	world_make(&cw->world, coa_files, ARRAY_LEN(coa_files));
	config.conf = cw->world.conf;
	config.sessions = cw->world.sessions;
	cw->coa = coa_new(&config);
	assert_non_null(cw->coa);
	cw->coa->sent = coa_on_sent;
	cw->coa->sent_arg = cw;
	cw->port = COA_PORT;
	cw->alice[0] = coa_session(cw, "alice", 1);
	cw->alice[1] = coa_session(cw, "alice", 2);
	cw->bob = coa_session(cw, "bob", 3);
}

/* ---- requests ---- */

WORLD_FN void
coa_avpair(struct radius_request *request, const char *text)
{
	radius_put_vendor(request, RADIUS_VENDOR_CISCO, 1, text, strlen(text));
}

WORLD_FN struct coa_path
coa_path_from(uint8_t last, uint16_t port)
{
	return (struct coa_path){
	    .from = {.addr = {.family = 4, .bytes = {10, 0, 0, last}}, .port = port}};
}

/* From 10.0.0.LAST with a secret. Ends the request; what was sent is in *sealed. */
WORLD_FN void
coa_send(struct coa_world *cw, struct radius_request *request, uint8_t last, const char *key,
    struct radius_packet *sealed)
{
	struct coa_path path = coa_path_from(last, 5000);
	struct secret *secret = secret_new(key, strlen(key));

	assert_int_equal(radius_seal(request, cw->next_id++, secret, sealed), ERR_OK);
	radius_request_fini(request);
	secret_free(secret);
	coa_receive(cw->coa, &path, cw->port, sealed->data, sealed->len);
}

/* Error-Cause of the answer, 0: acknowledged; 1: there is none. */
WORLD_FN unsigned
coa_cause_of(const struct coa_world *cw, unsigned before)
{
	if (cw->answers == before)
		return 1;
	assert_int_equal(cw->answers, before + 1);
	assert_true(cw->answer_len >= RADIUS_HEADER_SIZE);
	if (cw->answer[0] == RADIUS_COA_ACK || cw->answer[0] == RADIUS_DISCONNECT_ACK)
		return 0;
	for (size_t at = RADIUS_HEADER_SIZE; at + 6 <= cw->answer_len; at += cw->answer[at + 1])
		if (cw->answer[at] == RADIUS_ERROR_CAUSE)
			return (unsigned)(cw->answer[at + 4] << 8 | cw->answer[at + 5]);
	fail_msg("a NAK without Error-Cause");
	return 1;
}

WORLD_FN void
coa_world_end(struct coa_world *cw)
{
	coa_free(cw->coa);
	world_break(&cw->world);
}

#endif
