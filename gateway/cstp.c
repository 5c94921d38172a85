/* SPDX-License-Identifier: Apache-2.0 */
/* The CONNECT request: ask auth, answer, hand the stream to the data path. */
#include "gateway/cstp.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/rnd.h"
#include "common/str.h"
#include "gateway/cstp_head.h"
#include "gateway/path.h"
#include "gateway/trace_conn.h"

#define OPEN_TIMEOUT_MS 10000
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

static void
decide_mtu(
    const struct worker *worker, const struct cstp_request *request, struct chan_params *params)
{
	const struct conf_object *tun = conf_sub(conf_root(worker->conf, CONF_GATEWAY), GW_TUN);
	const struct ip_endpoint *client = tls_stream_client(params->stream);

	params->mtu = cstp_head_mtu(request, client->addr.family, tls_stream_mss(params->stream),
	    params->opened->policy->mtu, (unsigned)conf_int(tun, TUN_MTU), &params->link_mtu);
}

static void
decide_dtls(
    const struct worker *worker, const struct cstp_request *request, struct chan_params *params)
{
	if (!request->psk || !params->opened->policy->dtls)
		return;
	params->dtls_port = dtls_port_of(worker, tls_stream_server(params->stream));
	if (params->dtls_port == 0)
		return;
	if (tls_stream_export(params->stream, DTLS_PSK_LABEL, params->psk, DTLS_PSK_LEN) != ERR_OK)
		return;
	rnd_fill(params->app_id, sizeof(params->app_id));
	params->dtls = true;
}

static enum err
write_head(const struct cstp_request *request, const struct chan_params *params)
{
	struct cstp_answer answer = {
	    .mobile = request->mobile,
	    .mtu = params->mtu,
	    .link_mtu = params->link_mtu,
	    .dtls = params->dtls,
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

static void
open_tunnel(struct conn *conn, const struct cstp_request *request, const Ipc__SessionOpened *msg)
{
	struct worker *worker = conn_worker(conn);
	Ipc__SessionOpened opened = *msg; /* shallow: only to leave the IPv6 address out */
	struct chan_params params = {.opened = &opened};
	enum err err;

	if (!conn_is_open(conn)) {
		give_back(worker, msg, IPC__CLOSE_CAUSE__CLOSE_LOST, "client left during CONNECT");
		return;
	}
	params.stream = conn_stream(conn);
	decide_mtu(worker, request, &params);
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
	decide_dtls(worker, request, &params);
	params.stream = conn_take_stream(conn);
	err = write_head(request, &params);
	if (err == ERR_OK) {
		err = path_chan_open(worker->path, &params);
	} else {
		tls_stream_close(params.stream);
	}
	if (err != ERR_OK)
		give_back(worker, msg, IPC__CLOSE_CAUSE__CLOSE_ERROR, err_str(err));
	str_wipe(params.psk, sizeof(params.psk));
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
	open.want_ipv6 = waiting->request.want_ipv6;
	return ipc_request(auth, IPC__MSG_TYPE__MSG_SESSION_OPEN, &open.base,
	    IPC__MSG_TYPE__MSG_SESSION_OPENED, OPEN_TIMEOUT_MS, on_opened, waiting, NULL);
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
		answer_denied(conn);
		waiting_free(waiting);
		return;
	}
	if (ask_auth(conn, request, waiting) != ERR_OK) {
		answer_unavailable(conn, REASON_AWAY);
		waiting_free(waiting);
	}
}
