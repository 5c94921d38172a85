/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of "logging": what common/log_rule.h takes, and the name in syslog lines. */
#include "common/log_rule.h"
#include "conf/syntax.h"

const char *
syntax_log_rule(const char *text)
{
	struct log_rule rule;

	return log_rule_parse(text, &rule);
}

const char *
syntax_log_rate(const char *text)
{
	struct log_rate rate;

	return log_rate_parse(text, &rate);
}

const char *
syntax_log_range(const char *text)
{
	struct log_rule rule;

	return log_range_parse(text, &rule);
}

/* HOSTNAME of RFC 5424: printable US-ASCII without blanks. */
const char *
syntax_device_id(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return "has a blank or a character beyond US-ASCII in it; write one word";
	return NULL;
}
