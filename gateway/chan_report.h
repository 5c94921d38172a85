/* SPDX-License-Identifier: Apache-2.0 */
/* What auth hears of a channel: tunnels that come and go, counters, the end. While auth is away
 * nothing is kept for it. */
#ifndef GATEWAY_CHAN_REPORT_H
#define GATEWAY_CHAN_REPORT_H

#include "gateway/chan.h"

/* A leg came up or went down. */
void chan_report_tunnel(const struct chan *chan, Ipc__Channel channel, bool up, const char *reason);
/* The channel is over; with its final counters. */
void chan_report_closed(const struct chan *chan, Ipc__CloseCause cause, const char *text);

/* Counters as a message. The parts belong to it, in one block. */
struct chan_stats {
	Ipc__SessionStats stats;
	Ipc__ChannelStats tls;
	Ipc__ChannelStats dtls;
};
void chan_stats_fill(const struct chan *chan, struct chan_stats *out);

#endif
