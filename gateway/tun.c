/* SPDX-License-Identifier: Apache-2.0 */
/* One tun queue: offload negotiation, batched reads, writes that join packets. */
#include "gateway/tun.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/log.h"
#include "gateway/offload.h"
#include "gateway/tun_join.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20 /* Linux 6.2 */
#define TUN_F_USO6 0x40
#endif

#define READ_ARENA (256 * 1024)
#define JOINS 4 /* flows that are joined side by side */

struct tun {
	int fd;
	unsigned offload; /* in use */
	bool lost;        /* the interface was removed */
	uint64_t write_drops;
	size_t joins_used; /* joins that hold something are the first ones */
	struct join joins[JOINS];
	uint8_t arena[READ_ARENA + TUN_READ_MAX];
};

/* As much of the wanted as the kernel has. */
static enum err
offload_setup(struct tun *tun, unsigned wanted)
{
	const unsigned tries[] = {wanted & (OFFLOAD_TSO | OFFLOAD_USO), wanted & OFFLOAD_TSO, 0};
	int head_len = GSO_VNET_LEN;

	if (ioctl(tun->fd, TUNSETVNETHDRSZ, &head_len) < 0)
		return ERR_SYS;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		unsigned long flags = tries[i] != 0 ? TUN_F_CSUM : 0;

		if (tries[i] & OFFLOAD_TSO)
			flags |= TUN_F_TSO4 | TUN_F_TSO6;
		if (tries[i] & OFFLOAD_USO)
			flags |= TUN_F_USO4 | TUN_F_USO6;
		if (ioctl(tun->fd, TUNSETOFFLOAD, flags) == 0) {
			tun->offload = tries[i];
			return ERR_OK;
		}
	}
	return ERR_SYS;
}

struct tun *
tun_new(int fd, unsigned offload)
{
	/* Not calloc: the arenas need no zeros, and untouched pages cost nothing. */
	struct tun *tun = malloc(sizeof(*tun));

	if (tun == NULL)
		return NULL;
	tun->fd = fd;
	tun->write_drops = 0;
	tun->joins_used = 0;
	tun->offload = 0;
	tun->lost = false;
	for (size_t i = 0; i < JOINS; i++)
		tun->joins[i].len = 0;
	if (offload_setup(tun, offload) != ERR_OK) {
		log_err("cannot set up the tun queue: %m");
		free(tun);
		return NULL;
	}
	return tun;
}

void
tun_free(struct tun *tun)
{
	free(tun);
}

unsigned
tun_offload(const struct tun *tun)
{
	return tun->offload;
}

size_t
tun_read_batch(struct tun *tun, struct tun_pkt *out, size_t max)
{
	size_t used = 0, runs = 0, n = 0;

	while (n < max && used <= READ_ARENA && runs < TUN_BATCH_RUNS) {
		uint8_t *at = tun->arena + used;
		ssize_t got = read(tun->fd, at, TUN_READ_MAX);

		if (got < 0) {
			tun->lost = errno == EBADFD;
			break;
		}
		if (got <= GSO_VNET_LEN)
			continue;
		memcpy(&out[n].vnet, at, GSO_VNET_LEN);
		out[n].data = at + GSO_VNET_LEN;
		out[n].len = (size_t)got - GSO_VNET_LEN;
		if (out[n].vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE)
			runs += out[n].len;
		used += (size_t)got;
		n++;
	}
	return n;
}

bool
tun_is_lost(const struct tun *tun)
{
	return tun->lost;
}

static void
write_plain(struct tun *tun, const uint8_t *pkt, size_t len)
{
	static const struct virtio_net_hdr none;
	struct iovec iov[2] = {
	    {.iov_base = (void *)(uintptr_t)&none, .iov_len = GSO_VNET_LEN},
	    {.iov_base = (void *)(uintptr_t)pkt, .iov_len = len},
	};

	if (writev(tun->fd, iov, 2) < 0)
		tun->write_drops++;
}

static void
write_join(struct tun *tun, struct join *join)
{
	const uint8_t *data;
	unsigned count = join->count;
	size_t len;

	if (join->len == 0)
		return;
	join_take(join, &data, &len);
	if (write(tun->fd, data, len) < 0)
		tun->write_drops += count;
}

/* What must not be overtaken by this packet goes first. */
static void
flush_flow(struct tun *tun, const uint8_t *pkt, size_t len)
{
	for (size_t i = 0; i < tun->joins_used; i++) {
		if (join_same_flow(&tun->joins[i], pkt, len))
			write_join(tun, &tun->joins[i]);
	}
}

static void
write_joining(struct tun *tun, const struct join_pkt *pkt)
{
	struct join *place = NULL;

	for (size_t i = 0; i < tun->joins_used; i++) {
		struct join *join = &tun->joins[i];
		enum join_verdict verdict = JOIN_OTHER;

		if (join->len > 0)
			verdict = join_add(join, pkt);
		else if (place == NULL)
			place = join;
		if (verdict == JOIN_TAKEN)
			return;
		if (verdict == JOIN_NOT_YET) {
			write_join(tun, join);
			place = join;
			break;
		}
	}
	if (place == NULL && tun->joins_used < JOINS)
		place = &tun->joins[tun->joins_used++];
	if (place == NULL) {
		/* More flows than places: this one simply waits for nobody. */
		write_plain(tun, pkt->data, pkt->len);
		return;
	}
	(void)join_add(place, pkt);
}

void
tun_write(struct tun *tun, const uint8_t *pkt, size_t len)
{
	struct join_pkt facts;

	if (tun->offload != 0 && join_parse(pkt, len, &facts) &&
	    (tun->offload & (facts.protocol == IPPROTO_UDP ? OFFLOAD_USO : OFFLOAD_TSO)) != 0) {
		write_joining(tun, &facts);
		return;
	}
	flush_flow(tun, pkt, len);
	write_plain(tun, pkt, len);
}

void
tun_flush(struct tun *tun)
{
	for (size_t i = 0; i < tun->joins_used; i++)
		write_join(tun, &tun->joins[i]);
	tun->joins_used = 0;
}

uint64_t
tun_write_drops(const struct tun *tun)
{
	return tun->write_drops;
}
