/* SPDX-License-Identifier: Apache-2.0 */
/* What pki believes in and what it keeps, as text for "show crypto ca", in pages. */
#ifndef PKI_CA_LIST_H
#define PKI_CA_LIST_H

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"
#include "pki/answers.h"

#define CA_LIST_PAGE_BYTES 65536  /* of texts; what is over it comes with the next page */
#define CA_LIST_ENTRY_BYTES 32768 /* of one text */
#define CA_LIST_PAGE_ENTRIES 64

/* One page. Plain value; ca_list_fini() after use. */
struct ca_list {
	Ipc__CaListReply msg;
	char *entries[CA_LIST_PAGE_ENTRIES];
};

/*
 * Fill the page that is asked for; what is wrong with the question is in its "error". A certificate
 * that several trustpoints have is one entry. conf and answers are only looked at.
 */
void ca_list_fill(struct ca_list *list, const struct conf *conf, const struct answers *answers,
    const Ipc__CaList *request);
void ca_list_fini(struct ca_list *list);

#endif
