/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the kernel, replaceable in tests (style P17). */
#ifndef COMMON_RND_H
#define COMMON_RND_H

#include <stddef.h>
#include <stdint.h>

/* Fill dst with unpredictable bytes. Never fails: the process ends if the kernel gives none. */
void rnd_fill(void *dst, size_t len);
uint64_t rnd_u64(void);
/* Tests: replace the source; NULL restores the kernel's. */
void rnd_set_source(void (*fill)(void *dst, size_t len));

#endif
