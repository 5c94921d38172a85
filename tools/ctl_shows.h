/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs with names of their own (show-sessions, ..), as functions: sekishoctl has the same
 * under the ASA's words. Each takes a command line, prints, and returns the exit status, or ends
 * the program with one of ctl_options.h.
 */
#ifndef TOOLS_CTL_SHOWS_H
#define TOOLS_CTL_SHOWS_H

#define CTL_JSON_VERSION 1 /* of every document (docs/json.md) */

int show_sessions(int argc, char **argv);
int show_access_list(int argc, char **argv);
int show_aaa_server(int argc, char **argv);
int show_crypto_ca(int argc, char **argv);
int sekisho_debug(int argc, char **argv);

#endif
