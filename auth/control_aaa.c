/* SPDX-License-Identifier: Apache-2.0 */
/* One listing of "show aaa-server": what is asked for, and where it stands. */
#include "auth/control_aaa.h"

#include <stdlib.h>
#include <string.h>

struct control_aaa {
	const struct local *local;
	const struct radius_client *radius;
	char *server_group; /* "": all */
	struct ip_addr server;
	bool bad_address;
	size_t at; /* 0: LOCAL; then the servers, from 1 */
	size_t found;
};

struct control_aaa *
control_aaa_new(
    const Ipc__CtlAaaServer *request, const struct local *local, const struct radius_client *radius)
{
	struct control_aaa *aaa = calloc(1, sizeof(*aaa));

	if (aaa == NULL)
		return NULL;
	aaa->local = local;
	aaa->radius = radius;
	aaa->bad_address =
	    request->server.len > 0 &&
	    ip_from_bytes(request->server.data, request->server.len, &aaa->server) != ERR_OK;
	aaa->server_group = strdup(request->server_group);
	if (aaa->server_group == NULL) {
		free(aaa);
		return NULL;
	}
	return aaa;
}

void
control_aaa_free(struct control_aaa *aaa)
{
	if (aaa == NULL)
		return;
	free(aaa->server_group);
	free(aaa);
}

/* False: it is behind the last one. */
static bool
get(const struct control_aaa *aaa, Ipc__CtlAaaHost *out)
{
	ipc__ctl_aaa_host__init(out);
	if (aaa->at > 0)
		return aaa->radius != NULL && radius_client_listing(aaa->radius, aaa->at - 1, out);
	if (aaa->local != NULL)
		local_listing(aaa->local, out);
	return true;
}

static bool
is_meant(const struct control_aaa *aaa, const Ipc__CtlAaaHost *host)
{
	if (host->server_group[0] == '\0' || aaa->bad_address)
		return false;
	if (aaa->server_group[0] != '\0' && strcmp(aaa->server_group, host->server_group) != 0)
		return false;
	return aaa->server.family == 0 ||
	       (host->server.len == ip_len(&aaa->server) &&
		   memcmp(host->server.data, aaa->server.bytes, host->server.len) == 0);
}

enum err
control_aaa_next(struct control_aaa *aaa, Ipc__CtlAaaHost *out)
{
	while (get(aaa, out)) {
		if (is_meant(aaa, out))
			return ERR_OK;
		aaa->at++;
	}
	return ERR_NOTFOUND;
}

void
control_aaa_sent(struct control_aaa *aaa)
{
	aaa->at++;
	aaa->found++;
}

const char *
control_aaa_error(const struct control_aaa *aaa)
{
	if (aaa->found > 0 || (aaa->server_group[0] == '\0' && aaa->server.family == 0))
		return NULL;
	return aaa->server.family == 0 ? "there is no aaa-server group of that name with a server"
				       : "there is no such server in that aaa-server group";
}
