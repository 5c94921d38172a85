/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control socket changes. Who asks is what the kernel says (SO_PEERCRED, SO_PEERGROUPS);
 * names of users and groups are the parent's to look up, as auth is locked up. Root may, and who is
 * in control-socket.admin-group. Everything that is asked for is logged with who asked for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "auth/aaa.h"
#include "auth/control_parts.h"
#include "auth/lockout.h"
#include "auth/session_table.h"
#include "common/ip.h"
#include "common/log.h"
#include "common/str.h"

#define TRACE_QUEUED_MAX 262144 /* bytes that may wait for a slow terminal */
#define COMMAND_SIZE 256
#define USER_SIZE 64
#define PASSWORD_MAX 256 /* of test aaa-server */
#define GROUPS_MAX 65536 /* Linux has no more (NGROUPS_MAX) */

/* What is asked for. */
struct verb {
	const ProtobufCMessageDescriptor *request;
	const char *may; /* "only root may .." */
	/* The command as an administrator writes it; texts in it come from outside. */
	void (*describe)(const ProtobufCMessage *msg, struct buf *out);
	void (*run)(struct caller *caller, const ProtobufCMessage *msg);
};

struct control_act {
	const struct verb *verb;
	ProtobufCMessage *msg;
	struct ucred who;
	char user[USER_SIZE];
	char command[COMMAND_SIZE];
	/* vpn-sessiondb logoff */
	uint64_t *ids;
	size_t len, next;
	/* test aaa-server */
	struct aaa_ask *ask;
	struct facts facts;
	char *servers[1];
	struct ip_addr server;
};

void
control_act_free(struct control_act *act)
{
	if (act == NULL)
		return;
	aaa_cancel(act->ask);
	if (act->msg != NULL) {
		if (act->msg->descriptor == &ipc__ctl_test_aaa__descriptor) {
			Ipc__CtlTestAaa *test = (Ipc__CtlTestAaa *)act->msg;

			str_wipe(test->password.data, test->password.len);
		}
		protobuf_c_message_free_unpacked(act->msg, NULL);
	}
	free(act->ids);
	free(act);
}

/* ---- words ---- */

static void
put_word(struct buf *out, const char *key, const char *value)
{
	char text[COMMAND_SIZE];

	str_printable(text, sizeof(text), value);
	buf_printf(out, " %s%s%s", key, key[0] != '\0' ? " " : "", text);
}

static void
put_address(struct buf *out, const char *key, const ProtobufCBinaryData *bytes)
{
	char text[IP_STR_MAX];
	struct ip_addr addr;

	if (ip_from_bytes(bytes->data, bytes->len, &addr) == ERR_OK)
		put_word(out, key, ip_str(&addr, text));
}

/* ---- reload ---- */

static void
describe_reload(UNUSED const ProtobufCMessage *msg, struct buf *out)
{
	buf_puts(out, "reload");
}

static void
on_reloaded(bool ok, const char *text, void *arg)
{
	struct caller *caller = arg;

	if (ok)
		control_answer(caller, "", text);
	else
		control_answer(caller, text[0] != '\0' ? text : "the reload failed", "");
}

static void
run_reload(struct caller *caller, UNUSED const ProtobufCMessage *msg)
{
	const struct control_config *config = &caller->control->config;

	config->reload(on_reloaded, caller, config->ctx);
}

/* ---- traces ---- */

static void
describe_trace(const ProtobufCMessage *msg, struct buf *out)
{
	static const char *const kinds[] = {
	    "", "aggregate-auth xml", "aggregate-auth ssl", "crypto ca", "radius"};
	const Ipc__CtlTrace *trace = (const Ipc__CtlTrace *)msg;

	buf_puts(out, "debug");
	for (size_t i = 0; i < trace->n_kind; i++)
		if ((size_t)trace->kind[i] < ARRAY_LEN(kinds))
			put_word(out, "", kinds[trace->kind[i]]);
	if (trace->username[0] != '\0')
		put_word(out, "condition user", trace->username);
	put_address(out, "condition address", &trace->address);
}

