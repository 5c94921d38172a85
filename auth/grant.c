/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every refusal of grant_judge() comes after the passwords were hashed, so that none is told from
 * another by its time. Names that are nobody's are not logged: they are often passwords typed into
 * the wrong field (asa.md 8).
 */
#include "auth/grant.h"

#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/judge.h"

#define HIDDEN_NAME "*****"

static void
log_rejected(const struct grant *grant, const char *username, enum local_result result)
{
	const char *policy =
	    conf_str(conf_sub(grant->choice->group, TG_GENERAL), TGG_DEFAULT_GROUP_POLICY);
	const char *user = result == LOCAL_NO_USER ? HIDDEN_NAME : username;
	const char *reason = "AAA failure";
	char ip[IP_STR_MAX];

	if (result == LOCAL_NO_USER)
		reason = "User was not found";
	else if (result == LOCAL_BAD_PASSWORD)
		reason = "Invalid password";
	else if (result == LOCAL_NO_PASSWORD)
		reason = "User has no password";
	facts_ip(grant->facts, ip);
	log_event(LOGMSG_113015, reason, user, ip);
	log_event(LOGMSG_716039, policy != NULL ? policy : "DfltGrpPolicy", user, ip, "WebVPN");
}

static void
log_accepted(
    const struct grant *grant, const struct conf_object *user, const struct inherit *inherit)
{
	const char *own =
	    user != NULL ? conf_str(conf_sub(user, USER_ATTRIBUTES), GPA_VPN_GROUP_POLICY) : NULL;

	if ((grant->methods & SESSION_PASSWORD) != 0)
		log_event(LOGMSG_113012, grant->username);
	if (own != NULL && strcmp(own, inherit->group_policy) == 0)
		log_event(LOGMSG_113011, inherit->group_policy, grant->username);
	else
		log_event(LOGMSG_113009, inherit->group_policy, grant->username);
	log_event(LOGMSG_113008, grant->username);
}

/* Nobody gets in there, and what was typed is not worth a word. */
static void
log_closed(const struct grant *grant, const char *why)
{
	char ip[IP_STR_MAX];

	log_warn("IP <%s> login refused: tunnel-group %s is closed: %s", facts_ip(grant->facts, ip),
	    conf_str(grant->choice->group, TG_NAME), why);
}

static bool
is_closed(const struct grant *grant)
{
	struct buf why;
	bool closed;

	buf_init(&why, 1024);
	closed = conf_group_closed(grant->conf, grant->choice->group, &why);
	if (closed)
		log_closed(grant, buf_cstr(&why));
	buf_fini(&why);
	return closed;
}

/* What the policy has to say against a session. */
static enum err
judge(const struct grant *grant, const struct inherit *inherit)
{
	enum judge_verdict verdict =
	    judge_login(grant->conf, grant->choice->group, inherit, clock_wall_sec());
	char ip[IP_STR_MAX];

	if (verdict == JUDGE_OK)
		return ERR_OK;
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

/* Everything was shown: what is left is the policy. */
static enum err
admit(struct grant *grant, const struct conf_object *user)
{
	struct policy_limits limits;
	struct inherit inherit;
	enum err err;

	inherit_merge(grant->conf, grant->choice->group, user, NULL, &inherit);
	log_accepted(grant, user, &inherit);
	err = judge(grant, &inherit);
	if (err != ERR_OK)
		return err;
	policy_limits(grant->conf, &inherit, &limits);
	grant->crowded = session_is_crowded(grant->sessions, grant->username, &limits);
	return ERR_OK;
}

static const struct conf_object *
user_of(const struct grant *grant)
{
	return conf_find(grant->conf, CONF_USERNAME, grant->username);
}

enum err
grant_judge(struct grant *grant, enum local_result result)
{
	const struct conf_object *user = user_of(grant);

	if (is_closed(grant))
		return ERR_DENIED;
	if (result != LOCAL_OK || user == NULL) {
		log_rejected(grant, grant->username, result);
		return ERR_DENIED;
	}
	if (grant->second_name != NULL &&
	    (grant->second_result != LOCAL_OK ||
		conf_find(grant->conf, CONF_USERNAME, grant->second_name) == NULL)) {
		log_rejected(grant, grant->second_name, grant->second_result);
		return ERR_DENIED;
	}
	return admit(grant, user);
}

enum err
grant_judge_certificate(struct grant *grant)
{
	const struct conf_object *user = user_of(grant);
	char ip[IP_STR_MAX];

	if (is_closed(grant))
		return ERR_DENIED;
	if (!judge_authorized(grant->choice->group, user)) {
		log_notice("Group <%s> User <%s> IP <%s> certificate login refused: LOCAL does not "
			   "know the user, and authorization-required is set",
		    conf_str(grant->choice->group, TG_NAME), grant->username,
		    facts_ip(grant->facts, ip));
		log_rejected(grant, grant->username, LOCAL_NO_USER);
		return ERR_DENIED;
	}
	return admit(grant, user);
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

	if (user == NULL && (grant->methods & SESSION_PASSWORD) != 0)
		return ERR_DENIED;
	inherit_merge(grant->conf, grant->choice->group, user, NULL, &inherit);
	err = open_session(grant, user, &inherit, &session);
	if (err != ERR_OK) {
		log_no_session(grant, &inherit, err);
		grant_fini(grant);
		return err;
	}
	facts_ip(grant->facts, ip);
	log_event(LOGMSG_113039, inherit.group_policy, grant->username, ip);
	log_event(LOGMSG_722055, inherit.group_policy, grant->username, ip, grant->facts->agent);
	fill_answer(grant, session, user);
	return ERR_OK;
}

void
grant_fini(struct grant *grant)
{
	policy_free(grant->policy);
	grant->policy = NULL;
	str_wipe(grant->token, sizeof(grant->token));
}
