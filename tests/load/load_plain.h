/* SPDX-License-Identifier: Apache-2.0 */
/* The modes of the network behind the gateway: count UDP packets, send UDP packets. No VPN here. */
#ifndef TESTS_LOAD_PLAIN_H
#define TESTS_LOAD_PLAIN_H

#include "tests/load/load_options.h"

/* Count datagrams at the target until SIGTERM; SIGUSR1 prints the counts so far. */
int load_plain_sink(const struct load_options *opt);
/* Send to the addresses of a file in turn. */
int load_plain_blast(const struct load_options *opt);

#endif
