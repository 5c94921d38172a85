/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables: every row stands where its enum says, has a help text and is in the man page. And the
 * walker: what each type refuses, word for word.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conf/row.h"
#include "tests/unit/conf_help.h"

#define MAN_PAGE "tools/man/sekisho.conf.5"

/* Some rows of each table by index: a row that moved away from its enum would be found here. */
static const struct {
	enum conf_kind kind;
	unsigned setting;
	const char *name;
} places[] = {
    {CONF_GATEWAY, GW_LISTENERS, "listeners"},
    {CONF_GATEWAY, GW_TUN, "tun"},
    {CONF_GATEWAY, GW_WORKERS, "workers"},
    {CONF_GATEWAY, GW_USERS, "users"},
    {CONF_GATEWAY, GW_LIMITS, "limits"},
    {CONF_GATEWAY, GW_LOGGING, "logging"},
    {CONF_GATEWAY, GW_CONTROL, "control-socket"},
    {CONF_GATEWAY, GW_STATE_DIRECTORY, "state-directory"},
    {CONF_GATEWAY, GW_CHROOT_DIRECTORY, "chroot-directory"},
    {CONF_GATEWAY, GW_LEGACY_LOGIN, "legacy-login"},
    {CONF_GATEWAY, GW_DTLS_CIPHERS, "dtls-ciphers"},
    {CONF_GATEWAY, GW_DISABLE_OFFLOAD, "disable-offload"},
    {CONF_GATEWAY, GW_THREAT_DETECTION, "threat-detection"},
    {CONF_GATEWAY, GW_HIDE_GATEWAY, "hide-gateway"},
    {CONF_LISTENER, LI_ADDRESS, "address"},
    {CONF_LISTENER, LI_PORT, "port"},
    {CONF_LISTENER, LI_DTLS_PORT, "dtls-port"},
    {CONF_TUN, TUN_NAME, "name"},
    {CONF_TUN, TUN_IPV4_ADDRESS, "ipv4-address"},
    {CONF_TUN, TUN_IPV6_ADDRESS, "ipv6-address"},
    {CONF_TUN, TUN_MTU, "mtu"},
    {CONF_TUN, TUN_POOL_ROUTES, "pool-routes"},
    {CONF_PROCESS_USERS, PU_GATEWAY, "gateway"},
    {CONF_PROCESS_USERS, PU_AUTH, "auth"},
    {CONF_PROCESS_USERS, PU_PKI, "pki"},
    {CONF_LIMITS, LIM_MAX_SESSIONS, "max-sessions"},
    {CONF_LIMITS, LIM_MAX_CONNECTIONS, "max-connections"},
    {CONF_LIMITS, LIM_LOGIN_ATTEMPTS, "login-attempts"},
    {CONF_LIMITS, LIM_HANDSHAKE_TIMEOUT, "handshake-timeout"},
    {CONF_LIMITS, LIM_REQUEST_TIMEOUT, "request-timeout"},
    {CONF_LIMITS, LIM_LOGIN_TIMEOUT, "login-timeout"},
    {CONF_LIMITS, LIM_COOKIE_TIMEOUT, "cookie-timeout"},
    {CONF_LOGGING, LOGGING_LEVEL, "level"},
    {CONF_LOGGING, LOGGING_STDERR, "stderr"},
    {CONF_LOGGING, LOGGING_SYSLOG, "syslog"},
    {CONF_LOGGING, LOGGING_STDERR_FORMAT, "stderr-format"},
    {CONF_LOGGING, LOGGING_STDERR_LEVEL, "stderr-level"},
    {CONF_LOGGING, LOGGING_STDERR_LIST, "stderr-list"},
    {CONF_LOGGING, LOGGING_SYSLOG_LEVEL, "syslog-level"},
    {CONF_LOGGING, LOGGING_SYSLOG_LIST, "syslog-list"},
    {CONF_LOGGING, LOGGING_FACILITY, "facility"},
    {CONF_LOGGING, LOGGING_DEVICE_ID, "device-id"},
    {CONF_LOGGING, LOGGING_HIDE_USERNAME, "hide-username"},
    {CONF_LOGGING, LOGGING_HOSTS, "hosts"},
    {CONF_LOGGING, LOGGING_LISTS, "lists"},
    {CONF_LOGGING, LOGGING_RATE_LIMIT, "rate-limit"},
    {CONF_LOGGING, LOGGING_DISABLED, "disabled-messages"},
    {CONF_LOG_HOST, LH_TRANSPORT, "transport"},
    {CONF_LOG_HOST, LH_ADDRESS, "address"},
    {CONF_LOG_HOST, LH_PORT, "port"},
    {CONF_LOG_HOST, LH_PATH, "path"},
    {CONF_LOG_HOST, LH_FORMAT, "format"},
    {CONF_LOG_HOST, LH_LEVEL, "level"},
    {CONF_LOG_HOST, LH_LIST, "list"},
    {CONF_LOG_HOST, LH_QUEUE, "queue"},
    {CONF_LOG_LIST, LL_NAME, "name"},
    {CONF_LOG_LIST, LL_MATCH, "match"},
    {CONF_CONTROL, CTL_PATH, "path"},
    {CONF_CONTROL, CTL_GROUP, "group"},
    {CONF_CONTROL, CTL_ADMIN_GROUP, "admin-group"},
    {CONF_GATEWAY, GW_SSL, "ssl"},
    {CONF_SSL, SSLC_PRESET, "preset"},
    {CONF_SSL, SSLC_SERVER_VERSION, "server-version"},
    {CONF_SSL, SSLC_CIPHERS, "ciphers"},
    {CONF_SSL, SSLC_ECDH_GROUPS, "ecdh-groups"},
    {CONF_SSL, SSLC_OCSP_STAPLING, "ocsp-stapling"},
    {CONF_SSL, SSLC_FIPS, "fips"},
    {CONF_THREAT, TD_AUTHENTICATION, "remote-access-authentication"},
    {CONF_THREAT, TD_INITIATIONS, "remote-access-client-initiations"},
    {CONF_THREAT, TD_INVALID_ACCESS, "invalid-vpn-access"},
    {CONF_THREAT, TD_SPRAYING, "spraying"},
    {CONF_THREAT, TD_SHUN_MINUTES, "shun-minutes"},
    {CONF_THREAT, TD_PREFIX_FACTOR, "prefix-factor"},
    {CONF_THREAT, TD_EXCEPTIONS, "exceptions"},
    {CONF_THREAT_SERVICE, TDS_HOLD_DOWN, "hold-down"},
    {CONF_THREAT_SERVICE, TDS_THRESHOLD, "threshold"},
    {CONF_THREAT_SPRAYING, TSP_HOLD_DOWN, "hold-down"},
    {CONF_THREAT_SPRAYING, TSP_USERS, "users"},
    {CONF_TUNNEL_GROUPS, TGS_WEBVPN, "webvpn"},
    {CONF_TUNNEL_GROUPS, TGS_GROUP_DELIMITER, "group-delimiter"},
    {CONF_TUNNEL_GROUPS, TGS_CERTIFICATE_MAPS, "certificate-maps"},
    {CONF_TUNNEL_GROUPS, TGS_TUNNEL_GROUPS, "tunnel-groups"},
    {CONF_WEBVPN, WV_TUNNEL_GROUP_LIST, "tunnel-group-list"},
    {CONF_WEBVPN, WV_DEFAULT_IDLE_TIMEOUT, "default-idle-timeout"},
    {CONF_WEBVPN, WV_TUNNEL_GROUP_PREFERENCE, "tunnel-group-preference"},
    {CONF_WEBVPN, WV_CERTIFICATE_GROUP_MAP, "certificate-group-map"},
    {CONF_WEBVPN, WV_CUSTOM_ATTR, "anyconnect-custom-attr"},
    {CONF_WEBVPN, WV_CUSTOM_DATA, "anyconnect-custom-data"},
    {CONF_CERTIFICATE_GROUP_MAP, CGM_MAP, "map"},
    {CONF_CERTIFICATE_GROUP_MAP, CGM_SEQUENCE, "sequence"},
    {CONF_CERTIFICATE_GROUP_MAP, CGM_TUNNEL_GROUP, "tunnel-group"},
    {CONF_CUSTOM_ATTR, CA_TYPE, "type"},
    {CONF_CUSTOM_ATTR, CA_DESCRIPTION, "description"},
    {CONF_CUSTOM_DATA, CD_TYPE, "type"},
    {CONF_CUSTOM_DATA, CD_NAME, "name"},
    {CONF_CUSTOM_DATA, CD_VALUE, "value"},
    {CONF_CERTIFICATE_MAP, CM_NAME, "name"},
    {CONF_CERTIFICATE_MAP, CM_SEQUENCE, "sequence"},
    {CONF_CERTIFICATE_MAP, CM_CRITERIA, "criteria"},
    {CONF_TUNNEL_GROUP, TG_NAME, "name"},
    {CONF_TUNNEL_GROUP, TG_TYPE, "type"},
    {CONF_TUNNEL_GROUP, TG_GENERAL, "general-attributes"},
    {CONF_TUNNEL_GROUP, TG_WEBVPN, "webvpn-attributes"},
    {CONF_TG_GENERAL, TGG_ADDRESS_POOL, "address-pool"},
    {CONF_TG_GENERAL, TGG_IPV6_ADDRESS_POOL, "ipv6-address-pool"},
    {CONF_TG_GENERAL, TGG_DEFAULT_GROUP_POLICY, "default-group-policy"},
    {CONF_TG_GENERAL, TGG_AUTHENTICATION_SERVER_GROUP, "authentication-server-group"},
    {CONF_TG_GENERAL, TGG_SECONDARY_SERVER_GROUP, "secondary-authentication-server-group"},
    {CONF_TG_GENERAL, TGG_AUTHORIZATION_SERVER_GROUP, "authorization-server-group"},
    {CONF_TG_GENERAL, TGG_STRIP_REALM, "strip-realm"},
    {CONF_TG_GENERAL, TGG_STRIP_GROUP, "strip-group"},
    {CONF_TG_GENERAL, TGG_AUTHORIZATION_REQUIRED, "authorization-required"},
    {CONF_TG_GENERAL, TGG_USERNAME_FROM_CERTIFICATE, "username-from-certificate"},
    {CONF_TG_GENERAL, TGG_USERNAME_CHOICE, "username-from-certificate-choice"},
    {CONF_TG_GENERAL, TGG_SECONDARY_USERNAME, "secondary-username-from-certificate"},
    {CONF_TG_GENERAL, TGG_SECONDARY_CHOICE, "secondary-username-from-certificate-choice"},
    {CONF_TG_GENERAL, TGG_SECONDARY_USE_PRIMARY, "secondary-authentication-use-primary-username"},
    {CONF_TG_GENERAL, TGG_ACCOUNTING_SERVER_GROUP, "accounting-server-group"},
    {CONF_TG_GENERAL, TGG_PASSWORD_MANAGEMENT, "password-management"},
    {CONF_TG_GENERAL, TGG_ATTR_FROM_SERVER, "authentication-attr-from-server"},
    {CONF_TG_GENERAL, TGG_SESSION_USERNAME, "authenticated-session-username"},
    {CONF_TG_WEBVPN, TGW_AUTHENTICATION, "authentication"},
    {CONF_TG_WEBVPN, TGW_GROUP_ALIAS, "group-alias"},
    {CONF_TG_WEBVPN, TGW_GROUP_URL, "group-url"},
    {CONF_TG_WEBVPN, TGW_PRE_FILL, "pre-fill-username"},
    {CONF_TG_WEBVPN, TGW_SECONDARY_PRE_FILL, "secondary-pre-fill-username"},
    {CONF_TG_WEBVPN, TGW_MULTIPLE, "multiple-certificate"},
    {CONF_TG_WEBVPN, TGW_PROXY_AUTH, "proxy-auth"},
    {CONF_TG_WEBVPN, TGW_RADIUS_REJECT_MESSAGE, "radius-reject-message"},
    {CONF_TG_MULTIPLE, TGM_HASH_ALGORITHMS, "hash-algorithms"},
    {CONF_TG_MULTIPLE, TGM_FIRST_STORE, "first-certificate-store"},
    {CONF_TG_MULTIPLE, TGM_SECOND_STORE, "second-certificate-store"},
    {CONF_TG_MULTIPLE, TGM_FIRST_TRUSTPOINT, "first-certificate-trustpoint"},
    {CONF_TG_MULTIPLE, TGM_SECOND_TRUSTPOINT, "second-certificate-trustpoint"},
    {CONF_TG_MULTIPLE, TGM_FIRST_MAP, "first-certificate-map"},
    {CONF_TG_MULTIPLE, TGM_SECOND_MAP, "second-certificate-map"},
    {CONF_GROUP_ALIAS, GA_NAME, "name"},
    {CONF_GROUP_ALIAS, GA_ENABLE, "enable"},
    {CONF_GROUP_URL, GU_URL, "url"},
    {CONF_GROUP_URL, GU_ENABLE, "enable"},
    {CONF_GROUP_POLICIES, GPS_GROUP_POLICIES, "group-policies"},
    {CONF_GROUP_POLICIES, GPS_IP_LOCAL_POOLS, "ip-local-pools"},
    {CONF_GROUP_POLICIES, GPS_IPV6_LOCAL_POOLS, "ipv6-local-pools"},
    {CONF_GROUP_POLICIES, GPS_ACCESS_LISTS, "access-lists"},
    {CONF_GROUP_POLICIES, GPS_OBJECTS, "objects"},
    {CONF_GROUP_POLICIES, GPS_OBJECT_GROUPS, "object-groups"},
    {CONF_GROUP_POLICIES, GPS_TIME_RANGES, "time-ranges"},
    {CONF_GROUP_POLICIES, GPS_REUSE_DELAY, "vpn-addr-assign-local-reuse-delay"},
    {CONF_GROUP_POLICY, GP_NAME, "name"},
    {CONF_GROUP_POLICY, GP_TYPE, "type"},
    {CONF_GROUP_POLICY, GP_ATTRIBUTES, "attributes"},
    {CONF_GP_ATTRIBUTES, GPA_BANNER, "banner"},
    {CONF_GP_ATTRIBUTES, GPA_DNS_SERVER, "dns-server"},
    {CONF_GP_ATTRIBUTES, GPA_WINS_SERVER, "wins-server"},
    {CONF_GP_ATTRIBUTES, GPA_DEFAULT_DOMAIN, "default-domain"},
    {CONF_GP_ATTRIBUTES, GPA_SPLIT_TUNNEL_POLICY, "split-tunnel-policy"},
    {CONF_GP_ATTRIBUTES, GPA_IPV6_SPLIT_TUNNEL_POLICY, "ipv6-split-tunnel-policy"},
    {CONF_GP_ATTRIBUTES, GPA_SPLIT_TUNNEL_NETWORK_LIST, "split-tunnel-network-list"},
    {CONF_GP_ATTRIBUTES, GPA_SPLIT_DNS, "split-dns"},
    {CONF_GP_ATTRIBUTES, GPA_SPLIT_TUNNEL_ALL_DNS, "split-tunnel-all-dns"},
    {CONF_GP_ATTRIBUTES, GPA_CLIENT_BYPASS_PROTOCOL, "client-bypass-protocol"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_SIMULTANEOUS_LOGINS, "vpn-simultaneous-logins"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_IDLE_TIMEOUT, "vpn-idle-timeout"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_IDLE_ALERT_INTERVAL, "vpn-idle-timeout-alert-interval"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_SESSION_TIMEOUT, "vpn-session-timeout"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_SESSION_ALERT_INTERVAL, "vpn-session-timeout-alert-interval"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_TUNNEL_PROTOCOL, "vpn-tunnel-protocol"},
    {CONF_GP_ATTRIBUTES, GPA_GROUP_LOCK, "group-lock"},
    {CONF_GP_ATTRIBUTES, GPA_ADDRESS_POOLS, "address-pools"},
    {CONF_GP_ATTRIBUTES, GPA_IPV6_ADDRESS_POOLS, "ipv6-address-pools"},
    {CONF_GP_ATTRIBUTES, GPA_SMARTCARD_REMOVAL_DISCONNECT, "smartcard-removal-disconnect"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_ACCESS_HOURS, "vpn-access-hours"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_FILTER, "vpn-filter"},
    {CONF_GP_ATTRIBUTES, GPA_IPV6_VPN_FILTER, "ipv6-vpn-filter"},
    {CONF_GP_ATTRIBUTES, GPA_GATEWAY_FQDN, "gateway-fqdn"},
    {CONF_GP_ATTRIBUTES, GPA_MSIE_PROXY_METHOD, "msie-proxy-method"},
    {CONF_GP_ATTRIBUTES, GPA_MSIE_PROXY_SERVER, "msie-proxy-server"},
    {CONF_GP_ATTRIBUTES, GPA_MSIE_PROXY_EXCEPT_LIST, "msie-proxy-except-list"},
    {CONF_GP_ATTRIBUTES, GPA_MSIE_PROXY_LOCAL_BYPASS, "msie-proxy-local-bypass"},
    {CONF_GP_ATTRIBUTES, GPA_MSIE_PROXY_PAC_URL, "msie-proxy-pac-url"},
    {CONF_GP_ATTRIBUTES, GPA_MSIE_PROXY_LOCKDOWN, "msie-proxy-lockdown"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_CUSTOM, "anyconnect-custom"},
    {CONF_GP_ATTRIBUTES, GPA_ALWAYS_ON_VPN, "always-on-vpn"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_SSL_DF_BIT_IGNORE, "anyconnect-ssl-df-bit-ignore"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_MTU, "anyconnect-mtu"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_DPD_GATEWAY, "anyconnect-dpd-interval-gateway"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_DPD_CLIENT, "anyconnect-dpd-interval-client"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_MOBILE_DPD, "anyconnect-mobile-dpd-interval"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_SSL_KEEPALIVE, "anyconnect-ssl-keepalive"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_SSL_DTLS, "anyconnect-ssl-dtls"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_SSL_REKEY_TIME, "anyconnect-ssl-rekey-time"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_SSL_REKEY_METHOD, "anyconnect-ssl-rekey-method"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_GROUP_POLICY, "vpn-group-policy"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_FRAMED_IP_ADDRESS, "vpn-framed-ip-address"},
    {CONF_GP_ATTRIBUTES, GPA_VPN_FRAMED_IPV6_ADDRESS, "vpn-framed-ipv6-address"},
    {CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_ROUTING_FILTERING_IGNORE,
	"anyconnect-routing-filtering-ignore"},
    {CONF_CUSTOM, CU_TYPE, "type"},
    {CONF_CUSTOM, CU_VALUE, "value"},
    {CONF_IP_LOCAL_POOL, POOL_NAME, "name"},
    {CONF_IP_LOCAL_POOL, POOL_RANGE, "range"},
    {CONF_IP_LOCAL_POOL, POOL_MASK, "mask"},
    {CONF_IPV6_LOCAL_POOL, POOL6_NAME, "name"},
    {CONF_IPV6_LOCAL_POOL, POOL6_PREFIX, "prefix"},
    {CONF_IPV6_LOCAL_POOL, POOL6_SIZE, "size"},
    {CONF_ACCESS_LIST, ACL_NAME, "name"},
    {CONF_ACCESS_LIST, ACL_TYPE, "type"},
    {CONF_ACCESS_LIST, ACL_RULES, "rules"},
    {CONF_OBJECT, OB_NAME, "name"},
    {CONF_OBJECT, OB_TYPE, "type"},
    {CONF_OBJECT, OB_VALUE, "value"},
    {CONF_OBJECT_GROUP, OG_NAME, "name"},
    {CONF_OBJECT_GROUP, OG_TYPE, "type"},
    {CONF_OBJECT_GROUP, OG_PROTOCOL, "protocol"},
    {CONF_OBJECT_GROUP, OG_MEMBERS, "members"},
    {CONF_TIME_RANGE, TR_NAME, "name"},
    {CONF_TIME_RANGE, TR_ABSOLUTE, "absolute"},
    {CONF_TIME_RANGE, TR_PERIODIC, "periodic"},
    {CONF_USERS, USERS_USERNAMES, "usernames"},
    {CONF_USERNAME, USER_NAME, "name"},
    {CONF_USERNAME, USER_PASSWORD, "password"},
    {CONF_USERNAME, USER_ATTRIBUTES, "attributes"},
    {CONF_AAA, AAA_SERVER_GROUPS, "aaa-server-groups"},
    {CONF_AAA, AAA_LOCAL_MAX_FAIL, "local-authentication-attempts-max-fail"},
    {CONF_AAA, AAA_LOCAL_LOCKOUT_MINUTES, "local-lockout-minutes"},
    {CONF_AAA, AAA_LOCAL_LOCKOUT_KNOWN_DAYS, "local-lockout-known-days"},
    {CONF_AAA_SERVER_GROUP, ASG_NAME, "name"},
    {CONF_AAA_SERVER_GROUP, ASG_PROTOCOL, "protocol"},
    {CONF_AAA_SERVER_GROUP, ASG_ACCOUNTING_MODE, "accounting-mode"},
    {CONF_AAA_SERVER_GROUP, ASG_REACTIVATION_MODE, "reactivation-mode"},
    {CONF_AAA_SERVER_GROUP, ASG_DEADTIME, "deadtime"},
    {CONF_AAA_SERVER_GROUP, ASG_MAX_FAILED_ATTEMPTS, "max-failed-attempts"},
    {CONF_AAA_SERVER_GROUP, ASG_HOSTS, "hosts"},
    {CONF_AAA_SERVER_GROUP, ASG_MERGE_DACL, "merge-dacl"},
    {CONF_AAA_SERVER_GROUP, ASG_INTERIM_UPDATE, "interim-accounting-update"},
    {CONF_AAA_SERVER_GROUP, ASG_INTERIM_PERIODIC, "interim-accounting-periodic"},
    {CONF_AAA_SERVER_GROUP, ASG_DYNAMIC_AUTHORIZATION, "dynamic-authorization"},
    {CONF_AAA_SERVER_GROUP, ASG_DYNAMIC_AUTHORIZATION_PORT, "dynamic-authorization-port"},
    {CONF_AAA_SERVER_GROUP, ASG_AUTHORIZE_ONLY, "authorize-only"},
    {CONF_AAA_HOST, AH_ADDRESS, "address"},
    {CONF_AAA_HOST, AH_KEY, "key"},
    {CONF_AAA_HOST, AH_AUTHENTICATION_PORT, "authentication-port"},
    {CONF_AAA_HOST, AH_ACCOUNTING_PORT, "accounting-port"},
    {CONF_AAA_HOST, AH_TIMEOUT, "timeout"},
    {CONF_AAA_HOST, AH_RETRY_INTERVAL, "retry-interval"},
    {CONF_AAA_HOST, AH_RADIUS_COMMON_PW, "radius-common-pw"},
    {CONF_AAA_HOST, AH_MSCHAPV2_CAPABLE, "mschapv2-capable"},
    {CONF_AAA_HOST, AH_ACL_NETMASK_CONVERT, "acl-netmask-convert"},
    {CONF_AAA_HOST, AH_REQUIRE_MESSAGE_AUTHENTICATOR, "require-message-authenticator"},
    {CONF_AAA_HOST, AH_SDI_MESSAGES, "sdi-messages"},
    {CONF_SDI_MESSAGE, SDI_CODE, "code"},
    {CONF_SDI_MESSAGE, SDI_TEXT, "text"},
    {CONF_PKI, PKI_TRUSTPOINTS, "trustpoints"},
    {CONF_PKI, PKI_SSL_TRUST_POINT, "ssl-trust-point"},
    {CONF_PKI, PKI_SSL_TRUST_POINTS, "ssl-trust-points"},
    {CONF_PKI, PKI_REVOCATION_TIMEOUT, "revocation-timeout"},
    {CONF_PKI, PKI_MINIMUM_RSA_MODULUS, "minimum-rsa-modulus"},
    {CONF_PKI, PKI_ELLIPTIC_CURVES, "elliptic-curves"},
    {CONF_PKI, PKI_SIGNATURE_HASHES, "signature-hashes"},
    {CONF_SSL_TRUST_POINT, STP_TRUSTPOINT, "trustpoint"},
    {CONF_SSL_TRUST_POINT, STP_DOMAIN, "domain"},
    {CONF_TRUSTPOINT, TP_NAME, "name"},
    {CONF_TRUSTPOINT, TP_CERTIFICATE, "certificate"},
    {CONF_TRUSTPOINT, TP_KEY, "key"},
    {CONF_TRUSTPOINT, TP_CA_CERTIFICATE, "ca-certificate"},
    {CONF_TRUSTPOINT, TP_REVOCATION_CHECK, "revocation-check"},
    {CONF_TRUSTPOINT, TP_OCSP_URL, "ocsp-url"},
    {CONF_TRUSTPOINT, TP_OCSP_DISABLE_NONCE, "ocsp-disable-nonce"},
    {CONF_TRUSTPOINT, TP_CRL_POLICY, "crl-policy"},
    {CONF_TRUSTPOINT, TP_CRL_URLS, "crl-urls"},
    {CONF_TRUSTPOINT, TP_CRL_CACHE_TIME, "crl-cache-time"},
    {CONF_TRUSTPOINT, TP_CRL_ENFORCE_NEXT_UPDATE, "crl-enforcenextupdate"},
    {CONF_TRUSTPOINT, TP_VALIDATION_USAGE, "validation-usage"},
};

