/* SPDX-License-Identifier: Apache-2.0 */
/* The names of offloads, in gateway.conf and in the log. */
#include "gateway/offload.h"

#include <string.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/log.h"

#define TEXT_MAX 256

static const struct {
	enum offload bit;
	const char *name;
} names[] = {
    {OFFLOAD_TSO, "tso"},
    {OFFLOAD_USO, "uso"},
    {OFFLOAD_UDP_GSO, "udp-gso"},
    {OFFLOAD_UDP_GRO, "udp-gro"},
};

unsigned
offload_wanted(const struct conf *conf)
{
	unsigned wanted = OFFLOAD_ALL;
	char *const *list = NULL;
	size_t len = conf_list(conf_root(conf, CONF_GATEWAY), GW_DISABLE_OFFLOAD, &list);

	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < ARRAY_LEN(names); j++)
			if (strcmp(list[i], names[j].name) == 0)
				wanted &= ~(unsigned)names[j].bit;
	return wanted;
}

static void
put_names(struct buf *buf, const char *label, unsigned set)
{
	if (set == 0)
		return;
	buf_puts(buf, label);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if ((set & names[i].bit) == 0)
			continue;
		buf_puts(buf, " ");
		buf_puts(buf, names[i].name);
	}
}

void
offload_log(unsigned wanted, unsigned found)
{
	struct buf buf;

	buf_init(&buf, TEXT_MAX);
	put_names(&buf, "", found);
	if (found == 0)
		buf_puts(&buf, " none");
	put_names(&buf, "; this kernel lacks", wanted & ~found);
	put_names(&buf, "; switched off:", OFFLOAD_ALL & ~wanted);
	log_info("offload:%s", buf_cstr(&buf));
	buf_fini(&buf);
}
