/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random configurations and logins: resolution, user name, inheritance, verdict, and all that
 * explain-policy says, against a simple model that knows nothing of conf/. The seed of a failure
 * is printed; SEKISHO_SEED=N runs that one again.
 */
#include <ctype.h>
#include <strings.h>
#include <time.h>

#include <jansson.h>

#include "tests/unit/policy_world.h"
#include "tools/explain.h"

#define WORLDS 300
#define LOGINS 12
#define MONDAY_NOON 1783339200 /* 6 July 2026, 12:00 UTC */

/* ---- the model ---- */

struct model_source {
	const char *kind, *name;
	const struct policy_attributes *attributes;
};

struct model {
	const struct policy_world *world;
	const struct policy_login *login;
	const struct policy_group *group; /* NULL: a built-in one that nobody wrote */
	const char *group_name;
	const char *alias;
	enum resolve_rule rule;
	bool settled, list;
	char username[64];
	const struct policy_user *user;
	struct model_source sources[4];
	unsigned sources_len;
};

/* "https://HOST:PORT/PATH" in lower case, without what does not count. */
static void
model_url(const char *url, char host[64], unsigned *port, char path[64])
{
	char text[128];
	size_t len = 0;

	for (url += strlen("https://"); *url != '\0' && *url != '?'; url++)
		text[len++] = (char)tolower((unsigned char)*url);
	while (len > 0 && text[len - 1] == '/')
		len--;
	text[len] = '\0';
	char *slash = strchr(text, '/');
	snprintf(path, 64, "%s", slash != NULL ? slash + 1 : "");
	if (slash != NULL)
		*slash = '\0';
	char *colon = strchr(text, ':');
	*port = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 443;
	if (colon != NULL)
		*colon = '\0';
	snprintf(host, 64, "%.63s", text);
}

static bool
model_by_url(struct model *model)
{
	const struct policy_world *world = model->world;
	char host[64], path[64];
	unsigned port;

	if (model->login->url[0] == '\0')
		return false;
	model_url(model->login->url, host, &port, path);
	for (int pass = 0; pass < 2; pass++)
		for (unsigned g = 0; g < world->groups_len; g++)
			for (unsigned u = 0; u < world->groups[g].urls_len; u++) {
				const struct policy_name *url = &world->groups[g].urls[u];
				bool same_path = strcmp(url->path, path) == 0;
				bool same =
				    same_path && strcmp(url->host, host) == 0 && url->port == port;

				if (!url->enabled || (pass == 0 ? !same : !same_path || !*path))
					continue;
				model->group = &world->groups[g];
				model->rule = RESOLVE_GROUP_URL;
				return true;
			}
	return false;
}

static bool
model_by_certificate(struct model *model)
{
	const struct policy_world *world = model->world;
	const struct policy_rule *best = NULL;

	for (unsigned i = 0; model->login->certificate && i < world->rules_len; i++) {
		const struct policy_rule *rule = &world->rules[i];
		bool fits = strcmp(rule->unit, model->login->unit) == 0 &&
			    (rule->organisation == NULL ||
				strcmp(rule->organisation, model->login->organisation) == 0);

		if (fits && (best == NULL || rule->sequence < best->sequence))
			best = rule;
	}
	if (best == NULL)
		return false;
	model->group = &world->groups[best->group];
	model->rule = RESOLVE_CERTIFICATE_MAP;
	return true;
}

static const char *
model_first_alias(const struct policy_group *group)
{
	for (unsigned i = 0; group != NULL && i < group->aliases_len; i++)
		if (group->aliases[i].enabled)
			return group->aliases[i].text;
	return NULL;
}

static bool
model_by_alias(struct model *model, const char *name, enum resolve_rule rule)
{
	const struct policy_world *world = model->world;

	for (unsigned g = 0; g < world->groups_len; g++)
		for (unsigned a = 0; a < world->groups[g].aliases_len; a++) {
			const struct policy_name *alias = &world->groups[g].aliases[a];

			if (!alias->enabled || strcasecmp(alias->text, name) != 0)
				continue;
			model->group = &world->groups[g];
			model->alias = alias->text;
			model->rule = rule;
			return true;
		}
	return false;
}

static void
model_by_default(struct model *model)
{
	const struct policy_world *world = model->world;

	model->rule = RESOLVE_DEFAULT;
	model->group_name = "DefaultWEBVPNGroup";
	for (unsigned g = 0; g < world->groups_len; g++)
		if (strcmp(world->groups[g].name, "DefaultWEBVPNGroup") == 0)
			model->group = &world->groups[g];
	model->alias = model_first_alias(model->group);
	for (unsigned g = 0; model->list && model->alias == NULL && g < world->groups_len; g++) {
		model->alias = model_first_alias(&world->groups[g]);
		if (model->alias != NULL)
			model->group = &world->groups[g];
	}
}

