/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-pki import: a CA's answer, or key and certificate of another gateway, become the files of
 * a trustpoint. First everything is checked, then everything is replaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "tools/pki_parts.h"
#include "tools/prompt.h"

struct work {
	const struct pki_order *order;
	struct pki_place place;
	STACK_OF(X509) * list;  /* owned, with its certificates */
	STACK_OF(X509) * chain; /* of those, borrowed */
	EVP_PKEY *key;
	struct buf key_text; /* what TRUSTPOINT.key is to be; empty: it is that already */
	struct buf chain_text;
	struct buf *notes;
	struct buf *why;
};

/* ---- the pass phrase ---- */

static enum err
ask_passphrase(const struct pki_order *order, char line[PROMPT_LINE_MAX], struct buf *why)
{
	const char *path = order->passphrase_file != NULL ? order->passphrase_file : "/dev/tty";
	const char *wrong = NULL;
	int fd = open(path, O_RDWR * (order->passphrase_file == NULL) | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && order->passphrase_file == NULL)
		return pki_say(why, ERR_SYS,
		    "there is no terminal to ask for the pass phrase: give --passphrase-file");
	if (fd < 0)
		return pki_say(why, ERR_SYS, "%s: %s", path, strerror(errno));
	bool fine = order->passphrase_file != NULL ? prompt_read(fd, line, &wrong)
						   : prompt_ask(fd, "Pass phrase: ", line, &wrong);
	close(fd);
	return fine ? ERR_OK
		    : pki_say(why, ERR_SYNTAX, "the pass phrase %s",
			  wrong != NULL ? wrong : "was not given");
}

/* ---- what is given ---- */

static enum err
read_pkcs12(struct work *work, const struct buf *data)
{
	const struct pki_order *order = work->order;
	char passphrase[PROMPT_LINE_MAX] = {0};
	enum err err = ask_passphrase(order, passphrase, work->why);

	if (err == ERR_OK)
		err = pki_answer_pkcs12(
		    data, order->answer, passphrase, work->list, &work->key, work->why);
	str_wipe(passphrase, sizeof(passphrase));
	if (err == ERR_OK)
		err = pki_private_check(work->key, order->answer, work->why);
	return err;
}

static enum err
read_file(struct work *work, const char *path, bool is_answer)
{
	struct buf data;
	enum err err = pki_place_read_path(path, &data, work->why);

	if (err == ERR_OK && is_answer && work->order->pkcs12)
		err = read_pkcs12(work, &data);
	else if (err == ERR_OK)
		err = pki_answer_read(&data, path, work->list, work->why);
	buf_wipe(&data);
	return err;
}

static enum err
read_given(struct work *work)
{
	enum err err = read_file(work, work->order->answer, true);

	for (size_t i = 0; i < work->order->ca_len && err == ERR_OK; i++)
		err = read_file(work, work->order->ca[i], false);
	return err;
}

/* ---- the key ---- */

/* One of our key files. ERR_NOTFOUND: it is not there, and that is no error yet. */
static enum err
read_key(struct work *work, const char *suffix, struct buf *text, EVP_PKEY **key, struct buf *why)
{
	char what[PKI_NAME_MAX];
	enum err err = pki_place_read(&work->place, suffix, text, why);
	struct buf name;

	*key = NULL;
	if (err != ERR_OK)
		return err;
	buf_init(&name, sizeof(what));
	buf_printf(&name, "%s%s", work->place.trustpoint, suffix);
	err = str_copy(what, sizeof(what), buf_cstr(&name));
	buf_fini(&name);
	return err == ERR_OK ? pki_private_read(text, what, key, why) : err;
}

