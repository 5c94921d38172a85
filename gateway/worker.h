/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker thread: it owns its loop, listeners, TLS contexts, connections, channels to auth and
 * pki, tun queue and UDP sockets, and shares nothing on the packet path (style P18). Other threads
 * reach it only by loop_post() and, for packets, by the rings of its data path.
 *
 * The struct is open because conn.c, tls*.c, signin.c and the data path are all parts of the same
 * thread.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ip.h"
#include "common/ipc.h"
#include "common/loop.h"
#include "conf/conf.h"

#define WORKER_LISTENERS_MAX 16

struct conns; /* conn.c: the TCP connections without a tunnel */
struct tls;   /* tls.c: contexts, policy, identities */
struct budget;
struct path; /* path.c: tun queue, UDP sockets, channels, forwarding tables, rings */
struct barred;
struct doors;
struct gateway;

struct worker {
	unsigned index;
	struct gateway *gateway;
	struct conf *conf; /* a reference; only gateway.conf is in this slice. A reload swaps it */
	struct loop *loop;
	struct ipc *auth; /* NULL while auth is being restarted */
	struct ipc *pki;  /* NULL while pki is being restarted */
	int tcp_fds[WORKER_LISTENERS_MAX];
	int udp_fds[WORKER_LISTENERS_MAX]; /* by listener index, -1: none */
	uint16_t dtls_ports[WORKER_LISTENERS_MAX];
	size_t listeners_len;
	int tun_fd;
	struct conns *conns;
	struct tls *tls;
	struct budget *budget; /* of strangers; NULL: none is kept */
	struct path *path;
	struct barred *barred; /* whose connections it does not take */
	struct doors *doors;   /* what strangers have to ask for, where the gateway hides */
};

/* An empty worker; the caller then fills in the descriptors, which are the worker's. conf gets a
 * reference. NULL: memory. */
struct worker *worker_new(struct gateway *gateway, unsigned index, struct conf *conf) MUST_USE;
/* Create its parts (TLS, data path, connections), once the descriptors are in place. Main thread.
 * ERR_NOMEM. */
enum err worker_init(struct worker *worker) MUST_USE;
/* Thread entry: runs until worker_stop(). arg is the struct worker. */
void *worker_main(void *arg);
/* From the main thread: new channel to a peer (after its restart). Takes fd. */
void worker_set_peer(struct worker *worker, Ipc__RoleId peer, int fd);
/*
 * From the main thread: another configuration from now on (a reference is taken), and whether
 * clients are asked for a certificate. What runs goes on: limits count when they are next looked
 * at.
 */
void worker_set_conf(struct worker *worker, struct conf *conf, bool client_certificates);
/* From the main thread: close all tunnels, with a goodbye to the clients if their sessions end, and
 * end the thread. */
void worker_stop(struct worker *worker, bool end_sessions);
/* After the thread has ended. NULL is fine. */
void worker_free(struct worker *worker);

#endif
