/* SPDX-License-Identifier: Apache-2.0 */
/* Read, lay over, try, take over. */
#include "auth/coa_change.h"

#include <stdlib.h>
#include <string.h>

#include "auth/coa_match.h"
#include "auth/radius_profile.h"
#include "auth/session_filters.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/aaa_attributes.h"
#include "conf/row.h"

#define AVPAIR 1 /* cisco-av-pair */
#define NOTES_MAX 4096

/* ---- reading ---- */

/* What identifies, what is between the two ends, and what can change. */
static bool
is_known(uint8_t type)
{
	static const uint8_t known[] = {
	    RADIUS_USER_NAME,
	    RADIUS_NAS_IP_ADDRESS,
	    RADIUS_NAS_PORT,
	    RADIUS_FRAMED_IP_ADDRESS,
	    RADIUS_FILTER_ID,
	    RADIUS_REPLY_MESSAGE,
	    RADIUS_STATE,
	    RADIUS_CLASS,
	    RADIUS_SESSION_TIMEOUT,
	    RADIUS_IDLE_TIMEOUT,
	    RADIUS_CALLED_STATION_ID,
	    RADIUS_CALLING_STATION_ID,
	    32, /* NAS-Identifier: we have none to compare it with */
	    RADIUS_PROXY_STATE,
	    RADIUS_ACCT_SESSION_ID,
	    RADIUS_EVENT_TIMESTAMP,
	    RADIUS_NAS_PORT_TYPE,
	    RADIUS_MESSAGE_AUTHENTICATOR,
	    87, /* NAS-Port-Id */
	    RADIUS_NAS_IPV6_ADDRESS,
	    RADIUS_FRAMED_IPV6_ADDRESS,
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i] == type)
			return true;
	return false;
}

