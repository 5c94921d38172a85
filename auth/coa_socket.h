/* SPDX-License-Identifier: Apache-2.0 */
/* A UDP port on all addresses of both families; answers leave from the address that was asked. */
#ifndef AUTH_COA_SOCKET_H
#define AUTH_COA_SOCKET_H

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/loop.h"

struct coa_socket;

/* Where a datagram came from, and which address of ours it went to. */
struct coa_path {
	struct ip_endpoint from;
	struct ip_addr to;  /* family 0: unknown */
	unsigned interface; /* for link-local addresses */
};

typedef void (*coa_datagram_fn)(
    const struct coa_path *path, uint16_t port, const void *data, size_t len, void *arg);

/* ERR_SYS: the port cannot be had in either family, errno tells. ERR_NOMEM. */
enum err coa_socket_open(struct loop *loop, uint16_t port, coa_datagram_fn fn, void *arg,
    struct coa_socket **out) MUST_USE;
/* Not from its own callback. NULL is fine. */
void coa_socket_close(struct coa_socket *sock);
/* Send back along a path. Losses are the asker's to notice. */
void coa_socket_send(
    const struct coa_socket *sock, const struct coa_path *path, const void *data, size_t len);

#endif
