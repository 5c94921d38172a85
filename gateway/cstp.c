/* SPDX-License-Identifier: Apache-2.0 */
/* The CONNECT request: ask auth, answer, hand the stream to the data path. */
#include "gateway/cstp.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/logmsg.h"
#include "common/rnd.h"
#include "common/str.h"
#include "gateway/cstp_head.h"
#include "gateway/path.h"
#include "gateway/trace_conn.h"

#define OPEN_TIMEOUT_MS 10000
#define IPV6_MORE 20 /* bytes that its header is longer than that of IPv4 */
#define REASON_AWAY "The gateway cannot authenticate now"
#define REASON_FILTER "The policy cannot be applied now"

/* A CONNECT that waits for auth. */
struct waiting {
	struct conn *conn; /* a reference */
	struct cstp_request request;
};

static void
waiting_free(struct waiting *waiting)
{
	conn_unref(waiting->conn);
	str_wipe(&waiting->request, sizeof(waiting->request));
	free(waiting);
}

static void
answer_denied(struct conn *conn)
{
	conn_reply(conn, 401, NULL, NULL, NULL, 0, true);
}

static void
answer_unavailable(struct conn *conn, const char *reason)
{
	struct buf headers;

	buf_init(&headers, 1024);
	cstp_head_reason(&headers, reason);
	conn_reply(conn, 503, NULL, buf_cstr(&headers), NULL, 0, true);
	buf_fini(&headers);
}

/* The UDP port beside the TCP listener that took this connection; 0: none. */
static uint16_t
dtls_port_of(const struct worker *worker, const struct ip_endpoint *server)
{
	struct conf_object *const *listeners;
	size_t len = conf_subs(conf_root(worker->conf, CONF_GATEWAY), GW_LISTENERS, &listeners);

	for (size_t i = 0; i < len && i < worker->listeners_len; i++) {
		static const uint8_t any[16];
		struct ip_addr addr;

		if (worker->udp_fds[i] < 0 || conf_int(listeners[i], LI_PORT) != server->port ||
		    ip_parse(conf_str(listeners[i], LI_ADDRESS), &addr) != ERR_OK ||
		    addr.family != server->addr.family)
			continue;
		if (ip_eq(&addr, &server->addr) || memcmp(addr.bytes, any, ip_len(&addr)) == 0)
			return worker->dtls_ports[i];
	}
	return 0;
}

/*
 * A client that knows our name may come back over IPv6, where less has room. openconnect's device
 * keeps its first MTU even so, and what is longer is cut off: thus less at once.
 */
static void
decide_mtu(
    const struct worker *worker, const struct cstp_request *request, struct chan_params *params)
{
	const struct conf_object *tun = conf_sub(conf_root(worker->conf, CONF_GATEWAY), GW_TUN);
	const struct ip_endpoint *client = tls_stream_client(params->stream);
	const Ipc__TunnelPolicy *policy = params->opened->policy;

	params->mtu = cstp_head_mtu(request, params->dtls_suite, client->addr.family,
	    tls_stream_mss(params->stream), 0, (unsigned)conf_int(tun, TUN_MTU), &params->link_mtu);
	if (client->addr.family == 4 && *policy->gateway_fqdn != '\0' &&
	    params->mtu >= CSTP_IPV6_MTU_MIN + IPV6_MORE)
		params->mtu -= IPV6_MORE;
	if (policy->mtu > 0 && policy->mtu < params->mtu)
		params->mtu = policy->mtu;
}

static void
log_no_dtls(const struct dtls_offer *offer, const struct chan_params *params)
{
	char ip[IP_STR_MAX];

	log_event(LOGMSG_722043, params->opened->group_policy, params->opened->username,
	    ip_str(&tls_stream_client(params->stream)->addr, ip));
	log_info("%s: no DTLS: %s", params->opened->username, dtls_offer_lack(offer));
}

static void
decide_dtls(
    const struct worker *worker, const struct cstp_request *request, struct chan_params *params)
{
	const struct dtls_offer *offer = &request->dtls;
	struct dtls_terms *terms = &params->terms;
	char *const *ciphers;
	size_t len = conf_list(conf_root(worker->conf, CONF_GATEWAY), GW_DTLS_CIPHERS, &ciphers);

	if (!offer->any || !params->opened->policy->dtls)
		return;
	params->dtls_port = dtls_port_of(worker, tls_stream_server(params->stream));
	if (params->dtls_port == 0)
		return;
	if (dtls_offer_choose(offer, ciphers, len, terms, &params->dtls_suite) != ERR_OK) {
		log_no_dtls(offer, params);
		return;
	}
	if (terms->mode == DTLS_PSK && tls_stream_export(params->stream, DTLS_PSK_LABEL,
					   terms->secret, DTLS_PSK_LEN) != ERR_OK)
		return;
	rnd_fill(params->app_id, sizeof(params->app_id));
	params->dtls = true;
}

