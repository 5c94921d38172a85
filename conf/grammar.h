/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of libconfig, checked before libconfig parses: its own complaint is "syntax error",
 * it follows @include, cuts big numbers, and loses memory when a text stands where none may.
 */
#ifndef CONF_GRAMMAR_H
#define CONF_GRAMMAR_H

#include "conf/conf.h"

/* False: errors tell what is wrong. It stops at the first error, behind which nothing is sure. */
bool grammar_check(
    const char *file, const char *text, size_t len, struct conf_errors *errors) MUST_USE;

#endif
