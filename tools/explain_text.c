/* SPDX-License-Identifier: Apache-2.0 */
/* explain-policy's answer for people: one line for each fact, with where it was written. */
#include <stdlib.h>
#include <string.h>

#include "conf/value_text.h"
#include "tools/explain.h"

/* "  (tunnel-groups.conf:4)"; nothing for what is written nowhere. */
static void
put_origin(struct buf *out, const struct conf_origin *origin)
{
	if (origin->file == NULL)
		return;
	buf_printf(out, " (%s", origin->file);
	if (origin->line > 0)
		buf_printf(out, ":%d", origin->line);
	buf_puts(out, ")");
}

static void
put_label(struct buf *out, const char *label)
{
	buf_printf(out, "%-17s", label);
}

/* ---- the tunnel-group ---- */

static void
put_step(struct buf *out, const struct resolve_step *step)
{
	struct buf text;

	buf_init(&text, 4096);
	explain_step_text(step, &text);
	buf_puts(out, explain_rule_name(step->rule));
	if (text.len > 0) {
		buf_puts(out, " ");
		value_text_printable(out, buf_cstr(&text));
	}
	if (step->object != NULL)
		put_origin(out, &step->object->origin);
	buf_printf(out, ": %s\n", step->why);
	buf_fini(&text);
}

static void
put_group(struct buf *out, const struct explain *explain)
{
	const struct conf_object *group = explain->choice.group;
	size_t tried = explain->trace.len - 1;

	put_label(out, "Tunnel-group:");
	buf_puts(out, conf_str(group, TG_NAME));
	put_origin(out, &group->origin);
	buf_puts(out, "\n");
	put_label(out, "Chosen by:");
	put_step(out, explain_decisive(explain));
	for (size_t i = 0; i < tried; i++) {
		put_label(out, i == 0 ? "Tried before:" : "");
		put_step(out, &explain->trace.steps[i]);
	}
	if (explain->trace.dropped > 0)
		buf_printf(out, "%17s.. and %zu more\n", "", explain->trace.dropped);
}

static void
put_certificate(struct buf *out, const struct explain *explain)
{
	const Ipc__CertNames *names = explain->query->names;

	if (names == NULL)
		return;
	put_label(out, "Certificate:");
	value_text_printable(out, names->subject_name);
	buf_puts(out, ", issued by ");
	value_text_printable(out, names->issuer_name);
	buf_printf(out,
	    "\n%17snot verified here; the gateway uses it only if a trustpoint's CA vouches for "
	    "it\n",
	    "");
}

/* ---- the login ---- */

static bool
has_ask(const struct explain *explain, const char *what)
{
	const char *asks[EXPLAIN_ASKS_MAX];
	size_t len = explain_asks(explain, asks);

	for (size_t i = 0; i < len; i++)
		if (strcmp(asks[i], what) == 0)
			return true;
	return false;
}

/* What policy says of the two certificates. */
static void
put_pair(struct buf *out, const struct conf_object *group)
{
	static const struct {
		const char *whose;
		unsigned trustpoint, map;
	} both[] = {
	    {"the first", TGM_FIRST_TRUSTPOINT, TGM_FIRST_MAP},
	    {"the second", TGM_SECOND_TRUSTPOINT, TGM_SECOND_MAP},
	};
	const struct conf_object *multiple = conf_sub(conf_sub(group, TG_WEBVPN), TGW_MULTIPLE);

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		const char *trustpoint = conf_str(multiple, both[i].trustpoint);
		const char *map = conf_str(multiple, both[i].map);

		if (trustpoint != NULL || map != NULL)
			buf_printf(out, ", %s", both[i].whose);
		if (trustpoint != NULL)
			buf_printf(out, " of trustpoint %s", trustpoint);
		if (map != NULL)
			buf_printf(out, " that matches certificate map %s", map);
	}
}

static void
put_asks(struct buf *out, const struct explain *explain)
{
	const struct conf_methods *methods = &explain->methods;

	if (methods->multiple) {
		buf_puts(out, "two certificates");
		put_pair(out, explain->choice.group);
	} else if (methods->certificate) {
		buf_puts(out, "a certificate");
	}
	if (!methods->aaa)
		return;
	if (methods->certificate || methods->multiple)
		buf_puts(out, ", ");
	buf_puts(out, has_ask(explain, "username") ? "user name and password" : "password");
	if (has_ask(explain, "secondary_username"))
		buf_puts(out, ", second user name and password");
	else if (has_ask(explain, "secondary_password"))
		buf_puts(out, ", second password");
}

