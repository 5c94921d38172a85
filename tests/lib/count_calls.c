/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library for LD_PRELOAD that counts what the packet path must not do per packet: allocations, of
 * the program itself and of its libraries, locks, and the system calls that carry packets. The
 * counters are in the file that COUNT_FILE names, mapped before the program gives up its rights, in
 * the order of enum counted, 64 bits each. Only the process whose first arguments are "-R gateway"
 * counts.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum counted { OWN_ALLOCATIONS, LIBRARY_ALLOCATIONS, LOCKS, READS, WRITES, COUNTED };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static atomic_ullong nowhere[COUNTED];
static atomic_ullong *counters = nowhere;

static uintptr_t program_begin, program_end;

static void
count(enum counted what)
{
	atomic_fetch_add_explicit(&counters[what], 1, memory_order_relaxed);
}

/* For the first object, which is the program. */
static int
find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	program_begin = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD)
			program_end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
	}
	return 1;
}

static void
count_allocation(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	count(at >= program_begin && at < program_end ? OWN_ALLOCATIONS : LIBRARY_ALLOCATIONS);
}

static int
is_gateway(void)
{
	static const char wanted[] = "sekishod\0-R\0gateway";
	char line[sizeof(wanted)] = "";
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, line, sizeof(line));

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)sizeof(line) && memcmp(line, wanted, sizeof(wanted)) == 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("COUNT_FILE");
	void *map;
	int fd;

	if (path == NULL || !is_gateway())
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	map = mmap(NULL, COUNTED * sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	(void)dl_iterate_phdr(find_program, NULL);
	if (map != MAP_FAILED)
		counters = map;
}

void *
malloc(size_t size)
{
	count_allocation(__builtin_return_address(0));
	return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	count_allocation(__builtin_return_address(0));
	return __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
	count_allocation(__builtin_return_address(0));
	return __libc_realloc(old, size);
}

/* The C library's own function, found once. */
#define REAL(name)                                                                                 \
	static __typeof__(&name) real;                                                             \
	if (real == NULL)                                                                          \
	real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
	REAL(pthread_mutex_lock);
	count(LOCKS);
	return real(mutex);
}

int
pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	REAL(pthread_rwlock_rdlock);
	count(LOCKS);
	return real(lock);
}

int
pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	REAL(pthread_rwlock_wrlock);
	count(LOCKS);
	return real(lock);
}

ssize_t
read(int fd, void *data, size_t len)
{
	REAL(read);
	count(READS);
	return real(fd, data, len);
}

ssize_t
recv(int fd, void *data, size_t len, int flags)
{
	REAL(recv);
	count(READS);
	return real(fd, data, len, flags);
}

int
recvmmsg(int fd, struct mmsghdr *msgs, unsigned len, int flags, struct timespec *timeout)
{
	REAL(recvmmsg);
	count(READS);
	return real(fd, msgs, len, flags, timeout);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	REAL(write);
	count(WRITES);
	return real(fd, data, len);
}

ssize_t
writev(int fd, const struct iovec *iov, int len)
{
	REAL(writev);
	count(WRITES);
	return real(fd, iov, len);
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	REAL(send);
	count(WRITES);
	return real(fd, data, len, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	REAL(sendmsg);
	count(WRITES);
	return real(fd, msg, flags);
}

int
sendmmsg(int fd, struct mmsghdr *msgs, unsigned len, int flags)
{
	REAL(sendmmsg);
	count(WRITES);
	return real(fd, msgs, len, flags);
}
