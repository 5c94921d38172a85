/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain-policy's answer for programs. The keys are a promise (explain-policy(8)): each is always
 * there, null where there is nothing to say.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/explain.h"

/* Into an object, and forget the value; NULL values (memory) are noticed by the caller's check. */
static bool
set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? explain_text_json(text) : json_null();
}

static bool
set_origin(json_t *object, const struct conf_origin *origin)
{
	bool known = origin != NULL && origin->file != NULL;

	return set(object, "file", known ? explain_text_json(origin->file) : json_null()) &&
	       set(object, "line",
		   known && origin->line > 0 ? json_integer(origin->line) : json_null());
}

/* The end of a function that built: the object, or nothing. */
static json_t *
done(json_t *object, bool ok)
{
	if (ok)
		return object;
	json_decref(object);
	return NULL;
}

/* ---- the tunnel-group ---- */

static json_t *
group_json(const struct explain *explain)
{
	json_t *out = json_object();
	const struct resolve_choice *choice = &explain->choice;

	return done(out, set(out, "name", text_or_null(conf_str(choice->group, TG_NAME))) &&
			     set(out, "alias", text_or_null(choice->alias)) &&
			     set(out, "settled", json_boolean(choice->settled)) &&
			     set_origin(out, &choice->group->origin));
}

static json_t *
step_json(const struct resolve_step *step)
{
	json_t *out = json_object();
	struct buf text;

	buf_init(&text, 4096);
	explain_step_text(step, &text);
	bool ok = set(out, "rule", json_string(explain_rule_name(step->rule))) &&
		  set(out, "object", text_or_null(text.len > 0 ? buf_cstr(&text) : NULL)) &&
		  set_origin(out, step->object != NULL ? &step->object->origin : NULL) &&
		  set(out, "why", json_string(step->why));
	buf_fini(&text);
	return done(out, ok);
}

static json_t *
tried_json(const struct explain *explain)
{
	json_t *out = json_array();
	bool ok = out != NULL;

	for (size_t i = 0; ok && i + 1 < explain->trace.len; i++)
		ok = json_array_append_new(out, step_json(&explain->trace.steps[i])) == 0;
	return done(out, ok);
}

static json_t *
texts_json(char *const *texts, size_t len)
{
	json_t *out = json_array();
	bool ok = out != NULL;

	for (size_t i = 0; ok && i < len; i++)
		ok = json_array_append_new(out, explain_text_json(texts[i])) == 0;
	return done(out, ok);
}

static json_t *
certificate_json(const Ipc__CertNames *names)
{
	json_t *out;

	if (names == NULL)
		return json_null();
	out = json_object();
	return done(
	    out, set(out, "subject_name", explain_text_json(names->subject_name)) &&
		     set(out, "issuer_name", explain_text_json(names->issuer_name)) &&
		     set(out, "serial", explain_text_json(names->serial)) &&
		     set(out, "alt_subject_name",
			 texts_json(names->alt_subject_name, names->n_alt_subject_name)) &&
		     set(out, "extended_key_usage",
			 texts_json(names->extended_key_usage, names->n_extended_key_usage)) &&
		     set(out, "verified", json_false()));
}

/* ---- the login ---- */

/* The list as the form shows it: the chosen one first. */
static json_t *
list_json(const struct explain *explain)
{
	const char *chosen = explain->choice.alias;
	size_t len = explain->choice.list ? resolve_aliases(explain->conf, NULL, 0) : 0;
	const char **aliases = calloc(len + 1, sizeof(*aliases));
	json_t *out = json_array();
	bool ok = out != NULL && aliases != NULL;

	if (ok)
		resolve_aliases(explain->conf, aliases, len);
	if (ok && chosen != NULL && len > 0)
		ok = json_array_append_new(out, explain_text_json(chosen)) == 0;
	for (size_t i = 0; ok && i < len; i++)
		if (chosen == NULL || strcmp(aliases[i], chosen) != 0)
			ok = json_array_append_new(out, explain_text_json(aliases[i])) == 0;
	free(aliases);
	return done(out, ok);
}

