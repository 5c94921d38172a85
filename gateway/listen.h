/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that need privilege or must outlive a child: opened by the parent. */
#ifndef GATEWAY_LISTEN_H
#define GATEWAY_LISTEN_H

#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "conf/conf.h"

/* A listening TCP socket of a listener, SO_REUSEPORT so that each worker has its own. -1: logged.
 */
int listen_tcp(const struct conf_object *listener) MUST_USE;
/* Its UDP socket for DTLS, with packet information; *fd_out is -1 when dtls-port is 0. ERR_SYS:
 * logged. */
enum err listen_udp(const struct conf_object *listener, int *fd_out) MUST_USE;
/* The UDP port of a listener: dtls-port, or port when that is absent; 0: no DTLS. */
uint16_t listen_dtls_port(const struct conf_object *listener);
/* The control socket: unix, SEQPACKET, mode 0660, owned by the given group. A stale socket is
 * replaced. -1: logged. */
int listen_control(const struct conf_object *control) MUST_USE;

#endif
