/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evdns asks; the files are read here, because evdns wants to open them itself, and that is too
 * late once the process is in its chroot.
 */
#include "pki/fetch_name.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/str.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define HOSTS "/etc/hosts"
#define RESOLV_CONF_MAX 65536 /* bytes */
#define HOSTS_MAX 4194304     /* bytes */
#define READ_SIZE 4096
#define WORD_SIZE 256
#define BLANKS " \t\r"
#define ENDS BLANKS "\n#"

/* A question to a nameserver. */
struct fetch_name {
	TAILQ_ENTRY(fetch_name) next;
	uintptr_t id;
	fetch_name_fn fn;
	void *arg;
};

TAILQ_HEAD(questions, fetch_name);

static struct buf resolv_conf = {.max = RESOLV_CONF_MAX};
static struct buf hosts = {.max = HOSTS_MAX};
/*
 * evdns gets a number, never a pointer: it calls back even for what was cancelled, some time later,
 * or not at all when it is freed first. So a question that nobody waits for is simply not found
 * here, and evdns ends it by its own time limit.
 */
static struct questions questions = TAILQ_HEAD_INITIALIZER(questions);
static uintptr_t last_id;

/* ---- the files ---- */

static enum err
read_all(int fd, struct buf *out)
{
	uint8_t *room;
	ssize_t n;

	while ((room = buf_reserve(out, READ_SIZE)) != NULL) {
		n = read(fd, room, READ_SIZE);
		if (n <= 0)
			return n == 0 ? ERR_OK : ERR_SYS;
		buf_added(out, (size_t)n);
	}
	return out->err;
}

/* A system may live without them: then out is empty. */
static void
read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err err;

	buf_reset(out);
	if (fd < 0) {
		log_info("%s: %m", path);
		return;
	}
	err = read_all(fd, out);
	close(fd);
	if (err != ERR_OK) {
		log_warn("%s is ignored: %s", path, err_str(err));
		buf_fini(out);
	}
}

void
fetch_name_prepare(void)
{
	read_file(RESOLV_CONF, &resolv_conf);
	read_file(HOSTS, &hosts);
	/* The numbers of questions are random: what that takes is opened now. */
	if (evutil_secure_rng_init() != 0)
		die("libevent finds no random numbers");
}

void
fetch_name_read(const char *resolv_conf_text, const char *hosts_text)
{
	buf_fini(&resolv_conf);
	buf_fini(&hosts);
	buf_puts(&resolv_conf, resolv_conf_text == NULL ? "" : resolv_conf_text);
	buf_puts(&hosts, hosts_text == NULL ? "" : hosts_text);
}

/* The next word of the line at *p, which is moved behind it. False: the line ends. A word that is
 * too long is an empty one. */
static bool
next_word(const char **p, char word[WORD_SIZE])
{
	size_t len;

	*p += strspn(*p, BLANKS);
	len = strcspn(*p, ENDS);
	if (len == 0)
		return false;
	if (str_copy_n(word, WORD_SIZE, *p, len) != ERR_OK)
		word[0] = '\0';
	*p += len;
	return true;
}

static void
next_line(const char **p)
{
	*p += strcspn(*p, "\n");
	*p += **p == '\n' ? 1 : 0;
}

/* ---- the resolver ---- */

static void
take_nameservers(struct evdns_base *dns, const char **p)
{
	char word[WORD_SIZE];

	if (next_word(p, word) && evdns_base_nameserver_ip_add(dns, word) != 0)
		log_warn(RESOLV_CONF ": nameserver \"%s\" is ignored", word);
}

/* The last "search" or "domain" line counts. */
static void
take_search(struct evdns_base *dns, const char **p)
{
	char word[WORD_SIZE];

	evdns_base_search_clear(dns);
	while (next_word(p, word))
		evdns_base_search_add(dns, word);
}

static void
take_options(struct evdns_base *dns, const char **p)
{
	char word[WORD_SIZE];
	uint64_t dots;

	while (next_word(p, word))
		if (str_istarts(word, "ndots:") &&
		    str_to_u64(word + strlen("ndots:"), 0, 15, &dots) == ERR_OK)
			evdns_base_search_ndots_set(dns, (int)dots);
}

