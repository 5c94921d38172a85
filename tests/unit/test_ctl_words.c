/* SPDX-License-Identifier: Apache-2.0 */
/* tools/ctl_words: abbreviations, values, rows behind a row, and what can come next. */
#include <stdio.h>

#include "tests/unit/conf_help.h"

#include "tools/ctl_words.h"

static int
run(const struct ctl_words_line *line)
{
	(void)line;
	return 0;
}

static const struct ctl_words_row more[] = {
    {.words = "filter name <name>", .help = "one"},
    {.words = "filter inactive", .help = "two"},
    {.words = "level [number]", .help = "three"},
    {0},
};

static const struct ctl_words_row rows[] = {
    {.words = "show users", .help = "users", .run = run, .more = more},
    {.words = "show usage [what]", .help = "usage", .run = run},
    {.words = "show server <group> host <address>", .help = "server", .run = run},
    {.words = "show server [group]", .help = "servers", .run = run},
    {.words = "shun <address>", .help = "shun", .run = run},
    {.words = "watch", .help = "watch", .run = run, .more = more, .needs_more = true},
    {0},
};

static size_t
cut(char *text, char **words)
{
	char *rest;
	size_t len = 0;

	for (char *one; (one = strtok_r(text, " ", &rest)) != NULL; text = NULL)
		words[len++] = one;
	return len;
}

static const struct {
	const char *typed;
	enum ctl_words_result result;
	const char *want; /* the whole words, or a part of the text */
} cases[] = {
    {"show users", CTL_WORDS_OK, "show users"},
    {"sh use", CTL_WORDS_OK, "show users"},
    {"sho us", CTL_WORDS_WRONG, "could be several words"},
    {"sh usa x", CTL_WORDS_OK, "show usage x"},
    {"sh usa x y", CTL_WORDS_WRONG, "\"y\" is not known"},
    {"sh ser RAD", CTL_WORDS_OK, "show server RAD"},
    {"sh ser", CTL_WORDS_OK, "show server"},
    {"sh ser RAD h 1", CTL_WORDS_OK, "show server RAD host 1"},
    {"sh ser RAD h", CTL_WORDS_WRONG, "<address>"},
    {"sh use f n bob", CTL_WORDS_OK, "show users filter name bob"},
    {"sh use f n filter f i", CTL_WORDS_OK, "show users filter name filter filter inactive"},
    {"sh use lev f i", CTL_WORDS_OK, "show users level filter inactive"},
    {"sh use lev 5 f i", CTL_WORDS_OK, "show users level 5 filter inactive"},
    {"sh use f", CTL_WORDS_WRONG, "not complete"},
    {"sh use f x", CTL_WORDS_WRONG, "inactive"},
    {"watch", CTL_WORDS_WRONG, "filter"},
    {"watch lev", CTL_WORDS_OK, "watch level"},
    {"shu 1", CTL_WORDS_OK, "shun 1"},
    {"s use", CTL_WORDS_WRONG, "could be several words"},
    {"nothing", CTL_WORDS_WRONG, "\"nothing\" is not known"},
    {"show", CTL_WORDS_WRONG, "not complete"},
    {"show ?", CTL_WORDS_HELP, "  users "},
    {"sh use ?", CTL_WORDS_HELP, "<cr>"},
    {"watch ?", CTL_WORDS_HELP, "  level "},
};

static void
test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char typed[128], whole[256] = "", *words[16];
		static struct ctl_words_line line;
		enum ctl_words_result result;
		struct buf text;
		size_t len;

		snprintf(typed, sizeof(typed), "%s", cases[i].typed);
		len = cut(typed, words);
		buf_init(&text, 65536);
		result = ctl_words_find(rows, words, len, &line, &text);
		for (size_t w = 0; result == CTL_WORDS_OK && w < line.len; w++)
			snprintf(whole + strlen(whole), sizeof(whole) - strlen(whole), "%s%s",
			    w > 0 ? " " : "", line.words[w]);
		if (result != cases[i].result ||
		    (result == CTL_WORDS_OK ? strcmp(whole, cases[i].want) != 0
					    : strstr(buf_cstr(&text), cases[i].want) == NULL))
			fail_msg("FAIL: \"%s\": expected %d \"%s\", got %d \"%s\"", cases[i].typed,
			    (int)cases[i].result, cases[i].want, (int)result,
			    result == CTL_WORDS_OK ? whole : buf_cstr(&text));
		buf_fini(&text);
	}
}

static void
test_complete(void **state)
{
	static const struct {
		const char *typed[4];
		size_t len;
		const char *want;
	} asked[] = {
	    {{""}, 1, "show\nshun\nwatch\n"},
	    {{"sh", "us"}, 2, "users\nusage\n"},
	    {{"sh", "use", ""}, 3, "filter\nlevel\n"},
	    {{"sh", "use", "f", ""}, 4, "name\ninactive\n"},
	    {{"sh", "none", ""}, 3, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct buf out;

		buf_init(&out, 65536);
		ctl_words_complete(rows, (char **)(uintptr_t)asked[i].typed, asked[i].len, &out);
		/* The end of the command is none of it. */
		assert_null(strstr(buf_cstr(&out), "<cr>"));
		assert_string_equal(buf_cstr(&out), asked[i].want);
		buf_fini(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