/* The key file that one of the certificates belongs to. */
static enum err
try_key(struct work *work, const char *suffix, bool *there)
{
	struct buf text;
	EVP_PKEY *key;
	enum err err = read_key(work, suffix, &text, &key, work->why);

	*there = err != ERR_NOTFOUND;
	if (err == ERR_OK && pki_chain_fits(work->list, key)) {
		work->key = key;
		if (strcmp(suffix, PKI_SUFFIX_KEY_NEW) == 0)
			buf_put(&work->key_text, text.data, text.len);
		key = NULL;
	}
	EVP_PKEY_free(key);
	buf_wipe(&text);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

static enum err
find_key(struct work *work)
{
	const struct pki_place *place = &work->place;
	bool new_there = false, there = false;
	enum err err = try_key(work, PKI_SUFFIX_KEY_NEW, &new_there);

	if (err == ERR_OK && work->key == NULL)
		err = try_key(work, PKI_SUFFIX_KEY, &there);
	if (err != ERR_OK || work->key != NULL)
		return err;
	if (!new_there && !there)
		return pki_say(work->why, ERR_NOTFOUND,
		    "there is no key %s/%s.key; \"sekisho-pki csr\" makes one, and --pkcs12 brings "
		    "one along",
		    place->dir, place->trustpoint);
	return pki_say(work->why, ERR_NOTFOUND,
	    "%s: no certificate in it belongs to the key %s/%s.key%s", work->order->answer,
	    place->dir, place->trustpoint,
	    !new_there ? ""
	    : there    ? " or to .key.new"
		       : ".new");
}

/* The key of a PKCS#12 becomes TRUSTPOINT.key, unless it is that already. */
static enum err
bring_key(struct work *work)
{
	struct buf text, unheard;
	EVP_PKEY *key;

	if (!pki_chain_fits(work->list, work->key))
		return pki_say(work->why, ERR_NOTFOUND,
		    "%s: no certificate in it belongs to its key", work->order->answer);
	buf_init(&unheard, PKI_TEXT_MAX);
	enum err err = read_key(work, PKI_SUFFIX_KEY, &text, &key, &unheard);
	bool same = err == ERR_OK && EVP_PKEY_eq(key, work->key) == 1;

	buf_fini(&unheard);
	buf_wipe(&text);
	EVP_PKEY_free(key);
	return same ? ERR_OK : pki_private_write(work->key, &work->key_text, work->why);
}

/* ---- the files ---- */

static bool
is_same(const struct work *work)
{
	struct buf text, unheard;

	buf_init(&unheard, PKI_TEXT_MAX);
	bool same =
	    pki_place_read(&work->place, PKI_SUFFIX_CERTIFICATE, &text, &unheard) == ERR_OK &&
	    text.len == work->chain_text.len &&
	    memcmp(text.data, work->chain_text.data, text.len) == 0;
	buf_fini(&unheard);
	buf_fini(&text);
	return same;
}

/* The key first: if the machine dies between the two, the next import of the same answer fits
 * TRUSTPOINT.key and does the rest. */
static enum err
install(struct work *work)
{
	struct pki_change changes[2];
	size_t len = 0;
	enum err err;

	if (work->key_text.len > 0)
		changes[len++] = (struct pki_change){
		    .suffix = PKI_SUFFIX_KEY, .text = &work->key_text, .mode = 0600};
	if (!is_same(work))
		changes[len++] = (struct pki_change){
		    .suffix = PKI_SUFFIX_CERTIFICATE, .text = &work->chain_text, .mode = 0644};
	if (len == 0) {
		(void)pki_say(work->notes, ERR_OK, "%s/%s.pem is that already", work->place.dir,
		    work->place.trustpoint);
		return ERR_OK;
	}
	err = pki_place_replace(&work->place, changes, len, work->why);
	if (err == ERR_OK && work->key_text.len > 0 && !work->order->pkcs12)
		pki_place_remove(&work->place, PKI_SUFFIX_KEY_NEW);
	return err;
}

/* ---- what is said ---- */

static void
say_installed(const struct work *work)
{
	const X509 *leaf = sk_X509_value(work->chain, 0);
	char name[256], until[64];
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm) != 1 ||
	    strftime(until, sizeof(until), "%H:%M:%S UTC %b %d %Y", &tm) == 0)
		until[0] = '\0';
	(void)pki_say(work->notes, ERR_OK, "%s/%s.pem: %s, valid until %s, %d in the chain",
	    work->place.dir, work->place.trustpoint,
	    pki_say_name(X509_get_subject_name(leaf), name, sizeof(name)), until,
	    sk_X509_num(work->chain));
	if (work->key_text.len > 0)
		(void)pki_say(work->notes, ERR_OK, "%s/%s.key: its key", work->place.dir,
		    work->place.trustpoint);
}

