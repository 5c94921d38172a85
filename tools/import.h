/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asa-import: the parts that its files share. import_read.c turns the text into lines, import_run.c
 * walks them with the tables of commands (import_*.c), which build our settings in a tree
 * (import_tree.c) and say of each line what became of it; import_report.c adds it up,
 * import_write.c writes the files.
 */
#ifndef TOOLS_IMPORT_H
#define TOOLS_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "conf/conf.h"
#include "conf/file.h"

#define IMPORT_WORDS_MAX 256

/* What became of a line. Every line gets exactly one. */
enum import_fate {
	IMPORT_PENDING,       /* nobody has said yet; at the end this is a bug of ours */
	IMPORT_BLANK,         /* empty, "!", ": Saved": nothing to convert */
	IMPORT_CONVERTED,     /* note: to what */
	IMPORT_NOT_NEEDED,    /* note: why */
	IMPORT_NOT_SUPPORTED, /* note: what to do */
	IMPORT_FATES
};

struct import_line {
	int number;        /* in the file, from 1 */
	unsigned indent;   /* blanks before it */
	const char *text;  /* without indentation and line end */
	char **words;      /* cut at blanks; a "quoted text" is one word without its quotes */
	const char **rest; /* rest[i]: the text from word i on, as it was written */
	size_t len;        /* number of words */
	enum import_fate fate;
	char *note; /* heap */
};

struct import;
struct import_mode;

/* A command and what to do with it. words: the first words of the line, "ip local pool"; a "*"
 * stands for any one word, "X*" for any that begins with X. The longest that fits wins. Exactly one
 * of run, not_needed, not_supported. */
struct import_command {
	const char *words;
	void (*run)(struct import *import, struct import_line *line);
	const char *not_needed;
	const char *not_supported;
	/* Lines of its sub-mode follow; run may set another one (import_enter). For commands that
	 * are not converted: mode_any, where every line shares the fate of the head. */
	const struct import_mode *mode;
};

/* A mode: the commands of the lines below a head. */
struct import_mode {
	const char *name; /* "group-policy attributes", for the report */
	const struct import_command *commands;
	size_t len;
	/* Takes a line that no command fits, in place of "not supported: unknown"; false: it is not
	 * one of this mode's. NULL: none. */
	bool (*other)(struct import *import, struct import_line *line);
	/* The mode ends (also at the end of the file). NULL: nothing to do. */
	void (*leave)(struct import *import);
};

extern const struct import_mode import_top; /* import_top.c: every command of the top level */
extern const struct import_mode import_mode_any;

/* Command tables by topic, each in its own file; import_top.c lists them. A "no" before a command
 * is looked up with the "no" (write "no sysopt"), then without it, as not needed: it is the
 * default. */
struct import_table {
	const struct import_command *commands;
	size_t len;
	/* Called once, in the order of import_top.c's list, after the last mode has ended: for what
	 * can be judged only when all lines are read (names of things that are not there). NULL:
	 * nothing to do. */
	void (*finish)(struct import *import);
};
extern const struct import_table import_commands_network; /* pools, ACLs, objects, names, time */
extern const struct import_table import_commands_tunnel;  /* tunnel-group */
extern const struct import_table import_commands_policy;  /* group-policy, username */
extern const struct import_table import_commands_webvpn;  /* webvpn, ssl, custom attributes */
extern const struct import_table import_commands_aaa;     /* aaa-server */
extern const struct import_table import_commands_crypto; /* trustpoints, chains, certificate maps */
extern const struct import_table import_commands_noise;  /* what an ASA has and we do not need */

/* ---- what commands do (import_run.c) ---- */

/* What became of the line: to what, why, what to do. The last word counts; "not supported" is never
 * overwritten by "converted". */
