/* SPDX-License-Identifier: Apache-2.0 */
/* Writes into a bounded buffer: what does not fit is cut, at worst in the middle of the text. */
#include "common/log_line.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "common/attr.h"
#include "common/str.h"

#define PROGRAM "sekishod"
#define SD_ID "sekisho@32473" /* the number that RFC 5612 gives to examples: we have none */

static const char *const severity_names[] = {
    "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"};

/* The end of the line. */
struct out {
	char *at;
	size_t left; /* with the NUL */
};

static PRINTF_LIKE(2, 3) void put(struct out *out, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(out->at, out->left, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len >= out->left)
		len = (int)out->left - 1;
	out->at += len;
	out->left -= (size_t)len;
}

/* In quotes; JSON's and key=value's escapes of a text without control characters are the same, and
 * in structured data ']' is one more. */
static void
put_quoted(struct out *out, const char *text, bool sd)
{
	put(out, "\"");
	/* Room for the rest of a character, the closing quote and what may follow it. */
	while (*text != '\0' && (out->left > 12 || ((unsigned char)*text & 0xc0) == 0x80)) {
		if (*text == '"' || *text == '\\' || (sd && *text == ']'))
			*out->at++ = '\\', out->left--;
		*out->at++ = *text++, out->left--;
	}
	*out->at = '\0';
	put(out, "\"");
}

const char *
log_severity_name(int severity)
{
	return severity_names[severity & LOG_PRIMASK];
}

size_t
log_escape(char *out, size_t size, const char *text)
{
	size_t used = 0;

	while (*text != '\0') {
		uint32_t code;
		size_t len = str_utf8(text, &code);
		bool good = len > 0 && !str_is_control(code);
		size_t n = len > 0 ? len : 1;

		if (used + (good ? n : 4 * n) >= size)
			break;
		if (good)
			memcpy(out + used, text, n);
		for (size_t i = 0; !good && i < n; i++)
			snprintf(out + used + 4 * i, 5, "\\x%02x", (uint8_t)text[i]);
		used += good ? n : 4 * n;
		text += n;
	}
	out[used] = '\0';
	return used;
}

/* "2026-11-21T03:43:04.123Z" */
static void
put_time(struct out *out, const struct timespec *time)
{
	char text[32];
	struct tm tm;

	gmtime_r(&time->tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	put(out, "%s.%03ldZ", text, time->tv_nsec / 1000000);
}

/* In the machine's zone and in English whatever the locale, as syslog daemons expect it. */
static void
put_local_time(struct out *out, const struct timespec *time, bool year)
{
	static const char *const months[] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;

	localtime_r(&time->tv_sec, &tm);
	if (year)
		put(out, "%s %02d %d ", months[tm.tm_mon], tm.tm_mday, tm.tm_year + 1900);
	else
		put(out, "%s %2d ", months[tm.tm_mon], tm.tm_mday);
	put(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void
put_priority(struct out *out, const struct log_line *line)
{
	put(out, "<%d>", line->facility | (line->severity & LOG_PRIMASK));
}

static bool
has_audit_id(const struct log_line *line)
{
	return line->audit_id != NULL && line->audit_id[0] != '\0';
}

static void
put_plain(struct out *out, const struct log_line *line)
{
	if (!line->journal) {
		put_time(out, &line->time);
		put(out, " ");
	}
	put(out, "%s %s[%ld]: %s", log_severity_name(line->severity), line->process, line->pid,
	    line->text);
}

static void
put_key_value(struct out *out, const struct log_line *line)
{
	put(out, "time=");
	put_time(out, &line->time);
	put(out, " level=%s process=%s pid=%ld", log_severity_name(line->severity), line->process,
	    line->pid);
	if (line->id != 0)
		put(out, " id=%u", line->id);
	if (line->session != 0)
		put(out, " session=0x%08x", line->session);
	if (has_audit_id(line))
		put(out, " audit-session-id=%s", line->audit_id);
	put(out, " msg=");
	put_quoted(out, line->text, false);
}

static void
put_json(struct out *out, const struct log_line *line)
{
	put(out, "{\"time\":\"");
	put_time(out, &line->time);
	put(out, "\",\"level\":\"%s\",\"process\":\"%s\",\"pid\":%ld",
	    log_severity_name(line->severity), line->process, line->pid);
	if (line->id != 0)
		put(out, ",\"id\":%u", line->id);
	if (line->session != 0)
		put(out, ",\"session\":\"0x%08x\"", line->session);
	if (has_audit_id(line))
		put(out, ",\"audit-session-id\":\"%s\"", line->audit_id);
	put(out, ",\"msg\":");
	put_quoted(out, line->text, false);
	put(out, "}");
}

static void
put_local(struct out *out, const struct log_line *line)
{
	put_priority(out, line);
	put_local_time(out, &line->time, false);
	put(out, " " PROGRAM "[%ld]: %s %s[%ld]: %s", line->pid, log_severity_name(line->severity),
	    line->process, line->pid, line->text);
}

/* Lines that are no message of the ASA's look like one of another program: patterns for "%ASA-"
 * pass over them. */
static void
put_asa(struct out *out, const struct log_line *line)
{
	put_priority(out, line);
	put_local_time(out, &line->time, true);
	put(out, " %s : ", line->host);
	if (line->id == 0)
		put(out, "%%SEKISHO-%d-%s: ", line->severity & LOG_PRIMASK, line->process);
	put(out, "%s", line->text);
}

static void
put_rfc5424(struct out *out, const struct log_line *line)
{
	bool about = line->session != 0 || has_audit_id(line);

	put_priority(out, line);
	put(out, "1 ");
	put_time(out, &line->time);
	put(out, " %s " PROGRAM "-%s %ld ", line->host, line->process, line->pid);
	if (line->id != 0)
		put(out, "%u ", line->id);
	else
		put(out, "- ");
	put(out, about ? "[" SD_ID : "-");
	if (line->session != 0)
		put(out, " session=\"0x%08x\"", line->session);
	if (has_audit_id(line)) {
		put(out, " audit-session-id=");
		put_quoted(out, line->audit_id, true);
	}
	/* No byte order mark: the text is UTF-8 all the same, and parsers of %ASA- trip over it. */
	put(out, "%s %s", about ? "]" : "", line->text);
}

size_t
log_line(enum log_format format, const struct log_line *line, char *out, size_t size)
{
	static void (*const writers[LOG_FORMATS])(struct out *, const struct log_line *) = {
	    [LOG_FORMAT_PLAIN] = put_plain,
	    [LOG_FORMAT_KEY_VALUE] = put_key_value,
	    [LOG_FORMAT_JSON] = put_json,
	    [LOG_FORMAT_LOCAL] = put_local,
	    [LOG_FORMAT_ASA] = put_asa,
	    [LOG_FORMAT_RFC5424] = put_rfc5424,
	};
	struct out at = {.at = out, .left = size};

	out[0] = '\0';
	if (line->journal && format <= LOG_FORMAT_JSON)
		put(&at, "<%d>", line->severity & LOG_PRIMASK);
	writers[format](&at, line);
	return size - at.left;
}
