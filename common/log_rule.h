/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which lines: the texts of "logging list" and "logging rate-limit" (asa.md 8), and what an ASA
 * message's number and class are.
 *
 *   "level warning", "level info class auth", "class svc", "message 113019", "message
 * 722000-722060" "10 60 message 106103", "100 1 level debug": at most 10 lines in 60 seconds
 *
 * Levels are ours, the ASA's words (emergencies .. debugging) or 0-7.
 */
#ifndef COMMON_LOG_RULE_H
#define COMMON_LOG_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"

/* A line fits if all that is set fits. */
struct log_rule {
	int level;      /* this severity and worse; LOG_DEBUG: any */
	int class_at;   /* a class's place in the table; -1: any */
	unsigned first; /* message numbers; 0: any, also lines without a number */
	unsigned last;
};

struct log_rate {
	struct log_rule what; /* a level here is this severity alone */
	bool by_level;
	unsigned lines;
	unsigned seconds;
};

/* Number of a severity's name; -1: none. */
int log_level_parse(const char *word);
/* NULL, or what is wrong and what would be right, as the end of a sentence. */
const char *log_rule_parse(const char *text, struct log_rule *out) MUST_USE;
const char *log_rate_parse(const char *text, struct log_rate *out) MUST_USE;
/* "113019" or "113000-113099". */
const char *log_range_parse(const char *text, struct log_rule *out) MUST_USE;

/* The number in "%ASA-6-113039: ..."; 0: there is none. */
unsigned log_message_id(const char *text);
bool log_rule_fits(const struct log_rule *rule, int severity, unsigned id);
/* The same for a rate limit. */
bool log_rate_fits(const struct log_rate *rate, int severity, unsigned id);

#endif
