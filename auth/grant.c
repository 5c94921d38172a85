/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every refusal here comes after the password was hashed, so that none is told from another by its
 * time. Names that are nobody's are not logged: they are often passwords typed into the wrong field
 * (asa.md 8).
 */
#include "auth/grant.h"

#include <string.h>

#include "common/log.h"
#include "common/str.h"

#define HIDDEN_NAME "*****"

static void
log_rejected(const struct grant *grant, enum local_result result)
{
	const char *policy =
	    conf_str(conf_sub(grant->choice->group, TG_GENERAL), TGG_DEFAULT_GROUP_POLICY);
	const char *user = result == LOCAL_NO_USER ? HIDDEN_NAME : grant->username;
	const char *reason = "AAA failure";
	char ip[IP_STR_MAX];

	if (result == LOCAL_NO_USER)
		reason = "User was not found";
	else if (result == LOCAL_BAD_PASSWORD)
		reason = "Invalid password";
	facts_ip(grant->facts, ip);
	log_event(LOGMSG_113015, reason, user, ip);
	log_event(LOGMSG_716039, policy != NULL ? policy : "DfltGrpPolicy", user, ip, "WebVPN");
}

static void
log_accepted(
    const struct grant *grant, const struct conf_object *user, const struct inherit *inherit)
{
	const char *own = conf_str(conf_sub(user, USER_ATTRIBUTES), GPA_VPN_GROUP_POLICY);

	log_event(LOGMSG_113012, grant->username);
	if (own != NULL && strcmp(own, inherit->group_policy) == 0)
		log_event(LOGMSG_113011, inherit->group_policy, grant->username);
	else
		log_event(LOGMSG_113009, inherit->group_policy, grant->username);
	log_event(LOGMSG_113008, grant->username);
}

/* What the policy has to say against a session. */
static enum err
judge(const struct grant *grant, const struct inherit *inherit)
{
	const char *group = conf_str(grant->choice->group, TG_NAME);
	const char *lock = inherit_str(inherit, GPA_GROUP_LOCK);
	struct policy_limits limits;
	char ip[IP_STR_MAX];

	facts_ip(grant->facts, ip);
	if (lock != NULL && strcmp(lock, group) != 0) {
		log_event(LOGMSG_113040, inherit->group_policy, grant->username, ip, group, lock);
		return ERR_DENIED;
	}
	if (!policy_has_ssl_client(inherit)) {
		log_event(LOGMSG_722050, inherit->group_policy, grant->username, ip);
		return ERR_DENIED;
	}
	policy_limits(grant->conf, inherit, &limits);
	if (limits.logins == 0) {
		log_warn("Group <%s> User <%s> IP <%s> login refused: vpn-simultaneous-logins is 0",
		    inherit->group_policy, grant->username, ip);
		return ERR_DENIED;
	}
	return ERR_OK;
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

/* Names here point into the configuration, which outlives the session. */
static void
fill_answer(struct grant *grant, const struct session *session, const struct conf_object *user,
    const struct inherit *inherit)
{
	Ipc__AuthAnswer *answer = &grant->answer;
	const char *banner = inherit_str(inherit, GPA_BANNER);

	ipc__auth_answer__init(answer);
	answer->kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	answer->auth_id = (char *)"success";
	answer->banner = (char *)(banner != NULL ? banner : "");
	answer->tunnel_group = (char *)conf_str(grant->choice->group, TG_NAME);
	answer->session_index = session->index;
	answer->session_token = grant->token;
	answer->username = (char *)conf_str(user, USER_NAME);
}

enum err
grant_session(struct grant *grant, enum local_result result)
{
	const struct conf_object *user = conf_find(grant->conf, CONF_USERNAME, grant->username);
	struct session *session = NULL;
	struct inherit inherit;
	struct session_login login;
	char ip[IP_STR_MAX];
	enum err err;

	if (result != LOCAL_OK || user == NULL) {
		log_rejected(grant, result);
		return ERR_DENIED;
	}
	inherit_merge(grant->conf, grant->choice->group, user, NULL, &inherit);
	log_accepted(grant, user, &inherit);
	err = judge(grant, &inherit);
	if (err != ERR_OK)
		return err;
	login = (struct session_login){
	    .user = user,
	    .group = grant->choice->group,
	    .inherit = &inherit,
	    .facts = grant->facts,
	};
	err = session_login(grant->sessions, &login, &session, grant->token);
	if (err != ERR_OK) {
		log_no_session(grant, &inherit, err);
		return err;
	}
	facts_ip(grant->facts, ip);
	log_event(LOGMSG_113039, inherit.group_policy, grant->username, ip);
	log_event(LOGMSG_722055, inherit.group_policy, grant->username, ip, grant->facts->agent);
	fill_answer(grant, session, user, &inherit);
	return ERR_OK;
}

void
grant_fini(struct grant *grant)
{
	str_wipe(grant->token, sizeof(grant->token));
}
