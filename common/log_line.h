/* SPDX-License-Identifier: Apache-2.0 */
/* One event as a line in each of the formats that collectors understand. No state. */
#ifndef COMMON_LOG_LINE_H
#define COMMON_LOG_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum log_format {
	LOG_FORMAT_PLAIN,     /* "2026-11-21T03:43:04.123Z info auth[4711]: text" */
	LOG_FORMAT_KEY_VALUE, /* time=.. level=.. process=.. pid=.. [id= session= audit-session-id=]
				 msg="text" */
	LOG_FORMAT_JSON,      /* the same as an object */
	LOG_FORMAT_LOCAL,     /* what /dev/log takes: "<166>Nov 21 03:43:04 sekishod[4711]: info
				 auth[4711]: text" */
	LOG_FORMAT_ASA,       /* "<166>Nov 21 2026 03:43:04 host : %ASA-6-113039: text" */
	LOG_FORMAT_RFC5424,   /* with session and audit-session-id as structured data */
	LOG_FORMATS
};

#define LOG_LINE_SIZE 7168 /* of the longest line; a text of quotes is cut in JSON */
#define LOG_TEXT_SIZE 4032 /* of an event's escaped text */

struct log_line {
	struct timespec time;
	int severity;
	unsigned id;         /* of an ASA message; 0: none */
	const char *process; /* "auth" */
	long pid;
	const char *host;
	int facility;         /* LOG_LOCAL4 and kin */
	int journal;          /* stderr is the journal's: "<6>" goes before, the time is its own */
	uint32_t session;     /* as in 737016; 0: of no session */
	const char *audit_id; /* NULL or "": none */
	const char *text;     /* escaped: printable UTF-8 */
};

/* "info". */
const char *log_severity_name(int severity);
/* text with everything that is not printable UTF-8 as \xNN; cut to size - 1. Returns the length. */
size_t log_escape(char *out, size_t size, const char *text);
/* The line without its end, terminated and cut to size - 1. Returns its length. */
size_t log_line(enum log_format format, const struct log_line *line, char *out, size_t size);

#endif
