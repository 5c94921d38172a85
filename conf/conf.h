/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as a value: an immutable, reference-counted tree of objects, each a row of
 * settings that the tables in rows_*.c declare (style P16). Settings carry the ASA's names, ranges
 * and defaults (asa.md 1, 2, 5).
 *
 * A setting is absent, none (the ASA's "none": explicitly empty, stops inheritance) or set.
 * Accessors give the row's default when it is absent; inheritance between group policies is
 * conf/inherit.h.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

struct conf;

/* Kinds of object. CONF_ROOT_x is the top level of a file, one each; the others have a name and
 * come in lists. */
enum conf_kind {
	CONF_GATEWAY,        /* gateway.conf */
	CONF_TUNNEL_GROUPS,  /* tunnel-groups.conf */
	CONF_GROUP_POLICIES, /* group-policies.conf */
	CONF_AAA,            /* aaa.conf */
	CONF_USERS,          /* users.conf */
	CONF_PKI,            /* pki.conf */
	CONF_LISTENER,
	CONF_TUN,
	CONF_PROCESS_USERS,
	CONF_LIMITS,
	CONF_LOGGING,
	CONF_LOG_HOST,
	CONF_LOG_LIST,
	CONF_CONTROL,
	CONF_SSL,
	CONF_THREAT,
	CONF_THREAT_SERVICE,
	CONF_THREAT_SPRAYING,
	CONF_WEBVPN, /* the global "webvpn" of the ASA */
	CONF_CERTIFICATE_GROUP_MAP,
	CONF_CUSTOM_ATTR,
	CONF_CUSTOM_DATA,
	CONF_CERTIFICATE_MAP,
	CONF_TUNNEL_GROUP,
	CONF_TG_GENERAL,
	CONF_TG_WEBVPN,
	CONF_TG_MULTIPLE, /* what the two certificates of a login must be */
	CONF_GROUP_ALIAS,
	CONF_GROUP_URL,
	CONF_GROUP_POLICY,
	CONF_GP_ATTRIBUTES, /* of a group policy; a user's attributes have the same kind */
	CONF_CUSTOM,        /* anyconnect-custom */
	CONF_IP_LOCAL_POOL,
	CONF_IPV6_LOCAL_POOL,
	CONF_ACCESS_LIST,
	CONF_OBJECT,
	CONF_OBJECT_GROUP,
	CONF_TIME_RANGE,
	CONF_AAA_SERVER_GROUP,
	CONF_AAA_HOST,
	CONF_SDI_MESSAGE,
	CONF_USERNAME,
	CONF_TRUSTPOINT,
	CONF_SSL_TRUST_POINT,
	CONF_KIND_COUNT
};

/* Settings of each kind, in the order of its table. The comment gives the name in the file, type
 * and default. */
enum conf_gateway {
	GW_LISTENERS,        /* listeners: objects CONF_LISTENER, at least one */
	GW_TUN,              /* tun: object CONF_TUN, required */
	GW_WORKERS,          /* workers: int 0-64, 0 = one per CPU (0) */
	GW_USERS,            /* users: object CONF_PROCESS_USERS */
	GW_LIMITS,           /* limits: object CONF_LIMITS */
	GW_LOGGING,          /* logging: object CONF_LOGGING */
	GW_CONTROL,          /* control-socket: object CONF_CONTROL */
	GW_STATE_DIRECTORY,  /* state-directory: path ("/var/lib/sekisho") */
	GW_CHROOT_DIRECTORY, /* chroot-directory: path of an empty directory ("/run/sekisho/empty"),
				created if missing */
	GW_DTLS_CIPHERS,     /* dtls-ciphers: strings, OpenSSL's names, best first; none given: the
				default of gateway/dtls_offer.c */
	GW_LEGACY_LOGIN, /* legacy-login: bool (true): clients without the XML protocol may log in
			  */
	GW_DISABLE_OFFLOAD,  /* disable-offload: strings of tso uso udp-gso udp-gro (none) */
	GW_THREAT_DETECTION, /* threat-detection: object CONF_THREAT */
	GW_HIDE_GATEWAY, /* hide-gateway: bool (false): 404 for who does not know where to ask */
	GW_SSL,          /* ssl: object CONF_SSL */
	GW_COUNT
};
enum conf_listener {
	LI_ADDRESS,   /* address: IPv4 or IPv6 text, required */
	LI_PORT,      /* port: int 1-65535 (443) */
	LI_DTLS_PORT, /* dtls-port: int 0-65535, 0 = no UDP (the value of port) */
	LI_COUNT
};
enum conf_tun {
	TUN_NAME,         /* name: interface name ("sekisho0") */
	TUN_IPV4_ADDRESS, /* ipv4-address: prefix text with host bits, "192.168.100.254/24"; none */
	TUN_IPV6_ADDRESS, /* ipv6-address: the same for IPv6; none */
	TUN_MTU, /* mtu: int 1280-9000 (1434: what a 1500 byte IPv4 link carries in AES-GCM DTLS) */
	TUN_POOL_ROUTES, /* pool-routes: bool (true): route every local pool to the interface */
	TUN_COUNT
};
enum conf_process_users {
	PU_GATEWAY, /* gateway: user name or "#uid" ("sekisho-gateway") */
	PU_AUTH,    /* auth ("sekisho-auth") */
	PU_PKI,     /* pki ("sekisho-pki") */
	PU_COUNT
};
enum conf_limits {
	LIM_MAX_SESSIONS,    /* max-sessions: int 1-1000000 (10000) */
	LIM_MAX_CONNECTIONS, /* max-connections: int: TCP connections that have no tunnel yet (4096)
			      */
	LIM_LOGIN_ATTEMPTS,  /* login-attempts: int 1-16: refused replies per connection (3) */
	LIM_HANDSHAKE_TIMEOUT, /* handshake-timeout: int 1-300 s: TLS handshake (30: someone may
				  have to approve our certificate) */
	LIM_REQUEST_TIMEOUT,   /* request-timeout: int 1-300 s: one HTTP request (20) */
	LIM_LOGIN_TIMEOUT,     /* login-timeout: int 10-3600 s: a whole login (240) */
	LIM_COOKIE_TIMEOUT,    /* cookie-timeout: int 10-86400 s: from complete to the first CONNECT
				  (300) */
	LIM_COUNT
};
enum conf_logging {
	LOGGING_LEVEL,         /* level: enum err, warning, notice, info, debug (info) */
	LOGGING_STDERR,        /* stderr: bool (true) */
	LOGGING_SYSLOG,        /* syslog: bool (true): /dev/log */
	LOGGING_STDERR_FORMAT, /* stderr-format: enum plain, key-value, json (plain) */
	LOGGING_STDERR_LEVEL,  /* stderr-level: as level, or default: that of level */
	LOGGING_STDERR_LIST,   /* stderr-list: name of one of lists, in place of a level */
	LOGGING_SYSLOG_LEVEL,
	LOGGING_SYSLOG_LIST,
	LOGGING_FACILITY,      /* facility: enum local0-local7, daemon, auth, user (local4) */
	LOGGING_DEVICE_ID,     /* device-id: text; absent: the host's name */
	LOGGING_HIDE_USERNAME, /* hide-username: bool (true): of failed logins, as the ASA does */
	LOGGING_HOSTS,         /* hosts: objects CONF_LOG_HOST, up to 16 */
	LOGGING_LISTS,         /* lists: objects CONF_LOG_LIST, up to 32 */
	LOGGING_RATE_LIMIT,    /* rate-limit: strings (common/log_rule.h) */
	LOGGING_DISABLED,      /* disabled-messages: strings, "725001" or "725001-725007" */
	LOGGING_COUNT
};
enum conf_log_host {
	LH_TRANSPORT, /* transport: enum udp, tcp, unix (udp) */
	LH_ADDRESS,   /* address: IP text, of udp and tcp */
	LH_PORT,      /* port: int 1-65535 (514) */
	LH_PATH,      /* path: of unix: a datagram socket */
	LH_FORMAT,    /* format: enum asa, rfc5424 (asa) */
	LH_LEVEL,     /* level: as that of logging, or default: that one */
	LH_LIST,      /* list: name of one of lists, in place of a level */
	LH_QUEUE,     /* queue: int 1-8192 (512): lines that wait for a collector, tcp */
	LH_COUNT
};
enum conf_log_list {
	LL_NAME,  /* name: text, required */
	LL_MATCH, /* match: strings (common/log_rule.h), required */
	LL_COUNT
};
enum conf_control {
	CTL_PATH,        /* path: unix socket path ("/run/sekisho/control") */
	CTL_GROUP,       /* group: group name or "#gid" that may connect ("sekisho") */
	CTL_ADMIN_GROUP, /* admin-group: group name or "#gid" that may also act (none: root only) */
	CTL_COUNT
};
/* "threat-detection service ..": what is not set is off. */
enum conf_threat {
	TD_AUTHENTICATION, /* remote-access-authentication: object CONF_THREAT_SERVICE */
	TD_INITIATIONS,    /* remote-access-client-initiations: object CONF_THREAT_SERVICE */
	TD_INVALID_ACCESS, /* invalid-vpn-access: bool (false) */
	TD_SPRAYING,       /* spraying: object CONF_THREAT_SPRAYING */
	TD_SHUN_MINUTES,   /* shun-minutes: int 0-1440, 0 = until it is lifted (60) */
	TD_PREFIX_FACTOR,  /* prefix-factor: int 0-1000, 0 = networks are never shunned (10) */
	TD_EXCEPTIONS,     /* exceptions: strings, addresses and prefixes (none) */
	TD_COUNT
};
enum conf_threat_service {
	TDS_HOLD_DOWN, /* hold-down: int 1-1440 minutes (10) */
	TDS_THRESHOLD, /* threshold: int 1-100, 0 = off (0) */
	TDS_COUNT
};
enum conf_threat_spraying {
	TSP_HOLD_DOWN, /* hold-down: int 1-1440 minutes (60) */
	TSP_USERS,     /* users: int 1-32, 0 = off (0) */
	TSP_COUNT
};
/* "ssl server-version", "ssl cipher" and "ssl ecdh-group", and presets for all of them: what is not
 * set follows the preset (gateway/tls_policy.c). */
enum conf_ssl {
	SSLC_PRESET,         /* preset: enum default, strict, legacy (default) */
	SSLC_SERVER_VERSION, /* server-version: enum preset, tlsv1.2, tlsv1.3 (preset) */
	SSLC_CIPHERS,        /* ciphers: strings, OpenSSL's names, best first */
	SSLC_ECDH_GROUPS,    /* ecdh-groups: strings of x25519 group19 group20 group21 */
	SSLC_OCSP_STAPLING,  /* ocsp-stapling: bool (true) */
	SSLC_FIPS,           /* fips: bool (false) */
	SSLC_COUNT
};
enum conf_tunnel_groups {
	TGS_WEBVPN,           /* webvpn: object CONF_WEBVPN */
	TGS_GROUP_DELIMITER,  /* group-delimiter: enum @, #, ! (none): what strip-group cuts at */
	TGS_CERTIFICATE_MAPS, /* certificate-maps: objects CONF_CERTIFICATE_MAP */
	TGS_TUNNEL_GROUPS,    /* tunnel-groups: objects CONF_TUNNEL_GROUP */
	TGS_COUNT
};
enum conf_webvpn {
	WV_TUNNEL_GROUP_LIST,    /* tunnel-group-list: bool (false): "tunnel-group-list enable" */
	WV_DEFAULT_IDLE_TIMEOUT, /* default-idle-timeout: int 60-86400 s (1800) */
	WV_TUNNEL_GROUP_PREFERENCE, /* tunnel-group-preference: enum certificate-map, group-url
				       (certificate-map): which of the two wins */
	WV_CERTIFICATE_GROUP_MAP,   /* certificate-group-map: objects CONF_CERTIFICATE_GROUP_MAP */
	WV_CUSTOM_ATTR,             /* anyconnect-custom-attr: objects CONF_CUSTOM_ATTR */
	WV_CUSTOM_DATA,             /* anyconnect-custom-data: objects CONF_CUSTOM_DATA */
	WV_COUNT
};
enum conf_certificate_group_map {
	CGM_MAP,          /* map: string, a certificate map's name, required */
	CGM_SEQUENCE,     /* sequence: int 1-65535, required */
	CGM_TUNNEL_GROUP, /* tunnel-group: string, required */
	CGM_COUNT
};
/* "anyconnect-custom-attr TYPE [description D]": a type that policies may use. */
enum conf_custom_attr {
	CA_TYPE,        /* type: string, required */
	CA_DESCRIPTION, /* description: string */
	CA_COUNT
};
/* "anyconnect-custom-data TYPE NAME VALUE": a named value of a type. */
enum conf_custom_data {
	CD_TYPE,  /* type: string, required */
	CD_NAME,  /* name: string, required */
	CD_VALUE, /* value: string, up to 8192, required */
	CD_COUNT
};
/* "crypto ca certificate map NAME SEQ": the rule of one number; several may share a name. */
enum conf_certificate_map {
	CM_NAME,     /* name: string ("DefaultCertificateMap") */
	CM_SEQUENCE, /* sequence: int 1-65535, required */
	CM_CRITERIA, /* criteria: strings, all must hold: "subject-name attr ou eq Staff" (asa.md 3)
		      */
	CM_COUNT
};
enum conf_tunnel_group {
	TG_NAME,    /* name: string 1-64, required */
	TG_TYPE,    /* type: enum remote-access (remote-access) */
	TG_GENERAL, /* general-attributes: object CONF_TG_GENERAL */
	TG_WEBVPN,  /* webvpn-attributes: object CONF_TG_WEBVPN */
	TG_COUNT
};
enum conf_tg_general {
	TGG_ADDRESS_POOL,         /* address-pool: strings, up to 6 names of ip-local-pools */
	TGG_IPV6_ADDRESS_POOL,    /* ipv6-address-pool: strings, up to 6 */
	TGG_DEFAULT_GROUP_POLICY, /* default-group-policy: string ("DfltGrpPolicy") */
	TGG_AUTHENTICATION_SERVER_GROUP, /* authentication-server-group: strings ([ "LOCAL" ]) */
	TGG_SECONDARY_SERVER_GROUP,      /* secondary-authentication-server-group: strings, none */
	TGG_AUTHORIZATION_SERVER_GROUP,  /* authorization-server-group: strings, none */
	TGG_STRIP_REALM,                 /* strip-realm: bool (false): cut "@realm" before AAA */
	TGG_STRIP_GROUP, /* strip-group: bool (false): cut group-delimiter and what follows */
	TGG_AUTHORIZATION_REQUIRED,    /* authorization-required: bool (false): the authorization
					  server must know the user */
	TGG_USERNAME_FROM_CERTIFICATE, /* username-from-certificate: strings, one or two fields
					  ([ "CN", "OU" ]), or use-entire-name */
	TGG_USERNAME_CHOICE,           /* username-from-certificate-choice: enum first-certificate,
					  second-certificate (first-certificate) */
	TGG_SECONDARY_USERNAME,        /* secondary-username-from-certificate: the same */
	TGG_SECONDARY_CHOICE,          /* secondary-username-from-certificate-choice: the same enum
					*/
	TGG_SECONDARY_USE_PRIMARY,   /* secondary-authentication-use-primary-username: bool (false):
					one user name for both passwords */
	TGG_ACCOUNTING_SERVER_GROUP, /* accounting-server-group: string, an aaa-server-group (none)
				      */
	TGG_PASSWORD_MANAGEMENT,     /* password-management: bool (false): MS-CHAPv2, and a user may
					change an expired password */
	TGG_ATTR_FROM_SERVER,        /* authentication-attr-from-server: enum primary, secondary
					(primary): whose attributes count */
	TGG_SESSION_USERNAME,        /* authenticated-session-username: enum primary, secondary
					(primary): which user name the session has */
	TGG_COUNT
};
enum conf_tg_webvpn {
	TGW_AUTHENTICATION,     /* authentication: strings of aaa, certificate, multiple-certificate
				   ([ "aaa" ]) */
	TGW_GROUP_ALIAS,        /* group-alias: objects CONF_GROUP_ALIAS */
	TGW_GROUP_URL,          /* group-url: objects CONF_GROUP_URL */
	TGW_PRE_FILL,           /* pre-fill-username: enum none, client, "client hide" (none) */
	TGW_SECONDARY_PRE_FILL, /* secondary-pre-fill-username: the same */
	TGW_MULTIPLE,           /* multiple-certificate: object CONF_TG_MULTIPLE */
	TGW_PROXY_AUTH, /* proxy-auth: enum none, sdi (none): challenges are those of a token
			   server (asa.md 6.6) */
	TGW_RADIUS_REJECT_MESSAGE, /* radius-reject-message: bool (false): show the user the
				      server's words */
	TGW_COUNT
};
enum conf_tg_multiple {
	TGM_HASH_ALGORITHMS,   /* hash-algorithms: strings of sha256, sha384, sha512 (all): what the
				  second certificate may sign with */
	TGM_FIRST_STORE,       /* first-certificate-store: enum any, machine, user (any): of the one
				  of the TLS handshake, as the client says */
	TGM_SECOND_STORE,      /* second-certificate-store: the same of the other */
	TGM_FIRST_TRUSTPOINT,  /* first-certificate-trustpoint: string (any) */
	TGM_SECOND_TRUSTPOINT, /* second-certificate-trustpoint: string (any) */
	TGM_FIRST_MAP,         /* first-certificate-map: string, a certificate map (none): one of
				  its rules must match */
	TGM_SECOND_MAP,        /* second-certificate-map: the same of the other */
	TGM_COUNT
};
enum conf_group_alias {
	GA_NAME,   /* name: string, required */
	GA_ENABLE, /* enable: bool (true) */
	GA_COUNT
};
enum conf_group_url {
	GU_URL,    /* url: https URL, required */
	GU_ENABLE, /* enable: bool (true) */
	GU_COUNT
};
enum conf_group_policies {
	GPS_GROUP_POLICIES,   /* group-policies: objects CONF_GROUP_POLICY */
	GPS_IP_LOCAL_POOLS,   /* ip-local-pools: objects CONF_IP_LOCAL_POOL */
	GPS_IPV6_LOCAL_POOLS, /* ipv6-local-pools: objects CONF_IPV6_LOCAL_POOL */
	GPS_ACCESS_LISTS,     /* access-lists: objects CONF_ACCESS_LIST */
	GPS_OBJECTS,          /* objects: objects CONF_OBJECT */
	GPS_OBJECT_GROUPS,    /* object-groups: objects CONF_OBJECT_GROUP */
	GPS_TIME_RANGES,      /* time-ranges: objects CONF_TIME_RANGE */
	GPS_REUSE_DELAY,      /* vpn-addr-assign-local-reuse-delay: minutes 0-480 (0): how long an
				 address rests */
	GPS_COUNT
};
enum conf_group_policy {
	GP_NAME,       /* name: string 1-64, required */
	GP_TYPE,       /* type: enum internal (internal) */
	GP_ATTRIBUTES, /* attributes: object CONF_GP_ATTRIBUTES */
	GP_COUNT
};
/* Attributes that inherit. "none" as the text value stands for the ASA's none. Defaults are
 * DfltGrpPolicy's. */
enum conf_gp_attributes {
	GPA_BANNER,                    /* banner: string, up to 3998 (none) */
	GPA_DNS_SERVER,                /* dns-server: strings, addresses of either family (none) */
	GPA_WINS_SERVER,               /* wins-server: strings, IPv4 (none) */
	GPA_DEFAULT_DOMAIN,            /* default-domain: string (none) */
	GPA_SPLIT_TUNNEL_POLICY,       /* split-tunnel-policy: enum tunnelall, tunnelspecified,
					  excludespecified (tunnelall) */
	GPA_IPV6_SPLIT_TUNNEL_POLICY,  /* ipv6-split-tunnel-policy: the same */
	GPA_SPLIT_TUNNEL_NETWORK_LIST, /* split-tunnel-network-list: string, an access-list (none)
					*/
	GPA_SPLIT_DNS,                 /* split-dns: strings (none) */
	GPA_SPLIT_TUNNEL_ALL_DNS,      /* split-tunnel-all-dns: bool (false) */
	GPA_CLIENT_BYPASS_PROTOCOL,    /* client-bypass-protocol: bool (false) */
	GPA_VPN_SIMULTANEOUS_LOGINS,   /* vpn-simultaneous-logins: int 0-2147483647 (3) */
	GPA_VPN_IDLE_TIMEOUT,          /* vpn-idle-timeout: minutes 1-35791394 or none (30) */
	GPA_VPN_IDLE_ALERT_INTERVAL, /* vpn-idle-timeout-alert-interval: minutes 1-30 or none (1) */
	GPA_VPN_SESSION_TIMEOUT,     /* vpn-session-timeout: minutes 1-35791394 or none (none) */
	GPA_VPN_SESSION_ALERT_INTERVAL, /* vpn-session-timeout-alert-interval: minutes 1-30 or none
					   (1) */
	GPA_VPN_TUNNEL_PROTOCOL,        /* vpn-tunnel-protocol: strings of ikev1 ikev2 l2tp-ipsec
					   ssl-client ssl-clientless ([ "ssl-client" ]) */
	GPA_GROUP_LOCK,                 /* group-lock: string, a tunnel group (none) */
	GPA_ADDRESS_POOLS,              /* address-pools: strings, up to 6 (none) */
	GPA_IPV6_ADDRESS_POOLS,         /* ipv6-address-pools: strings, up to 6 (none) */
	GPA_SMARTCARD_REMOVAL_DISCONNECT, /* smartcard-removal-disconnect: bool (true) */
	GPA_VPN_ACCESS_HOURS,             /* vpn-access-hours: string, a time-range (none) */
	GPA_VPN_FILTER,        /* vpn-filter: string, an access-list (none); for both families */
	GPA_IPV6_VPN_FILTER,   /* ipv6-vpn-filter: string, an access-list for IPv6 in place of
				  vpn-filter's; "none": no filter for IPv6; absent: vpn-filter's */
	GPA_GATEWAY_FQDN,      /* gateway-fqdn: string (none) */
	GPA_MSIE_PROXY_METHOD, /* msie-proxy-method: enum no-modify, no-proxy, auto-detect,
				  use-server, use-pac-url (no-modify) */
	GPA_MSIE_PROXY_SERVER, /* msie-proxy-server: string HOST:PORT (none) */
	GPA_MSIE_PROXY_EXCEPT_LIST,  /* msie-proxy-except-list: strings (none) */
	GPA_MSIE_PROXY_LOCAL_BYPASS, /* msie-proxy-local-bypass: bool (false) */
	GPA_MSIE_PROXY_PAC_URL,      /* msie-proxy-pac-url: string (none) */
	GPA_MSIE_PROXY_LOCKDOWN,     /* msie-proxy-lockdown: bool (true) */
	GPA_ANYCONNECT_CUSTOM, /* anyconnect-custom: objects CONF_CUSTOM; each TYPE inherits by
				  itself (inherit_custom) */
	GPA_ALWAYS_ON_VPN,     /* always-on-vpn: enum profile-setting, disable (profile-setting) */
	GPA_ANYCONNECT_ROUTING_FILTERING_IGNORE, /* anyconnect-routing-filtering-ignore: bool
						    (false) */
	GPA_ANYCONNECT_SSL_DF_BIT_IGNORE,        /* anyconnect-ssl-df-bit-ignore: bool (false) */
	GPA_ANYCONNECT_MTU,                      /* anyconnect-mtu: int 576-1406 (1406) */
	GPA_ANYCONNECT_DPD_GATEWAY, /* anyconnect-dpd-interval-gateway: seconds 5-3600 or none (30)
				     */
	GPA_ANYCONNECT_DPD_CLIENT, /* anyconnect-dpd-interval-client: seconds 5-3600 or none (30) */
	GPA_ANYCONNECT_MOBILE_DPD, /* anyconnect-mobile-dpd-interval: seconds 5-3600 or none (none)
				    */
	GPA_ANYCONNECT_SSL_KEEPALIVE,  /* anyconnect-ssl-keepalive: seconds 15-600 or none (20) */
	GPA_ANYCONNECT_SSL_DTLS,       /* anyconnect-ssl-dtls: bool (true) */
	GPA_ANYCONNECT_SSL_REKEY_TIME, /* anyconnect-ssl-rekey-time: minutes 1-10080 or none (none)
					*/
	GPA_ANYCONNECT_SSL_REKEY_METHOD, /* anyconnect-ssl-rekey-method: enum ssl, new-tunnel, none
					    (none) */
	GPA_VPN_GROUP_POLICY,            /* vpn-group-policy: string; users only */
	GPA_VPN_FRAMED_IP_ADDRESS,   /* vpn-framed-ip-address: "192.0.2.7 255.255.255.0"; users only
				      */
	GPA_VPN_FRAMED_IPV6_ADDRESS, /* vpn-framed-ipv6-address: "2001:db8::7/64"; users only */
	GPA_COUNT
};
/* "anyconnect-custom TYPE {value V..|none}" of a policy or user. */
enum conf_custom {
	CU_TYPE,  /* type: string, required */
	CU_VALUE, /* value: strings, required: names of anyconnect-custom-data of that type, else
		     the words themselves; none */
	CU_COUNT
};
enum conf_ip_local_pool {
	POOL_NAME,  /* name: string, required */
	POOL_RANGE, /* range: "A-B", IPv4, required */
	POOL_MASK,  /* mask: dotted ("255.255.255.255") */
	POOL_COUNT
};
enum conf_ipv6_local_pool {
	POOL6_NAME,   /* name: string, required */
	POOL6_PREFIX, /* prefix: "2001:db8::10/64": first address and prefix length, required */
	POOL6_SIZE,   /* size: int 1-16384: number of addresses, required */
	POOL6_COUNT
};
enum conf_access_list {
	ACL_NAME,  /* name: string, required */
	ACL_TYPE,  /* type: enum standard, extended (standard) */
	ACL_RULES, /* rules: strings, the ASA's words behind "access-list NAME {standard|extended}":
		      "permit NET MASK", "permit tcp any host 10.1.1.1 eq 443", "remark ..";
		      required */
	ACL_COUNT
};
/* "object {network|service} NAME". */
enum conf_obj {
	OB_NAME,  /* name: string, required */
	OB_TYPE,  /* type: enum network, service (network) */
	OB_VALUE, /* value: string, required: "host A", "subnet NET MASK", "subnet P/L", "range A
		     B"; service: "tcp destination eq 443", .. */
	OB_COUNT
};
/* "object-group TYPE NAME [tcp|udp|tcp-udp]". */
enum conf_object_group {
	OG_NAME,     /* name: string, required */
	OG_TYPE,     /* type: enum network, service, protocol, icmp-type (network) */
	OG_PROTOCOL, /* protocol: enum tcp, udp, tcp-udp (none): of a service group whose members
			are port-objects */
	OG_MEMBERS,  /* members: strings, the ASA's lines: "network-object host 10.1.1.1",
			"group-object G", "port-object eq 443", .. */
	OG_COUNT
};
/* "time-range NAME". It holds when it is within absolute (if there) and within one of periodic (if
 * there). Times are the gateway's local time. */
enum conf_time_range {
	TR_NAME,     /* name: string, required */
	TR_ABSOLUTE, /* absolute: string "[start HH:MM D MONTH YYYY] [end HH:MM D MONTH YYYY]" */
	TR_PERIODIC, /* periodic: strings "weekdays 8:00 to 18:00", "Friday 20:00 to Monday 6:00" */
	TR_COUNT
};
enum conf_users {
	USERS_USERNAMES, /* usernames: objects CONF_USERNAME */
	USERS_COUNT
};
enum conf_username {
	USER_NAME,       /* name: string 1-64, required */
	USER_PASSWORD,   /* password: crypt(3) hash, yescrypt ($y$), sha512 ($6$) or sha256 ($5$);
			    absent: no password fits */
	USER_ATTRIBUTES, /* attributes: object CONF_GP_ATTRIBUTES */
	USER_COUNT
};
enum conf_aaa {
	AAA_SERVER_GROUPS,  /* aaa-server-groups: objects CONF_AAA_SERVER_GROUP */
	AAA_LOCAL_MAX_FAIL, /* local-authentication-attempts-max-fail: int 1-16, 0 = no lockout (0)
			     */
	AAA_LOCAL_LOCKOUT_MINUTES,    /* local-lockout-minutes: int 0-1440, 0 = until it is cleared
				       * (10)
				       */
	AAA_LOCAL_LOCKOUT_KNOWN_DAYS, /* local-lockout-known-days: int 0-365, 0 = never (30) */
	AAA_COUNT
};
/* "aaa-server GRP protocol radius". */
enum conf_aaa_server_group {
	ASG_NAME,                /* name: string, required, not LOCAL */
	ASG_PROTOCOL,            /* protocol: enum radius (radius) */
	ASG_ACCOUNTING_MODE,     /* accounting-mode: enum single, simultaneous (single) */
	ASG_REACTIVATION_MODE,   /* reactivation-mode: enum depletion, timed (depletion) */
	ASG_DEADTIME,            /* deadtime: minutes 0-1440 (10) */
	ASG_MAX_FAILED_ATTEMPTS, /* max-failed-attempts: int 1-5 (3) */
	ASG_HOSTS,               /* hosts: objects CONF_AAA_HOST, up to 16 */
	ASG_MERGE_DACL,     /* merge-dacl: enum none, before-avpair, after-avpair (none): where the
			       lines of a downloaded access list stand beside those of av-pairs */
	ASG_INTERIM_UPDATE, /* interim-accounting-update: bool (false): account changes of address
			     */
	ASG_INTERIM_PERIODIC,      /* interim-accounting-periodic: hours 0-120 (0: off): account all
				      the time */
	ASG_DYNAMIC_AUTHORIZATION, /* dynamic-authorization: bool (false): its servers may change
				      and end sessions (RFC 5176) */
	ASG_DYNAMIC_AUTHORIZATION_PORT, /* dynamic-authorization-port: UDP port 1024-65535 (1700) */
	ASG_AUTHORIZE_ONLY, /* authorize-only: bool (false): Service-Type Authorize-Only and no
			       password when it authorizes */
	ASG_COUNT
};
/* "aaa-server GRP host ADDR". */
enum conf_aaa_host {
	AH_ADDRESS,             /* address: IPv4 or IPv6 text, required */
	AH_KEY,                 /* key: string 1-127, secret; absent: the server cannot be used */
	AH_AUTHENTICATION_PORT, /* authentication-port: int (1645) */
	AH_ACCOUNTING_PORT,     /* accounting-port: int (1646) */
	AH_TIMEOUT,             /* timeout: s 1-300 (10) */
	AH_RETRY_INTERVAL,      /* retry-interval: s 1-10 (10) */
	AH_RADIUS_COMMON_PW,    /* radius-common-pw: string, secret (the user name): the password of
				   requests that only authorize */
	AH_MSCHAPV2_CAPABLE,    /* mschapv2-capable: bool (true): password-management may use
				   MS-CHAPv2 */
	AH_ACL_NETMASK_CONVERT, /* acl-netmask-convert: enum standard, wildcard, auto-detect
				   (standard): how masks of downloaded access lists are read */
	AH_REQUIRE_MESSAGE_AUTHENTICATOR, /* require-message-authenticator: bool (true): answers to
					     Access-Requests without one are dropped
					     (CVE-2024-3596) */
	AH_SDI_MESSAGES, /* sdi-messages: objects CONF_SDI_MESSAGE: texts of a token server */
	AH_COUNT
};
/* "proxy-auth_map sdi CODE TEXT": by what text a challenge is known (asa.md 6.6). */
enum conf_sdi_message {
	SDI_CODE, /* code: enum next-code, new-pin-sup, new-pin-meth, new-pin-req, new-pin-reenter,
		     new-pin-sys-ok, next-ccode-and-reauth, ready-for-sys-pin, required */
	SDI_TEXT, /* text: string, required */
	SDI_COUNT
};
enum conf_pki {
	PKI_TRUSTPOINTS,      /* trustpoints: objects CONF_TRUSTPOINT, at least one */
	PKI_SSL_TRUST_POINT,  /* ssl-trust-point: string, required: whose certificate the listeners
				 show */
	PKI_SSL_TRUST_POINTS, /* ssl-trust-points: objects CONF_SSL_TRUST_POINT: further identities,
				 chosen by the name that a client asks for (SNI) */
	PKI_REVOCATION_TIMEOUT,  /* revocation-timeout: s 1-60 (5): until a responder or a CRL's
				    server has not answered */
	PKI_MINIMUM_RSA_MODULUS, /* minimum-rsa-modulus: bits 1024-8192 (2048): of keys of clients'
				    certificates and their CAs */
	PKI_ELLIPTIC_CURVES,     /* elliptic-curves: strings (P-256, P-384, P-521, Ed25519, Ed448):
				    what else such a key may be */
	PKI_SIGNATURE_HASHES, /* signature-hashes: strings (sha256, sha384, sha512): what they may
				 be signed with */
	PKI_COUNT
};
/* "ssl trust-point TP domain NAME". */
enum conf_ssl_trust_point {
	STP_TRUSTPOINT, /* trustpoint: string, required */
	STP_DOMAIN,     /* domain: host name, "*.example.com" for a whole level, required */
	STP_COUNT
};
enum conf_trustpoint {
	TP_NAME,           /* name: string, required */
	TP_CERTIFICATE,    /* certificate: PEM file, identity certificate and its chain */
	TP_KEY,            /* key: PEM file, unencrypted private key, RSA or EC */
	TP_CA_CERTIFICATE, /* ca-certificate: PEM file of CA certificates: whose client certificates
			      are believed */
	TP_REVOCATION_CHECK, /* revocation-check: strings of crl, ocsp, none ([ "none" ]) */
	TP_OCSP_URL,         /* ocsp-url: http URL of the responder (none: the certificate's AIA) */
	TP_OCSP_DISABLE_NONCE,      /* ocsp-disable-nonce: bool (false) */
	TP_CRL_POLICY,              /* crl-policy: enum cdp, static, both (cdp) */
	TP_CRL_URLS,                /* crl-urls: http URLs, up to 5: of policy static and both */
	TP_CRL_CACHE_TIME,          /* crl-cache-time: minutes 1-1440 (60) */
	TP_CRL_ENFORCE_NEXT_UPDATE, /* crl-enforcenextupdate: bool (true) */
	TP_VALIDATION_USAGE, /* validation-usage: strings of ipsec-client, ssl-client, ssl-server
				([ "ssl-client" ]): whose certificates its CAs may vouch for */
	TP_COUNT
};

enum conf_state { CONF_ABSENT, CONF_NONE, CONF_SET };

/* Where a value was written; file is the base name ("users.conf"). */
struct conf_origin {
	const char *file;
	int line;
};

struct conf_object;

/* One setting of one object. */
struct conf_value {
	enum conf_state state;
	struct conf_origin origin;
	int64_t num;                  /* bool, int; enum: position in the row's words */
	char *str;                    /* string, enum */
	char **list;                  /* strings */
	struct conf_object **objects; /* object (one) and objects */
	size_t len;                   /* of list or objects */
};

struct conf_object {
	enum conf_kind kind;
	struct conf_origin origin;
	struct conf_value *values; /* as many as the kind has settings */
	const struct conf_object
	    *parent; /* where it stands, for errors; NULL: top level of a file */
	unsigned parent_setting;
	size_t parent_index;
};

/* A loader's complaints, one line each: "file:line: setting: what is wrong; what would be right".
 */
struct conf_errors {
	struct buf text;
	unsigned count;
	bool out_of_memory; /* one of them: what was read is incomplete */
	/* What the configuration can be used with, but will not do: lines of the same form, empty
	 * when there are none. For sekishod -t and the parent to print ("warning: ", line by line,
	 * of buf_cstr(&errors.warnings)) also when there is no error. */
	struct buf warnings;
	unsigned warnings_count;
};

/*
 * Read and check the directory: every file of design 4 (aaa.conf and users.conf may be missing),
 * and the PEM files that pki.conf names. NULL and errors filled if anything is wrong; every error
 * is reported, not only the first.
 */
struct conf *conf_load(const char *dir, struct conf_errors *errors) MUST_USE;
/* Only gateway.conf, for programs that just need the control socket's place. Same errors. */
struct conf *conf_load_gateway(const char *dir, struct conf_errors *errors) MUST_USE;
/* The control socket's path, for those programs; heap. NULL: errors tell. */
char *conf_control_path(const char *dir, struct conf_errors *errors) MUST_USE;
/*
 * Check the text of one file ("users.conf") by itself, without what it refers to in others.
 * ERR_SYNTAX: errors tell; ERR_NOTFOUND: there is no such file.
 */
enum err conf_check_text(
    const char *file, const char *text, size_t len, struct conf_errors *errors) MUST_USE;
void conf_errors_init(struct conf_errors *errors);
void conf_errors_fini(struct conf_errors *errors);

/* References. conf_unref(NULL) is fine; the last one wipes what is secret and frees. Thread safe.
 */
struct conf *conf_ref(struct conf *conf);
void conf_unref(struct conf *conf);

/*
 * The part of a loaded configuration that a role may see, as bytes for its memfd, and back. Only
 * the texts of the role's files travel (gateway.conf: all; tunnel-groups, group-policies, aaa,
 * users: auth; pki.conf and the PEM files' content: pki), so that a child checks with the same
 * code. conf_from_slice treats its input as hostile.
 */
enum err conf_slice(const struct conf *conf, Ipc__RoleId role, struct buf *out) MUST_USE;
struct conf *conf_from_slice(const void *data, size_t len, struct conf_errors *errors) MUST_USE;
/* The same, with the errors as text into why (common/handover.h). */
struct conf *conf_read_slice(const void *data, size_t len, struct buf *why) MUST_USE;
/* Start of a child: the same for the slice that the parent, which checked it, handed over. Ends the
 * process if it is not valid. */
struct conf *conf_take_slice(const void *data, size_t len) MUST_USE;

/* The top-level object of a file; NULL if this slice has not got it. */
const struct conf_object *conf_root(const struct conf *conf, enum conf_kind root);
/* The named object of a kind (tunnel group, group policy, pool, access list, object, object group,
 * time range, server group, username, trustpoint); NULL: none. */
const struct conf_object *conf_find(const struct conf *conf, enum conf_kind kind, const char *name);
/* All objects of such a kind, in file order. DfltGrpPolicy, DefaultWEBVPNGroup and DefaultRAGroup
 * exist without being written. */
size_t conf_objects(
    const struct conf *conf, enum conf_kind kind, const struct conf_object *const **out);
/* Content of a PEM file that a trustpoint names (pki only), a NUL behind it; NULL if there is none.
 */
const char *conf_file_content(const struct conf *conf, const char *path, size_t *len);

/* Values. The setting index is from the enum of the object's kind. Absent gives the row's default.
 */
bool conf_bool(const struct conf_object *object, unsigned setting);
int64_t conf_int(const struct conf_object *object, unsigned setting); /* none: 0 */
const char *conf_str(
    const struct conf_object *object, unsigned setting); /* none or no default: NULL */
/* Strings of a list; 0 when none or absent without default. */
size_t conf_list(const struct conf_object *object, unsigned setting, char *const **out);
/* A sub-object: absent gives an object of the kind with all its defaults, never NULL. */
const struct conf_object *conf_sub(const struct conf_object *object, unsigned setting);
/* Sub-objects of a list. */
size_t conf_subs(
    const struct conf_object *object, unsigned setting, struct conf_object *const **out);
const struct conf_value *conf_value(const struct conf_object *object, unsigned setting);
/* What a login through a tunnel group takes: its "authentication". At most one of the certificates.
 */
struct conf_methods {
	bool aaa; /* a user name and a password */
	bool certificate;
	bool multiple; /* two of them */
};
struct conf_methods conf_methods(const struct conf_object *tunnel_group);
/*
 * Why nobody can log in through a tunnel group: it asks for something that this version does not
 * serve (RADIUS), and a login with less than it asks for would be a hole. Text into why; false: it
 * is open.
 */
bool conf_group_closed(
    const struct conf *conf, const struct conf_object *tunnel_group, struct buf *why);
/* Does some tunnel group or certificate map want to see a client's certificate? */
bool conf_wants_client_certificate(const struct conf *conf);
/* Name in the file of a setting ("vpn-idle-timeout"). */
const char *conf_setting_name(enum conf_kind kind, unsigned setting);

#endif
