/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ASA's running-config has and a gateway on Linux has not: the firewall, the router, the
 * switch, the management of the box. Each with the reason, or with what to do instead. Nothing but
 * the table, and the two commands that name the box.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/import_parts.h"

#define HOST_NETWORK "interfaces and addresses belong to the gateway's operating system"
#define HOST_ROUTING "routing belongs to the gateway's operating system"
#define HOST_FIREWALL "a firewall's work; use nftables on the gateway's machine"
#define HOST_NAT "address translation; use nftables on the gateway's machine"
#define HOST_TIME "the clock belongs to the gateway's operating system"
#define HOST_DNS "the gateway resolves by the system's resolver"
#define HOST_ADMIN "administrators log in to the gateway's operating system"
#define HOST_LOG "where log lines go is set in gateway.conf and the system's syslog"
#define HOST_MONITOR "monitoring belongs to the gateway's operating system"
#define HOST_BOX "about the ASA's own hardware, image or licence"
#define HOST_PROXY "a service of the ASA to inside hosts, which the gateway does not give"
#define INSPECTION "inspection of traffic through a firewall; use nftables or a firewall behind"
#define IPSEC "IPsec is not served; the gateway speaks SSL only"
#define CLUSTERING "units of an ASA; the gateway is one machine"
#define IDENTITY "identity firewall and TrustSec tags are a firewall's work"
#define CLIENTLESS "there is no clientless portal"
#define TUNING "how the ASA handles its own packets"

static void
keep_name(struct import *import, const struct import_line *line, char **where)
{
	if (line->len < 2 || *where != NULL)
		return;
	*where = import_strdup(import, line->words[1]);
}

static void
run_hostname(struct import *import, struct import_line *line)
{
	keep_name(import, line, &import->hostname);
	import_not_needed(line, "the host's name is its operating system's; "
				"a self-signed certificate carries it if one is made");
}

static void
run_domain_name(struct import *import, struct import_line *line)
{
	keep_name(import, line, &import->domain);
	import_not_needed(line, "the host's name is its operating system's; "
				"a self-signed certificate carries it if one is made");
}

/* "banner motd ..": of the terminal, not of the VPN. */
#define TERMINAL_BANNER "shown to administrators of the ASA; the users' banner is a group-policy's"

