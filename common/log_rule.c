/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of a few words, and their comparison with a line. No state. */
#include "common/log_rule.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/str.h"

#define WORDS_MAX 5
#define TEXT_SIZE 128
#define ID_MIN 100000
#define ID_MAX 999999
#define ID_DIGITS 6

#define WRONG_RULE                                                                                 \
	"is no rule; write \"level WORD\", \"level WORD class WORD\", \"class WORD\" or "          \
	"\"message 113019-113039\""
#define WRONG_RATE                                                                                 \
	"is no rate limit; write \"LINES SECONDS message 106103\" or \"LINES SECONDS level WORD\""
#define WRONG_LEVEL                                                                                \
	"names no level; use emerg, alert, crit, err, warning, notice, info, debug or 0-7"
#define WRONG_CLASS                                                                                \
	"names no class; use auth, ca, config, dap, ipaa, session, ssl, svc, vpnlb or webvpn"
#define WRONG_RANGE "is no message number; write six digits, or two of them as 722000-722060"

static const char *const levels[][2] = {
    {"emerg", "emergencies"},
    {"alert", "alerts"},
    {"crit", "critical"},
    {"err", "errors"},
    {"warning", "warnings"},
    {"notice", "notifications"},
    {"info", "informational"},
    {"debug", "debugging"},
};

/* The first three digits of the numbers of a class. */
static const struct {
	const char *name;
	unsigned prefixes[4];
} classes[] = {
    {"auth", {109, 113}},
    {"ca", {717}},
    {"config", {111, 112, 208, 308}},
    {"dap", {734}},
    {"ipaa", {735, 737}},
    {"session", {106, 302, 305, 710}},
    {"ssl", {725}},
    {"svc", {722}},
    {"vpnlb", {718}},
    {"webvpn", {716}},
};

/* The words of a text, cut up in place; WORDS_MAX + 1: more. */
static size_t
split(const char *text, char copy[TEXT_SIZE], char *words[WORDS_MAX])
{
	char *rest = NULL;
	size_t len = 0;

	if (str_copy(copy, TEXT_SIZE, text) != ERR_OK)
		return WORDS_MAX + 1;
	for (char *word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		if (len == WORDS_MAX)
			return WORDS_MAX + 1;
		words[len++] = word;
	}
	return len;
}

int
log_level_parse(const char *word)
{
	if (word[0] >= '0' && word[0] <= '7' && word[1] == '\0')
		return word[0] - '0';
	for (int i = 0; i < (int)ARRAY_LEN(levels); i++)
		if (str_ieq(word, levels[i][0]) || str_ieq(word, levels[i][1]))
			return i;
	return -1;
}

static int
class_parse(const char *word)
{
	for (int i = 0; i < (int)ARRAY_LEN(classes); i++)
		if (str_ieq(word, classes[i].name))
			return i;
	return -1;
}

static bool
id_parse(const char *text, unsigned *out)
{
	uint64_t number = 0;

	if (strlen(text) != ID_DIGITS || str_to_u64(text, ID_MIN, ID_MAX, &number) != ERR_OK)
		return false;
	*out = (unsigned)number;
	return true;
}

const char *
log_range_parse(const char *text, struct log_rule *out)
{
	char copy[TEXT_SIZE];
	char *dash;

	*out = (struct log_rule){.level = LOG_DEBUG, .class_at = -1};
	if (str_copy(copy, sizeof(copy), text) != ERR_OK)
		return WRONG_RANGE;
	dash = strchr(copy, '-');
	if (dash != NULL)
		*dash = '\0';
	if (!id_parse(copy, &out->first))
		return WRONG_RANGE;
	out->last = out->first;
	if (dash != NULL && (!id_parse(dash + 1, &out->last) || out->last < out->first))
		return WRONG_RANGE;
	return NULL;
}

const char *
log_rule_parse(const char *text, struct log_rule *out)
{
	char copy[TEXT_SIZE];
	char *words[WORDS_MAX];
	size_t len = split(text, copy, words);

	*out = (struct log_rule){.level = LOG_DEBUG, .class_at = -1};
	if (len == 2 && strcmp(words[0], "message") == 0)
		return log_range_parse(words[1], out);
	if ((len != 2 && len != 4) || (len == 4 && strcmp(words[0], "level") != 0))
		return WRONG_RULE;
	for (size_t i = 0; i < len; i += 2) {
		if (strcmp(words[i], "level") == 0 && i == 0)
			out->level = log_level_parse(words[i + 1]);
		else if (strcmp(words[i], "class") != 0)
			return WRONG_RULE;
		else if ((out->class_at = class_parse(words[i + 1])) < 0)
			return WRONG_CLASS;
	}
	return out->level < 0 ? WRONG_LEVEL : NULL;
}

const char *
log_rate_parse(const char *text, struct log_rate *out)
{
	char copy[TEXT_SIZE];
	char *words[WORDS_MAX];
	uint64_t lines = 0, seconds = 0;

	*out = (struct log_rate){.what = {.class_at = -1}};
	if (split(text, copy, words) != 4 || str_to_u64(words[0], 0, 1000000, &lines) != ERR_OK ||
	    str_to_u64(words[1], 1, 86400, &seconds) != ERR_OK)
		return WRONG_RATE;
	out->lines = (unsigned)lines;
	out->seconds = (unsigned)seconds;
	if (strcmp(words[2], "message") == 0)
		return log_range_parse(words[3], &out->what);
	if (strcmp(words[2], "level") != 0)
		return WRONG_RATE;
	out->by_level = true;
	out->what.level = log_level_parse(words[3]);
	return out->what.level < 0 ? WRONG_LEVEL : NULL;
}

unsigned
log_message_id(const char *text)
{
	static const char head[] = "%ASA-";
	unsigned id = 0;

	if (strncmp(text, head, sizeof(head) - 1) != 0)
		return 0;
	text += sizeof(head) - 1;
	if (!isdigit((unsigned char)text[0]) || text[1] != '-')
		return 0;
	text += 2;
	for (int i = 0; i < ID_DIGITS; i++) {
		if (!isdigit((unsigned char)text[i]))
			return 0;
		id = id * 10 + (unsigned)(text[i] - '0');
	}
	return text[ID_DIGITS] == ':' ? id : 0;
}

static bool
is_of_class(int class_at, unsigned id)
{
	for (size_t i = 0; i < ARRAY_LEN(classes[0].prefixes); i++)
		if (classes[class_at].prefixes[i] == id / 1000 && id != 0)
			return true;
	return false;
}

bool
log_rule_fits(const struct log_rule *rule, int severity, unsigned id)
{
	if (severity > rule->level)
		return false;
	if (rule->class_at >= 0 && !is_of_class(rule->class_at, id))
		return false;
	return rule->first == 0 || (id >= rule->first && id <= rule->last);
}

bool
log_rate_fits(const struct log_rate *rate, int severity, unsigned id)
{
	if (rate->by_level)
		return severity == rate->what.level;
	return id >= rate->what.first && id <= rate->what.last;
}
