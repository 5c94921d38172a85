/* SPDX-License-Identifier: Apache-2.0 */
/* In the ASA's words where it has the same step. */
#include "pki/trace_ca.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "common/buf.h"
#include "common/cert.h"

#define CA "CRYPTO_PKI: "

void
trace_ca_client(const ProtobufCBinaryData *ip, uint32_t port)
{
	struct ip_endpoint client = {.port = port <= UINT16_MAX ? (uint16_t)port : 0};

	if (ip_from_bytes(ip->data, ip->len, &client.addr) != ERR_OK)
		client = (struct ip_endpoint){0};
	trace_set_subject(&client);
}

static void
put_names(struct buf *out, const Ipc__CertNames *names)
{
	char serial[TRACE_NAME_MAX], subject[TRACE_NAME_MAX], issuer[TRACE_NAME_MAX];

	if (names == NULL)
		buf_puts(out, "a certificate that cannot be read");
	else
		buf_printf(out, "serial number: %s, subject name: %s, issuer_name: %s",
		    trace_printable(serial, names->serial),
		    trace_printable(subject, names->subject_name),
		    trace_printable(issuer, names->issuer_name));
}

static void
put_certificate(struct buf *out, X509 *cert)
{
	Ipc__CertNames *names = NULL;
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len <= 0 || cert_names_read(der, (size_t)len, &names) != ERR_OK)
		names = NULL;
	put_names(out, names);
	if (names != NULL)
		ipc__cert_names__free_unpacked(names, NULL);
	OPENSSL_free(der);
	ERR_clear_error();
}

static void
put_path(struct buf *out, const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->path_len; i++) {
		buf_printf(out, "%s" CA "certificate %zu of %zu in the path: ", i > 0 ? "\n" : "",
		    i + 1, verdict->path_len);
		put_certificate(out, verdict->path[i]);
	}
}

void
trace_ca_show_judged(const struct verdict *verdict)
{
	struct buf text;

	buf_init(&text, TRACE_TEXT_MAX);
	buf_puts(&text, CA "Validating certificate. ");
	put_names(&text, verdict->names);
	buf_puts(&text, "\n" CA "Looking for suitable trustpoints...");
	if (verdict->ok)
		buf_printf(&text,
		    "\n" CA "Found a suitable authenticated trustpoint %s.\n" CA
		    "Certificate validation: Successful, status: 0. Attempting to retrieve "
		    "revocation status if necessary",
		    verdict->trustpoint);
	trace_text(TRACE_CA, 1, NULL, buf_cstr(&text));
	buf_reset(&text);
	if (trace_wanted(TRACE_CA, 2) && verdict->path_len > 0) {
		put_path(&text, verdict);
		trace_text(TRACE_CA, 2, NULL, buf_cstr(&text));
	}
	buf_fini(&text);
}

void
trace_ca_show_result(const struct verdict *verdict, bool checked, const char *note)
{
	struct buf text;

	buf_init(&text, TRACE_TEXT_MAX);
	if (verdict->ok) {
		buf_puts(&text, checked ? CA "Certificate validated. "
					: CA "Certificate validated without revocation check. ");
		put_names(&text, verdict->names);
		if (note[0] != '\0')
			buf_printf(&text, "\n" CA "revocation-check none passed over: %s", note);
	} else {
		buf_printf(
		    &text, CA "Certificate validation: Failed. Reason: %s. ", verdict->reason);
		put_names(&text, verdict->names);
	}
	trace_text(TRACE_CA, 1, NULL, buf_cstr(&text));
	buf_fini(&text);
}
