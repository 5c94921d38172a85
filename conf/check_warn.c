/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration may say and this version does not do, or cannot do as it stands. It is said
 * at sekishod -t, because a login that is refused without a word would be a long search.
 */
#include "conf/check.h"

#include "conf/errors.h"

static void
warn_closed(const struct conf *conf, const struct conf_object *group, struct conf_errors *errors)
{
	struct buf why;

	buf_init(&why, 512);
	if (conf_group_closed(conf, group, &why))
		errors_warn(errors, group, "closed: %s; every login is refused", buf_cstr(&why));
	buf_fini(&why);
}

/* Certificate maps are for certificates that are good, and somebody has to say which are. */
static void
warn_maps(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	const struct conf_object *const *trustpoints;
	size_t trustpoints_len = conf_objects(conf, CONF_TRUSTPOINT, &trustpoints);
	struct conf_object *const *entries;

	if (root == NULL || conf_root(conf, CONF_PKI) == NULL)
		return;
	size_t len = conf_subs(conf_sub(root, TGS_WEBVPN), WV_CERTIFICATE_GROUP_MAP, &entries);
	for (size_t i = 0; i < trustpoints_len; i++)
		if (conf_str(trustpoints[i], TP_CA_CERTIFICATE) != NULL)
			return;
	if (len > 0)
		errors_warn(errors, entries[0],
		    "no trustpoint of pki.conf has a ca-certificate, so that no certificate ever "
		    "matches");
}

void
check_warnings(const struct conf *conf, struct conf_errors *errors)
{
	check_each(conf, CONF_TUNNEL_GROUP, warn_closed, errors);
	check_aaa_warnings(conf, errors);
	warn_maps(conf, errors);
}
