/* SPDX-License-Identifier: Apache-2.0 */
/* auth/filters_profile.c: lists that servers give: which lines, in which order, by which name, once
 * for the same content, and how show-access-list shows them. */
#include <stdio.h>

#include "tests/unit/conf_help.h"

#include "auth/filters.h"

#define AAA                                                                                        \
	"aaa-server-groups = (\n"                                                                  \
	" { name = \"PLAIN\"; hosts = ( { address = \"10.0.0.1\"; key = \"x\"; }, { address = "    \
	"\"10.0.0.2\"; key = \"x\"; acl-netmask-convert = \"wildcard\"; } ); },\n"                 \
	" { name = \"BEFORE\"; merge-dacl = \"before-avpair\"; hosts = ( { address = "             \
	"\"10.0.0.1\"; key = \"x\"; acl-netmask-convert = \"auto-detect\"; } ); },\n"              \
	" { name = \"AFTER\"; merge-dacl = \"after-avpair\"; hosts = ( { address = "               \
	"\"10.0.0.1\"; key = \"x\"; } ); } );\n"

static struct conf *conf;
static struct filters *filters;

static enum err
on_send(unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg, void *arg)
{
	(void)worker, (void)type, (void)msg, (void)arg;
	return ERR_OK;
}

static int
setup(void **state)
{
	const struct filters_config config = {.workers = 1, .send = on_send};

	(void)state;
	conf = help_load_fine("aaa.conf", AAA);
	filters = filters_new(&config);
	assert_non_null(filters);
	filters_use(filters, conf);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	filters_free(filters);
	conf_unref(conf);
	return 0;
}

/* Two lines of av-pairs at most, and of a list. */
struct given {
	const char *group;
	uint8_t host;
	const char *ace[2];
	const char *dacl;
	const char *dacl_ace[2];
};

static enum err
hold(const struct given *given, uint64_t *id)
{
	Ipc__AaaProfile profile = IPC__AAA_PROFILE__INIT;
	uint8_t server[4] = {10, 0, 0, given->host};

	profile.server_group = (char *)given->group;
	profile.server.data = server;
	profile.server.len = sizeof(server);
	profile.ace = (char **)given->ace;
	profile.dacl_ace = (char **)given->dacl_ace;
	while (profile.n_ace < 2 && given->ace[profile.n_ace] != NULL)
		profile.n_ace++;
	while (profile.n_dacl_ace < 2 && given->dacl_ace[profile.n_dacl_ace] != NULL)
		profile.n_dacl_ace++;
	if (given->dacl != NULL)
		profile.dacl = (char *)given->dacl;
	assert_int_equal(filters_profile_has(&profile), profile.n_ace > 0 || given->dacl != NULL);
	return filters_hold_profile(filters, conf, "eve", &profile, id);
}

/* All rules with "|" behind them, after the name of their list. */
static void
list(char *out, size_t size)
{
	struct filters_listing *listing;
	Ipc__CtlRule rule;

	out[0] = '\0';
	assert_int_equal(filters_listing_new(filters, conf, "", &listing), ERR_OK);
	while (filters_listing_next(listing, &rule)) {
		size_t len = strlen(out);

		assert_true(rule.dynamic);
		assert_false(rule.former);
		assert_string_equal(rule.type, "extended");
		if (rule.line == 1)
			len += (size_t)snprintf(out + len, size - len, "%s: ", rule.access_list);
		snprintf(out + len, size - len, "%s|", rule.text);
	}
	filters_listing_free(listing);
}

