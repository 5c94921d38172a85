/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a responder or a CRL (RFC 3986, RFC 9110 4.2.1), taken apart for a request. Pure. */
#ifndef PKI_FETCH_URL_H
#define PKI_FETCH_URL_H

#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "pki/fetch.h"

#define FETCH_URL_HOST_MAX 253 /* of a name, RFC 1035 2.3.4 without the root's label */

struct fetch_url {
	char host[FETCH_URL_HOST_MAX + 1]; /* a name; "" when it is an address */
	struct ip_addr addr;               /* family 0: look the name up */
	uint16_t port;
	char
	    authority[FETCH_URL_HOST_MAX + 16]; /* for the Host header: port only if it is not 80 */
	char target[FETCH_URL_MAX + 2];         /* path and query, begins with '/' */
};

/* ERR_SYNTAX: not a URL, or with a user in it, or a host that is neither a name nor an address;
 * ERR_UNSUPPORTED: another scheme than http; ERR_LIMIT: too long. A fragment is dropped. */
enum err fetch_url_parse(const char *text, struct fetch_url *out) MUST_USE;

#endif
