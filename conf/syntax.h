/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the text of a setting must look like. Each syntax_ function that a row names returns NULL
 * when the text is fine, else what is wrong and what would be right, as the end of a sentence that
 * begins with the text.
 */
#ifndef CONF_SYNTAX_H
#define CONF_SYNTAX_H

#include "common/buf.h"
#include "common/ip.h"
#include "conf/conf.h"

const char *syntax_log_rule(const char *text);
const char *syntax_log_rate(const char *text);
const char *syntax_log_range(const char *text);
const char *syntax_device_id(const char *text);
const char *syntax_name(const char *text);
const char *syntax_user(const char *text);
const char *syntax_label(const char *text);
const char *syntax_ip(const char *text);
/* The same, or the own host: a server may run beside the gateway. */
const char *syntax_ip_server(const char *text);
const char *syntax_source(const char *text); /* an address or a network */
const char *syntax_ip4(const char *text);
const char *syntax_listen(const char *text);
const char *syntax_tun4(const char *text);
const char *syntax_tun6(const char *text);
const char *syntax_interface(const char *text);
const char *syntax_path(const char *text);
const char *syntax_file(const char *text);
const char *syntax_process_user(const char *text);
const char *syntax_group(const char *text);
const char *syntax_url(const char *text);
const char *syntax_domain(const char *text);
const char *syntax_banner(const char *text);
const char *syntax_range(const char *text);
const char *syntax_mask(const char *text);
const char *syntax_prefix6(const char *text);
const char *syntax_line(const char *text); /* words of the ASA; check_acl.c looks closer */
const char *syntax_proxy(const char *text);
const char *syntax_proxy_except(const char *text);
const char *syntax_pac_url(const char *text);
const char *syntax_fetch_url(const char *text); /* http:// only: what is fetched is signed */
const char *syntax_sni(const char *text);
const char *syntax_custom_type(const char *text);
const char *syntax_custom_value(const char *text);
const char *syntax_criterion(const char *text);
const char *syntax_absolute(const char *text);
const char *syntax_periodic(const char *text);
const char *syntax_framed4(const char *text);
const char *syntax_framed6(const char *text);
const char *syntax_hash(const char *text);
const char *syntax_server_group(const char *text);

/* An address range, both ends included. */
struct syntax_range {
	struct ip_addr first;
	struct ip_addr last;
};

/* The range of an ip-local-pool or ipv6-local-pool that passed the table. ERR_SYNTAX, ERR_RANGE. */
enum err syntax_pool_range(const struct conf_object *pool, struct syntax_range *out) MUST_USE;
/* "192.0.2.1/24" or "2001:db8::1/64": the address with its host bits, and the length. ERR_SYNTAX,
 * ERR_RANGE. */
enum err syntax_interface_address(const char *text, struct ip_addr *addr, uint8_t *len) MUST_USE;
/* A vpn-framed-ip-address ("192.0.2.7 255.255.255.0") or vpn-framed-ipv6-address
 * ("2001:db8::7/64"): address and prefix length. ERR_SYNTAX, ERR_RANGE. */
enum err syntax_framed_address(const char *text, struct ip_addr *addr, uint8_t *len) MUST_USE;
/*
 * A group URL in the form in which two that mean the same are equal: lower case, no ":443", no "/"
 * at the end (asa.md 3). ERR_SYNTAX, ERR_NOMEM.
 */
enum err syntax_url_key(const char *url, struct buf *out) MUST_USE;

#endif