/* New keys in the connection: where the client can do it, we see to it that it is done. */
static void
decide_rekey(struct chan_params *params)
{
	const Ipc__TunnelPolicy *policy = params->opened->policy;

	if (strcmp(policy->rekey_method, "ssl") == 0 && tls_stream_can_rekey(params->stream))
		params->rekey_sec = policy->rekey_time;
}

static enum err
write_head(const struct cstp_request *request, const struct chan_params *params)
{
	struct cstp_answer answer = {
	    .mobile = request->mobile,
	    .can_rekey = tls_stream_can_rekey(params->stream),
	    .mtu = params->mtu,
	    .link_mtu = params->link_mtu,
	    .dtls = params->dtls,
	    .dtls_suite = params->dtls_suite,
	    .dtls_port = params->dtls_port,
	};
	struct buf head;
	enum err err;

	str_hex(answer.app_id, params->app_id, sizeof(params->app_id));
	buf_init(&head, CSTP_ANSWER_MAX);
	cstp_head_write(&head, params->opened, &answer);
	trace_conn_answer(params->stream, &head, params->opened->username);
	err = head.err;
	if (err == ERR_OK)
		err = tls_stream_write_all(params->stream, head.data, head.len);
	buf_fini(&head);
	return err;
}

/* auth counts on hearing of the end of every tunnel that it allowed. */
static void
give_back(const struct worker *worker, const Ipc__SessionOpened *opened, Ipc__CloseCause cause,
    const char *text)
{
	Ipc__SessionClosed closed = IPC__SESSION_CLOSED__INIT;

	closed.session = opened->session;
	closed.cause = cause;
	closed.text = (char *)(uintptr_t)text;
	if (worker->auth != NULL &&
	    ipc_send(worker->auth, IPC__MSG_TYPE__MSG_SESSION_CLOSED, &closed.base) != ERR_OK)
		log_warn("cannot report to auth");
}

/* A client whose path got narrow must find the addresses that it had, or it gives up (protocol.md
 * 6.1): what does not fit is then cut outside of the tunnel. */
static bool
keep_ipv6(const struct cstp_request *request, const struct chan_params *params)
{
	unsigned policy_mtu = params->opened->policy->mtu;

	return request->again && params->mtu < CSTP_IPV6_MTU_MIN &&
	       (policy_mtu == 0 || policy_mtu >= CSTP_IPV6_MTU_MIN) && params->opened->ipv6.len > 0;
}

static void
open_tunnel(struct conn *conn, const struct cstp_request *request, const Ipc__SessionOpened *msg)
{
	struct worker *worker = conn_worker(conn);
	/* Shallow: only to leave the IPv6 address out, and for what phones have of their own. */
	Ipc__SessionOpened opened = *msg;
	Ipc__TunnelPolicy policy = *msg->policy;
	struct chan_params params = {.opened = &opened, .mobile = request->mobile};
	enum err err;

	if (!conn_is_open(conn)) {
		give_back(worker, msg, IPC__CLOSE_CAUSE__CLOSE_LOST, "client left during CONNECT");
		return;
	}
	opened.policy = &policy;
	if (request->mobile && policy.dpd_mobile > 0)
		policy.dpd_client = policy.dpd_gateway = policy.dpd_mobile;
	params.stream = conn_stream(conn);
	decide_dtls(worker, request, &params);
	decide_mtu(worker, request, &params);
	if (keep_ipv6(request, &params))
		params.mtu = CSTP_IPV6_MTU_MIN;
	if (params.mtu < CSTP_IPV6_MTU_MIN)
		opened.ipv6.len = 0;
	if (opened.ipv4.len == 0 && opened.ipv6.len == 0) {
		answer_unavailable(conn, "No address fits the link");
		give_back(worker, msg, IPC__CLOSE_CAUSE__CLOSE_ERROR, "MTU too small for IPv6");
		return;
	}
	if (!path_has_filters(worker->path, opened.policy)) {
		log_err("worker %u: a filter of user %s (group policy %s) is not here: no tunnel",
		    worker->index, opened.username, opened.group_policy);
		answer_unavailable(conn, REASON_FILTER);
		give_back(worker, msg, IPC__CLOSE_CAUSE__CLOSE_ERROR, "filter is missing");
		return;
	}
	decide_rekey(&params);
	params.stream = conn_take_stream(conn);
	err = write_head(request, &params);
	if (err == ERR_OK) {
		err = path_chan_open(worker->path, &params);
	} else {
		tls_stream_close(params.stream);
	}
	if (err != ERR_OK)
		give_back(worker, msg, IPC__CLOSE_CAUSE__CLOSE_ERROR, err_str(err));
	str_wipe(&params.terms, sizeof(params.terms));
}