static enum coa_cause
avpair_check(const struct radius_attr *attr)
{
	static const char *const known[] = {"audit-session-id=", "ip:inacl#",
	    "ACS:CiscoSecure-Defined-ACL=", "coa-push=true", "coa-push=false"};
	char text[COA_MATCH_TEXT];

	radius_attr_text(attr, text, sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (coa_match_value(text, known[i]) != NULL)
			return COA_OK;
	return coa_match_value(text, "subscriber:") != NULL ? COA_UNSUPPORTED_EXTENSION
							    : COA_UNSUPPORTED_ATTRIBUTE;
}

static enum coa_cause
attr_check(const struct radius_attr *attr)
{
	if (attr->vendor == RADIUS_VENDOR_ALTIGA)
		return COA_OK;
	if (attr->vendor == RADIUS_VENDOR_CISCO && attr->type == AVPAIR)
		return avpair_check(attr);
	if (attr->vendor == 0 && attr->type == RADIUS_SERVICE_TYPE)
		return COA_UNSUPPORTED_SERVICE;
	return attr->vendor == 0 && is_known(attr->type) ? COA_OK : COA_UNSUPPORTED_ATTRIBUTE;
}

/* In a login's answer these would be the user's addresses; here they say who is meant. */
static void
drop_addresses(Ipc__AaaProfile *profile)
{
	size_t kept = 0;

	for (size_t i = 0; i < profile->n_attr; i++) {
		Ipc__AaaAttr *attr = profile->attr[i];

		if (strncmp(attr->name, "vpn-framed-", 11) == 0)
			ipc__aaa_attr__free_unpacked(attr, NULL);
		else
			profile->attr[kept++] = attr;
	}
	profile->n_attr = kept;
}

static bool
has_lines(const Ipc__AaaProfile *profile)
{
	return profile->n_ace > 0 || profile->dacl[0] != '\0';
}

static bool
says_nothing(const Ipc__AaaProfile *profile)
{
	return profile->n_attr == 0 && profile->group_policy[0] == '\0' &&
	       profile->n_class_value == 0 && profile->idle_timeout == 0 &&
	       profile->session_timeout == 0 && !has_lines(profile);
}

static enum err
sender_set(Ipc__AaaProfile *profile, const struct coa_sender *sender)
{
	char *group = strdup(sender->group);
	uint8_t *server = malloc(sizeof(sender->server->bytes));

	if (group == NULL || server == NULL) {
		free(group);
		free(server);
		return ERR_NOMEM;
	}
	if (profile->server_group != protobuf_c_empty_string)
		free(profile->server_group);
	free(profile->server.data);
	profile->server_group = group;
	memcpy(server, sender->server->bytes, sizeof(sender->server->bytes));
	profile->server.data = server;
	profile->server.len = ip_len(sender->server);
	return ERR_OK;
}

static enum coa_cause
profile_read(
    const struct radius_packet *packet, const struct coa_sender *sender, Ipc__AaaProfile **out)
{
	struct buf notes;
	enum coa_cause cause = COA_OK;

	buf_init(&notes, NOTES_MAX);
	if (radius_profile_read(packet, out, &notes) != ERR_OK) {
		*out = NULL;
		cause = COA_NO_RESOURCES;
	} else if (notes.len > 0) {
		log_lines(LOG_NOTICE, buf_cstr(&notes));
		cause = COA_INVALID_VALUE;
	} else if (sender_set(*out, sender) != ERR_OK) {
		cause = COA_NO_RESOURCES;
	}
	buf_fini(&notes);
	return cause;
}

enum coa_cause
coa_change_read(
    const struct radius_packet *packet, const struct coa_sender *sender, Ipc__AaaProfile **out)
{
	struct radius_walk walk = {0};
	struct radius_attr attr;
	enum coa_cause cause = COA_OK;

	*out = NULL;
	while (cause == COA_OK && radius_next(packet, &walk, &attr))
		cause = attr_check(&attr);
	if (cause == COA_OK)
		cause = profile_read(packet, sender, out);
	if (*out != NULL)
		drop_addresses(*out);
	if (cause == COA_OK && !says_nothing(*out))
		return COA_OK;
	radius_profile_free(*out);
	*out = NULL;
	return cause;
}

/* ---- laying over ---- */

#define SWAP(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) swapped = (a);                                                       \
		(a) = (b);                                                                         \
		(b) = swapped;                                                                     \
	} while (0)

/* Takes the attributes of the upper one. */
static enum err
attrs_over(Ipc__AaaProfile *base, Ipc__AaaProfile *over)
{
	while (over->n_attr > 0) {
		Ipc__AaaAttr **last = &over->attr[over->n_attr - 1];
		size_t i = 0;

		while (i < base->n_attr && strcmp(base->attr[i]->name, (*last)->name) != 0)
			i++;
		if (i < base->n_attr) {
			SWAP(base->attr[i], *last);
			ipc__aaa_attr__free_unpacked(*last, NULL);
		} else {
			Ipc__AaaAttr **attrs =
			    reallocarray(base->attr, base->n_attr + 1, sizeof(Ipc__AaaAttr *));

			if (attrs == NULL)
				return ERR_NOMEM;
			base->attr = attrs;
			base->attr[base->n_attr++] = *last;
		}
		over->n_attr--;
	}
	return ERR_OK;
}

static void
lines_swap(Ipc__AaaProfile *base, Ipc__AaaProfile *over)
{
	SWAP(base->ace, over->ace);
	SWAP(base->n_ace, over->n_ace);
	SWAP(base->dacl, over->dacl);
	SWAP(base->dacl_ace, over->dacl_ace);
	SWAP(base->n_dacl_ace, over->n_dacl_ace);
}

/* A filter that is named, or lines, are in place of all lines before. */
static bool
sets_filter(const Ipc__AaaProfile *change)
{
	for (size_t i = 0; i < change->n_attr; i++)
		if (strcmp(change->attr[i]->name, "vpn-filter") == 0 ||
		    strcmp(change->attr[i]->name, "ipv6-vpn-filter") == 0)
			return true;
	return has_lines(change);
}