static bool
is_file_of(const struct work *work, const char *path, const char *suffix)
{
	struct stat ours, theirs;
	char name[PKI_PATH_MAX];
	struct buf text;

	buf_init(&text, sizeof(name));
	buf_printf(&text, "%s/%s%s", work->place.dir, work->place.trustpoint, suffix);
	bool same = str_copy(name, sizeof(name), buf_cstr(&text)) == ERR_OK &&
		    stat(name, &ours) == 0 && stat(path, &theirs) == 0 &&
		    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
	buf_fini(&text);
	return same;
}

static void
say_lines(const struct work *work, const struct pki_listed *listed)
{
	const char *name = work->place.trustpoint;

	if (listed == NULL)
		(void)pki_say(work->notes, ERR_OK,
		    "pki.conf needs, among the trustpoints: { name = \"%s\"; certificate = "
		    "\"%s.pem\"; key = \"%s.key\"; }",
		    name, name, name);
	else if (is_file_of(work, listed->certificate, PKI_SUFFIX_CERTIFICATE) &&
		 is_file_of(work, listed->key, PKI_SUFFIX_KEY))
		(void)pki_say(work->notes, ERR_OK,
		    "pki.conf:%d has the trustpoint with these files", listed->line);
	else
		(void)pki_say(work->notes, ERR_OK,
		    "pki.conf:%d: trustpoint \"%s\" has other files; it needs: certificate = "
		    "\"%s.pem\"; key = \"%s.key\";",
		    listed->line, name, name, name);
	if (listed == NULL || !listed->shown)
		(void)pki_say(work->notes, ERR_OK,
		    "pki.conf needs, for the listeners to show it: ssl-trust-point = \"%s\";",
		    name);
	if (strcmp(work->order->dir, SEKISHO_SYSCONFDIR) == 0)
		(void)pki_say(work->notes, ERR_OK, "\"sekishod -r\" takes it up");
	else
		(void)pki_say(
		    work->notes, ERR_OK, "\"sekishod -c %s -r\" takes it up", work->order->dir);
}

/* The files are installed by now: what is wrong with pki.conf is only told. */
static void
say_what_to_do(const struct work *work)
{
	const struct pki_listed *mine = NULL;
	struct pki_listed *list = NULL;
	size_t len = 0;
	struct buf why;

	say_installed(work);
	buf_init(&why, PKI_TEXT_MAX);
	enum err err = pki_listed_read(work->order->dir, &list, &len, &why);
	if (err != ERR_OK && err != ERR_NOTFOUND)
		(void)pki_say(work->notes, err, "warning: %s", buf_cstr(&why));
	for (size_t i = 0; i < len && mine == NULL; i++)
		if (strcmp(list[i].name, work->place.trustpoint) == 0)
			mine = &list[i];
	if (err == ERR_OK || err == ERR_NOTFOUND)
		say_lines(work, mine);
	free(list);
	buf_fini(&why);
}

enum err
pki_import(const struct pki_order *order, int64_t now, struct buf *notes, struct buf *why)
{
	struct work work = {.order = order, .list = sk_X509_new_null(), .notes = notes, .why = why};
	enum err err = pki_place_open(&work.place, order->dir, order->trustpoint, why);

	buf_init(&work.key_text, PKI_FILE_MAX);
	buf_init(&work.chain_text, PKI_FILE_MAX);
	if (err == ERR_OK && work.list == NULL)
		err = pki_say(why, ERR_NOMEM, "out of memory");
	if (err == ERR_OK)
		err = read_given(&work);
	if (err == ERR_OK)
		err = order->pkcs12 ? bring_key(&work) : find_key(&work);
	if (err == ERR_OK)
		err = pki_chain_order(work.list, work.key, now, &work.chain, notes, why);
	if (err == ERR_OK)
		err = pki_chain_write(work.chain, &work.chain_text, why);
	if (err == ERR_OK && work.key_text.err != ERR_OK)
		err = pki_say(why, work.key_text.err, "%s", err_str(work.key_text.err));
	if (err == ERR_OK)
		err = install(&work);
	if (err == ERR_OK)
		say_what_to_do(&work);
	buf_wipe(&work.key_text);
	buf_fini(&work.chain_text);
	EVP_PKEY_free(work.key);
	sk_X509_free(work.chain);
	sk_X509_pop_free(work.list, X509_free);
	pki_place_close(&work.place);
	return err;
}