static void
every_row_stands_where_its_enum_says(void **state)
{
	size_t rows = 0;

	(void)state;
	for (unsigned kind = 0; kind < CONF_KIND_COUNT; kind++)
		rows += row_kind(kind)->len;
	assert_int_equal(rows, ARRAY_LEN(places)); /* a new row needs a line above */
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		assert_string_equal(
		    conf_setting_name(places[i].kind, places[i].setting), places[i].name);
}

static void
every_row_is_complete(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < CONF_KIND_COUNT; kind++) {
		for (size_t i = 0; i < row_kind(kind)->len; i++) {
			const struct row *row = &row_kind(kind)->rows[i];

			assert_non_null(row->name);
			if (row->help == NULL || strlen(row->help) < 8)
				fail_msg("%s has no help", row->name);
			if (row->type == ROW_INT && row->min >= row->max)
				fail_msg("%s has no range", row->name);
			if (row->type == ROW_ENUM &&
			    (row->words == NULL || (row->def_text == NULL && !row->required)))
				fail_msg("%s has no words or no default", row->name);
		}
	}
}

static char *
read_page(void)
{
	static char page[262144];
	FILE *file = fopen(MAN_PAGE, "r");

	if (file == NULL)
		fail_msg("%s cannot be opened; run the test in the top folder", MAN_PAGE);
	size_t len = fread(page, 1, sizeof(page) - 1, file);
	page[len] = '\0';
	fclose(file);
	return page;
}

