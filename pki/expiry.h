/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings ahead of time: the log tells of every certificate of pki.conf that ends soon, at 60 days
 * and daily from 30 days on (the ASA's 717054), and of those that have ended (717055).
 */
#ifndef PKI_EXPIRY_H
#define PKI_EXPIRY_H

#include <stdbool.h>
#include <time.h>

#include "common/attr.h"
#include "common/ipc.pb-c.h"
#include "common/loop.h"
#include "conf/conf.h"

#define EXPIRY_FIRST_DAYS 60
#define EXPIRY_DAILY_DAYS 30

enum expiry_news {
	EXPIRY_NOTHING, /* far away, or said already */
	EXPIRY_SOON,
	EXPIRY_OVER,
};

struct expiry;

/*
 * What is to be said at `now` of a certificate that ends at not_after, when the look before was at
 * `before` (0: this is the first, and within 60 days there is always something to say). *days:
 * whole days left, for EXPIRY_SOON. Pure.
 */
enum expiry_news expiry_judge(time_t not_after, time_t now, time_t before, unsigned *days);

/* NULL: memory. */
struct expiry *expiry_new(struct loop *loop) MUST_USE;
void expiry_free(struct expiry *expiry);
/*
 * Fill in when the certificates end, as they were last looked at: for each trustpoint the first of
 * its own and the first of its CAs'. Borrowed until the next look.
 */
void expiry_report(const struct expiry *expiry, Ipc__MetricsReport *report);
/* Look at the certificates of this configuration, now and once a day. Keeps a reference. */
void expiry_watch(struct expiry *expiry, struct conf *conf);

#endif
