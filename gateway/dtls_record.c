/* SPDX-License-Identifier: Apache-2.0 */
/* Heads, sequence numbers and the replay window; the cipher's part is aead.c. */
#include "gateway/dtls_record.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "gateway/aead.h"

#define VERSION 0xfefd /* DTLS 1.2 */
#define SEQ_MAX ((UINT64_C(1) << 48) - 1)
/* Sequence numbers of which is known whether they were used (RFC 6479): a ring of words, one of
 * which is always being cleared. */
#define WINDOW_WORDS 8
#define WINDOW_SIZE ((WINDOW_WORDS - 1) * 64)

struct dtls_record {
	struct aead12 rx, tx;
	size_t nonce_len; /* explicit, in front of the ciphertext */
	uint64_t tx_seq;  /* of the newest record */
	uint64_t rx_top;  /* newest sequence number that was seen */
	uint64_t rx_seen[WINDOW_WORDS];
};

/* ---- heads ---- */

enum err
dtls_head_read(const uint8_t *data, size_t len, struct dtls_head *out)
{
	if (len < DTLS_RECORD_HEAD)
		return ERR_SYNTAX;
	*out = (struct dtls_head){
	    .type = data[0],
	    .version = (uint16_t)aead_get(data + 1, 2),
	    .epoch = (uint16_t)aead_get(data + 3, 2),
	    .seq = aead_get(data + 5, 6),
	    .len = (size_t)aead_get(data + 11, 2),
	};
	return out->len <= len - DTLS_RECORD_HEAD ? ERR_OK : ERR_SYNTAX;
}

/* ---- sequence numbers ---- */

static void
window_start(struct dtls_record *record, uint64_t seq)
{
	memset(record->rx_seen, 0xff, sizeof(record->rx_seen));
	if (seq % 64 < 63)
		record->rx_seen[seq / 64 % WINDOW_WORDS] = (UINT64_C(2) << seq % 64) - 1;
	record->rx_top = seq;
}

static bool
window_is_new(const struct dtls_record *record, uint64_t seq)
{
	if (seq > record->rx_top)
		return true;
	return record->rx_top - seq < WINDOW_SIZE &&
	       (record->rx_seen[seq / 64 % WINDOW_WORDS] >> seq % 64 & 1) == 0;
}

/* The record was authentic. */
static void
window_mark(struct dtls_record *record, uint64_t seq)
{
	uint64_t word = record->rx_top / 64, last = seq / 64;

	if (seq > record->rx_top) {
		if (last - word > WINDOW_WORDS)
			word = last - WINDOW_WORDS;
		while (word < last)
			record->rx_seen[++word % WINDOW_WORDS] = 0;
		record->rx_top = seq;
	}
	record->rx_seen[last % WINDOW_WORDS] |= UINT64_C(1) << seq % 64;
}

/* ---- life ---- */

enum err
dtls_record_new(SSL *ssl, const struct dtls_record_start *start, struct dtls_record **out)
{
	struct dtls_record *record;
	struct aead_suite suite;
	enum err err;

	if (!aead_suite_of(SSL_get_current_cipher(ssl), &suite))
		return ERR_UNSUPPORTED;
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return ERR_NOMEM;
	record->nonce_len = suite.nonce_len;
	record->tx_seq = start->tx_seq;
	window_start(record, start->rx_seq);
	err = aead12_init(ssl, &suite, start->tx_nonce, &record->rx, &record->tx);
	if (err != ERR_OK) {
		ERR_clear_error();
		dtls_record_free(record);
		return err;
	}
	*out = record;
	return ERR_OK;
}

void
dtls_record_free(struct dtls_record *record)
{
	if (record == NULL)
		return;
	aead12_fini(&record->rx);
	aead12_fini(&record->tx);
	free(record);
}

/* ---- records ---- */

/* The epoch is a part of it. */
static uint64_t
full_seq(uint64_t seq)
{
	return (uint64_t)DTLS_RECORD_EPOCH << 48 | seq;
}

enum err
dtls_record_open(struct dtls_record *record, uint8_t *data, const struct dtls_head *head,
    uint8_t **plain, size_t *len)
{
	size_t overhead = record->nonce_len + AEAD_TAG_LEN;
	uint8_t *body = data + DTLS_RECORD_HEAD;

	if (head->epoch != DTLS_RECORD_EPOCH || head->version != VERSION || head->len < overhead ||
	    head->len > DTLS_RECORD_MAX + overhead || !window_is_new(record, head->seq))
		return ERR_CRYPTO;
	if (aead12_run(&record->rx, head->type, VERSION, full_seq(head->seq), body, head->len) <
	    0) {
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	window_mark(record, head->seq);
	*plain = body + record->nonce_len;
	*len = head->len - overhead;
	return ERR_OK;
}

size_t
dtls_record_sealed_len(const struct dtls_record *record, size_t len)
{
	return DTLS_RECORD_HEAD + record->nonce_len + len + AEAD_TAG_LEN;
}

enum err
dtls_record_seal(
    struct dtls_record *record, uint8_t type, const uint8_t *data, size_t len, uint8_t *dst)
{
	size_t body_len = record->nonce_len + len;

	if (len > DTLS_RECORD_MAX)
		return ERR_RANGE;
	if (record->tx_seq >= SEQ_MAX) {
		str_wipe(dst, dtls_record_sealed_len(record, len));
		return ERR_LIMIT;
	}
	record->tx_seq++;
	dst[0] = type;
	aead_put(dst + 1, VERSION, 2);
	aead_put(dst + 3, full_seq(record->tx_seq), 8);
	aead_put(dst + 11, body_len + AEAD_TAG_LEN, 2);
	memcpy(dst + DTLS_RECORD_HEAD + record->nonce_len, data, len);
	if (aead12_run(&record->tx, type, VERSION, full_seq(record->tx_seq), dst + DTLS_RECORD_HEAD,
		body_len + AEAD_TAG_LEN) < 0) {
		str_wipe(dst, dtls_record_sealed_len(record, len));
		ERR_clear_error();
		return ERR_CRYPTO;
	}
	return ERR_OK;
}
