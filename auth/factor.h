/* SPDX-License-Identifier: Apache-2.0 */
/* What a login has to show next, by what its tunnel group asks for and what is known of the client
 * (protocol.md 2.5 - 2.7). Pure. */
#ifndef AUTH_FACTOR_H
#define AUTH_FACTOR_H

#include <stdbool.h>

#include "conf/conf.h"

/* What is known of the client. */
struct factor_state {
	bool shown;        /* a certificate in the TLS handshake .. */
	bool good;         /* .. and pki vouches for it */
	bool cert_failed;  /* it says that it has none to show */
	bool can_multiple; /* it announced multiple-cert */
	bool paired;       /* the second certificate is good too */
	bool unchosen;     /* it sees the list of groups, and did not choose yet */
	bool stray;        /* it sent a reply that belongs to no login */
};

enum factor_step {
	FACTOR_PASSWORD,    /* the form for user name and password */
	FACTOR_CHOICE,      /* the list of groups, nothing else */
	FACTOR_CERTIFICATE, /* "come again with a certificate" */
	FACTOR_PAIR,        /* the request for a second one */
	FACTOR_GRANT,       /* nothing: it has shown all */
	FACTOR_REFUSE,      /* it cannot show what is asked for */
};

/* Does this group let nobody in without a certificate? */
bool factor_needs_certificate(const struct conf_methods *methods);
/* *why: why not, for the log, with FACTOR_REFUSE. */
enum factor_step factor_next(
    const struct conf_methods *methods, const struct factor_state *state, const char **why);

#endif
