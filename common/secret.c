/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and passwords in pages of their own: kept out of swap and core files where the kernel lets
 * us, wiped before they go back. Pages, because mlock and madvise know nothing smaller, and
 * unlocking one would unlock its neighbours.
 */
#include "common/secret.h"

#include <string.h>
#include <sys/mman.h>

#include "common/str.h"

struct secret {
	size_t len;
	uint8_t bytes[];
};

static size_t
map_size(size_t len)
{
	return sizeof(struct secret) + len + 1;
}

struct secret *
secret_new(const void *data, size_t len)
{
	struct secret *secret;
	void *map;

	if (len > SIZE_MAX / 2)
		return NULL;
	map = mmap(NULL, map_size(len), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	/* Best effort: an unprivileged process may be over its limit. */
	(void)mlock(map, map_size(len));
	(void)madvise(map, map_size(len), MADV_DONTDUMP);
	secret = map;
	secret->len = len;
	if (len > 0)
		memcpy(secret->bytes, data, len);
	secret->bytes[len] = '\0';
	return secret;
}

void
secret_free(struct secret *secret)
{
	size_t size;

	if (secret == NULL)
		return;
	size = map_size(secret->len);
	str_wipe(secret, size);
	munmap(secret, size);
}

const uint8_t *
secret_data(const struct secret *secret)
{
	return secret->bytes;
}

size_t
secret_len(const struct secret *secret)
{
	return secret->len;
}

const char *
secret_cstr(const struct secret *secret)
{
	return (const char *)secret->bytes;
}
