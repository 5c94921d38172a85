/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Criteria of certificate maps. The names come from a certificate that somebody shows, so every
 * comparison is of whole C strings that common/cert.c has checked.
 */
#include "conf/certmap.h"

#include <string.h>

#include "common/str.h"

static const struct {
	const char *word;
	enum certmap_field field;
} fields[] = {
    {"subject-name", CERTMAP_SUBJECT_NAME},
    {"issuer-name", CERTMAP_ISSUER_NAME},
    {"alt-subject-name", CERTMAP_ALT_SUBJECT_NAME},
    {"extended-key-usage", CERTMAP_EXTENDED_KEY_USAGE},
};

static const struct {
	const char *word;
	enum certmap_op op;
} ops[] = {
    {"eq", CERTMAP_EQ},
    {"ne", CERTMAP_NE},
    {"co", CERTMAP_CO},
    {"nc", CERTMAP_NC},
};

/* The tags of asa.md 3, and how common/cert.c writes each. */
static const struct {
	const char *word, *tag;
} tags[] = {
    {"c", "c"},
    {"cn", "cn"},
    {"dc", "dc"},
    {"dnq", "dnq"},
    {"ea", "ea"},
    {"genq", "genq"},
    {"gn", "gn"},
    {"i", "i"},
    {"ip", "ip"},
    {"l", "l"},
    {"n", "n"},
    {"o", "o"},
    {"ou", "ou"},
    {"ser", "ser"},
    {"sn", "sn"},
    {"sp", "sp"},
    {"st", "sp"},
    {"t", "t"},
    {"uid", "uid"},
};

/* Names that the ASA takes for key usages (RFC 5280 4.2.1.12). */
static const struct {
	const char *word, *oid;
} usages[] = {
    {"serverauth", "1.3.6.1.5.5.7.3.1"},
    {"clientauth", "1.3.6.1.5.5.7.3.2"},
    {"codesigning", "1.3.6.1.5.5.7.3.3"},
    {"emailprotection", "1.3.6.1.5.5.7.3.4"},
    {"timestamping", "1.3.6.1.5.5.7.3.8"},
    {"ocspsigning", "1.3.6.1.5.5.7.3.9"},
};

/* The next word of the text; what follows it is left in *text. "" at the end, or when it is longer
 * than any that is known. */
static void
word_next(const char **text, char *out, size_t size)
{
	const char *start = *text + strspn(*text, " \t");
	size_t len = strcspn(start, " \t");

	*text = start + len;
	if (str_copy_n(out, size, start, len) != ERR_OK)
		out[0] = '\0';
}

static enum err
field_read(const char *word, struct certmap_criterion *out)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (str_ieq(word, fields[i].word)) {
			out->field = fields[i].field;
			return ERR_OK;
		}
	return ERR_SYNTAX;
}

static enum err
tag_read(const char *word, struct certmap_criterion *out)
{
	if (out->field != CERTMAP_SUBJECT_NAME && out->field != CERTMAP_ISSUER_NAME)
		return ERR_SYNTAX;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (str_ieq(word, tags[i].word))
			return str_copy(out->tag, sizeof(out->tag), tags[i].tag);
	return ERR_SYNTAX;
}

static enum err
op_read(const char *word, struct certmap_criterion *out)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (!str_ieq(word, ops[i].word))
			continue;
		out->op = ops[i].op;
		/* A certificate has a set of usages: it can only contain one or not. */
		if (out->field == CERTMAP_EXTENDED_KEY_USAGE && out->op != CERTMAP_CO &&
		    out->op != CERTMAP_NC)
			return ERR_SYNTAX;
		return ERR_OK;
	}
	return ERR_SYNTAX;
}

/* A known name of a usage becomes its OID; else it must look like one. */
static enum err
usage_read(struct certmap_criterion *out)
{
	for (size_t i = 0; i < ARRAY_LEN(usages); i++)
		if (str_ieq(out->value, usages[i].word))
			return str_copy(out->value, sizeof(out->value), usages[i].oid);
	size_t len = strlen(out->value);
	if (strspn(out->value, "0123456789.") != len || strchr(out->value, '.') == NULL ||
	    strstr(out->value, "..") != NULL || out->value[0] == '.' || out->value[len - 1] == '.')
		return ERR_SYNTAX;
	return ERR_OK;
}

/* The rest of the text, which may be in quotes and hold spaces. */
static enum err
value_read(const char *text, struct certmap_criterion *out)
{
	const char *start = text + strspn(text, " \t");
	size_t len = strlen(start);

	while (len > 0 && (start[len - 1] == ' ' || start[len - 1] == '\t'))
		len--;
	if (len >= 2 && start[0] == '"' && start[len - 1] == '"') {
		start++;
		len -= 2;
	}
	if (len == 0)
		return ERR_SYNTAX; /* what contains nothing contains everything */
	enum err err = str_copy_n(out->value, sizeof(out->value), start, len);
	if (err == ERR_OK && out->field == CERTMAP_EXTENDED_KEY_USAGE)
		err = usage_read(out);
	return err;
}

