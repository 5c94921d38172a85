/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz conf/write: any text that can be read is written, read again, and is the same. */
/* For coverage.sh: conf/write.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/errors.h"
#include "conf/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect_equal(const struct node *a, const struct node *b)
{
	if (a->type != b->type || a->len != b->len || (a->name != NULL) != (b->name != NULL) ||
	    (a->name != NULL && strcmp(a->name, b->name) != 0) ||
	    (a->type != NODE_FLOAT && a->num != b->num) ||
	    (a->type == NODE_STRING && strcmp(a->str, b->str) != 0))
		abort();
	for (size_t i = 0; i < a->len; i++)
		expect_equal(&a->children[i], &b->children[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_errors errors;
	struct node *root, *again;
	struct buf text;

	conf_errors_init(&errors);
	buf_init(&text, 16 * 1024 * 1024);
	if (file_parse("fuzz", size > 0 ? (const char *)data : "", size, &errors, &root) ==
	    ERR_OK) {
		if (write_conf(root, &text) != ERR_OK)
			abort();
		if (file_parse("again", buf_cstr(&text), text.len, &errors, &again) != ERR_OK)
			abort();
		expect_equal(root, again);
		file_free(again);
		file_free(root);
	}
	conf_errors_fini(&errors);
	buf_fini(&text);
	return 0;
}
