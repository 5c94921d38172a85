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

const char *syntax_name(const char *text);
const char *syntax_user(const char *text);
const char *syntax_label(const char *text);
const char *syntax_ip(const char *text);
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
const char *syntax_rule(const char *text);
const char *syntax_hash(const char *text);
const char *syntax_authentication(const char *text);
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
/*
 * A group URL in the form in which two that mean the same are equal: lower case, no ":443", no "/"
 * at the end (asa.md 3). ERR_SYNTAX, ERR_NOMEM.
 */
enum err syntax_url_key(const char *url, struct buf *out) MUST_USE;

#endif