static void
take_resolv_conf(struct evdns_base *dns)
{
	static const struct {
		const char *word;
		void (*take)(struct evdns_base *dns, const char **p);
	} rows[] = {
	    {"nameserver", take_nameservers},
	    {"search", take_search},
	    {"domain", take_search},
	    {"options", take_options},
	};
	char word[WORD_SIZE];

	for (const char *p = buf_cstr(&resolv_conf); *p != '\0'; next_line(&p)) {
		if (!next_word(&p, word))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (strcmp(word, rows[i].word) == 0)
				rows[i].take(dns, &p);
	}
}

static void
on_log(int is_warning, const char *text)
{
	if (is_warning)
		log_info("names: %s", text);
	else
		log_debug("names: %s", text);
}

struct evdns_base *
fetch_name_open(struct loop *loop)
{
	struct evdns_base *dns = evdns_base_new(loop_base(loop), 0);

	if (dns == NULL)
		return NULL;
	evdns_set_log_fn(on_log);
	/* A dead nameserver must leave time for the next one, and for the fetch itself. */
	if (evdns_base_set_option(dns, "timeout:", "1") != 0) {
		fetch_name_close(dns);
		return NULL;
	}
	take_resolv_conf(dns);
	return dns;
}

void
fetch_name_close(struct evdns_base *dns)
{
	if (dns != NULL)
		evdns_base_free(dns, 0);
}

size_t
fetch_name_hosts(const char *name, struct ip_addr *addrs)
{
	char word[WORD_SIZE];
	struct ip_addr addr;
	size_t len = 0;

	for (const char *p = buf_cstr(&hosts); *p != '\0' && len < FETCH_NAME_ADDRS_MAX;
	     next_line(&p)) {
		if (!next_word(&p, word) || ip_parse(word, &addr) != ERR_OK)
			continue;
		while (next_word(&p, word))
			if (str_ieq(word, name)) {
				addrs[len++] = addr;
				break;
			}
	}
	return len;
}

bool
fetch_name_can_ask(struct evdns_base *dns)
{
	return evdns_base_count_nameservers(dns) > 0;
}

/* ---- questions ---- */

static struct fetch_name *
find(uintptr_t id)
{
	struct fetch_name *question;

	TAILQ_FOREACH(question, &questions, next)
	if (question->id == id)
		return question;
	return NULL;
}

static size_t
take_addrs(char type, int count, const uint8_t *bytes, struct ip_addr *addrs)
{
	size_t each = type == DNS_IPv4_A ? 4 : 16, len = 0;

	if (type != DNS_IPv4_A && type != DNS_IPv6_AAAA)
		return 0;
	for (size_t i = 0; i < (size_t)count && len < FETCH_NAME_ADDRS_MAX; i++)
		if (ip_from_bytes(bytes + i * each, each, &addrs[len]) == ERR_OK)
			len++;
	return len;
}

static void
on_answer(int result, char type, int count, UNUSED int ttl, void *addresses, void *arg)
{
	struct fetch_name *question = find((uintptr_t)arg);
	struct ip_addr addrs[FETCH_NAME_ADDRS_MAX];
	struct fetch_name copy;
	size_t len = 0;

	if (question == NULL)
		return;
	copy = *question;
	fetch_name_cancel(question);
	if (result == DNS_ERR_NONE && count > 0)
		len = take_addrs(type, count, addresses, addrs);
	copy.fn(addrs, len,
	    result == DNS_ERR_NONE ? "the name has no address" : evdns_err_to_string(result),
	    copy.arg);
}

struct fetch_name *
fetch_name_ask(
    struct evdns_base *dns, const char *name, uint8_t family, fetch_name_fn fn, void *arg)
{
	struct fetch_name *question = calloc(1, sizeof(*question));
	struct evdns_request *request;
	void *id;

	if (question == NULL)
		return NULL;
	*question = (struct fetch_name){.id = ++last_id, .fn = fn, .arg = arg};
	id = (void *)question->id; // NOLINT(performance-no-int-to-ptr): a number, as said above
	request = family == 4 ? evdns_base_resolve_ipv4(dns, name, 0, on_answer, id)
			      : evdns_base_resolve_ipv6(dns, name, 0, on_answer, id);
	if (request == NULL) {
		free(question);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&questions, question, next);
	return question;
}

void
fetch_name_cancel(struct fetch_name *question)
{
	if (question == NULL)
		return;
	TAILQ_REMOVE(&questions, question, next);
	free(question);
}
