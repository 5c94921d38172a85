/* SPDX-License-Identifier: Apache-2.0 */
/* The words by which clients select a tunnel group: two enabled ones that are the same would leave
 * it to chance which group a client gets. */
#include "conf/check.h"
#include "conf/syntax.h"

/* Two selectors that mean the same have the same key. */
static void
put_key(const struct conf_object *object, const char *text, struct buf *key)
{
	if (object->kind == CONF_GROUP_URL) {
		if (syntax_url_key(text, key) != ERR_OK)
			buf_reset(key);
		return;
	}
	for (const char *p = text; *p != '\0'; p++)
		buf_put_u8(key, (uint8_t)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p));
}

static void
check_list(const struct conf *conf, unsigned list, unsigned setting, unsigned enable,
    struct conf_errors *errors)
{
	struct check_same same = {0};
	const struct conf_object *const *groups;
	size_t groups_len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);

	for (size_t i = 0; i < groups_len; i++) {
		struct conf_object *const *subs;
		size_t subs_len = conf_subs(conf_sub(groups[i], TG_WEBVPN), list, &subs);

		for (size_t k = 0; k < subs_len; k++) {
			const char *text = conf_str(subs[k], setting);
			struct buf key;

			if (text == NULL || !conf_bool(subs[k], enable))
				continue;
			buf_init(&key, 1024);
			put_key(subs[k], text, &key);
			check_same_add(&same, buf_cstr(&key), subs[k], setting, errors);
			buf_fini(&key);
		}
	}
	check_same_report(&same, "disable or remove one", errors);
}

void
check_selectors(const struct conf *conf, struct conf_errors *errors)
{
	check_list(conf, TGW_GROUP_ALIAS, GA_NAME, GA_ENABLE, errors);
	check_list(conf, TGW_GROUP_URL, GU_URL, GU_ENABLE, errors);
}
