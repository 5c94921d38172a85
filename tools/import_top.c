/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands at the top level of a running-config. Nothing but the list. */
#include "tools/import_parts.h"

const struct import_table *const import_top_tables[] = {
    &import_commands_network,
    &import_commands_tunnel,
    &import_commands_policy,
    &import_commands_webvpn,
    &import_commands_aaa,
    &import_commands_crypto,
    &import_commands_noise,
};
const size_t import_top_tables_len = ARRAY_LEN(import_top_tables);

const struct import_mode import_top = {.name = "the top level"};
