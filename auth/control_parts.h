/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the control socket share. control.c has the connections and how they are
 * answered, control_show.c what is shown, control_act.c what changes something.
 */
#ifndef AUTH_CONTROL_PARTS_H
#define AUTH_CONTROL_PARTS_H

#include <sys/types.h>

#include "auth/control.h"
#include "common/ipc.h"

struct caller {
	struct control *control;
	struct ipc *ipc;
	struct event *timer; /* next batch */
	struct event *deadline;
	bool busy;
	bool dead;
	/* Sends the next message of the answer. ERR_NOTFOUND: there is no more; ERR_LIMIT: not yet;
	 * ERR_AGAIN: nothing until control_again(). */
	enum err (*send_next)(struct caller *caller);
	uint32_t count; /* sent, or acted on */
	/* What the request at hand needs, and how it is given back. */
	void *work;
	void (*work_free)(void *work);
	struct control_act *act; /* what waits until it is known who asks */
	struct caller *list_prev, *list_next;
};

struct control {
	struct control_config config;
	int fd;
	struct event *event;
	struct event *resume; /* accept again after descriptors ran out */
	struct caller *callers;
	unsigned callers_len;
	bool short_of; /* of descriptors, as the log knows */
};

/* ---- control.c ---- */

/* A request has come. False: it cannot be served. */
bool control_begin(struct caller *caller) MUST_USE;
/* The whole answer in one message, or its end. */
void control_answer(struct caller *caller, const char *error, const char *text);
/* Call send_next soon. */
void control_again(struct caller *caller, unsigned ms);
/* Callbacks up the stack may still hold it: it is freed at the top of the loop. */
void control_close(struct caller *caller);
/* The answer may take as long as the caller likes. */
void control_patient(struct caller *caller);
/* Keep what a request needs until it is answered; NULL (memory) closes. True: go on. */
bool control_work(struct caller *caller, void *work, void (*work_free)(void *work)) MUST_USE;
/* A copy of a message; NULL: memory. protobuf_c_message_free_unpacked(). */
ProtobufCMessage *control_copy(const ProtobufCMessage *msg) MUST_USE;

/* ---- handlers (ipc_handle_fn; their arg is the struct caller) ---- */

/* control_show.c */
void control_show_sessions(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_show_access_list(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_show_ca(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_show_aaa_server(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_show_metrics(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
/* control_list.c */
void control_list_summary(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_list_pools(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_list_running(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_list_lockouts(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
/* control_threat.c */
void control_threat_services(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
void control_threat_sources(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
/* An act: "shun", "no shun", "clear shun". */
void control_threat_describe(const ProtobufCMessage *msg, struct buf *out);
void control_threat_run(struct caller *caller, const ProtobufCMessage *msg);
/* control_act.c: for root and the admin group only */
void control_act(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);

/* Forget what waits; NULL is fine. */
void control_act_free(struct control_act *act);

#endif
