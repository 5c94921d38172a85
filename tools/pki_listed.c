/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trustpoints of pki.conf, read without the files that they name: those may be missing or
 * broken, which is what one who calls sekisho-pki wants to cure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/conf.h"
#include "conf/file.h"
#include "tools/pki_parts.h"

#define FILE_NAME "pki.conf"

static const struct node *
child(const struct node *group, const char *name)
{
	for (size_t i = 0; group != NULL && i < group->len; i++)
		if (group->children[i].name != NULL && strcmp(group->children[i].name, name) == 0)
			return &group->children[i];
	return NULL;
}

static const char *
child_text(const struct node *group, const char *name)
{
	const struct node *node = child(group, name);

	return node != NULL && node->type == NODE_STRING && node->str != NULL ? node->str : "";
}

/* As conf/load.c finds a file. */
static enum err
whole_path(const char *dir, const char *path, char dst[PKI_PATH_MAX], struct buf *why)
{
	bool whole = path[0] == '/' || path[0] == '\0';
	int len = snprintf(dst, PKI_PATH_MAX, "%s%s%s", whole ? "" : dir, whole ? "" : "/", path);

	return len >= 0 && len < PKI_PATH_MAX
		   ? ERR_OK
		   : pki_say(why, ERR_LIMIT, FILE_NAME ": the path %s is too long", path);
}

static bool
is_shown(const struct node *root, const char *name)
{
	const struct node *more = child(root, "ssl-trust-points");

	if (strcmp(child_text(root, "ssl-trust-point"), name) == 0)
		return true;
	for (size_t i = 0; more != NULL && i < more->len; i++)
		if (strcmp(child_text(&more->children[i], "trustpoint"), name) == 0)
			return true;
	return false;
}

static enum err
take(const char *dir, const struct node *root, const struct node *node, struct pki_listed *out,
    struct buf *why)
{
	enum err err = str_copy(out->name, sizeof(out->name), child_text(node, "name"));

	if (err != ERR_OK || out->name[0] == '\0')
		return pki_say(why, ERR_SYNTAX,
		    FILE_NAME ":%d: a trustpoint without a name, or one that is too long",
		    node->line);
	out->line = node->line;
	out->shown = is_shown(root, out->name);
	err = whole_path(dir, child_text(node, "certificate"), out->certificate, why);
	if (err == ERR_OK)
		err = whole_path(dir, child_text(node, "key"), out->key, why);
	if (err == ERR_OK)
		err = whole_path(dir, child_text(node, "ca-certificate"), out->ca_certificate, why);
	return err;
}

static enum err
take_all(
    const char *dir, const struct node *root, struct pki_listed **out, size_t *len, struct buf *why)
{
	const struct node *list = child(root, "trustpoints");
	size_t n = list != NULL ? list->len : 0;
	struct pki_listed *found = calloc(n + 1, sizeof(found[0]));
	enum err err = ERR_OK;

	if (found == NULL)
		return pki_say(why, ERR_NOMEM, "out of memory");
	for (size_t i = 0; err == ERR_OK && i < n; i++)
		err = take(dir, root, &list->children[i], &found[i], why);
	if (err != ERR_OK) {
		free(found);
		return err;
	}
	*out = found;
	*len = n;
	return ERR_OK;
}

enum err
pki_listed_read(const char *dir, struct pki_listed **out, size_t *len, struct buf *why)
{
	char path[PKI_PATH_MAX];
	struct conf_errors errors;
	struct node *root = NULL;
	struct buf text;
	int path_len = snprintf(path, sizeof(path), "%s/" FILE_NAME, dir);

	if (path_len < 0 || (size_t)path_len >= sizeof(path))
		return pki_say(why, ERR_LIMIT, "%s: the path is too long", dir);
	enum err err = pki_place_read_path(path, &text, why);
	conf_errors_init(&errors);
	if (err == ERR_OK) {
		err = file_parse(FILE_NAME, buf_cstr(&text), text.len, &errors, &root);
		if (err != ERR_OK)
			(void)pki_say(why, err, "%s: %.*s", path,
			    (int)strcspn(buf_cstr(&errors.text), "\n"), buf_cstr(&errors.text));
	}
	if (err == ERR_OK)
		err = take_all(dir, root, out, len, why);
	file_free(root);
	conf_errors_fini(&errors);
	buf_wipe(&text);
	return err;
}
