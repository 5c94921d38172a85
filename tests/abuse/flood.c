/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strangers without manners, many at once: `flood MODE ADDRESS FIRST-SOURCE SOURCES SLOTS SECONDS`.
 * Each slot is a connection (or a UDP socket) from the next own address in turn, opened again as
 * soon as it ends. Prints one JSON object: what was opened, sent, and came back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/attr.h"

#define PORT 443
#define HELLO_MAX 2048
#define EVENTS 256
#define REOPENS_PER_TURN 256

enum after {
	AFTER_HOLD,  /* stay until the other side ends it */
	AFTER_RESET, /* reset as soon as it is sent */
	AFTER_ANSWER /* reset when something comes back */
};

/* What is sent: a part of a ClientHello from its beginning, or the head of a record that is larger
 * than any may be. */
struct mode {
	const char *name;
	bool udp;
	bool giant;
	unsigned percent; /* of the hello */
	enum after after;
};

static const struct mode modes[] = {
    {.name = "silent", .after = AFTER_HOLD},
    {.name = "half-hello", .percent = 50, .after = AFTER_HOLD},
    {.name = "unfinished", .percent = 100, .after = AFTER_HOLD},
    {.name = "hellos", .percent = 100, .after = AFTER_ANSWER},
    {.name = "reset", .after = AFTER_RESET},
    {.name = "reset-hello", .percent = 100, .after = AFTER_RESET},
    {.name = "giant", .giant = true, .after = AFTER_ANSWER},
    {.name = "udp", .udp = true, .percent = 100, .after = AFTER_HOLD},
};

struct slot {
	int fd; /* -1: to be opened */
	bool sent;
};

struct flood {
	const struct mode *mode;
	struct sockaddr_in server;
	uint32_t source_first; /* host order */
	uint32_t sources;
	uint32_t opened;
	uint64_t sent_bytes;
	uint64_t answers;
	uint64_t answer_bytes;
	uint32_t ended; /* by the other side */
	uint8_t hello[HELLO_MAX];
	size_t hello_len;
	int epoll;
	struct slot *slots;
	size_t slots_len;
};

static double
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

NORETURN static void
die(const char *what)
{
	perror(what);
	exit(2);
}

