/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes from getrandom(2). There is no fallback: a gateway that hands out guessable tokens
 * is worse than one that does not run.
 */
#include "common/rnd.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/log.h"

static void (*source)(void *dst, size_t len);

void
rnd_fill(void *dst, size_t len)
{
	uint8_t *p = dst;

	if (source != NULL) {
		source(dst, len);
		return;
	}
	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_err("getrandom: %m: no random bytes, giving up");
			abort();
		}
		p += n;
		len -= (size_t)n;
	}
}

uint64_t
rnd_u64(void)
{
	uint64_t v;

	rnd_fill(&v, sizeof(v));
	return v;
}

void
rnd_set_source(void (*fill)(void *dst, size_t len))
{
	source = fill;
}
