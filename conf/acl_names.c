/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of names, and numbers where a name may stand. A name means the same number wherever it is
 * known. */
#include "conf/acl_names.h"

#include <string.h>

#include "common/str.h"
#include "conf/acl.h"

#define T ACL_PORTS_TCP
#define U ACL_PORTS_UDP
#define TU (ACL_PORTS_TCP | ACL_PORTS_UDP)

struct name {
	const char *text;
	uint16_t number;
	unsigned of; /* ports only */
};

static const struct name protocols[] = {
    {"icmp", ACL_ICMP, 0},
    {"igmp", 2, 0},
    {"ipinip", 4, 0},
    {"tcp", ACL_TCP, 0},
    {"igrp", 9, 0},
    {"udp", ACL_UDP, 0},
    {"gre", 47, 0},
    {"pptp", 47, 0},
    {"esp", 50, 0},
    {"ipsec", 50, 0},
    {"ah", 51, 0},
    {"icmp6", ACL_ICMP6, 0},
    {"eigrp", 88, 0},
    {"ospf", 89, 0},
    {"nos", 94, 0},
    {"pim", 103, 0},
    {"pcp", 108, 0},
    {"snp", 109, 0},
    {"sctp", ACL_SCTP, 0},
};

static const struct name ports[] = {
    {"aol", 5190, T},
    {"bgp", 179, T},
    {"biff", 512, U},
    {"bootpc", 68, U},
    {"bootps", 67, U},
    {"chargen", 19, T},
    {"cifs", 3020, TU},
    {"citrix-ica", 1494, T},
    {"cmd", 514, T},
    {"ctiqbe", 2748, T},
    {"daytime", 13, T},
    {"discard", 9, TU},
    {"dnsix", 195, U},
    {"domain", 53, TU},
    {"echo", 7, TU},
    {"exec", 512, T},
    {"finger", 79, T},
    {"ftp", 21, T},
    {"ftp-data", 20, T},
    {"gopher", 70, T},
    {"h323", 1720, T},
    {"hostname", 101, T},
    {"http", 80, TU},
    {"https", 443, T},
    {"ident", 113, T},
    {"imap4", 143, T},
    {"irc", 194, T},
    {"isakmp", 500, U},
    {"kerberos", 750, TU},
    {"klogin", 543, T},
    {"kshell", 544, T},
    {"ldap", 389, T},
    {"ldaps", 636, T},
    {"login", 513, T},
    {"lotusnotes", 1352, T},
    {"lpd", 515, T},
    {"mobile-ip", 434, U},
    {"nameserver", 42, U},
    {"netbios-dgm", 138, U},
    {"netbios-ns", 137, U},
    {"netbios-ssn", 139, T},
    {"nfs", 2049, TU},
    {"nntp", 119, T},
    {"ntp", 123, U},
    {"pcanywhere-data", 5631, T},
    {"pcanywhere-status", 5632, U},
    {"pim-auto-rp", 496, TU},
    {"pop2", 109, T},
    {"pop3", 110, T},
    {"pptp", 1723, T},
    {"radius", 1645, U},
    {"radius-acct", 1646, U},
    {"rip", 520, U},
    {"rpc", 111, TU},
    {"rsh", 514, T},
    {"rtsp", 554, TU},
    {"secureid-udp", 5510, U},
    {"sip", 5060, TU},
    {"smtp", 25, T},
    {"snmp", 161, U},
    {"snmptrap", 162, U},
    {"sqlnet", 1521, T},
    {"ssh", 22, T},
    {"sunrpc", 111, TU},
    {"syslog", 514, U},
    {"tacacs", 49, TU},
    {"talk", 517, TU},
    {"telnet", 23, T},
    {"tftp", 69, U},
    {"time", 37, U},
    {"uucp", 540, T},
    {"vxlan", 4789, U},
    {"who", 513, U},
    {"whois", 43, T},
    {"www", 80, TU},
    {"xdmcp", 177, U},
};

