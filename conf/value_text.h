/* SPDX-License-Identifier: Apache-2.0 */
/* Values of attributes and where they came from, as text for people: of explain-policy and
 * show-sessions alike. */
#ifndef CONF_VALUE_TEXT_H
#define CONF_VALUE_TEXT_H

#include "conf/inherit.h"

/* Without what could confuse a terminal or a line. */
void value_text_printable(struct buf *out, const char *text);
/* In double quotes, with line breaks as \n. */
void value_text_quoted(struct buf *out, const char *text);
/* A value of a setting: "none", "true", "30", "10.0.0.1, 10.0.0.2", "tunnelall", a text in quotes.
 * Not of groups of settings. */
void value_text(
    enum conf_kind kind, unsigned setting, const struct conf_value *value, struct buf *out);
/* One anyconnect-custom attribute, as the client gets it. ERR_NOMEM, ERR_LIMIT. */
enum err value_text_custom(
    const struct conf *conf, const struct inherit_custom *custom, struct buf *out) MUST_USE;
/* "group-policy Staff", "aaa-server-group RAD, Idle-Timeout (28)", "default". value: what that
 * source says, or NULL. */
void value_text_source(
    const struct inherit *inherit, size_t from, const struct conf_value *value, struct buf *out);
/*
 * The seconds that stand in for a timeout in minutes (conf/inherit.h): how many, whose, and the
 * name of what said them. False: there are none.
 */
bool value_text_seconds(const struct inherit *inherit, enum conf_gp_attributes attribute,
    uint32_t *seconds, size_t *from, const char **origin);

#endif
