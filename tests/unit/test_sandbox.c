/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox of each role, tried from inside: what somebody who runs code there would do next.
 * Each try is a process of its own that enters the sandbox, makes one call, and tells the result by
 * its exit status or by its death.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sandbox.h"
#include "common/sandbox_calls.h"

enum outcome { DONE, REFUSED, OTHER, KILLED };

static const char *const outcome_texts[] = {"done", "refused", "failed otherwise", "killed"};

static char folder[] = "/tmp/sekisho-test-XXXXXX";
static int folder_fd = -1;
static int stranger_fd = -1; /* a socket of somebody else that has an abstract name ... */
static int unix_fd = -1;     /* ... and one that was inherited, from which it could be reached */
static struct sockaddr_un stranger = {.sun_family = AF_UNIX};
static socklen_t stranger_len = sizeof(stranger);
static int tcp_fd = -1; /* inherited, too */
static pid_t test_pid;  /* whose sandbox none of the children shares */

/* ---- what is tried: 0 or more is success ---- */

static int
try_read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
try_read_proc(void)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)test_pid);
	return open(path, O_RDONLY);
}

static int
try_climb(void)
{
	return openat(folder_fd, "../../etc/passwd", O_RDONLY);
}

static int
try_absolute_beside_folder(void)
{
	return openat(folder_fd, "/etc/passwd", O_RDONLY);
}

static int
try_work_in_folder(void)
{
	int fd = openat(folder_fd, "new", O_CREAT | O_WRONLY, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) < 0 || syncfs(folder_fd) < 0)
		return -1;
	if (renameat(folder_fd, "new", folder_fd, "there") < 0)
		return -1;
	return unlinkat(folder_fd, "there", 0);
}

static int
try_link_out(void)
{
	return symlinkat("/etc/shadow", folder_fd, "link");
}

static int
try_subfolder(void)
{
	return mkdirat(folder_fd, "sub", 0700);
}

static int
try_exec(void)
{
	char *argv[] = {(char *)"true", NULL};

	return execv("/bin/true", argv);
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
try_bare_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static void *
thread_main(void *arg)
{
	return arg;
}

static int
try_thread(void)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, thread_main, NULL);
	return errno == 0 ? pthread_join(thread, NULL) : -1;
}

static int
try_ptrace(void)
{
	return (int)ptrace(PTRACE_ATTACH, test_pid, NULL, NULL);
}

static int
try_read_memory(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)&try_read_memory, 1};

	return (int)process_vm_readv(test_pid, &here, 1, &there, 1, 0);
}

static int
try_signal(void)
{
	return kill(test_pid, 0);
}

static int
try_signal_thread(void)
{
	return (int)syscall(SYS_tgkill, test_pid, test_pid, 0);
}

static int
try_limits_of_parent(void)
{
	return (int)syscall(SYS_prlimit64, test_pid, 7, NULL, NULL);
}

static int
try_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
try_tcp(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static int
try_tcp6(void)
{
	return socket(AF_INET6, SOCK_STREAM, 0);
}

static int
try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
try_unix_seqpacket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET, 0);
}

static int
try_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int
try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int
try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

/* An attacker may find a socket that is not connected yet. */
static int
try_connect(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(9)};

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(folder_fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 || errno == ENOTSOCK
		   ? 0
		   : -1;
}

static int
try_listen(void)
{
	return listen(folder_fd, 1);
}

static int
try_code_from_memory(void)
{
	void *map = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map != MAP_FAILED ? 0 : -1;
}

static int
try_data_to_code(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(map, 4096, PROT_READ | PROT_EXEC);
}

static int
try_plain_memory(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map != MAP_FAILED ? mprotect(map, 4096, PROT_READ) : -1;
}

static int
try_memfd(void)
{
	return memfd_create("code", 0);
}

static int
try_other_handler(void)
{
	return signal(SIGSYS, SIG_IGN) != SIG_ERR ? 0 : -1;
}

static int
try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int
try_root(void)
{
	return setuid(0);
}

static int
try_chroot(void)
{
	return chroot(".");
}

static int
try_fchdir(void)
{
	return fchdir(folder_fd);
}

static int
try_type_into_terminal(void)
{
	return ioctl(0, TIOCSTI, "x");
}

/* Other doors of the same kernel. */
#if defined(__x86_64__)
#define SYS_X32 0x40000000

static int
try_x32(void)
{
	return (int)syscall(SYS_X32 + SYS_getpid);
}

