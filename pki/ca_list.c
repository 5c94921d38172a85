/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every page is made anew from the configuration, so that nothing is kept for a caller who may be
 * gone. A reload between two pages may show a certificate twice or not at all: it is a list for
 * people.
 */
#include "pki/ca_list.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/cert.h"
#include "common/cert_text.h"
#include "common/log.h"
#include "common/str.h"
#include "pki/crl.h"
#include "pki/trust.h"

#define URL_TEXT_SIZE 2048

/* ---- one page ---- */

struct page {
	struct ca_list *list;
	size_t bytes;
	uint32_t skip; /* entries that came with pages before */
};

/* May this entry be written? It is not when it was there before, or the page is full. */
static bool
page_wants(struct page *page)
{
	if (page->skip > 0) {
		page->skip--;
		return false;
	}
	if (page->list->msg.n_entry == CA_LIST_PAGE_ENTRIES || page->bytes >= CA_LIST_PAGE_BYTES)
		page->list->msg.more = true;
	return !page->list->msg.more;
}

static void
page_add(struct page *page, const char *text)
{
	Ipc__CaListReply *msg = &page->list->msg;

	page->list->entries[msg->n_entry] = strdup(text);
	if (page->list->entries[msg->n_entry] == NULL)
		return;
	page->bytes += strlen(text);
	msg->n_entry++;
}

/* ---- certificates ---- */

/* A certificate, once, with all trustpoints that have it. */
struct shown {
	X509 *cert;
	bool is_identity;
	bool wanted;            /* one of its trustpoints is to be shown */
	struct buf trustpoints; /* with a blank between */
};

struct gathered {
	struct shown *list;
	size_t len;
	const char *trustpoint;
	bool wanted;      /* this one is to be shown */
	bool is_identity; /* the next one is a trustpoint's own */
};

static struct shown *
shown_find(const struct gathered *all, const X509 *cert, bool is_identity)
{
	for (size_t i = 0; i < all->len; i++)
		if (all->list[i].is_identity == is_identity &&
		    X509_cmp(all->list[i].cert, cert) == 0)
			return &all->list[i];
	return NULL;
}

static enum err
shown_add(struct gathered *all, X509 *cert, bool is_identity, struct shown **out)
{
	struct shown *list = reallocarray(all->list, all->len + 1, sizeof list[0]);

	if (list == NULL)
		return ERR_NOMEM;
	all->list = list;
	if (X509_up_ref(cert) != 1)
		return ERR_NOMEM;
	list[all->len] = (struct shown){.cert = cert, .is_identity = is_identity};
	buf_init(&list[all->len].trustpoints, CA_LIST_ENTRY_BYTES / 2);
	*out = &list[all->len++];
	return ERR_OK;
}

/* A trust_add_fn. */
static enum err
gather(X509 *cert, void *arg)
{
	struct gathered *all = arg;
	bool is_identity = all->is_identity;
	struct shown *shown = shown_find(all, cert, is_identity);
	size_t name_len = strlen(all->trustpoint);

	all->is_identity = false;
	if (shown == NULL) {
		enum err err = shown_add(all, cert, is_identity, &shown);

		if (err != ERR_OK)
			return err;
	}
	shown->wanted = shown->wanted || all->wanted;
	/* A file may have a certificate twice. */
	size_t len = shown->trustpoints.len;
	const char *text = buf_cstr(&shown->trustpoints);
	if (len < name_len || strcmp(text + len - name_len, all->trustpoint) != 0 ||
	    (len > name_len && text[len - name_len - 1] != ' '))
		buf_printf(&shown->trustpoints, "%s%s", len > 0 ? " " : "", all->trustpoint);
	return ERR_OK;
}

static void
gather_file(struct gathered *all, const struct conf *conf, const struct conf_object *trustpoint,
    unsigned setting)
{
	const char *path = conf_str(trustpoint, setting);
	const char *pem;
	size_t len;

	pem = path != NULL ? conf_file_content(conf, path, &len) : NULL;
	if (pem == NULL)
		return;
	all->trustpoint = conf_str(trustpoint, TP_NAME);
	all->is_identity = setting == TP_CERTIFICATE;
	/* The files were checked when the configuration was taken; memory may be out. */
	if (trust_each(pem, len, gather, all) != ERR_OK)
		log_warn("show crypto ca: %s cannot be shown", path);
}

