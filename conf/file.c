/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libconfig text to our tree. grammar.c has looked at it before: what libconfig still refuses are
 * duplicates and mixed arrays, and of those it finds one per file.
 */
#include "conf/file.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/errors.h"
#include "conf/grammar.h"

/* gcc's analyser does not follow what a tree owns through the recursion of node_fini(). */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static const char *const type_names[] = {
    [NODE_GROUP] = "a group { }",
    [NODE_LIST] = "a list",
    [NODE_BOOL] = "true or false",
    [NODE_INT] = "a number",
    [NODE_FLOAT] = "a number with a fraction",
    [NODE_STRING] = "a text",
};

const char *
file_type_name(enum node_type type)
{
	return type_names[type];
}

static void
node_fini(struct node *node)
{
	for (size_t i = 0; i < node->len; i++)
		node_fini(&node->children[i]);
	if (node->str != NULL)
		str_wipe(node->str, strlen(node->str));
	free(node->str);
	free(node->name);
	free(node->children);
}

void
file_free(struct node *root)
{
	if (root == NULL)
		return;
	node_fini(root);
	free(root);
}

static enum node_type
node_type(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return NODE_GROUP;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return NODE_INT;
	case CONFIG_TYPE_FLOAT:
		return NODE_FLOAT;
	case CONFIG_TYPE_BOOL:
		return NODE_BOOL;
	case CONFIG_TYPE_STRING:
		return NODE_STRING;
	default:
		return NODE_LIST;
	}
}

/* Depth is bounded by grammar.c. */
static enum err
node_copy(struct node *node, config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	enum err err = ERR_OK;

	node->type = node_type(setting);
	node->line = (int)config_setting_source_line(setting);
	if (name != NULL && (node->name = strdup(name)) == NULL)
		return ERR_NOMEM;
	if (node->type == NODE_INT)
		node->num = config_setting_get_int64(setting);
	if (node->type == NODE_BOOL)
		node->num = config_setting_get_bool(setting);
	if (node->type == NODE_STRING) {
		const char *text = config_setting_get_string(setting);

		/* libconfig has NULL for "". */
		node->str = strdup(text != NULL ? text : "");
		return node->str != NULL ? ERR_OK : ERR_NOMEM;
	}
	if (!config_setting_is_aggregate(setting) || config_setting_length(setting) == 0)
		return ERR_OK;
	size_t len = (size_t)config_setting_length(setting);
	node->children = calloc(len, sizeof(*node->children));
	if (node->children == NULL)
		return ERR_NOMEM;
	for (; node->len < len && err == ERR_OK; node->len++)
		err = node_copy(&node->children[node->len],
		    config_setting_get_elem(setting, (unsigned)node->len));
	return err;
}

/* Overwrite what may be secret before libconfig frees it. Depth is bounded by libconfig's own
 * parser stack. */
static void
wipe_strings(config_setting_t *setting)
{
	if (config_setting_type(setting) == CONFIG_TYPE_STRING && setting->value.sval != NULL)
		str_wipe(setting->value.sval, strlen(setting->value.sval));
	if (!config_setting_is_aggregate(setting))
		return;
	for (int i = 0; i < config_setting_length(setting); i++)
		wipe_strings(config_setting_get_elem(setting, (unsigned)i));
}

/* libconfig's complaint in our words; grammar.c finds all others. */
static const char *
explain(const char *text)
{
	if (strcmp(text, "duplicate setting name") == 0)
		return "this setting is there twice in its group; keep one";
	if (strcmp(text, "mismatched element type in array") == 0)
		return "an array [ ] holds values of one type; put texts in quotes";
	return text;
}

static enum err
parse_to_node(const char *file, const char *text, struct conf_errors *errors, struct node *root)
{
	enum err err = ERR_SYNTAX;
	config_t config;

	config_init(&config);
	if (!config_read_string(&config, text)) {
		errors_add(errors, file, config_error_line(&config), NULL, "%s",
		    explain(config_error_text(&config)));
	} else {
		err = node_copy(root, config_root_setting(&config));
		if (err == ERR_NOMEM) {
			errors_add(errors, file, 0, NULL, "out of memory");
			errors->out_of_memory = true;
		}
	}
	wipe_strings(config_root_setting(&config));
	config_destroy(&config);
	return err;
}

enum err
file_parse(
    const char *file, const char *text, size_t len, struct conf_errors *errors, struct node **out)
{
	enum err err = ERR_SYNTAX;
	struct node *root = errors_calloc(errors, 1, sizeof(*root));
	struct buf copy;

	*out = NULL;
	if (root == NULL)
		return ERR_NOMEM;
	buf_init(&copy, len + 2);
	buf_put(&copy, text, len);
	buf_put_u8(&copy, '\n'); /* libconfig takes a # on a last line without end for an error */
	if (copy.err != ERR_OK)
		err = copy.err;
	else if (grammar_check(file, text, len, errors))
		err = parse_to_node(file, buf_cstr(&copy), errors, root);
	buf_wipe(&copy);
	if (err != ERR_OK) {
		file_free(root);
		return err;
	}
	*out = root;
	return ERR_OK;
}
