/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of texts that have a small language of their own: certificate map criteria, time
 * ranges, custom attributes. */
#include <ctype.h>

#include "conf/certmap.h"
#include "conf/syntax.h"
#include "conf/time_range.h"

const char *
syntax_custom_type(const char *text)
{
	/* It is the name of an XML element in what the client gets. */
	bool fine = isalpha((unsigned char)text[0]) || text[0] == '_';

	for (; *text != '\0'; text++)
		fine = fine && (isalnum((unsigned char)*text) || *text == '-' || *text == '_');
	return fine ? NULL
		    : "is not a type of custom attributes; begin with a letter, then use letters, "
		      "digits, \"-\" and \"_\"";
}

const char *
syntax_custom_value(const char *text)
{
	return syntax_label(text);
}

const char *
syntax_criterion(const char *text)
{
	struct certmap_criterion criterion;
	const char *wrong = syntax_label(text);

	if (wrong != NULL)
		return wrong;
	switch (certmap_parse(text, &criterion)) {
	case ERR_OK:
		return NULL;
	case ERR_LIMIT:
		return "compares with a text that is too long; use up to 255 bytes";
	default:
		return "is not a criterion of a certificate map; use subject-name or issuer-name "
		       "with attr TAG or without, alt-subject-name, or extended-key-usage, then "
		       "eq, ne, co or nc and a text, as in \"subject-name attr ou eq Staff\"";
	}
}

const char *
syntax_absolute(const char *text)
{
	time_t start, end;

	switch (time_absolute_parse(text, &start, &end)) {
	case ERR_OK:
		return NULL;
	case ERR_RANGE:
		return "is not possible: there is no such day, or it ends before it begins";
	default:
		return "is not an absolute time; use \"start 08:00 1 January 2026 end 18:00 31 "
		       "December 2026\", or one of the two";
	}
}

const char *
syntax_periodic(const char *text)
{
	struct time_periodic periodic;

	switch (time_periodic_parse(text, &periodic)) {
	case ERR_OK:
		return NULL;
	case ERR_RANGE:
		return "is not possible: there is no such hour, or it ends before it begins";
	default:
		return "is not a periodic time; use \"weekdays 8:00 to 18:00\", \"Monday Friday "
		       "8:00 to 12:00\" or \"Friday 20:00 to Monday 6:00\"";
	}
}
