/* SPDX-License-Identifier: Apache-2.0 */
/* The user name in a certificate: username-from-certificate of a tunnel group (asa.md 1.1). */
#ifndef CONF_CERT_NAME_H
#define CONF_CERT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "conf/conf.h"

/* The certificates of a login that were judged good; NULL: there is none. */
struct cert_pair {
	const Ipc__CertNames *first; /* of the TLS handshake */
	const Ipc__CertNames *second;
};

/*
 * One field of a certificate: C CN DNQ EA GENQ GN I L N O OU SER SN SP T UID UPN, or
 * use-entire-name. Of several values the most specific one; EA also from the alternative names,
 * UPN only from there. NULL: it has not got the field. Borrows from names.
 */
const char *cert_name_field(const Ipc__CertNames *names, const char *field);
/*
 * The user name by the settings of a tunnel group, of the certificate that they choose, stripped as
 * strip-realm and strip-group say; secondary: that of the second login. ERR_NOTFOUND: no such
 * certificate, or none of the fields is in it; ERR_LIMIT: it does not fit; ERR_SYNTAX: it has
 * control characters, or nothing is left of it.
 */
enum err cert_name_user(const struct conf *conf, const struct conf_object *tunnel_group,
    const struct cert_pair *pair, bool secondary, char *out, size_t size) MUST_USE;

#endif
