/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz the control socket: the requests of a hostile caller with their handlers, and what pki and
 * the parent answer meanwhile. The first byte says who calls: bit 0: not root, bit 1: of the admin
 * group. Each step is a request by its op, or one of the answers. Whatever comes is answered with
 * messages of the control socket alone; who may not act has changed nothing.
 */
/* For coverage.sh: auth/control.c:-on_deadline,on_resume,control_new,control_free
 * auth/control_show.c auth/control_list.c:-on_lockout,send_lockout auth/control_threat.c
 * auth/control_act.c:-on_tested,why_not,find_group,run_test,control_act_free */
#include "tests/fuzz/bare_asserts.h"
#include "tests/fuzz/scripted_peer.h"
#include "tests/unit/auth_help.h"

#include <sys/un.h>

#include "auth/control.h"
#include "auth/errand.h"
#include "auth/metrics.h"
#include "auth/threat.h"
#include "common/log.h"

#define SESSIONS 2
#define NOBODY 65534

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const Ipc__MsgType requests[] = {
    IPC__MSG_TYPE__MSG_CTL_SESSIONS,
    IPC__MSG_TYPE__MSG_CTL_ACCESS_LIST,
    IPC__MSG_TYPE__MSG_CTL_AAA_SERVER,
    IPC__MSG_TYPE__MSG_CTL_CA,
    IPC__MSG_TYPE__MSG_CTL_METRICS,
    IPC__MSG_TYPE__MSG_CTL_SUMMARY,
    IPC__MSG_TYPE__MSG_CTL_POOL,
    IPC__MSG_TYPE__MSG_CTL_RUNNING,
    IPC__MSG_TYPE__MSG_CTL_LOCKOUTS,
    IPC__MSG_TYPE__MSG_CTL_RELOAD,
    IPC__MSG_TYPE__MSG_CTL_TRACE,
    IPC__MSG_TYPE__MSG_CTL_LOGOFF,
    IPC__MSG_TYPE__MSG_CTL_CLEAR_AAA,
    IPC__MSG_TYPE__MSG_CTL_CLEAR_LOCKOUT,
    IPC__MSG_TYPE__MSG_CTL_TEST_AAA,
    IPC__MSG_TYPE__MSG_NONE, /* answer() */
    IPC__MSG_TYPE__MSG_CTL_THREATS,
    IPC__MSG_TYPE__MSG_CTL_SOURCES,
    IPC__MSG_TYPE__MSG_CTL_SHUN,
};

/* The world, once for all inputs. */
static struct world world;
static struct lockout *lockout;
static struct shun *shun;
static struct threat *threat;
static struct trace_desk *desk;
static struct sockaddr_un addr;
static socklen_t addr_len;
static int listening;

/* Of one input. */
static struct loop *loop;
static struct control *control;
static struct {
	control_ca_fn fn;
	void *arg;
} page;
static struct {
	control_account_fn fn;
	void *arg;
} account;
static bool in_group;
static unsigned reloads;

static void
on_refresh(void (*done)(void *arg), void *arg, UNUSED void *ctx)
{
	loop_defer(loop, done, arg);
}

static void
on_reload(control_reloaded_fn done, void *arg, UNUSED void *ctx)
{
	reloads++;
	done(reloads % 2 == 0, "gateway.conf:3: what is wrong", arg);
}

static enum err
on_account(UNUSED const Ipc__AccountAsk *ask, control_account_fn fn, void *arg, UNUSED void *ctx)
{
	if (account.fn != NULL)
		return ERR_FULL;
	account.fn = fn;
	account.arg = arg;
	return ERR_OK;
}

static enum err
on_ca_list(UNUSED const Ipc__CaList *msg, control_ca_fn fn, void *arg, UNUSED void *ctx)
{
	if (page.fn != NULL)
		return ERR_FULL;
	page.fn = fn;
	page.arg = arg;
	return ERR_OK;
}

static void
on_cancel(const void *arg, UNUSED void *ctx)
{
	if (page.arg == arg)
		page.fn = NULL;
	if (account.arg == arg)
		account.fn = NULL;
}

static void
on_tell(UNUSED const Ipc__TraceWatch *watch, UNUSED void *arg)
{
}

static void
make_all(void)
{
	static const struct log_config quiet = {.level = LOG_EMERG};

	log_init("fuzz", &quiet);
	world_make(&world, NULL, 0);
	lockout = lockout_new(-1);
	shun = shun_new(-1);
	assert_non_null(shun);
	threat = threat_new(shun);
	assert_non_null(threat);
	desk = trace_desk_new(on_tell, NULL);
	assert_non_null(lockout);
	assert_non_null(desk);
	addr.sun_family = AF_UNIX;
	/* Abstract: nothing is left behind. */
	addr_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			       (size_t)snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1,
				   "sekisho-fuzz-%d", getpid()));
	listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (const struct sockaddr *)&addr, addr_len), 0);
	assert_int_equal(listen(listening, 8), 0);
}

