/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can a rule be carried over? The daemon's own reader of access lists is asked: a configuration
 * that holds nothing but the objects of the input and, for every rule, a list of that rule alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/parts.h"
#include "conf/syntax.h"
#include "tools/import_lists.h"

#define RULE_MAX 1024 /* bytes of a rule */
#define FILE_NAME "group-policies.conf"

static bool
is_used(const struct import_list *list)
{
	return list->filter || list->split;
}

/* A rule or member that the rows take. */
static bool
is_line(const char *text, size_t max)
{
	return strlen(text) <= max && text[0] != '\0' && syntax_line(text) == NULL;
}

static void
set_why(struct import *import, struct import_rule *rule, const char *why)
{
	/* "rule 1 "permit ..": what is wrong": the line is known here. */
	const char *colon = strncmp(why, "rule ", 5) == 0 ? strstr(why, "\": ") : NULL;

	free(rule->why);
	rule->why = import_strdup(import, colon != NULL ? colon + 3 : why);
}

/* ---- what a rule reaches ---- */

static void want(struct import *import, const char *text, unsigned depth);

static void
want_object(struct import *import, const char *name, unsigned depth)
{
	struct import_object *object = NULL;

	HASH_FIND_STR(import->network->objects, name, object);
	if (object == NULL || object->wanted)
		return;
	object->wanted = true;
	for (size_t i = 0; i < object->len; i++)
		if (object->members[i].text != NULL)
			want(import, object->members[i].text, depth + 1);
}

/* Every word may be an object's name: one too many does no harm. Depth: an object is wanted only
 * once, so there is an end. */
static void
want(struct import *import, const char *text, unsigned depth)
{
	char word[256];

	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (len < sizeof(word) && depth < 1000) {
			memcpy(word, text, len);
			word[len] = '\0';
			want_object(import, word, depth);
		}
		text += len;
	}
}

static void
want_rules(struct import *import)
{
	struct import_list *list, *next;

	HASH_ITER (hh, import->network->lists, list, next) {
		for (size_t i = 0; is_used(list) && i < list->len; i++)
			if (!list->rules[i].remark && !list->rules[i].dropped &&
			    list->rules[i].text != NULL)
				want(import, list->rules[i].text, 0);
	}
}

static void
want_none(struct import *import)
{
	struct import_object *object, *next;

	HASH_ITER (hh, import->network->objects, object, next) {
		object->wanted = false;
	}
}

void
import_judge_wanted(struct import *import)
{
	struct import_object *object, *next;

	want_none(import);
	want_rules(import);
	HASH_ITER (hh, import->network->objects, object, next) {
		object->wanted = object->wanted && !object->bad;
	}
}

/* ---- the configuration that is asked ---- */

/* An object that the rows would not take is left out, and so its name is unknown. */
static bool
object_fits(const struct import_object *object)
{
	size_t members = 0;

	for (size_t i = 0; i < object->len; i++) {
		const char *text = object->members[i].text;

		if (text == NULL)
			continue;
		members++;
		if (!is_line(text, 255))
			return false;
	}
	if (object->protocol != NULL && strcmp(object->protocol, "tcp") != 0 &&
	    strcmp(object->protocol, "udp") != 0 && strcmp(object->protocol, "tcp-udp") != 0)
		return false;
	return members > 0 && members <= 16384 && strlen(object->name) <= 64 &&
	       syntax_name(object->name) == NULL;
}

static void
put_objects(struct import *import, struct import *asked)
{
	struct import_object *object, *next;

	HASH_ITER (hh, import->network->objects, object, next) {
		if (!object->wanted)
			continue;
		object->bad = !object_fits(object);
		if (!object->bad)
			import_lists_put_object(asked, object);
	}
}

static void
put_rules(struct import *import, struct import *asked)
{
	struct import_list *list, *next;
	struct node *root = import_root(asked, CONF_GROUP_POLICIES);
	char name[32];
	size_t count = 0;

	HASH_ITER (hh, import->network->lists, list, next) {
		for (size_t i = 0; is_used(list) && i < list->len; i++) {
			struct import_rule *rule = &list->rules[i];

			if (rule->text == NULL)
				continue;
			struct node *node = import_append(asked, root, "access-lists");
			(void)snprintf(name, sizeof(name), "%zu", count++);
			import_set_str(asked, node, "name", name);
			import_set_str(asked, node, "type",
			    list->type == IMPORT_LIST_STANDARD ? "standard" : "extended");
			if (is_line(rule->text, RULE_MAX))
				import_add_str(asked, node, "rules", rule->text);
			else
				set_why(import, rule, "it is too long");
		}
	}
}