/* The first flight of a real client. */
static void
make_hello(struct flood *flood)
{
	SSL_CTX *ctx = SSL_CTX_new(flood->mode->udp ? DTLS_client_method() : TLS_client_method());
	SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	int n;

	if (ssl == NULL || in == NULL || out == NULL)
		die("OpenSSL");
	SSL_set_bio(ssl, in, out);
	(void)SSL_set_tlsext_host_name(ssl, "gw.example.com");
	(void)SSL_connect(ssl);
	n = BIO_read(out, flood->hello, HELLO_MAX);
	flood->hello_len = n > 0 ? (size_t)n * flood->mode->percent / 100 : 0;
	if (flood->mode->giant) {
		memset(flood->hello, 0, HELLO_MAX);
		memcpy(flood->hello, "\x16\x03\x01\xff\xff", 5);
		flood->hello_len = HELLO_MAX;
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void
slot_close(struct slot *slot)
{
	const struct linger reset = {.l_onoff = 1};

	(void)setsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(slot->fd);
	slot->fd = -1;
}

static void
slot_open(struct flood *flood, struct slot *slot)
{
	const int on = 1;
	int type = flood->mode->udp ? SOCK_DGRAM : SOCK_STREAM;
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = slot};

	from.sin_addr.s_addr = htonl(flood->source_first + flood->opened++ % flood->sources);
	slot->sent = false;
	slot->fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
	if (slot->fd < 0)
		die("socket");
	(void)setsockopt(slot->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(slot->fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
		die("bind");
	if ((connect(slot->fd, (const struct sockaddr *)&flood->server, sizeof(flood->server)) <
		    0 &&
		errno != EINPROGRESS) ||
	    epoll_ctl(flood->epoll, EPOLL_CTL_ADD, slot->fd, &event) < 0)
		slot_close(slot);
}

/* Each hello over UDP is another session's. */
static void
udp_send(struct flood *flood, const struct slot *slot)
{
	const size_t random_at = 13 + 12 + 2; /* behind the heads of record and message */

	for (unsigned i = 0; i < 16; i++) {
		for (size_t n = 0; n < 32; n++)
			flood->hello[random_at + n] = (uint8_t)random();
		if (send(slot->fd, flood->hello, flood->hello_len, 0) < 0)
			return;
		flood->sent_bytes += flood->hello_len;
	}
}

static void
slot_event(struct flood *flood, struct slot *slot, uint32_t events)
{
	uint8_t answer[4096];
	ssize_t n;

	if (!slot->sent && (events & EPOLLOUT) != 0) {
		slot->sent = true;
		if (flood->hello_len > 0 && send(slot->fd, flood->hello, flood->hello_len,
						MSG_NOSIGNAL) == (ssize_t)flood->hello_len)
			flood->sent_bytes += flood->hello_len;
		if (flood->mode->after == AFTER_RESET) {
			slot_close(slot);
			return;
		}
	}
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
		return;
	n = recv(slot->fd, answer, sizeof(answer), 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0) {
		flood->answers++;
		flood->answer_bytes += (size_t)n;
	} else {
		flood->ended++;
	}
	if (!flood->mode->udp && (n <= 0 || flood->mode->after == AFTER_ANSWER))
		slot_close(slot);
}

static void
run(struct flood *flood, double seconds)
{
	struct epoll_event events[EVENTS];
	double end = now() + seconds;
	size_t next = 0;

	while (now() < end) {
		int n;

		for (size_t i = 0; i < REOPENS_PER_TURN && i < flood->slots_len; i++) {
			struct slot *slot = &flood->slots[next++ % flood->slots_len];

			if (slot->fd < 0)
				slot_open(flood, slot);
			else if (flood->mode->udp)
				udp_send(flood, slot);
		}
		n = epoll_wait(flood->epoll, events, EVENTS, 1);
		for (int i = 0; i < n; i++)
			slot_event(flood, events[i].data.ptr, events[i].events);
	}
}

int
main(int argc, char **argv)
{
	static struct flood flood;
	const struct rlimit files = {1 << 20, 1 << 20};
	struct in_addr source;

	if (argc != 7) {
		(void)fprintf(
		    stderr, "usage: flood MODE ADDRESS FIRST-SOURCE SOURCES SLOTS SECONDS\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			flood.mode = &modes[i];
	flood.server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT)};
	flood.sources = (uint32_t)strtoul(argv[4], NULL, 10);
	flood.slots_len = strtoul(argv[5], NULL, 10);
	if (flood.mode == NULL || inet_pton(AF_INET, argv[2], &flood.server.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[3], &source) != 1 || flood.sources == 0 ||
	    flood.slots_len == 0) {
		(void)fprintf(stderr, "flood: no such mode, address or number\n");
		return 2;
	}
	flood.source_first = ntohl(source.s_addr);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	make_hello(&flood);
	flood.epoll = epoll_create1(0);
	flood.slots = calloc(flood.slots_len, sizeof(flood.slots[0]));
	if (flood.epoll < 0 || flood.slots == NULL)
		die("memory");
	for (size_t i = 0; i < flood.slots_len; i++)
		flood.slots[i].fd = -1;
	run(&flood, strtod(argv[6], NULL));
	printf("{\"opened\": %u, \"ended\": %u, \"sent_bytes\": %llu, \"answers\": %llu, "
	       "\"answer_bytes\": %llu}\n",
	    flood.opened, flood.ended, (unsigned long long)flood.sent_bytes,
	    (unsigned long long)flood.answers, (unsigned long long)flood.answer_bytes);
	free(flood.slots);
	return 0;
}
