/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may call what. For the parent there are only calls that nobody needs: its list is inherited
 * by the children, and it has to start them. What a child's list has not is its end, by name in the
 * log. Rows of one call must not overlap.
 */
#include "common/sandbox_calls.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/attr.h"

#define G SANDBOX_BIT(IPC__ROLE_ID__ROLE_GATEWAY)
#define A SANDBOX_BIT(IPC__ROLE_ID__ROLE_AUTH)
#define P SANDBOX_BIT(IPC__ROLE_ID__ROLE_PKI)
#define ALL (G | A | P)
#define PARENT SANDBOX_BIT(IPC__ROLE_ID__ROLE_PARENT)

#define INT 0xffffffff  /* arguments of 32 bits: the rest of the register is the caller's */
#define SIGN 0x80000000 /* of such a one */
#define TYPE 0xf        /* SOCK_TYPE_MASK of the kernel */
#define NAMES_OF_MAPS 0x53564d41 /* PR_SET_VMA, which libc calls for its own maps */
/* A thread and no new view of the system: what all threads share, and what none of them gets. */
#define SHARED (CLONE_THREAD | CLONE_VM | CLONE_SIGHAND)
#define VIEWS                                                                                      \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	    CLONE_NEWPID | CLONE_NEWNET)

#define SOCKET(family, type, protocol, what, who, whenever)                                        \
	{                                                                                          \
		.name = "socket", .verdict = (what), .roles = (who), .when = (whenever),           \
		.first = {0, INT, family}, .second = {1, TYPE, type}, .third = {                   \
			2,                                                                         \
			INT,                                                                       \
			protocol                                                                   \
		}                                                                                  \
	}
#define OPTION(level, option, who)                                                                 \
	{                                                                                          \
		.name = "setsockopt", .verdict = SANDBOX_ALLOW, .roles = (who),                    \
		.first = {1, INT, level}, .second = {                                              \
			2,                                                                         \
			INT,                                                                       \
			option                                                                     \
		}                                                                                  \
	}
#define FCNTL(command)                                                                             \
	{                                                                                          \
		.name = "fcntl", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {                \
			1,                                                                         \
			INT,                                                                       \
			command                                                                    \
		}                                                                                  \
	}