static int
try_32_bit(void)
{
	int result = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return result;
}
#endif

/* A thread that would see other mounts. */
static int
try_namespace(void)
{
	return (int)syscall(
	    SYS_clone, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWNS, 0, 0, 0, 0);
}

/* The kernel sends signals for whom a descriptor belongs to. */
static int
try_owner(void)
{
	return fcntl(folder_fd, F_SETOWN, test_pid);
}

static int
try_flags(void)
{
	return fcntl(folder_fd, F_GETFL);
}

static int
try_socket_filter(void)
{
	return setsockopt(folder_fd, SOL_SOCKET, SO_ATTACH_FILTER, NULL, 0);
}

static int
try_socket_protocol(void)
{
	return setsockopt(folder_fd, IPPROTO_TCP, TCP_ULP, "tls", 3);
}

static int
try_ping_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static int
try_mptcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 262);
}

static const struct trial {
	const char *name;
	int (*run)(void);
	enum outcome gateway, auth, pki;
} trials[] = {
    {"a thread", try_thread, DONE, DONE, DONE},
    {"memory", try_plain_memory, DONE, DONE, DONE},
    {"read /etc/passwd", try_read_passwd, REFUSED, REFUSED, REFUSED},
    {"read /proc", try_read_proc, REFUSED, REFUSED, REFUSED},
    {"climb out of the folder", try_climb, REFUSED, REFUSED, REFUSED},
    {"a whole path beside it", try_absolute_beside_folder, REFUSED, REFUSED, REFUSED},
    {"work in the folder", try_work_in_folder, REFUSED, DONE, REFUSED},
    {"a link in the folder", try_link_out, KILLED, KILLED, KILLED},
    {"a folder in it", try_subfolder, KILLED, KILLED, KILLED},
    {"exec", try_exec, KILLED, KILLED, KILLED},
    {"fork", try_fork, KILLED, KILLED, KILLED},
    {"fork by hand", try_bare_fork, KILLED, KILLED, KILLED},
    {"ptrace", try_ptrace, KILLED, KILLED, KILLED},
    {"another's memory", try_read_memory, KILLED, KILLED, KILLED},
    {"signal another", try_signal, KILLED, KILLED, KILLED},
    {"signal another's thread", try_signal_thread, KILLED, KILLED, KILLED},
    {"limits of another", try_limits_of_parent, KILLED, KILLED, KILLED},
    {"UDP", try_udp, REFUSED, DONE, DONE},
    {"TCP", try_tcp, REFUSED, REFUSED, DONE},
    {"TCP over IPv6", try_tcp6, REFUSED, REFUSED, DONE},
    {"unix socket", try_unix, REFUSED, REFUSED, REFUSED},
    {"the control socket's kind", try_unix_seqpacket, KILLED, KILLED, KILLED},
    {"raw socket", try_raw, KILLED, KILLED, KILLED},
    {"packet socket", try_packet, KILLED, KILLED, KILLED},
    {"netlink", try_netlink, KILLED, KILLED, KILLED},
    {"connect", try_connect, REFUSED, DONE, DONE},
    {"listen", try_listen, KILLED, KILLED, KILLED},
    {"code from memory", try_code_from_memory, KILLED, KILLED, KILLED},
    {"data to code", try_data_to_code, KILLED, KILLED, KILLED},
    {"a file in memory", try_memfd, KILLED, KILLED, KILLED},
    {"another handler", try_other_handler, KILLED, KILLED, KILLED},
    {"core dumps", try_dumpable, KILLED, KILLED, KILLED},
    {"root", try_root, KILLED, KILLED, KILLED},
    {"another root folder", try_chroot, KILLED, KILLED, KILLED},
    {"another folder", try_fchdir, KILLED, KILLED, KILLED},
#if defined(__x86_64__)
    {"a call of 32 bits", try_32_bit, KILLED, KILLED, KILLED},
    {"a call of x32", try_x32, KILLED, KILLED, KILLED},
#endif
    {"a thread with other mounts", try_namespace, KILLED, KILLED, KILLED},
    {"signals by a descriptor", try_owner, KILLED, KILLED, KILLED},
    {"flags of a descriptor", try_flags, DONE, DONE, DONE},
    {"a program in a socket", try_socket_filter, KILLED, KILLED, KILLED},
    {"TLS in the kernel", try_socket_protocol, KILLED, KILLED, KILLED},
    {"a socket for pings", try_ping_socket, KILLED, KILLED, KILLED},
    {"MPTCP", try_mptcp, KILLED, KILLED, KILLED},
    {"type into a terminal", try_type_into_terminal, KILLED, KILLED, KILLED},
};

