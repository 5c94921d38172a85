/* SPDX-License-Identifier: Apache-2.0 */
/* What auth hears of a channel. */
#include "gateway/chan_report.h"

#include "common/log.h"
#include "gateway/worker.h"

static void
report(const struct chan *chan, Ipc__MsgType type, const ProtobufCMessage *msg)
{
	struct ipc *auth = chan->env->worker->auth;
	enum err err;

	if (auth == NULL)
		return;
	err = ipc_send(auth, type, msg);
	if (err != ERR_OK && err != ERR_CLOSED)
		log_warn("cannot report to auth: %s", err_str(err));
}

static void
counts_fill(const struct chan_count *count, Ipc__ChannelStats *out)
{
	ipc__channel_stats__init(out);
	out->rx_bytes = count->rx_bytes;
	out->tx_bytes = count->tx_bytes;
	out->rx_packets = count->rx_packets;
	out->tx_packets = count->tx_packets;
	out->rx_drops = count->rx_drops;
	out->tx_drops = count->tx_drops;
}

void
chan_stats_fill(const struct chan *chan, struct chan_stats *out)
{
	uint64_t now_ms = chan->env->now_ms;

	ipc__session_stats__init(&out->stats);
	counts_fill(&chan->tls_count, &out->tls);
	counts_fill(&chan->dtls_count, &out->dtls);
	out->stats.session = chan->session;
	out->stats.tls = &out->tls;
	out->stats.dtls = &out->dtls;
	out->stats.idle = now_ms > chan->data_ms ? (uint32_t)((now_ms - chan->data_ms) / 1000) : 0;
}

static void
tunnel_fill_peer(Ipc__TunnelEvent *event, const struct ip_endpoint *client, uint16_t server_port)
{
	event->client_ip.data = (uint8_t *)(uintptr_t)client->addr.bytes;
	event->client_ip.len = ip_len(&client->addr);
	event->client_port = client->port;
	event->server_port = server_port;
}

void
chan_report_tunnel(const struct chan *chan, Ipc__Channel channel, bool up, const char *reason)
{
	Ipc__TunnelEvent event = IPC__TUNNEL_EVENT__INIT;
	struct ip_endpoint client;

	event.session = chan->session;
	event.channel = channel;
	event.up = up;
	event.reason = (char *)(uintptr_t)reason;
	if (channel == IPC__CHANNEL__CHANNEL_TLS) {
		client = *tls_stream_client(chan->stream);
		event.version = (char *)(uintptr_t)tls_stream_version(chan->stream);
		event.cipher = (char *)(uintptr_t)tls_stream_cipher(chan->stream);
		tunnel_fill_peer(&event, &client, tls_stream_server(chan->stream)->port);
	} else {
		udp_flow_peer(dtls_leg_flow(chan->dtls), &client);
		event.version = (char *)(uintptr_t)dtls_leg_version(chan->dtls);
		event.cipher = (char *)(uintptr_t)dtls_leg_cipher(chan->dtls);
		tunnel_fill_peer(&event, &client, chan->dtls_port);
	}
	report(chan, IPC__MSG_TYPE__MSG_TUNNEL_EVENT, &event.base);
}

void
chan_report_closed(const struct chan *chan, Ipc__CloseCause cause, const char *text)
{
	Ipc__SessionClosed closed = IPC__SESSION_CLOSED__INIT;
	struct chan_stats stats;

	chan_stats_fill(chan, &stats);
	closed.session = chan->session;
	closed.cause = cause;
	closed.text = (char *)(uintptr_t)text;
	closed.stats = &stats.stats;
	closed.by_client = chan->goodbye;
	report(chan, IPC__MSG_TYPE__MSG_SESSION_CLOSED, &closed.base);
}
