/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel can do for many packets in one call, and what of it is wanted. A machine whose
 * kernel or driver lacks one works without it, and disable-offload (gateway.conf) takes one away
 * that does not do as it should.
 */
#ifndef GATEWAY_OFFLOAD_H
#define GATEWAY_OFFLOAD_H

#include "conf/conf.h"

/* A set of them is an unsigned. */
enum offload {
	OFFLOAD_TSO = 1,     /* runs of TCP segments through tun, both ways */
	OFFLOAD_USO = 2,     /* runs of UDP datagrams through tun, both ways (Linux 6.2) */
	OFFLOAD_UDP_GSO = 4, /* runs of DTLS datagrams to a client (UDP_SEGMENT, Linux 4.18) */
	OFFLOAD_UDP_GRO = 8, /* the same from a client (Linux 5.0) */
	OFFLOAD_ALL = 15
};

/* All but those that disable-offload names. */
unsigned offload_wanted(const struct conf *conf);
/* One line about those that were found, and why others are not used. */
void offload_log(unsigned wanted, unsigned found);

#endif
