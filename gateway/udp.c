/* SPDX-License-Identifier: Apache-2.0 */
/* Batched UDP: recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT, packet information both ways. */
#include "gateway/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/offload.h"

#define LISTENERS_MAX 16
#define RX_SIZE 65536 /* a message may be a whole UDP_GRO run */
/* Buffers of single datagrams would else share the same few lines of the caches. */
#define RX_STRIDE (RX_SIZE + 2048)
#define TX_ARENA (256 * 1024)
#define TX_MSGS 128
#define TX_BATCH 16   /* messages in one sendmmsg() */
#define TX_RUN_MAX 64 /* segments in one UDP_SEGMENT message: UDP_MAX_SEGMENTS of older kernels */
#define TX_RUN_BYTES 65000 /* a message is still one IP datagram to the kernel */
#define CONTROL_SIZE 128

/* A message on its way out: one datagram or a run of equal ones. */
struct tx_msg {
	struct udp_flow flow;
	size_t off; /* in the arena */
	size_t len;
	size_t seg;
	unsigned count;
	bool closed; /* the last segment was shorter: nothing may follow it */
};

union control {
	char bytes[CONTROL_SIZE];
	struct cmsghdr align;
};

struct udp {
	int fds[LISTENERS_MAX];
	size_t fds_len;
	bool can_segment;
	bool can_gro;
	uint64_t tx_drops;
	size_t tx_len; /* bytes used in the arena */
	size_t tx_msgs;
	struct tx_msg tx[TX_MSGS];
	uint8_t arena[TX_ARENA];
	uint8_t rx[UDP_RX_BATCH][RX_STRIDE];
};

static void
socket_setup(struct udp *udp, int fd)
{
	int on = 1, off = 0;

	/* Without GRO the kernel hands over single datagrams: nothing else changes. */
	if (setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) < 0)
		udp->can_gro = false;
	if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &off, sizeof(off)) < 0)
		udp->can_segment = false;
}

struct udp *
udp_new(const int *fds, size_t len)
{
	/* Not calloc: the arenas need no zeros, and untouched pages cost nothing. */
	struct udp *udp = malloc(sizeof(*udp));

	if (udp == NULL)
		return NULL;
	udp->fds_len = len < LISTENERS_MAX ? len : LISTENERS_MAX;
	udp->can_segment = true;
	udp->can_gro = true;
	udp->tx_drops = 0;
	udp->tx_len = 0;
	udp->tx_msgs = 0;
	for (size_t i = 0; i < udp->fds_len; i++) {
		udp->fds[i] = fds[i];
		if (fds[i] >= 0)
			socket_setup(udp, fds[i]);
	}
	return udp;
}

unsigned
udp_offload(struct udp *udp, unsigned wanted)
{
	int off = 0;

	udp->can_segment = udp->can_segment && (wanted & OFFLOAD_UDP_GSO) != 0;
	if ((wanted & OFFLOAD_UDP_GRO) == 0) {
		for (size_t i = 0; i < udp->fds_len; i++)
			if (udp->fds[i] >= 0)
				(void)setsockopt(udp->fds[i], SOL_UDP, UDP_GRO, &off, sizeof(off));
		udp->can_gro = false;
	}
	return (udp->can_segment ? OFFLOAD_UDP_GSO : 0U) | (udp->can_gro ? OFFLOAD_UDP_GRO : 0U);
}

void
udp_free(struct udp *udp)
{
	free(udp);
}

bool
udp_flow_eq(const struct udp_flow *a, const struct udp_flow *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void
udp_flow_peer(const struct udp_flow *flow, struct ip_endpoint *out)
{
	memset(out, 0, sizeof(*out));
	out->addr.family = flow->family;
	memcpy(out->addr.bytes, flow->peer, flow->family == 4 ? 4 : 16);
	out->port = flow->port;
}

/* ---- receiving ---- */

static enum err
flow_set_peer(struct udp_flow *flow, const struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		flow->family = 4;
		flow->port = ntohs(in->sin_port);
		memcpy(flow->peer, &in->sin_addr, 4);
		return ERR_OK;
	}
	if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		flow->family = 6;
		flow->port = ntohs(in6->sin6_port);
		flow->scope = in6->sin6_scope_id;
		memcpy(flow->peer, &in6->sin6_addr, 16);
		return ERR_OK;
	}
	return ERR_UNSUPPORTED;
}

