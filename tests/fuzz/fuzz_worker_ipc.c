/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what a worker of gateway does with the messages of a hostile auth, and of a hostile pki: a
 * real worker with two tunnels, whose channels to both are the fuzzer's. Each step is a message by
 * its op; bit 6: about a tunnel or a filter that is there, bit 7: the answer to what the worker has
 * asked. Then time passes. Nothing comes back but reports.
 */
/* For coverage.sh: gateway/worker.c:handle_,on_peer_closed,take_
 * gateway/tls_ticket.c:is_whole,take_key,tls_tickets_take gateway/barred.c:-barred_has
 * gateway/filter_table.c:find,spoil,abandon,begin,append,enter,filter_table_add,filter_table_forget,take
 * common/trace.c:trace_watch,watch_ */
#include "tests/fuzz/bare_asserts.h"
#include "tests/fuzz/scripted_peer.h"
#include "tests/unit/conf_help.h"
#include "tests/unit/verdict_help.h"

#include <openssl/x509.h>
#include <syslog.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "gateway/doors.h"
#include "gateway/path.h"
#include "gateway/tls.h"
#include "gateway/tls_stream.h"
#include "gateway/worker.h"

#define TUNNELS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a tun queue that takes everything ---- */

struct tun {
	unsigned writes;
};

struct tun *
tun_new(UNUSED int fd, UNUSED unsigned offload)
{
	return calloc(1, sizeof(struct tun));
}

void
tun_free(struct tun *tun)
{
	free(tun);
}

unsigned
tun_offload(UNUSED const struct tun *tun)
{
	return 0;
}

size_t
tun_read_batch(UNUSED struct tun *tun, UNUSED struct tun_pkt *out, UNUSED size_t max)
{
	return 0;
}

bool
tun_is_lost(UNUSED const struct tun *tun)
{
	return false;
}

void
tun_write(struct tun *tun, UNUSED const uint8_t *pkt, UNUSED size_t len)
{
	tun->writes++;
}

void
tun_flush(UNUSED struct tun *tun)
{
}

uint64_t
tun_write_drops(UNUSED const struct tun *tun)
{
	return 0;
}

/* ---- the worker ---- */

static struct conf *conf;
static struct made identity;
static struct worker *worker;
static int auth, pki;
static int clients[TUNNELS];
static uint64_t now_ms;
static uint32_t asked; /* id of the worker's last question to pki */

static uint64_t
fake_mono(void)
{
	return now_ms;
}

static void
make_all(void)
{
	static const struct log_config quiet = {.level = LOG_EMERG};

	log_init("fuzz", &quiet);
	clock_set_source(fake_mono, NULL);
	conf =
	    help_load_fine("gateway.conf", "listeners = ( { address = \"0.0.0.0\"; } );\n"
					   "tun = { ipv4-address = \"192.168.100.254/24\"; };\n");
	identity = made_new(&(const struct order){.name = "gw.example.com"});
}

static void
pack(int fd, const struct ipc_head *head, const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg);
	uint8_t *bytes = malloc(len + 1);

	assert_non_null(bytes);
	protobuf_c_message_pack(msg, bytes);
	peer_send(fd, head, bytes, len);
	free(bytes);
}

/* What the worker has said; its questions are remembered. */
static void
hear(int fd)
{
	struct ipc_head head;
	ProtobufCMessage *msg;

	while ((msg = peer_receive(fd, &head)) != NULL) {
		if (fd == pki && (head.flags & IPC_FLAG_REPLY) == 0)
			asked = head.id;
		protobuf_c_message_free_unpacked(msg, NULL);
	}
}

static void
turn(void)
{
	peer_turn(worker->loop);
	hear(auth);
	hear(pki);
}

/* Without contexts there is no stream. */
static void
give_identity(void)
{
	Ipc__Identity own = IPC__IDENTITY__INIT, *list[] = {&own};
	Ipc__KeyListReply reply = IPC__KEY_LIST_REPLY__INIT;
	ProtobufCBinaryData der = {0};
	unsigned char *bytes = NULL;

	der.len = (size_t)i2d_X509(identity.cert, &bytes);
	der.data = bytes;
	own.key = 1;
	own.trustpoint = (char *)"TP";
	own.certificate = &der;
	own.n_certificate = 1;
	reply.identity = list;
	reply.n_identity = 1;
	pack(pki, &(struct ipc_head){IPC__MSG_TYPE__MSG_KEY_LIST_REPLY, asked, IPC_FLAG_REPLY},
	    &reply.base);
	OPENSSL_free(bytes);
	turn();
	assert_true(tls_is_ready(worker->tls));
}

