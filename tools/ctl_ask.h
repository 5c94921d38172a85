/* SPDX-License-Identifier: Apache-2.0 */
/* One question on the control socket and its answer, for programs that end when it goes wrong. */
#ifndef TOOLS_CTL_ASK_H
#define TOOLS_CTL_ASK_H

#include <jansson.h>

#include "common/ctl_client.h"
#include "tools/ctl_options.h"
#include "tools/ctl_shows.h"

/* A message of the answer, borrowed. */
typedef void (*ctl_ask_fn)(const ProtobufCMessage *msg, void *arg);

/* What is asked. */
struct ctl_question {
	Ipc__MsgType type;
	const ProtobufCMessage *request;
	Ipc__MsgType answer;   /* what comes before CTL_END; MSG_NONE: nothing */
	unsigned timeout_sec;  /* for each message; 0: CTL_TIMEOUT_SEC */
	bool quiet_on_refusal; /* return what the daemon says, do not end the program */
};

/* The connection; ends the program if there is none. */
int ctl_ask_connect(const char *path);
/* Ask, and have fn called for each message of the answer. Returns what CTL_END says of errors,
 * printable, static, "" without one; *count (may be NULL) and text (may be NULL) get its others. */
const char *ctl_ask(const char *path, const struct ctl_question *question, ctl_ask_fn fn, void *arg,
    unsigned *count, char text[256]);

/* ---- JSON ---- */

/* Add to an object, which takes the value; ends the program when memory is out. */
void ctl_ask_set(json_t *object, const char *key, json_t *value);
void ctl_ask_append(json_t *list, json_t *value);
/* A text made printable; a number that may be too large for JSON of ours; an address or null. */
json_t *ctl_ask_text(const char *text);
json_t *ctl_ask_number(uint64_t n);
json_t *ctl_ask_address(const ProtobufCBinaryData *bytes);
/* Print { "version": 1, KEY: VALUE }; takes value. */
void ctl_ask_print(const char *key, json_t *value);

#endif