static void
gathered_fini(struct gathered *all)
{
	for (size_t i = 0; i < all->len; i++) {
		X509_free(all->list[i].cert);
		buf_fini(&all->list[i].trustpoints);
	}
	free(all->list);
}

static void
put_certificate(struct page *page, struct shown *shown)
{
	const char *trustpoints = buf_cstr(&shown->trustpoints);
	struct buf text;
	enum err err;

	if (!page_wants(page))
		return;
	buf_init(&text, CA_LIST_ENTRY_BYTES);
	err = cert_text_write(&text, shown->cert, shown->is_identity, trustpoints);
	if (err != ERR_OK) {
		buf_reset(&text);
		buf_printf(&text,
		    "%s\n  Status: Available, but it cannot be shown: %s\n"
		    "  Associated Trustpoints: %s\n",
		    shown->is_identity ? "Certificate" : "CA Certificate", err_str(err),
		    trustpoints);
	}
	page_add(page, buf_cstr(&text));
	buf_fini(&text);
}

/* Is this trustpoint to be shown? */
static bool
is_wanted(const struct conf_object *trustpoint, const Ipc__CaList *request)
{
	return request->trustpoint[0] == '\0' ||
	       strcmp(request->trustpoint, conf_str(trustpoint, TP_NAME)) == 0;
}

static void
fill_certificates(struct page *page, const struct conf *conf, const Ipc__CaList *request)
{
	const struct conf_object *const *trustpoints;
	size_t len = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);
	struct gathered all = {0};

	for (size_t i = 0; i < len; i++) {
		all.wanted = is_wanted(trustpoints[i], request);
		gather_file(&all, conf, trustpoints[i], TP_CERTIFICATE);
		gather_file(&all, conf, trustpoints[i], TP_CA_CERTIFICATE);
	}
	for (size_t i = 0; i < all.len; i++)
		if (all.list[i].wanted)
			put_certificate(page, &all.list[i]);
	gathered_fini(&all);
}

/* ---- trustpoints ---- */

static void
put_list(struct buf *out, const char *title, const struct conf_object *object, unsigned setting)
{
	char *const *words;
	size_t len = conf_list(object, setting, &words);

	buf_printf(out, "  %s:", title);
	for (size_t i = 0; i < len; i++)
		buf_printf(out, " %s", words[i]);
	buf_put_u8(out, '\n');
}

static void
put_trustpoint(struct page *page, const struct conf *conf, const struct conf_object *trustpoint)
{
	struct gathered all = {0};
	struct buf text;

	if (!page_wants(page))
		return;
	gather_file(&all, conf, trustpoint, TP_CERTIFICATE);
	gather_file(&all, conf, trustpoint, TP_CA_CERTIFICATE);
	buf_init(&text, CA_LIST_ENTRY_BYTES);
	buf_printf(&text, "Trustpoint %s:\n", conf_str(trustpoint, TP_NAME));
	/* The CA's names; of an identity without one, its own. */
	for (size_t i = 0; i < all.len; i++)
		if (!all.list[i].is_identity || i + 1 == all.len) {
			if (cert_text_write_short(&text, all.list[i].cert) != ERR_OK)
				buf_puts(&text, "  Its names cannot be shown.\n");
			break;
		}
	if (conf_str(trustpoint, TP_CA_CERTIFICATE) == NULL)
		buf_puts(&text, "  Not authenticated.\n");
	if (conf_str(trustpoint, TP_CERTIFICATE) != NULL)
		buf_puts(&text, "  Certificate configured.\n");
	put_list(&text, "Revocation Check", trustpoint, TP_REVOCATION_CHECK);
	page_add(page, buf_cstr(&text));
	buf_fini(&text);
	gathered_fini(&all);
}

