/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz filter.c, filter_flow.c and filter_table.c. Input: two bytes of length and a FilterAdd as
 * auth sends it, then packets: a byte whose lowest bit is the direction, two bytes of length, the
 * packet. A verdict is the same whether it is remembered or not, and whoever asks.
 */
/* For coverage.sh: gateway/filter.c gateway/filter_flow.c
 * gateway/filter_table.c:-mark_told,report_lines,filter_table_report,filter_table_change,filter_table_forget_all
 */
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"
#include "gateway/filter_table.h"
#include "gateway/inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILTER_ID 7

/* The channels of one input; a new one for each packet has no verdict remembered. */
static uint64_t last_chan;

static enum err
take(struct filter_table *table, struct filter_use *use)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;

	opened.policy = &policy;
	opened.username = (char *)"fuzz";
	policy.filter4 = policy.filter6 = FILTER_ID;
	return filter_table_use(table, &opened, ++last_chan, use);
}

static void
offer(struct filter_table *table, const struct filter_use *use, uint8_t direction,
    const uint8_t *pkt, size_t len)
{
	enum filter_direction dir = direction & 1 ? FILTER_TO_CLIENT : FILTER_FROM_CLIENT;
	struct filter_use fresh;
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct inner inner;
	bool pass;

	if (copy == NULL)
		abort();
	/* Exactly that size: what reads on is seen. */
	memcpy(copy, pkt, len);
	if (inner_parse(copy, len, &inner) == ERR_OK) {
		pass = filter_table_pass(table, use, dir, copy, inner.len);
		if (filter_table_pass(table, use, dir, copy, inner.len) != pass ||
		    take(table, &fresh) != ERR_OK ||
		    filter_table_pass(table, &fresh, dir, copy, inner.len) != pass)
			abort();
		filter_table_unuse(&fresh);
	}
	free(copy);
}

static void
packets(struct filter_table *table, struct cur *cur)
{
	struct filter_use use;

	if (take(table, &use) != ERR_OK)
		return;
	while (cur->err == ERR_OK && cur->left > 3) {
		uint8_t direction = cur_u8(cur);
		size_t len = cur_u16(cur);
		const uint8_t *pkt;

		if (len > cur->left)
			len = cur->left;
		pkt = cur_take(cur, len);
		if (pkt != NULL)
			offer(table, &use, direction, pkt, len);
	}
	filter_table_unuse(&use);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_config quiet = {.level = LOG_ERR};
	struct filter_table *table;
	Ipc__FilterAdd *msg;
	const uint8_t *bytes;
	struct cur cur;
	size_t len;

	log_configure(&quiet);
	cur_init(&cur, data, size);
	len = cur_u16(&cur);
	bytes = cur_take(&cur, len);
	if (bytes == NULL)
		return 0;
	msg = ipc__filter_add__unpack(NULL, len, bytes);
	table = filter_table_new();
	if (table == NULL)
		abort();
	if (msg != NULL) {
		msg->filter = FILTER_ID;
		msg->last = true;
		filter_table_add(table, msg);
		ipc__filter_add__free_unpacked(msg, NULL);
		packets(table, &cur);
		filter_table_forget(table, FILTER_ID);
		filter_table_report(table, NULL, NULL);
		if (filter_table_has(table, FILTER_ID, 0))
			abort();
	}
	filter_table_free(table);
	return 0;
}
