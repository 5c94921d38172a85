/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policy says of a login that everybody else let pass, and the session that comes of it.
 * Every refusal here comes after the passwords were looked at, so that none is told from another by
 * its time.
 */
#include "auth/grant.h"

#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/str.h"
#include "common/trace.h"
#include "conf/judge.h"

static void
log_accepted(const struct grant *grant, const struct inherit *inherit)
{
	if ((grant->methods & SESSION_PASSWORD) != 0 && grant->local_password)
		log_event(LOGMSG_113012, grant->username);
	if (gain_names_policy(grant->gain, grant->conf, grant->username, inherit->group_policy))
		log_event(LOGMSG_113011, inherit->group_policy, grant->username);
	else
		log_event(LOGMSG_113009, inherit->group_policy, grant->username);
	log_event(LOGMSG_113008, grant->username);
}

/* What was typed is not worth a word. */
bool
grant_is_closed(
    const struct conf *conf, const struct conf_object *tunnel_group, const struct facts *facts)
{
	char ip[IP_STR_MAX];
	struct buf why;
	bool closed;

	buf_init(&why, 1024);
	closed = conf_group_closed(conf, tunnel_group, &why);
	metric_add(METRIC_LOGIN_GROUP_CLOSED, closed);
	if (closed)
		log_warn("IP <%s> login refused: tunnel-group %s is closed: %s",
		    facts_ip(facts, ip), conf_str(tunnel_group, TG_NAME), buf_cstr(&why));
	buf_fini(&why);
	return closed;
}

/* What the policy has to say against a session. */
static enum err
judge(struct grant *grant, const struct inherit *inherit)
{
	enum judge_verdict verdict =
	    judge_login(grant->conf, grant->choice->group, inherit, clock_wall_sec());
	char ip[IP_STR_MAX];

	if (verdict == JUDGE_OK)
		return ERR_OK;
	metric_count(METRIC_LOGIN_POLICY);
	grant->why = judge_text(verdict);
	trace_note(TRACE_XML, 2, &grant->facts->client, "Login of user %s refused: %s",
	    grant->username, judge_text(verdict));
	facts_ip(grant->facts, ip);
	if (verdict == JUDGE_GROUP_LOCK)
		log_event(LOGMSG_113040, inherit->group_policy, grant->username, ip,
		    conf_str(grant->choice->group, TG_NAME), inherit_str(inherit, GPA_GROUP_LOCK));
	else if (verdict == JUDGE_NO_PROTOCOL)
		log_event(LOGMSG_722050, inherit->group_policy, grant->username, ip);
	else
		log_warn("Group <%s> User <%s> IP <%s> login refused: %s", inherit->group_policy,
		    grant->username, ip, judge_text(verdict));
	return ERR_DENIED;
}

static void
log_no_session(const struct grant *grant, const struct inherit *inherit, enum err err)
{
	char ip[IP_STR_MAX];

	facts_ip(grant->facts, ip);
	metric_count(
	    err == ERR_LIMIT || err == ERR_DENIED ? METRIC_LOGIN_LIMIT : METRIC_LOGIN_INTERNAL);
	if (err == ERR_LIMIT)
		log_event(LOGMSG_113029, inherit->group_policy, grant->username, ip,
		    session_table_max(grant->sessions));
	else
		log_err("Group <%s> User <%s> IP <%s> no session: %s", inherit->group_policy,
		    grant->username, ip, err_str(err));
}

/* Names here point into the configuration or the login, which outlive the answer. */
static void
fill_answer(struct grant *grant, const struct session *session, const struct conf_object *user)
{
	const Ipc__TunnelPolicy *policy = policy_msg(grant->policy);
	Ipc__AuthAnswer *answer = &grant->answer;

	ipc__auth_answer__init(answer);
	answer->kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	answer->auth_id = (char *)"success";
	answer->banner = policy->banner;
	answer->tunnel_group = (char *)conf_str(grant->choice->group, TG_NAME);
	answer->session_index = session->index;
	answer->session_token = grant->token;
	answer->username = (char *)(user != NULL ? conf_str(user, USER_NAME) : grant->username);
	answer->n_custom_attr = policy->n_custom_attr;
	answer->custom_attr = policy->custom_attr;
}

static const struct conf_object *
user_of(const struct grant *grant)
{
	return grant->gain->local ? conf_find(grant->conf, CONF_USERNAME, grant->username) : NULL;
}

enum err
grant_judge(struct grant *grant)
{
	struct policy_limits limits;
	struct inherit inherit;
	enum err err;

	grant->why = "the tunnel-group is closed";
	if (grant_is_closed(grant->conf, grant->choice->group, grant->facts))
		return ERR_DENIED;
	gain_inherit(grant->gain, grant->conf, grant->choice->group, grant->username, &inherit);
	trace_note(TRACE_XML, 2, &grant->facts->client, "Group policy %s for user %s, %s",
	    inherit.group_policy, grant->username,
	    gain_names_policy(grant->gain, grant->conf, grant->username, inherit.group_policy)
		? "which the user's server or entry names"
		: "the default of the tunnel group");
	log_accepted(grant, &inherit);
	err = judge(grant, &inherit);
	if (err != ERR_OK)
		return err;
	policy_limits(grant->conf, &inherit, &limits);
	grant->crowded = session_is_crowded(grant->sessions, grant->username, &limits);
	return ERR_OK;
}

static enum err
open_session(struct grant *grant, const struct conf_object *user, const struct inherit *inherit,
    struct session **session)
{
	struct session_login login = {
	    .conf = grant->conf,
	    .user = user,
	    .username = user == NULL ? grant->username : NULL,
	    .methods = grant->methods,
	    .group = grant->choice->group,
	    .inherit = inherit,
	    .facts = grant->facts,
	    .local_policy = grant->gain->local,
	    .profiles = grant->gain->profiles,
	    .attributes = grant->gain->attributes,
	    .profiles_len = grant->gain->len,
	    .index = grant->index,
	    .login_wall = grant->login_wall,
	    .audit_id = grant->audit_id,
	};

	grant->policy = policy_new(grant->conf, inherit);
	if (grant->policy == NULL)
		return ERR_NOMEM;
	return session_login(grant->sessions, &login, session, grant->token);
}

enum err
grant_open(struct grant *grant)
{
	const struct conf_object *user = user_of(grant);
	struct session *session = NULL;
	struct inherit inherit;
	char ip[IP_STR_MAX];
	enum err err;

	gain_inherit(grant->gain, grant->conf, grant->choice->group, grant->username, &inherit);
	err = open_session(grant, user, &inherit, &session);
	if (err != ERR_OK) {
		log_no_session(grant, &inherit, err);
		grant->why = err == ERR_LIMIT    ? "max-sessions is reached"
			     : err == ERR_DENIED ? "vpn-simultaneous-logins allows none"
						 : err_str(err);
		grant_fini(grant);
		return err;
	}
	trace_note(TRACE_XML, 2, &grant->facts->client,
	    "Send auth complete: user %s, group policy %s, session %u", grant->username,
	    inherit.group_policy, session->index);
	facts_ip(grant->facts, ip);
	log_of(session_about(session), LOGMSG_113039, inherit.group_policy, grant->username, ip);
	log_of(session_about(session), LOGMSG_722055, inherit.group_policy, grant->username, ip,
	    grant->facts->agent);
	fill_answer(grant, session, user);
	metric_count(METRIC_LOGIN_OK);
	return ERR_OK;
}

void
grant_fini(struct grant *grant)
{
	policy_free(grant->policy);
	grant->policy = NULL;
	str_wipe(grant->token, sizeof(grant->token));
}