static void
fill_trustpoints(struct page *page, const struct conf *conf, const Ipc__CaList *request)
{
	const struct conf_object *const *trustpoints;
	size_t len = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);

	for (size_t i = 0; i < len; i++)
		if (is_wanted(trustpoints[i], request))
			put_trustpoint(page, conf, trustpoints[i]);
}

/* ---- CRLs ---- */

static void
put_issuer(struct buf *out, X509 *issuer)
{
	Ipc__CertNames *names = NULL;
	unsigned char *der = NULL;
	int len = i2d_X509(issuer, &der);
	char text[URL_TEXT_SIZE];

	if (len > 0 && cert_names_read(der, (size_t)len, &names) == ERR_OK) {
		str_printable(text, sizeof text, names->subject_name);
		ipc__cert_names__free_unpacked(names, NULL);
	} else {
		(void)str_copy(text, sizeof text, "unknown");
	}
	buf_printf(out, "CRL Issuer Name:\n    %s\n", text);
	OPENSSL_free(der);
	ERR_clear_error();
}

static void
put_time(struct buf *out, const char *title, time_t time)
{
	char text[64];

	cert_text_time(text, sizeof text, time);
	buf_printf(out, "    %s: %s\n", title, text);
}

static void
put_crl(struct page *page, const struct answers_crl *kept)
{
	time_t next = crl_next_update(kept->crl);
	char url[URL_TEXT_SIZE];
	struct buf text;

	if (!page_wants(page))
		return;
	str_printable(url, sizeof url, kept->url);
	buf_init(&text, CA_LIST_ENTRY_BYTES);
	put_issuer(&text, kept->issuer);
	put_time(&text, "LastUpdate", crl_this_update(kept->crl));
	if (next != 0)
		put_time(&text, "NextUpdate", next);
	put_time(&text, "Cached Until", kept->cached_until);
	buf_printf(&text, "    Retrieved from CRL Distribution Point:\n      %s\n", url);
	buf_printf(&text, "    Size (bytes): %zu\n", kept->bytes);
	buf_printf(&text, "    Number of Entries: %zu\n", crl_len(kept->crl));
	buf_puts(&text, "    Associated Trustpoints:");
	for (size_t i = 0; i < kept->trustpoints_len; i++)
		buf_printf(&text, " %s", kept->trustpoints[i]);
	buf_put_u8(&text, '\n');
	page_add(page, buf_cstr(&text));
	buf_fini(&text);
}

static bool
is_used_by(const struct answers_crl *kept, const char *trustpoint)
{
	for (size_t i = 0; i < kept->trustpoints_len; i++)
		if (strcmp(kept->trustpoints[i], trustpoint) == 0)
			return true;
	return trustpoint[0] == '\0';
}

static void
fill_crls(struct page *page, const struct answers *answers, const Ipc__CaList *request)
{
	struct answers_crl kept;

	for (size_t i = 0; answers_crl(answers, i, &kept); i++)
		if (is_used_by(&kept, request->trustpoint))
			put_crl(page, &kept);
}

/* ---- all ---- */

void
ca_list_fill(struct ca_list *list, const struct conf *conf, const struct answers *answers,
    const Ipc__CaList *request)
{
	struct page page = {.list = list, .skip = request->offset};

	*list = (struct ca_list){0};
	ipc__ca_list_reply__init(&list->msg);
	list->msg.entry = list->entries;
	if (request->trustpoint[0] != '\0' &&
	    conf_find(conf, CONF_TRUSTPOINT, request->trustpoint) == NULL)
		list->msg.error = (char *)(uintptr_t) "there is no trustpoint of that name";
	else if (request->kind == IPC__CA_KIND__CA_CERTIFICATES)
		fill_certificates(&page, conf, request);
	else if (request->kind == IPC__CA_KIND__CA_CRLS)
		fill_crls(&page, answers, request);
	else if (request->kind == IPC__CA_KIND__CA_TRUSTPOINTS)
		fill_trustpoints(&page, conf, request);
	else
		list->msg.error = (char *)(uintptr_t) "unknown kind of list";
}

void
ca_list_fini(struct ca_list *list)
{
	for (size_t i = 0; i < list->msg.n_entry; i++)
		free(list->entries[i]);
	list->msg.n_entry = 0;
}
