/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pending login tells its client. Whatever is wrong with a user name or password looks the
 * same, and so does whatever is wrong with a certificate (INV-3); only the log tells the reason.
 */
#include "auth/login_steps.h"
#include "auth/trace_login.h"

#include <stdlib.h>
#include <string.h>

#include "auth/form.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"

#define UNKNOWN_USER "unknown" /* of a certificate that names nobody */

void
login_answer_refused(login_answer_fn fn, void *arg)
{
	Ipc__AuthAnswer refused;

	form_refused(&refused);
	fn(&refused, arg);
}

static void
refuse_text(struct login *login, const char *text)
{
	Ipc__AuthAnswer refused;

	form_refused(&refused);
	if (text != NULL && strcmp(text, FORM_ERROR_TEXT) != 0) {
		refused.error = (char *)(uintptr_t)text;
		refused.error_id = 0;
	}
	trace_login_note(login, "Send auth failure: the login is over");
	login_log_failure(login);
	login->answer(&refused, login->arg);
	login_table_drop(login);
}

void
login_refuse(struct login *login)
{
	refuse_text(login, NULL);
}

void
login_refuse_certificate(struct login *login, const char *why)
{
	const char *policy =
	    conf_str(conf_sub(login->choice.group, TG_GENERAL), TGG_DEFAULT_GROUP_POLICY);
	const char *user = login->filled[0] != '\0' ? login->filled : UNKNOWN_USER;
	Ipc__AuthAnswer refused;
	char ip[IP_STR_MAX];

	metric_count(METRIC_LOGIN_CERTIFICATE);
	facts_ip(&login->facts, ip);
	login_failed_at(login,
	    login->wait == LOGIN_WAIT_PAIR ? "second certificate" : "certificate", "%s", why);
	login_log_failure(login);
	login_blame(login, "");
	log_notice("IP <%s> certificate login to tunnel-group %s refused: %s", ip,
	    conf_str(login->choice.group, TG_NAME), why);
	log_event(LOGMSG_716039, policy != NULL ? policy : "DfltGrpPolicy", user, ip, "WebVPN");
	trace_login_note(login, "Certificate Validation Failure: %s", why);
	form_refused_certificate(&refused);
	login->answer(&refused, login->arg);
	login_table_drop(login);
}

/* ---- forms ---- */

static bool
is_hidden(const struct login *login, unsigned setting)
{
	const char *word = conf_str(conf_sub(login->choice.group, TG_WEBVPN), setting);

	return word != NULL && strcmp(word, "client hide") == 0;
}

static const char *
value_or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* The answer is a form that is made by now, under the handle that it has got. */
static void
send_form(struct login *login, struct form *form, login_answer_fn answer, void *arg)
{
	if (form == NULL) {
		login_table_drop(login);
		login_answer_refused(answer, arg);
		return;
	}
	trace_login_note(login, "Generating a form (%s)", form_answer(form)->auth_id);
	answer(form_answer(form), arg);
	form_free(form);
}

static bool
has_one_name(const struct login *login)
{
	return conf_bool(conf_sub(login->choice.group, TG_GENERAL), TGG_SECONDARY_USE_PRIMARY);
}

static bool
is_sdi(const struct login *login)
{
	const char *word = conf_str(conf_sub(login->choice.group, TG_WEBVPN), TGW_PROXY_AUTH);

	return word != NULL && strcmp(word, "sdi") == 0;
}

/* error: NULL for none. */
static void
show(struct login *login, const char *error)
{
	login_answer_fn answer = login->answer;
	void *arg = login->arg;
	struct form_fields fields = {
	    .choice = login->wait == LOGIN_WAIT_CHOICE,
	    .name = {value_or_null(login->filled), is_hidden(login, TGW_PRE_FILL)},
	    .second = login_has_second(login),
	    .second_name = {value_or_null(login->second_filled),
		is_hidden(login, TGW_SECONDARY_PRE_FILL)},
	    .one_name = has_one_name(login),
	    .passcode = is_sdi(login),
	};
	struct form *form;

	if (login_table_show(login) != ERR_OK) {
		login_refuse(login);
		return;
	}
	form = form_new(login->conf, &login->choice, &fields, login->handle, login->generation);
	if (form != NULL && error != NULL)
		form_set_failed(form, error);
	send_form(login, form, answer, arg);
}

void
login_show_form(struct login *login, bool failed)
{
	login->wait = LOGIN_WAIT_PASSWORD;
	show(login, failed ? FORM_ERROR_TEXT : NULL);
}

void
login_show_choice(struct login *login)
{
	login->wait = LOGIN_WAIT_CHOICE;
	show(login, NULL);
}

void
login_show_challenge(struct login *login, const struct form_challenge *challenge)
{
	login_answer_fn answer = login->answer;
	void *arg = login->arg;

	login->wait = LOGIN_WAIT_CHALLENGE;
	if (login_table_show(login) != ERR_OK) {
		login_refuse(login);
		return;
	}
	send_form(login,
	    form_challenge_new(&login->choice, challenge, login->handle, login->generation), answer,
	    arg);
}

static const struct conf_object *
limits_of(const struct login *login)
{
	return conf_sub(conf_root(login->conf, CONF_GATEWAY), GW_LIMITS);
}

bool
login_is_time_over(const struct login *login)
{
	uint64_t limit_ms = (uint64_t)conf_int(limits_of(login), LIM_LOGIN_TIMEOUT) * 1000;

	return clock_mono_ms() - login->started_ms >= limit_ms;
}

bool
login_count_failure(struct login *login)
{
	login->attempts++;
	return login->attempts < (unsigned)conf_int(limits_of(login), LIM_LOGIN_ATTEMPTS) &&
	       !login_is_time_over(login);
}

void
login_fail_text(struct login *login, const char *text)
{
	/* It may be a server's, which goes with the rest. */
	char *error = strdup(text != NULL ? text : FORM_ERROR_TEXT);

	login_proofs_clear(login);
	login->wait = LOGIN_WAIT_PASSWORD;
	if (!login_count_failure(login) || error == NULL) {
		refuse_text(login, error);
	} else {
		login_log_failure(login);
		show(login, error);
	}
	free(error);
}

void
login_fail(struct login *login)
{
	login_fail_text(login, NULL);
}

/* ---- requests for certificates ---- */

void
login_show_request(struct login *login)
{
	struct second_for what = {
	    .group = login->choice.group,
	    .alias = login->choice.alias,
	    .handle = login->handle,
	    .generation = login->generation,
	    .authenticated = login->names != NULL,
	};

	login->wait = LOGIN_WAIT_PAIR;
	if (login_table_show(login) != ERR_OK) {
		login_refuse(login);
		return;
	}
	login->request = second_request_new(&what);
	if (login->request == NULL) {
		login_table_take(login);
		login_refuse(login);
		return;
	}
	trace_login_note(login, "Generating multiple certificate request");
	trace_login_note(login, "Saved message of len %zu to verify signature",
	    second_request_bytes(login->request)->len);
	login->answer(second_request_answer(login->request), login->arg);
}

void
login_ask_certificate(struct login *login)
{
	Ipc__AuthAnswer answer;

	trace_login_note(login, "Generating client certificate request");
	form_certificate_request(&answer);
	login->answer(&answer, login->arg);
	login_table_drop(login);
}
