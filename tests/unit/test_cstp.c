/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/cstp.c: what becomes of a CONNECT, by what auth says. Connection, stream, auth,
 * configuration and data path are fakes defined here, so the library's are not linked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/str.h"
#include "gateway/cstp.h"
#include "gateway/path.h"
#include "gateway/trace_conn.h"

struct conn {
	int refs;
	bool open;
};
struct tls_stream {
	bool closed;
};

static struct conn conn;
static struct tls_stream stream;
static struct worker worker;
static struct ip_endpoint endpoint;
static int status;
static char headers[1024];
static uint8_t head[CSTP_PAYLOAD_MAX];
static size_t head_len;
static bool taken, opened_path, can_rekey;
static uint32_t opened_dpd;
static const char *rekey_method; /* of the policy, once a minute */
static enum err path_result, export_result, request_result;
static struct chan_params opened_params;
static ipc_reply_fn reply_fn;
static void *reply_arg;
static Ipc__CloseCause closed_cause;
static unsigned closed_events;
static char asked_token[200];
static bool asked_ipv6;

void
trace_conn_show_answer(
    UNUSED const struct tls_stream *of, UNUSED struct buf *text, UNUSED const char *username)
{
}

/* ---- fakes ---- */

struct worker *
conn_worker(UNUSED const struct conn *c)
{
	return &worker;
}

struct tls_stream *
conn_stream(UNUSED const struct conn *c)
{
	return &stream;
}

struct tls_stream *
conn_take_stream(UNUSED struct conn *c)
{
	taken = true;
	return &stream;
}

struct conn *
conn_ref(struct conn *c)
{
	c->refs++;
	return c;
}

void
conn_unref(struct conn *c)
{
	c->refs--;
}

bool
conn_is_open(const struct conn *c)
{
	return c->open;
}

void
conn_facts(UNUSED const struct conn *c, UNUSED const struct http_request *request,
    UNUSED Ipc__ClientFacts *facts)
{
}

void
conn_reply(UNUSED struct conn *c, int code, UNUSED const char *content_type, const char *extra,
    UNUSED const void *body, size_t body_len, bool close)
{
	assert_int_equal(status, 0);
	assert_int_equal(body_len, 0);
	assert_true(close);
	status = code;
	(void)str_copy(headers, sizeof(headers), extra != NULL ? extra : "");
}

const struct ip_endpoint *
tls_stream_client(UNUSED const struct tls_stream *s)
{
	return &endpoint;
}

const struct ip_endpoint *
tls_stream_server(UNUSED const struct tls_stream *s)
{
	return &endpoint;
}

unsigned
tls_stream_mss(UNUSED const struct tls_stream *s)
{
	return 1448;
}

bool
tls_stream_can_rekey(UNUSED const struct tls_stream *s)
{
	return can_rekey;
}

enum err
tls_stream_export(UNUSED struct tls_stream *s, const char *label, uint8_t *out, size_t out_len)
{
	assert_string_equal(label, "EXPORTER-openconnect-psk");
	assert_int_equal(out_len, 32);
	memset(out, 0x42, out_len);
	return export_result;
}

enum err
tls_stream_write_all(UNUSED struct tls_stream *s, const void *data, size_t len)
{
	assert_true(len < sizeof(head));
	memcpy(head, data, len);
	head_len = len;
	head[len] = '\0';
	return ERR_OK;
}

void
tls_stream_close(struct tls_stream *s)
{
	s->closed = true;
}

enum err
path_chan_open(UNUSED struct path *path, const struct chan_params *params)
{
	assert_ptr_equal(params->stream, &stream);
	assert_true(head_len > 0); /* the head goes before any frame */
	opened_params = *params;
	opened_params.opened = NULL;
	opened_dpd = params->opened->policy->dpd_gateway;
	opened_path = true;
	return path_result;
}

bool
path_has_filters(UNUSED const struct path *path, const Ipc__TunnelPolicy *policy)
{
	return policy->filter4 != 99;
}

enum err
ipc_request(UNUSED struct ipc *ipc, UNUSED Ipc__MsgType type, const ProtobufCMessage *msg,
    UNUSED Ipc__MsgType expect, UNUSED unsigned timeout_ms, ipc_reply_fn fn, void *arg,
    UNUSED uint32_t *id_out)
{
	const Ipc__SessionOpen *open = (const Ipc__SessionOpen *)msg;

	(void)str_copy(asked_token, sizeof(asked_token), open->token);
	asked_ipv6 = open->want_ipv6;
	reply_fn = fn;
	reply_arg = arg;
	return request_result;
}

