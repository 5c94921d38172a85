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
	CONF_CONTROL,
	CONF_WEBVPN, /* the global "webvpn" of the ASA */
	CONF_TUNNEL_GROUP,
	CONF_TG_GENERAL,
	CONF_TG_WEBVPN,
	CONF_GROUP_ALIAS,
	CONF_GROUP_URL,
	CONF_GROUP_POLICY,
	CONF_GP_ATTRIBUTES, /* of a group policy; a user's attributes have the same kind */
	CONF_IP_LOCAL_POOL,
	CONF_IPV6_LOCAL_POOL,
	CONF_ACCESS_LIST,
	CONF_USERNAME,
	CONF_TRUSTPOINT,
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
	LOGGING_LEVEL,  /* level: enum err, warning, notice, info, debug (info) */
	LOGGING_STDERR, /* stderr: bool (true) */
	LOGGING_SYSLOG, /* syslog: bool (true) */
	LOGGING_COUNT
};
enum conf_control {
	CTL_PATH,  /* path: unix socket path ("/run/sekisho/control") */
	CTL_GROUP, /* group: group name or "#gid" that may connect ("sekisho") */
	CTL_COUNT
};
enum conf_tunnel_groups {
	TGS_WEBVPN,        /* webvpn: object CONF_WEBVPN */
	TGS_TUNNEL_GROUPS, /* tunnel-groups: objects CONF_TUNNEL_GROUP */
	TGS_COUNT
};
enum conf_webvpn {
	WV_TUNNEL_GROUP_LIST,    /* tunnel-group-list: bool (false): "tunnel-group-list enable" */
	WV_DEFAULT_IDLE_TIMEOUT, /* default-idle-timeout: int 60-86400 s (1800) */
	WV_COUNT
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
	TGG_COUNT
};
enum conf_tg_webvpn {
	TGW_AUTHENTICATION, /* authentication: strings ([ "aaa" ]); other methods are refused as not
			       supported yet */
	TGW_GROUP_ALIAS,    /* group-alias: objects CONF_GROUP_ALIAS */
	TGW_GROUP_URL,      /* group-url: objects CONF_GROUP_URL */
	TGW_COUNT
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
	GPA_ANYCONNECT_MTU,               /* anyconnect-mtu: int 576-1406 (1406) */
	GPA_ANYCONNECT_DPD_GATEWAY, /* anyconnect-dpd-interval-gateway: seconds 5-3600 or none (30)
				     */
	GPA_ANYCONNECT_DPD_CLIENT, /* anyconnect-dpd-interval-client: seconds 5-3600 or none (30) */
	GPA_ANYCONNECT_SSL_KEEPALIVE,  /* anyconnect-ssl-keepalive: seconds 15-600 or none (20) */
	GPA_ANYCONNECT_SSL_DTLS,       /* anyconnect-ssl-dtls: bool (true) */
	GPA_ANYCONNECT_SSL_REKEY_TIME, /* anyconnect-ssl-rekey-time: minutes 4-10080 or none (none)
					*/
	GPA_ANYCONNECT_SSL_REKEY_METHOD, /* anyconnect-ssl-rekey-method: enum ssl, new-tunnel, none
					    (none) */
	GPA_VPN_GROUP_POLICY,            /* vpn-group-policy: string; users only */
	GPA_COUNT
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
	ACL_TYPE,  /* type: enum standard (standard) */
	ACL_RULES, /* rules: strings, "permit NET MASK", "permit host A", "permit any", IPv6 "permit
		      P/L"; required */
	ACL_COUNT
};
enum conf_users {
	USERS_USERNAMES, /* usernames: objects CONF_USERNAME */
	USERS_COUNT
};
enum conf_username {
	USER_NAME,       /* name: string 1-64, required */
	USER_PASSWORD,   /* password: crypt(3) hash, yescrypt ($y$), sha512 ($6$) or sha256 ($5$),
			    required */
	USER_ATTRIBUTES, /* attributes: object CONF_GP_ATTRIBUTES */
	USER_COUNT
};
enum conf_aaa {
	AAA_COUNT /* aaa-server-groups come with RADIUS */
};
enum conf_pki {
	PKI_TRUSTPOINTS,     /* trustpoints: objects CONF_TRUSTPOINT, at least one */
	PKI_SSL_TRUST_POINT, /* ssl-trust-point: string, required: whose certificate the listeners
				show */
	PKI_COUNT
};
enum conf_trustpoint {
	TP_NAME,        /* name: string, required */
	TP_CERTIFICATE, /* certificate: PEM file, identity certificate and its chain */
	TP_KEY,         /* key: PEM file, unencrypted private key, RSA or EC */
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
};

/*
 * Read and check the directory: every file of design 4 (aaa.conf and users.conf may be missing),
 * and the PEM files that pki.conf names. NULL and errors filled if anything is wrong; every error
 * is reported, not only the first.
 */
struct conf *conf_load(const char *dir, struct conf_errors *errors) MUST_USE;
/* Only gateway.conf, for programs that just need the control socket's place. Same errors. */
struct conf *conf_load_gateway(const char *dir, struct conf_errors *errors) MUST_USE;
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
/* Start of a child: the same for the slice that the parent, which checked it, handed over. Ends the
 * process if it is not valid. */
struct conf *conf_take_slice(const void *data, size_t len) MUST_USE;

/* The top-level object of a file; NULL if this slice has not got it. */
const struct conf_object *conf_root(const struct conf *conf, enum conf_kind root);
/* The named object of a kind (tunnel group, group policy, pool, access list, username, trustpoint);
 * NULL: none. */
const struct conf_object *conf_find(const struct conf *conf, enum conf_kind kind, const char *name);
/* All objects of such a kind, in file order. DfltGrpPolicy and DefaultWEBVPNGroup exist without
 * being written. */
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
/* Name in the file of a setting ("vpn-idle-timeout"). */
const char *conf_setting_name(enum conf_kind kind, unsigned setting);

#endif
