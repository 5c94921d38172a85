/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/tls_sni.c: what it finds for a name that a client sent must be what a slow and
 * simple search finds. The bytes are lines: names to add, and the last one is asked for.
 */
/* For coverage.sh: gateway/tls_sni.c */
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/tls_sni.h"

#define NAMES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The length without the dot at the end of a full name. */
static size_t
len_of(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

static bool
is_same(const char *a, const char *b)
{
	return len_of(a) == len_of(b) && strncasecmp(a, b, len_of(a)) == 0;
}

/* The added name that is right for the one that is asked for; NULL: none. */
static const char *
expected(char *const *names, size_t len, const char *asked)
{
	const char *rest = strchr(asked, '.');

	if (asked[0] == '*' || len_of(asked) == 0 || len_of(asked) > TLS_SNI_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (is_same(names[i], asked))
			return names[i];
	for (size_t i = 0; i < len && rest != NULL && rest != asked; i++)
		if (names[i][0] == '*' && len_of(rest) > 0 && rest < asked + len_of(asked) &&
		    is_same(names[i] + 1, rest))
			return names[i];
	return NULL;
}

/* Contexts are slow to make: each is made once, and each of a table's is another. */
static SSL_CTX *
context(size_t at)
{
	static SSL_CTX *pool[NAMES_MAX];

	if (pool[at] == NULL)
		pool[at] = SSL_CTX_new(TLS_server_method());
	if (pool[at] == NULL || SSL_CTX_up_ref(pool[at]) != 1)
		abort();
	return pool[at];
}

static void
check(struct tls_sni *sni, char *text)
{
	char *names[NAMES_MAX], *line, *save = NULL, *asked = NULL;
	size_t len = 0;

	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		if (asked != NULL && len < NAMES_MAX && tls_sni_get(sni, asked) == NULL) {
			SSL_CTX *ctx = context(len);

			if (tls_sni_add(sni, asked, ctx) == ERR_OK)
				names[len++] = asked;
			else
				SSL_CTX_free(ctx);
		}
		asked = line;
	}
	if (asked == NULL)
		return;
	const char *right = expected(names, len, asked);
	if (tls_sni_find(sni, asked) != (right != NULL ? tls_sni_get(sni, right) : NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_sni *sni = tls_sni_new();
	char *text = strndup((const char *)data, size);

	if (sni != NULL && text != NULL)
		check(sni, text);
	free(text);
	tls_sni_free(sni);
	return 0;
}