static void
open_tunnel(uint64_t session)
{
	static const struct tls_stream_ops none;
	const struct ip_endpoint at = {.addr = {.family = 4, .bytes = {10, 9, 8, 7}}, .port = 5};
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;
	uint8_t ipv4[4] = {192, 168, 100, (uint8_t)session};
	struct chan_params params = {.opened = &opened, .mtu = 1300, .link_mtu = 1500};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	clients[session - 1] = fds[1];
	params.stream = tls_stream_accept(worker, fds[0], &at, &at, &none, NULL);
	assert_non_null(params.stream);
	opened.session = session;
	opened.username = (char *)"alice";
	opened.ipv4 = (ProtobufCBinaryData){4, ipv4};
	opened.policy = &policy;
	policy.idle_timeout = 600;
	policy.session_remaining = 3600;
	assert_int_equal(path_chan_open(worker->path, &params), ERR_OK);
}

static void
begin(void)
{
	int to_auth[2], to_pki[2];

	now_ms = 1000000;
	asked = 0;
	worker = worker_new(NULL, 0, conf);
	assert_non_null(worker);
	assert_int_equal(worker_init(worker), ERR_OK);
	assert_int_equal(ipc_pair(to_auth), ERR_OK);
	assert_int_equal(ipc_pair(to_pki), ERR_OK);
	auth = to_auth[1];
	pki = to_pki[1];
	worker_set_peer(worker, IPC__ROLE_ID__ROLE_AUTH, to_auth[0]);
	worker_set_peer(worker, IPC__ROLE_ID__ROLE_PKI, to_pki[0]);
	turn();
	give_identity();
	for (uint64_t session = 1; session <= TUNNELS; session++)
		open_tunnel(session);
}

static void
end(void)
{
	close(auth);
	close(pki);
	peer_turn(worker->loop);
	/* Whoever was there is gone, and the worker goes on without. */
	if (worker->auth != NULL || worker->pki != NULL)
		abort();
	worker_free(worker);
	for (size_t i = 0; i < TUNNELS; i++)
		close(clients[i]);
}

/* ---- messages ---- */

static const Ipc__MsgType from_auth[] = {
    IPC__MSG_TYPE__MSG_TRACE_WATCH,
    IPC__MSG_TYPE__MSG_SESSION_END,
    IPC__MSG_TYPE__MSG_SESSION_UPDATE,
    IPC__MSG_TYPE__MSG_STATS_REQUEST,
    IPC__MSG_TYPE__MSG_FILTER_ADD,
    IPC__MSG_TYPE__MSG_FILTER_FORGET,
    IPC__MSG_TYPE__MSG_TICKET_KEYS,
    IPC__MSG_TYPE__MSG_METRICS_REQUEST,
    IPC__MSG_TYPE__MSG_SHUNS,
    IPC__MSG_TYPE__MSG_DOORS,
};

static bool
is_request(Ipc__MsgType type)
{
	return type == IPC__MSG_TYPE__MSG_STATS_REQUEST ||
	       type == IPC__MSG_TYPE__MSG_METRICS_REQUEST;
}

/* Field 1 of each of these is the number of a session or filter: small ones are there. */
static void
send_real(const struct ipc_head *head, const struct peer_step *step)
{
	static uint8_t bytes[9 + 65536] = {0x09};

	memset(bytes + 1, 0, 8);
	bytes[1] = step->len > 0 ? 1 + step->data[step->len - 1] % 3 : 1;
	memcpy(bytes + 9, step->data, step->len);
	/* The last of two fields of the same number counts: ours comes after what is there. */
	memmove(bytes + step->len, bytes, 9);
	memcpy(bytes, step->data, step->len);
	peer_send(auth, head, bytes, step->len + 9);
}

static void
step_auth(const struct peer_step *step)
{
	Ipc__MsgType type = from_auth[(step->op & 0x1f) % ARRAY_LEN(from_auth)];
	struct ipc_head head = {.type = type, .id = is_request(type) ? 7 : 0};

	if (step->op & 0x40)
		send_real(&head, step);
	else
		peer_send(auth, &head, step->data, step->len);
}

/* A stranger comes while the gateway hides. */
static void
knock(void)
{
	const struct resolve_input input = {
	    .url = "", .host = "gw.example.com", .path = "/staff", .select = ""};

	if (!doors_fit(worker->doors, &input))
		(void)!doors_have_name(worker->doors, "gw.example.com");
}

static void
step_pki(const struct peer_step *step)
{
	struct ipc_head head = {.type = IPC__MSG_TYPE__MSG_KEYS_CHANGED};

	if (step->op & 0x80)
		head = (struct ipc_head){IPC__MSG_TYPE__MSG_KEY_LIST_REPLY, asked, IPC_FLAG_REPLY};
	peer_send(pki, &head, step->data, step->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer_step step;
	struct cur cur;

	if (conf == NULL)
		make_all();
	begin();
	cur_init(&cur, data, size);
	for (unsigned i = 0; i < PEER_STEPS_MAX && peer_next(&cur, &step); i++) {
		if (step.op & 0x20)
			step_pki(&step);
		else
			step_auth(&step);
		turn();
		knock();
		now_ms += 1000;
	}
	end();
	return 0;
}
