/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client of the control socket. The daemon's texts are as hostile as the clients that they come
 * from (user names, agents): nothing leaves here for a terminal or a document without
 * str_printable().
 */
#include "tools/ctl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip.h"
#include "common/ipc.h"
#include "common/str.h"

/* Append a session, which is taken if that succeeds. */
static enum err
list_add(struct ctl_list *list, ProtobufCMessage *msg)
{
	/* Room is made at the powers of two. */
	if ((list->len & (list->len - 1)) == 0) {
		size_t cap = list->len == 0 ? 1 : 2 * list->len;
		Ipc__CtlSession **sessions = reallocarray(list->sessions, cap, sizeof(sessions[0]));

		if (sessions == NULL)
			return ERR_NOMEM;
		list->sessions = sessions;
	}
	list->sessions[list->len++] = (Ipc__CtlSession *)msg;
	return ERR_OK;
}

static int
compare_index(const void *a, const void *b)
{
	const Ipc__CtlSession *const *x = a, *const *y = b;

	return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

/* Take one message of the answer. *done when it was the last. */
static enum err
take_answer(int fd, struct ctl_list *list, bool *done)
{
	ProtobufCMessage *msg = NULL;
	Ipc__MsgType type;
	enum err err = ctl_receive(fd, CTL_TIMEOUT_SEC, &type, &msg);

	if (err != ERR_OK)
		return err;
	if (type == IPC__MSG_TYPE__MSG_CTL_SESSION) {
		err = list->len < CTL_SESSIONS_MAX ? list_add(list, msg) : ERR_LIMIT;
		if (err == ERR_OK)
			return ERR_OK;
	} else if (type == IPC__MSG_TYPE__MSG_CTL_END) {
		const char *error = ((const Ipc__CtlEnd *)msg)->error;

		*done = true;
		err = error[0] != '\0' ? ERR_DENIED : ERR_OK;
		str_printable(list->error, sizeof(list->error), error);
	} else {
		err = ERR_SYNTAX;
	}
	protobuf_c_message_free_unpacked(msg, NULL);
	return err;
}

enum err
ctl_sessions(int fd, const Ipc__CtlSessions *request, struct ctl_list *list)
{
	bool done = false;
	enum err err;

	*list = (struct ctl_list){0};
	err = ipc_write_blocking(fd, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &request->base, -1);
	while (err == ERR_OK && !done)
		err = take_answer(fd, list, &done);
	if (err != ERR_OK) {
		ctl_list_fini(list);
		return err;
	}
	if (list->len > 0)
		qsort(list->sessions, list->len, sizeof(list->sessions[0]), compare_index);
	return ERR_OK;
}

void
ctl_list_fini(struct ctl_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		protobuf_c_message_free_unpacked(&list->sessions[i]->base, NULL);
	free(list->sessions);
	list->sessions = NULL;
	list->len = 0;
}

static json_t *message_json(const ProtobufCMessage *msg);

static json_t *
text_json(const char *text)
{
	size_t size = strlen(text) + 1;
	char *printable = malloc(size);
	json_t *json;

	if (printable == NULL)
		return NULL;
	str_printable(printable, size, text);
	json = json_string(printable);
	free(printable);
	return json;
}

/* Bytes are addresses in this schema. */
static json_t *
address_json(const ProtobufCBinaryData *bytes)
{
	struct ip_addr addr;
	char text[IP_STR_MAX];

	if (ip_from_bytes(bytes->data, bytes->len, &addr) != ERR_OK)
		return json_null();
	return json_string(ip_str(&addr, text));
}

/* CHANNEL_DTLS is "dtls". */
static json_t *
enum_json(const ProtobufCEnumDescriptor *descriptor, int value)
{
	const ProtobufCEnumValue *row = protobuf_c_enum_descriptor_get_value(descriptor, value);
	const char *name = row != NULL ? strchr(row->name, '_') : NULL;
	char text[64];

	if (name == NULL || str_copy(text, sizeof(text), name + 1) != ERR_OK)
		return json_integer(value);
	for (char *p = text; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return json_string(text);
}

/* One value of a field's type. */
static json_t *
value_json(const ProtobufCFieldDescriptor *field, const void *value)
{
	const ProtobufCMessage *msg;

	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return text_json(*(const char *const *)value);
	case PROTOBUF_C_TYPE_BYTES:
		return address_json(value);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)value);
	case PROTOBUF_C_TYPE_ENUM:
		return enum_json(field->descriptor, *(const int *)value);
	case PROTOBUF_C_TYPE_UINT32:
		return json_integer(*(const uint32_t *)value);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return json_integer(*(const int64_t *)value);
	case PROTOBUF_C_TYPE_MESSAGE:
		msg = *(const ProtobufCMessage *const *)value;
		return msg != NULL ? message_json(msg) : json_null();
	default:
		return NULL;
	}
}

/* A repeated message as a list. */
static json_t *
list_json(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *const *items, size_t len)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < len; i++)
		if (json_array_append_new(list, value_json(field, &items[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static int
add_field(json_t *object, const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field)
{
	const void *value = (const char *)msg + field->offset;
	char key[64];

	if (str_copy(key, sizeof(key) - 1, field->name) != ERR_OK)
		return -1;
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return json_object_set_new(object, key, value_json(field, value));
	str_copy(key + strlen(key), 2, "s");
	return json_object_set_new(object, key,
	    list_json(field, *(const ProtobufCMessage *const *const *)value,
		*(const size_t *)(const void *)((const char *)msg + field->quantifier_offset)));
}

static json_t *
message_json(const ProtobufCMessage *msg)
{
	json_t *object = json_object();

	for (unsigned i = 0; object != NULL && i < msg->descriptor->n_fields; i++)
		if (add_field(object, msg, &msg->descriptor->fields[i]) != 0) {
			json_decref(object);
			object = NULL;
		}
	return object;
}

json_t *
ctl_session_json(const Ipc__CtlSession *session)
{
	return message_json(&session->base);
}
