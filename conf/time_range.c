/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time ranges. The words are those of "periodic" and "absolute"; an end is the last minute that
 * still belongs to the range, as the ASA has it.
 */
#include "conf/time_range.h"

#include <string.h>

#include "common/str.h"

#define DAY_MINUTES (24 * 60)
#define WEEK_DAYS 7
#define WORDS_MAX 16
#define YEAR_MIN 1993 /* what the ASA's clock knows */
#define YEAR_MAX 2199

static const char *const day_names[WEEK_DAYS] = {
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
static const char *const month_names[12] = {"january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december"};

static const struct {
	const char *word;
	unsigned days;
} day_sets[] = {{"daily", 0x7f}, {"weekdays", 0x3e}, {"weekend", 0x41}};

/* A text cut into words. */
struct words {
	char word[WORDS_MAX][16];
	size_t len;
	size_t at; /* the next one to be read */
};

static enum err
words_split(const char *text, struct words *out)
{
	*out = (struct words){0};
	for (;;) {
		text += strspn(text, " \t");
		size_t len = strcspn(text, " \t");

		if (len == 0)
			return ERR_OK;
		if (out->len == WORDS_MAX ||
		    str_copy_n(out->word[out->len], sizeof(out->word[0]), text, len) != ERR_OK)
			return ERR_SYNTAX;
		out->len++;
		text += len;
	}
}

/* The word to be read; "" behind the last. */
static const char *
words_peek(const struct words *words)
{
	return words->at < words->len ? words->word[words->at] : "";
}

static bool
words_take(struct words *words, const char *wanted)
{
	if (!str_ieq(words_peek(words), wanted))
		return false;
	words->at++;
	return true;
}

static int
name_find(const char *const *names, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (str_ieq(names[i], word))
			return (int)i;
	return -1;
}

/* "8:00", "23:59": minutes of the day. */
static enum err
clock_read(struct words *words, int *out)
{
	const char *word = words_peek(words);
	const char *colon = strchr(word, ':');
	char hour[3];
	uint64_t h, m;
	enum err err;

	words->at++;
	if (colon == NULL || colon == word || colon - word > 2 || strlen(colon + 1) != 2)
		return ERR_SYNTAX;
	err = str_copy_n(hour, sizeof(hour), word, (size_t)(colon - word));
	if (err == ERR_OK)
		err = str_to_u64(hour, 0, 23, &h);
	if (err == ERR_OK)
		err = str_to_u64(colon + 1, 0, 59, &m);
	if (err == ERR_OK)
		*out = (int)(h * 60 + m);
	return err;
}

/* The days before the first time, as a set; *last is the only one if there is one. */
static enum err
days_read(struct words *words, unsigned *days, int *last)
{
	int day;

	*days = 0;
	*last = -1;
	for (size_t i = 0; i < ARRAY_LEN(day_sets); i++)
		if (words_take(words, day_sets[i].word)) {
			*days = day_sets[i].days;
			return ERR_OK;
		}
	while ((day = name_find(day_names, WEEK_DAYS, words_peek(words))) >= 0) {
		*last = *days == 0 ? day : -1;
		*days |= 1u << day;
		words->at++;
	}
	return *days != 0 ? ERR_OK : ERR_SYNTAX;
}

enum err
time_periodic_parse(const char *text, struct time_periodic *out)
{
	struct words words;
	enum err err = words_split(text, &words);
	int first = -1;

	*out = (struct time_periodic){0};
	if (err == ERR_OK)
		err = days_read(&words, &out->days, &first);
	if (err == ERR_OK)
		err = clock_read(&words, &out->start_min);
	if (err == ERR_OK && !words_take(&words, "to"))
		err = ERR_SYNTAX;
	if (err != ERR_OK)
		return err;
	int day = name_find(day_names, WEEK_DAYS, words_peek(&words));
	if (day >= 0) {
		/* From one day to another: several to start with would be ambiguous. */
		if (first < 0)
			return ERR_SYNTAX;
		words.at++;
		out->days = 0;
		out->start_day = first;
		out->end_day = day;
	}
	err = clock_read(&words, &out->end_min);
	if (err == ERR_OK && words.at != words.len)
		err = ERR_SYNTAX;
	if (err == ERR_OK && out->days != 0 && out->end_min < out->start_min)
		err = ERR_RANGE; /* over midnight needs the day that it ends on */
	return err;
}

/* "08:00 1 January 2026" as a moment: the first second of that minute. */
static enum err
moment_read(struct words *words, time_t *out)
{
	struct tm tm = {.tm_isdst = -1};
	uint64_t day, year;
	int minutes, month;
	enum err err = clock_read(words, &minutes);

	if (err == ERR_OK)
		err = str_to_u64(words_peek(words), 1, 31, &day);
	if (err != ERR_OK)
		return err;
	words->at++;
	month = name_find(month_names, ARRAY_LEN(month_names), words_peek(words));
	if (month < 0)
		return ERR_SYNTAX;
	words->at++;
	err = str_to_u64(words_peek(words), YEAR_MIN, YEAR_MAX, &year);
	if (err != ERR_OK)
		return err;
	words->at++;
	tm.tm_min = minutes % 60;
	tm.tm_hour = minutes / 60;
	tm.tm_mday = (int)day;
	tm.tm_mon = month;
	tm.tm_year = (int)year - 1900;
	*out = mktime(&tm);
	/* 30 February has become a day of March. */
	return tm.tm_mday == (int)day && *out != -1 ? ERR_OK : ERR_RANGE;
}

enum err
time_absolute_parse(const char *text, time_t *start, time_t *end)
{
	struct words words;
	enum err err = words_split(text, &words);

	*start = *end = -1;
	if (err == ERR_OK && words.len == 0)
		err = ERR_SYNTAX;
	if (err == ERR_OK && words_take(&words, "start"))
		err = moment_read(&words, start);
	if (err == ERR_OK && words_take(&words, "end"))
		err = moment_read(&words, end);
	if (err == ERR_OK && words.at != words.len)
		err = ERR_SYNTAX;
	if (err == ERR_OK && *start != -1 && *end != -1 && *end < *start)
		err = ERR_RANGE;
	return err;
}

static bool
absolute_holds(const char *text, time_t when)
{
	time_t start, end;

	if (time_absolute_parse(text, &start, &end) != ERR_OK)
		return false;
	return (start == -1 || when >= start) && (end == -1 || when < end + 60);
}

static bool
periodic_holds(const char *text, const struct tm *now)
{
	struct time_periodic range;
	int minute = now->tm_hour * 60 + now->tm_min;

	if (time_periodic_parse(text, &range) != ERR_OK)
		return false;
	if (range.days != 0)
		return (range.days & 1u << now->tm_wday) != 0 && minute >= range.start_min &&
		       minute <= range.end_min;
	int at = now->tm_wday * DAY_MINUTES + minute;
	int start = range.start_day * DAY_MINUTES + range.start_min;
	int end = range.end_day * DAY_MINUTES + range.end_min;
	if (start <= end)
		return at >= start && at <= end;
	return at >= start || at <= end; /* over the end of the week */
}

bool
time_range_holds(const struct conf_object *range, time_t when)
{
	const char *absolute = conf_str(range, TR_ABSOLUTE);
	char *const *periodic;
	size_t len = conf_list(range, TR_PERIODIC, &periodic);
	struct tm now;

	if (absolute != NULL && !absolute_holds(absolute, when))
		return false;
	if (len == 0)
		return true;
	if (localtime_r(&when, &now) == NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if (periodic_holds(periodic[i], &now))
			return true;
	return false;
}