enum err
certmap_parse(const char *text, struct certmap_criterion *out)
{
	char word[24];
	enum err err;

	*out = (struct certmap_criterion){0};
	word_next(&text, word, sizeof(word));
	err = field_read(word, out);
	if (err != ERR_OK)
		return err;
	word_next(&text, word, sizeof(word));
	if (str_ieq(word, "attr")) {
		word_next(&text, word, sizeof(word));
		err = tag_read(word, out);
		word_next(&text, word, sizeof(word));
	}
	if (err == ERR_OK)
		err = op_read(word, out);
	if (err == ERR_OK)
		err = value_read(text, out);
	return err;
}

/* ASCII case does not count, bytes above do: as str_ieq. */
static bool
contains(const char *text, const char *part)
{
	for (; *text != '\0'; text++)
		if (str_istarts(text, part))
			return true;
	return false;
}

/* Does one text fit, "ne" read as "eq" and "nc" as "co"? */
static bool
fits(const struct certmap_criterion *criterion, const char *text)
{
	bool whole = criterion->op == CERTMAP_EQ || criterion->op == CERTMAP_NE ||
		     criterion->field == CERTMAP_EXTENDED_KEY_USAGE;

	return whole ? str_ieq(text, criterion->value) : contains(text, criterion->value);
}

static bool
any_attr_fits(const struct certmap_criterion *criterion, Ipc__CertAttr *const *attrs, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (str_ieq(attrs[i]->tag, criterion->tag) && fits(criterion, attrs[i]->value))
			return true;
	return false;
}

static bool
any_text_fits(const struct certmap_criterion *criterion, char *const *texts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (fits(criterion, texts[i]))
			return true;
	return false;
}

static bool
any_fits(const struct certmap_criterion *criterion, const Ipc__CertNames *names)
{
	bool whole = criterion->tag[0] == '\0';

	switch (criterion->field) {
	case CERTMAP_SUBJECT_NAME:
		return whole ? fits(criterion, names->subject_name)
			     : any_attr_fits(criterion, names->subject, names->n_subject);
	case CERTMAP_ISSUER_NAME:
		return whole ? fits(criterion, names->issuer_name)
			     : any_attr_fits(criterion, names->issuer, names->n_issuer);
	case CERTMAP_ALT_SUBJECT_NAME:
		return any_text_fits(criterion, names->alt_subject_name, names->n_alt_subject_name);
	case CERTMAP_EXTENDED_KEY_USAGE:
		return any_text_fits(
		    criterion, names->extended_key_usage, names->n_extended_key_usage);
	}
	return false;
}

bool
certmap_holds(const struct certmap_criterion *criterion, const Ipc__CertNames *names)
{
	bool negated = criterion->op == CERTMAP_NE || criterion->op == CERTMAP_NC;

	return any_fits(criterion, names) != negated;
}

bool
certmap_matches(const struct conf_object *map, const Ipc__CertNames *names)
{
	char *const *criteria;
	size_t len = conf_list(map, CM_CRITERIA, &criteria);

	for (size_t i = 0; i < len; i++) {
		struct certmap_criterion criterion;

		if (certmap_parse(criteria[i], &criterion) != ERR_OK ||
		    !certmap_holds(&criterion, names))
			return false;
	}
	return len > 0;
}

const struct conf_object *
certmap_rule(const struct conf *conf, const struct conf_object *entry)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	const char *name = conf_str(entry, CGM_MAP);
	struct conf_object *const *maps;
	size_t len = root != NULL ? conf_subs(root, TGS_CERTIFICATE_MAPS, &maps) : 0;

	for (size_t i = 0; name != NULL && i < len; i++) {
		const char *map = conf_str(maps[i], CM_NAME);

		if (conf_int(maps[i], CM_SEQUENCE) == conf_int(entry, CGM_SEQUENCE) &&
		    map != NULL && strcmp(map, name) == 0)
			return maps[i];
	}
	return NULL;
}

/* Is one entry tried before another? */
static bool
is_before(const struct conf_object *one, const struct conf_object *two)
{
	int64_t a = conf_int(one, CGM_SEQUENCE), b = conf_int(two, CGM_SEQUENCE);

	return a != b ? a < b : one->parent_index < two->parent_index;
}

const struct conf_object *
certmap_next(const struct conf *conf, const struct conf_object *previous)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	const struct conf_object *best = NULL;
	struct conf_object *const *entries;
	size_t len;

	if (root == NULL)
		return NULL;
	len = conf_subs(conf_sub(root, TGS_WEBVPN), WV_CERTIFICATE_GROUP_MAP, &entries);
	for (size_t i = 0; i < len; i++) {
		if (previous != NULL && !is_before(previous, entries[i]))
			continue;
		if (best == NULL || is_before(entries[i], best))
			best = entries[i];
	}
	return best;
}

bool
certmap_finds(const struct conf *conf, const char *map, const Ipc__CertNames *names)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	struct conf_object *const *rules;
	size_t len = root != NULL ? conf_subs(root, TGS_CERTIFICATE_MAPS, &rules) : 0;

	for (size_t i = 0; i < len; i++) {
		const char *name = conf_str(rules[i], CM_NAME);

		if (name != NULL && strcmp(name, map) == 0 &&
		    (names == NULL || certmap_matches(rules[i], names)))
			return true;
	}
	return false;
}
