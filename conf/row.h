/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A setting is a row of a table (style P16): name, type, limits, default, help. The tables are in
 * rows_*.c and hold nothing else; the walker here turns a parsed file into objects by them. The
 * index of a row is its value in the enum of conf.h.
 */
#ifndef CONF_ROW_H
#define CONF_ROW_H

#include "conf/conf.h"
#include "conf/file.h"

enum row_type {
	ROW_BOOL,
	ROW_INT,
	ROW_ENUM, /* a string, one of words */
	ROW_STRING,
	ROW_STRINGS, /* a list of strings; one string alone is taken too, as the ASA does */
	ROW_OBJECT,  /* a group of settings: kind */
	ROW_OBJECTS, /* a list of groups: kind */
};

struct row {
	const char *name;
	enum row_type type;
	bool required;
	bool none;                /* the text "none" is a value of its own */
	bool secret;              /* never quoted in an error */
	bool repeats;             /* a list may hold the same text twice */
	int64_t min;              /* of a number, or bytes of each string */
	int64_t max;              /* 0 for strings: 255 */
	size_t max_count;         /* entries of a list, 0: no limit */
	int64_t def;              /* bool, number */
	const char *def_text;     /* string, enum; for a list its only entry */
	const char *const *words; /* ends with NULL: of an enum, or what a list may hold */
	/* What is wrong with a string and what would be right, as the end of a sentence; NULL:
	 * fine. */
	const char *(*syntax)(const char *text);
	enum conf_kind kind; /* of the groups within */
	const char *help;
};

/* A setting of the ASA that is known and not served; the error says why. */
struct row_refused {
	const char
	    *name; /* or a setting of ours, a blank and one word of it: "authentication saml" */
	const char *why; /* with what to do, as the end of a sentence */
};

/* The settings of one kind of object. */
struct row_kind {
	const struct row *rows;
	size_t len;
	const struct row_refused *refused;
	size_t refused_len;
};

extern const struct row_kind rows_gateway, rows_gateway_listener, rows_gateway_tun,
    rows_gateway_users, rows_gateway_limits, rows_gateway_logging, rows_gateway_control,
    rows_gateway_ssl;
extern const struct row_kind rows_logging_host, rows_logging_list;
extern const struct row_kind rows_threat, rows_threat_service, rows_threat_spraying;
extern const struct row_kind rows_group, rows_group_webvpn, rows_group_tunnel_group,
    rows_group_general, rows_group_webvpn_attributes, rows_group_alias, rows_group_url,
    rows_group_certificate_map, rows_group_certificate_group_map, rows_group_custom_attr,
    rows_group_custom_data, rows_group_multiple;
extern const struct row_kind rows_policy, rows_policy_group_policy, rows_policy_attributes,
    rows_policy_custom, rows_policy_pool, rows_policy_pool6;
extern const struct row_kind rows_acl_access_list, rows_acl_object, rows_acl_object_group,
    rows_acl_time_range;
extern const struct row_kind rows_user, rows_user_username;
extern const struct row_kind rows_aaa, rows_aaa_server_group, rows_aaa_host, rows_aaa_sdi_message;
extern const struct row_kind rows_pki, rows_pki_trustpoint, rows_pki_ssl_trust_point;

/* The table of a kind. */
const struct row_kind *row_kind(enum conf_kind kind);
/*
 * An object from a group of a file. group NULL: an object with nothing but defaults. parent NULL:
 * the top level. Every problem is added to errors; NULL only when memory is out.
 */
struct conf_object *row_object(const char *file, enum conf_kind kind, const struct node *group,
    struct conf_errors *errors) MUST_USE;
/*
 * An object with nothing but defaults, of the top level. room: bytes behind it, zeros, that live as
 * long as it does; *at is where they are. NULL: memory.
 */
struct conf_object *row_object_room(const char *file, enum conf_kind kind, size_t room, char **at,
    struct conf_errors *errors) MUST_USE;
/*
 * One setting from texts, by the same row as that of a file: numbers in decimal, "true", "false",
 * "none"; a list has as many texts as it has entries, everything else one. ERR_SYNTAX: errors tells
 * why, and the setting is as if it never was written; groups of settings are always that.
 * ERR_NOMEM.
 */
enum err row_set_texts(struct conf_object *object, unsigned setting, char *const *texts, size_t len,
    struct conf_errors *errors) MUST_USE;
/* Make child an element of a ROW_OBJECTS setting; takes it (also on failure). */
enum err row_append(
    struct conf_object *parent, unsigned setting, struct conf_object *child) MUST_USE;
/* Wipe and free an object and what is below it. NULL is fine. */
void row_object_free(struct conf_object *object);

#endif
