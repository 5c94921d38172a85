/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How conf/ complains: one line per error, "file:line: setting: what is wrong; what would be
 * right". Text from the files is made printable and cut, so that an error line stays one line.
 */
#ifndef CONF_ERRORS_H
#define CONF_ERRORS_H

#include "conf/conf.h"

/* About a place in a file. line 0: the file as a whole. setting: dotted path, or NULL. */
void errors_add(struct conf_errors *errors, const char *file, int line, const char *setting,
    const char *fmt, ...) PRINTF_LIKE(5, 6);
/* About a setting of an object, where it was written or else where the object was. */
void errors_setting(struct conf_errors *errors, const struct conf_object *object, unsigned setting,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* About an object; line: where. */
void errors_object(struct conf_errors *errors, const struct conf_object *object, int line,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* A warning about an object: what can be configured and will not work. */
void errors_warn(struct conf_errors *errors, const struct conf_object *object, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* calloc that reports. NULL: out of memory, and the error is counted. */
void *errors_calloc(struct conf_errors *errors, size_t count, size_t size) MUST_USE;
/* strdup that reports. */
char *errors_strdup(struct conf_errors *errors, const char *text) MUST_USE;

#endif
