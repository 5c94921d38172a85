/* SPDX-License-Identifier: Apache-2.0 */
/* One tun queue: offload negotiation, batched reads, writes that join TCP segments. */
#include "gateway/tun.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/log.h"
#include "gateway/tun_gso.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20 /* Linux 6.2 */
#define TUN_F_USO6 0x40
#endif

#define READ_ARENA (256 * 1024)
#define JOINS 4 /* flows that are joined side by side */

struct tun {
	int fd;
	bool offload;
	bool lost; /* the interface was removed */
	uint64_t write_drops;
	size_t joins_used; /* joins that hold something are the first ones */
	struct gso_join joins[JOINS];
	uint8_t arena[READ_ARENA + TUN_READ_MAX];
};

/* The best that the kernel has: TCP and UDP runs, TCP runs, single packets. */
static enum err
offload_setup(struct tun *tun)
{
	static const unsigned long levels[] = {
	    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6,
	    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
	    0,
	};
	int head_len = GSO_VNET_LEN;

	if (ioctl(tun->fd, TUNSETVNETHDRSZ, &head_len) < 0)
		return ERR_SYS;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (ioctl(tun->fd, TUNSETOFFLOAD, levels[i]) == 0) {
			tun->offload = levels[i] != 0;
			return ERR_OK;
		}
	}
	return ERR_SYS;
}

struct tun *
tun_new(int fd)
{
	/* Not calloc: the arenas need no zeros, and untouched pages cost nothing. */
	struct tun *tun = malloc(sizeof(*tun));

	if (tun == NULL)
		return NULL;
	tun->fd = fd;
	tun->write_drops = 0;
	tun->joins_used = 0;
	tun->offload = false;
	tun->lost = false;
	for (size_t i = 0; i < JOINS; i++)
		tun->joins[i].len = 0;
	if (offload_setup(tun) != ERR_OK) {
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

size_t
tun_read_batch(struct tun *tun, struct tun_pkt *out, size_t max)
{
	size_t used = 0, n = 0;

	while (n < max && used <= READ_ARENA) {
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
write_join(struct tun *tun, struct gso_join *join)
{
	const uint8_t *data;
	unsigned count = join->count;
	size_t len;

	if (join->len == 0)
		return;
	gso_join_take(join, &data, &len);
	if (write(tun->fd, data, len) < 0)
		tun->write_drops += count;
}

/* What must not be overtaken by this packet goes first. */
static void
flush_flow(struct tun *tun, const uint8_t *pkt, size_t len)
{
	for (size_t i = 0; i < tun->joins_used; i++) {
		if (gso_join_same_flow(&tun->joins[i], pkt, len))
			write_join(tun, &tun->joins[i]);
	}
}

static void
write_joining(struct tun *tun, const uint8_t *pkt, const struct gso_tcp *tcp)
{
	struct gso_join *place = NULL;

	for (size_t i = 0; i < tun->joins_used; i++) {
		struct gso_join *join = &tun->joins[i];
		enum gso_verdict verdict = GSO_OTHER;

		if (join->len > 0)
			verdict = gso_join_add(join, pkt, tcp);
		else if (place == NULL)
			place = join;
		if (verdict == GSO_JOINED)
			return;
		if (verdict == GSO_NOT_YET) {
			write_join(tun, join);
			place = join;
			break;
		}
	}
	if (place == NULL && tun->joins_used < JOINS)
		place = &tun->joins[tun->joins_used++];
	if (place == NULL) {
		/* More flows than places: this one simply waits for nobody. */
		write_plain(tun, pkt, tcp->len);
		return;
	}
	(void)gso_join_add(place, pkt, tcp);
}

void
tun_write(struct tun *tun, const uint8_t *pkt, size_t len)
{
	struct gso_tcp tcp;

	if (tun->offload && gso_tcp_parse(pkt, len, &tcp)) {
		write_joining(tun, pkt, &tcp);
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
