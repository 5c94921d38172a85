/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz the exporter's reader of metrics against a hostile daemon: each step is a message, by its op
 * a page, the end, anything else, or bytes that are none. The exporter hears of the end once; what
 * it is given is printable, is not longer than it may be, and is the pages' text in their order.
 */
/* For coverage.sh: tools/exporter_fetch.c */
#include "tests/fuzz/scripted_peer.h"

#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ctl_client.h"
#include "common/str.h"
#include "tools/exporter_fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	unsigned calls;
	bool good;
} got;
static struct buf expected;

static void
on_text(const char *text, const char *why, UNUSED void *arg)
{
	got.calls++;
	got.good = text != NULL;
	if ((text == NULL) != (why != NULL))
		abort();
	if (text == NULL)
		return;
	if (strcmp(text, buf_cstr(&expected)) != 0)
		abort();
	for (size_t len; *text != '\0'; text += len) {
		uint32_t code;

		len = str_utf8(text, &code);
		if (len == 0 || (str_is_control(code) && code != '\n'))
			abort();
	}
}

/* The daemon's socket, of this process alone. */
static int
listener(struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(addr->sun_path, sizeof(addr->sun_path), "/tmp/sekisho-fuzz-%d", getpid());
	(void)unlink(addr->sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 ||
	    listen(fd, 8) != 0)
		abort();
	return fd;
}

static void
remember(const struct peer_step *step)
{
	Ipc__CtlMetricsPage *page = ipc__ctl_metrics_page__unpack(NULL, step->len, step->data);

	if (page == NULL)
		return;
	ctl_put_lines(&expected, page->text);
	ipc__ctl_metrics_page__free_unpacked(page, NULL);
}

static void
tell(int fd, const struct peer_step *step)
{
	struct ipc_head head = {.type = IPC__MSG_TYPE__MSG_CTL_METRICS_PAGE};

	if (step->op % 8 == 5)
		head.type = IPC__MSG_TYPE__MSG_CTL_END;
	else if (step->op % 8 == 6)
		head.type = step->op >> 3;
	else if (step->op % 8 == 7)
		head.flags = IPC_FLAG_REPLY;
	else
		remember(step);
	peer_send(fd, &head, step->data, step->len);
}

static void
talk(struct loop *loop, int fd, const uint8_t *data, size_t size)
{
	struct peer_step step;
	struct cur cur;

	cur_init(&cur, data, size);
	for (unsigned i = 0; i < PEER_STEPS_MAX && got.calls == 0 && peer_next(&cur, &step); i++) {
		tell(fd, &step);
		peer_turn(loop);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exporter_fetch *fetch;
	static struct sockaddr_un addr;
	static int listening = -1;
	struct loop *loop = loop_new();
	int fd;

	if (listening < 0)
		listening = listener(&addr);
	got.calls = 0;
	got.good = false;
	buf_init(&expected, EXPORTER_TEXT_MAX);
	fetch = exporter_fetch_begin(loop, addr.sun_path, on_text, NULL);
	fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (loop == NULL || fetch == NULL || fd < 0)
		abort();
	talk(loop, fd, data, size);
	close(fd);
	peer_turn(loop);
	if (got.calls != 1)
		abort();
	loop_free(loop);
	buf_fini(&expected);
	return 0;
}
