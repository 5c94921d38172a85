/* SPDX-License-Identifier: Apache-2.0 */
/* From the merged group-policy view (conf/inherit.h) to what auth enforces and what the tunnel is
 * told. */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/ipc.pb-c.h"
#include "conf/inherit.h"

struct policy;

/* What auth itself watches over. */
struct policy_limits {
	uint32_t idle_sec; /* never 0: "none" gives the webvpn default-idle-timeout (asa.md 2.1) */
	uint32_t session_sec; /* 0: none */
	uint32_t logins;      /* vpn-simultaneous-logins */
};

void policy_limits(
    const struct conf *conf, const struct inherit *inherit, struct policy_limits *out);

/*
 * The tunnel's part of the policy, with its access lists and addresses resolved; session_remaining
 * and the filters (auth/filters.h) are the caller's to set. Its custom_attr is what the answer to a
 * login tells too. Borrows from conf. NULL: memory, or an access list or custom attribute that
 * cannot be written out (the log tells).
 */
struct policy *policy_new(const struct conf *conf, const struct inherit *inherit) MUST_USE;
void policy_free(struct policy *policy);
Ipc__TunnelPolicy *policy_msg(struct policy *policy);

#endif
