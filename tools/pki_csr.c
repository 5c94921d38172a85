/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-pki csr: a new key, and the request for its certificate. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/pki_parts.h"

/* A key is never overwritten: the one in use would be lost, or one that a CA is just answering. */
static enum err
check_free(const struct pki_order *order, const struct pki_place *place, struct buf *why)
{
	if (order->renew && pki_place_has(place, PKI_SUFFIX_KEY_NEW))
		return pki_say(why, ERR_EXISTS,
		    "%s/%s.key.new is there: a request that waits for its answer; import that, or "
		    "remove the file",
		    place->dir, place->trustpoint);
	if (!order->renew && pki_place_has(place, PKI_SUFFIX_KEY))
		return pki_say(why, ERR_EXISTS,
		    "%s/%s.key is there; --renew makes the next one beside it", place->dir,
		    place->trustpoint);
	return ERR_OK;
}

static enum err
store(const struct pki_order *order, const struct pki_place *place, const EVP_PKEY *key,
    const struct buf *request, struct buf *why)
{
	const char *suffix = order->renew ? PKI_SUFFIX_KEY_NEW : PKI_SUFFIX_KEY;
	struct buf text;
	enum err err = pki_private_write(key, &text, why);

	if (err == ERR_OK)
		err = pki_place_make(place, suffix, &text, 0600, why);
	buf_wipe(&text);
	if (err != ERR_OK)
		return err;
	if (order->output != NULL)
		err = pki_place_make_path(order->output, request, 0644, why);
	else if (fwrite(request->data, 1, request->len, stdout) != request->len ||
		 fflush(stdout) != 0)
		err = pki_say(why, ERR_SYS, "standard output: %s", strerror(errno));
	if (err != ERR_OK)
		pki_place_remove(place, suffix); /* nobody knows of it yet */
	return err;
}

enum err
pki_csr(const struct pki_order *order, struct buf *notes, struct buf *why)
{
	struct pki_place place;
	struct buf request;
	EVP_PKEY *key = NULL;
	enum err err = pki_place_open(&place, order->dir, order->trustpoint, why);

	buf_init(&request, PKI_FILE_MAX);
	if (err == ERR_OK)
		err = check_free(order, &place, why);
	if (err == ERR_OK)
		err = pki_private_make(order->key, &key, why);
	if (err == ERR_OK)
		err = pki_request_make(order, key, &request, why);
	if (err == ERR_OK)
		err = store(order, &place, key, &request, why);
	if (err == ERR_OK)
		(void)pki_say(notes, ERR_OK,
		    "the key is %s/%s%s; bring the CA's answer with \"sekisho-pki import %s "
		    "ANSWER\"",
		    order->dir, order->trustpoint,
		    order->renew ? PKI_SUFFIX_KEY_NEW : PKI_SUFFIX_KEY, order->trustpoint);
	EVP_PKEY_free(key);
	buf_fini(&request);
	pki_place_close(&place);
	return err;
}
