/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that users always get: none for two users, none that is the gateway's own, none of
 * a family that the tun has not got. */
#include "conf/check.h"

#include <stdlib.h>

#include "common/ip.h"
#include "conf/errors.h"
#include "conf/syntax.h"

/* Of one family: the user's setting, and the tun's. */
static const struct family {
	unsigned setting;
	unsigned tun;
} families[] = {
    {GPA_VPN_FRAMED_IP_ADDRESS, TUN_IPV4_ADDRESS},
    {GPA_VPN_FRAMED_IPV6_ADDRESS, TUN_IPV6_ADDRESS},
};

static void
check_tun(const struct conf *conf, const struct family *family,
    const struct conf_object *attributes, const struct ip_addr *addr, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_GATEWAY);
	struct ip_addr own;
	uint8_t len;

	if (root == NULL)
		return;
	const char *text = conf_str(conf_sub(root, GW_TUN), family->tun);
	if (text == NULL)
		errors_setting(errors, attributes, family->setting,
		    "needs an address of its family at the gateway; set tun.%s of gateway.conf",
		    conf_setting_name(CONF_TUN, family->tun));
	else if (syntax_interface_address(text, &own, &len) == ERR_OK && ip_eq(&own, addr))
		errors_setting(errors, attributes, family->setting,
		    "\"%s\" is the gateway's own address (tun.%s of gateway.conf); use another",
		    conf_str(attributes, family->setting),
		    conf_setting_name(CONF_TUN, family->tun));
}

static void
check_family(const struct conf *conf, const struct family *family, struct conf_errors *errors)
{
	struct check_same same = {0};
	const struct conf_object *const *users;
	size_t users_len = conf_objects(conf, CONF_USERNAME, &users);

	for (size_t i = 0; i < users_len; i++) {
		const struct conf_object *attributes = conf_sub(users[i], USER_ATTRIBUTES);
		const char *text = conf_str(attributes, family->setting);
		char key[IP_STR_MAX];
		struct ip_addr addr;
		uint8_t len;

		if (text == NULL || syntax_framed_address(text, &addr, &len) != ERR_OK)
			continue;
		check_same_add(&same, ip_str(&addr, key), attributes, family->setting, errors);
		check_tun(conf, family, attributes, &addr, errors);
	}
	check_same_report(&same, "an address is of one user; use another", errors);
}

void
check_framed(const struct conf *conf, struct conf_errors *errors)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		check_family(conf, &families[i], errors);
}
