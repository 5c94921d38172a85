/* SPDX-License-Identifier: Apache-2.0 */
/* UDP packets through the tunnels of held sessions, as many as can be or so many per second. */
#ifndef TESTS_LOAD_FLOOD_H
#define TESTS_LOAD_FLOOD_H

#include <jansson.h>

#include "tests/load/load_client.h"

struct load_flood;

/* Begin to send for all clients of the list. Both are borrowed. NULL: no memory. */
struct load_flood *load_flood_new(struct load *load, struct load_client *clients);
void load_flood_stop(struct load_flood *flood);
/* What was sent so far. The caller owns the object. */
json_t *load_flood_json(const struct load_flood *flood);
void load_flood_free(struct load_flood *flood);

#endif