enum err
ipc_send(UNUSED struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg)
{
	const Ipc__SessionClosed *closed = (const Ipc__SessionClosed *)msg;

	assert_int_equal(type, IPC__MSG_TYPE__MSG_SESSION_CLOSED);
	assert_int_equal(closed->session, 7);
	closed_cause = closed->cause;
	closed_events++;
	return ERR_OK;
}

static struct conf_object listeners[2], *listener_list[2] = {&listeners[0], &listeners[1]};
static const char *listener_address[2];

const struct conf_object *
conf_root(UNUSED const struct conf *conf, UNUSED enum conf_kind root)
{
	return &listeners[0];
}

const struct conf_object *
conf_sub(UNUSED const struct conf_object *object, UNUSED unsigned setting)
{
	return &listeners[0];
}

size_t
conf_subs(UNUSED const struct conf_object *object, UNUSED unsigned setting,
    struct conf_object *const **out)
{
	*out = listener_list;
	return 2;
}

int64_t
conf_int(UNUSED const struct conf_object *object, unsigned setting)
{
	return setting == TUN_MTU ? 1434 : 443;
}

static char *const *ciphers; /* dtls-ciphers */
static size_t ciphers_len;

size_t
conf_list(UNUSED const struct conf_object *object, unsigned setting, char *const **out)
{
	assert_int_equal(setting, GW_DTLS_CIPHERS);
	*out = ciphers;
	return ciphers_len;
}

static unsigned events; /* log lines 722043 */

void
log_event(UNUSED int level, const char *format, ...)
{
	events += strstr(format, "722043") != NULL;
}

const char *
conf_str(const struct conf_object *object, UNUSED unsigned setting)
{
	return listener_address[object - listeners];
}

static uint64_t filter4; /* of the policy */

/* ---- helpers ---- */

static int
setup(UNUSED void **state)
{
	conn = (struct conn){.open = true};
	stream = (struct tls_stream){0};
	worker = (struct worker){.auth = (struct ipc *)&worker,
	    .listeners_len = 2,
	    .udp_fds = {5, 6},
	    .dtls_ports = {4433, 4434}};
	endpoint =
	    (struct ip_endpoint){.addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 443};
	listener_address[0] = "0.0.0.0";
	listener_address[1] = "::";
	status = 0;
	headers[0] = '\0';
	head_len = 0;
	taken = opened_path = false;
	path_result = export_result = request_result = ERR_OK;
	reply_fn = NULL;
	closed_events = 0;
	filter4 = 0;
	can_rekey = false;
	rekey_method = NULL;
	ciphers_len = 0;
	events = 0;
	return 0;
}

static void
send_connect(const char *extra)
{
	struct http_request request;
	struct buf text;

	buf_init(&text, 4096);
	buf_printf(&text, "CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\n%s\r\n", extra);
	assert_int_equal(http_parse((char *)text.data, text.len, &request), ERR_OK);
	cstp_connect(&conn, &request);
	/* The request is borrowed for the call only. */
	buf_wipe(&text);
}

#define COOKIE "Cookie: webvpn=abc\r\n"
#define FULL COOKIE "X-DTLS-CipherSuite: PSK-NEGOTIATE\r\nX-CSTP-Full-IPv6-Capability: true\r\n"

#define AGAIN "X-CSTP-Base-MTU: 1200\r\nX-CSTP-Address: 10.0.0.1\r\n"

static uint8_t ipv4[4] = {10, 0, 0, 1}, ipv6[16] = {0xfd, [15] = 1};

static void
answer_ok(bool has_ipv4, uint32_t mtu, bool dtls)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;
	Ipc__CustomAttr custom = IPC__CUSTOM_ATTR__INIT, *customs[] = {&custom};

	opened.status = IPC__OPEN_STATUS__OPEN_OK;
	opened.session = 7;
	opened.policy = &policy;
	if (has_ipv4)
		opened.ipv4 = (ProtobufCBinaryData){4, ipv4};
	opened.ipv6 = (ProtobufCBinaryData){16, ipv6};
	custom.type = (char *)"dynamic-split-exclude-domains";
	custom.value = (char *)"a.example";
	policy.custom_attr = customs;
	policy.n_custom_attr = 1;
	policy.mtu = mtu;
	policy.filter4 = filter4;
	policy.dtls = dtls;
	policy.dpd_client = 20;
	policy.dpd_gateway = 30;
	policy.dpd_mobile = 900;
	if (rekey_method != NULL) {
		policy.rekey_method = (char *)(uintptr_t)rekey_method;
		policy.rekey_time = 60;
	}
	reply_fn(ERR_OK, &opened.base, reply_arg);
	assert_int_equal(conn.refs, 0);
}

