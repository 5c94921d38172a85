/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the SSL of a DTLS leg reads from and writes to while OpenSSL has a part in it: the datagram
 * that is being fed, and room in the worker's batch. It remembers what was sent, for whoever goes
 * on behind OpenSSL (dtls_record.h).
 */
#ifndef GATEWAY_DTLS_IO_H
#define GATEWAY_DTLS_IO_H

#include <openssl/bio.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "gateway/dtls.h"
#include "gateway/dtls_record.h"

/* A leg's; the BIO's data (BIO_set_data()). */
struct dtls_io {
	dtls_room_fn room;
	void *arg;
	struct udp_flow flow;
	uint8_t *in; /* what is left of the datagram that is being fed; NULL: nothing */
	size_t in_len;
	struct dtls_record_start start; /* as far as it is known: our records are seen here */
};

/* The caller frees it (BIO_meth_free()). NULL: memory. */
BIO_METHOD *dtls_io_method_new(void) MUST_USE;

#endif
