/* SPDX-License-Identifier: Apache-2.0 */
/* A list: it is looked through for strangers only, and only where the gateway hides. */
#include "gateway/doors.h"

#include <stdlib.h>
#include <string.h>

struct doors {
	char **urls;
	size_t len;
};

static void
clear(struct doors *doors)
{
	for (size_t i = 0; i < doors->len; i++)
		free(doors->urls[i]);
	free(doors->urls);
	doors->urls = NULL;
	doors->len = 0;
}

enum err
doors_take(struct doors *doors, const Ipc__Doors *msg)
{
	char **grown;

	if (msg->anew)
		clear(doors);
	if (msg->n_url == 0)
		return ERR_OK;
	if (doors->len + msg->n_url > DOORS_MAX)
		return ERR_LIMIT;
	grown = reallocarray(doors->urls, doors->len + msg->n_url, sizeof(*grown));
	if (grown == NULL)
		return ERR_NOMEM;
	doors->urls = grown;
	for (size_t i = 0; i < msg->n_url; i++) {
		if (strlen(msg->url[i]) > DOORS_URL_MAX)
			return ERR_RANGE;
		doors->urls[doors->len] = strdup(msg->url[i]);
		if (doors->urls[doors->len] == NULL)
			return ERR_NOMEM;
		doors->len++;
	}
	return ERR_OK;
}

bool
doors_fit(const struct doors *doors, const struct resolve_input *input)
{
	for (size_t i = 0; doors != NULL && i < doors->len; i++)
		if (resolve_url_fits(doors->urls[i], input))
			return true;
	return false;
}

bool
doors_have_name(const struct doors *doors, const char *name)
{
	for (size_t i = 0; doors != NULL && i < doors->len; i++)
		if (resolve_url_is_host(doors->urls[i], name))
			return true;
	return false;
}

struct doors *
doors_new(void)
{
	return calloc(1, sizeof(struct doors));
}

void
doors_free(struct doors *doors)
{
	if (doors == NULL)
		return;
	clear(doors);
	free(doors);
}