/* ---- trying ---- */

static struct sandbox
sandbox_of(Ipc__RoleId role)
{
	return (struct sandbox){
	    .role = role,
	    .name = "test",
	    .dir_fd = role == IPC__ROLE_ID__ROLE_AUTH ? folder_fd : -1,
	};
}

static NORETURN void
child(const struct sandbox *sandbox, int (*run)(void), int nr)
{
	long result;
	int silent = open("/dev/null", O_WRONLY);

	dup2(silent, STDERR_FILENO); /* what a trap writes is looked at elsewhere */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || sandbox_enter(sandbox) != ERR_OK)
		_exit(99);
	result = run != NULL ? run() : syscall(nr, -1, -1, -1, -1, -1, -1);
	if (result >= 0)
		_exit(DONE);
	_exit(errno == EACCES ? REFUSED : OTHER);
}

static enum outcome
attempt(const struct sandbox *sandbox, int (*run)(void), int nr)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child(sandbox, run, nr);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return KILLED;
	}
	assert_true(WEXITSTATUS(status) <= OTHER);
	return (enum outcome)WEXITSTATUS(status);
}

static unsigned
check(const struct sandbox *sandbox, const char *role, const struct trial *trial,
    enum outcome expected)
{
	enum outcome got = attempt(sandbox, trial->run, 0);

	if (got == expected)
		return 0;
	print_error("FAIL: %s in %s, expected %s, got %s\n", trial->name, role,
	    outcome_texts[expected], outcome_texts[got]);
	return 1;
}

static void
test_trials(void **state)
{
	struct sandbox gateway = sandbox_of(IPC__ROLE_ID__ROLE_GATEWAY);
	struct sandbox auth = sandbox_of(IPC__ROLE_ID__ROLE_AUTH);
	struct sandbox pki = sandbox_of(IPC__ROLE_ID__ROLE_PKI);
	unsigned failed = 0;

	(void)state;
	if (!sandbox_is_built())
		skip();
	for (size_t i = 0; i < ARRAY_LEN(trials); i++) {
		failed += check(&gateway, "gateway", &trials[i], trials[i].gateway);
		failed += check(&auth, "auth", &trials[i], trials[i].auth);
		failed += check(&pki, "pki", &trials[i], trials[i].pki);
	}
	assert_int_equal(failed, 0);
}

/* Collectors of log lines are the only reason for sockets that a role has not by its job. */
static void
test_collectors(void **state)
{
	struct sandbox gateway = sandbox_of(IPC__ROLE_ID__ROLE_GATEWAY);
	struct sandbox auth = sandbox_of(IPC__ROLE_ID__ROLE_AUTH);

	(void)state;
	if (!sandbox_is_built())
		skip();
	gateway.network_logs = auth.network_logs = true;
	assert_int_equal(attempt(&gateway, try_udp, 0), DONE);
	assert_int_equal(attempt(&gateway, try_tcp, 0), DONE);
	assert_int_equal(attempt(&gateway, try_connect, 0), DONE);
	assert_int_equal(attempt(&auth, try_tcp6, 0), DONE);
	assert_int_equal(attempt(&gateway, try_packet, 0), KILLED);
}

/* What not even the parent may call ends every process, whatever the arguments. */
static void
test_killing_rows(void **state)
{
	static const Ipc__RoleId roles[] = {IPC__ROLE_ID__ROLE_PARENT, IPC__ROLE_ID__ROLE_GATEWAY,
	    IPC__ROLE_ID__ROLE_AUTH, IPC__ROLE_ID__ROLE_PKI};
	unsigned tried = 0;

	(void)state;
	if (!sandbox_is_built())
		skip();
	for (size_t i = 0; i < sandbox_calls_len; i++) {
		const struct sandbox_call *row = &sandbox_calls[i];
		int nr = seccomp_syscall_resolve_name(row->name);

		if ((row->verdict != SANDBOX_TRAP && row->verdict != SANDBOX_KILL) || nr < 0)
			continue;
		for (size_t r = 0; r < ARRAY_LEN(roles); r++) {
			struct sandbox sandbox = sandbox_of(roles[r]);

			if (attempt(&sandbox, NULL, nr) != KILLED)
				fail_msg("FAIL: %s in role %d, expected killed, got on", row->name,
				    (int)roles[r]);
			tried++;
		}
	}
	assert_true(tried > 100);
}

