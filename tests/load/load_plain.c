/* SPDX-License-Identifier: Apache-2.0 */
/* Sink and blast: blocking sockets, batches of datagrams. */
#include "tests/load/load_plain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/load/load_stats.h"

#define BATCH 64
#define DATAGRAM_MAX 2048
#define SOCKET_BUFFER (8 << 20)

static volatile sig_atomic_t stop, tell;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		tell = 1;
	else
		stop = 1;
}

static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGUSR1, &action, NULL);
}

static void
print(const char *what, uint64_t packets, uint64_t bytes, uint64_t began_us)
{
	(void)printf("{\"%s_packets\":%" PRIu64 ",\"%s_bytes\":%" PRIu64 ",\"elapsed\":%.3f}\n",
	    what, packets, what, bytes, (double)(load_now_us() - began_us) / 1e6);
	(void)fflush(stdout);
}

static int
udp_socket(void)
{
	static const struct timeval tv = {.tv_usec = 50000};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = SOCKET_BUFFER;

	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	}
	return fd;
}

int
load_plain_sink(const struct load_options *opt)
{
	static uint8_t bytes[BATCH][DATAGRAM_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr msg[BATCH] = {0};
	uint64_t packets = 0, total = 0, began = load_now_us();
	int fd = udp_socket();

	if (fd < 0 || bind(fd, (const struct sockaddr *)&opt->target, sizeof(opt->target)) != 0) {
		perror("load: sink");
		return 1;
	}
	for (unsigned i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){bytes[i], DATAGRAM_MAX};
		msg[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	catch_signals();
	while (stop == 0) {
		int n = recvmmsg(fd, msg, BATCH, MSG_WAITFORONE, NULL);

		for (int i = 0; i < n; i++)
			total += msg[i].msg_len;
		packets += n > 0 ? (uint64_t)n : 0;
		if (tell != 0) {
			tell = 0;
			print("sink", packets, total, began);
		}
	}
	print("sink", packets, total, began);
	(void)close(fd);
	return 0;
}

static struct sockaddr_in *
read_addresses(const struct load_options *opt, size_t *count)
{
	struct sockaddr_in *list = NULL;
	char line[64];
	size_t cap = 0;
	FILE *file = fopen(opt->addresses, "re");

	*count = 0;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (*count == cap) {
			struct sockaddr_in *grown;

			cap = cap == 0 ? 64 : cap * 2;
			grown = realloc(list, cap * sizeof(*grown));
			if (grown == NULL)
				break;
			list = grown;
		}
		line[strcspn(line, "\n")] = '\0';
		list[*count] =
		    (struct sockaddr_in){.sin_family = AF_INET, .sin_port = opt->target.sin_port};
		if (inet_pton(AF_INET, line, &list[*count].sin_addr) == 1)
			(*count)++;
	}
	if (file != NULL)
		(void)fclose(file);
	return list;
}

/* So many that the rate is kept, at most a batch; sleeps when it is too early. */
static unsigned
due_now(const struct load_options *opt, uint64_t packets, uint64_t began)
{
	static const struct timespec wait = {.tv_nsec = 200000};
	uint64_t due;

	if (opt->rate == 0)
		return BATCH;
	due = (load_now_us() - began) * opt->rate / 1000000 - packets;
	if (due == 0)
		(void)nanosleep(&wait, NULL);
	return due > BATCH ? BATCH : (unsigned)due;
}

int
load_plain_blast(const struct load_options *opt)
{
	static uint8_t payload[DATAGRAM_MAX];
	struct iovec iov = {payload, opt->size};
	struct mmsghdr msg[BATCH] = {0};
	uint64_t packets = 0, began = load_now_us(), end = began + opt->seconds * 1000000ULL;
	size_t count, at = 0;
	struct sockaddr_in *list = read_addresses(opt, &count);
	int fd = udp_socket();

	if (list == NULL || count == 0 || fd < 0) {
		(void)fprintf(stderr, "load: no addresses, or no socket\n");
		free(list);
		return 1;
	}
	catch_signals();
	while (stop == 0 && (opt->seconds == 0 || load_now_us() < end)) {
		unsigned n = due_now(opt, packets, began);

		for (unsigned i = 0; i < n; i++, at++)
			msg[i].msg_hdr = (struct msghdr){.msg_name = &list[at % count],
			    .msg_namelen = sizeof(*list),
			    .msg_iov = &iov,
			    .msg_iovlen = 1};
		int sent = n == 0 ? 0 : sendmmsg(fd, msg, n, 0);

		packets += sent > 0 ? (uint64_t)sent : 0;
		if (tell != 0) {
			tell = 0;
			print("blast", packets, packets * opt->size, began);
		}
	}
	print("blast", packets, packets * opt->size, began);
	free(list);
	(void)close(fd);
	return 0;
}