static void
put_form(struct buf *out, const struct explain *explain)
{
	const char *chosen = explain->choice.alias;
	const char **aliases;
	size_t len = resolve_aliases(explain->conf, NULL, 0);

	put_asks(out, explain);
	if (!explain->choice.list || len == 0)
		return;
	aliases = calloc(len, sizeof(*aliases));
	if (aliases == NULL) {
		out->err = ERR_NOMEM;
		return;
	}
	resolve_aliases(explain->conf, aliases, len);
	buf_puts(out, ", with the list of tunnel-groups:");
	if (chosen != NULL)
		buf_printf(out, " \"%s\" (selected)", chosen);
	for (size_t i = 0; i < len; i++)
		if (chosen == NULL || strcmp(aliases[i], chosen) != 0)
			buf_printf(out, " \"%s\"", aliases[i]);
	free(aliases);
}

static void
put_login(struct buf *out, struct explain *explain)
{
	put_label(out, "Login asks for:");
	put_form(out, explain);
	if (!explain->methods.certificate && !explain->methods.multiple &&
	    conf_wants_client_certificate(explain->conf))
		buf_printf(out, "\n%17sTLS asks for a certificate, and does without one", "");
	if (explain->closed.len > 0)
		buf_printf(out, "\n%17sclosed: %s; every login is refused", "",
		    buf_cstr(&explain->closed));
	buf_puts(out, "\n");
}

/* "aaa-server-group RAD (aaa.conf:3): 192.0.2.1, 192.0.2.2 without a key; if none answers LOCAL" */
static void
put_hosts(struct buf *out, const struct conf_object *group)
{
	struct conf_object *const *hosts;
	size_t len = conf_subs(group, ASG_HOSTS, &hosts);

	buf_printf(out, "aaa-server-group %s", conf_str(group, ASG_NAME));
	put_origin(out, &group->origin);
	buf_puts(out, len > 0 ? ": " : ": no server");
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%s%s%s", i > 0 ? ", " : "", conf_str(hosts[i], AH_ADDRESS),
		    conf_str(hosts[i], AH_KEY) == NULL ? " without a key" : "");
}

static void
put_servers(struct buf *out, const struct explain *explain)
{
	static const char *const labels[] = {
	    [EXPLAIN_AUTHENTICATION] = "Authentication:",
	    [EXPLAIN_SECONDARY] = "Second password:",
	    [EXPLAIN_AUTHORIZATION] = "Authorization:",
	    [EXPLAIN_ACCOUNTING] = "Accounting:",
	};
	const struct conf_object *general = conf_sub(explain->choice.group, TG_GENERAL);

	for (enum explain_purpose p = 0; p < EXPLAIN_PURPOSES; p++) {
		struct explain_servers servers;

		if (!explain_servers(explain, p, &servers))
			continue;
		put_label(out, labels[p]);
		if (servers.group != NULL)
			put_hosts(out, servers.group);
		else
			buf_puts(out, "LOCAL");
		if (servers.fallback)
			buf_puts(out, "; if none answers LOCAL");
		if (p == EXPLAIN_AUTHORIZATION && conf_bool(general, TGG_AUTHORIZATION_REQUIRED))
			buf_puts(out, "; required");
		buf_puts(out, "\n");
	}
}

/* What became of made-up answers. */
static void
put_problems(struct buf *out, const struct explain *explain)
{
	if (explain->unheard != NULL)
		buf_printf(out, "%17sno aaa-server says what %s says: it does not count\n", "",
		    explain->unheard);
	for (size_t i = 0; i < explain->problems_len; i++) {
		buf_printf(out, "%17s%s: ", "", explain->problems[i].name);
		value_text_quoted(out, explain->problems[i].value);
		buf_printf(out, " %s\n", explain_problem_text(explain->problems[i].problem));
	}
}

/* Why a user without an entry that counts has the policy that is shown. */
static void
put_stranger(struct buf *out, const struct explain *explain)
{
	const char *who =
	    explain->methods.aaa ? "an aaa-server knows" : "his certificate vouches for";

	if (explain_is_local(explain))
		buf_printf(out,
		    "\n%17sLOCAL does not know him; this is the policy of a user whom %s\n", "",
		    who);
	else
		buf_printf(out,
		    "\n%17susers.conf does not count; this is the policy of a user whom %s\n", "",
		    who);
}

