/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over the tree of objects that can stop after each piece. A group within a group becomes a
 * block of its own behind the block that it is in; its path is that of the outer one, and its word.
 */
#include "auth/running.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "conf/row.h"

#define DEPTH_MAX 6
#define PIECE_BYTES 32768 /* of a block: far below IPC_MSG_MAX */
#define PIECE_SETTINGS 64
#define PIECE_VALUES 512
#define NUMBER_SIZE 24
#define STARS "*****"

/* The word of a group in a list. What is not here has the setting's name. */
static const char *const words[CONF_KIND_COUNT] = {
    [CONF_LISTENER] = "listener",
    [CONF_CERTIFICATE_MAP] = "certificate-map",
    [CONF_TUNNEL_GROUP] = "tunnel-group",
    [CONF_GROUP_POLICY] = "group-policy",
    [CONF_IP_LOCAL_POOL] = "ip-local-pool",
    [CONF_IPV6_LOCAL_POOL] = "ipv6-local-pool",
    [CONF_ACCESS_LIST] = "access-list",
    [CONF_OBJECT] = "object",
    [CONF_OBJECT_GROUP] = "object-group",
    [CONF_TIME_RANGE] = "time-range",
    [CONF_AAA_SERVER_GROUP] = "aaa-server",
    [CONF_AAA_HOST] = "host",
    [CONF_SDI_MESSAGE] = "sdi-message",
    [CONF_USERNAME] = "username",
};

/* The files that auth has, and the first word of what is theirs; NULL: that of the group in it. */
static const struct {
	enum conf_kind kind;
	const char *word;
} roots[] = {
    {CONF_GATEWAY, "gateway"},
    {CONF_TUNNEL_GROUPS, NULL},
    {CONF_GROUP_POLICIES, NULL},
    {CONF_AAA, NULL},
    {CONF_USERS, NULL},
};

/* Where the walk is within one object: first its own settings, then the groups in it. */
struct frame {
	const struct conf_object *object;
	size_t path_len;  /* with its own words */
	unsigned setting; /* to be shown next, or whose groups are walked next */
	size_t value;     /* of a list: how many were shown; of groups: which is next */
	bool within;      /* the object's own settings are done */
};

struct running {
	struct conf *conf;
	char *kind;
	char *name;
	bool all;
	size_t root; /* next of them */
	struct frame frames[DEPTH_MAX];
	size_t depth;
	char *path[2 * DEPTH_MAX];
	/* The piece, and where the frame is when it has been sent. */
	bool made;
	struct frame after;
	Ipc__CtlSetting settings[PIECE_SETTINGS];
	Ipc__CtlSetting *refs[PIECE_SETTINGS];
	char *values[PIECE_VALUES];
	char numbers[PIECE_SETTINGS][NUMBER_SIZE];
	size_t settings_len, values_len, bytes;
};

/* ---- one setting ---- */

static bool
is_group(const struct row *row)
{
	return row->type == ROW_OBJECT || row->type == ROW_OBJECTS;
}

static const struct row *
row_of(const struct conf_object *object, unsigned setting)
{
	return &row_kind(object->kind)->rows[setting];
}

/* What is in force for a setting, and who says so ("": it is written here). */
static const struct conf_value *
value_of(const struct running *running, const struct conf_object *object, unsigned setting,
    const char **source)
{
	const struct conf_value *value = conf_value(object, setting);
	const struct conf_object *policy;
	const struct conf_value *inherited;

	*source = "";
	if (value->state != CONF_ABSENT)
		return value;
	*source = "default";
	if (object->kind != CONF_GP_ATTRIBUTES)
		return value;
	policy = conf_find(running->conf, CONF_GROUP_POLICY, "DfltGrpPolicy");
	if (policy == NULL)
		return value;
	inherited = conf_value(conf_sub(policy, GP_ATTRIBUTES), setting);
	if (inherited->state == CONF_ABSENT)
		return value;
	*source = "group-policy DfltGrpPolicy";
	return inherited;
}

/* A user inherits from the policy that he logs in with: nobody can say here from which. */
static bool
is_of_user(const struct conf_object *object)
{
	return object->kind == CONF_GP_ATTRIBUTES && object->parent != NULL &&
	       object->parent->kind == CONF_USERNAME;
}

