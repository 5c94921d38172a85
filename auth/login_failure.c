/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Why can she not get in?": one line for each failed attempt, whatever the step. The ASA's lines
 * stay beside it, for those who look for them.
 */
#include <stdarg.h>
#include <stdio.h>

#include "auth/login_steps.h"
#include "auth/threat.h"
#include "common/log.h"

struct log_about
login_about(const struct login *login)
{
	return (struct log_about){.session = login->index << 12, .audit_id = login->audit_id};
}

void
login_failed_at(struct login *login, const char *step, const char *fmt, ...)
{
	va_list args;

	login->failed_at = step;
	va_start(args, fmt);
	(void)vsnprintf(login->failed_why, sizeof(login->failed_why), fmt, args);
	va_end(args);
}

void
login_blame(const struct login *login, const char *username)
{
	const struct login_config *config = &login->table->config;

	threat_fail(config->threat, config->conf, &login->facts.client.addr, username, login->mark);
}

/* A certificate's name is somebody's, and one that users.conf has; of others nobody knows. */
static const char *
name_of(const struct login *login)
{
	const char *name = login->username[0] != '\0' ? login_session_name(login) : login->filled;

	if (name[0] == '\0')
		return "unknown";
	if (name == login->filled || login->filled[0] != '\0' ||
	    conf_find(login->conf, CONF_USERNAME, name) != NULL)
		return name;
	return log_username(name);
}

void
login_log_failure(struct login *login)
{
	bool known = login->failed_at != NULL;
	char ip[IP_STR_MAX];

	log_of(login_about(login), LOG_NOTICE,
	    "Login failed: User <%s> TunnelGroup <%s> IP <%s> Step <%s> Reason <%s>",
	    name_of(login),
	    login->choice.group != NULL ? conf_str(login->choice.group, TG_NAME) : "none",
	    facts_ip(&login->facts, ip), known ? login->failed_at : "login",
	    known ? login->failed_why : "no memory, time is over or the service stops");
	login->failed_at = NULL;
}
