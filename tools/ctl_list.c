/* SPDX-License-Identifier: Apache-2.0 */
/* "show vpn-sessiondb summary", "show ip local pool", "show aaa local user", in the ASA's layout
 * (asa.md 7) or as JSON. */
#include "tools/ctl_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/ip.h"
#include "common/str.h"
#include "tools/ctl_ask.h"

#define NAME_SIZE 128
#define RULER "---------------------------------------------------------------------------\n"
#define HALF_RULER "                             ----------------------------------------------\n"

/* ---- summary ---- */

static json_t *
tally_json(const Ipc__CtlTally *tally)
{
	return json_pack("{s:I, s:I, s:I}", "active", (json_int_t)tally->active, "cumulative",
	    (json_int_t)tally->cumulative, "peak", (json_int_t)tally->peak);
}

static json_t *
summary_json(const Ipc__CtlSummaryReport *report)
{
	json_t *out = json_object();

	ctl_ask_set(out, "sessions", tally_json(report->sessions));
	ctl_ask_set(out, "inactive", json_integer(report->inactive));
	ctl_ask_set(out, "capacity", json_integer(report->capacity));
	ctl_ask_set(out, "parent_tunnels", tally_json(report->parent));
	ctl_ask_set(out, "tls_tunnels", tally_json(report->tls));
	ctl_ask_set(out, "dtls_tunnels", tally_json(report->dtls));
	return out;
}

static void
print_tunnels(const char *label, const Ipc__CtlTally *tally)
{
	printf("%-29s: %6" PRIu32 " : %10" PRIu64 " : %15" PRIu32 "\n", label, tally->active,
	    tally->cumulative, tally->peak);
}

static void
print_summary(const Ipc__CtlSummaryReport *report)
{
	static const char *const labels[] = {"AnyConnect Client", "  SSL/TLS/DTLS"};
	const Ipc__CtlTally *all = report->sessions;
	unsigned total = all->active + report->inactive;
	unsigned load =
	    report->capacity > 0 ? (200 * total + report->capacity) / (2 * report->capacity) : 0;

	fputs(RULER "VPN Session Summary\n" RULER, stdout);
	puts("                               Active : Cumulative : Peak Concur : Inactive");
	fputs(HALF_RULER, stdout);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		printf("%-29s: %6" PRIu32 " : %10" PRIu64 " : %11" PRIu32 " : %8" PRIu32 "\n",
		    labels[i], all->active, all->cumulative, all->peak, report->inactive);
	fputs(RULER, stdout);
	printf("Total Active and Inactive    : %6u             Total Cumulative : %6" PRIu64 "\n",
	    total, all->cumulative);
	printf("Device Total VPN Capacity    : %6" PRIu32 "\n", report->capacity);
	printf("Device Load                  : %5u%%\n", load);
	fputs(RULER "\n" RULER "Tunnels Summary\n" RULER, stdout);
	puts("                               Active : Cumulative : Peak Concurrent");
	fputs(HALF_RULER, stdout);
	print_tunnels("AnyConnect-Parent", report->parent);
	print_tunnels("SSL-Tunnel", report->tls);
	print_tunnels("DTLS-Tunnel", report->dtls);
	fputs(RULER, stdout);
	printf("%-29s: %6" PRIu32 " : %10" PRIu64 "\n", "Totals",
	    report->parent->active + report->tls->active + report->dtls->active,
	    report->parent->cumulative + report->tls->cumulative + report->dtls->cumulative);
	fputs(RULER, stdout);
}

static void
on_summary(const ProtobufCMessage *msg, void *arg)
{
	const Ipc__CtlSummaryReport *report = (const Ipc__CtlSummaryReport *)msg;
	const struct ctl_options *options = arg;

	if (report->sessions == NULL || report->parent == NULL || report->tls == NULL ||
	    report->dtls == NULL)
		ctl_fail(CTL_OPTIONS_DAEMON, "no proper answer from sekishod");
	if (options->json)
		ctl_ask_print("summary", summary_json(report));
	else
		print_summary(report);
}

int
ctl_list_summary(const struct ctl_words_line *line)
{
	Ipc__CtlSummary request = IPC__CTL_SUMMARY__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_SUMMARY,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_SUMMARY_REPORT};
	const struct ctl_options *options = line->arg;

	(void)ctl_ask(options->socket, &question, on_summary, line->arg, NULL, NULL);
	return 0;
}

/* ---- pools ---- */

/* Addresses of the pool with a name; the used ones come among the others and are said last. */
struct pools {
	bool named;
	json_t *list; /* always made: text is printed of it */
	json_t *last;
};

static void
add_addresses(json_t *pool, const char *key, const ProtobufCBinaryData *addrs, size_t len)
{
	json_t *list = json_object_get(pool, key);

	for (size_t i = 0; i < len; i++)
		ctl_ask_append(list, ctl_ask_address(&addrs[i]));
}

static void
add_pool(struct pools *pools, const Ipc__CtlPoolPage *page)
{
	json_t *pool = json_object();

	ctl_ask_set(pool, "name", ctl_ask_text(page->name));
	ctl_ask_set(pool, "begin", ctl_ask_address(&page->first));
	ctl_ask_set(pool, "end", ctl_ask_address(&page->last));
	ctl_ask_set(pool, "prefix_len", json_integer(page->prefix_len));
	ctl_ask_set(pool, "free", json_integer(page->free));
	ctl_ask_set(pool, "held", json_integer(page->held));
	ctl_ask_set(pool, "in_use", json_integer(page->in_use));
	if (pools->named) {
		ctl_ask_set(pool, "available_addresses", json_array());
		ctl_ask_set(pool, "in_use_addresses", json_array());
	}
	ctl_ask_append(pools->list, pool);
	pools->last = pool;
}

