/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz conf/: an input that begins with the slice's magic is a slice; else its first byte selects a
 * file and the rest is that file's text, beside small valid others. Whatever loads is used: every
 * value, every merge.
 */
/* For coverage.sh: conf/file.c conf/lex.c conf/grammar.c
 * conf/row.c:-row_object_room,row_append,text_node,texts_node,clear,row_set_texts */
#include <stdlib.h>
#include <string.h>

#include "conf/inherit.h"
#include "conf/row.h"
#include "conf/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[][2] = {
    {"gateway.conf", "listeners = ( { address = \"::\"; } ); tun = { };"},
    {"tunnel-groups.conf", "tunnel-groups = ( { name = \"T\"; } );"},
    {"group-policies.conf", "group-policies = ( { name = \"P\"; } );"},
    {"aaa.conf", ""},
    {"users.conf", ""},
    {"pki.conf", "trustpoints = ( { name = \"G\"; certificate = \"c\"; key = \"k\"; } ); "
		 "ssl-trust-point = \"G\";"},
};

static bool
wants_all(UNUSED const struct text *text, UNUSED void *arg)
{
	return true;
}

static void
add(struct texts *texts, enum texts_type type, const char *name, const void *data, size_t len)
{
	if (texts_add(texts, type, name, data, len) != ERR_OK)
		abort();
}

static void
use_object(const struct conf_object *object)
{
	const struct row_kind *kind = row_kind(object->kind);

	for (unsigned i = 0; i < kind->len; i++) {
		const struct conf_value *value = conf_value(object, i);

		if (value->str != NULL && strlen(value->str) == SIZE_MAX)
			abort();
		if (kind->rows[i].type == ROW_OBJECT && value->len != 1)
			abort();
		for (size_t k = 0; value->objects != NULL && k < value->len; k++)
			use_object(value->objects[k]);
	}
}

static void
use_conf(const struct conf *conf)
{
	const struct conf_object *const *groups, *const *users;
	size_t groups_len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);
	size_t users_len = conf_objects(conf, CONF_USERNAME, &users);

	for (unsigned root = CONF_GATEWAY; root <= CONF_PKI; root++)
		if (conf_root(conf, root) != NULL)
			use_object(conf_root(conf, root));
	/* Without group policies there is nothing to merge, and no role asks. */
	if (conf_root(conf, CONF_GROUP_POLICIES) == NULL)
		return;
	bool certificate = conf_wants_client_certificate(conf);
	for (size_t i = 0; i < groups_len; i++) {
		struct inherit inherit;
		struct buf why;

		buf_init(&why, 4096);
		if (conf_group_closed(conf, groups[i], &why) != (why.len > 0))
			abort();
		if (!certificate && strstr(buf_cstr(&why), "certificate ") != NULL &&
		    strncmp(buf_cstr(&why), "authentication ", 15) == 0)
			abort();
		buf_fini(&why);
		inherit_merge(
		    conf, groups[i], users_len > 0 ? users[i % users_len] : NULL, "P", &inherit);
		if (inherit.group_policy == NULL || inherit.value[GPA_BANNER] == NULL)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct texts texts = {0};
	struct conf_errors errors;
	struct buf slice;

	if (size == 0)
		return 0;
	buf_init(&slice, 16 * 1024 * 1024);
	if (data[0] == 'S') {
		buf_put(&slice, data, size);
	} else {
		size_t chosen = data[0] % ARRAY_LEN(files);

		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			if (i == chosen)
				add(&texts, TEXTS_CONF, files[i][0], data + 1, size - 1);
			else
				add(&texts, TEXTS_CONF, files[i][0], files[i][1],
				    strlen(files[i][1]));
		add(&texts, TEXTS_PEM, "c",
		    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", 53);
		add(&texts, TEXTS_PEM, "k",
		    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", 53);
		if (slice_pack(&texts, wants_all, NULL, &slice) != ERR_OK)
			abort();
	}
	conf_errors_init(&errors);
	struct conf *conf = conf_from_slice(slice.data, slice.len, &errors);
	if ((conf == NULL) != (errors.count > 0) ||
	    (errors.warnings.len > 0) != (errors.warnings_count > 0))
		abort();
	/* grammar.c leaves no syntax error for libconfig, which loses memory over some. */
	if (strstr(buf_cstr(&errors.text), ": syntax error\n") != NULL)
		abort();
	if (conf != NULL)
		use_conf(conf);
	conf_unref(conf);
	conf_errors_fini(&errors);
	buf_fini(&slice);
	texts_fini(&texts);
	return 0;
}
