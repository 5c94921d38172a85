/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as the workers get them: the digest that names one, and its entries in pieces. Of each
 * worker it is known how far one was sent, so that a full queue delays it and repeats nothing. */
#include "auth/filters_parts.h"

#include <openssl/evp.h>
#include <string.h>

static void
put_net(struct buf *out, const struct acl_net *net)
{
	buf_put_u8(out, net->family);
	buf_put(out, net->first.bytes, sizeof(net->first.bytes));
	buf_put(out, net->last.bytes, sizeof(net->last.bytes));
}

static void
put_entry(struct buf *out, const struct acl_entry *entry)
{
	buf_put_u8(out, entry->permit);
	buf_put_u8(out, entry->log);
	buf_put_u16(out, entry->line);
	buf_put_u16(out, (uint16_t)entry->proto);
	buf_put_u16(out, (uint16_t)entry->icmp_type);
	buf_put_u16(out, (uint16_t)entry->icmp_code);
	put_net(out, &entry->src);
	put_net(out, &entry->dst);
	buf_put_u16(out, entry->sport.first);
	buf_put_u16(out, entry->sport.last);
	buf_put_u16(out, entry->dport.first);
	buf_put_u16(out, entry->dport.last);
}

static bool
digest(EVP_MD_CTX *ctx, const char *name, const struct acl *acl, uint8_t out[EVP_MAX_MD_SIZE])
{
	bool ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, name, strlen(name) + 1) == 1;
	struct buf bytes;

	buf_init(&bytes, 256);
	for (size_t i = 0; i < acl->len && ok; i++) {
		buf_reset(&bytes);
		put_entry(&bytes, &acl->entries[i]);
		ok = bytes.err == ERR_OK && EVP_DigestUpdate(ctx, bytes.data, bytes.len) == 1;
	}
	buf_fini(&bytes);
	return ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

enum err
filters_make_id(const char *name, const struct acl *acl, uint64_t *id)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t out[EVP_MAX_MD_SIZE];
	bool ok = ctx != NULL && digest(ctx, name, acl, out);

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return ERR_NOMEM;
	*id = 0;
	for (size_t i = 0; i < sizeof(*id); i++)
		*id = *id << 8 | out[i];
	if (*id == 0) /* means "no filter" */
		*id = 1;
	return ERR_OK;
}

/* ---- sending ---- */

static void
net_fill(const struct acl_net *net, ProtobufCBinaryData *first, ProtobufCBinaryData *last)
{
	first->data = (uint8_t *)net->first.bytes;
	last->data = (uint8_t *)net->last.bytes;
	first->len = last->len = net->family == 0 ? 0 : ip_len(&net->first);
}

static void
entry_fill(Ipc__FilterEntry *out, const struct acl_entry *entry)
{
	ipc__filter_entry__init(out);
	out->permit = entry->permit;
	out->log = entry->log;
	out->line = entry->line;
	out->proto = entry->proto;
	out->icmp_type = entry->icmp_type;
	out->icmp_code = entry->icmp_code;
	net_fill(&entry->src, &out->src_first, &out->src_last);
	net_fill(&entry->dst, &out->dst_first, &out->dst_last);
	out->src_port_first = entry->sport.first;
	out->src_port_last = entry->sport.last;
	out->dst_port_first = entry->dport.first;
	out->dst_port_last = entry->dport.last;
}

/* The entries behind the first `sent`. */
static enum err
send_piece(
    struct filters *filters, unsigned worker, const struct filter *filter, size_t sent, size_t len)
{
	Ipc__FilterAdd add = IPC__FILTER_ADD__INIT;

	for (size_t i = 0; i < len; i++)
		entry_fill(&filters->entries[i], &filter->acl.entries[sent + i]);
	add.filter = filter->id;
	add.name = (char *)conf_str(filter->list, ACL_NAME);
	add.n_entry = len;
	add.entry = filters->entry_refs;
	add.last = sent + len == filter->acl.len;
	return filters->config.send(
	    worker, IPC__MSG_TYPE__MSG_FILTER_ADD, &add.base, filters->config.arg);
}

enum err
filters_send(struct filters *filters, unsigned worker, uint64_t id)
{
	struct filter *filter = filters_find(filters, id);

	if (id == 0)
		return ERR_OK;
	if (filter == NULL || worker >= filters->config.workers)
		return ERR_NOTFOUND;
	while (filter->sent[worker] != FILTERS_SENT_ALL) {
		size_t sent = filter->sent[worker], len = filter->acl.len - sent;

		if (len > FILTERS_PIECE)
			len = FILTERS_PIECE;
		enum err err = send_piece(filters, worker, filter, sent, len);
		if (err != ERR_OK)
			return err;
		filter->sent[worker] =
		    sent + len == filter->acl.len ? FILTERS_SENT_ALL : sent + len;
	}
	return ERR_OK;
}
