/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of common/logmsg.h against the ASA's templates (asa.md 8), letter by letter: collectors
 * know them by heart. '*' is a value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/log_rule.h"

static const struct {
	unsigned id;
	int severity;
	const char *format;
	const char *text;
} rows[] = {
    {106102, LOGMSG_106102,
	"access-list * permitted * for user * */*(*) -> */*(*) hit-cnt 1 first hit [0x*, 0x*]"},
    {106103, LOGMSG_106103,
	"access-list * denied * for user * */*(*) -> */*(*) hit-cnt 1 first hit [0x*, 0x*]"},
    {109201, LOGMSG_109201, "UAUTH: Session=0x*, User=*, Assigned IP=*, Succeeded adding entry."},
    {111008, LOGMSG_111008, "User '*' executed the '*' command."},
    {113004, LOGMSG_113004, "AAA user * Successful : server =  * : user = *"},
    {113005, LOGMSG_113005,
	"AAA user * Rejected : reason = * : server = * : user = * : user IP = *"},
    {113006, LOGMSG_113006,
	"User * locked out on exceeding * successive failed authentication attempts"},
    {113007, LOGMSG_113007, "User * unlocked by *"},
    {113008, LOGMSG_113008, "AAA transaction status ACCEPT : user = *"},
    {113009, LOGMSG_113009, "AAA retrieved default group policy (*) for user = *"},
    {113010, LOGMSG_113010, "AAA challenge received for user * from server *."},
    {113011, LOGMSG_113011, "AAA retrieved user specific group policy (*) for user = *"},
    {113012, LOGMSG_113012, "AAA user authentication Successful : local database : user = *"},
    {113013, LOGMSG_113013, "AAA unable to complete the request Error : reason = * : user = *"},
    {113014, LOGMSG_113014, "AAA * server not accessible : server = * : user = *"},
    {113015, LOGMSG_113015,
	"AAA user authentication Rejected : reason = * : local database : user = * : user IP = *"},
    {113018, LOGMSG_113018, "User: *, Unsupported downloaded ACL Entry: *, Action: *"},
    {113019, LOGMSG_113019,
	"Group = *, Username = *, IP = *, Session disconnected. Session Type: *, Duration: *, "
	"Bytes xmt: *, Bytes rcv: *, Reason: *"},
    {113022, LOGMSG_113022, "AAA Marking * server * in aaa-server group * as FAILED"},
    {113023, LOGMSG_113023, "AAA Marking * server * in aaa-server group * as ACTIVE"},
    {113029, LOGMSG_113029,
	"Group * User * IP * Session could not be established: session limit of * reached"},
    {113030, LOGMSG_113030,
	"Group * User * IP * User ACL * from AAA doesn't exist on the device, terminating "
	"connection."},
    {113033, LOGMSG_113033, "Group * User * IP * AnyConnect session not allowed. ACL parse error."},
    {113034, LOGMSG_113034,
	"Group * User * IP * User ACL * from AAA ignored, AV-PAIR ACL used instead."},
    {113036, LOGMSG_113036, "Group * User * IP * AAA parameter * value invalid."},
    {113039, LOGMSG_113039, "Group <*> User <*> IP <*> AnyConnect parent session started."},
    {113040, LOGMSG_113040,
	"Group <*> User <*> IP <*> Terminating the VPN connection attempt from <*>. Reason: This "
	"connection is group locked to *."},
    {401002, LOGMSG_401002, "Shun added: * * * *"},
    {401003, LOGMSG_401003, "Shun deleted: *"},
    {401004, LOGMSG_401004, "Shunned packet: * ==> * on interface outside"},
    {716002, LOGMSG_716002, "Group <*> User <*> IP <*> WebVPN session terminated: *."},
    {716039, LOGMSG_716039, "Group <*> User <*> IP <*> Authentication: rejected, Session Type: *."},
    {716058, LOGMSG_716058,
	"Group <*> User <*> IP <*> AnyConnect session lost connection. Waiting to resume."},
    {716059, LOGMSG_716059,
	"Group <*> User <*> IP <*> AnyConnect session resumed connection from IP <*>."},
    {717009, LOGMSG_717009,
	"Certificate validation failed. Reason: *. serial number: *, subject name: *."},
    {717022, LOGMSG_717022,
	"Certificate was successfully validated. serial number: *, subject name: *."},
    {717027, LOGMSG_717027,
	"Certificate chain failed validation. Certificate chain is either invalid or not "
	"authorized."},
    {717028, LOGMSG_717028, "Certificate chain was successfully validated *."},
    {717030, LOGMSG_717030, "Found a suitable trustpoint * to validate certificate."},
    {717037, LOGMSG_717037,
	"Tunnel group search using certificate maps failed for peer certificate: serial number: *, "
	"subject name: *, issuer_name: *."},
    {717038, LOGMSG_717038,
	"Tunnel group match found. Tunnel Group: *, Peer certificate: serial number: *, subject "
	"name: *, issuer_name: *."},
    {717056, LOGMSG_717056, "Attempting * revocation check to * using HTTP"},
    {717054, LOGMSG_717054,
	"The * certificate in the trustpoint * is due to expire in * days. Expiration * Subject "
	"Name * Issuer Name * Serial Number *"},
    {717055, LOGMSG_717055,
	"The * certificate in the trustpoint * has expired. Expiration * Subject Name * Issuer "
	"Name * Serial Number *"},
    {722001, LOGMSG_722001, "IP * Error parsing SVC connect request."},
    {722003, LOGMSG_722003, "IP * Error authenticating SVC connect request."},
    {722012, LOGMSG_722012, "Group <*> User <*> IP <*> SVC Message: */*: *."},
    {722022, LOGMSG_722022,
	"Group <*> User <*> IP <*> * SVC connection established without compression"},
    {722023, LOGMSG_722023,
	"Group <*> User <*> IP <*> * SVC connection terminated without compression"},
    {722028, LOGMSG_722028, "Group <*> User <*> IP <*> Stale SVC connection closed."},
    {722030, LOGMSG_722030,
	"Group <*> User <*> IP <*> SVC Session Termination: In: * (+*) bytes, * (+*) packets, * "
	"drops."},
    {722031, LOGMSG_722031,
	"Group <*> User <*> IP <*> SVC Session Termination: Out: * (+*) bytes, * (+*) packets, * "
	"drops."},
    {722032, LOGMSG_722032,
	"Group <*> User <*> IP <*> New * SVC connection replacing old connection."},
    {722033, LOGMSG_722033,
	"Group <*> User <*> IP <*> First * SVC connection established for SVC session."},
    {722034, LOGMSG_722034,
	"Group <*> User <*> IP <*> New * SVC connection, no existing connection."},
    {722037, LOGMSG_722037, "Group <*> User <*> IP <*> SVC closing connection: *."},
    {722041, LOGMSG_722041,
	"TunnelGroup <*> GroupPolicy <*> User <*> IP <*> No IPv6 address available for SVC "
	"connection"},
    {722043, LOGMSG_722043, "Group <*> User <*> IP <*> DTLS disabled: unable to negotiate cipher"},
    {722050, LOGMSG_722050,
	"Group <*> User <*> IP <*> Session terminated: SVC not enabled for the user"},
    {722051, LOGMSG_722051,
	"Group <*> User <*> IP <*> IPv4 Address <*> IPv6 address <*> assigned to session"},
    {722055, LOGMSG_722055, "Group <*> User <*> IP <*> Client Type: *"},
    {725001, LOGMSG_725001, "Starting SSL handshake with client outside:*/* for TLS session."},
    {725002, LOGMSG_725002,
	"Device completed SSL handshake with client outside:*/* for * session."},
    {725006, LOGMSG_725006, "Device failed SSL handshake with client outside:*/*"},
    {725007, LOGMSG_725007, "SSL session with client outside:*/* terminated."},
    {725016, LOGMSG_725016, "Device selects trust-point * for client outside:*/* to */*"},
    {733201, LOGMSG_733201,
	"Threat-detection: Service[*] Peer[*]: failure threshold of * exceeded: adding shun to "
	"interface outside."},
    {737010, LOGMSG_737010, "IPAA: Session=0x*, AAA assigned address *, succeeded"},
    {737012, LOGMSG_737012, "IPAA: Session=0x*, Address assignment failed"},
    {737014, LOGMSG_737014, "IPAA: Session=0x*, Freeing AAA address *"},
    {737016, LOGMSG_737016, "IPAA: Session=0x*, Freeing local pool * address *"},
    {737019, LOGMSG_737019,
	"IPAA: Session=0x*, Unable to get address from group-policy or tunnel-group local pools"},
    {737026, LOGMSG_737026, "IPAA: Session=0x*, Client assigned * from local pool *"},
    {737033, LOGMSG_737033,
	"IPAA: Session=0x*, Unable to assign AAA provided IP address (*) to client. This IP "
	"address has already been assigned by other means."},
    {737038, LOGMSG_737038,
	"IPAA: Session=0x*, specified address * was in-use, trying to get another."},
};