const struct sandbox_call sandbox_calls[] = {
    /* Bytes in and out of descriptors that are there. */
    {.name = "read", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "readv", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "write", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "writev", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "recvfrom", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "recvmsg", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "sendto", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "sendmsg", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "recvmmsg", .verdict = SANDBOX_ALLOW, .roles = G},
    {.name = "sendmmsg", .verdict = SANDBOX_ALLOW, .roles = G},
    {.name = "close", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "shutdown", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "dup", .verdict = SANDBOX_ALLOW, .roles = ALL},
    /* Not: who gets a signal for it. */
    FCNTL(F_DUPFD),
    FCNTL(F_DUPFD_CLOEXEC),
    FCNTL(F_GETFD),
    FCNTL(F_SETFD),
    FCNTL(F_GETFL),
    FCNTL(F_SETFL),
    {.name = "fstat", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "lseek", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getsockopt", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getsockname", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getpeername", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "accept4", .verdict = SANDBOX_ALLOW, .roles = G | A},

    /* Options of sockets, one by one: most of them are code of the kernel that nobody reads. */
    OPTION(SOL_SOCKET, SO_LINGER, ALL),
    OPTION(SOL_SOCKET, SO_KEEPALIVE, ALL),
    OPTION(SOL_SOCKET, SO_RCVBUF, ALL),
    OPTION(SOL_SOCKET, SO_SNDBUF, ALL),
    OPTION(IPPROTO_TCP, TCP_NODELAY, ALL),
    OPTION(IPPROTO_UDP, UDP_SEGMENT, G),
    OPTION(IPPROTO_UDP, UDP_GRO, G),
    OPTION(IPPROTO_IP, IP_PKTINFO, A), /* CoA answers from where it was asked */
    OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO, A),
    OPTION(IPPROTO_IPV6, IPV6_V6ONLY, A),

    /* Event loops and their wake-ups. */
    {.name = "epoll_create", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "epoll_create1", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "epoll_ctl", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "epoll_wait", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "epoll_pwait", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "epoll_pwait2", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "poll", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "ppoll", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "select", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "pselect6", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "eventfd2", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "pipe2", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "timerfd_create", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "timerfd_settime", .verdict = SANDBOX_ALLOW, .roles = ALL},

    /* Time, randomness, who am I. */
    {.name = "clock_gettime", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "clock_getres", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "clock_nanosleep", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "nanosleep", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "gettimeofday", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "time", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getrandom", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getpid", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "gettid", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getuid", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "geteuid", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getgid", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getegid", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "uname", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "sysinfo", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "getrusage", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "sched_getaffinity", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "sched_yield", .verdict = SANDBOX_ALLOW, .roles = ALL},

    /* Memory, but none that can be run. */
    {.name = "mmap", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {2, PROT_EXEC, 0}},
    {.name = "mprotect", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {2, PROT_EXEC, 0}},
    {.name = "munmap", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "mremap", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "madvise", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "brk", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "mlock", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "mlock2", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "munlock", .verdict = SANDBOX_ALLOW, .roles = ALL},

    /* Threads, no processes. clone3 has its flags in memory, where no filter sees them. */
    {.name = "clone", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {0, SHARED | VIEWS, SHARED}},
    {.name = "clone3", .verdict = SANDBOX_ABSENT, .roles = ALL},
    {.name = "futex", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "set_robust_list", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "rseq", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "membarrier", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "exit", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "exit_group", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "restart_syscall", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "rt_sigprocmask", .verdict = SANDBOX_ALLOW, .roles = ALL},
    /* Two that libc keeps for its threads. */
    {.name = "rt_sigaction", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {0, INT, 32}},
    {.name = "rt_sigaction", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {0, INT, 33}},
    {.name = "rt_sigreturn", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "sigaltstack", .verdict = SANDBOX_ALLOW, .roles = ALL},
    {.name = "prctl", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {0, INT, PR_SET_NAME}},
    {.name = "prctl", .verdict = SANDBOX_ALLOW, .roles = G, .first = {0, INT, PR_SET_TIMERSLACK}},
    {.name = "prctl", .verdict = SANDBOX_REFUSE, .roles = ALL, .first = {0, INT, NAMES_OF_MAPS}},

    /* libevent asks how much there is, libc whether stderr is a terminal. */
    {.name = "ioctl", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {1, INT, FIONREAD}},
    {.name = "ioctl", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {1, INT, FIONBIO}},
    {.name = "ioctl", .verdict = SANDBOX_REFUSE, .roles = ALL, .first = {1, INT, TCGETS}},
    {.name = "ioctl", .verdict = SANDBOX_ALLOW, .roles = G, .first = {1, INT, TUNSETVNETHDRSZ}},
    {.name = "ioctl", .verdict = SANDBOX_ALLOW, .roles = G, .first = {1, INT, TUNSETOFFLOAD}},

    /* Files by name: libc looks for its own now and then, and finds none in an empty root. */
    {.name = "open", .verdict = SANDBOX_REFUSE, .roles = ALL},
    {.name = "openat", .verdict = SANDBOX_REFUSE, .roles = G | P},
    {.name = "access", .verdict = SANDBOX_REFUSE, .roles = ALL},
    {.name = "faccessat2", .verdict = SANDBOX_REFUSE, .roles = ALL},
    {.name = "readlink", .verdict = SANDBOX_REFUSE, .roles = ALL},
    {.name = "stat", .verdict = SANDBOX_REFUSE, .roles = ALL},
    {.name = "statx", .verdict = SANDBOX_REFUSE, .roles = ALL},
    /* fstat() of today's libc is an empty name in a folder that is a descriptor. */
    {.name = "newfstatat", .verdict = SANDBOX_ALLOW, .roles = ALL, .first = {0, SIGN, 0}},
    {.name = "newfstatat", .verdict = SANDBOX_REFUSE, .roles = ALL, .first = {0, SIGN, SIGN}},

    /* The state directory, which is a descriptor; Landlock keeps it from climbing out. */
    {.name = "openat", .verdict = SANDBOX_ALLOW, .roles = A, .first = {0, SIGN, 0}},
    {.name = "openat", .verdict = SANDBOX_REFUSE, .roles = A, .first = {0, SIGN, SIGN}},
    {.name = "renameat",
	.verdict = SANDBOX_ALLOW,
	.roles = A,
	.first = {0, SIGN, 0},
	.second = {2, SIGN, 0}},
    {.name = "unlinkat", .verdict = SANDBOX_ALLOW, .roles = A, .first = {0, SIGN, 0}},
    {.name = "getdents64", .verdict = SANDBOX_ALLOW, .roles = A},
    {.name = "fsync", .verdict = SANDBOX_ALLOW, .roles = A},
    {.name = "fdatasync", .verdict = SANDBOX_ALLOW, .roles = A},
    {.name = "syncfs", .verdict = SANDBOX_ALLOW, .roles = A}, /* for many records at once */
    {.name = "ftruncate", .verdict = SANDBOX_ALLOW, .roles = A},

    /*
     * Sockets of its own: auth for RADIUS, pki for names and HTTP, gateway for nothing. Others are
     * refused, not punished: a reload may ask for a collector of log lines.
     */
    SOCKET(AF_INET, SOCK_DGRAM, 0, SANDBOX_ALLOW, A | P, SANDBOX_ALWAYS),
    SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP, SANDBOX_ALLOW, A | P, SANDBOX_ALWAYS),
    SOCKET(AF_INET6, SOCK_DGRAM, 0, SANDBOX_ALLOW, A | P, SANDBOX_ALWAYS),
    SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, SANDBOX_ALLOW, A | P, SANDBOX_ALWAYS),
    SOCKET(AF_INET, SOCK_STREAM, 0, SANDBOX_ALLOW, P, SANDBOX_ALWAYS),
    SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP, SANDBOX_ALLOW, P, SANDBOX_ALWAYS),
    SOCKET(AF_INET6, SOCK_STREAM, 0, SANDBOX_ALLOW, P, SANDBOX_ALWAYS),
    SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP, SANDBOX_ALLOW, P, SANDBOX_ALWAYS),
    SOCKET(AF_INET, SOCK_DGRAM, 0, SANDBOX_ALLOW, G, SANDBOX_LOGS),
    SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP, SANDBOX_ALLOW, G, SANDBOX_LOGS),
    SOCKET(AF_INET6, SOCK_DGRAM, 0, SANDBOX_ALLOW, G, SANDBOX_LOGS),
    SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, SANDBOX_ALLOW, G, SANDBOX_LOGS),
    SOCKET(AF_INET, SOCK_STREAM, 0, SANDBOX_ALLOW, G | A, SANDBOX_LOGS),
    SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP, SANDBOX_ALLOW, G | A, SANDBOX_LOGS),
    SOCKET(AF_INET6, SOCK_STREAM, 0, SANDBOX_ALLOW, G | A, SANDBOX_LOGS),
    SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP, SANDBOX_ALLOW, G | A, SANDBOX_LOGS),
    SOCKET(AF_INET, SOCK_DGRAM, 0, SANDBOX_REFUSE, G, SANDBOX_QUIET),
    SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP, SANDBOX_REFUSE, G, SANDBOX_QUIET),
    SOCKET(AF_INET6, SOCK_DGRAM, 0, SANDBOX_REFUSE, G, SANDBOX_QUIET),
    SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, SANDBOX_REFUSE, G, SANDBOX_QUIET),
    SOCKET(AF_INET, SOCK_STREAM, 0, SANDBOX_REFUSE, G | A, SANDBOX_QUIET),
    SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP, SANDBOX_REFUSE, G | A, SANDBOX_QUIET),
    SOCKET(AF_INET6, SOCK_STREAM, 0, SANDBOX_REFUSE, G | A, SANDBOX_QUIET),
    SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP, SANDBOX_REFUSE, G | A, SANDBOX_QUIET),
    SOCKET(AF_UNIX, SOCK_DGRAM, 0, SANDBOX_REFUSE, ALL, SANDBOX_ALWAYS),
    SOCKET(AF_UNIX, SOCK_STREAM, 0, SANDBOX_REFUSE, ALL, SANDBOX_ALWAYS),
    {.name = "connect", .verdict = SANDBOX_ALLOW, .roles = A | P},
    {.name = "connect", .verdict = SANDBOX_ALLOW, .roles = G, .when = SANDBOX_LOGS},
    {.name = "connect", .verdict = SANDBOX_REFUSE, .roles = G, .when = SANDBOX_QUIET},
    {.name = "bind",
	.verdict = SANDBOX_ALLOW,
	.roles = A | P}, /* CoA's ports; libevent's resolver */

    /*
     * What an attacker would want first. ptrace also is how the handler of a call that is not
     * listed ends.
     */
    {.name = "ptrace", .verdict = SANDBOX_KILL, .roles = ALL | PARENT},
    {.name = "execveat", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "process_vm_readv", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "process_vm_writev", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "pidfd_getfd", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "process_madvise", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "kcmp", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "bpf", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "perf_event_open", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "userfaultfd", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "io_uring_setup", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "io_uring_enter", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "io_uring_register", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "init_module", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "finit_module", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "delete_module", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "kexec_load", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "kexec_file_load", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "reboot", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "pivot_root", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "mount", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "umount2", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "move_mount", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "open_tree", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "fsopen", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "fsconfig", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "fsmount", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "fspick", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "mount_setattr", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "setns", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "unshare", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "swapon", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "swapoff", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "acct", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "quotactl", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "iopl", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "ioperm", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "add_key", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "request_key", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "keyctl", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "settimeofday", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "clock_settime", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "adjtimex", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "clock_adjtime", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "sethostname", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "setdomainname", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "open_by_handle_at", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "name_to_handle_at", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "fanotify_init", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "lookup_dcookie", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "syslog", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "uselib", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "personality", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "process_mrelease", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "migrate_pages", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "move_pages", .verdict = SANDBOX_TRAP, .roles = PARENT},
    {.name = "modify_ldt", .verdict = SANDBOX_TRAP, .roles = PARENT},
};
const size_t sandbox_calls_len = ARRAY_LEN(sandbox_calls);
