/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of asa-import: run a text, look at a line's fate, ask the daemon's reader whether
 * it takes what would be written. */
#ifndef TESTS_IMPORT_HELP_H
#define TESTS_IMPORT_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/attr.h"
#include "conf/slice.h"
#include "tools/import_parts.h"

#define IMPORT_HELP_PEM                                                                            \
	"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"                                 \
	"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"

static const char *const import_help_files[] = {
    [CONF_GATEWAY] = "gateway.conf",
    [CONF_TUNNEL_GROUPS] = "tunnel-groups.conf",
    [CONF_GROUP_POLICIES] = "group-policies.conf",
    [CONF_AAA] = "aaa.conf",
    [CONF_USERS] = "users.conf",
    [CONF_PKI] = "pki.conf",
};

static UNUSED bool
import_help_all(UNUSED const struct text *text, UNUSED void *arg)
{
	return true;
}

static UNUSED bool
import_help_texts(struct import *import, struct texts *texts)
{
	bool fine = true;

	for (unsigned root = CONF_GATEWAY; root <= CONF_PKI && fine; root++) {
		struct buf text;

		buf_init(&text, TEXTS_FILE_MAX);
		fine = import_text(import, root, &text) == ERR_OK &&
		       texts_add(texts, TEXTS_CONF, import_help_files[root], buf_cstr(&text),
			   text.len) == ERR_OK;
		buf_fini(&text);
	}
	for (size_t i = 0; i < import->pems_len && fine; i++)
		fine = texts_add(texts, TEXTS_PEM, import->pems[i].name, import->pems[i].data.data,
			   import->pems[i].data.len) == ERR_OK;
	return fine &&
	       texts_add(texts, TEXTS_PEM, "c", IMPORT_HELP_PEM, strlen(IMPORT_HELP_PEM)) == ERR_OK;
}

/* The configuration that the daemon would have; NULL, and why on stderr: it would not take it. */
static UNUSED struct conf *
import_help_load(struct import *import)
{
	struct texts texts = {0};
	struct conf_errors errors;
	struct conf *conf = NULL;
	struct buf slice;

	/* import_write() does this with a real key, which takes time. */
	struct node *trustpoint = import_named(import, CONF_TRUSTPOINT, "import-help");
	import_set_str(import, trustpoint, "certificate", "c");
	import_set_str(import, trustpoint, "key", "c");
	import_set_str(import, import_root(import, CONF_PKI), "ssl-trust-point", "import-help");
	conf_errors_init(&errors);
	buf_init(&slice, 64 * 1024 * 1024);
	if (import_help_texts(import, &texts) &&
	    slice_pack(&texts, import_help_all, NULL, &slice) == ERR_OK)
		conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		fprintf(stderr, "not a configuration:\n%s", buf_cstr(&errors.text));
	buf_fini(&slice);
	conf_errors_fini(&errors);
	texts_fini(&texts);
	return conf;
}

static UNUSED struct import *
import_help_run(const char *text)
{
	struct import *import = import_run("in.cfg", text, strlen(text));

	if (import == NULL)
		abort();
	return import;
}

/* "-" pending, "." blank, "c" converted, "n" not needed, "x" not supported: one for each line. */
static UNUSED const char *
import_help_fates(const struct import *import, char *out, size_t size)
{
	static const char letters[IMPORT_FATES] = {'-', '.', 'c', 'n', 'x'};
	size_t i;

	for (i = 0; i < import->lines_len && i + 1 < size; i++)
		out[i] = letters[import->lines[i]->fate];
	out[i] = '\0';
	return out;
}

#endif
