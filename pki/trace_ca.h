/* SPDX-License-Identifier: Apache-2.0 */
/* What judging a certificate looks like in "debug crypto ca". Nothing of it costs more than one
 * load and one branch while nobody debugs. The steps of revocation.c and pair_desk.c trace
 * themselves. */
#ifndef PKI_TRACE_CA_H
#define PKI_TRACE_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ipc.pb-c.h"
#include "common/trace.h"
#include "pki/verdict.h"

void trace_ca_show_judged(const struct verdict *verdict);
void trace_ca_show_result(const struct verdict *verdict, bool checked, const char *note);

/* From here on this thread works for that client, if it is one. */
void trace_ca_client(const ProtobufCBinaryData *ip, uint32_t port);

/* The path is looked at; revocation may follow. */
static inline void
trace_ca_judged(const struct verdict *verdict)
{
	if (trace_wanted(TRACE_CA, 1))
		trace_ca_show_judged(verdict);
}

/* The last word; note: what "none" passed over. */
static inline void
trace_ca_result(const struct verdict *verdict, bool checked, const char *note)
{
	if (trace_wanted(TRACE_CA, 1))
		trace_ca_show_result(verdict, checked, note);
}

#endif