static const struct {
	struct given given;
	const char *shown; /* "*": the hash of a name; NULL: refused */
} cases[] = {
    {{"PLAIN", 1, {NULL}, NULL, {NULL}}, ""},
    {{"PLAIN", 1, {"permit ip any any"}, NULL, {NULL}}, "AAA-user-eve-*: permit ip any any|"},
    {{"PLAIN", 1, {NULL}, "#D", {"remark x", "deny ip any any"}}, "#D: remark x|deny ip any any|"},
    {{"PLAIN", 1, {"permit ip any any"}, "#D", {"deny ip any any"}},
	"AAA-user-eve-*: permit ip any any|"},
    {{"BEFORE", 1, {"permit ip any any"}, "#D", {"deny ip any any"}},
	"AAA-user-eve-*: deny ip any any|permit ip any any|"},
    {{"AFTER", 1, {"permit ip any any"}, "#D", {"deny ip any any"}},
	"AAA-user-eve-*: permit ip any any|deny ip any any|"},
    {{"AFTER", 1, {NULL}, "#D", {"deny ip any any"}}, "#D: deny ip any any|"},
    {{"GONE", 1, {"permit ip any any"}, "#D", {"deny ip any any"}},
	"AAA-user-eve-*: permit ip any any|"},
    /* Masks as the host's, the standard ones for a host that is not there. */
    {{"PLAIN", 1, {"permit ip any 10.0.0.0 255.0.0.0"}, NULL, {NULL}},
	"AAA-user-eve-*: permit ip any 10.0.0.0 255.0.0.0|"},
    {{"PLAIN", 2, {"permit ip any 10.0.0.0 0.255.255.255"}, NULL, {NULL}},
	"AAA-user-eve-*: permit ip any 10.0.0.0 255.0.0.0|"},
    {{"BEFORE", 1, {"permit ip any 10.0.0.0 0.255.255.255"}, NULL, {NULL}},
	"AAA-user-eve-*: permit ip any 10.0.0.0 255.0.0.0|"},
    {{"PLAIN", 1, {"permit ip any 10.0.0.0 0.255.255.255"}, NULL, {NULL}}, NULL},
    {{"PLAIN", 9, {"permit ip any 10.0.0.0 0.255.255.255"}, NULL, {NULL}}, NULL},
    /* What must not be: nonsense, in the list that does not count too if it is merged; a list that
     * nobody fetched. */
    {{"PLAIN", 1, {"permit ip any any", "nonsense"}, NULL, {NULL}}, NULL},
    {{"AFTER", 1, {"permit ip any any"}, "#D", {"nonsense"}}, NULL},
    {{"PLAIN", 1, {NULL}, "#D", {NULL}}, NULL},
    {{"AFTER", 1, {"permit ip any any"}, "#D", {NULL}}, NULL},
};

/* "*" in the pattern stands for eight digits. */
static bool
is_like(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '*') {
			if (strspn(text, "0123456789ABCDEF") < 8)
				return false;
			text += 8;
		} else if (*text++ != *pattern) {
			return false;
		}
	}
	return *text == '\0';
}

static void
which_lines(void **state)
{
	char shown[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t id;
		enum err err = hold(&cases[i].given, &id);

		if (cases[i].shown == NULL) {
			if (err != ERR_SYNTAX || id != 0)
				fail_msg("case %zu: expected a refusal, got %s", i, err_str(err));
			continue;
		}
		assert_int_equal(err, ERR_OK);
		list(shown, sizeof(shown));
		if (!is_like(shown, cases[i].shown))
			fail_msg("case %zu: expected %s, got %s", i, cases[i].shown, shown);
		assert_int_equal(id == 0, cases[i].shown[0] == '\0');
		filters_release(filters, id);
		list(shown, sizeof(shown));
		assert_string_equal(shown, "");
	}
}

static void
once_for_the_same(void **state)
{
	const struct given a = {"PLAIN", 1, {NULL}, "#D", {"permit ip any any"}};
	const struct given b = {"PLAIN", 1, {NULL}, "#D", {"deny ip any any"}};
	Ipc__FilterHits hits = IPC__FILTER_HITS__INIT;
	struct filters_listing *listing;
	uint64_t first, second, third, count[] = {7};
	uint32_t line[] = {1};
	Ipc__CtlRule rule;

	(void)state;
	assert_int_equal(hold(&a, &first), ERR_OK);
	assert_int_equal(hold(&a, &second), ERR_OK);
	assert_int_equal(hold(&b, &third), ERR_OK);
	assert_int_equal(first, second);
	assert_int_not_equal(first, third);
	assert_int_equal(filters_hold_again(filters, first), first);
	assert_int_equal(filters_hold_again(filters, 0), 0);
	assert_int_equal(filters_send(filters, 0, first), ERR_OK);
	hits.filter = first;
	hits.line = line;
	hits.hits = count;
	hits.n_line = hits.n_hits = 1;
	filters_hits(filters, &hits);
	assert_int_equal(filters_listing_new(filters, conf, "#D", &listing), ERR_OK);
	filters_release(filters, first);
	filters_release(filters, first);
	assert_int_equal(filters_send(filters, 0, first), ERR_OK);
	filters_release(filters, first);
	assert_int_equal(filters_send(filters, 0, first), ERR_NOTFOUND);
	/* What is being shown stays until it was. */
	assert_true(filters_listing_next(listing, &rule));
	assert_string_equal(rule.text, "permit ip any any");
	assert_int_equal(rule.hits, 7);
	filters_listing_free(listing);
	filters_release(filters, third);
	assert_int_equal(filters_hold_again(filters, third), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(which_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(once_for_the_same, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