void import_converted(struct import_line *line, const char *fmt, ...) PRINTF_LIKE(2, 3);
void import_not_needed(struct import_line *line, const char *fmt, ...) PRINTF_LIKE(2, 3);
void import_not_supported(struct import_line *line, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The input is broken here: nothing will be written. */
void import_broken(struct import *import, const struct import_line *line, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Something to do by hand besides the lines: "give sekisho-passwd a password for ..". */
void import_todo(struct import *import, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The lines that follow belong to this mode, with the object that they are about (may be NULL). */
void import_enter(struct import *import, const struct import_mode *mode, struct node *object);
/* The object of the present mode. */
struct node *import_object(const struct import *import);
/* The line after this one as it is, for certificates and multi-line banners; NULL: the end. Whoever
 * takes it says what became of it. */
struct import_line *import_next_line(struct import *import);
/* The line of a number (a node of the tree keeps the number of the line it came from in its line
 * member, if whoever made it cared to say); NULL: there is none. */
struct import_line *import_line_at(const struct import *import, int number);
/* The address behind a name of the "name A NAME" command, or the word itself. */
const char *import_name(const struct import *import, const char *word);
void import_name_add(struct import *import, const char *address, const char *name);

/* ---- the tree (import_tree.c): our settings, by the names that the tables of conf/ have ---- */

/* The top level of a file. */
struct node *import_root(struct import *import, enum conf_kind root);
/* The named object of a kind ("Staff" of CONF_GROUP_POLICY); made if it is not there. */
struct node *import_named(struct import *import, enum conf_kind kind, const char *name);
/* The same, NULL if it is not there. */
struct node *import_find(struct import *import, enum conf_kind kind, const char *name);
/* A new element of a list of objects ("group-alias"). */
struct node *import_append(struct import *import, struct node *object, const char *setting);
/* A sub-object ("general-attributes"); made if it is not there. */
struct node *import_sub(struct import *import, struct node *object, const char *setting);
/* Set; what was there is replaced. A value that the daemon would refuse (range, length, form) is
 * not set, and the present line becomes "not supported" with the reason. "none" fits where the row
 * says so, of any type. A setting that no row has is an internal error: nothing will be written;
 * but a bool whose name begins with "." is a mark for finish functions, which is never written. */
void import_set_str(
    struct import *import, struct node *object, const char *setting, const char *value);
void import_set_int(struct import *import, struct node *object, const char *setting, long value);
void import_set_bool(struct import *import, struct node *object, const char *setting, bool value);
/* A list of strings: set from words, or one more at its end. */
void import_set_list(struct import *import, struct node *object, const char *setting,
    char *const *words, size_t len);
void import_add_str(
    struct import *import, struct node *object, const char *setting, const char *value);
void import_unset(struct node *object, const char *setting);
/* The string of a setting; NULL: it is not there. */
const char *import_get_str(const struct node *object, const char *setting);
/*
 * The text of one of our files, as import_write() writes it, without the comment at its top: for
 * tests too. A node that the functions above give out stays where it is, but its children are kept
 * elsewhere: look at them with import_find(), import_get_str() and here.
 */
enum err import_text(const struct import *import, enum conf_kind root, struct buf *out) MUST_USE;
/* A file beside the configuration (PEM); mode 0600 when secret. Takes a copy. */
void import_file(
    struct import *import, const char *name, const void *data, size_t len, bool secret);

/* ---- the whole (import_run.c, import_read.c, import_report.c, import_write.c) ---- */

/*
 * Convert a text. name is for messages. NULL: out of memory. What is broken is in
 * import_errors(); then nothing may be written.
 */
struct import *import_run(const char *name, const char *text, size_t len) MUST_USE;
void import_free(struct import *import);
/* Lines "file:line: message"; "" when the input is sound. */
const char *import_errors(const struct import *import);
size_t import_lines(const struct import *import, const struct import_line *const **out);
size_t import_count(const struct import *import, enum import_fate fate);
/* The report, every line of the input accounted for; the counts add up to the lines read. */
enum err import_report(const struct import *import, bool every_line, struct buf *out) MUST_USE;
/*
 * Write the files into a directory that does not exist or is empty, after checking that the daemon
 * would take them. ERR_EXISTS, ERR_SYS, ERR_SYNTAX; why tells. Nothing is left behind then.
 */
enum err import_write(struct import *import, const char *dir, struct buf *why) MUST_USE;

#endif