/* Text and index of what is asked; NULL: memory. */
static struct conf *
build(struct import *import)
{
	struct import asked = {.spare = {.kind = CONF_GATEWAY}, .name = import->name};
	struct conf_errors errors;
	struct buf text;

	conf_errors_init(&errors);
	buf_init(&text, TEXTS_FILE_MAX);
	buf_init(&asked.errors, 65536);
	put_objects(import, &asked);
	put_rules(import, &asked);
	struct conf *conf = parts_new(&errors);
	if (conf == NULL || asked.out_of_memory ||
	    import_text(&asked, CONF_GROUP_POLICIES, &text) != ERR_OK ||
	    texts_add(&conf->texts, TEXTS_CONF, FILE_NAME, text.data, text.len) != ERR_OK) {
		conf_unref(conf);
		conf = NULL;
	} else {
		parts_build(conf, &errors);
	}
	import_tree_free(&asked);
	buf_fini(&asked.errors);
	buf_fini(&text);
	conf_errors_fini(&errors);
	return conf;
}

static void
judge_objects(struct import *import, const struct conf *conf)
{
	struct import_object *object, *next;

	HASH_ITER (hh, import->network->objects, object, next) {
		const struct conf_object *found =
		    conf_find(conf, object->group ? CONF_OBJECT_GROUP : CONF_OBJECT, object->name);
		struct buf why;

		buf_init(&why, 1024);
		if (object->wanted && (found == NULL || !acl_object_ok(conf, found, &why)))
			object->bad = true;
		buf_fini(&why);
	}
}

/* Does it name an object that cannot be carried over? An inactive rule is not compiled, but its
 * objects would be. */
static bool
names_bad(struct import *import, const char *text)
{
	struct import_object *object, *next;
	bool bad = false;

	want_none(import);
	want(import, text, 0);
	HASH_ITER (hh, import->network->objects, object, next) {
		bad = bad || (object->wanted && object->bad);
	}
	return bad;
}

static bool
any_bad(const struct import *import)
{
	const struct import_object *object;

	for (object = import->network->objects; object != NULL; object = object->hh.next)
		if (object->bad)
			return true;
	return false;
}

static void
judge_rule(struct import *import, const struct conf *conf, const struct import_list *list,
    struct import_rule *rule, size_t number)
{
	char name[32];
	struct buf why;
	enum err err;

	(void)snprintf(name, sizeof(name), "%zu", number);
	const struct conf_object *found = conf_find(conf, CONF_ACCESS_LIST, name);
	if (rule->why != NULL || found == NULL) {
		if (rule->why == NULL)
			set_why(import, rule, "it cannot be read");
		return;
	}
	buf_init(&why, 1024);
	if (list->filter && list->type == IMPORT_LIST_EXTENDED) {
		struct acl acl;

		err = acl_compile(conf, found, &acl, &why);
		rule->entries = err == ERR_OK ? acl.len : 0;
		if (err == ERR_OK)
			acl_fini(&acl);
	} else {
		err = ERR_OK;
	}
	if (err == ERR_OK && list->split) {
		struct acl_networks networks;

		err = acl_networks(conf, found, &networks, &why);
		if (err == ERR_OK)
			acl_networks_fini(&networks);
	}
	if (err != ERR_OK)
		set_why(import, rule, buf_cstr(&why));
	buf_fini(&why);
}

void
import_judge(struct import *import)
{
	struct import_list *list, *next;
	size_t number = 0;

	want_none(import);
	want_rules(import);
	struct conf *conf = build(import);
	if (conf == NULL) {
		import_complain(import, 0, "the access lists are too big: more than 4 MB");
		return;
	}
	judge_objects(import, conf);
	bool bad = any_bad(import);
	HASH_ITER (hh, import->network->lists, list, next) {
		for (size_t i = 0; is_used(list) && i < list->len; i++) {
			struct import_rule *rule = &list->rules[i];

			if (rule->text == NULL)
				continue;
			judge_rule(import, conf, list, rule, number++);
			if (bad && !rule->remark && rule->why == NULL &&
			    names_bad(import, rule->text))
				set_why(
				    import, rule, "it names an object that cannot be carried over");
		}
	}
	conf_unref(conf);
}