/* The format with each conversion as '*'. */
static void
template_of(const char *format, char *out, size_t size)
{
	size_t used = 0;

	while (*format != '\0' && used < size - 1) {
		if (*format != '%') {
			out[used++] = *format++;
		} else if (format[1] == '%') {
			out[used++] = '%';
			format += 2;
		} else {
			out[used++] = '*';
			format += strcspn(format, "sudx") + 1;
		}
	}
	out[used] = '\0';
}

static void
test_texts(UNUSED void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char have[1024], want[1024];

		template_of(rows[i].format, have, sizeof(have));
		snprintf(want, sizeof(want), "%%ASA-%d-%u: %s", rows[i].severity, rows[i].id,
		    rows[i].text);
		assert_string_equal(have, want);
		assert_int_equal(log_message_id(have), rows[i].id);
	}
}

/* No message without a row here. */
static void
test_all(UNUSED void **state)
{
	FILE *file = fopen("common/logmsg.h", "r");
	char line[512];
	size_t found = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "#define LOGMSG_", 15) == 0) {
			unsigned long id = strtoul(line + 15, NULL, 10);
			bool known = false;

			for (size_t i = 0; i < ARRAY_LEN(rows); i++)
				known = known || rows[i].id == id;
			if (!known)
				fail_msg("%lu has no template here", id);
			found++;
		}
	fclose(file);
	assert_int_equal(found, ARRAY_LEN(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
