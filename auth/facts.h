/* SPDX-License-Identifier: Apache-2.0 */
/* What auth remembers of a client: addresses, and texts that are cut and made printable. A plain
 * value. */
#ifndef AUTH_FACTS_H
#define AUTH_FACTS_H

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/ipc.pb-c.h"

#define FACTS_MACS_MAX 4

struct facts {
	struct ip_endpoint client;
	struct ip_endpoint server; /* family 0 when the gateway did not tell */
	char agent[128];           /* User-Agent */
	char version[64];          /* <version> */
	char os[32];               /* text of <device-id> */
	char os_version[64];       /* platform-version */
	char device_type[64];
	char computer_name[64];
	char unique_id[72];
	char unique_id_global[48];
	char mac[FACTS_MACS_MAX][18]; /* "00-50-5a-.."; "": no more */
	uint8_t public_mac; /* which of them the client reaches us through, from 1; 0: unknown */
};

/* Check and copy. ERR_SYNTAX when facts are missing or an address is none, ERR_RANGE for a port. */
enum err facts_read(const Ipc__ClientFacts *msg, struct facts *out) MUST_USE;
/* The other way, borrowing facts and macs: for the session record. */
void facts_write(const struct facts *facts, char *macs[FACTS_MACS_MAX], Ipc__ClientFacts *msg);
/* Text of the client's address into dst (IP_STR_MAX bytes), for the log; returns dst. */
char *facts_ip(const struct facts *facts, char *dst);

#endif
