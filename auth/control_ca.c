/* SPDX-License-Identifier: Apache-2.0 */
/* One listing of "show crypto ca": what is asked, the page at hand, and where it stands. */
#include "auth/control_ca.h"

#include <stdlib.h>
#include <string.h>

struct control_ca {
	Ipc__CaKind kind;
	char *trustpoint;
	Ipc__CaListReply *page; /* NULL: none yet */
	uint32_t before;        /* entries of the pages before */
	size_t next;            /* of the page */
};

struct control_ca *
control_ca_new(const Ipc__CtlCa *request)
{
	struct control_ca *ca = calloc(1, sizeof(*ca));

	if (ca == NULL)
		return NULL;
	ca->kind = request->kind;
	ca->trustpoint = strdup(request->trustpoint);
	if (ca->trustpoint == NULL) {
		free(ca);
		return NULL;
	}
	return ca;
}

static void
page_free(struct control_ca *ca)
{
	if (ca->page != NULL)
		ipc__ca_list_reply__free_unpacked(ca->page, NULL);
	ca->page = NULL;
}

void
control_ca_free(struct control_ca *ca)
{
	if (ca == NULL)
		return;
	page_free(ca);
	free(ca->trustpoint);
	free(ca);
}

enum err
control_ca_ask(struct control_ca *ca, control_ca_ask_fn ask, control_ca_fn fn, void *arg, void *ctx)
{
	Ipc__CaList msg = IPC__CA_LIST__INIT;

	if (ask == NULL)
		return ERR_UNSUPPORTED;
	if (ca->page != NULL)
		ca->before += (uint32_t)ca->page->n_entry;
	page_free(ca);
	msg.kind = ca->kind;
	msg.trustpoint = ca->trustpoint;
	msg.offset = ca->before;
	return ask(&msg, fn, arg, ctx);
}

enum err
control_ca_take(struct control_ca *ca, const Ipc__CaListReply *page)
{
	size_t len;
	uint8_t *bytes;

	if (page == NULL)
		return ERR_CLOSED;
	/* More of nothing would have no end. */
	if (page->more && page->n_entry == 0)
		return ERR_SYNTAX;
	len = ipc__ca_list_reply__get_packed_size(page);
	bytes = malloc(len + 1);
	if (bytes == NULL)
		return ERR_NOMEM;
	ipc__ca_list_reply__pack(page, bytes);
	page_free(ca);
	ca->page = ipc__ca_list_reply__unpack(NULL, len, bytes);
	free(bytes);
	ca->next = 0;
	if (ca->page == NULL)
		return ERR_NOMEM;
	return ca->page->error[0] != '\0' ? ERR_DENIED : ERR_OK;
}

const char *
control_ca_error(const struct control_ca *ca)
{
	return ca->page != NULL ? ca->page->error : "";
}

enum err
control_ca_next(const struct control_ca *ca, Ipc__CtlCaEntry *out)
{
	if (ca->page == NULL)
		return ERR_AGAIN;
	if (ca->next == ca->page->n_entry)
		return ca->page->more ? ERR_AGAIN : ERR_NOTFOUND;
	ipc__ctl_ca_entry__init(out);
	out->text = ca->page->entry[ca->next];
	return ERR_OK;
}

void
control_ca_sent(struct control_ca *ca)
{
	ca->next++;
}