/* A slow terminal loses lines, so that nothing heaps up here. */
static bool
on_trace_line(const char *line, void *arg)
{
	Ipc__CtlTraceLine msg = IPC__CTL_TRACE_LINE__INIT;
	struct caller *caller = arg;

	msg.text = (char *)(uintptr_t)line;
	return !caller->dead && ipc_queued(caller->ipc) < TRACE_QUEUED_MAX &&
	       ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_TRACE_LINE, &msg.base) == ERR_OK;
}

static const char *
why_no_trace(enum err err)
{
	switch (err) {
	case ERR_FULL:
		return "too many administrators are debugging already";
	case ERR_SYNTAX:
		return "it is not told what to debug, or not in words that are known here";
	default:
		return err_str(err);
	}
}

/* Answered with lines until the caller goes. */
static void
run_trace(struct caller *caller, const ProtobufCMessage *msg)
{
	struct trace_desk *desk = caller->control->config.desk;
	enum err err = ERR_UNSUPPORTED;

	if (desk != NULL)
		err = trace_desk_join(desk, (const Ipc__CtlTrace *)msg, on_trace_line, caller);
	if (err == ERR_OK)
		control_patient(caller);
	else
		control_answer(caller, why_no_trace(err), "");
}

/* ---- vpn-sessiondb logoff ---- */

static void
describe_logoff(const ProtobufCMessage *msg, struct buf *out)
{
	const Ipc__CtlLogoff *logoff = (const Ipc__CtlLogoff *)msg;

	buf_puts(out, "vpn-sessiondb logoff");
	if (logoff->all)
		buf_puts(out, " all");
	if (logoff->index > 0)
		buf_printf(out, " index %u", logoff->index);
	if (logoff->username[0] != '\0')
		put_word(out, "name", logoff->username);
	put_address(out, "ipaddress", &logoff->address);
	if (logoff->tunnel_group[0] != '\0')
		put_word(out, "tunnel-group", logoff->tunnel_group);
	if (logoff->group_policy[0] != '\0')
		put_word(out, "group-policy", logoff->group_policy);
}

static bool
is_address(const struct ip_addr *addr, const ProtobufCBinaryData *bytes)
{
	return addr->family != 0 && ip_len(addr) == bytes->len &&
	       memcmp(addr->bytes, bytes->data, bytes->len) == 0;
}

/* By the one thing that is asked for; a request for nothing is for nobody. */
static bool
is_meant(const struct session *session, const Ipc__CtlLogoff *logoff)
{
	if (session->state == SESSION_ENDING)
		return false;
	if (logoff->all)
		return true;
	if (logoff->index > 0)
		return session->index == logoff->index;
	if (logoff->username[0] != '\0')
		return strcmp(session->username, logoff->username) == 0;
	if (logoff->address.len > 0)
		return is_address(&session->ipv4.addr, &logoff->address) ||
		       is_address(&session->ipv6.addr, &logoff->address);
	if (logoff->tunnel_group[0] != '\0')
		return strcmp(session->tunnel_group, logoff->tunnel_group) == 0;
	return logoff->group_policy[0] != '\0' &&
	       strcmp(session->group_policy, logoff->group_policy) == 0;
}

static void
log_count(const struct control_act *act, uint32_t count)
{
	log_notice("%s, uid %u: %s: %u session%s logged off", act->user, act->who.uid, act->command,
	    count, count == 1 ? "" : "s");
}