static bool
is_shown(const struct running *running, const struct conf_object *object, unsigned setting)
{
	const struct row *row = row_of(object, setting);

	if (is_group(row))
		return false;
	/* It is in the path. */
	if (setting == 0 && object->parent != NULL && words[object->kind] != NULL)
		return false;
	return conf_value(object, setting)->state != CONF_ABSENT ||
	       (running->all && !is_of_user(object));
}

static Ipc__CtlType
type_of(const struct row *row, const struct conf_value *value)
{
	if (value->state == CONF_NONE)
		return IPC__CTL_TYPE__CTL_TEXT;
	switch (row->type) {
	case ROW_BOOL:
		return IPC__CTL_TYPE__CTL_BOOL;
	case ROW_INT:
		return IPC__CTL_TYPE__CTL_NUMBER;
	case ROW_STRINGS:
		return IPC__CTL_TYPE__CTL_LIST;
	default:
		return IPC__CTL_TYPE__CTL_TEXT;
	}
}

static void
put_value(struct running *running, Ipc__CtlSetting *setting, const char *text)
{
	running->values[running->values_len++] = (char *)(uintptr_t)text;
	running->bytes += strlen(text) + 8;
	setting->n_value++;
}

/* A value that is one text. */
static const char *
text_of(const struct row *row, const struct conf_value *value, char number[NUMBER_SIZE])
{
	if (row->secret && value->state == CONF_SET)
		return STARS;
	if (value->state == CONF_NONE)
		return "none";
	if (row->type == ROW_BOOL)
		return value->num != 0 ? "true" : "false";
	if (row->type != ROW_INT)
		return value->str != NULL ? value->str : "none";
	if (value->state == CONF_ABSENT && row->none && value->num == 0)
		return "none";
	snprintf(number, NUMBER_SIZE, "%" PRId64, value->num);
	return number;
}

/* The list from where it stands, as much as fits. True: to its end. */
static bool
put_list(struct running *running, Ipc__CtlSetting *setting, const struct conf_value *value,
    struct frame *frame)
{
	size_t len = value->list != NULL ? value->len : 0;

	while (frame->value < len && running->values_len < PIECE_VALUES &&
	       running->bytes < PIECE_BYTES)
		put_value(running, setting, value->list[frame->value++]);
	return frame->value == len;
}

/* True: the whole of it is in the piece. */
static bool
put_setting(struct running *running, struct frame *frame)
{
	const struct row *row = row_of(frame->object, frame->setting);
	size_t at = running->settings_len++;
	Ipc__CtlSetting *out = &running->settings[at];
	const struct conf_value *value;
	const char *source;

	value = value_of(running, frame->object, frame->setting, &source);
	ipc__ctl_setting__init(out);
	running->refs[at] = out;
	out->name = (char *)(uintptr_t)row->name;
	out->source = (char *)(uintptr_t)source;
	out->type = type_of(row, value);
	out->hidden = row->secret && value->state == CONF_SET;
	out->value = &running->values[running->values_len];
	running->bytes += strlen(row->name) + strlen(source) + 16;
	if (out->type == IPC__CTL_TYPE__CTL_LIST)
		return put_list(running, out, value, frame);
	if (out->type == IPC__CTL_TYPE__CTL_NUMBER && row->none && value->num == 0 &&
	    value->state == CONF_ABSENT)
		out->type = IPC__CTL_TYPE__CTL_TEXT;
	put_value(running, out, text_of(row, value, running->numbers[at]));
	return true;
}

/* ---- the walk ---- */

static bool
has_room(const struct running *running)
{
	return running->settings_len < PIECE_SETTINGS && running->values_len < PIECE_VALUES &&
	       running->bytes < PIECE_BYTES;
}

/* What of the object's own settings fits. */
static void
fill(struct running *running, struct frame *frame)
{
	size_t len = row_kind(frame->object->kind)->len;

	running->settings_len = running->values_len = running->bytes = 0;
	for (; frame->setting < len && has_room(running); frame->setting++, frame->value = 0)
		if (is_shown(running, frame->object, frame->setting) &&
		    !put_setting(running, frame))
			return;
	if (frame->setting < len)
		return;
	frame->within = true;
	frame->setting = 0;
	frame->value = 0;
}

