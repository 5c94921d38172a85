/* SPDX-License-Identifier: Apache-2.0 */
/* The suites, and the choice among them. */
#include "gateway/dtls_offer.h"

#include <string.h>

#include "common/str.h"

#define PSK_WORD "PSK-NEGOTIATE"
#define PSK_PREFIX "PSK-"
#define RECORD_LEN 13
#define MAC_LEN 20 /* SHA-1, the only one of the CBC suites here */
#define TYPE_LEN 1

#define OLD_HEADER "X-DTLS-CipherSuite"
#define NEW_HEADER "X-DTLS12-CipherSuite"

/* Without ECDSA (no client knows it), DES and 3DES. A row of the new header stands before one of
 * the old with the same OpenSSL name: it is preferred. */
static const struct dtls_suite suites[] = {
    {NEW_HEADER, "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", 0},
    {NEW_HEADER, "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", 0},
    {NEW_HEADER, "AES256-GCM-SHA384", "AES256-GCM-SHA384", 0},
    {NEW_HEADER, "AES128-GCM-SHA256", "AES128-GCM-SHA256", 0},
    {NEW_HEADER, "DHE-RSA-AES256-SHA", "DHE-RSA-AES256-SHA", 16},
    {NEW_HEADER, "DHE-RSA-AES128-SHA", "DHE-RSA-AES128-SHA", 16},
    {NEW_HEADER, "AES256-SHA", "AES256-SHA", 16},
    {NEW_HEADER, "AES128-SHA", "AES128-SHA", 16},
    {OLD_HEADER, "OC-DTLS1_2-AES256-GCM", "AES256-GCM-SHA384", 0},
    {OLD_HEADER, "OC-DTLS1_2-AES128-GCM", "AES128-GCM-SHA256", 0},
};

_Static_assert(ARRAY_LEN(suites) <= 32, "a bit for each");

/* The manual has this list, too (dtls-ciphers). */
static const char *const default_names[] = {
    "PSK-AES256-GCM-SHA384",
    "PSK-CHACHA20-POLY1305",
    "PSK-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "AES128-GCM-SHA256",
};

void
dtls_offer_read(const struct http_request *request, struct dtls_offer *out)
{
	const char *old = http_header(request, OLD_HEADER);
	const char *new = http_header(request, NEW_HEADER);
	const char *master = http_header(request, "X-DTLS-Master-Secret");

	*out = (struct dtls_offer){0};
	out->any = (old != NULL && *old != '\0') || (new != NULL &&*new != '\0');
	out->psk = http_list_has(old, ':', PSK_WORD);
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (http_list_has(
			strcmp(suites[i].header, OLD_HEADER) == 0 ? old : new, ':', suites[i].word))
			out->suites |= UINT32_C(1) << i;
	out->has_master =
	    master != NULL && str_unhex(master, out->master, sizeof(out->master)) == ERR_OK;
	if (!out->has_master)
		str_wipe(out->master, sizeof(out->master));
}

/* The i-th name of the administrator's list, or of the default; NULL behind the last. */
static const char *
name_at(char *const *names, size_t len, size_t i)
{
	if (len == 0)
		return i < ARRAY_LEN(default_names) ? default_names[i] : NULL;
	return i < len ? names[i] : NULL;
}

/* The pre-shared key's suites of the list, as OpenSSL wants them. False: there are none. */
static bool
psk_ciphers(char *const *names, size_t len, char dst[DTLS_CIPHERS_MAX])
{
	const char *name;
	size_t at = 0;

	for (size_t i = 0; (name = name_at(names, len, i)) != NULL; i++) {
		if (strncmp(name, PSK_PREFIX, strlen(PSK_PREFIX)) != 0)
			continue;
		if (at > 0 && at + 1 < DTLS_CIPHERS_MAX)
			dst[at++] = ':';
		if (str_copy(dst + at, DTLS_CIPHERS_MAX - at, name) != ERR_OK)
			break;
		at += strlen(name);
	}
	dst[at] = '\0';
	return at > 0;
}

static const struct dtls_suite *
offered(const struct dtls_offer *offer, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if ((offer->suites & UINT32_C(1) << i) != 0 && strcmp(suites[i].name, name) == 0)
			return &suites[i];
	return NULL;
}

enum err
dtls_offer_choose(const struct dtls_offer *offer, char *const *names, size_t len,
    struct dtls_terms *terms, const struct dtls_suite **suite)
{
	const char *name;

	*suite = NULL;
	*terms = (struct dtls_terms){.mode = DTLS_NONE};
	if (offer->psk && psk_ciphers(names, len, terms->ciphers)) {
		terms->mode = DTLS_PSK;
		return ERR_OK;
	}
	for (size_t i = 0; offer->has_master && (name = name_at(names, len, i)) != NULL; i++) {
		*suite = offered(offer, name);
		if (*suite == NULL)
			continue;
		terms->mode = DTLS_RESUMED;
		memcpy(terms->secret, offer->master, DTLS_MASTER_LEN);
		return str_copy(terms->ciphers, sizeof(terms->ciphers), name);
	}
	return ERR_NOTFOUND;
}

const char *
dtls_offer_lack(const struct dtls_offer *offer)
{
	if (offer->suites == 0 && !offer->psk)
		return "the client knows only DTLS 0.9 or suites that are not served";
	if (!offer->psk && !offer->has_master)
		return "the client sent no usable master secret";
	return "dtls-ciphers has no suite that the client knows";
}

/* The larger of what MAC-then-encrypt and encrypt-then-MAC leave is not promised: which of them is
 * used shows only in the handshake. */
static unsigned
block_mtu(unsigned block, unsigned room)
{
	unsigned mte = room - block, etm = room - block - MAC_LEN;

	mte = mte - mte % block - MAC_LEN;
	etm = etm - etm % block;
	return (mte < etm ? mte : etm) - 1; /* one byte of padding at least */
}

unsigned
dtls_offer_mtu(const struct dtls_suite *suite, unsigned udp_len)
{
	if (suite == NULL || suite->block == 0)
		return udp_len - DTLS_OVERHEAD - TYPE_LEN;
	return block_mtu(suite->block, udp_len - RECORD_LEN) - TYPE_LEN;
}