/* Defaults and ranges as the page has to name them. */
static void
check_number(const char *page, const struct row *row, int64_t number)
{
	char text[32], wanted[96];
	const char *entry = page;

	snprintf(wanted, sizeof(wanted), "\n.It Cm %s ", row->name);
	snprintf(text, sizeof(text), "%lld", (long long)number);
	/* Settings of several groups have the same name. */
	while ((entry = strstr(entry, wanted)) != NULL) {
		const char *end = strstr(entry + 1, "\n.It ");
		const char *found = strstr(entry, text);

		if (found != NULL && (end == NULL || found < end))
			return;
		entry++;
	}
	fail_msg("%s: expected %s in an entry of " MAN_PAGE, row->name, text);
}

static void
every_row_is_in_the_man_page(void **state)
{
	const char *page = read_page();
	char wanted[96];

	(void)state;
	for (unsigned kind = 0; kind < CONF_KIND_COUNT; kind++) {
		for (size_t i = 0; i < row_kind(kind)->len; i++) {
			const struct row *row = &row_kind(kind)->rows[i];

			snprintf(wanted, sizeof(wanted), "\n.It Cm %s ", row->name);
			if (strstr(page, wanted) == NULL)
				fail_msg(
				    "expected \".It Cm %s\" in " MAN_PAGE ", got none", row->name);
			if (row->type == ROW_INT) {
				check_number(page, row, row->min);
				check_number(page, row, row->max);
				if (row->def >= row->min) /* else the default is none */
					check_number(page, row, row->def);
			}
		}
	}
}

