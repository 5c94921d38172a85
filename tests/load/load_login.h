/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation of a login: aggregate-auth XML in HTTP, then CONNECT. */
#ifndef TESTS_LOAD_LOGIN_H
#define TESTS_LOAD_LOGIN_H

#include <stdbool.h>

#include "tests/load/load_client.h"

/* The TLS handshake is done: send the first request. */
void load_login_begin(struct load_client *client);
/* Bytes were added to login->in. False: the client is gone. */
bool load_login_input(struct load_client *client);

#endif