/* What a call that is not listed leaves in the log. */
static void
test_last_line(void **state)
{
	struct sandbox sandbox = sandbox_of(IPC__ROLE_ID__ROLE_PKI);
	char line[256], expected[128];
	int out[2], status;
	ssize_t len;
	pid_t pid;

	(void)state;
	if (!sandbox_is_built())
		skip();
	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		dup2(out[1], STDERR_FILENO);
		if (sandbox_enter(&sandbox) == ERR_OK)
			(void)try_memfd();
		_exit(99);
	}
	close(out[1]);
	len = read(out[0], line, sizeof(line) - 1);
	assert_true(len > 0);
	line[len] = '\0';
	snprintf(expected, sizeof(expected),
	    "sekishod test: sandbox: system call memfd_create (%d), with these arguments, is not "
	    "in its list\n",
	    SYS_memfd_create);
	assert_string_equal(line, expected);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	close(out[0]);
}

/* ---- what it could reach by sockets that it was given, were it not for Landlock ---- */

static int
landlock_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static int
try_stranger(void)
{
	return (int)sendto(unix_fd, "x", 1, 0, (struct sockaddr *)&stranger, stranger_len);
}

/* To a port that is closed: refused by it is not what is asked here. */
static int
try_connect_tcp(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(9)};

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(tcp_fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 || errno == ECONNREFUSED
		   ? 0
		   : -1;
}

static int
try_bind_tcp(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};

	return bind(tcp_fd, (struct sockaddr *)&sa, sizeof(sa));
}

static void
test_reach(void **state)
{
	struct sandbox auth = sandbox_of(IPC__ROLE_ID__ROLE_AUTH);
	struct sandbox pki = sandbox_of(IPC__ROLE_ID__ROLE_PKI);
	int version = landlock_version();

	(void)state;
	if (!sandbox_is_built())
		skip();
	assert_true(try_stranger() >= 0); /* else this proves nothing */
	if (version >= 6) {
		assert_int_equal(attempt(&auth, try_stranger, 0), OTHER);
		assert_int_equal(attempt(&pki, try_stranger, 0), OTHER);
	}
	if (version >= 4) {
		assert_int_equal(attempt(&auth, try_connect_tcp, 0), REFUSED);
		assert_int_equal(attempt(&auth, try_bind_tcp, 0), REFUSED);
		assert_int_equal(attempt(&pki, try_bind_tcp, 0), REFUSED);
	}
	assert_int_equal(attempt(&pki, try_connect_tcp, 0), DONE);
}

/* The parent starts programs, its children inherit its list. */
static void
test_parent(void **state)
{
	struct sandbox parent = sandbox_of(IPC__ROLE_ID__ROLE_PARENT);

	(void)state;
	if (!sandbox_is_built())
		skip();
	assert_int_equal(attempt(&parent, try_exec, 0), DONE);
	assert_int_equal(attempt(&parent, try_fork, 0), DONE);
	assert_int_equal(attempt(&parent, try_read_passwd, 0), DONE);
	assert_int_equal(attempt(&parent, try_read_memory, 0), KILLED);
}

/* A misspelt name would be left out in silence. */
static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sandbox_calls_len; i++)
		if (seccomp_syscall_resolve_name(sandbox_calls[i].name) == __NR_SCMP_ERROR)
			fail_msg("FAIL: no architecture has %s", sandbox_calls[i].name);
}

static int
setup(void **state)
{
	(void)state;
	test_pid = getpid();
	assert_non_null(mkdtemp(folder));
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY);
	tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unix_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	stranger_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Without a name the kernel chooses an abstract one. */
	assert_int_equal(
	    bind(stranger_fd, (struct sockaddr *)&stranger, sizeof(stranger.sun_family)), 0);
	assert_int_equal(getsockname(stranger_fd, (struct sockaddr *)&stranger, &stranger_len), 0);
	return folder_fd >= 0 && tcp_fd >= 0 && unix_fd >= 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	close(stranger_fd);
	close(unix_fd);
	close(tcp_fd);
	close(folder_fd);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trials),
	    cmocka_unit_test(test_collectors),
	    cmocka_unit_test(test_killing_rows),
	    cmocka_unit_test(test_last_line),
	    cmocka_unit_test(test_reach),
	    cmocka_unit_test(test_parent),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
