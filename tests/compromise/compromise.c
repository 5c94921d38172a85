/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into a sekishod of its own only (make build/tests/compromise/sekishod), never into the
 * real one: on SIGUSR2 a child does what somebody would who runs code in it. The signal's value
 * says which try, and on which process; what came of it goes to stderr as one line, unless the try
 * is the end.
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
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/attr.h"
#include "common/ipc_frame.h"
#include "common/proc.h"

#define DESCRIPTORS 1024
#define TRIES_BITS 8 /* of the signal's value; the rest is a process */

void compromise_arm(const char *role);

static const char *role_name;
static pid_t victim; /* another process of ours */

/* ---- tries: 0 or more is success ---- */

static int
try_files(void)
{
	static const char *const of_victim[] = {"mem", "maps", "environ", "root/etc/passwd"};
	static const char *const paths[] = {"/etc/passwd", "/etc/sekisho/users.conf",
	    "/var/lib/sekisho", "/proc/self/maps", "/proc/1/environ", "."};
	char path[64];

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (open(paths[i], O_RDONLY) >= 0)
			return 0;
	for (size_t i = 0; i < ARRAY_LEN(of_victim); i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)victim, of_victim[i]);
		if (open(path, O_RDONLY) >= 0)
			return 0;
	}
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
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
try_memory(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)&try_exec, 1};

	return (int)process_vm_readv(victim, &here, 1, &there, 1, 0);
}

static int
try_trace(void)
{
	return (int)ptrace(PTRACE_ATTACH, victim, NULL, NULL);
}

static int
try_kill(void)
{
	return kill(victim, SIGKILL);
}

static int
try_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int
try_mount(void)
{
	return mount("none", "/", "tmpfs", 0, NULL);
}

static int
try_chroot(void)
{
	return chroot(".");
}

/* What was written as data, to be run. */
static int
try_code(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(map, 4096, PROT_READ | PROT_EXEC);
}

/* ---- what it says to the others ---- */

static unsigned
forge(int fd, Ipc__MsgType type, uint32_t id, const ProtobufCMessage *msg)
{
	const struct ipc_head head = {.type = type, .id = id};
	struct ipc_frame frame;
	unsigned sent;

	if (ipc_frame_init(&frame, &head, msg, -1) != ERR_OK)
		return 0;
	sent = ipc_frame_send(fd, &frame) == ERR_OK;
	ipc_frame_fini(&frame);
	return sent;
}

/* Another's orders: end all sessions; stop; a session for a cookie that nobody was given. */
static unsigned
forge_all(int fd)
{
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;
	Ipc__CtlLogoff logoff = IPC__CTL_LOGOFF__INIT;
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0 || sa.ss_family != AF_UNIX)
		return 0;
	open.token = (char *)(uintptr_t) "1";
	return forge(fd, IPC__MSG_TYPE__MSG_SESSION_OPEN, 1, &open.base) +
	       forge(fd, IPC__MSG_TYPE__MSG_CTL_LOGOFF, 2, &logoff.base) +
	       forge(fd, IPC__MSG_TYPE__MSG_ROLE_STOP, 0, &stop.base);
}

/* To its peers: what was sent does not tell what came of it. */
static int
try_forge(void)
{
	unsigned sent = 0;

	for (int fd = PROC_PARENT_FD + 1; fd < DESCRIPTORS; fd++)
		sent += forge_all(fd);
	errno = ENOTCONN;
	return sent >= 2 ? 0 : -1;
}

/* To the parent. */
static int
try_orders(void)
{
	return forge_all(PROC_PARENT_FD) > 0 ? 0 : -1;
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
    {"fork", try_fork},
    {"memory", try_memory},
    {"trace", try_trace},
    {"kill", try_kill},
    {"raw", try_raw},
    {"mount", try_mount},
    {"chroot", try_chroot},
    {"code", try_code},
    {"forge", try_forge},
    {"orders", try_orders},
};

static void
on_order(int sig, siginfo_t *info, void *context)
{
	size_t i = (size_t)info->si_value.sival_int & ((1U << TRIES_BITS) - 1);
	char line[128];
	int result;

	(void)sig, (void)context;
	if (i >= ARRAY_LEN(tries))
		return;
	victim = (pid_t)(info->si_value.sival_int >> TRIES_BITS);
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
	(void)sigaction(SIGUSR2, &action, NULL);
}
