/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile that a RADIUS server gave (ipc.proto AaaProfile) as an object of group-policy
 * attributes, by the same rows as those of group-policies.conf, for conf/inherit.h. Pure.
 */
#ifndef CONF_AAA_ATTRIBUTES_H
#define CONF_AAA_ATTRIBUTES_H

#include "common/ipc.pb-c.h"
#include "conf/conf.h"

/* What is wrong with a value, for the log. */
enum aaa_problem {
	AAA_INVALID,   /* 113036: "AAA parameter P value invalid": the attribute is left out */
	AAA_NO_ACL,    /* 113030: the access list does not exist: no session */
	AAA_NO_POOL,   /* left out */
	AAA_NO_POLICY, /* the group policy does not exist: as if none was named */
	AAA_NO_HOURS,  /* the time range does not exist: no session */
};
/* Called for each; name is the attribute's, value what it holds. */
typedef void (*aaa_problem_fn)(
    enum aaa_problem problem, const char *name, const char *value, void *arg);

/*
 * A CONF_GP_ATTRIBUTES object; the caller frees with row_object_free(). It belongs to no
 * configuration but refers to names in conf. origin.file of a value is what it came in
 * ("Idle-Timeout (28)"), as long as the object lives. NULL: memory.
 */
struct conf_object *aaa_attributes_new(
    const struct conf *conf, const Ipc__AaaProfile *profile, aaa_problem_fn fn, void *arg) MUST_USE;

#endif
