/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client from TCP connect to the end of its tunnel: an event-driven state machine, as much like
 * openconnect on the wire as a server can tell. One thread runs all of them.
 */
#ifndef TESTS_LOAD_CLIENT_H
#define TESTS_LOAD_CLIENT_H

#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "tests/load/load_options.h"
#include "tests/load/load_stats.h"

#define LOAD_COOKIES 4
#define LOAD_APP_ID_MAX 32
#define LOAD_PSK_LEN 32

struct load_client;
struct load_dtls;
struct load_mint;

/* What all clients of a run share. */
struct load {
	const struct load_options *opt;
	struct event_base *base;
	SSL_CTX *tls;
	SSL_CTX *dtls;
	struct load_mint *mint; /* NULL: passwords */
	struct load_stats stats;
	uint32_t started; /* clients ever, for user names and source addresses */
	/* The tunnel is up (and DTLS, where asked for). */
	void (*on_up)(struct load_client *client);
	/* Its connection is gone: reason is NULL if load_client_leave() asked for it. The client is
	 * freed afterwards. */
	void (*on_gone)(struct load_client *client, const char *reason);
	void *arg;
};

enum load_step { LOAD_AT_TCP, LOAD_AT_TLS, LOAD_AT_LOGIN, LOAD_AT_CONNECT, LOAD_AT_TUNNEL };

/* Freed when the tunnel is up: thousands wait side by side. */
struct load_login {
	uint64_t began_us;
	uint64_t step_us;
	struct buf in;
	char *cookie[LOAD_COOKIES]; /* "name=value" */
	char *token;
	unsigned rounds;
};

struct load_client {
	struct load *load;
	uint32_t number;
	int fd;
	enum load_step step;
	bool leaving;
	bool up;
	SSL *ssl;
	struct event *readable;
	struct event *writable;
	struct event *timer;
	struct buf out;  /* what the socket did not take */
	struct buf part; /* an incomplete frame */
	struct load_login *login;
	struct load_dtls *dtls;
	uint32_t address; /* inner IPv4, host order */
	uint16_t dtls_port;
	uint8_t app_id[LOAD_APP_ID_MAX];
	size_t app_id_len;
	uint8_t psk[LOAD_PSK_LEN];
	bool answered; /* a DPD answer since load_tunnel_probe() */
	/* For whoever holds the clients. */
	struct load_client *next, *prev;
};

/* Begin one. on_up or on_gone will be called, never from within this call. NULL: no memory. */
struct load_client *load_client_start(struct load *load);
/* Log out: goodbye frame, then the server's close is awaited for a while. */
void load_client_leave(struct load_client *client);
/* End at once; on_gone is called with the reason. For callbacks of the client's own files. */
void load_client_fail(struct load_client *client, const char *reason);
/* Write as one TLS record; what the socket does not take waits in out. */
void load_client_write(struct load_client *client, const void *data, size_t len);
/* A step of the login is done: its time is kept. */
void load_client_lap(struct load_client *client, enum load_span span);
/* The tunnel (with DTLS, if that was asked for) is up: called once. */
void load_client_is_up(struct load_client *client);
/* Free without a word, no callback. */
void load_client_free(struct load_client *client);

#endif
