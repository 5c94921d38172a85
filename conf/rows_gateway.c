/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of gateway.conf. Nothing but rows; the index is enum conf_gateway and its neighbours
 * in conf.h. */
#include "conf/row.h"
#include "conf/syntax.h"

#define ROWS(table)                                                                                \
	{                                                                                          \
		.rows = (table), .len = ARRAY_LEN(table)                                           \
	}

/* What gateway/dtls_offer.c knows, and the suites of pre-shared keys. */
static const char *const dtls_ciphers[] = {
    "PSK-AES256-GCM-SHA384",
    "PSK-CHACHA20-POLY1305",
    "PSK-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "DHE-RSA-AES256-SHA",
    "DHE-RSA-AES128-SHA",
    "AES256-SHA",
    "AES128-SHA",
    NULL,
};

/* What gateway/offload.c knows. */
static const char *const offloads[] = {"tso", "uso", "udp-gso", "udp-gro", NULL};

static const struct row_refused refused[] = {
    {"dtls-ciphers DES-CBC3-SHA", "3DES is broken; leave it out"},
    {"dtls-ciphers DES-CBC-SHA", "DES is broken; leave it out"},
    {"dtls-ciphers RC4-SHA", "RC4 cannot be used with DTLS; leave it out"},
    {"dtls-ciphers RC4-MD5", "RC4 cannot be used with DTLS; leave it out"},
    {"dtls-ciphers NULL-SHA", "it does not encrypt; leave it out"},
    {"dtls-ciphers ECDHE-ECDSA-AES256-GCM-SHA384",
	"no client is known that offers it for DTLS; write ECDHE-RSA-AES256-GCM-SHA384"},
    {"dtls-ciphers ECDHE-ECDSA-AES128-GCM-SHA256",
	"no client is known that offers it for DTLS; write ECDHE-RSA-AES128-GCM-SHA256"},
    {"dtls-ciphers PSK-NEGOTIATE", "it is no suite; name those that begin with PSK-"},
    {"dtls-ciphers OC-DTLS1_2-AES256-GCM", "the name is a client's; write AES256-GCM-SHA384"},
    {"dtls-ciphers OC-DTLS1_2-AES128-GCM", "the name is a client's; write AES128-GCM-SHA256"},
};

static const struct row gateway[GW_COUNT] = {
    [GW_LISTENERS] = {.name = "listeners",
	.type = ROW_OBJECTS,
	.required = true,
	.max_count = 16,
	.kind = CONF_LISTENER,
	.help = "addresses and ports where clients connect"},
    [GW_TUN] = {.name = "tun",
	.type = ROW_OBJECT,
	.required = true,
	.kind = CONF_TUN,
	.help = "the tun interface that carries every session's packets"},
    [GW_WORKERS] = {.name = "workers",
	.type = ROW_INT,
	.min = 0,
	.max = 64,
	.def = 0,
	.help = "worker threads; 0 is one per CPU"},
    [GW_USERS] = {.name = "users",
	.type = ROW_OBJECT,
	.kind = CONF_PROCESS_USERS,
	.help = "the accounts that the processes run as"},
    [GW_LIMITS] = {.name = "limits",
	.type = ROW_OBJECT,
	.kind = CONF_LIMITS,
	.help = "how many, how often and how long"},
    [GW_LOGGING] = {.name = "logging",
	.type = ROW_OBJECT,
	.kind = CONF_LOGGING,
	.help = "where log lines go, and which"},
    [GW_CONTROL] = {.name = "control-socket",
	.type = ROW_OBJECT,
	.kind = CONF_CONTROL,
	.help = "the socket of show-sessions"},
    [GW_STATE_DIRECTORY] = {.name = "state-directory",
	.type = ROW_STRING,
	.def_text = "/var/lib/sekisho",
	.syntax = syntax_path,
	.help = "directory for session records that outlive a restart"},
    [GW_CHROOT_DIRECTORY] = {.name = "chroot-directory",
	.type = ROW_STRING,
	.def_text = "/run/sekisho/empty",
	.syntax = syntax_path,
	.help = "empty directory in which processes lock themselves up; made if it is missing"},
    [GW_DTLS_CIPHERS] = {.name = "dtls-ciphers",
	.type = ROW_STRINGS,
	.max_count = 16,
	.words = dtls_ciphers,
	.help = "cipher suites of DTLS, the best first"},
    [GW_LEGACY_LOGIN] = {.name = "legacy-login",
	.type = ROW_BOOL,
	.def = true,
	.help = "let clients without the XML protocol log in"},
    [GW_DISABLE_OFFLOAD] = {.name = "disable-offload",
	.type = ROW_STRINGS,
	.max_count = ARRAY_LEN(offloads) - 1,
	.words = offloads,
	.help = "what the kernel could do for many packets at once, but is not to"},
};
const struct row_kind rows_gateway = {
    .rows = gateway,
    .len = ARRAY_LEN(gateway),
    .refused = refused,
    .refused_len = ARRAY_LEN(refused),
};

