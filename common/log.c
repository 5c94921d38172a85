/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging. A line is built in bounded buffers on the stack and leaves with one write for each
 * target. What a client puts into a name can neither end the line nor move a terminal's cursor: the
 * whole text is escaped here.
 *
 * The plan is read under a lock that only a reload takes for itself. No packet is ever logged one
 * by one, so nobody meets it on the packet path.
 */
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log_line.h"
#include "common/log_plan.h"
#include "common/log_rule.h"
#include "common/str.h"

#define RAW_MAX 2048 /* of a formatted message; longer ones end in "..." */
#define LOCAL_PATH "/dev/log"
#define HIDDEN_NAME "*****"

static const char *process_name = "sekishod";
static bool journal; /* stderr is the journal's stream */
static atomic_int level = LOG_INFO;
static atomic_bool show_usernames;
static pthread_rwlock_t plan_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct log_plan *plan;  /* NULL: before log_configure(), or memory: plain lines on stderr */
static struct log_sink *local; /* opened once: /dev/log is not there any more after chroot */

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
	tzset(); /* collectors get local time, and /etc may be out of reach later */
	log_configure(config);
}

void
log_configure(const struct log_config *config)
{
	static const struct log_sink_config to_local = {.transport = LOG_UNIX, .path = LOCAL_PATH};
	struct log_plan *old, *next;

	pthread_rwlock_wrlock(&plan_lock);
	old = plan;
	if (config->to_syslog && local == NULL)
		local = log_sink_new(&to_local);
	/* What reads /dev/log beside a journal's stream is the journal too. */
	next = log_plan_new(config, journal && log_plan_same(config) ? NULL : local, old);
	if (next != NULL)
		plan = next;
	atomic_store(&level, next == NULL ? config->level : next->level);
	atomic_store(&show_usernames, next != NULL && next->show_usernames);
	pthread_rwlock_unlock(&plan_lock);
	if (next != NULL)
		log_plan_free(old);
}

void
log_close(void)
{
	pthread_rwlock_wrlock(&plan_lock);
	log_plan_free(plan);
	log_sink_free(local);
	plan = NULL;
	local = NULL;
	atomic_store(&level, -1);
	pthread_rwlock_unlock(&plan_lock);
	log_sink_drain();
}

bool
log_enabled(int severity)
{
	return severity <= atomic_load_explicit(&level, memory_order_relaxed);
}

const char *
log_username(const char *username)
{
	return atomic_load(&show_usernames) ? username : HIDDEN_NAME;
}

/* ---- one line ---- */

static void
write_stderr(char *line, size_t len)
{
	line[len++] = '\n'; /* in the place of the final NUL */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = 0; /* nobody to tell when stderr is gone */
}

static void
put_target(const struct log_target *target, const struct log_line *line)
{
	char text[LOG_LINE_SIZE];
	size_t len = log_line(target->format, line, text, sizeof(text));

	if (target->sink != NULL)
		log_sink_put(target->sink, text, len);
	else
		write_stderr(text, len);
}

/* Where lines were lost, and where one gets through again. */
static void
put_loss(const struct log_target *target, const struct log_line *about)
{
	unsigned lost = target->sink != NULL ? log_sink_lost(target->sink) : 0;
	struct log_line line = *about;
	char text[128], out[512];
	size_t len;

	if (lost == 0)
		return;
	snprintf(text, sizeof(text), "%u lines before this one were lost on their way here", lost);
	line.severity = LOG_WARNING;
	line.id = 0;
	line.session = 0;
	line.audit_id = NULL;
	line.text = text;
	len = log_line(target->format, &line, out, sizeof(out));
	if (log_sink_try(target->sink, out, len))
		log_sink_told(target->sink, lost);
}

static void
put_line(const struct log_line *line)
{
	for (size_t i = 0; i < plan->targets_len; i++) {
		const struct log_target *target = &plan->targets[i];

		if (!log_target_wants(target, line->severity, line->id))
			continue;
		put_loss(target, line);
		put_target(target, line);
	}
}

static void
put_suppressed(const struct log_line *about, unsigned suppressed)
{
	struct log_line line = *about;
	char text[128];

	snprintf(text, sizeof(text), "%u lines like the next one were held back by a rate limit",
	    suppressed);
	line.id = 0;
	line.session = 0;
	line.audit_id = NULL;
	line.text = text;
	put_line(&line);
}

/* With the plan's lock. */
static void
emit(struct log_line *line)
{
	static const struct log_target early = {.format = LOG_FORMAT_PLAIN};
	unsigned suppressed = 0;

	if (plan == NULL) {
		put_target(&early, line);
		return;
	}
	line->host = plan->host;
	line->facility = plan->facility;
	if (!log_plan_allows(plan, line->severity, line->id, &suppressed))
		return;
	if (suppressed > 0)
		put_suppressed(line, suppressed);
	put_line(line);
}

static PRINTF_LIKE(3, 0) void log_args(
    const struct log_about *about, int severity, const char *fmt, va_list args)
{
	int saved_errno = errno;
	char raw[RAW_MAX];
	char text[LOG_TEXT_SIZE];
	struct log_line line = {
	    .severity = severity,
	    .process = process_name,
	    .pid = (long)getpid(),
	    .host = "-",
	    .journal = journal,
	    .text = text,
	};

	raw[0] = '\0';
	if (vsnprintf(raw, sizeof(raw), fmt, args) >= (int)sizeof(raw))
		memcpy(raw + sizeof(raw) - 4, "...", 4);
	(void)log_escape(text, sizeof(text), raw);
	line.id = log_message_id(text);
	if (about != NULL) {
		line.session = about->session;
		line.audit_id = about->audit_id;
	}
	clock_gettime(CLOCK_REALTIME, &line.time);
	pthread_rwlock_rdlock(&plan_lock);
	emit(&line);
	pthread_rwlock_unlock(&plan_lock);
	errno = saved_errno;
}

void
log_event(int severity, const char *fmt, ...)
{
	va_list args;

	if (!log_enabled(severity))
		return;
	va_start(args, fmt);
	log_args(NULL, severity, fmt, args);
	va_end(args);
}

void
log_of(struct log_about about, int severity, const char *fmt, ...)
{
	va_list args;

	if (!log_enabled(severity))
		return;
	va_start(args, fmt);
	log_args(&about, severity, fmt, args);
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
	log_args(NULL, LOG_ERR, fmt, args);
	va_end(args);
	log_close();
	exit(1);
}
