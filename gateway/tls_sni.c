/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted array: it is searched in each handshake, and changes only when pki tells new identities.
 */
#include "gateway/tls_sni.h"

#include <ctype.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char *name; /* lower case */
	SSL_CTX *ctx;
};

struct tls_sni {
	struct entry *entries;
	size_t len;
};

struct tls_sni *
tls_sni_new(void)
{
	return calloc(1, sizeof(struct tls_sni));
}

void
tls_sni_free(struct tls_sni *sni)
{
	if (sni == NULL)
		return;
	for (size_t i = 0; i < sni->len; i++) {
		free(sni->entries[i].name);
		SSL_CTX_free(sni->entries[i].ctx);
	}
	free(sni->entries);
	free(sni);
}

/* In lower case, without the dot that a full name may end in. False: too long. */
static bool
fold(const char *name, char out[TLS_SNI_NAME_MAX + 1])
{
	size_t len = strnlen(name, TLS_SNI_NAME_MAX + 1);

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > TLS_SNI_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = (char)tolower((unsigned char)name[i]);
	out[len] = '\0';
	return true;
}

/* Where a folded name is, or would be. True: it is there. */
static bool
search(const struct tls_sni *sni, const char *name, size_t *at)
{
	size_t low = 0, high = sni->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, sni->entries[middle].name);

		if (order == 0) {
			*at = middle;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*at = low;
	return false;
}

SSL_CTX *
tls_sni_get(const struct tls_sni *sni, const char *domain)
{
	char name[TLS_SNI_NAME_MAX + 1];
	size_t at;

	return fold(domain, name) && search(sni, name, &at) ? sni->entries[at].ctx : NULL;
}

enum err
tls_sni_add(struct tls_sni *sni, const char *domain, SSL_CTX *ctx)
{
	char name[TLS_SNI_NAME_MAX + 1];
	struct entry *entries;
	struct entry entry = {.ctx = ctx};
	size_t at;

	if (!fold(domain, name))
		return ERR_RANGE;
	if (search(sni, name, &at))
		return ERR_EXISTS;
	entries = realloc(sni->entries, (sni->len + 1) * sizeof(*entries));
	if (entries == NULL)
		return ERR_NOMEM;
	sni->entries = entries;
	entry.name = strdup(name);
	if (entry.name == NULL)
		return ERR_NOMEM;
	memmove(entries + at + 1, entries + at, (sni->len - at) * sizeof(*entries));
	entries[at] = entry;
	sni->len++;
	return ERR_OK;
}

SSL_CTX *
tls_sni_find(const struct tls_sni *sni, const char *client_name)
{
	char name[TLS_SNI_NAME_MAX + 1];
	const char *rest;
	size_t at;

	/* What is "*" here would be a client that asks for a wildcard: there is no such host. */
	if (sni->len == 0 || !fold(client_name, name) || name[0] == '*')
		return NULL;
	if (search(sni, name, &at))
		return sni->entries[at].ctx;
	rest = strchr(name, '.');
	if (rest == NULL || rest == name)
		return NULL;
	name[rest - name - 1] = '*';
	return search(sni, rest - 1, &at) ? sni->entries[at].ctx : NULL;
}
