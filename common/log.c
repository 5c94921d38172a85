/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging. A line is built in a bounded buffer on the stack and leaves with one write, so threads
 * need no lock. What a client puts into a name can neither end the line nor move a terminal's
 * cursor: the whole text is escaped here.
 */
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/str.h"

#define TEXT_MAX 2048 /* of a formatted message; longer ones end in "..." */
#define LINE_MAX_LEN 4096

static const char *const severity_names[] = {
    "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"};

static const char *process_name = "sekishod";
static bool journal; /* stderr is the journal's stream */
static atomic_int level = LOG_INFO;
static atomic_bool to_stderr = true;
static atomic_bool to_syslog;

/* True if our stderr is what JOURNAL_STREAM ("device:inode") names: the variable alone may be
 * inherited. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[48];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, ours) == 0;
}

void
log_init(const char *name, const struct log_config *config)
{
	process_name = name;
	journal = stderr_is_journal();
	tzset(); /* syslog() prints local time, and /etc may be out of reach later */
	log_configure(config);
}

void
log_configure(const struct log_config *config)
{
	/* Connect now: /dev/log is not there any more after chroot. */
	if (config->to_syslog && !atomic_load(&to_syslog))
		openlog("sekishod", LOG_NDELAY | LOG_PID, LOG_LOCAL4);
	atomic_store(&level, config->level);
	atomic_store(&to_stderr, config->to_stderr);
	atomic_store(&to_syslog, config->to_syslog);
}

bool
log_enabled(int severity)
{
	return severity <= atomic_load_explicit(&level, memory_order_relaxed);
}

/* Append text to line, everything that is not printable UTF-8 as \xNN. Returns the new length, <
 * size. */
static size_t
put_escaped(char *line, size_t size, size_t used, const char *text)
{
	while (*text != '\0') {
		uint32_t code;
		size_t len = str_utf8(text, &code);
		bool good = len > 0 && !str_is_control(code);
		size_t n = len > 0 ? len : 1;

		if (used + (good ? n : 4 * n) >= size)
			break;
		if (good)
			memcpy(line + used, text, n);
		for (size_t i = 0; !good && i < n; i++)
			snprintf(line + used + 4 * i, 5, "\\x%02x", (uint8_t)text[i]);
		used += good ? n : 4 * n;
		text += n;
	}
	line[used] = '\0';
	return used;
}

/* "2026-11-21T03:43:04.123Z " or, for the journal, "<6>". */
static size_t
put_head(char *line, size_t size, int severity)
{
	struct timespec now;
	struct tm tm;
	size_t used;

	if (journal)
		return (size_t)snprintf(line, size, "<%d>", severity);
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	used = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &tm);
	return used + (size_t)snprintf(line + used, size - used, ".%03ldZ ", now.tv_nsec / 1000000);
}

/* The line as stderr gets it, terminated; *text_at is where the event's own text begins. Returns
 * its length. */
static size_t
build_line(char *line, size_t size, int severity, const char *text, size_t *text_at)
{
	size_t used = put_head(line, size, severity);

	used += (size_t)snprintf(line + used, size - used,
	    "%s %s[%ld]: ", severity_names[severity & LOG_PRIMASK], process_name, (long)getpid());
	*text_at = used;
	return put_escaped(line, size, used, text);
}

static PRINTF_LIKE(2, 0) void log_args(int severity, const char *fmt, va_list args)
{
	int saved_errno = errno;
	char text[TEXT_MAX];
	char line[LINE_MAX_LEN];
	size_t len, text_at;

	text[0] = '\0';
	if (vsnprintf(text, sizeof(text), fmt, args) >= (int)sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	len = build_line(line, sizeof(line), severity, text, &text_at);
	if (atomic_load(&to_syslog))
		syslog(severity, "%s", line + text_at);
	line[len++] = '\n'; /* in the place of the final NUL */
	if (atomic_load(&to_stderr) && write(STDERR_FILENO, line, len) < 0)
		errno = 0; /* nobody to tell when stderr is gone */
	errno = saved_errno;
}

void
log_event(int severity, const char *fmt, ...)
{
	va_list args;

	if (!log_enabled(severity))
		return;
	va_start(args, fmt);
	log_args(severity, fmt, args);
	va_end(args);
}

void
log_lines(int severity, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (len > 0)
			log_event(severity, "%.*s", (int)len, text);
		text += len + (text[len] == '\n' ? 1 : 0);
	}
}

void
die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_args(LOG_ERR, fmt, args);
	va_end(args);
	exit(1);
}

bool
log_limit_ok(struct log_limit *limit, unsigned *suppressed)
{
	uint64_t now_ms = clock_mono_ms();

	*suppressed = 0;
	if (now_ms - limit->window_ms >= (uint64_t)limit->interval_sec * 1000) {
		limit->window_ms = now_ms;
		limit->used = 0;
		*suppressed = limit->suppressed;
		limit->suppressed = 0;
	}
	if (limit->used >= limit->burst) {
		limit->suppressed++;
		return false;
	}
	limit->used++;
	return true;
}
