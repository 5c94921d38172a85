/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an Access-Accept or CoA-Request says about a user, as a profile that can be kept
 * (asa.md 6.3, 6.4, 6.5): attributes become group-policy attributes by the names and values of
 * group-policies.conf. Whether they are valid there is conf/aaa_attributes.h's to say. Pure.
 */
#ifndef AUTH_RADIUS_PROFILE_H
#define AUTH_RADIUS_PROFILE_H

#include "auth/radius_packet.h"
#include "common/ipc.pb-c.h"

/*
 * Read. ERR_NOMEM. What does not make sense (wrong length, unknown value) is left out and told in
 * notes, one line each, for the log; what means nothing to an SSL client is left out silently. The
 * caller frees with radius_profile_free().
 */
enum err radius_profile_read(
    const struct radius_packet *packet, Ipc__AaaProfile **out, struct buf *notes) MUST_USE;
void radius_profile_free(Ipc__AaaProfile *profile);
/* A deep copy; NULL: memory. */
Ipc__AaaProfile *radius_profile_copy(const Ipc__AaaProfile *profile) MUST_USE;
/* All Reply-Messages joined, printable but for line breaks; "" without one. */
void radius_profile_message(const struct radius_packet *packet, char *out, size_t size);
/* "key=value" among the av-pairs: the value of a key, or false. */
bool radius_profile_avpair(
    const struct radius_packet *packet, const char *key, char *out, size_t size);

#endif
