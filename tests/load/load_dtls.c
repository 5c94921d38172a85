/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS with a pre-shared key over a socket of its own: OpenSSL reads and writes memory, a batch at
 * a time goes over the socket. */
#include "tests/load/load_dtls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/attr.h"
#include "tests/load/load_tunnel.h"

#define BATCH 64
#define DATAGRAM_MAX 2048
#define FRAME_KEEPALIVE 7
#define LINK_MTU 1500
#define HEADERS_IP_UDP 28
#define SOCKET_BUFFER (1 << 20)

struct load_dtls {
	struct load_client *client;
	int fd;
	SSL *ssl;
	struct event *readable;
	struct event *timer;
	const uint8_t *given; /* the datagram that OpenSSL may read now */
	size_t given_len;
};

/* One thread, so one arena for each direction. */
static struct {
	uint8_t bytes[BATCH][DATAGRAM_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr msg[BATCH];
	unsigned len;
} outgoing, incoming;
static BIO_METHOD *method;
static int client_index = -1;

void
load_dtls_flush(struct load_dtls *dtls)
{
	unsigned sent = 0;

	while (sent < outgoing.len) {
		int n = sendmmsg(dtls->fd, outgoing.msg + sent, outgoing.len - sent, 0);

		if (n <= 0)
			break; /* lost, as on the way */
		sent += (unsigned)n;
	}
	outgoing.len = 0;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
	struct load_dtls *dtls = BIO_get_data(bio);
	unsigned i = outgoing.len;

	if (len < 0 || len > DATAGRAM_MAX)
		return -1;
	memcpy(outgoing.bytes[i], data, (size_t)len);
	outgoing.iov[i] = (struct iovec){outgoing.bytes[i], (size_t)len};
	outgoing.msg[i].msg_hdr = (struct msghdr){.msg_iov = &outgoing.iov[i], .msg_iovlen = 1};
	if (++outgoing.len == BATCH)
		load_dtls_flush(dtls);
	return len;
}

static int
bio_read(BIO *bio, char *data, int max)
{
	struct load_dtls *dtls = BIO_get_data(bio);
	size_t len = dtls->given_len;

	BIO_clear_retry_flags(bio);
	if (len == 0 || max < 0 || (size_t)max < len) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(data, dtls->given, len);
	dtls->given_len = 0;
	return (int)len;
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
		return HEADERS_IP_UDP;
	case BIO_CTRL_DGRAM_QUERY_MTU:
		return LINK_MTU;
	default:
		return 0;
	}
}

static unsigned
psk_callback(SSL *ssl, const char *hint, char *identity, unsigned identity_max, unsigned char *psk,
    unsigned psk_max)
{
	const struct load_client *client = SSL_get_ex_data(ssl, client_index);

	(void)hint;
	if (identity_max < sizeof("psk") || psk_max < LOAD_PSK_LEN)
		return 0;
	memcpy(identity, "psk", sizeof("psk"));
	memcpy(psk, client->psk, LOAD_PSK_LEN);
	return LOAD_PSK_LEN;
}

SSL_CTX *
load_dtls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_client_method());

	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "load");
	client_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	if (ctx == NULL || method == NULL || client_index < 0 ||
	    BIO_meth_set_write(method, bio_write) != 1 ||
	    BIO_meth_set_read(method, bio_read) != 1 || BIO_meth_set_ctrl(method, bio_ctrl) != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "PSK-AES256-GCM-SHA384") != 1) {
		ERR_print_errors_fp(stderr);
		return NULL;
	}
	SSL_CTX_set_psk_client_callback(ctx, psk_callback);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	return ctx;
}

void
load_dtls_free(struct load_dtls *dtls)
{
	if (dtls == NULL)
		return;
	if (dtls->readable != NULL)
		event_free(dtls->readable);
	if (dtls->timer != NULL)
		event_free(dtls->timer);
	SSL_free(dtls->ssl);
	if (dtls->fd >= 0)
		(void)close(dtls->fd);
	free(dtls);
}

void
load_dtls_send(struct load_dtls *dtls, const void *data, size_t len)
{
	(void)SSL_write(dtls->ssl, data, (int)len);
}

static void
arm_timer(struct load_dtls *dtls)
{
	struct timeval tv;

	if (DTLSv1_get_timeout(dtls->ssl, &tv) == 1)
		(void)event_add(dtls->timer, &tv);
}

