/* SPDX-License-Identifier: Apache-2.0 */
/* No password, no State and no message of a server is in any of these lines. */
#include "auth/trace_login.h"

#include "common/buf.h"

static const char *
rule_text(enum resolve_rule rule)
{
	switch (rule) {
	case RESOLVE_CERTIFICATE_MAP:
		return "certificate map";
	case RESOLVE_GROUP_URL:
		return "group-url";
	case RESOLVE_GROUP_ALIAS:
		return "group-alias";
	case RESOLVE_ALIAS_PATH:
		return "alias in the path of the URL";
	default:
		return "default";
	}
}

void
trace_login_show_group(const struct login *login)
{
	const struct resolve_choice *choice = &login->choice;
	const char *name = conf_str(choice->group, TG_NAME);
	const char *tag = login->shown ? "INIT-cert" : "INIT-no-cert";
	struct conf_methods methods = conf_methods(choice->group);
	char alias[TRACE_NAME_MAX];
	struct buf text;

	buf_init(&text, TRACE_TEXT_MAX);
	buf_printf(&text, "Found TG %s by %s\n", name, rule_text(choice->rule));
	buf_printf(&text, "%s: %s\n", tag,
	    login->shown ? "Client has certificate" : "Client has not sent a certificate");
	buf_printf(&text, "%s: %s tunnel group (%s) alias (%s) Cert or URL mapped %s", tag,
	    login->shown ? "Found" : "Resolve", name,
	    choice->alias != NULL ? trace_printable(alias, choice->alias) : "NULL",
	    choice->rule == RESOLVE_CERTIFICATE_MAP || choice->rule == RESOLVE_GROUP_URL ? "YES"
											 : "NO");
	if (login->can_multiple)
		buf_printf(&text, "\n%s: Client advertised multi-cert authentication support", tag);
	buf_printf(&text, "\n%s: Tunnel group %s requires%s%s authentication", tag, name,
	    methods.aaa ? " aaa" : "",
	    methods.multiple      ? " multi-cert"
	    : methods.certificate ? " certificate"
				  : "");
	if (login->shown)
		buf_printf(&text, "\n%s: %s", tag,
		    login->names != NULL ? "Certificate Authentication success"
					 : "the certificate was not looked at, or is not believed");
	trace_text(TRACE_XML, 2, &login->facts.client, buf_cstr(&text));
	buf_fini(&text);
}

void
trace_login_show_question(
    const struct login *login, const struct aaa_question *question, const char *what)
{
	char user[TRACE_NAME_MAX];
	struct buf text;

	buf_init(&text, 4096);
	buf_printf(&text, "Making AAA request: %s of user %s, server groups:", what,
	    trace_printable(user, question->who.username));
	for (size_t i = 0; i < question->servers_len; i++)
		buf_printf(&text, " %s", question->servers[i]);
	if (question->state_len > 0)
		buf_puts(&text, ", the answer to a challenge");
	if (question->new_password != NULL)
		buf_puts(&text, ", a new password");
	trace_text(TRACE_XML, 2, &login->facts.client, buf_cstr(&text));
	buf_fini(&text);
}

static const char *
status_text(const struct aaa_answer *answer)
{
	switch (answer->status) {
	case AAA_ACCEPT:
		return "ACCEPT";
	case AAA_REJECT:
		return answer->no_acl ? "ACCEPT, but its access list cannot be had" : "REJECT";
	case AAA_CHALLENGE:
		return "CHALLENGE";
	case AAA_EXPIRED:
		return "the password has expired";
	default:
		return "no server answered";
	}
}

void
trace_login_show_answer(
    const struct login *login, const char *username, const struct aaa_answer *answer)
{
	char user[TRACE_NAME_MAX], server[IP_STR_MAX];

	trace_event(TRACE_XML, 2, &login->facts.client, "AAA request finished: user %s, %s%s%s: %s",
	    trace_printable(user, username),
	    answer->local || answer->server_group == NULL ? "LOCAL" : answer->server_group,
	    answer->local || answer->server.family == 0 ? "" : ", server ",
	    answer->local || answer->server.family == 0 ? "" : ip_str(&answer->server, server),
	    status_text(answer));
}