/* Local address and segment size from the control messages. */
static void
rx_read_control(struct udp_rx *rx, struct msghdr *head)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c != NULL; c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			memcpy(rx->flow.local, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			memcpy(rx->flow.local, &info.ipi6_addr, 16);
		} else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int seg;

			memcpy(&seg, CMSG_DATA(c), sizeof(seg));
			if (seg > 0)
				rx->seg = (size_t)seg;
		}
	}
}

size_t
udp_rx_batch(struct udp *udp, size_t listener, struct udp_rx *out, size_t max)
{
	struct mmsghdr msgs[UDP_RX_BATCH];
	struct iovec iovs[UDP_RX_BATCH];
	struct sockaddr_storage names[UDP_RX_BATCH];
	union control controls[UDP_RX_BATCH];
	size_t n = 0;
	int got;

	if (max > UDP_RX_BATCH)
		max = UDP_RX_BATCH;
	for (size_t i = 0; i < max; i++) {
		names[i].ss_family = AF_UNSPEC;
		iovs[i] = (struct iovec){.iov_base = udp->rx[i], .iov_len = RX_SIZE};
		msgs[i].msg_hdr = (struct msghdr){
		    .msg_name = &names[i],
		    .msg_namelen = sizeof(names[i]),
		    .msg_iov = &iovs[i],
		    .msg_iovlen = 1,
		    .msg_control = &controls[i],
		    .msg_controllen = sizeof(controls[i]),
		};
	}
	got = recvmmsg(udp->fds[listener], msgs, (unsigned)max, MSG_DONTWAIT, NULL);
	for (size_t i = 0; got > 0 && i < (size_t)got && i < max; i++) {
		struct udp_rx *rx = &out[n];

		memset(&rx->flow, 0, sizeof(rx->flow));
		if (flow_set_peer(&rx->flow, &names[i]) != ERR_OK)
			continue;
		rx->flow.listener = (uint8_t)listener;
		rx->data = udp->rx[i];
		rx->len = msgs[i].msg_len;
		rx->seg = rx->len;
		rx_read_control(rx, &msgs[i].msg_hdr);
		n++;
	}
	return n;
}

/* ---- sending ---- */

/* Can this datagram be one more segment of the message before it? */
static bool
tx_can_join(const struct udp *udp, const struct udp_flow *flow, size_t len)
{
	const struct tx_msg *msg;

	if (udp->tx_msgs == 0 || !udp->can_segment)
		return false;
	msg = &udp->tx[udp->tx_msgs - 1];
	return !msg->closed && len <= msg->seg && msg->count < TX_RUN_MAX &&
	       msg->len + len <= TX_RUN_BYTES && udp_flow_eq(&msg->flow, flow);
}

uint8_t *
udp_room(struct udp *udp, const struct udp_flow *flow, size_t len)
{
	struct tx_msg *msg;
	uint8_t *room;

	if (len == 0 || len > TX_RUN_BYTES)
		return NULL;
	if (udp->tx_len + len > TX_ARENA)
		udp_flush(udp);
	if (tx_can_join(udp, flow, len)) {
		msg = &udp->tx[udp->tx_msgs - 1];
		msg->closed = len < msg->seg;
		msg->count++;
	} else {
		/* One batch goes to one socket. */
		if (udp->tx_msgs == TX_MSGS ||
		    (udp->tx_msgs > 0 && udp->tx[0].flow.listener != flow->listener))
			udp_flush(udp);
		msg = &udp->tx[udp->tx_msgs++];
		*msg = (struct tx_msg){.flow = *flow, .off = udp->tx_len, .seg = len, .count = 1};
	}
	room = udp->arena + udp->tx_len;
	udp->tx_len += len;
	msg->len += len;
	return room;
}

