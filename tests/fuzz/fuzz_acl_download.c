/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz conf/acl_download.c: a byte for the kind of masks, then the lines of a list. What is taken
 * compiles as any other list and has nothing unprintable; what is not has a reason for each line.
 */
/* For coverage.sh: conf/acl_download.c */
#include <stdlib.h>
#include <string.h>

#include "conf/acl.h"
#include "conf/acl_download.h"
#include "conf/parts.h"
#include "conf/row.h"

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
cut(char *text, char *lines[LINES_MAX])
{
	size_t len = 0;

	while (text != NULL && len < LINES_MAX)
		lines[len++] = strsep(&text, "\n");
	return len;
}

static void
check(const struct conf *conf, const struct conf_object *list, size_t len)
{
	char *const *rules;
	struct acl acl;
	struct buf why;

	if (conf_list(list, ACL_RULES, &rules) != len)
		abort();
	for (size_t i = 0; i < len; i++)
		for (const char *p = rules[i]; *p != '\0'; p++)
			if ((unsigned char)*p < ' ')
				abort();
	buf_init(&why, 1024);
	if (acl_compile(conf, list, &acl, &why) != ERR_OK)
		abort();
	acl_fini(&acl);
	buf_fini(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf *conf;
	struct conf_object *list;
	char *lines[LINES_MAX];
	struct buf why;

	if (conf == NULL) {
		struct conf_errors errors;

		conf_errors_init(&errors);
		conf = parts_new(&errors);
		if (conf == NULL)
			abort();
	}
	if (size == 0)
		return 0;
	char *text = strndup((const char *)data + 1, size - 1);
	if (text == NULL)
		abort();
	size_t len = cut(text, lines);
	buf_init(&why, 16384);
	enum err err =
	    acl_download(conf, "L", lines, len, (enum acl_masks)(data[0] % 3), &list, &why);
	if (err == ERR_OK)
		check(conf, list, len);
	else if (list != NULL || why.len == 0)
		abort();
	row_object_free(list);
	buf_fini(&why);
	free(text);
	return 0;
}