static const struct row listener[LI_COUNT] = {
    [LI_ADDRESS] = {.name = "address",
	.type = ROW_STRING,
	.required = true,
	.syntax = syntax_listen,
	.help = "IPv4 or IPv6 address to listen on"},
    [LI_PORT] =
	{.name = "port", .type = ROW_INT, .min = 1, .max = 65535, .def = 443, .help = "TCP port"},
    [LI_DTLS_PORT] = {.name = "dtls-port",
	.type = ROW_INT,
	.min = 0,
	.max = 65535,
	.help = "UDP port for DTLS, by default the TCP port; 0 is no DTLS"},
};
const struct row_kind rows_gateway_listener = ROWS(listener);

static const struct row tun[TUN_COUNT] = {
    [TUN_NAME] = {.name = "name",
	.type = ROW_STRING,
	.def_text = "sekisho0",
	.syntax = syntax_interface,
	.help = "name of the interface"},
    [TUN_IPV4_ADDRESS] = {.name = "ipv4-address",
	.type = ROW_STRING,
	.none = true,
	.syntax = syntax_tun4,
	.help = "the gateway's own IPv4 address inside, with prefix length"},
    [TUN_IPV6_ADDRESS] = {.name = "ipv6-address",
	.type = ROW_STRING,
	.none = true,
	.syntax = syntax_tun6,
	.help = "the gateway's own IPv6 address inside, with prefix length"},
    [TUN_MTU] = {.name = "mtu",
	.type = ROW_INT,
	.min = 1280,
	.max = 9000,
	.def = 1434,
	.help = "largest packet of the interface"},
    [TUN_POOL_ROUTES] = {.name = "pool-routes",
	.type = ROW_BOOL,
	.def = true,
	.help = "route every local pool to the interface"},
};
const struct row_kind rows_gateway_tun = ROWS(tun);

static const struct row users[PU_COUNT] = {
    [PU_GATEWAY] = {.name = "gateway",
	.type = ROW_STRING,
	.def_text = "sekisho-gateway",
	.syntax = syntax_process_user,
	.help = "account of the gateway process, which talks to clients"},
    [PU_AUTH] = {.name = "auth",
	.type = ROW_STRING,
	.def_text = "sekisho-auth",
	.syntax = syntax_process_user,
	.help = "account of the auth process, which decides who gets in"},
    [PU_PKI] = {.name = "pki",
	.type = ROW_STRING,
	.def_text = "sekisho-pki",
	.syntax = syntax_process_user,
	.help = "account of the pki process, which holds the private keys"},
};
const struct row_kind rows_gateway_users = ROWS(users);

static const struct row limits[LIM_COUNT] = {
    [LIM_MAX_SESSIONS] = {.name = "max-sessions",
	.type = ROW_INT,
	.min = 1,
	.max = 1000000,
	.def = 10000,
	.help = "sessions at a time"},
    [LIM_MAX_CONNECTIONS] = {.name = "max-connections",
	.type = ROW_INT,
	.min = 1,
	.max = 1000000,
	.def = 4096,
	.help = "TCP connections at a time that have no tunnel yet"},
    [LIM_LOGIN_ATTEMPTS] = {.name = "login-attempts",
	.type = ROW_INT,
	.min = 1,
	.max = 16,
	.def = 3,
	.help = "refused logins on one connection before it is closed"},
    [LIM_HANDSHAKE_TIMEOUT] = {.name = "handshake-timeout",
	.type = ROW_INT,
	.min = 1,
	.max = 300,
	.def = 30,
	.help = "seconds for a TLS handshake"},
    [LIM_REQUEST_TIMEOUT] = {.name = "request-timeout",
	.type = ROW_INT,
	.min = 1,
	.max = 300,
	.def = 20,
	.help = "seconds for one HTTP request to arrive"},
    [LIM_LOGIN_TIMEOUT] = {.name = "login-timeout",
	.type = ROW_INT,
	.min = 10,
	.max = 3600,
	.def = 240,
	.help = "seconds for a whole login"},
    [LIM_COOKIE_TIMEOUT] = {.name = "cookie-timeout",
	.type = ROW_INT,
	.min = 10,
	.max = 86400,
	.def = 300,
	.help = "seconds from a login to the first tunnel"},
};
const struct row_kind rows_gateway_limits = ROWS(limits);

static const struct row control[CTL_COUNT] = {
    [CTL_PATH] = {.name = "path",
	.type = ROW_STRING,
	.max = 107, /* what a struct sockaddr_un holds */
	.def_text = "/run/sekisho/control",
	.syntax = syntax_path,
	.help = "path of the socket"},
    [CTL_GROUP] = {.name = "group",
	.type = ROW_STRING,
	.def_text = "sekisho",
	.syntax = syntax_group,
	.help = "group whose members may use it"},
    [CTL_ADMIN_GROUP] = {.name = "admin-group",
	.type = ROW_STRING,
	.syntax = syntax_group,
	.help = "group whose members may also log off, debug, reload; without it only root may"},
};
const struct row_kind rows_gateway_control = ROWS(control);
