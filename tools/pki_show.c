/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-pki show: the certificates of the trustpoints, from the files that pki.conf names, in the
 * layout of the ASA's "show crypto ca certificates" (asa.md 4).
 */
#include <stdlib.h>
#include <string.h>

#include "common/cert_text.h"
#include "tools/pki_parts.h"

#define SHOWN_MAX 4096

/* A certificate, once, with all trustpoints that have it. */
struct shown {
	X509 *cert;
	bool is_identity;
	struct buf trustpoints;
};

struct show {
	struct shown *list;
	size_t len;
	struct buf *why;
	bool incomplete;
};

/* ---- collecting ---- */

static struct shown *
find(struct show *show, const X509 *cert, bool is_identity)
{
	for (size_t i = 0; i < show->len; i++)
		if (show->list[i].is_identity == is_identity &&
		    X509_cmp(show->list[i].cert, cert) == 0)
			return &show->list[i];
	return NULL;
}

static void
add(struct show *show, X509 *cert, bool is_identity, const char *trustpoint)
{
	struct shown *shown = find(show, cert, is_identity);

	if (shown == NULL) {
		if (show->len == SHOWN_MAX) {
			show->incomplete = true;
			return;
		}
		shown = &show->list[show->len++];
		*shown = (struct shown){.cert = cert, .is_identity = is_identity};
		X509_up_ref(cert);
		buf_init(&shown->trustpoints, PKI_TEXT_MAX);
	}
	/* A file may have a certificate twice. */
	size_t len = strlen(trustpoint), have = shown->trustpoints.len;
	const char *text = buf_cstr(&shown->trustpoints);
	if (have < len || strcmp(text + have - len, trustpoint) != 0 ||
	    (have > len && text[have - len - 1] != ' '))
		buf_printf(&shown->trustpoints, " %s", trustpoint);
}

static void
add_file(struct show *show, const char *path, bool has_identity, const char *trustpoint)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	struct buf data;

	if (path[0] == '\0') {
		sk_X509_free(list);
		return;
	}
	enum err err = list == NULL ? pki_say(show->why, ERR_NOMEM, "out of memory") : ERR_OK;
	buf_init(&data, 0);
	if (err == ERR_OK)
		err = pki_place_read_path(path, &data, show->why);
	if (err == ERR_OK)
		err = pki_answer_read(&data, path, list, show->why);
	for (int i = 0; err == ERR_OK && i < sk_X509_num(list); i++)
		add(show, sk_X509_value(list, i), has_identity && i == 0, trustpoint);
	show->incomplete = show->incomplete || err != ERR_OK;
	buf_wipe(&data);
	sk_X509_pop_free(list, X509_free);
}

/* ---- printing ---- */

static void
put_certificate(struct show *show, const struct shown *shown, struct buf *out)
{
	struct buf trustpoints = shown->trustpoints; /* a view */
	size_t before = out->len;
	enum err err;

	buf_puts(out, before > 0 ? "\n" : "");
	/* They begin with a blank. */
	err = cert_text_write(
	    out, shown->cert, shown->is_identity, buf_cstr(&trustpoints) + (trustpoints.len > 0));
	if (err == ERR_OK || out->err != ERR_OK)
		return;
	out->len = before;
	(void)pki_say(show->why, err, "a certificate of%s has names that are no text: %s",
	    buf_cstr(&trustpoints), err_str(err));
	show->incomplete = true;
}

static void
collect(struct show *show, const struct pki_order *order, const struct pki_listed *list, size_t len)
{
	bool found = order->trustpoint == NULL;

	for (size_t i = 0; i < len; i++) {
		if (order->trustpoint != NULL && strcmp(order->trustpoint, list[i].name) != 0)
			continue;
		found = true;
		add_file(show, list[i].certificate, true, list[i].name);
		add_file(show, list[i].ca_certificate, false, list[i].name);
	}
	if (!found) {
		(void)pki_say(show->why, ERR_NOTFOUND, "%s/pki.conf has no trustpoint \"%s\"",
		    order->dir, order->trustpoint);
		show->incomplete = true;
	}
}

enum err
pki_show(const struct pki_order *order, struct buf *out, struct buf *why)
{
	struct show show = {.list = calloc(SHOWN_MAX, sizeof(struct shown)), .why = why};
	struct pki_listed *list = NULL;
	size_t len = 0;
	enum err err = show.list != NULL ? pki_listed_read(order->dir, &list, &len, why)
					 : pki_say(why, ERR_NOMEM, "out of memory");

	if (err == ERR_OK)
		collect(&show, order, list, len);
	for (size_t i = 0; i < show.len; i++) {
		put_certificate(&show, &show.list[i], out);
		X509_free(show.list[i].cert);
		buf_fini(&show.list[i].trustpoints);
	}
	free(show.list);
	free(list);
	if (err == ERR_OK && out->err != ERR_OK)
		err = pki_say(why, out->err, "%s", err_str(out->err));
	return err == ERR_OK && show.incomplete ? ERR_NOTFOUND : err;
}