/* Empties the upper one. */
static enum err
lay_over(Ipc__AaaProfile *base, Ipc__AaaProfile *over)
{
	if (sets_filter(over)) {
		lines_swap(base, over);
		SWAP(base->server_group, over->server_group);
		SWAP(base->server, over->server);
	}
	if (over->group_policy[0] != '\0') {
		SWAP(base->group_policy, over->group_policy);
		SWAP(base->group_policy_origin, over->group_policy_origin);
	}
	if (over->n_class_value > 0) {
		SWAP(base->class_value, over->class_value);
		SWAP(base->n_class_value, over->n_class_value);
	}
	if (over->idle_timeout > 0)
		base->idle_timeout = over->idle_timeout;
	if (over->session_timeout > 0)
		base->session_timeout = over->session_timeout;
	return attrs_over(base, over);
}

/* What servers said about a user: that of a session, or to be it. */
struct words {
	Ipc__AaaProfile *profiles[SESSION_PROFILES_MAX];
	struct conf_object *attributes[SESSION_PROFILES_MAX];
	size_t len;
};

static void
words_fini(struct words *words)
{
	for (size_t i = 0; i < words->len; i++) {
		radius_profile_free(words->profiles[i]);
		row_object_free(words->attributes[i]);
	}
	*words = (struct words){.len = 0};
}

static enum err
lines_drop(Ipc__AaaProfile *profile)
{
	const Ipc__AaaProfile none = IPC__AAA_PROFILE__INIT;
	Ipc__AaaProfile *empty = radius_profile_copy(&none);

	if (empty == NULL)
		return ERR_NOMEM;
	lines_swap(profile, empty);
	radius_profile_free(empty);
	return ERR_OK;
}

/* The first counts before the others; a session of LOCAL gets one. */
static enum err
words_make(const struct session *session, const Ipc__AaaProfile *change, struct words *out)
{
	Ipc__AaaProfile *over = radius_profile_copy(change);
	enum err err = over != NULL ? ERR_OK : ERR_NOMEM;

	*out = (struct words){.len = 0};
	for (size_t i = 0; i < session->profiles_len && err == ERR_OK; i++) {
		out->profiles[i] = radius_profile_copy(session->profiles[i]);
		if (out->profiles[i] == NULL)
			err = ERR_NOMEM;
		else
			out->len++;
	}
	if (err == ERR_OK && out->len == 0) {
		over->authorization = true;
		out->profiles[out->len++] = over;
		return ERR_OK;
	}
	for (size_t i = 1; i < out->len && err == ERR_OK && sets_filter(change); i++)
		err = lines_drop(out->profiles[i]);
	if (err == ERR_OK)
		err = lay_over(out->profiles[0], over);
	radius_profile_free(over);
	return err;
}

/* ---- trying ---- */

struct trial {
	struct session *session;
	bool wrong;
};

/* At a login some of these are left out; who changes a session is told instead. */
static void
on_problem(enum aaa_problem problem, const char *name, const char *value, void *arg)
{
	struct trial *trial = arg;

	log_notice("session %u of %s does not change: %s cannot be \"%s\"%s", trial->session->index,
	    trial->session->username, name, value,
	    problem == AAA_INVALID ? "" : ", which does not exist");
	trial->wrong = true;
}

static enum coa_cause
words_read(struct session *session, struct words *words)
{
	struct trial trial = {.session = session};

	for (size_t i = 0; i < words->len; i++) {
		words->attributes[i] = aaa_attributes_new(
		    session->conf, words->profiles[i], i == 0 ? on_problem : NULL, &trial);
		if (words->attributes[i] == NULL)
			return COA_NO_RESOURCES;
	}
	return trial.wrong ? COA_INVALID_VALUE : COA_OK;
}

/* The session's words become others, and these the session's. */
static void
words_swap(struct session *session, struct words *words)
{
	for (size_t i = 0; i < SESSION_PROFILES_MAX; i++) {
		SWAP(session->profiles[i], words->profiles[i]);
		SWAP(session->attributes[i], words->attributes[i]);
	}
	SWAP(session->profiles_len, words->len);
}

