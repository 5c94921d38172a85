/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a password or a pass phrase: on a terminal with echo off, or a line of a file. */
#ifndef TOOLS_PROMPT_H
#define TOOLS_PROMPT_H

#include <stdbool.h>

#include "common/attr.h"

#define PROMPT_LINE_MAX 256 /* bytes with the NUL behind it */

/*
 * One line without its end from a file descriptor, not a byte further. False: *why says what is
 * wrong with it, in words that continue "the password ..". line is the caller's to wipe either way.
 */
bool prompt_read(int fd, char line[PROMPT_LINE_MAX], const char **why) MUST_USE;
/*
 * Ask on a terminal, without showing what is typed; echo is as it was whatever happens, and a
 * signal that came meanwhile is raised then. False: as above, *why NULL: by a signal.
 */
bool prompt_ask(int tty, const char *prompt, char line[PROMPT_LINE_MAX], const char **why) MUST_USE;

#endif