static const struct import_command commands[] = {
    /* the frame of the file */
    {.words = "ASA Version", .not_needed = HOST_BOX},
    {.words = "PIX Version", .not_needed = HOST_BOX},
    {.words = "NGFW Version", .not_needed = HOST_BOX},
    {.words = "FXOS Version", .not_needed = HOST_BOX},
    {.words = "show", .not_needed = "typed in a terminal"},
    {.words = "sh", .not_needed = "typed in a terminal"},
    {.words = "more", .not_needed = "typed in a terminal"},
    {.words = "terminal", .not_needed = "settings of the terminal"},
    {.words = "configure", .not_needed = "typed in a terminal"},
    {.words = "Building configuration...", .not_needed = "printed by a terminal"},
    {.words = "write", .not_needed = "typed in a terminal"},
    {.words = "Cryptochecksum*", .not_needed = "a checksum of the running-config"},
    {.words = "command-alias", .not_needed = HOST_ADMIN},
    {.words = "pager", .not_needed = "settings of the terminal"},
    {.words = "prompt", .not_needed = "settings of the terminal"},
    {.words = "banner motd", .not_needed = TERMINAL_BANNER},
    {.words = "banner login", .not_needed = TERMINAL_BANNER},
    {.words = "banner exec", .not_needed = TERMINAL_BANNER},
    {.words = "banner asdm", .not_needed = TERMINAL_BANNER},

    /* the box */
    {.words = "hostname", .run = run_hostname},
    {.words = "domain-name", .run = run_domain_name},
    {.words = "activation-key", .not_needed = HOST_BOX},
    {.words = "license", .not_needed = HOST_BOX, .mode = &import_mode_any},
    {.words = "feature", .not_needed = HOST_BOX},
    {.words = "boot", .not_needed = HOST_BOX},
    {.words = "firewall transparent", .not_needed = HOST_FIREWALL},
    {.words = "mode", .not_needed = HOST_BOX},
    {.words = "coredump", .not_needed = HOST_BOX},
    {.words = "crashinfo", .not_needed = HOST_BOX},
    {.words = "call-home",
	.not_needed = "the ASA's reports to its maker",
	.mode = &import_mode_any},
    {.words = "call-home reporting", .not_needed = "the ASA's reports to its maker"},
    {.words = "service call-home", .not_needed = "the ASA's reports to its maker"},
    {.words = "service password-recovery", .not_needed = HOST_BOX},
    {.words = "service resetinbound", .not_needed = TUNING},
    {.words = "service resetoutbound", .not_needed = TUNING},
    {.words = "service resetoutside", .not_needed = TUNING},
    {.words = "service sw-reset-button", .not_needed = HOST_BOX},
    {.words = "service telemetry", .not_needed = "the ASA's reports to its maker"},
    {.words = "no call-home", .not_needed = "the ASA's reports to its maker"},
    {.words = "asdm", .not_needed = "the ASA's own management tool"},
    {.words = "auto-update", .not_needed = "the ASA's images"},
    {.words = "smart-tunnel", .not_needed = CLIENTLESS},
    {.words = "hw-module", .not_needed = HOST_BOX},
    {.words = "module", .not_needed = HOST_BOX},
    {.words = "power", .not_needed = HOST_BOX},
    {.words = "key config-key", .not_needed = "how the ASA encrypts its running-config"},
    {.words = "password encryption", .not_needed = "how the ASA encrypts its running-config"},
    {.words = "fips", .not_needed = HOST_BOX},
    {.words = "no fips", .not_needed = HOST_BOX},
    {.words = "service-module", .not_needed = HOST_BOX},
    {.words = "hpm", .not_needed = HOST_MONITOR},
    {.words = "cpu", .not_needed = HOST_MONITOR},
    {.words = "memory", .not_needed = HOST_MONITOR},
    {.words = "resource policy", .not_needed = HOST_BOX},
    {.words = "jumbo-frame", .not_needed = HOST_NETWORK},
    {.words = "multicast-routing", .not_needed = HOST_ROUTING},
    {.words = "app-agent", .not_needed = HOST_MONITOR},
    {.words = "sw-module", .not_needed = HOST_BOX},
    {.words = "snort", .not_needed = INSPECTION},

    /* contexts, units */
    {.words = "admin-context", .not_needed = "contexts of an ASA; import each by itself"},
    {.words = "context",
	.not_needed = "contexts of an ASA; import each by itself",
	.mode = &import_mode_any},
    {.words = "class",
	.not_needed = "of a policy-map, or shares of an ASA's contexts",
	.mode = &import_mode_any},
    {.words = "mac-address auto", .not_needed = HOST_NETWORK},
    {.words = "failover", .not_needed = CLUSTERING},
    {.words = "monitor-interface", .not_needed = CLUSTERING},
    {.words = "cluster", .not_needed = CLUSTERING, .mode = &import_mode_any},
    {.words = "cluster group", .not_needed = CLUSTERING, .mode = &import_mode_any},
    {.words = "cluster interface-mode", .not_needed = CLUSTERING},
    {.words = "vpn load-balancing",
	.not_supported = "clients are not sent to other gateways; use DNS or a load balancer",
	.mode = &import_mode_any},
    {.words = "vpn-mode", .not_needed = CLUSTERING},
    {.words = "virtual", .not_needed = HOST_PROXY},

    /* interfaces and routing */
    {.words = "interface", .not_needed = HOST_NETWORK, .mode = &import_mode_any},
    {.words = "interface-policy", .not_needed = CLUSTERING},
    {.words = "mtu", .not_needed = HOST_NETWORK},
    {.words = "arp", .not_needed = HOST_NETWORK},
    {.words = "arp timeout", .not_needed = HOST_NETWORK},
    {.words = "arp permit-nonconnected", .not_needed = HOST_NETWORK},
    {.words = "arp rate-limit", .not_needed = HOST_NETWORK},
    {.words = "arp-inspection", .not_needed = HOST_FIREWALL},
    {.words = "mac-learn", .not_needed = HOST_NETWORK},
    {.words = "mac-address-table", .not_needed = HOST_NETWORK},
    {.words = "mac-list", .not_needed = HOST_FIREWALL},
    {.words = "lacp", .not_needed = HOST_NETWORK},
    {.words = "port-channel", .not_needed = HOST_NETWORK},
    {.words = "same-security-traffic", .not_needed = HOST_FIREWALL},
    {.words = "zone", .not_needed = HOST_NETWORK, .mode = &import_mode_any},
    {.words = "nve", .not_needed = HOST_NETWORK, .mode = &import_mode_any},
    {.words = "route", .not_needed = HOST_ROUTING},
    {.words = "route-map", .not_needed = HOST_ROUTING, .mode = &import_mode_any},
    {.words = "policy-list", .not_needed = HOST_ROUTING, .mode = &import_mode_any},
    {.words = "prefix-list", .not_needed = HOST_ROUTING},
    {.words = "as-path", .not_needed = HOST_ROUTING},
    {.words = "community-list", .not_needed = HOST_ROUTING},
    {.words = "router", .not_needed = HOST_ROUTING, .mode = &import_mode_any},
    {.words = "ipv6 router", .not_needed = HOST_ROUTING, .mode = &import_mode_any},
    {.words = "ipv6 route", .not_needed = HOST_ROUTING},
    {.words = "ipv6 prefix-list", .not_needed = HOST_ROUTING},
    {.words = "ipv6 icmp", .not_needed = HOST_FIREWALL},
    {.words = "ipv6 neighbor", .not_needed = HOST_NETWORK},
    {.words = "ipv6 enforce-eui64", .not_needed = HOST_FIREWALL},
    {.words = "ipv6 dhcprelay", .not_needed = HOST_PROXY},
    {.words = "ipv6 dhcp pool", .not_needed = HOST_PROXY, .mode = &import_mode_any},
    {.words = "ipv6 unicast-routing", .not_needed = HOST_ROUTING},
    {.words = "ip route", .not_needed = HOST_ROUTING},
    {.words = "ip verify", .not_needed = HOST_FIREWALL},
    {.words = "ip audit", .not_needed = INSPECTION},
    {.words = "ip-client", .not_needed = HOST_NETWORK},
    {.words = "icmp", .not_needed = HOST_FIREWALL},
    {.words = "igmp", .not_needed = HOST_ROUTING},
    {.words = "pim", .not_needed = HOST_ROUTING},
    {.words = "mroute", .not_needed = HOST_ROUTING},
    {.words = "mfib", .not_needed = HOST_ROUTING},
    {.words = "multicast", .not_needed = HOST_ROUTING},
    {.words = "sla monitor", .not_needed = HOST_MONITOR, .mode = &import_mode_any},
    {.words = "sla monitor schedule", .not_needed = HOST_MONITOR},
    {.words = "track", .not_needed = HOST_MONITOR},
    {.words = "bfd", .not_needed = HOST_ROUTING},
    {.words = "bfd-template", .not_needed = HOST_ROUTING, .mode = &import_mode_any},
    {.words = "key chain", .not_needed = HOST_ROUTING, .mode = &import_mode_any},
    {.words = "pppoe", .not_needed = HOST_NETWORK},
    {.words = "vpdn", .not_needed = HOST_NETWORK},
    {.words = "ddns", .not_needed = HOST_DNS, .mode = &import_mode_any},
    {.words = "dhcp-client", .not_needed = HOST_NETWORK},

    /* the firewall */
    {.words = "access-group", .not_needed = HOST_FIREWALL},
    {.words = "access-rules", .not_needed = HOST_FIREWALL},
    {.words = "established", .not_needed = HOST_FIREWALL},
    {.words = "conduit", .not_needed = HOST_FIREWALL},
    {.words = "shun", .not_needed = HOST_FIREWALL},
    {.words = "filter", .not_needed = INSPECTION},
    {.words = "url-server", .not_needed = INSPECTION},
    {.words = "url-cache", .not_needed = INSPECTION},
    {.words = "url-block", .not_needed = INSPECTION},
    {.words = "nat", .not_needed = HOST_NAT},
    {.words = "nat-control", .not_needed = HOST_NAT},
    {.words = "static", .not_needed = HOST_NAT},
    {.words = "global", .not_needed = HOST_NAT},
    {.words = "alias", .not_needed = HOST_NAT},
    {.words = "xlate", .not_needed = HOST_NAT},
    {.words = "norandomseq", .not_needed = HOST_NAT},
    {.words = "timeout", .not_needed = "timers of a firewall's connections"},
    {.words = "conn", .not_needed = HOST_FIREWALL},
    {.words = "per-session-pat", .not_needed = HOST_NAT},
    {.words = "fragment", .not_needed = TUNING},
    {.words = "flow-export", .not_needed = HOST_MONITOR},
    {.words = "flow-offload", .not_needed = TUNING},
    {.words = "asp", .not_needed = TUNING},
    {.words = "tcp-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "sctp-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "class-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "policy-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "service-policy", .not_needed = INSPECTION},
    {.words = "regex", .not_needed = INSPECTION},
    {.words = "priority-queue", .not_needed = TUNING, .mode = &import_mode_any},
    {.words = "http-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "ftp-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "gtp-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "mgcp-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "snmp-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "sip-map", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "imap4s", .not_needed = CLIENTLESS, .mode = &import_mode_any},
    {.words = "pop3s", .not_needed = CLIENTLESS, .mode = &import_mode_any},
    {.words = "smtps", .not_needed = CLIENTLESS, .mode = &import_mode_any},
    {.words = "threat-detection", .not_needed = INSPECTION},
    {.words = "dynamic-filter", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "scansafe", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "tls-proxy", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "phone-proxy", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "media-termination", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "ctl-file", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "ctl-provider", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "uc-ime", .not_needed = INSPECTION, .mode = &import_mode_any},
    {.words = "sunrpc-server", .not_needed = INSPECTION},
    {.words = "ips", .not_needed = INSPECTION},
    {.words = "csc", .not_needed = INSPECTION},
    {.words = "sysopt connection permit-vpn",
	.not_needed = "sessions pass no other filter than their vpn-filter"},
    {.words = "sysopt connection permit-ipsec",
	.not_needed = "sessions pass no other filter than their vpn-filter"},
    {.words = "no sysopt connection permit-vpn",
	.not_supported = "sessions passed the outside interface's access-list on the ASA; write "
			 "its rules into a vpn-filter or into nftables"},
    {.words = "no sysopt connection permit-ipsec",
	.not_supported = "sessions passed the outside interface's access-list on the ASA; write "
			 "its rules into a vpn-filter or into nftables"},
    {.words = "sysopt connection tcpmss", .not_needed = TUNING},
    {.words = "sysopt connection preserve-vpn-flows", .not_needed = TUNING},
    {.words = "sysopt connection reclassify-vpn",
	.not_needed = "running sessions keep the policy that they logged in with"},
    {.words = "sysopt connection timewait", .not_needed = TUNING},
    {.words = "sysopt", .not_needed = TUNING},
    {.words = "no sysopt", .not_needed = TUNING},
    {.words = "user-identity", .not_needed = IDENTITY},
    {.words = "user-statistics", .not_needed = IDENTITY},
    {.words = "cts", .not_needed = IDENTITY, .mode = &import_mode_any},
    {.words = "cts import-pac", .not_needed = IDENTITY},
    {.words = "object-group user", .not_needed = IDENTITY, .mode = &import_mode_any},
    {.words = "object-group security", .not_needed = IDENTITY, .mode = &import_mode_any},
    {.words = "network-service", .not_needed = INSPECTION, .mode = &import_mode_any},

    /* management */
    {.words = "enable password", .not_needed = HOST_ADMIN},
    {.words = "passwd", .not_needed = HOST_ADMIN},
    {.words = "enable", .not_needed = HOST_ADMIN},
    {.words = "privilege", .not_needed = HOST_ADMIN},
    {.words = "aaa authentication", .not_needed = HOST_ADMIN},
    {.words = "aaa authentication match", .not_needed = HOST_FIREWALL},
    {.words = "aaa authentication include", .not_needed = HOST_FIREWALL},
    {.words = "aaa authorization", .not_needed = HOST_ADMIN},
    {.words = "aaa accounting", .not_needed = HOST_ADMIN},
    {.words = "aaa mac-exempt", .not_needed = HOST_FIREWALL},
    {.words = "aaa proxy-limit", .not_needed = HOST_FIREWALL},
    {.words = "aaa kerberos", .not_needed = HOST_ADMIN},
    {.words = "aaa", .not_needed = HOST_ADMIN},
    {.words = "auth-prompt", .not_needed = HOST_FIREWALL},
    {.words = "password-policy", .not_needed = "passwords are set by sekisho-passwd, one by one"},
    {.words = "management-access", .not_needed = HOST_ADMIN},
    {.words = "management-interface", .not_needed = HOST_ADMIN},
    {.words = "http", .not_needed = HOST_ADMIN},
    {.words = "http server", .not_needed = HOST_ADMIN},
    {.words = "http redirect", .not_needed = CLIENTLESS},
    {.words = "http authentication-certificate", .not_needed = HOST_ADMIN},
    {.words = "http username-from-certificate", .not_needed = HOST_ADMIN},
    {.words = "rest-api", .not_needed = HOST_ADMIN},
    {.words = "ssh", .not_needed = HOST_ADMIN},
    {.words = "telnet", .not_needed = HOST_ADMIN},
    {.words = "console", .not_needed = HOST_ADMIN},
    {.words = "quota", .not_needed = HOST_ADMIN},
    {.words = "ftp", .not_needed = HOST_ADMIN},
    {.words = "tftp-server", .not_needed = HOST_ADMIN},
    {.words = "tftp", .not_needed = HOST_ADMIN},
    {.words = "file", .not_needed = HOST_ADMIN},
    {.words = "config-register", .not_needed = HOST_BOX},
    {.words = "checkheaps", .not_needed = HOST_BOX},
    {.words = "archive", .not_needed = HOST_ADMIN, .mode = &import_mode_any},
    {.words = "parser", .not_needed = HOST_ADMIN},
    {.words = "event manager", .not_needed = HOST_ADMIN, .mode = &import_mode_any},
    {.words = "snmp-server", .not_needed = HOST_MONITOR},
    {.words = "snmp", .not_needed = HOST_MONITOR},
    {.words = "logging", .not_needed = HOST_LOG},
    {.words = "smtp-server", .not_needed = HOST_LOG},
    {.words = "clock", .not_needed = HOST_TIME},
    {.words = "ntp", .not_needed = HOST_TIME},
    {.words = "ptp", .not_needed = HOST_TIME},
    {.words = "dns", .not_needed = HOST_DNS},
    {.words = "dns domain-lookup", .not_needed = HOST_DNS},
    {.words = "dns server-group", .not_needed = HOST_DNS, .mode = &import_mode_any},
    {.words = "dns-group", .not_needed = HOST_DNS},
    {.words = "dns-guard", .not_needed = INSPECTION},
    {.words = "dhcpd", .not_needed = HOST_PROXY},
    {.words = "dhcprelay", .not_needed = HOST_PROXY},
    {.words = "wccp", .not_needed = HOST_PROXY},
    {.words = "igmp-snooping", .not_needed = HOST_NETWORK},
    {.words = "tcp-options", .not_needed = INSPECTION},

    /* IPsec and other VPNs */
    {.words = "crypto ipsec", .not_needed = IPSEC, .mode = &import_mode_any},
    {.words = "crypto ikev1", .not_needed = IPSEC, .mode = &import_mode_any},
    {.words = "crypto ikev2", .not_needed = IPSEC, .mode = &import_mode_any},
    {.words = "crypto isakmp", .not_needed = IPSEC, .mode = &import_mode_any},
    {.words = "isakmp", .not_needed = IPSEC},
    {.words = "crypto map", .not_needed = IPSEC},
    {.words = "crypto dynamic-map", .not_needed = IPSEC},
    {.words = "crypto engine", .not_needed = HOST_BOX},
    {.words = "tunnel-group-map", .not_needed = IPSEC},
    {.words = "no tunnel-group-map", .not_needed = IPSEC},
    {.words = "vpnclient", .not_needed = IPSEC},
    {.words = "l2tp", .not_needed = IPSEC},
    {.words = "nac-policy", .not_needed = "clients are not examined", .mode = &import_mode_any},
    {.words = "eou", .not_needed = "clients are not examined"},
    {.words = "nac", .not_needed = "clients are not examined"},
    {.words = "vpn-sessiondb max-other-vpn-limit", .not_needed = IPSEC},
    {.words = "vpn-sessiondb max-anyconnect-premium-or-essentials-limit",
	.not_supported = "set limits.max-sessions in gateway.conf"},
    {.words = "vpn-sessiondb max-webvpn-session-limit",
	.not_supported = "set limits.max-sessions in gateway.conf"},
    {.words = "vpn-sessiondb max-session-limit",
	.not_supported = "set limits.max-sessions in gateway.conf"},
    {.words = "vpn-sessiondb", .not_supported = "set limits in gateway.conf"},
    {.words = "no vpn-sessiondb", .not_needed = "no limit is the default"},
    {.words = "vpnsetup", .not_needed = "typed in a terminal"},

    /* what decides who gets in, and is not served */
    {.words = "dynamic-access-policy-record DfltAccessPolicy",
	.not_needed = "the default record, which lets the group-policy decide",
	.mode = &import_mode_any},
    {.words = "dynamic-access-policy-record",
	.not_supported =
	    "there are no dynamic access policies; put what it grants and refuses into "
	    "group-policies",
	.mode = &import_mode_any},
    {.words = "dynamic-access-policy-config", .not_needed = "there are no dynamic access policies"},
    {.words = "no dynamic-access-policy-config",
	.not_needed = "there are no dynamic access policies"},
    {.words = "ldap attribute-map",
	.not_supported = "there is no LDAP; use RADIUS or the users of users.conf",
	.mode = &import_mode_any},
    {.words = "ldap-base-dn", .not_supported = "there is no LDAP"},
    {.words = "sso-server", .not_needed = CLIENTLESS, .mode = &import_mode_any},
    {.words = "cache", .not_needed = CLIENTLESS, .mode = &import_mode_any},
    {.words = "csd", .not_needed = "clients are not examined"},
    {.words = "hostscan", .not_needed = "clients are not examined"},
    {.words = "mdm-proxy", .not_needed = CLIENTLESS, .mode = &import_mode_any},
    {.words = "mount", .not_needed = CLIENTLESS, .mode = &import_mode_any},
    {.words = "mus", .not_needed = "a web proxy's service, which the gateway does not give"},
    {.words = "anyconnect-essentials", .not_needed = HOST_BOX},
    {.words = "cluster-member-limit", .not_needed = CLUSTERING},
    {.words = "compression", .not_needed = "compression gives secrets away and is never done"},
    {.words = "no compression", .not_needed = "compression is never done"},
    {.words = "xdmcp", .not_needed = INSPECTION},
};

const struct import_table import_commands_noise = {
    .commands = commands, .len = ARRAY_LEN(commands)};
