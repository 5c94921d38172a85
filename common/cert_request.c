/* SPDX-License-Identifier: Apache-2.0 */
/* The request for a second certificate. Its bytes are signed: they depend on the answer only. */
#include "common/cert_request.h"

#include "common/config_auth.h"
#include "common/xml_text.h"

enum err
cert_request_write(const Ipc__AuthAnswer *answer, struct buf *out)
{
	config_auth_open(out, "auth-request");
	config_auth_opaque(out, answer);
	buf_puts(out, "<multiple-client-cert-request>\n");
	for (size_t i = 0; i < answer->n_hash_algorithm; i++)
		xml_text_element(out, "hash-algorithm", answer->hash_algorithm[i]);
	buf_puts(out, "</multiple-client-cert-request>\n");
	xml_text_element(out, "random", answer->random);
	if (answer->cert_authenticated)
		xml_text_element(out, "cert-authenticated", "");
	config_auth_close(out);
	return out->err;
}
