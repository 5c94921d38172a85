/* SPDX-License-Identifier: Apache-2.0 */
/* What no single setting can tell: references, duplicates, overlaps, pairs. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/conf.h"

/* All checks that the files at hand allow; a slice may lack some. Adds to errors and warnings. */
void check_conf(const struct conf *conf, struct conf_errors *errors);

/* Its parts, one file each. */
/* Group aliases and group URLs: two that mean the same (check_select.c). */
void check_selectors(const struct conf *conf, struct conf_errors *errors);
/* aaa.conf, and the servers that tunnel groups name (check_aaa.c). */
void check_aaa(const struct conf *conf, struct conf_errors *errors);
/* What of it can be configured and will not work. Adds warnings only. */
void check_aaa_warnings(const struct conf *conf, struct conf_errors *errors);
/* tunnel-groups.conf: login methods, certificate maps, custom attributes (check_group.c).
 */
void check_groups(const struct conf *conf, struct conf_errors *errors);
/* Attributes of group policies and users (check_policy.c). */
void check_policies(const struct conf *conf, struct conf_errors *errors);
/* The addresses that users always get (check_framed.c). */
void check_framed(const struct conf *conf, struct conf_errors *errors);
/* Collectors and lists of log lines (check_logging.c). */
void check_logging(const struct conf *conf, struct conf_errors *errors);
/* Suites and versions of TLS (check_ssl.c). */
void check_ssl(const struct conf *conf, struct conf_errors *errors);
/* The pools and the tun's addresses (check_pool.c). */
void check_pools(const struct conf *conf, struct conf_errors *errors);
/* Access lists, objects, object groups (check_acl.c). */
void check_acls(const struct conf *conf, struct conf_errors *errors);
/* Trustpoints and their files (check_pki.c). */
void check_pki(const struct conf *conf, struct conf_errors *errors);
/* What can be configured and will not work (check_warn.c). Adds warnings only. */
void check_warnings(const struct conf *conf, struct conf_errors *errors);

/* For them: call fn with every object of a kind, in file order; CONF_KIND_COUNT: of every kind. */
typedef void (*check_object_fn)(
    const struct conf *conf, const struct conf_object *object, struct conf_errors *errors);
void check_each(
    const struct conf *conf, enum conf_kind kind, check_object_fn fn, struct conf_errors *errors);
/* "; known: A, B" of the names of a kind, for the cure in an error; nothing when there are none. */
void check_put_names(const struct conf *conf, enum conf_kind kind, struct buf *out);

/* Settings of which no two may have the same key (check_same.c). Begin with zeros. */
struct check_same_item;
struct check_same {
	struct check_same_item *items;
	size_t len;
	size_t cap;
};

/* Add a setting; what must differ goes into key, which is copied. */
void check_same_add(struct check_same *same, const char *key, const struct conf_object *object,
    unsigned setting, struct conf_errors *errors);
/* Complain about each whose key an earlier one has; cure is the end of the sentence. Frees all. */
void check_same_report(struct check_same *same, const char *cure, struct conf_errors *errors);

#endif