static void
answer(Ipc__OpenStatus open_status, const char *reason)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;

	opened.status = open_status;
	opened.reason = (char *)(uintptr_t)reason;
	reply_fn(ERR_OK, &opened.base, reply_arg);
	assert_int_equal(conn.refs, 0);
}

/* ---- tests ---- */

/* INV-1: whatever is wrong with the cookie, 401, and auth is not even asked. */
static void
test_no_token(UNUSED void **state)
{
	static const char *const rows[] = {"", "Cookie: \r\n", "Cookie: webvpn\r\n",
	    "Cookie: webvpn=\r\n", "Cookie: other=abc\r\n"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(NULL);
		send_connect(rows[i]);
		if (status != 401 || reply_fn != NULL)
			fail_msg("\"%s\": expected 401, got %d", rows[i], status);
		assert_int_equal(conn.refs, 0);
	}
}

static void
test_tunnel(UNUSED void **state)
{
	send_connect(FULL);
	assert_string_equal(asked_token, "abc");
	assert_true(asked_ipv6);
	assert_int_equal(conn.refs, 1);
	answer_ok(true, 1406, true);
	assert_int_equal(status, 0);
	assert_true(taken && opened_path);
	assert_int_equal(opened_params.mtu, 1406);
	assert_int_equal(opened_params.link_mtu, 1500);
	assert_true(opened_params.dtls);
	assert_int_equal(opened_params.dtls_port, 4433);
	assert_memory_equal(head, "HTTP/1.1 200 ", 13);
	assert_non_null(strstr((char *)head, "X-DTLS-Port: 4433\r\n"));
	assert_non_null(strstr((char *)head, "X-CSTP-Address-IP6: "));
	assert_int_equal(closed_events, 0);
}

static void
test_refusals(UNUSED void **state)
{
	send_connect(COOKIE);
	answer(IPC__OPEN_STATUS__OPEN_DENIED, "");
	assert_int_equal(status, 401);
	assert_string_equal(headers, "");
	setup(NULL);
	send_connect(COOKIE);
	answer(IPC__OPEN_STATUS__OPEN_UNAVAILABLE, "no address\r\nX-Evil: 1");
	assert_int_equal(status, 503);
	assert_string_equal(headers, "X-Reason: no addressX-Evil: 1\r\n");
	setup(NULL);
	send_connect(COOKIE);
	answer(IPC__OPEN_STATUS__OPEN_OK, ""); /* without a policy: a broken auth */
	assert_int_equal(status, 503);
	assert_false(taken);
}

static void
test_auth_away(UNUSED void **state)
{
	worker.auth = NULL;
	send_connect(COOKIE);
	assert_int_equal(status, 503);
	setup(NULL);
	request_result = ERR_LIMIT;
	send_connect(COOKIE);
	assert_int_equal(status, 503);
	assert_int_equal(conn.refs, 0);
	setup(NULL);
	send_connect(COOKIE);
	reply_fn(ERR_TIMEOUT, NULL, reply_arg);
	assert_int_equal(status, 503);
	assert_int_equal(conn.refs, 0);
}

/* The client left while auth was thinking: auth hears that the tunnel is not there. */
static void
test_client_left(UNUSED void **state)
{
	send_connect(COOKIE);
	conn.open = false;
	answer_ok(true, 0, true);
	assert_int_equal(closed_events, 1);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_LOST);
	assert_false(taken);
}

static void
test_no_memory_for_the_channel(UNUSED void **state)
{
	path_result = ERR_NOMEM;
	send_connect(COOKIE);
	answer_ok(true, 0, true);
	assert_int_equal(closed_events, 1);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_ERROR);
}