static void
push(struct running *running, const struct conf_object *object, const char *word, const char *name)
{
	size_t len = running->depth > 0 ? running->frames[running->depth - 1].path_len : 0;

	if (running->depth == DEPTH_MAX)
		return;
	if (word != NULL)
		running->path[len++] = (char *)(uintptr_t)word;
	if (name != NULL)
		running->path[len++] = (char *)(uintptr_t)name;
	running->frames[running->depth++] = (struct frame){.object = object, .path_len = len};
}

/* Is a block of that word and name, or what is in it, asked for? */
static bool
is_meant(const struct running *running, size_t at, const char *text)
{
	const char *want = at == 0 ? running->kind : running->name;

	return at > 1 || want[0] == '\0' || strcmp(want, text) == 0;
}

/* The next group in a setting of the frame; false: there is none left in that setting. */
static bool
descend(struct running *running, struct frame *frame)
{
	const struct row *row = row_of(frame->object, frame->setting);
	const struct conf_value *value = conf_value(frame->object, frame->setting);
	size_t at = frame->path_len;
	const struct conf_object *object;
	const char *word = row->name, *name = NULL;

	if (!is_group(row) || value->objects == NULL ||
	    frame->value >= (row->type == ROW_OBJECT ? 1 : value->len))
		return false;
	object = value->objects[frame->value++];
	if (words[object->kind] != NULL) {
		word = words[object->kind];
		name = conf_str(object, 0);
	} else if (row->type == ROW_OBJECTS && row_of(object, 0)->type != ROW_INT) {
		name = conf_str(object, 0);
	}
	if (is_meant(running, at, word) && (name == NULL || is_meant(running, at + 1, name)))
		push(running, object, word, name);
	return true;
}

/* The first piece of something with a name is shown even if there is nothing more to it. */
static bool
is_named(const struct frame *frame)
{
	return words[frame->object->kind] != NULL && frame->setting == 0 && frame->value == 0;
}

/* One step of the walk: to a piece, to a group, or out of one. ERR_NOTFOUND: it is over. */
static enum err
step(struct running *running)
{
	struct frame *frame;

	if (running->depth == 0) {
		if (running->root == ARRAY_LEN(roots))
			return ERR_NOTFOUND;
		size_t root = running->root++;
		const struct conf_object *object = conf_root(running->conf, roots[root].kind);
		const char *word = roots[root].word;

		if (object != NULL && (word == NULL || is_meant(running, 0, word)))
			push(running, object, word, NULL);
		return ERR_AGAIN;
	}
	frame = &running->frames[running->depth - 1];
	if (!frame->within) {
		running->after = *frame;
		fill(running, &running->after);
		/* The few settings of a file itself have no kind that one could ask for. */
		if ((running->settings_len > 0 || is_named(frame)) &&
		    (frame->path_len > 0 || running->kind[0] == '\0') &&
		    (frame->path_len > 1 || running->name[0] == '\0')) {
			running->made = true;
			return ERR_OK;
		}
		*frame = running->after;
		return ERR_AGAIN;
	}
	if (frame->setting == row_kind(frame->object->kind)->len) {
		running->depth--;
		return ERR_AGAIN;
	}
	if (!descend(running, frame)) {
		frame->setting++;
		frame->value = 0;
	}
	return ERR_AGAIN;
}

enum err
running_next(struct running *running, Ipc__CtlBlock *out)
{
	enum err err = running->made ? ERR_OK : ERR_AGAIN;

	while (err == ERR_AGAIN)
		err = step(running);
	if (err != ERR_OK)
		return err;
	ipc__ctl_block__init(out);
	out->path = running->path;
	out->n_path = running->frames[running->depth - 1].path_len;
	out->setting = running->refs;
	out->n_setting = running->settings_len;
	return ERR_OK;
}

void
running_sent(struct running *running)
{
	running->frames[running->depth - 1] = running->after;
	running->made = false;
}

struct running *
running_new(struct conf *conf, const Ipc__CtlRunning *request)
{
	struct running *running = calloc(1, sizeof(*running));

	if (running == NULL)
		return NULL;
	running->conf = conf_ref(conf);
	running->all = request->all;
	running->kind = strdup(request->kind);
	running->name = strdup(request->name);
	if (running->kind != NULL && running->name != NULL)
		return running;
	running_free(running);
	return NULL;
}

void
running_free(struct running *running)
{
	if (running == NULL)
		return;
	conf_unref(running->conf);
	free(running->kind);
	free(running->name);
	free(running);
}
