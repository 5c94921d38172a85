/* SPDX-License-Identifier: Apache-2.0 */
/* The last steps of a login: what servers said is gathered, and becomes a session or a refusal. */
#include <string.h>

#include "auth/grant.h"
#include "auth/login_steps.h"
#include "auth/threat.h"

static unsigned
methods_of(const struct login *login)
{
	struct conf_methods methods = conf_methods(login->choice.group);

	return (methods.aaa ? SESSION_PASSWORD : 0) |
	       (methods.certificate ? SESSION_CERTIFICATE : 0) |
	       (methods.multiple ? SESSION_MULTIPLE : 0);
}

static struct grant
grant_of(struct login *login)
{
	return (struct grant){
	    .conf = login->conf,
	    .sessions = login->table->config.sessions,
	    .choice = &login->choice,
	    .facts = &login->facts,
	    .username = login_session_name(login),
	    .methods = methods_of(login),
	    .gain = &login->gain,
	    .local_password = login->proofs[LOGIN_FIRST].wanted && login->proofs[LOGIN_FIRST].local,
	    .index = login->index,
	    .login_wall = login->login_wall,
	    .audit_id = login->audit_id,
	};
}

/* Without a password to try again, there is no form to show again. */
void
login_deny(struct login *login)
{
	if (conf_methods(login->choice.group).aaa)
		login_fail(login);
	else
		login_refuse(login);
}

/* What it depends on is known: the session. */
static void
on_fresh(void *arg)
{
	struct login *login = arg;
	struct grant grant = grant_of(login);

	if (grant_open(&grant) != ERR_OK) {
		login_failed_at(login, "session", "%s", grant.why);
		login_deny(login);
		return;
	}
	threat_pass(login->table->config.threat, &login->facts.client.addr);
	login->answer(&grant.answer, login->arg);
	grant_fini(&grant);
	login_table_drop(login);
}

/* Whose word on the user counts, of those who looked at passwords. */
static size_t
counting(const struct login *login)
{
	const char *which =
	    conf_str(conf_sub(login->choice.group, TG_GENERAL), TGG_ATTR_FROM_SERVER);

	return login_has_second(login) && strcmp(which, "secondary") == 0 ? LOGIN_SECOND
									  : LOGIN_FIRST;
}

/* An entry of users.conf counts for the one whose password LOCAL looked at. */
static void
gather(struct login *login)
{
	size_t which = counting(login);
	struct login_proof *proof = &login->proofs[which];
	const char *name = which == LOGIN_SECOND ? login->second_name : login->username;

	gain_add(&login->gain, login->authorized);
	login->authorized = NULL;
	gain_add(&login->gain, proof->profile);
	proof->profile = NULL;
	if (proof->wanted && proof->local && strcmp(name, login_session_name(login)) == 0)
		login->gain.local = true;
}

static enum err
read_gain(struct login *login)
{
	char ip[IP_STR_MAX];
	const struct gain_who who = {
	    .username = login_session_name(login),
	    .ip = facts_ip(&login->facts, ip),
	    .tunnel_group = login->choice.group,
	};

	return gain_read(&login->gain, login->conf, &who);
}

void
login_grant(struct login *login)
{
	const struct login_config *config = &login->table->config;
	struct grant grant;

	gather(login);
	if (read_gain(login) != ERR_OK) {
		login_failed_at(
		    login, "group policy", "what the server says of the user cannot be applied");
		login_deny(login);
		return;
	}
	grant = grant_of(login);
	if (grant_judge(&grant) != ERR_OK) {
		login_failed_at(login, "group policy", "%s", grant.why);
		login_deny(login);
	} else if (grant.crowded && config->refresh != NULL) {
		config->refresh(config->refresher, on_fresh, login);
	} else {
		on_fresh(login);
	}
}