/* What clients are told about new keys, and when we see to them ourselves. */
static void
test_rekey(UNUSED void **state)
{
	static const struct {
		const char *method;
		bool can_rekey; /* TLS 1.3 */
		unsigned told_sec;
		const char *told_method;
		unsigned ours_sec;
	} rows[] = {
	    {"ssl", true, 60, "ssl", 60},
	    {"ssl", false, 60, "new-tunnel", 0},
	    {"new-tunnel", true, 60, "new-tunnel", 0},
	    {"new-tunnel", false, 60, "new-tunnel", 0},
	    {NULL, true, 31536000, "ssl", 0},
	    {NULL, false, 0, "", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char expect[100];

		(void)setup(NULL);
		can_rekey = rows[i].can_rekey;
		rekey_method = rows[i].method;
		send_connect(COOKIE "X-CSTP-Accept-Encoding: oc-lz4,lzs,deflate\r\n");
		answer_ok(true, 0, true);
		(void)snprintf(expect, sizeof(expect),
		    "\r\nX-CSTP-Rekey-Time: %u\r\nX-CSTP-Rekey-Method: %s\r\n", rows[i].told_sec,
		    rows[i].told_method);
		if ((strstr((char *)head, expect) != NULL) != (rows[i].told_sec > 0) ||
		    opened_params.rekey_sec != rows[i].ours_sec)
			fail_msg("row %zu: got %u, %s", i, opened_params.rekey_sec, (char *)head);
		if (rows[i].told_sec == 0)
			assert_null(strstr((char *)head, "Rekey"));
		assert_null(strstr((char *)head, "Content-Encoding"));
	}
}

/* A policy with a filter that has not come: there is no tunnel, and no word of 200. */
static void
test_filter_is_missing(UNUSED void **state)
{
	filter4 = 99;
	send_connect(FULL);
	answer_ok(true, 0, true);
	assert_int_equal(status, 503);
	assert_string_equal(headers, "X-Reason: The policy cannot be applied now\r\n");
	assert_false(taken || opened_path);
	assert_int_equal(head_len, 0);
	assert_int_equal(closed_events, 1);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_ERROR);
	setup(NULL);
	filter4 = 98;
	send_connect(FULL);
	answer_ok(true, 0, true);
	assert_true(opened_path);
}

static void
test_phone(UNUSED void **state)
{
	send_connect(COOKIE "X-CSTP-License: mobile\r\n");
	answer_ok(true, 0, false);
	assert_null(strstr((char *)head, "Post-Auth-XML"));
	assert_non_null(strstr((char *)head, "X-CSTP-DPD: 900\r\n"));
	assert_true(opened_params.mobile);
	assert_int_equal(opened_dpd, 900);
	setup(NULL);
	send_connect(COOKIE);
	answer_ok(true, 0, false);
	assert_non_null(strstr((char *)head, "X-CSTP-Post-Auth-XML: "));
	assert_non_null(strstr((char *)head, "X-CSTP-DPD: 20\r\n"));
	assert_false(opened_params.mobile);
	assert_int_equal(opened_dpd, 30);
}

/* IPv6 needs 1280 bytes (RFC 8200 5). */
static void
test_small_mtu(UNUSED void **state)
{
	send_connect(FULL);
	answer_ok(true, 1279, true);
	assert_true(opened_path);
	assert_null(strstr((char *)head, "IP6"));
	setup(NULL);
	send_connect(FULL);
	answer_ok(false, 1279, true);
	assert_int_equal(status, 503);
	assert_false(taken);
	assert_int_equal(closed_events, 1);
	/* A path that got narrow takes no address away; the policy's word stands. */
	setup(NULL);
	send_connect(FULL "X-CSTP-Base-MTU: 1200\r\n");
	assert_false(asked_ipv6);
	answer_ok(true, 1406, true);
	assert_null(strstr((char *)head, "IP6"));
	setup(NULL);
	send_connect(FULL AGAIN);
	assert_true(asked_ipv6);
	answer_ok(true, 1406, true);
	assert_non_null(strstr((char *)head, "X-CSTP-Address-IP6: fd00::1/"));
	assert_non_null(strstr((char *)head, "X-CSTP-MTU: 1280\r\nX-CSTP-Base-MTU: 1200\r\n"));
	assert_int_equal(opened_params.mtu, 1280);
	setup(NULL);
	send_connect(FULL AGAIN);
	answer_ok(true, 1279, true);
	assert_null(strstr((char *)head, "IP6"));
}