static void
on_opened(enum err err, const ProtobufCMessage *msg, void *arg)
{
	const Ipc__SessionOpened *opened = (const Ipc__SessionOpened *)msg;
	struct waiting *waiting = arg;

	if (err != ERR_OK)
		answer_unavailable(waiting->conn, REASON_AWAY);
	else if (opened->status == IPC__OPEN_STATUS__OPEN_OK && opened->policy != NULL)
		open_tunnel(waiting->conn, &waiting->request, opened);
	else if (opened->status == IPC__OPEN_STATUS__OPEN_DENIED)
		answer_denied(waiting->conn);
	else
		answer_unavailable(waiting->conn, opened->reason);
	waiting_free(waiting);
}

/* On a path that is too narrow for it, IPv6 is not even leased: when the path gets wider, the
 * client may not see another address than before. */
static bool
wants_ipv6(const struct conn *conn, const struct cstp_request *request)
{
	const struct tls_stream *stream = conn_stream(conn);
	unsigned link_mtu;

	if (!request->want_ipv6 || !request->want_ipv4 || request->again)
		return request->want_ipv6;
	return cstp_head_mtu(request, NULL, tls_stream_client(stream)->addr.family,
		   tls_stream_mss(stream), 0, CSTP_PAYLOAD_MAX, &link_mtu) >= CSTP_IPV6_MTU_MIN;
}

static enum err
ask_auth(struct conn *conn, const struct http_request *request, struct waiting *waiting)
{
	Ipc__ClientFacts facts = IPC__CLIENT_FACTS__INIT;
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	struct ipc *auth = conn_worker(conn)->auth;

	if (auth == NULL)
		return ERR_CLOSED;
	conn_facts(conn, request, &facts);
	open.facts = &facts;
	open.token = waiting->request.token;
	open.hostname = waiting->request.hostname;
	open.want_ipv4 = waiting->request.want_ipv4;
	open.want_ipv6 = wants_ipv6(conn, &waiting->request);
	return ipc_request(auth, IPC__MSG_TYPE__MSG_SESSION_OPEN, &open.base,
	    IPC__MSG_TYPE__MSG_SESSION_OPENED, OPEN_TIMEOUT_MS, on_opened, waiting, NULL);
}

/* Once: nearly every client offers it. */
static void
note_compression(const struct http_request *request)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (http_header(request, "X-CSTP-Accept-Encoding") != NULL &&
	    !atomic_flag_test_and_set(&said))
		log_info("compression, which clients offer, is never used: the length of what was "
			 "compressed gives away what is in it");
}

/* Anybody can send one: each worker writes a few. */
static void
log_malformed(const struct conn *conn)
{
	static _Thread_local struct log_limit limit = {.burst = 10, .interval_sec = 1};
	char ip[IP_STR_MAX];
	unsigned suppressed;

	if (log_limit_ok(&limit, &suppressed))
		log_event(LOGMSG_722001, ip_str(&tls_stream_client(conn_stream(conn))->addr, ip));
}

void
cstp_connect(struct conn *conn, const struct http_request *request)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (waiting == NULL) {
		answer_unavailable(conn, "Out of resources");
		return;
	}
	waiting->conn = conn_ref(conn);
	/* Whatever is wrong with the cookie, the answer is the same (INV-1). */
	if (cstp_head_read(request, &waiting->request) != ERR_OK) {
		log_malformed(conn);
		answer_denied(conn);
		waiting_free(waiting);
		return;
	}
	note_compression(request);
	if (ask_auth(conn, request, waiting) != ERR_OK) {
		answer_unavailable(conn, REASON_AWAY);
		waiting_free(waiting);
	}
}