static void
put_user(struct buf *out, const struct explain *explain)
{
	const char *typed = explain->query->user;

	put_label(out, "User:");
	if (!explain_has_user(explain)) {
		buf_puts(out, "anybody without attributes of his own\n");
		return;
	}
	if (typed != NULL)
		value_text_printable(out, typed);
	else if (explain->username_ok)
		value_text_printable(out, explain->username);
	else
		buf_puts(out, "nobody");
	if (typed == NULL)
		buf_puts(out, ", by the certificate");
	else if (explain->username_ok && strcmp(typed, explain->username) != 0) {
		buf_puts(out, ", without realm and group ");
		value_text_printable(out, explain->username);
	}
	if (explain->user != NULL) {
		put_origin(out, &explain->user->origin);
		buf_puts(out, "\n");
		return;
	}
	put_stranger(out, explain);
}

static void
put_verdict(struct buf *out, const struct explain *explain)
{
	struct explain_answer answer;
	char when[32];
	struct tm tm;

	explain_verdict(explain, &answer);
	put_label(out, "Group-policy:");
	buf_printf(out, "%s\n", explain->inherit.group_policy);
	put_label(out, "Verdict:");
	if (localtime_r(&explain->query->when, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm) == 0)
		when[0] = '\0';
	buf_printf(
	    out, "%s at %s: %s\n", answer.allowed ? "allowed" : "refused", when, answer.text);
	if (!answer.allowed && strcmp(answer.reason, answer.policy_reason) != 0)
		buf_printf(out, "%17sthe policy alone: %s\n", "", answer.policy_text);
}

/* ---- the attributes ---- */

static void
put_source(struct buf *out, const struct explain *explain,
    const struct explain_attribute *attribute, const struct explain_source *source)
{
	explain_value_text(explain, attribute->attribute, source, out);
	if (source->name[0] != '\0')
		buf_printf(out, "  from %s %s", source->kind, source->name);
	else
		buf_puts(out, "  by default");
	put_origin(out, &source->origin);
	buf_puts(out, "\n");
}

static void
put_attribute(
    struct buf *out, const struct explain *explain, const struct explain_attribute *attribute)
{
	struct buf name;

	buf_init(&name, 256);
	buf_puts(&name, attribute->name);
	if (attribute->type != NULL)
		buf_printf(&name, " %s", attribute->type);
	buf_printf(out, "  %-36s ", buf_cstr(&name));
	put_source(out, explain, attribute, &attribute->from);
	for (size_t i = 0; i < attribute->overrides_len; i++) {
		buf_printf(out, "  %36s overrides ", "");
		put_source(out, explain, attribute, &attribute->overrides[i]);
	}
	if (attribute->note[0] != '\0')
		buf_printf(out, "  %36s %s\n", "", attribute->note);
	buf_fini(&name);
}

/* ---- addresses and filters ---- */

static void
put_pools(struct buf *out, const struct explain *explain, unsigned family)
{
	bool v4 = family == 4;
	const char *framed = inherit_str(
	    &explain->inherit, v4 ? GPA_VPN_FRAMED_IP_ADDRESS : GPA_VPN_FRAMED_IPV6_ADDRESS);
	const char *names[INHERIT_POOLS_MAX];
	size_t from_policy;
	size_t len =
	    inherit_pools(&explain->inherit, explain->choice.group, family, names, &from_policy);

	buf_printf(out, "  %-36s ", v4 ? "IPv4 address" : "IPv6 address");
	if (framed != NULL)
		buf_printf(out, "%s, the user's own%s", framed,
		    len > 0 ? "; while somebody has it: " : "");
	else if (len == 0)
		buf_puts(out, "none: there is no pool");
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%s%s (%s)", i > 0 ? ", then " : "", names[i],
		    i < from_policy ? "group-policy" : "tunnel-group");
	buf_puts(out, "\n");
}

static void
put_filter(struct buf *out, const struct explain *explain, unsigned family)
{
	enum conf_gp_attributes attribute;
	const char *name = inherit_filter(&explain->inherit, family, &attribute);

	buf_printf(out, "  %-36s ", family == 4 ? "IPv4 filter" : "IPv6 filter");
	if (name != NULL)
		buf_printf(out, "access-list %s (%s)\n", name,
		    conf_setting_name(CONF_GP_ATTRIBUTES, attribute));
	else
		buf_puts(out, "none\n");
}

void
explain_text(struct explain *explain, struct buf *out)
{
	put_group(out, explain);
	put_certificate(out, explain);
	put_login(out, explain);
	put_servers(out, explain);
	put_user(out, explain);
	put_problems(out, explain);
	put_verdict(out, explain);
	buf_puts(out, "Attributes:\n");
	for (size_t i = 0; i < explain->attributes_len; i++)
		put_attribute(out, explain, &explain->attributes[i]);
	buf_puts(out, "Addresses and filters:\n");
	put_pools(out, explain, 4);
	put_pools(out, explain, 6);
	put_filter(out, explain, 4);
	put_filter(out, explain, 6);
}
