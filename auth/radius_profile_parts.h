/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of auth/radius_profile.h only: what is read of an answer, and how. */
#ifndef AUTH_RADIUS_PROFILE_PARTS_H
#define AUTH_RADIUS_PROFILE_PARTS_H

#include "auth/radius_profile.h"

#define RADIUS_PROFILE_TEXT_SIZE (RADIUS_VALUE_MAX + 1)
#define RADIUS_PROFILE_INACL "ip:inacl#"
/* More lines than a packet can hold. */
#define RADIUS_PROFILE_ACES_MAX (RADIUS_PACKET_MAX / (sizeof(RADIUS_PROFILE_INACL) - 1))

/* While a packet is being read. */
struct radius_profile_reading {
	const struct radius_packet *packet;
	Ipc__AaaProfile *profile;
	struct buf *notes; /* NULL: nobody wants to know */
	struct buf banner; /* as it came */
	uint64_t ace_number[RADIUS_PROFILE_ACES_MAX];
	enum err err;
};

struct radius_profile_row;
typedef void (*radius_profile_read_fn)(struct radius_profile_reading *reading,
    const struct radius_profile_row *row, const struct radius_attr *attr);

struct radius_profile_row {
	uint32_t vendor;
	uint8_t type;
	const char *name;
	radius_profile_read_fn read;
	const char *attribute;    /* of a group policy, NULL: it goes elsewhere */
	const char *const *words; /* by number; "": none has it */
};

/* In the order of precedence; the last has no name. */
extern const struct radius_profile_row radius_profile_rows[];

/* What the pieces of a banner have become. */
void radius_profile_rows_end(struct radius_profile_reading *reading);
/* Value as printable text; the NULs at its end, which some servers send, do not count. */
void radius_profile_text(const struct radius_attr *attr, char out[RADIUS_PROFILE_TEXT_SIZE]);
/* Printable, but for line breaks and tabs; cut to size. Changes raw. */
void radius_profile_lines(struct buf *raw, char *out, size_t size);

#endif