/* False: the client is gone. */
static bool
handshake(struct load_dtls *dtls)
{
	static const uint8_t keepalive = FRAME_KEEPALIVE;
	struct load_client *client = dtls->client;
	int status;

	ERR_clear_error();
	status = SSL_do_handshake(dtls->ssl);
	load_dtls_flush(dtls);
	if (status == 1) {
		(void)event_del(dtls->timer);
		/* From now on the server may send on this channel (protocol.md 5.6). */
		load_dtls_send(dtls, &keepalive, 1);
		load_dtls_flush(dtls);
		load_client_is_up(client);
		return true;
	}
	if (SSL_get_error(dtls->ssl, status) != SSL_ERROR_WANT_READ) {
		load_client_fail(client, "dtls: handshake");
		return false;
	}
	arm_timer(dtls);
	return true;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct load_dtls *dtls = arg;

	(void)fd;
	(void)what;
	(void)DTLSv1_handle_timeout(dtls->ssl);
	load_dtls_flush(dtls);
	arm_timer(dtls);
}

/* False: the client is gone. */
static bool
take_datagram(struct load_dtls *dtls, const uint8_t *data, size_t len)
{
	uint8_t frame[DATAGRAM_MAX];
	int n;

	dtls->given = data;
	dtls->given_len = len;
	if (!SSL_is_init_finished(dtls->ssl))
		return handshake(dtls);
	ERR_clear_error();
	while ((n = SSL_read(dtls->ssl, frame, sizeof(frame))) > 0) {
		if (!load_tunnel_frame(dtls->client, true, frame[0], frame + 1, (size_t)n - 1))
			return false;
	}
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct load_dtls *dtls = arg;
	int got;

	(void)what;
	for (unsigned i = 0; i < BATCH; i++) {
		incoming.iov[i] = (struct iovec){incoming.bytes[i], DATAGRAM_MAX};
		incoming.msg[i].msg_hdr =
		    (struct msghdr){.msg_iov = &incoming.iov[i], .msg_iovlen = 1};
	}
	got = recvmmsg(fd, incoming.msg, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		if (!take_datagram(dtls, incoming.bytes[i], incoming.msg[i].msg_len))
			return;
	}
}

/* openconnect's way to carry the App-ID: the id of a session that never was. */
static bool
set_app_id(const struct load_client *client, SSL *ssl)
{
	static const uint8_t master[48];
	SSL_SESSION *session = SSL_SESSION_new();
	bool ok = session != NULL && SSL_SESSION_set_protocol_version(session, DTLS1_2_VERSION) &&
		  SSL_SESSION_set_cipher(session, sk_SSL_CIPHER_value(SSL_get_ciphers(ssl), 0)) &&
		  SSL_SESSION_set1_master_key(session, master, sizeof(master)) &&
		  SSL_SESSION_set1_id(session, client->app_id, (unsigned)client->app_id_len) &&
		  SSL_set_session(ssl, session);

	SSL_SESSION_free(session);
	return ok;
}

static bool
open_socket(struct load_dtls *dtls)
{
	const struct load_client *client = dtls->client;
	struct sockaddr_in own, peer = client->load->opt->server;
	socklen_t len = sizeof(own);
	int size = SOCKET_BUFFER;

	dtls->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dtls->fd < 0 || getsockname(client->fd, (struct sockaddr *)&own, &len) != 0)
		return false;
	own.sin_port = 0;
	peer.sin_port = htons(client->dtls_port);
	(void)setsockopt(dtls->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(dtls->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return bind(dtls->fd, (const struct sockaddr *)&own, sizeof(own)) == 0 &&
	       connect(dtls->fd, (const struct sockaddr *)&peer, sizeof(peer)) == 0;
}

static bool
open_tls(struct load_dtls *dtls)
{
	static const char label[] = "EXPORTER-openconnect-psk";
	struct load_client *client = dtls->client;
	BIO *bio = BIO_new(method);

	dtls->ssl = SSL_new(client->load->dtls);
	if (bio == NULL || dtls->ssl == NULL) {
		BIO_free(bio);
		return false;
	}
	BIO_set_data(bio, dtls);
	BIO_set_init(bio, 1);
	SSL_set_bio(dtls->ssl, bio, bio);
	SSL_set_connect_state(dtls->ssl);
	return SSL_set_ex_data(dtls->ssl, client_index, client) == 1 &&
	       SSL_export_keying_material(client->ssl, client->psk, LOAD_PSK_LEN, label,
		   sizeof(label) - 1, NULL, 0, 0) == 1 &&
	       set_app_id(client, dtls->ssl);
}

bool
load_dtls_start(struct load_client *client)
{
	struct event_base *base = client->load->base;
	struct load_dtls *dtls = calloc(1, sizeof(*dtls));

	client->dtls = dtls;
	if (dtls != NULL) {
		dtls->client = client;
		dtls->fd = -1;
		if (open_socket(dtls) && open_tls(dtls)) {
			dtls->readable =
			    event_new(base, dtls->fd, EV_READ | EV_PERSIST, on_readable, dtls);
			dtls->timer = event_new(base, -1, 0, on_timer, dtls);
			if (dtls->readable != NULL && dtls->timer != NULL &&
			    event_add(dtls->readable, NULL) == 0)
				return handshake(dtls);
		}
	}
	load_client_fail(client, "dtls: cannot start");
	return false;
}