static void
model_resolve(struct model *model)
{
	bool first = model->world->url_first ? model_by_url(model) : model_by_certificate(model);

	if (first ||
	    (model->world->url_first ? model_by_certificate(model) : model_by_url(model))) {
		model->settled = true;
		model->alias = model_first_alias(model->group);
	} else {
		model->list = model->world->list;
		/* The only path that names an alias is this one. */
		if (!model_by_alias(model, model->login->select, RESOLVE_GROUP_ALIAS) &&
		    !(strstr(model->login->url, "aLIAS%200-0") != NULL &&
			model_by_alias(model, "Alias 0-0", RESOLVE_ALIAS_PATH)))
			model_by_default(model);
	}
	if (model->group != NULL)
		model->group_name = model->group->name;
}

static void
model_user(struct model *model)
{
	const struct policy_world *world = model->world;
	char *cut;

	snprintf(model->username, sizeof(model->username), "%s", model->login->typed);
	if (model->group != NULL && model->group->strip_group) {
		cut = strrchr(model->username, world->delimiter);
		if (cut != NULL)
			*cut = '\0';
	}
	if (model->group != NULL && model->group->strip_realm) {
		cut = strrchr(model->username, '@');
		if (cut != NULL)
			*cut = '\0';
	}
	if (model->group != NULL && model->group->closed)
		return; /* its server would know him, LOCAL's entry is another's */
	for (unsigned i = 0; i < world->users_len; i++)
		if (strcmp(world->users[i].name, model->username) == 0)
			model->user = &world->users[i];
}

static void
model_add_policy(struct model *model, int policy)
{
	const char *name = policy_name_of((unsigned)policy);

	for (unsigned i = 0; i < model->sources_len; i++)
		if (strcmp(model->sources[i].name, name) == 0)
			return;
	model->sources[model->sources_len++] =
	    (struct model_source){"group-policy", name, &model->world->policies[policy]};
}

static void
model_make(struct model *model, const struct policy_world *world, const struct policy_login *login)
{
	*model = (struct model){.world = world, .login = login};
	model_resolve(model);
	model_user(model);
	if (model->user != NULL)
		model->sources[model->sources_len++] =
		    (struct model_source){"username", model->user->name, &model->user->attributes};
	if (model->user != NULL && model->user->policy >= 0)
		model_add_policy(model, model->user->policy);
	if (model->group != NULL && model->group->policy >= 0)
		model_add_policy(model, model->group->policy);
	model_add_policy(model, 0);
}

/* What a source says; NULL: nothing. type -1: not of a custom attribute. */
static const char *
model_says(const struct model_source *source, enum conf_gp_attributes attribute, int type)
{
	const struct policy_value *value = &source->attributes->values[attribute];

	if (type >= 0 && source->attributes->custom[type].state != POLICY_ABSENT)
		return source->attributes->custom[type].json;
	if (type >= 0)
		return value->state == POLICY_NONE ? "null" : NULL;
	return value->state == POLICY_ABSENT ? NULL : value->json;
}

/* The first source that says something; sources_len: nobody does. */
static unsigned
model_from(const struct model *model, enum conf_gp_attributes attribute, int type)
{
	unsigned i = 0;

	while (i < model->sources_len && model_says(&model->sources[i], attribute, type) == NULL)
		i++;
	return i;
}

/* The value in force as JSON text, "" for the default. */
static const char *
model_value(const struct model *model, enum conf_gp_attributes attribute)
{
	unsigned from = model_from(model, attribute, -1);

	return from < model->sources_len ? model_says(&model->sources[from], attribute, -1) : "";
}

static enum judge_verdict
model_judge(const struct model *model)
{
	const char *lock = model_value(model, GPA_GROUP_LOCK);
	const char *protocols = model_value(model, GPA_VPN_TUNNEL_PROTOCOL);
	char quoted[64];

	snprintf(quoted, sizeof(quoted), "\"%s\"", model->group_name);
	if (model->group != NULL && model->group->closed)
		return JUDGE_CLOSED;
	if (lock[0] == '"' && strcmp(lock, quoted) != 0)
		return JUDGE_GROUP_LOCK;
	if (protocols[0] == '[' && strstr(protocols, "\"ssl-client\"") == NULL)
		return JUDGE_NO_PROTOCOL;
	if (strcmp(model_value(model, GPA_VPN_SIMULTANEOUS_LOGINS), "0") == 0)
		return JUDGE_NO_LOGINS;
	if (strcmp(model_value(model, GPA_VPN_ACCESS_HOURS), "\"night\"") == 0)
		return JUDGE_HOURS;
	return JUDGE_OK;
}