static void
test_when_dtls_is_offered(UNUSED void **state)
{
	static const struct {
		const char *what;
		const char *request;
		bool policy;
		int udp_fd;
		enum err export_result;
		uint8_t family;
		uint16_t port;
		uint16_t expect; /* 0: not offered */
	} rows[] = {
	    {"all is there", FULL, true, 5, ERR_OK, 4, 443, 4433},
	    {"IPv6 listener", FULL, true, 5, ERR_OK, 6, 443, 4434},
	    {"client does not know it", COOKIE, true, 5, ERR_OK, 4, 443, 0},
	    {"policy forbids", FULL, false, 5, ERR_OK, 4, 443, 0},
	    {"no UDP on the listener", FULL, true, -1, ERR_OK, 4, 443, 0},
	    {"unknown listener", FULL, true, 5, ERR_OK, 4, 444, 0},
	    {"no key", FULL, true, 5, ERR_CRYPTO, 4, 443, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(NULL);
		worker.udp_fds[0] = rows[i].udp_fd;
		export_result = rows[i].export_result;
		endpoint.addr.family = rows[i].family;
		endpoint.port = rows[i].port;
		send_connect(rows[i].request);
		answer_ok(true, 0, rows[i].policy);
		assert_true(opened_path);
		if (opened_params.dtls != (rows[i].expect != 0) ||
		    (rows[i].expect != 0 && opened_params.dtls_port != rows[i].expect))
			fail_msg("%s: expected port %u, got %d %u", rows[i].what, rows[i].expect,
			    opened_params.dtls, opened_params.dtls_port);
		assert_int_equal(strstr((char *)head, "X-DTLS") != NULL, rows[i].expect != 0);
	}
}

#define MASTER                                                                                     \
	"X-DTLS-Master-Secret: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"   \
	"202122232425262728292a2b2c2d2e2f\r\n"

static void
test_dtls_modes(UNUSED void **state)
{
	static char cbc[] = "AES256-SHA", *only_cbc[] = {cbc};
	static const struct {
		const char *what;
		const char *request;
		size_t ciphers_len; /* of only_cbc */
		enum dtls_mode mode;
		const char *line; /* of the answer */
		unsigned mtu;
		unsigned events;
	} rows[] = {
	    {"pre-shared key first", FULL MASTER "X-DTLS12-CipherSuite: AES256-GCM-SHA384\r\n", 0,
		DTLS_PSK, "X-DTLS-App-ID: ", 1434, 0},
	    {"injected", COOKIE MASTER "X-DTLS12-CipherSuite: AES256-GCM-SHA384\r\n", 0,
		DTLS_RESUMED, "X-DTLS12-CipherSuite: AES256-GCM-SHA384\r\n", 1434, 0},
	    {"injected, CBC", COOKIE MASTER "X-DTLS12-CipherSuite: AES256-SHA\r\n", 1, DTLS_RESUMED,
		"X-DTLS-Session-ID: ", 1406, 0},
	    {"names of openconnect", COOKIE MASTER "X-DTLS-CipherSuite: OC-DTLS1_2-AES128-GCM\r\n",
		0, DTLS_RESUMED, "X-DTLS-CipherSuite: OC-DTLS1_2-AES128-GCM\r\n", 1434, 0},
	    {"not in our list", COOKIE MASTER "X-DTLS12-CipherSuite: AES256-GCM-SHA384\r\n", 1,
		DTLS_NONE, "X-CSTP-Version: 1\r\n", 1434, 1},
	    {"only old DTLS", COOKIE MASTER "X-DTLS-CipherSuite: AES256-SHA:AES128-SHA\r\n", 1,
		DTLS_NONE, "X-CSTP-Version: 1\r\n", 1434, 1},
	    {"no secret", COOKIE "X-DTLS12-CipherSuite: AES256-GCM-SHA384\r\n", 0, DTLS_NONE,
		"X-CSTP-Version: 1\r\n", 1434, 1},
	    {"no list", COOKIE MASTER, 0, DTLS_NONE, "X-CSTP-Version: 1\r\n", 1434, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(NULL);
		ciphers = only_cbc;
		ciphers_len = rows[i].ciphers_len;
		send_connect(rows[i].request);
		answer_ok(true, 0, true);
		assert_true(opened_path);
		if (opened_params.terms.mode != rows[i].mode || opened_params.mtu != rows[i].mtu ||
		    opened_params.dtls != (rows[i].mode != DTLS_NONE) || events != rows[i].events)
			fail_msg("%s: expected mode %d, MTU %u, %u events; got %d, %u, %u",
			    rows[i].what, rows[i].mode, rows[i].mtu, rows[i].events,
			    opened_params.terms.mode, opened_params.mtu, events);
		assert_non_null(strstr((char *)head, rows[i].line));
		if (rows[i].mode == DTLS_RESUMED)
			assert_int_equal(opened_params.terms.secret[47], 0x2f);
		if (rows[i].mode == DTLS_NONE)
			assert_null(strstr((char *)head, "X-DTLS"));
		/* DTLS off by policy: not a word. */
		setup(NULL);
		send_connect(rows[i].request);
		answer_ok(true, 0, false);
		assert_int_equal(opened_params.terms.mode, DTLS_NONE);
		assert_int_equal(events, 0);
	}
}

#define T(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_no_token),
	    T(test_tunnel),
	    T(test_refusals),
	    T(test_auth_away),
	    T(test_client_left),
	    T(test_no_memory_for_the_channel),
	    T(test_rekey),
	    T(test_filter_is_missing),
	    T(test_phone),
	    T(test_small_mtu),
	    T(test_when_dtls_is_offered),
	    T(test_dtls_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