/* A refused name is no row, says what to do, and is in the man page. */
static void
every_refusal_is_explained(void **state)
{
	const char *page = read_page();

	(void)state;
	for (unsigned kind = 0; kind < CONF_KIND_COUNT; kind++) {
		for (size_t i = 0; i < row_kind(kind)->refused_len; i++) {
			const struct row_refused *refused = &row_kind(kind)->refused[i];
			char wanted[96];

			for (size_t k = 0; k < row_kind(kind)->len; k++)
				assert_string_not_equal(
				    row_kind(kind)->rows[k].name, refused->name);
			if (strchr(refused->why, ';') == NULL)
				fail_msg("%s: the reason lacks what to do", refused->name);
			snprintf(wanted, sizeof(wanted), "\n.It Cm %s\n", refused->name);
			if (strstr(page, wanted) == NULL)
				fail_msg("expected \".It Cm %s\" in " MAN_PAGE ", got none",
				    refused->name);
		}
	}
}

#define TUN "tun = { };\n"
#define LISTEN(text) "listeners = ( { address = \"0.0.0.0\"; " text " } );\n" TUN
#define POLICY(text) "group-policies = ( { name = \"Staff\";\n  attributes = { " text " }; } );\n"
#define ELSE "; ip-local-pools = ( { name = \"POOL\"; range = \"10.0.0.1-10.0.0.9\"; } )"
#define ATTR(text)                                                                                 \
	POLICY(text) "ip-local-pools = ( { name = \"POOL\"; range = \"10.0.0.1-10.0.0.9\"; } );"