/* ---- comparisons ---- */

static const struct model *current;

#define CHECK(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			check_failed(__LINE__, #condition, __VA_ARGS__);                           \
	} while (0)

static __attribute__((noreturn, noinline)) void
check_failed(int line, const char *condition, const char *fmt, ...)
{
	char what[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	printf("---- tunnel-groups.conf\n%s---- group-policies.conf\n%s---- users.conf\n%s",
	    buf_cstr((struct buf *)&current->world->groups_text),
	    buf_cstr((struct buf *)&current->world->policies_text),
	    buf_cstr((struct buf *)&current->world->users_text));
	fail_msg("FAIL: seed %" PRIu64 ", line %d: %s: %s; url '%s' select '%s' user '%s' "
		 "certificate %d",
	    current->world->seed, line, condition, what, current->login->url,
	    current->login->select, current->login->typed, current->login->certificate);
	abort();
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL ? b == NULL : b != NULL && strcmp(a, b) == 0;
}

static bool
is_json(const json_t *value, const char *wanted)
{
	json_t *parsed = json_loads(wanted, JSON_DECODE_ANY, NULL);
	bool same = parsed != NULL && json_equal(value, parsed);

	json_decref(parsed);
	return same;
}

static const char *
text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void
check_choice(const struct model *model, const struct explain *explain, const json_t *document)
{
	const struct resolve_choice *choice = &explain->choice;
	const json_t *group = json_object_get(document, "tunnel_group");
	const char *name = conf_str(choice->group, TG_NAME);

	CHECK(strcmp(name, model->group_name) == 0, "expected %s, got %s", model->group_name, name);
	CHECK(choice->rule == model->rule, "expected %d, got %d", model->rule, choice->rule);
	CHECK(choice->settled == model->settled, "got %d", choice->settled);
	CHECK(choice->list == model->list, "got %d", choice->list);
	CHECK(same_text(choice->alias, model->alias), "expected %s, got %s", model->alias,
	    choice->alias);
	CHECK(explain_decisive(explain)->matched && explain_decisive(explain)->rule == model->rule,
	    "the trace ends otherwise");
	for (size_t i = 0; i + 1 < explain->trace.len; i++)
		CHECK(!explain->trace.steps[i].matched, "step %zu of %zu decided", i,
		    explain->trace.len);
	CHECK(same_text(text_at(group, "name"), model->group_name), "JSON");
	CHECK(same_text(text_at(group, "alias"), model->alias), "JSON");
	CHECK(same_text(text_at(json_object_get(document, "chosen_by"), "rule"),
		  explain_rule_name(model->rule)),
	    "JSON");
}

static void
check_source(const json_t *json, const struct model *model, unsigned at,
    enum conf_gp_attributes attribute, int type, const char *name)
{
	const struct model_source *source = &model->sources[at];
	const char *wanted = model_says(source, attribute, type);

	CHECK(is_json(json_object_get(json, "value"), wanted), "%s: expected %s, got %s", name,
	    wanted, json_dumps(json_object_get(json, "value"), JSON_ENCODE_ANY));
	CHECK(same_text(text_at(json, "source"), source->kind) &&
		  same_text(text_at(json, "source_name"), source->name),
	    "%s: expected %s %s, got %s %s", name, source->kind, source->name,
	    text_at(json, "source"), text_at(json, "source_name"));
	CHECK(same_text(text_at(json, "file"),
		  strcmp(source->kind, "username") == 0 ? "users.conf" : "group-policies.conf") &&
		  json_is_integer(json_object_get(json, "line")),
	    "%s: place", name);
}

/* Nobody says anything: the row's default. */
static void
check_default(const json_t *json, enum conf_gp_attributes attribute, const char *name)
{
	const struct row *row = &row_kind(CONF_GP_ATTRIBUTES)->rows[attribute];
	const json_t *value = json_object_get(json, "value");

	CHECK(same_text(text_at(json, "source"), "default"), "%s: got %s", name,
	    text_at(json, "source"));
	CHECK(json_is_null(json_object_get(json, "file")), "%s", name);
	if (row->type == ROW_BOOL)
		CHECK(json_is_boolean(value) && json_is_true(value) == (row->def != 0), "%s", name);
	else if (row->type == ROW_INT && (row->def != 0 || !row->none))
		CHECK(json_integer_value(value) == row->def, "%s", name);
	else if (row->def_text == NULL)
		CHECK(json_is_null(value), "%s", name);
	else if (row->type == ROW_STRINGS)
		CHECK(json_array_size(value) == 1 &&
			  same_text(json_string_value(json_array_get(value, 0)), row->def_text),
		    "%s", name);
	else
		CHECK(same_text(json_string_value(value), row->def_text), "%s", name);
}

static void
check_attribute(
    const struct model *model, const json_t *json, enum conf_gp_attributes attribute, int type)
{
	const char *name = text_at(json, "name");
	const json_t *overrides = json_object_get(json, "overrides");
	unsigned from = model_from(model, attribute, type);
	size_t seen = 0;

	CHECK(same_text(name, conf_setting_name(CONF_GP_ATTRIBUTES, attribute)), "%s", name);
	CHECK(same_text(text_at(json, "type"), type >= 0 ? policy_types[type] : NULL), "%s", name);
	if (from == model->sources_len) {
		check_default(json, attribute, name);
	} else {
		check_source(json, model, from, attribute, type, name);
		for (unsigned i = from + 1; i < model->sources_len; i++)
			if (model_says(&model->sources[i], attribute, type) != NULL)
				check_source(json_array_get(overrides, seen++), model, i, attribute,
				    type, name);
	}
	CHECK(json_array_size(overrides) == seen, "%s: %zu overridden, expected %zu", name,
	    json_array_size(overrides), seen);
}

/* Is a type spoken of anywhere? */
static bool
has_type(const struct model *model, int type)
{
	for (unsigned i = 0; i < model->sources_len; i++)
		if (model->sources[i].attributes->custom[type].state != POLICY_ABSENT)
			return true;
	return false;
}

static int
type_of(const json_t *json)
{
	for (int i = 0; i < POLICY_TYPES_MAX; i++)
		if (same_text(text_at(json, "type"), policy_types[i]))
			return i;
	return -1;
}

static void
check_attributes(const struct model *model, const json_t *document)
{
	const json_t *list = json_object_get(document, "attributes");
	size_t at = 0;

	for (enum conf_gp_attributes a = 0; a < GPA_COUNT; a++) {
		size_t types = 0;

		for (int type = 0; a == GPA_ANYCONNECT_CUSTOM && type < POLICY_TYPES_MAX; type++)
			types += has_type(model, type);
		if (types == 0)
			check_attribute(model, json_array_get(list, at++), a, -1);
		for (; types > 0; types--, at++)
			check_attribute(
			    model, json_array_get(list, at), a, type_of(json_array_get(list, at)));
	}
	CHECK(
	    json_array_size(list) == at, "%zu attributes, expected %zu", json_array_size(list), at);
}

/* The daemon's own list of custom attributes: no type that is none. */
static void
check_custom(const struct model *model, const struct explain *explain)
{
	struct inherit_custom customs[INHERIT_CUSTOM_MAX];
	size_t len = inherit_custom(&explain->inherit, customs, INHERIT_CUSTOM_MAX), wanted = 0;

	for (int type = 0; type < POLICY_TYPES_MAX; type++) {
		unsigned from = model_from(model, GPA_ANYCONNECT_CUSTOM, type);
		const char *says = from < model->sources_len ? model_says(&model->sources[from],
								   GPA_ANYCONNECT_CUSTOM, type)
							     : "null";
		bool found = false;

		for (size_t i = 0; i < len; i++) {
			struct buf value;

			if (strcmp(customs[i].type, policy_types[type]) != 0)
				continue;
			buf_init(&value, 4096);
			assert_int_equal(
			    inherit_custom_value(explain->conf, &customs[i], &value), ERR_OK);
			CHECK(strlen(says) == value.len + 2 &&
				  memcmp(says + 1, value.data, value.len) == 0,
			    "%s: expected %s, got %s", customs[i].type, says, buf_cstr(&value));
			CHECK(customs[i].from == from, "%s", customs[i].type);
			buf_fini(&value);
			found = true;
		}
		CHECK(found == (strcmp(says, "null") != 0), "%s", policy_types[type]);
		wanted += found;
	}
	CHECK(len == wanted, "%zu custom attributes, expected %zu", len, wanted);
}

static void
check_verdict(const struct model *model, const struct explain *explain, const json_t *document)
{
	enum judge_verdict wanted = model_judge(model);
	const json_t *verdict = json_object_get(document, "verdict");
	const char *reason = text_at(verdict, "reason");

	CHECK(explain->verdict == wanted, "expected '%s', got '%s'", judge_text(wanted),
	    judge_text(explain->verdict));
	if (wanted == JUDGE_CLOSED)
		CHECK(same_text(reason, "closed"), "got %s", reason);
	else if (model->user == NULL)
		CHECK(same_text(reason, "unknown-user"), "got %s", reason);
	else if (!model->user->has_password)
		CHECK(same_text(reason, "no-password"), "got %s", reason);
	else
		CHECK((wanted == JUDGE_OK) == json_is_true(json_object_get(verdict, "allowed")),
		    "got %s", reason);
	CHECK(same_text(explain->username, model->username), "expected '%s', got '%s'",
	    model->username, explain->username);
	CHECK((model->user == NULL) == (explain->user == NULL), "LOCAL");
}

/* Pools: those of the policy, then those of the group. */
static void
check_family(const struct model *model, const json_t *document, unsigned f)
{
	const json_t *family = json_object_get(document, f == 0 ? "ipv4" : "ipv6");
	const json_t *pools = json_object_get(family, "pools");
	const json_t *filter = json_object_get(family, "filter");
	const char *own = model_value(model, f == 0 ? GPA_ADDRESS_POOLS : GPA_IPV6_ADDRESS_POOLS);
	const char *named = model_value(model, GPA_IPV6_VPN_FILTER);
	json_t *wanted = json_loads(own[0] == '[' ? own : "[]", 0, NULL);

	for (unsigned i = 0; model->group != NULL && i < 2; i++)
		if (model->group->pools[f][i][0] != '\0')
			json_array_append_new(wanted, json_string(model->group->pools[f][i]));
	CHECK(json_array_size(pools) == json_array_size(wanted), "pools");
	for (size_t i = 0; i < json_array_size(pools); i++)
		CHECK(same_text(text_at(json_array_get(pools, i), "name"),
			  json_string_value(json_array_get(wanted, i))),
		    "pool %zu", i);
	json_decref(wanted);
	if (f == 0 || named[0] == '\0')
		named = model_value(model, GPA_VPN_FILTER);
	if (named[0] == '"')
		CHECK(is_json(json_object_get(filter, "access_list"), named), "filter");
	else
		CHECK(json_is_null(filter), "filter");
}

static void
check_login(const struct policy_world *world, const struct policy_login *login)
{
	const struct explain_query query = {
	    .group_url = login->url[0] != '\0' ? login->url : NULL,
	    .alias = login->select[0] != '\0' ? login->select : NULL,
	    .user = login->typed,
	    .names = login->certificate ? &login->names : NULL,
	    .when = MONDAY_NOON,
	};
	struct explain *explain = explain_new(world->conf, &query);
	struct model model;
	struct buf text;

	assert_non_null(explain);
	model_make(&model, world, login);
	current = &model;
	json_t *document = explain_json(explain);
	assert_non_null(document);
	check_choice(&model, explain, document);
	check_verdict(&model, explain, document);
	check_attributes(&model, document);
	check_custom(&model, explain);
	check_family(&model, document, 0);
	check_family(&model, document, 1);
	buf_init(&text, 1 << 20);
	explain_text(explain, &text);
	CHECK(text.err == ERR_OK && strstr(buf_cstr(&text), HELP_HASH) == NULL, "text");
	buf_fini(&text);
	json_decref(document);
	explain_free(explain);
}

/* How often each rule and verdict came up: a generator that misses one proves nothing. */
static unsigned rules_seen[RESOLVE_DEFAULT + 1], verdicts_seen[JUDGE_HOURS + 1];

static void
check_world(uint64_t seed)
{
	static struct policy_login login;
	static struct model model;
	struct policy_world *world = policy_world_new(seed);

	for (unsigned i = 0; i < LOGINS; i++) {
		policy_make_login(world, &login);
		check_login(world, &login);
		model_make(&model, world, &login);
		rules_seen[model.rule]++;
		verdicts_seen[model_judge(&model)]++;
	}
	policy_world_free(world);
}

static void
test_model(void **state)
{
	const char *seed = getenv("SEKISHO_SEED");

	(void)state;
	if (seed != NULL) {
		check_world(strtoull(seed, NULL, 10));
		return;
	}
	for (uint64_t i = 1; i <= WORLDS; i++)
		check_world(i);
	for (size_t i = 0; i < ARRAY_LEN(rules_seen); i++)
		if (rules_seen[i] < 20)
			fail_msg("FAIL: rule %zu came up %u times only", i, rules_seen[i]);
	for (size_t i = 0; i < ARRAY_LEN(verdicts_seen); i++)
		if (verdicts_seen[i] < 20)
			fail_msg("FAIL: verdict %zu came up %u times only", i, verdicts_seen[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_model),
	};

	if (setenv("TZ", "UTC0", 1) != 0)
		return 1;
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
