/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 fragmentation. */
#include "gateway/frag.h"

#include <string.h>

#include "common/be.h"
#include "common/ip.h"

#define IPV4_HEAD 20
#define PIECE_MIN 8 /* offsets count in eights */
#define FLAG_DF 0x40
#define FLAG_MF 0x2000

bool
frag_is_allowed(const uint8_t *pkt, size_t len, size_t mtu, bool ignore_df)
{
	/* Packets with options are rare enough to be refused: which of them to repeat is a science
	 * of its own. */
	return len > IPV4_HEAD && pkt[0] == 0x45 && (ignore_df || (pkt[6] & FLAG_DF) == 0) &&
	       mtu >= IPV4_HEAD + PIECE_MIN;
}

void
frag_init(struct frag *frag, const uint8_t *pkt, size_t len, size_t mtu, uint16_t id)
{
	*frag = (struct frag){.pkt = pkt, .len = len, .mtu = mtu};
	frag->id = (pkt[6] & FLAG_DF) != 0 ? id : (uint16_t)(pkt[4] << 8 | pkt[5]);
}

size_t
frag_next(struct frag *frag, uint8_t *dst)
{
	size_t left = frag->len - IPV4_HEAD - frag->off;
	size_t piece = (frag->mtu - IPV4_HEAD) / PIECE_MIN * PIECE_MIN;
	/* The packet may be a fragment itself: its offset and its "more" stay true. "Don't
	 * fragment" goes. */
	size_t field = (size_t)(frag->pkt[6] & 0x3f) << 8 | frag->pkt[7];

	if (left == 0)
		return 0;
	field += frag->off / PIECE_MIN;
	if (left > frag->mtu - IPV4_HEAD)
		field |= FLAG_MF;
	else
		piece = left;
	memcpy(dst, frag->pkt, IPV4_HEAD);
	memcpy(dst + IPV4_HEAD, frag->pkt + IPV4_HEAD + frag->off, piece);
	be_put16(dst + 2, IPV4_HEAD + piece);
	be_put16(dst + 4, frag->id);
	be_put16(dst + 6, field);
	be_put16(dst + 10, 0);
	be_put16(dst + 10, ip_csum_fold(ip_csum_add(0, dst, IPV4_HEAD)));
	frag->off += piece;
	return IPV4_HEAD + piece;
}
