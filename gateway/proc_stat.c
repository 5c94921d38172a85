/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/stat: one line of numbers, behind a name that may hold anything. */
#include "gateway/proc_stat.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"

#define STAT_MAX 4096
/* Counted from the state, which is the first behind the name. */
#define FIELD_UTIME 11
#define FIELD_STIME 12
#define FIELD_RSS 21

/* The n-th word of a text as a number. */
static enum err
field(const char *text, unsigned n, uint64_t *out)
{
	char word[24];
	size_t len;

	for (unsigned i = 0;; i++) {
		text += strspn(text, " ");
		len = strcspn(text, " \n");
		if (len == 0)
			return ERR_SYNTAX;
		if (i == n)
			break;
		text += len;
	}
	if (len >= sizeof(word) || str_copy_n(word, sizeof(word), text, len) != ERR_OK)
		return ERR_SYNTAX;
	return str_to_u64(word, 0, UINT64_MAX / 4096, out);
}

enum err
proc_stat_take(const char *text, unsigned long ticks, unsigned long page, Ipc__MetricsProcess *out)
{
	const char *rest = strrchr(text, ')');
	uint64_t user, system, pages;

	if (rest == NULL || ticks == 0 || field(rest + 1, FIELD_UTIME, &user) != ERR_OK ||
	    field(rest + 1, FIELD_STIME, &system) != ERR_OK ||
	    field(rest + 1, FIELD_RSS, &pages) != ERR_OK)
		return ERR_SYNTAX;
	out->cpu_ms = (user + system) * 1000 / ticks;
	out->memory = pages * page;
	return ERR_OK;
}

enum err
proc_stat_read(pid_t pid, Ipc__MetricsProcess *out)
{
	long ticks = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
	char path[64], text[STAT_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ticks <= 0 || page <= 0) {
		if (fd >= 0)
			close(fd);
		return ERR_SYS;
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return ERR_SYS;
	text[n] = '\0';
	return proc_stat_take(text, (unsigned long)ticks, (unsigned long)page, out);
}
