/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that must differ from each other: sort by key, complain about neighbours that are equal.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/errors.h"

struct check_same_item {
	char *key;
	const struct conf_object *object;
	unsigned setting;
	size_t place; /* to keep file order */
};

void
check_same_add(struct check_same *same, const char *key, const struct conf_object *object,
    unsigned setting, struct conf_errors *errors)
{
	if (same->len == same->cap) {
		size_t cap = same->cap > 0 ? 2 * same->cap : 64;
		struct check_same_item *items = realloc(same->items, cap * sizeof(*items));

		if (items == NULL) {
			errors_add(errors, "configuration", 0, NULL, "out of memory");
			return;
		}
		same->items = items;
		same->cap = cap;
	}
	struct check_same_item *item = &same->items[same->len];

	*item = (struct check_same_item){.key = errors_strdup(errors, key),
	    .object = object,
	    .setting = setting,
	    .place = same->len};
	if (item->key != NULL)
		same->len++;
}

static int
compare_items(const void *a, const void *b)
{
	const struct check_same_item *one = a, *two = b;
	int order = strcmp(one->key, two->key);

	return order != 0 ? order : (one->place > two->place) - (one->place < two->place);
}

static int
line_of(const struct check_same_item *item)
{
	int line = conf_value(item->object, item->setting)->origin.line;

	return line > 0 ? line : item->object->origin.line;
}

static void
complain(const struct check_same_item *item, int line, const char *cure, struct conf_errors *errors)
{
	const char *text = conf_str(item->object, item->setting);

	if (text != NULL)
		errors_setting(errors, item->object, item->setting,
		    "\"%s\" is the same as in line %d; %s", text, line, cure);
	else
		errors_setting(errors, item->object, item->setting,
		    "%lld is the same as in line %d; %s",
		    (long long)conf_int(item->object, item->setting), line, cure);
}

void
check_same_report(struct check_same *same, const char *cure, struct conf_errors *errors)
{
	if (same->len > 0)
		qsort(same->items, same->len, sizeof(*same->items), compare_items);
	for (size_t i = 1; i < same->len; i++)
		if (strcmp(same->items[i - 1].key, same->items[i].key) == 0)
			complain(&same->items[i], line_of(&same->items[i - 1]), cure, errors);
	for (size_t i = 0; i < same->len; i++)
		free(same->items[i].key);
	free(same->items);
	*same = (struct check_same){0};
}
