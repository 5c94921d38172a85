/* SPDX-License-Identifier: Apache-2.0 */
/* Root and opaque, in the ASA's order. */
#include "common/config_auth.h"

#include "common/xml_text.h"

void
config_auth_open(struct buf *out, const char *type)
{
	buf_printf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<config-auth client=\"vpn\" type=\"%s\" aggregate-auth-version=\"2\">\n",
	    type);
}

void
config_auth_close(struct buf *out)
{
	buf_puts(out, "</config-auth>\n");
}

void
config_auth_opaque(struct buf *out, const Ipc__AuthAnswer *answer)
{
	buf_puts(out, "<opaque is-for=\"sg\">\n");
	xml_text_element(out, "tunnel-group", answer->tunnel_group);
	xml_text_element(out, "aggauth-handle", answer->handle);
	for (size_t i = 0; i < answer->n_auth_method; i++)
		xml_text_element(out, "auth-method", answer->auth_method[i]);
	xml_text_optional(out, "group-alias", answer->group_alias);
	xml_text_element(out, "config-hash", answer->config_hash);
	buf_puts(out, "</opaque>\n");
}