static const struct name icmp_types[] = {
    {"echo-reply", 0, 0},
    {"unreachable", 3, 0},
    {"source-quench", 4, 0},
    {"redirect", 5, 0},
    {"alternate-address", 6, 0},
    {"echo", 8, 0},
    {"router-advertisement", 9, 0},
    {"router-solicitation", 10, 0},
    {"time-exceeded", 11, 0},
    {"parameter-problem", 12, 0},
    {"timestamp-request", 13, 0},
    {"timestamp-reply", 14, 0},
    {"information-request", 15, 0},
    {"information-reply", 16, 0},
    {"mask-request", 17, 0},
    {"mask-reply", 18, 0},
    {"traceroute", 30, 0},
    {"conversion-error", 31, 0},
    {"mobile-redirect", 32, 0},
};

static const struct name icmp6_types[] = {
    {"unreachable", 1, 0},
    {"packet-too-big", 2, 0},
    {"time-exceeded", 3, 0},
    {"parameter-problem", 4, 0},
    {"echo", 128, 0},
    {"echo-reply", 129, 0},
    {"membership-query", 130, 0},
    {"membership-report", 131, 0},
    {"membership-reduction", 132, 0},
    {"router-solicitation", 133, 0},
    {"router-advertisement", 134, 0},
    {"neighbor-solicitation", 135, 0},
    {"neighbor-advertisement", 136, 0},
    {"neighbor-redirect", 137, 0},
    {"router-renumbering", 138, 0},
};

static const char *const levels[] = {"emergencies", "alerts", "critical", "errors", "warnings",
    "notifications", "informational", "debugging"};

static const struct name *
find(const struct name *names, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(names[i].text, word) == 0)
			return &names[i];
	return NULL;
}

/* What begins with a digit is meant as a number. */
static bool
is_number(const char *word)
{
	return word[0] >= '0' && word[0] <= '9';
}

static enum err
number(const char *word, uint64_t max, uint64_t *out)
{
	return str_to_u64(word, 0, max, out) == ERR_OK ? ERR_OK : ERR_RANGE;
}

enum err
acl_protocol(const char *word, int16_t *out)
{
	const struct name *name = find(protocols, ARRAY_LEN(protocols), word);
	uint64_t value = 0;
	enum err err = ERR_OK;

	if (is_number(word))
		err = number(word, UINT8_MAX, &value);
	else if (name != NULL)
		value = name->number;
	else if (strcmp(word, "ip") != 0)
		err = ERR_NOTFOUND;
	if (err == ERR_OK)
		*out = value == 0 ? ACL_ANY : (int16_t)value;
	return err;
}

unsigned
acl_ports_of(int16_t proto)
{
	switch (proto) {
	case ACL_TCP:
		return ACL_PORTS_TCP;
	case ACL_UDP:
		return ACL_PORTS_UDP;
	case ACL_SCTP:
		return ACL_PORTS_SCTP;
	default:
		return 0;
	}
}

enum err
acl_port(const char *word, unsigned of, uint16_t *out)
{
	const struct name *name = find(ports, ARRAY_LEN(ports), word);
	uint64_t value = 0;
	enum err err = ERR_OK;

	if (is_number(word))
		err = number(word, UINT16_MAX, &value);
	else if (name != NULL && (name->of & of) != 0)
		value = name->number;
	else
		err = ERR_NOTFOUND;
	if (err == ERR_OK)
		*out = (uint16_t)value;
	return err;
}

enum err
acl_icmp_type(const char *word, int16_t proto, int16_t *out)
{
	const struct name *name = proto == ACL_ICMP6
				      ? find(icmp6_types, ARRAY_LEN(icmp6_types), word)
				      : find(icmp_types, ARRAY_LEN(icmp_types), word);
	uint64_t value = 0;
	enum err err = ERR_OK;

	if (is_number(word))
		err = number(word, UINT8_MAX, &value);
	else if (name != NULL)
		value = name->number;
	else
		err = ERR_NOTFOUND;
	if (err == ERR_OK)
		*out = (int16_t)value;
	return err;
}

bool
acl_is_level(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(levels[i], word) == 0)
			return true;
	return word[0] >= '0' && word[0] <= '7' && word[1] == '\0';
}