static socklen_t
flow_get_peer(const struct udp_flow *flow, struct sockaddr_storage *out)
{
	struct ip_endpoint ep;
	socklen_t len;

	udp_flow_peer(flow, &ep);
	len = ip_to_sockaddr(&ep, out);
	if (flow->family == 6)
		((struct sockaddr_in6 *)out)->sin6_scope_id = flow->scope;
	return len;
}

static size_t
control_put(struct cmsghdr *c, int level, int type, const void *data, size_t len)
{
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return CMSG_SPACE(len);
}

/* Our source address, and the segment size of a run. */
static void
tx_write_control(const struct tx_msg *msg, union control *control, struct msghdr *head)
{
	size_t used;

	memset(control, 0, sizeof(*control));
	if (msg->flow.family == 4) {
		struct in_pktinfo info = {0};

		memcpy(&info.ipi_spec_dst, msg->flow.local, 4);
		used = control_put(&control->align, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		struct in6_pktinfo info = {.ipi6_ifindex = msg->flow.scope};

		memcpy(&info.ipi6_addr, msg->flow.local, 16);
		used =
		    control_put(&control->align, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
	if (msg->count > 1) {
		uint16_t seg = (uint16_t)msg->seg;

		used += control_put((struct cmsghdr *)(void *)(control->bytes + used), SOL_UDP,
		    UDP_SEGMENT, &seg, sizeof(seg));
	}
	head->msg_control = control;
	head->msg_controllen = used;
}

/* A run that the kernel refused (its segments do not fit the route's MTU, or the device cannot):
 * one by one. */
static void
tx_send_singly(struct udp *udp, const struct tx_msg *run)
{
	int fd = udp->fds[run->flow.listener];
	struct sockaddr_storage name;
	union control control;
	struct iovec iov;
	struct msghdr head = {.msg_name = &name, .msg_iov = &iov, .msg_iovlen = 1};
	struct tx_msg one = *run;

	one.count = 1;
	head.msg_namelen = flow_get_peer(&run->flow, &name);
	tx_write_control(&one, &control, &head);
	for (size_t done = 0; done < run->len; done += run->seg) {
		size_t left = run->len - done;

		iov.iov_base = udp->arena + run->off + done;
		iov.iov_len = left < run->seg ? left : run->seg;
		if (sendmsg(fd, &head, MSG_DONTWAIT) < 0)
			udp->tx_drops++;
	}
}

/* Send messages from `first` on; returns how many were dealt with (at least one). */
static size_t
tx_send_some(struct udp *udp, size_t first)
{
	struct mmsghdr msgs[TX_BATCH];
	struct iovec iovs[TX_BATCH];
	struct sockaddr_storage names[TX_BATCH];
	union control controls[TX_BATCH];
	size_t n = udp->tx_msgs - first;
	int sent;

	if (n > TX_BATCH)
		n = TX_BATCH;
	for (size_t i = 0; i < n; i++) {
		const struct tx_msg *msg = &udp->tx[first + i];

		iovs[i] = (struct iovec){udp->arena + msg->off, msg->len};
		msgs[i].msg_hdr =
		    (struct msghdr){.msg_name = &names[i], .msg_iov = &iovs[i], .msg_iovlen = 1};
		msgs[i].msg_hdr.msg_namelen = flow_get_peer(&msg->flow, &names[i]);
		tx_write_control(msg, &controls[i], &msgs[i].msg_hdr);
	}
	sent = sendmmsg(udp->fds[udp->tx[first].flow.listener], msgs, (unsigned)n, MSG_DONTWAIT);
	if (sent > 0)
		return (size_t)sent;
	/* The first one failed: deal with it alone and go on behind it. */
	if (udp->tx[first].count > 1 && errno != EAGAIN && errno != ENOBUFS)
		tx_send_singly(udp, &udp->tx[first]);
	else
		udp->tx_drops += udp->tx[first].count;
	return 1;
}

void
udp_flush(struct udp *udp)
{
	for (size_t done = 0; done < udp->tx_msgs;)
		done += tx_send_some(udp, done);
	udp->tx_msgs = 0;
	udp->tx_len = 0;
}

uint64_t
udp_tx_drops(const struct udp *udp)
{
	return udp->tx_drops;
}
