/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging: one event, one line, to each target that wants it: stderr, /dev/log, collectors
 * (common/log_line.h: their formats; common/log_rule.h: which lines). Thread safe, and never waits
 * for a collector. Text from outside must go through str_printable() or the logger's own escaping:
 * the logger escapes every control character of the whole line.
 *
 * Under journald (JOURNAL_STREAM set) a line on stderr starts with "<N>" instead of the time.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h> /* LOG_ERR .. LOG_DEBUG are the severities */

#include "common/attr.h"
#include "common/logmsg.h"

struct log_config {
	int level; /* LOG_ERR .. LOG_DEBUG: less severe lines are dropped */
	bool to_stderr;
	bool to_syslog;
	/* More of it; NULL: plain lines, facility local4. Borrowed during the call. */
	const struct Ipc__LogPlan *plan;
};

/* The session that a line is about, as fields where a format has fields. */
struct log_about {
	uint32_t session;     /* as "Session=0x.." in 737016: the index, shifted by 12; 0: none */
	const char *audit_id; /* audit-session-id; NULL: none */
};

/* Name this process in its lines ("parent", "gateway", "auth", "pki"). name must stay valid. */
void log_init(const char *name, const struct log_config *config);
/* Change destinations and level at run time. */
void log_configure(const struct log_config *config);
/* True if a line of this severity would be written: guard for costly arguments. */
bool log_enabled(int severity);

/* log_event(LOGMSG_113039, ...) writes a numbered ASA message; log_info("...") a free one. errno is
 * kept. */
void log_event(int severity, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same about a session, or a login that may become one. */
void log_of(struct log_about about, int severity, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A name that may be nobody's, such as a password in the wrong field: "*****", as the ASA writes it
 * (asa.md 8), unless hide-username is off. */
const char *log_username(const char *username);
/* End of the process: what is queued for collectors gets a second. Nothing is logged afterwards. */
void log_close(void);

/* A text of several lines as so many events; empty lines are left out. */
void log_lines(int severity, const char *text);

#define log_err(...) log_event(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_event(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_event(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_event(LOG_DEBUG, __VA_ARGS__)

/* Start-up only: log at LOG_ERR and exit 1. */
void die(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;

/* A rate limiter for one kind of line: at most burst lines per interval, then one line with the
 * count. */
struct log_limit {
	unsigned burst;
	unsigned interval_sec;
	unsigned long long window_ms; /* start of the current window */
	unsigned used;
	unsigned suppressed;
};
/* True if the line may be written now; *suppressed gets the count dropped before it. Not thread
 * safe per limiter. */
bool log_limit_ok(struct log_limit *limit, unsigned *suppressed);

#endif