#define GP "group-policies.conf"

static const struct {
	const char *file;
	const char *text;
	const char *errors;
} cases[] = {
    /* numbers */
    {"gateway.conf", LISTEN("\n\nport = 70000;"),
	"gateway.conf:3: listeners[0].port: 70000 is out of range; use 1 to 65535\n"},
    {"gateway.conf", LISTEN("port = 0;"),
	"gateway.conf:1: listeners[0].port: 0 is out of range; use 1 to 65535\n"},
    {"gateway.conf", LISTEN("") " dtls-ciphers = [ \"AES256-SHA\", \"DES-CBC3-SHA\" ];",
	"gateway.conf:3: dtls-ciphers: \"DES-CBC3-SHA\" is not supported: 3DES is broken; leave it "
	"out\n"},
    {"gateway.conf", LISTEN("port = 443L; dtls-port = 0x1BB;"), ""},
    {"gateway.conf", LISTEN("port = \"443\";"),
	"gateway.conf:1: listeners[0].port: must be a number from 1 to 65535, not a text\n"},
    {"gateway.conf", LISTEN("port = 443.5;"),
	"gateway.conf:1: listeners[0].port: must be a number from 1 to 65535, not a number with a "
	"fraction\n"},
    {"gateway.conf", LISTEN("port = 4294967739;"),
	"gateway.conf:1: the number 4294967739 is too big\n"},
    {"gateway.conf", LISTEN("") "workers = 65;",
	"gateway.conf:3: workers: 65 is out of range; use 0 to 64\n"},
    {GP, ATTR("vpn-idle-timeout = \"never\";"),
	GP ":2: group-policies[0].attributes.vpn-idle-timeout: must be a number from 1 to 35791394 "
	   "or \"none\", not a text\n"},
    {GP, ATTR("vpn-idle-timeout = 0;"),
	GP
	":2: group-policies[0].attributes.vpn-idle-timeout: 0 is out of range; use 1 to 35791394 "
	"or \"none\"\n"},
    {GP, ATTR("anyconnect-mtu = \"none\";"),
	GP
	":2: group-policies[0].attributes.anyconnect-mtu: must be a number from 576 to 1406, not "
	"a text\n"},
    /* true or false */
    {GP, ATTR("anyconnect-ssl-dtls = \"enable\";"),
	GP ":2: group-policies[0].attributes.anyconnect-ssl-dtls: must be true or false, not a "
	   "text\n"},
    {GP, ATTR("anyconnect-ssl-dtls = 1;"),
	GP ":2: group-policies[0].attributes.anyconnect-ssl-dtls: must be true or false, not a "
	   "number\n"},
    /* words */
    {GP, ATTR("split-tunnel-policy = \"all\";"),
	GP ":2: group-policies[0].attributes.split-tunnel-policy: \"all\" is not known; use one of "
	   "tunnelall, tunnelspecified, excludespecified\n"},
    {GP, ATTR("vpn-tunnel-protocol = [ \"ssl-client\", \"ipsec\" ];"),
	GP ":2: group-policies[0].attributes.vpn-tunnel-protocol: \"ipsec\" is not known; use one "
	   "of ikev1, ikev2, l2tp-ipsec, ssl-client, ssl-clientless\n"},
    {GP, ATTR("vpn-tunnel-protocol = \"ikev2\";"), ""},
    {GP, "group-policies = ( { name = \"Staff\"; type = \"external\"; } )" ELSE,
	GP ":1: group-policies[0].type: \"external\" is not supported: attributes come from here, "
	   "not from a server; use internal\n"},
    /* texts */
    {GP, ATTR("default-domain = 5;"),
	GP ":2: group-policies[0].attributes.default-domain: must be a text in quotes, not a "
	   "number\n"},
    {GP, ATTR("default-domain = \"\";"),
	GP
	":2: group-policies[0].attributes.default-domain: is empty; write a value or \"none\"\n"},
    {GP, ATTR("default-domain = \"a.b\\r\\nX-CSTP-Evil: 1\";"),
	GP ":2: group-policies[0].attributes.default-domain: \"a.b??X-CSTP-Evil: 1\" is not a "
	   "domain name; use letters, digits, \"-\" and single dots, as in corp.example.com\n"},
    {GP, ATTR("split-dns = [ \"a.b\", \"c d\" ];"),
	GP ":2: group-policies[0].attributes.split-dns: \"c d\" is not a domain name; use letters, "
	   "digits, \"-\" and single dots, as in corp.example.com\n"},
    {GP, ATTR("banner = \"two\\nlines\";"), ""},
    {GP, ATTR("banner = \"bell\\x07\";"),
	GP ":2: group-policies[0].attributes.banner: \"bell?\" has control characters or is not "
	   "UTF-8\n"},
    {GP, ATTR("dns-server = [ \"10.0.0.300\" ];"),
	GP ":2: group-policies[0].attributes.dns-server: \"10.0.0.300\" is not the address of a "
	   "host; use one like 192.0.2.53 or 2001:db8::53\n"},
    {GP, ATTR("wins-server = \"2001:db8::1\";"),
	GP ":2: group-policies[0].attributes.wins-server: \"2001:db8::1\" is not the IPv4 address "
	   "of a host; use one like 192.0.2.53\n"},
    {"tunnel-groups.conf",
	"tunnel-groups = ( { name = "
	"\"12345678901234567890123456789012345678901234567890123456789012"
	"345\"; } );",
	"tunnel-groups.conf:1: tunnel-groups[0].name: \"1234567890123456789012345678901234567890123"
	"456789012345678901234...\" is 65 bytes long; use 1 to 64\n"},
    {"tunnel-groups.conf", "tunnel-groups = ( { name = \"none\"; } );",
	"tunnel-groups.conf:1: tunnel-groups[0].name: \"none\" is a word with a meaning of its "
	"own; "
	"use another name\n"},
    {"users.conf", "usernames = ( { name = \"alice\"; password = \"secret\"; } );",
	"users.conf:1: usernames[0].password: the text is not a crypt(3) hash that is strong "
	"enough "
	"($y$, $gy$, $7$, $2b$, $6$ or $5$), and a password must not stand here; use "
	"sekisho-passwd\n"},
    {"users.conf", "usernames = ( { name = \"alice\"; password = \"$6$abc$tooshort\"; } );",
	"users.conf:1: usernames[0].password: the text is a damaged crypt(3) hash; make a new one "
	"with sekisho-passwd\n"},
    /* lists */
    {GP, ATTR("dns-server = \"10.0.0.1\";"), ""},
    {GP, ATTR("dns-server = ( \"10.0.0.1\", \"10.0.0.2\" );"), ""},
    {GP, ATTR("dns-server = [ \"none\" ];"), ""},
    {GP, ATTR("dns-server = [ ];"),
	GP ":2: group-policies[0].attributes.dns-server: is empty; name something or write "
	   "\"none\"\n"},
    {GP, ATTR("dns-server = [ \"10.0.0.1\", \"10.0.0.1\" ];"),
	GP ":2: group-policies[0].attributes.dns-server: \"10.0.0.1\" is there twice; name it "
	   "once\n"},
    {GP, ATTR("dns-server = [ 5 ];"),
	GP
	":2: group-policies[0].attributes.dns-server: must be a list of texts [ \"..\", \"..\" ], "
	"not a number\n"},
    {GP, ATTR("address-pools = [ \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\" ];"),
	GP ":2: group-policies[0].attributes.address-pools: has 7 entries; at most 6 are "
	   "possible\n"},
    {"tunnel-groups.conf",
	"tunnel-groups = ( { name = \"S\"; webvpn-attributes = { authentication = [ \"aaa\",\n"
	"\"saml\" ]; }; } );",
	"tunnel-groups.conf:1: tunnel-groups[0].webvpn-attributes.authentication: \"saml\" is not "
	"supported: there are no SAML logins; use another authentication\n"},
    {"tunnel-groups.conf",
	"tunnel-groups = ( { name = \"S\"; webvpn-attributes = { authentication = \"x\"; }; } );",
	"tunnel-groups.conf:1: tunnel-groups[0].webvpn-attributes.authentication: \"x\" is not "
	"known; use one of aaa, certificate, multiple-certificate\n"},
    {"tunnel-groups.conf",
	"tunnel-groups = ( { name = \"S\"; webvpn-attributes = { authentication = [ \"aaa\",\n"
	"\"aaa\" ]; }; } );",
	"tunnel-groups.conf:1: tunnel-groups[0].webvpn-attributes.authentication: \"aaa\" is there "
	"twice; name it once\n"},
    {"tunnel-groups.conf", "tunnel-groups = ( { name = \"S\"; type = \"ipsec-l2l\"; } );",
	"tunnel-groups.conf:1: tunnel-groups[0].type: \"ipsec-l2l\" is not supported: there is no "
	"IPsec and no site-to-site tunnel; leave the group out\n"},
    /* a rule may stand there twice, as a remark does */
    {GP,
	ATTR("") "access-lists = ( { name = \"x\"; rules = [ \"permit any\", \"remark -\", "
		 "\"remark -\" ]; } );",
	""},
    /* groups */
    {"gateway.conf", TUN,
	"gateway.conf: listeners: is missing; it is required: addresses and ports where clients "
	"connect\n"},
    {"gateway.conf", "listeners = ( );\n" TUN,
	"gateway.conf:1: listeners: is empty; at least one is needed\n"},
    {"gateway.conf", "listeners = { address = \"::\"; };\n" TUN,
	"gateway.conf:1: listeners: must be a list of groups ( { .. }, { .. } ), not a group { "
	"}\n"},
    {"gateway.conf", "listeners = ( \"::\" );\n" TUN,
	"gateway.conf:1: listeners: must be a list of groups ( { .. }, { .. } ), not a text\n"},
    {"gateway.conf", "listeners = ( { } );\ntun = 5;\n",
	"gateway.conf:1: listeners[0].address: is missing; it is required: IPv4 or IPv6 address to "
	"listen on\n"
	"gateway.conf:2: tun: must be a group { name = value; .. }, not a number\n"},
    /* unknown settings */
    {GP, ATTR("vpn-idle-timout = 5;"),
	GP ":2: group-policies[0].attributes: unknown setting \"vpn-idle-timout\"; did you mean "
	   "\"vpn-idle-timeout\"?\n"},
    {GP, "group-policies = ( { name = \"Staff\";\nbanner = \"x\"; } )" ELSE,
	GP ":2: group-policies[0]: unknown setting \"banner\" here; it belongs in attributes\n"},
    {"gateway.conf", LISTEN("") "listener = ( );",
	"gateway.conf:3: unknown setting \"listener\"; did you mean \"listeners\"?\n"},
    {"gateway.conf", LISTEN("") "xyzzy = 1;",
	"gateway.conf:3: unknown setting \"xyzzy\"; known are listeners and others, see "
	"sekisho.conf(5)\n"},
    {"aaa.conf", "\naaa-server-group = ( );",
	"aaa.conf:2: unknown setting \"aaa-server-group\"; did you mean \"aaa-server-groups\"?\n"},
    {"aaa.conf",
	"aaa-server-groups = ( { name = \"A\"; hosts = ( { key = \"secret\"; "
	"address = \"0.0.0.0\"; } ); } );",
	"aaa.conf:1: aaa-server-groups[0].hosts[0].address: \"0.0.0.0\" is not the address of a "
	"host; use one like 192.0.2.53 or 2001:db8::53\n"},
    {"aaa.conf", "x = 1;",
	"aaa.conf:1: unknown setting \"x\"; known are aaa-server-groups and others, see "
	"sekisho.conf(5)\n"},
    /* settings of the ASA that are not served */
    {GP, ATTR("vlan = 5;\nscep-forwarding-url = \"none\";"),
	GP ":2: group-policies[0].attributes: vlan is not supported: clients are not put into "
	   "VLANs; use an address pool for each and route them\n" GP
	   ":3: group-policies[0].attributes: scep-forwarding-url is not supported: there is no "
	   "SCEP proxy; leave it out\n"},
    {"tunnel-groups.conf",
	"tunnel-groups = ( { name = \"S\";\nipsec-attributes = { };\n"
	"password-management = true; } );",
	"tunnel-groups.conf:2: tunnel-groups[0]: ipsec-attributes is not supported: there is no "
	"IPsec; leave it out\n"
	"tunnel-groups.conf:3: tunnel-groups[0]: unknown setting \"password-management\" here; it "
	"belongs in general-attributes\n"},
    {"tunnel-groups.conf",
	"tunnel-groups = ( { name = \"S\"; general-attributes = { authorization-dn-attributes = "
	"1;\noverride-account-disable = true; }; } );",
	"tunnel-groups.conf:1: tunnel-groups[0].general-attributes: unknown setting "
	"\"authorization-dn-attributes\"; known are address-pool and others, see "
	"sekisho.conf(5)\n"
	"tunnel-groups.conf:2: tunnel-groups[0].general-attributes: override-account-disable is "
	"not supported: there is no such account state here; leave it out\n"},
    {"aaa.conf", "aaa-server-groups = ( { name = \"A\"; protocol = \"ldap\"; } );",
	"aaa.conf:1: aaa-server-groups[0].protocol: \"ldap\" is not supported: only RADIUS is "
	"served; use a RADIUS server in front of the directory\n"},
    {"users.conf", "usernames = ( { name = \"a\"; nopassword = true; } );",
	"users.conf:1: usernames[0]: nopassword is not supported: everybody could log in; leave "
	"the password out, then no password fits\n"},
};