static void
on_pool(const ProtobufCMessage *msg, void *arg)
{
	const Ipc__CtlPoolPage *page = (const Ipc__CtlPoolPage *)msg;
	struct pools *pools = arg;

	if (page->name[0] != '\0')
		add_pool(pools, page);
	if (pools->last == NULL || !pools->named)
		return;
	add_addresses(pools->last, "available_addresses", page->available, page->n_available);
	add_addresses(pools->last, "in_use_addresses", page->used, page->n_used);
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static long long
number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* "255.255.255.0", or the number for IPv6. */
static void
mask_text(const json_t *pool, char out[IP_STR_MAX])
{
	unsigned len = (unsigned)number_of(pool, "prefix_len");
	struct ip_addr mask = {.family = 4};

	if (strchr(text_of(pool, "begin"), ':') != NULL || len > 32) {
		snprintf(out, IP_STR_MAX, "/%u", len);
		return;
	}
	for (unsigned i = 0; i < len; i++)
		mask.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	ip_str(&mask, out);
}

static void
print_addresses(const char *heading, const json_t *list)
{
	size_t i;
	json_t *item;

	printf("\n%s:\n", heading);
	json_array_foreach(list, i, item)
	    puts(json_string_value(item) != NULL ? json_string_value(item) : "");
}

static void
print_pool(const json_t *pool, bool named)
{
	int width = strchr(text_of(pool, "begin"), ':') != NULL ? 40 : 16;
	char mask[IP_STR_MAX];

	mask_text(pool, mask);
	if (!named)
		printf("%-16s", text_of(pool, "name"));
	printf("%-*s%-*s%-16s%5lld%9lld%9lld\n", width, text_of(pool, "begin"), width,
	    text_of(pool, "end"), mask, number_of(pool, "free"), number_of(pool, "held"),
	    number_of(pool, "in_use"));
	if (!named)
		return;
	print_addresses("Available Addresses", json_object_get(pool, "available_addresses"));
	print_addresses("In Use Addresses", json_object_get(pool, "in_use_addresses"));
}

static void
print_pools(const struct pools *pools, bool ipv6)
{
	int width = ipv6 ? 40 : 16;
	size_t i;
	json_t *pool;

	if (json_array_size(pools->list) == 0) {
		puts("INFO: there are no pools");
		return;
	}
	if (!pools->named)
		printf("%-16s", "Pool");
	printf("%-*s%-*s%-16s%5s%9s%9s\n", width, "Begin", width, "End", "Mask", "Free", "Held",
	    "In use");
	json_array_foreach(pools->list, i, pool) print_pool(pool, pools->named);
}

int
ctl_list_pools(const struct ctl_words_line *line)
{
	Ipc__CtlPool request = IPC__CTL_POOL__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_POOL,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_POOL_PAGE};
	const struct ctl_options *options = line->arg;
	struct pools pools = {.named = line->len > 4, .list = json_array()};

	/* "show ip local pool NAME" */
	if (pools.named)
		request.name = line->words[4];
	request.ipv6 = strcmp(line->words[1], "ipv6") == 0;
	(void)ctl_ask(options->socket, &question, on_pool, &pools, NULL, NULL);
	if (options->json) {
		ctl_ask_print("pools", pools.list);
	} else {
		print_pools(&pools, request.ipv6);
		json_decref(pools.list);
	}
	return 0;
}

/* ---- users who are locked out ---- */

struct lockouts {
	bool locked_only;
	json_t *list; /* NULL: text */
};

static void
json_lockout(json_t *list, const Ipc__CtlLockout *lockout)
{
	json_t *user = json_object();

	ctl_ask_set(user, "username", ctl_ask_text(lockout->username));
	ctl_ask_set(user, "locked", json_boolean(lockout->locked));
	ctl_ask_set(user, "failed_attempts", json_integer(lockout->failed));
	ctl_ask_set(user, "lock_time", json_integer(lockout->since));
	ctl_ask_append(list, user);
}

static void
on_lockout(const ProtobufCMessage *msg, void *arg)
{
	const Ipc__CtlLockout *lockout = (const Ipc__CtlLockout *)msg;
	struct lockouts *lockouts = arg;
	char name[NAME_SIZE], when[32] = "-";
	time_t since = (time_t)lockout->since;
	struct tm tm;

	if (lockouts->locked_only && !lockout->locked)
		return;
	if (lockouts->list != NULL) {
		json_lockout(lockouts->list, lockout);
		return;
	}
	if (lockout->locked && localtime_r(&since, &tm) != NULL)
		strftime(when, sizeof(when), "%H:%M:%S %b %d", &tm);
	str_printable(name, sizeof(name), lockout->username);
	printf("%16s %16" PRIu32 "       %c     %s\n", when, lockout->failed,
	    lockout->locked ? 'Y' : 'N', name);
}

int
ctl_list_lockouts(const struct ctl_words_line *line)
{
	Ipc__CtlLockouts request = IPC__CTL_LOCKOUTS__INIT;
	const struct ctl_question question = {.type = IPC__MSG_TYPE__MSG_CTL_LOCKOUTS,
	    .request = &request.base,
	    .answer = IPC__MSG_TYPE__MSG_CTL_LOCKOUT};
	const struct ctl_options *options = line->arg;
	struct lockouts lockouts = {.locked_only = line->len > 4};

	if (options->json)
		lockouts.list = json_array();
	else
		puts("       Lock-time  Failed-attempts  Locked  User");
	(void)ctl_ask(options->socket, &question, on_lockout, &lockouts, NULL, NULL);
	if (options->json)
		ctl_ask_print("local_users", lockouts.list);
	return 0;
}
