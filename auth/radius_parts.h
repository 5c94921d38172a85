/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the RADIUS client share: groups, servers, sockets, calls. radius_client.c is
 * the outside, radius_call.c the way of one request, radius_server.c what is known of a server,
 * radius_socket.c the UDP below.
 */
#ifndef AUTH_RADIUS_PARTS_H
#define AUTH_RADIUS_PARTS_H

#include "auth/radius_client.h"
#include "auth/radius_due.h"
#include "auth/table.h"
#include "common/log.h"
#include "common/metric.h"

#define RADIUS_IDS 256              /* identifiers of one socket */
#define RADIUS_TIMED_MS 30000       /* mode timed: FAILED for so long */
#define RADIUS_SOCKET_IDLE_MS 30000 /* kept for late answers */
#define RADIUS_SOCKET_AGE_MS 600000 /* then new requests go out of another port */

struct radius_server;
struct radius_group;

enum radius_lane { RADIUS_LANE_AUTHENTICATION, RADIUS_LANE_ACCOUNTING, RADIUS_LANES };

/* A UDP socket, connected: the kernel lets through only what comes from the server's address and
 * port. */
struct radius_socket {
	struct radius_client *client;
	struct radius_server *server;
	enum radius_lane lane;
	int fd; /* -1: closed, about to be freed */
	struct event *event;
	struct radius_call *calls[RADIUS_IDS];
	unsigned used;
	uint8_t next_id; /* the one that was free for longest */
	uint64_t retire_ms;
	struct radius_due idle;
	struct radius_socket *prev, *next;
};

/* Is it alive? Each port by itself: a server whose accounting is dead can still log people in. */
struct radius_health {
	struct radius_server *server;
	enum radius_lane lane;
	bool failed;
	unsigned failures;
	time_t since; /* of the failure, or of the last answer */
	struct radius_due revive;
};

struct radius_counts {
	uint64_t authentications, authorizations, accountings;
	uint64_t retransmissions, accepts, rejects, challenges;
	uint64_t malformed, bad_authenticators, timeouts, unrecognized;
	uint64_t trips, trips_ms; /* round trips and their sum */
	struct metric_histogram times;
};

/* What a reload may change of a server. */
struct radius_settings {
	const struct conf_object *host;
	uint16_t ports[RADIUS_LANES];
	struct secret *key;
	uint64_t timeout_ms;
	uint64_t retry_ms;
	bool require; /* a Message-Authenticator */
};

struct radius_server {
	struct radius_client *client;
	struct radius_group *group;
	struct ip_addr addr;
	struct radius_settings set;
	bool gone; /* the new configuration has not got it */
	struct radius_health health[RADIUS_LANES];
	size_t joined;    /* of them, with a place among the dues */
	uint64_t warn_ms; /* not before: that it signs nothing */
	struct radius_counts counts;
	struct radius_socket *sockets[RADIUS_LANES];
	struct radius_call *calls; /* that wait for it */
	size_t calls_len;
};

struct radius_group {
	const char *name; /* of the configuration that the list is made of */
	bool timed;
	uint64_t deadtime_ms;
	unsigned max_failed;
	struct radius_server *servers[16];
	size_t len;
};

/* All groups of a configuration. */
struct radius_list {
	struct conf *conf; /* a reference */
	struct radius_group *groups;
	size_t len;
};

struct radius_call {
	struct radius_client *client;
	struct radius_group *group;   /* NULL: its group is gone, it is over */
	struct radius_server *server; /* NULL: none; it is over */
	struct radius_server *last;   /* asked last, as long as that is configured */
	struct radius_socket *socket; /* NULL: it could not be sent */
	uint8_t id;
	enum radius_lane lane;
	bool pinned; /* to one server */
	struct ip_addr pin;
	bool fallback;
	bool authorization;
	bool resent;       /* to this server */
	unsigned timeouts; /* of this server */
	uint16_t tried;    /* bit i: the group's server i was given up */
	struct radius_request request;
	uint8_t *wire; /* as sealed for this server */
	size_t wire_len;
	uint64_t sent_ms;
	uint64_t deadline_ms;
	struct radius_due due;
	radius_done_fn done;
	void *arg;
	struct radius_call *prev, *next;               /* of the client */
	struct radius_call *server_prev, *server_next; /* of the server */
};

struct radius_client {
	struct loop *loop;
	struct radius_dues dues;
	struct radius_list list;
	struct radius_list next; /* prepared; conf NULL: none */
	struct radius_call *calls;
	size_t calls_len;
	struct log_limit wrong; /* lines about answers that do not fit */
	struct log_limit given_up;
	/* Too large for the stack. */
	struct radius_packet sealed;
	struct radius_packet asked; /* only its header */
	struct radius_packet answer;
};

/* ---- radius_server.c ---- */

/* Read the groups of conf, takes a reference. ERR_NOMEM. */
enum err radius_list_make(
    struct radius_client *client, struct conf *conf, struct radius_list *out) MUST_USE;
/* Frees the servers in it, too; no call may be at one of them. */
void radius_list_free(struct radius_list *list);
struct radius_group *radius_list_find(const struct radius_list *list, const char *name);
/* Its place in the group, or group->len. */
size_t radius_group_place(const struct radius_group *group, const struct ip_addr *addr);
/*
 * Servers of the old list that are in the new one, too, take their place there, with the new
 * settings; those of the old list that are not are marked gone.
 */
void radius_list_adopt(struct radius_list *list, struct radius_list *old);
/* A request to that port got no answer in time. True: now it is FAILED there. */
bool radius_server_missed(struct radius_server *server, enum radius_lane lane) MUST_USE;
/* It has answered, which nobody else can have done. */
void radius_server_answered(struct radius_server *server, enum radius_lane lane);
void radius_server_list(const struct radius_server *server, Ipc__CtlAaaHost *out);

/* ---- radius_socket.c ---- */

/* An identifier for a call, of a socket that may be new. ERR_SYS, ERR_NOMEM: none. */
enum err radius_socket_take(struct radius_server *server, struct radius_call *call) MUST_USE;
void radius_socket_give_back(struct radius_call *call);
/* ERR_AGAIN: not now; ERR_SYS: not at all, as things are. */
enum err radius_socket_send(struct radius_call *call) MUST_USE;
/* All of a server; none of their identifiers may be in use. */
void radius_socket_close_all(struct radius_server *server);

/* ---- radius_call.c ---- */

/* Send to the first server that is left, or be over. */
void radius_call_go(struct radius_call *call);
/* What came from a server, whatever it is. */
void radius_call_receive(struct radius_socket *sock, const uint8_t *data, size_t len);
/* Leave the server, without a word about it. */
void radius_call_leave(struct radius_call *call);
/* Forget and wipe. */
void radius_call_free(struct radius_call *call);
void radius_call_on_due(struct radius_due *due);
/* done() with RADIUS_SILENT, later. */
void radius_call_over(struct radius_call *call);

#endif