static json_t *
login_json(struct explain *explain)
{
	char *const *methods;
	size_t len =
	    conf_list(conf_sub(explain->choice.group, TG_WEBVPN), TGW_AUTHENTICATION, &methods);
	const char *why = explain->closed.len > 0 ? buf_cstr(&explain->closed) : NULL;
	json_t *out = json_object();
	const char *asks[EXPLAIN_ASKS_MAX];
	size_t asks_len = explain_asks(explain, asks);

	return done(out, set(out, "authentication", texts_json(methods, len)) &&
			     set(out, "asks", texts_json((char *const *)asks, asks_len)) &&
			     set(out, "group_list", list_json(explain)) &&
			     set(out, "tls_certificate",
				 json_boolean(conf_wants_client_certificate(explain->conf))) &&
			     set(out, "closed", json_boolean(why != NULL)) &&
			     set(out, "closed_why", text_or_null(why)));
}

/* ---- servers ---- */

static json_t *
hosts_json(const struct conf_object *group)
{
	struct conf_object *const *hosts;
	size_t len = group != NULL ? conf_subs(group, ASG_HOSTS, &hosts) : 0;
	json_t *out = json_array();
	bool ok = out != NULL;

	for (size_t i = 0; ok && i < len; i++) {
		json_t *host = json_object();

		ok = set(host, "address", text_or_null(conf_str(hosts[i], AH_ADDRESS))) &&
		     set(host, "has_key", json_boolean(conf_str(hosts[i], AH_KEY) != NULL));
		ok = json_array_append_new(out, host) == 0 && ok;
	}
	return done(out, ok);
}

static json_t *
purpose_json(const struct explain *explain, enum explain_purpose purpose)
{
	struct explain_servers servers;
	const char *name = NULL;
	json_t *out;

	if (!explain_servers(explain, purpose, &servers))
		return json_null();
	if (servers.group != NULL)
		name = conf_str(servers.group, ASG_NAME);
	out = json_object();
	return done(out, set(out, "server_group", text_or_null(name)) &&
			     set(out, "hosts", hosts_json(servers.group)) &&
			     set(out, "local", json_boolean(servers.local)) &&
			     set(out, "local_fallback", json_boolean(servers.fallback)));
}

static json_t *
servers_json(const struct explain *explain)
{
	const struct conf_object *general = conf_sub(explain->choice.group, TG_GENERAL);
	json_t *out = json_object();

	return done(
	    out, set(out, "authentication", purpose_json(explain, EXPLAIN_AUTHENTICATION)) &&
		     set(out, "secondary", purpose_json(explain, EXPLAIN_SECONDARY)) &&
		     set(out, "authorization", purpose_json(explain, EXPLAIN_AUTHORIZATION)) &&
		     set(out, "authorization_required",
			 json_boolean(conf_bool(general, TGG_AUTHORIZATION_REQUIRED))) &&
		     set(out, "accounting", purpose_json(explain, EXPLAIN_ACCOUNTING)));
}

static json_t *
problems_json(const struct explain *explain)
{
	json_t *out = json_array();
	bool ok = out != NULL;

	for (size_t i = 0; ok && i < explain->problems_len; i++) {
		const struct explain_problem *problem = &explain->problems[i];
		json_t *item = json_object();

		ok = set(item, "name", explain_text_json(problem->name)) &&
		     set(item, "value", explain_text_json(problem->value)) &&
		     set(item, "problem", json_string(explain_problem_word(problem->problem)));
		ok = json_array_append_new(out, item) == 0 && ok;
	}
	return done(out, ok);
}

static json_t *
user_json(const struct explain *explain)
{
	const struct conf_object *user = explain->user;
	json_t *out;

	if (!explain_has_user(explain))
		return json_null();
	out = json_object();
	return done(out,
	    set(out, "typed", text_or_null(explain->query->user)) &&
		set(out, "name", text_or_null(explain->username_ok ? explain->username : NULL)) &&
		set(out, "local", json_boolean(user != NULL)) &&
		set(out, "has_password",
		    json_boolean(user != NULL && conf_str(user, USER_PASSWORD) != NULL)) &&
		set_origin(out, user != NULL ? &user->origin : NULL));
}

static json_t *
verdict_json(const struct explain *explain)
{
	struct explain_answer answer;
	json_t *out = json_object();

	explain_verdict(explain, &answer);
	return done(out, set(out, "allowed", json_boolean(answer.allowed)) &&
			     set(out, "reason", json_string(answer.reason)) &&
			     set(out, "text", json_string(answer.text)) &&
			     set(out, "policy", json_string(answer.policy_reason)));
}

/* ---- the attributes ---- */

