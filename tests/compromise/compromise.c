/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into a sekishod of its own only (make build/tests/compromise/sekishod), never into the
 * real one: on SIGUSR2 a child does what somebody would who runs code in it. The signal's value
 * says which try; what came of it goes to stderr as one line, unless the try is the end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/attr.h"

#define DESCRIPTORS 1024

void compromise_arm(const char *role);

static const char *role_name;
static pid_t parent;

/* ---- tries: 0 or more is success ---- */

static int
try_files(void)
{
	static const char *const paths[] = {
	    "/etc/passwd", "/etc/sekisho/users.conf", "/proc/self/maps", "/proc/1/environ", "."};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (open(paths[i], O_RDONLY) >= 0)
			return 0;
	return open("/tmp/x", O_CREAT | O_WRONLY, 0600);
}

/* From every folder that it was given, the classic way out of a chroot. */
static int
try_climb(void)
{
	int error = EBADF;

	for (int fd = 3; fd < DESCRIPTORS; fd++) {
		if (openat(fd, "../../../../../../../../etc/passwd", O_RDONLY) >= 0 ||
		    openat(fd, "..", O_RDONLY | O_DIRECTORY) >= 0)
			return fd;
		if (errno == EACCES)
			error = EACCES;
	}
	errno = error;
	return -1;
}

/* Folders that it has at all. */
static int
try_folders(void)
{
	struct stat st;

	for (int fd = 3; fd < DESCRIPTORS; fd++)
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			return fd;
	return -1;
}

static int
try_tcp(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(443)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 ? connect(fd, (struct sockaddr *)&sa, sizeof(sa)) : -1;
}

static int
try_unix(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/notify"};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	return fd >= 0 ? connect(fd, (struct sockaddr *)&sa, sizeof(sa)) : -1;
}

static int
try_exec(void)
{
	char *argv[] = {(char *)"sh", NULL};

	return execv("/proc/self/exe", argv);
}

static int
try_memory_of_parent(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)&try_exec, 1};

	return (int)process_vm_readv(parent, &here, 1, &there, 1, 0);
}

static int
try_kill_parent(void)
{
	return kill(parent, 0);
}

static const struct {
	const char *name;
	int (*run)(void);
} tries[] = {
    {"files", try_files},
    {"climb", try_climb},
    {"folders", try_folders},
    {"tcp", try_tcp},
    {"unix", try_unix},
    {"exec", try_exec},
    {"memory", try_memory_of_parent},
    {"kill", try_kill_parent},
};

static void
on_order(int sig, siginfo_t *info, void *context)
{
	size_t i = (size_t)info->si_value.sival_int;
	char line[128];
	int result;

	(void)sig, (void)context;
	if (i >= ARRAY_LEN(tries))
		return;
	result = tries[i].run();
	(void)snprintf(line, sizeof(line), "compromised: %s %s %s\n", role_name, tries[i].name,
	    result >= 0 ? "succeeded" : strerrorname_np(errno));
	(void)!write(STDERR_FILENO, line, strlen(line));
}

void
compromise_arm(const char *role)
{
	struct sigaction action = {.sa_sigaction = on_order, .sa_flags = SA_SIGINFO | SA_RESTART};

	role_name = role;
	parent = getppid();
	(void)sigaction(SIGUSR2, &action, NULL);
}