/* One of those that were there when it was asked for. */
static enum err
end_session(struct caller *caller)
{
	struct session_table *sessions = caller->control->config.sessions;
	struct control_act *act = caller->act;
	struct session *session;

	if (act->next == act->len) {
		log_count(act, caller->count);
		return ERR_NOTFOUND;
	}
	session = session_find(sessions, act->ids[act->next++]);
	if (session == NULL || session->state == SESSION_ENDING)
		return ERR_OK;
	session_end(sessions, session, IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	caller->count++;
	return ERR_OK;
}

static void
run_logoff(struct caller *caller, const ProtobufCMessage *msg)
{
	const struct session_table *sessions = caller->control->config.sessions;
	struct control_act *act = caller->act;

	act->ids = calloc(session_table_len(sessions) + 1, sizeof(*act->ids));
	if (act->ids == NULL) {
		control_close(caller);
		return;
	}
	for (struct session *s = session_first(sessions); s != NULL; s = session_next(s))
		if (is_meant(s, (const Ipc__CtlLogoff *)msg) &&
		    act->len < session_table_len(sessions))
			act->ids[act->len++] = s->id;
	caller->send_next = end_session;
	control_again(caller, 0);
}

/* ---- clear ---- */

static void
describe_clear_aaa(const ProtobufCMessage *msg, struct buf *out)
{
	const Ipc__CtlClearAaa *clear = (const Ipc__CtlClearAaa *)msg;

	buf_puts(out, "clear aaa-server statistics");
	if (clear->server_group[0] != '\0')
		put_word(out, "", clear->server_group);
	put_address(out, "host", &clear->server);
}

static void
run_clear_aaa(struct caller *caller, const ProtobufCMessage *msg)
{
	const Ipc__CtlClearAaa *clear = (const Ipc__CtlClearAaa *)msg;
	const struct control_config *config = &caller->control->config;
	struct ip_addr server = {0};
	bool any = clear->server_group[0] == '\0';

	if (clear->server.len > 0 &&
	    ip_from_bytes(clear->server.data, clear->server.len, &server) != ERR_OK) {
		control_answer(caller, "the address of the server is none", "");
		return;
	}
	if (config->local != NULL && server.family == 0 &&
	    (any || strcmp(clear->server_group, "LOCAL") == 0)) {
		local_clear(config->local);
		caller->count++;
	}
	if (config->radius != NULL)
		caller->count += (uint32_t)radius_client_clear(config->radius,
		    any ? NULL : clear->server_group, server.family != 0 ? &server : NULL);
	if (caller->count == 0 && !any)
		control_answer(caller, "there is no such aaa-server group or server", "");
	else
		control_answer(caller, "", "");
}

static void
describe_clear_lockout(const ProtobufCMessage *msg, struct buf *out)
{
	const Ipc__CtlClearLockout *clear = (const Ipc__CtlClearLockout *)msg;

	buf_puts(out, "clear aaa local user lockout");
	if (clear->username[0] != '\0')
		put_word(out, "username", clear->username);
	else
		buf_puts(out, " all");
}

static void
run_clear_lockout(struct caller *caller, const ProtobufCMessage *msg)
{
	const char *name = ((const Ipc__CtlClearLockout *)msg)->username;
	struct lockout *lockout = caller->control->config.lockout;

	if (lockout != NULL)
		caller->count = (uint32_t)lockout_clear(
		    lockout, name[0] != '\0' ? name : NULL, caller->act->user);
	control_answer(caller, "", "");
}

/* ---- test aaa-server ---- */

static void
describe_test(const ProtobufCMessage *msg, struct buf *out)
{
	const Ipc__CtlTestAaa *test = (const Ipc__CtlTestAaa *)msg;

	buf_printf(
	    out, "test aaa-server %s", test->authorization ? "authorization" : "authentication");
	put_word(out, "", test->server_group);
	put_address(out, "host", &test->server);
	put_word(out, "username", test->username);
}

/* The words behind "Authentication" or "Authorization". */
static const char *
why_not(const struct aaa_answer *answer)
{
	switch (answer->status) {
	case AAA_CHALLENGE:
		return "Challenged: the server wants more than a password";
	case AAA_EXPIRED:
		return "Rejected: Password has expired";
	case AAA_FAILED:
		return "Server not responding: No active server found";
	default:
		break;
	}
	if (!answer->local)
		return "Rejected: AAA failure";
	switch (answer->local_result) {
	case LOCAL_NO_USER:
		return "Rejected: User was not found";
	case LOCAL_FAILED:
		return "Rejected: Unspecified";
	case LOCAL_NO_PASSWORD:
	case LOCAL_BAD_PASSWORD:
		return "Rejected: Invalid password";
	default:
		return "Rejected: Account has been locked out";
	}
}

static void
on_tested(struct aaa_answer *answer, void *arg)
{
	struct caller *caller = arg;
	bool authorization = ((const Ipc__CtlTestAaa *)caller->act->msg)->authorization;
	bool ok = answer->status == AAA_ACCEPT;
	char text[128];

	caller->act->ask = NULL;
	if (answer->profile != NULL)
		ipc__aaa_profile__free_unpacked(answer->profile, NULL);
	snprintf(text, sizeof(text), "%s %s", authorization ? "Authorization" : "Authentication",
	    ok ? "Successful" : why_not(answer));
	control_answer(caller, ok ? "" : text, ok ? text : "");
}

/* The group of that name, as the configuration writes it. False: there is none. */
static bool
find_group(const struct conf *conf, struct control_act *act, const char *name)
{
	static char local[] = "LOCAL";
	const struct conf_object *group = conf_find(conf, CONF_AAA_SERVER_GROUP, name);

	if (strcmp(name, local) == 0)
		act->servers[0] = local;
	else if (group != NULL)
		act->servers[0] = (char *)(uintptr_t)conf_str(group, ASG_NAME);
	return act->servers[0] != NULL;
}

static void
run_test(struct caller *caller, const ProtobufCMessage *msg)
{
	const Ipc__CtlTestAaa *test = (const Ipc__CtlTestAaa *)msg;
	const struct control_config *config = &caller->control->config;
	struct control_act *act = caller->act;
	struct aaa_question question = {
	    .purpose = test->authorization ? AAA_AUTHORIZE : AAA_AUTHENTICATE,
	    .conf = session_table_config(config->sessions)->conf,
	    .servers = act->servers,
	    .servers_len = 1,
	    .who = {.username = test->username,
		.tunnel_group = "",
		.facts = &act->facts,
		.audit_id = ""},
	};
	enum err err;

	if (config->aaa == NULL || !find_group(question.conf, act, test->server_group)) {
		control_answer(caller, "there is no aaa-server group of that name", "");
		return;
	}
	question.tunnel_group = conf_find(question.conf, CONF_TUNNEL_GROUP, "DefaultWEBVPNGroup");
	if (ip_from_bytes(test->server.data, test->server.len, &act->server) == ERR_OK)
		question.server = &act->server;
	if (test->password.len > PASSWORD_MAX) {
		control_answer(caller, "the password is too long", "");
		return;
	}
	question.password = secret_new(test->password.data, test->password.len);
	if (question.password == NULL) {
		control_close(caller);
		return;
	}
	err = aaa_ask(config->aaa, &question, on_tested, caller, &act->ask);
	if (err != ERR_OK)
		control_answer(caller, err_str(err), "");
}

/* ---- who may ---- */

static const struct verb verbs[] = {
    {&ipc__ctl_reload__descriptor, "reload", describe_reload, run_reload},
    {&ipc__ctl_trace__descriptor, "debug", describe_trace, run_trace},
    {&ipc__ctl_logoff__descriptor, "log sessions off", describe_logoff, run_logoff},
    {&ipc__ctl_clear_aaa__descriptor, "clear counters", describe_clear_aaa, run_clear_aaa},
    {&ipc__ctl_clear_lockout__descriptor, "unlock users", describe_clear_lockout,
	run_clear_lockout},
    {&ipc__ctl_shun__descriptor, "shun addresses or lift it", control_threat_describe,
	control_threat_run},
    {&ipc__ctl_test_aaa__descriptor, "test servers", describe_test, run_test},
};

static const char *
admin_group(const struct caller *caller)
{
	const struct conf *conf = session_table_config(caller->control->config.sessions)->conf;
	const char *name =
	    conf_str(conf_sub(conf_root(conf, CONF_GATEWAY), GW_CONTROL), CTL_ADMIN_GROUP);

	return name != NULL ? name : "";
}

/* Is the caller's process in the group? */
static bool
is_in_group(const struct caller *caller, gid_t gid)
{
	gid_t *groups;
	socklen_t len = GROUPS_MAX * sizeof(*groups);
	bool in = caller->act->who.gid == gid;

	if (in)
		return true;
	groups = malloc(len);
	if (groups == NULL ||
	    getsockopt(ipc_fd(caller->ipc), SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		len = 0;
	for (size_t i = 0; i < len / sizeof(*groups) && !in; i++)
		in = groups[i] == gid;
	free(groups);
	return in;
}

static void
permit(struct caller *caller)
{
	const struct control_act *act = caller->act;

	log_event(LOGMSG_111008, act->user, act->command);
	log_notice("control socket: %s, uid %u: %s", act->user, act->who.uid, act->command);
	act->verb->run(caller, act->msg);
}

static void
refuse(struct caller *caller)
{
	const struct control_act *act = caller->act;
	char text[256];

	log_warn("control socket: %s, uid %u, may not: %s", act->user, act->who.uid, act->command);
	if (admin_group(caller)[0] != '\0')
		snprintf(text, sizeof(text), "only root and the members of group %s may %s",
		    admin_group(caller), act->verb->may);
	else
		snprintf(text, sizeof(text), "only root may %s", act->verb->may);
	control_answer(caller, text, "");
}

static void
on_account(const Ipc__Account *account, void *arg)
{
	struct caller *caller = arg;
	struct control_act *act = caller->act;

	if (account != NULL && account->user[0] != '\0')
		str_printable(act->user, sizeof(act->user), account->user);
	if (account != NULL && account->group_known && is_in_group(caller, account->gid))
		permit(caller);
	else
		refuse(caller);
}

/* Root needs nobody to be known by. */
static void
identify(struct caller *caller)
{
	const struct control_config *config = &caller->control->config;
	Ipc__AccountAsk ask = IPC__ACCOUNT_ASK__INIT;
	struct control_act *act = caller->act;
	socklen_t len = sizeof(act->who);

	if (getsockopt(ipc_fd(caller->ipc), SOL_SOCKET, SO_PEERCRED, &act->who, &len) != 0 ||
	    len != sizeof(act->who)) {
		control_close(caller);
		return;
	}
	if (act->who.uid == 0) {
		(void)str_copy(act->user, sizeof(act->user), "root");
		permit(caller);
		return;
	}
	snprintf(act->user, sizeof(act->user), "#%u", act->who.uid);
	ask.uid = act->who.uid;
	ask.group = (char *)(uintptr_t)admin_group(caller);
	if (config->account == NULL ||
	    config->account(&ask, on_account, caller, config->ctx) != ERR_OK)
		refuse(caller);
}

static const struct verb *
find_verb(const ProtobufCMessage *msg)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (verbs[i].request == msg->descriptor)
			return &verbs[i];
	return NULL;
}

void
control_act(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	struct control_act *act;
	struct buf command;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	act = caller->act = calloc(1, sizeof(*act));
	if (act != NULL)
		act->msg = control_copy(msg);
	if (act == NULL || act->msg == NULL || (act->verb = find_verb(msg)) == NULL) {
		control_close(caller);
		return;
	}
	buf_init(&command, COMMAND_SIZE - 1);
	act->verb->describe(msg, &command);
	str_printable(act->command, sizeof(act->command), buf_cstr(&command));
	buf_fini(&command);
	identify(caller);
}