/* What a session gets by its words. */
struct outcome {
	struct policy_limits limits;
	const char *group_policy;
	uint64_t filter4;
	uint64_t filter6;
};

static enum coa_cause
cause_of(enum err err)
{
	return err == ERR_SYNTAX || err == ERR_LIMIT || err == ERR_NOTFOUND ? COA_INVALID_VALUE
									    : COA_NO_RESOURCES;
}

/* The worker knows the filters before it is told to use them. One that is gone has no tunnels. */
static enum err
filters_hand(struct filters *filters, const struct session *session, const struct outcome *outcome)
{
	enum err err;

	if (session->state != SESSION_UP)
		return ERR_OK;
	err = filters_send(filters, session->worker, outcome->filter4);
	if (err == ERR_OK)
		err = filters_send(filters, session->worker, outcome->filter6);
	return err == ERR_CLOSED ? ERR_OK : err;
}

/* On success the filters are held. */
static enum coa_cause
try_words(struct filters *filters, const struct session *session, struct outcome *out)
{
	struct inherit inherit;

	if (session_inherit(session, &inherit) != ERR_OK)
		return COA_INVALID_VALUE;
	policy_limits(session->conf, &inherit, &out->limits);
	out->group_policy = inherit.group_policy;
	enum err err =
	    session_filters_hold(filters, session, &inherit, &out->filter4, &out->filter6);
	if (err != ERR_OK)
		return cause_of(err);
	err = filters_hand(filters, session, out);
	if (err == ERR_OK)
		return COA_OK;
	log_err("session %u of %s: worker %u cannot be told its filters: %s", session->index,
	    session->username, session->worker, err_str(err));
	filters_release(filters, out->filter4);
	filters_release(filters, out->filter6);
	return COA_NO_RESOURCES;
}

/* ---- taking over ---- */

static void
tell_worker(const struct session *session, coa_update_fn update, void *arg)
{
	Ipc__SessionUpdate msg = IPC__SESSION_UPDATE__INIT;
	uint32_t left = session_time_left(session);

	if (session->state != SESSION_UP)
		return;
	msg.session = session->id;
	msg.filter4 = session->filter4;
	msg.filter6 = session->filter6;
	/* One whose time is over ends with our next tick; 0 would be no limit. */
	msg.session_remaining = session->limits.session_sec > 0 && left == 0 ? 1 : left;
	msg.idle_timeout = session->limits.idle_sec;
	msg.username = (char *)session->username;
	update(session->worker, &msg, arg);
}

static void
take_over(struct session_table *table, struct session *session, const struct outcome *outcome,
    coa_update_fn update, void *arg)
{
	struct filters *filters = session_table_config(table)->filters;
	uint64_t old4 = session->filter4, old6 = session->filter6;

	session->filter4 = outcome->filter4;
	session->filter6 = outcome->filter6;
	session->limits = outcome->limits;
	(void)str_copy(session->group_policy, sizeof(session->group_policy), outcome->group_policy);
	session_save(table, session);
	tell_worker(session, update, arg);
	filters_release(filters, old4);
	filters_release(filters, old6);
}

enum coa_cause
coa_change_apply(struct session_table *table, struct session *session,
    const Ipc__AaaProfile *change, coa_update_fn update, void *arg)
{
	struct filters *filters = session_table_config(table)->filters;
	struct outcome outcome;
	struct words words;
	enum coa_cause cause = COA_NO_RESOURCES;

	if (words_make(session, change, &words) == ERR_OK)
		cause = words_read(session, &words);
	if (cause == COA_OK) {
		words_swap(session, &words);
		cause = try_words(filters, session, &outcome);
		if (cause == COA_OK)
			take_over(table, session, &outcome, update, arg);
		else
			words_swap(session, &words);
	}
	words_fini(&words);
	return cause;
}