static bool
set_source(json_t *object, const struct explain *explain, const struct explain_attribute *attribute,
    const struct explain_source *source)
{
	return set(object, "value", explain_value_json(explain, attribute->attribute, source)) &&
	       set(object, "source", json_string(source->kind)) &&
	       set(object, "source_name",
		   text_or_null(source->name[0] != '\0' ? source->name : NULL)) &&
	       set_origin(object, &source->origin);
}

static json_t *
overrides_json(const struct explain *explain, const struct explain_attribute *attribute)
{
	json_t *out = json_array();
	bool ok = out != NULL;

	for (size_t i = 0; ok && i < attribute->overrides_len; i++) {
		json_t *source = json_object();

		ok = set_source(source, explain, attribute, &attribute->overrides[i]);
		ok = json_array_append_new(out, source) == 0 && ok;
	}
	return done(out, ok);
}

static json_t *
attribute_json(const struct explain *explain, const struct explain_attribute *attribute)
{
	json_t *out = json_object();

	return done(
	    out, set(out, "name", json_string(attribute->name)) &&
		     set(out, "type", text_or_null(attribute->type)) &&
		     set_source(out, explain, attribute, &attribute->from) &&
		     set(out, "note",
			 text_or_null(attribute->note[0] != '\0' ? attribute->note : NULL)) &&
		     set(out, "overrides", overrides_json(explain, attribute)));
}

static json_t *
attributes_json(const struct explain *explain)
{
	json_t *out = json_array();
	bool ok = out != NULL;

	for (size_t i = 0; ok && i < explain->attributes_len; i++)
		ok = json_array_append_new(out, attribute_json(explain, &explain->attributes[i])) ==
		     0;
	return done(out, ok);
}

/* ---- addresses and filters, of one family ---- */

static json_t *
pools_json(const struct explain *explain, unsigned family)
{
	const char *names[INHERIT_POOLS_MAX];
	size_t from_policy;
	size_t len =
	    inherit_pools(&explain->inherit, explain->choice.group, family, names, &from_policy);
	json_t *out = json_array();
	bool ok = out != NULL;

	for (size_t i = 0; ok && i < len; i++) {
		json_t *pool = json_object();

		ok = set(pool, "name", explain_text_json(names[i])) &&
		     set(pool, "source",
			 json_string(i < from_policy ? "group-policy" : "tunnel-group"));
		ok = json_array_append_new(out, pool) == 0 && ok;
	}
	return done(out, ok);
}

static json_t *
filter_json(const struct explain *explain, unsigned family)
{
	enum conf_gp_attributes attribute;
	const char *name = inherit_filter(&explain->inherit, family, &attribute);
	json_t *out;

	if (name == NULL)
		return json_null();
	out = json_object();
	return done(out, set(out, "access_list", explain_text_json(name)) &&
			     set(out, "attribute",
				 json_string(conf_setting_name(CONF_GP_ATTRIBUTES, attribute))));
}

static json_t *
family_json(const struct explain *explain, unsigned family)
{
	const char *framed = inherit_str(&explain->inherit,
	    family == 4 ? GPA_VPN_FRAMED_IP_ADDRESS : GPA_VPN_FRAMED_IPV6_ADDRESS);
	json_t *out = json_object();

	return done(out, set(out, "framed", text_or_null(framed)) &&
			     set(out, "pools", pools_json(explain, family)) &&
			     set(out, "filter", filter_json(explain, family)));
}

json_t *
explain_json(struct explain *explain)
{
	json_t *out = json_object();

	return done(
	    out, set(out, "tunnel_group", group_json(explain)) &&
		     set(out, "chosen_by", step_json(explain_decisive(explain))) &&
		     set(out, "tried", tried_json(explain)) &&
		     set(out, "tried_dropped", json_integer((json_int_t)explain->trace.dropped)) &&
		     set(out, "certificate", certificate_json(explain->query->names)) &&
		     set(out, "login", login_json(explain)) &&
		     set(out, "servers", servers_json(explain)) &&
		     set(out, "user", user_json(explain)) &&
		     set(out, "problems", problems_json(explain)) &&
		     set(out, "unheard", text_or_null(explain->unheard)) &&
		     set(out, "group_policy", text_or_null(explain->inherit.group_policy)) &&
		     set(out, "time", json_integer((json_int_t)explain->query->when)) &&
		     set(out, "verdict", verdict_json(explain)) &&
		     set(out, "attributes", attributes_json(explain)) &&
		     set(out, "ipv4", family_json(explain, 4)) &&
		     set(out, "ipv6", family_json(explain, 6)));
}
