/* SPDX-License-Identifier: Apache-2.0 */
/* A small array; the names are few. */
#include "conf/texts.h"

#include <stdlib.h>
#include <string.h>

const struct text *
texts_find(const struct texts *texts, enum texts_type type, const char *name)
{
	for (size_t i = 0; i < texts->len; i++)
		if (texts->items[i].type == type && strcmp(texts->items[i].name, name) == 0)
			return &texts->items[i];
	return NULL;
}

enum err
texts_add(struct texts *texts, enum texts_type type, const char *name, const void *data, size_t len)
{
	struct text text = {.type = type};

	if (len > TEXTS_FILE_MAX || texts->len >= TEXTS_COUNT_MAX)
		return ERR_LIMIT;
	if (texts_find(texts, type, name) != NULL)
		return ERR_EXISTS;
	struct text *items = realloc(texts->items, (texts->len + 1) * sizeof(*items));
	if (items == NULL)
		return ERR_NOMEM;
	texts->items = items;
	buf_init(&text.data, TEXTS_FILE_MAX);
	buf_put(&text.data, data, len);
	(void)buf_cstr(&text.data); /* a NUL behind it, for those who look at a PEM text */
	text.name = strdup(name);
	if (text.data.err != ERR_OK || text.name == NULL) {
		buf_wipe(&text.data);
		free(text.name);
		return ERR_NOMEM;
	}
	items[texts->len++] = text;
	return ERR_OK;
}

void
texts_fini(struct texts *texts)
{
	for (size_t i = 0; i < texts->len; i++) {
		buf_wipe(&texts->items[i].data);
		free(texts->items[i].name);
	}
	free(texts->items);
	*texts = (struct texts){0};
}
