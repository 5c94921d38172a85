/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of packet heads: big-endian, at any address. The caller has checked the length. */
#ifndef COMMON_BE_H
#define COMMON_BE_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t
be_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
be_get32(const uint8_t *p)
{
	return (uint32_t)be_get16(p) << 16 | be_get16(p + 2);
}

/* The low 16 bits of v. */
static inline void
be_put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
be_put32(uint8_t *p, uint32_t v)
{
	be_put16(p, v >> 16);
	be_put16(p + 2, v);
}

#endif