static void
the_walker_says_what_is_wrong(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_errors errors;
		struct conf *conf = help_load(cases[i].file, cases[i].text, &errors);
		const char *got = buf_cstr(&errors.text);

		if (strcmp(got, cases[i].errors) != 0 ||
		    (conf != NULL) != (cases[i].errors[0] == '\0')) {
			print_error("FAIL: case %zu, expected\n%sgot\n%s", i, cases[i].errors, got);
			failed++;
		}
		conf_unref(conf);
		conf_errors_fini(&errors);
	}
	assert_int_equal(failed, 0);
}

static void
every_error_is_reported_and_the_text_is_bounded(void **state)
{
	struct conf_errors errors;
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_puts(&text, LISTEN(""));
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "x%d = \"\\x1b[31m%0100d\";\n", i, i);
	struct conf *conf = help_load("gateway.conf", buf_cstr(&text), &errors);
	assert_null(conf);
	assert_int_equal(errors.count, 5000);
	assert_true(errors.text.len > 100000 && errors.text.len <= errors.text.max);
	assert_int_equal(errors.text.err, ERR_OK);
	conf_errors_fini(&errors);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_stands_where_its_enum_says),
	    cmocka_unit_test(every_row_is_complete),
	    cmocka_unit_test(every_row_is_in_the_man_page),
	    cmocka_unit_test(every_refusal_is_explained),
	    cmocka_unit_test(the_walker_says_what_is_wrong),
	    cmocka_unit_test(every_error_is_reported_and_the_text_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