static unsigned
count_sessions(void)
{
	unsigned n = 0;

	for (struct session *s = session_first(world.sessions); s != NULL; s = session_next(s))
		n++;
	return n;
}

static int
dial(bool root)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (!root)
		assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&addr, addr_len), 0);
	if (!root)
		assert_int_equal(seteuid(0), 0);
	return fd;
}

/* pki's page, or nothing; whether the parent knows the caller. */
static void
answer(const struct peer_step *step)
{
	control_ca_fn page_fn = page.fn;
	control_account_fn account_fn = account.fn;
	Ipc__Account who = IPC__ACCOUNT__INIT;
	Ipc__CaListReply *reply = ipc__ca_list_reply__unpack(NULL, step->len, step->data);

	page.fn = NULL;
	account.fn = NULL;
	if (page_fn != NULL)
		page_fn(reply, page.arg);
	who.user = (char *)"admin";
	who.group_known = in_group;
	who.gid = getegid();
	if (account_fn != NULL)
		account_fn(step->len % 4 != 0 ? &who : NULL, account.arg);
	if (reply != NULL)
		ipc__ca_list_reply__free_unpacked(reply, NULL);
}

static void
hear(int fd)
{
	struct ipc_head head;
	ProtobufCMessage *msg;

	while ((msg = peer_receive(fd, &head)) != NULL) {
		if (head.type < IPC__MSG_TYPE__MSG_CTL_SESSIONS ||
		    strncmp(ipc_type_name((Ipc__MsgType)head.type), "CTL_", 4) != 0 ||
		    head.id != 0 || head.flags != 0)
			abort();
		protobuf_c_message_free_unpacked(msg, NULL);
	}
}

static void
talk(int fd, struct cur *cur)
{
	struct peer_step step;

	for (unsigned i = 0; i < PEER_STEPS_MAX && peer_next(cur, &step); i++) {
		unsigned kind = step.op % 32;
		struct ipc_head head = {.id = step.op >> 6 == 3, .flags = step.op >> 6 == 2};

		if (kind < ARRAY_LEN(requests) && requests[kind] != IPC__MSG_TYPE__MSG_NONE) {
			head.type = requests[kind];
			peer_send(fd, &head, step.data, step.len);
		} else {
			answer(&step);
		}
		peer_turn(loop);
		hear(fd);
	}
}

static void
begin(const struct metrics *metrics, struct radius_client *radius)
{
	struct control_config config = {
	    .loop = loop,
	    .sessions = world.sessions,
	    .filters = world.filters,
	    .pools = world.pools,
	    .lockout = lockout,
	    .shun = shun,
	    .threat = threat,
	    .radius = radius,
	    .desk = desk,
	    .metrics = (struct metrics *)(uintptr_t)metrics,
	    .refresh = on_refresh,
	    .reload = on_reload,
	    .account = on_account,
	    .ca_list = on_ca_list,
	    .cancel = on_cancel,
	};
	char token[TOKEN_TEXT_SIZE];

	reloads = 0;
	(void)shun_clear(shun);
	page.fn = NULL;
	account.fn = NULL;
	world.ends_len = world.sent_len = 0;
	while (count_sessions() < SESSIONS)
		assert_non_null(world_login(&world, "alice", "Staff", token));
	if (lockout_judge(lockout, world.conf, "bob", NULL, false))
		abort(); /* nobody is, in this configuration */
	control = control_new(&config, dup(listening));
	assert_non_null(control);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur cur;
	int fd;

	if (size == 0)
		return 0;
	if (listening == 0)
		make_all();
	/* As root a caller is made who is not; else all are like that. */
	bool root = geteuid() == 0 && (data[0] & 1) == 0;

	in_group = (data[0] & 2) != 0;
	loop = loop_new();
	assert_non_null(loop);
	struct radius_client *radius = radius_client_new(loop, world.conf);
	struct metrics_config metrics_config = {
	    .loop = loop, .errand = &(struct errand){.loop = loop}};

	metrics_config.sources.sessions = world.sessions;
	metrics_config.sources.pools = world.pools;
	struct metrics *metrics = metrics_new(&metrics_config);

	assert_non_null(radius);
	assert_non_null(metrics);
	begin(metrics, radius);
	fd = dial(root || geteuid() != 0);
	cur_init(&cur, data + 1, size - 1);
	talk(fd, &cur);
	if (!root && !in_group &&
	    (reloads > 0 || count_sessions() < SESSIONS || shun_clear(shun) > 0))
		abort();
	close(fd);
	peer_turn(loop);
	control_free(control);
	metrics_free(metrics);
	radius_client_free(radius);
	loop_free(loop);
	return 0;
}
