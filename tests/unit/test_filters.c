/* SPDX-License-Identifier: Apache-2.0 */
/* Filters: who keeps them, what workers are told and when, how hits are counted and listed. */
#include <stdio.h>

#include "tests/unit/conf_help.h"

#include "auth/filters.h"
#include "common/ipc.h"
#include "conf/acl.h"

#define WORKERS 3
#define GOT_MAX 16

/* What was sent. */
struct got {
	unsigned worker;
	Ipc__MsgType type;
	uint64_t filter;
	size_t entries;
	bool last;
	char name[16];
};

struct wire {
	struct got got[GOT_MAX];
	size_t len;
	size_t refuse_at; /* calls until one fails; SIZE_MAX: none does */
	struct buf first; /* the first piece, packed */
};

static enum err
on_send(unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg, void *arg)
{
	struct wire *wire = arg;

	if (wire->refuse_at != SIZE_MAX && wire->refuse_at-- == 0)
		return ERR_LIMIT;
	assert_true(wire->len < GOT_MAX);
	assert_true(protobuf_c_message_get_packed_size(msg) < IPC_MSG_MAX * 3 / 4);
	struct got *got = &wire->got[wire->len++];
	*got = (struct got){.worker = worker, .type = type};
	if (type == IPC__MSG_TYPE__MSG_FILTER_FORGET) {
		got->filter = ((const Ipc__FilterForget *)msg)->filter;
		return ERR_OK;
	}
	assert_int_equal(type, IPC__MSG_TYPE__MSG_FILTER_ADD);
	const Ipc__FilterAdd *add = (const Ipc__FilterAdd *)msg;
	got->filter = add->filter;
	got->entries = add->n_entry;
	got->last = add->last;
	snprintf(got->name, sizeof(got->name), "%s", add->name);
	if (wire->first.len == 0) {
		uint8_t *p = buf_reserve(&wire->first, protobuf_c_message_get_packed_size(msg));

		buf_added(&wire->first, protobuf_c_message_pack(msg, p));
	}
	return ERR_OK;
}

static struct filters *
start(struct wire *wire)
{
	struct filters_config config = {.workers = WORKERS, .send = on_send, .arg = wire};
	struct filters *filters = filters_new(&config);

	assert_non_null(filters);
	*wire = (struct wire){.refuse_at = SIZE_MAX};
	buf_init(&wire->first, IPC_MSG_MAX);
	return filters;
}

static void
stop(struct filters *filters, struct wire *wire)
{
	filters_free(filters);
	buf_fini(&wire->first);
}

#define HEAD                                                                                       \
	"ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; } );\n"
#define POLICY "group-policies = ( { name = \"Staff\"; attributes = { vpn-filter = \"F\"; }; } );\n"
#define LIST_F                                                                                     \
	"{ name = \"F\"; type = \"extended\"; rules = [ \"remark web\", \"permit tcp any host "    \
	"10.1.1.1 neq 443\", \"deny ip any any log\" ]; }"
#define LIST_G                                                                                     \
	"{ name = \"G\"; type = \"extended\"; rules = [ \"permit icmp any host 10.1.1.1 echo\" "   \
	"]; }"
#define CONF_F HEAD POLICY "access-lists = ( " LIST_F ", " LIST_G " );\n"

static struct conf *
load(const char *text)
{
	return help_load_fine("group-policies.conf", text);
}

static uint64_t
hold(struct filters *filters, struct conf *conf, const char *name)
{
	uint64_t id;

	assert_int_equal(filters_hold(filters, conf, name, &id), ERR_OK);
	return id;
}

static void
sent_once_to_each_worker(void **state)
{
	struct conf *conf = load(CONF_F);
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	assert_int_equal(filters_prepare(filters, conf), ERR_OK);
	filters_use(filters, conf);
	assert_int_equal(wire.len, 0);
	uint64_t id = hold(filters, conf, "F");
	assert_int_not_equal(id, 0);
	assert_int_equal(filters_send(filters, 1, id), ERR_OK);
	assert_int_equal(wire.len, 1);
	assert_int_equal(wire.got[0].worker, 1);
	assert_int_equal(wire.got[0].filter, id);
	assert_int_equal(wire.got[0].entries, 3);
	assert_true(wire.got[0].last);
	assert_string_equal(wire.got[0].name, "F");
	assert_int_equal(filters_send(filters, 1, id), ERR_OK);
	assert_int_equal(wire.len, 1);
	assert_int_equal(filters_send(filters, 2, id), ERR_OK);
	assert_int_equal(wire.len, 2);
	filters_worker_gone(filters, 1);
	assert_int_equal(filters_send(filters, 2, id), ERR_OK);
	assert_int_equal(wire.len, 2);
	assert_int_equal(filters_send(filters, 1, id), ERR_OK);
	assert_int_equal(wire.len, 3);
	/* No filter, no worker, no such filter. */
	assert_int_equal(filters_send(filters, 1, 0), ERR_OK);
	assert_int_equal(filters_send(filters, WORKERS, id), ERR_NOTFOUND);
	assert_int_equal(filters_send(filters, 1, id + 1), ERR_NOTFOUND);
	filters_worker_gone(filters, WORKERS);
	assert_int_equal(wire.len, 3);
	stop(filters, &wire);
	conf_unref(conf);
}

static void
entries_arrive_as_they_are(void **state)
{
	struct conf *conf = load(CONF_F);
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	uint64_t f = hold(filters, conf, "F");
	assert_int_equal(filters_send(filters, 0, f), ERR_OK);
	Ipc__FilterAdd *add = ipc__filter_add__unpack(NULL, wire.first.len, wire.first.data);
	assert_non_null(add);
	assert_int_equal(add->n_entry, 3);
	const Ipc__FilterEntry *entry = add->entry[1];
	assert_true(entry->permit);
	assert_false(entry->log);
	assert_int_equal(entry->line, 2);
	assert_int_equal(entry->proto, 6);
	assert_int_equal(entry->icmp_type, -1);
	assert_int_equal(entry->src_first.len, 0);
	assert_int_equal(entry->src_last.len, 0);
	assert_int_equal(entry->dst_first.len, 4);
	assert_memory_equal(entry->dst_first.data, "\x0a\x01\x01\x01", 4);
	assert_memory_equal(entry->dst_last.data, "\x0a\x01\x01\x01", 4);
	assert_int_equal(entry->src_port_first, 0);
	assert_int_equal(entry->src_port_last, 65535);
	assert_int_equal(entry->dst_port_first, 444);
	assert_int_equal(entry->dst_port_last, 65535);
	entry = add->entry[2];
	assert_false(entry->permit);
	assert_true(entry->log);
	assert_int_equal(entry->line, 3);
	assert_int_equal(entry->proto, -1);
	ipc__filter_add__free_unpacked(add, NULL);
	stop(filters, &wire);
	conf_unref(conf);
}

/* A list of so many rules. */
static struct conf *
load_big(unsigned rules)
{
	struct buf text;

	buf_init(&text, 1 << 22);
	buf_puts(
	    &text, HEAD POLICY "access-lists = ( { name = \"F\"; type = \"extended\"; rules = [ ");
	for (unsigned i = 0; i < rules; i++)
		buf_printf(&text,
		    "%s\"permit udp 2001:db8:%x::/48 range 1000 2000 2001:db8:ff:%x::/64 range "
		    "10000 20000 log\"",
		    i > 0 ? ", " : "", i & 0xff, i);
	buf_puts(&text, " ]; } );\n");
	struct conf *conf = load(buf_cstr(&text));
	buf_fini(&text);
	return conf;
}

static void
pieces_and_a_full_queue(void **state)
{
	struct conf *conf = load_big(2000);
	struct wire wire;
	struct filters *filters = start(&wire);
	size_t sum = 0;

	(void)state;
	filters_use(filters, conf);
	uint64_t id = hold(filters, conf, "F");
	wire.refuse_at = 2;
	assert_int_equal(filters_send(filters, 0, id), ERR_LIMIT);
	assert_int_equal(wire.len, 2);
	wire.refuse_at = SIZE_MAX;
	/* It goes on where it stood. */
	assert_int_equal(filters_send(filters, 0, id), ERR_OK);
	assert_int_equal(filters_send(filters, 0, id), ERR_OK);
	assert_true(wire.len >= 4);
	for (size_t i = 0; i < wire.len; i++) {
		assert_int_equal(wire.got[i].last, i + 1 == wire.len);
		sum += wire.got[i].entries;
	}
	assert_int_equal(sum, 2000);
	stop(filters, &wire);
	conf_unref(conf);
}

/* Half sent, the worker gone: from the beginning. */
static void
a_broken_channel_starts_again(void **state)
{
	struct conf *conf = load_big(1000);
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	uint64_t id = hold(filters, conf, "F");
	wire.refuse_at = 1;
	assert_int_equal(filters_send(filters, 0, id), ERR_LIMIT);
	filters_worker_gone(filters, 0);
	wire.refuse_at = SIZE_MAX;
	wire.len = 0;
	assert_int_equal(filters_send(filters, 0, id), ERR_OK);
	assert_int_equal(wire.got[0].entries + wire.got[1].entries, 1000);
	assert_true(wire.got[1].last);
	stop(filters, &wire);
	conf_unref(conf);
}

static void
an_empty_list_is_a_filter(void **state)
{
	struct conf *conf = load(HEAD POLICY
	    "access-lists = ( { name = \"F\"; type = \"extended\"; rules = [ \"remark x\" ]; } );");
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	uint64_t id = hold(filters, conf, "F");
	assert_int_not_equal(id, 0);
	assert_int_equal(filters_send(filters, 0, id), ERR_OK);
	assert_int_equal(wire.len, 1);
	assert_int_equal(wire.got[0].entries, 0);
	assert_true(wire.got[0].last);
	stop(filters, &wire);
	conf_unref(conf);
}

#define OTHER_F                                                                                    \
	"{ name = \"F\"; type = \"extended\"; rules = [ \"deny tcp any host 10.1.1.1 eq 22\" ]; }"

static void
a_reload_keeps_what_is_held(void **state)
{
	struct conf *one = load(CONF_F);
	struct conf *two = load(HEAD POLICY "access-lists = ( " OTHER_F " );\n");
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	assert_int_equal(filters_prepare(filters, one), ERR_OK);
	filters_use(filters, one);
	uint64_t old = hold(filters, one, "F");
	assert_int_equal(filters_send(filters, 0, old), ERR_OK);
	assert_int_equal(filters_prepare(filters, two), ERR_OK);
	filters_use(filters, two);
	uint64_t new = hold(filters, two, "F");
	assert_int_not_equal(old, new);
	/* Another session of the old configuration. */
	assert_int_equal(hold(filters, one, "F"), old);
	wire.len = 0;
	filters_release(filters, old);
	assert_int_equal(filters_send(filters, 1, old), ERR_OK);
	assert_int_equal(wire.len, 1);
	filters_release(filters, old);
	/* The last one: both workers that have it forget it. */
	assert_int_equal(wire.len, 3);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(wire.got[i].worker, i - 1);
		assert_int_equal(wire.got[i].type, IPC__MSG_TYPE__MSG_FILTER_FORGET);
		assert_int_equal(wire.got[i].filter, old);
	}
	assert_int_equal(filters_send(filters, 0, old), ERR_NOTFOUND);
	/* That of the configuration in force stays without sessions. */
	assert_int_equal(filters_send(filters, 0, new), ERR_OK);
	filters_release(filters, new);
	assert_int_equal(filters_send(filters, 1, new), ERR_OK);
	filters_release(filters, new);
	filters_release(filters, 0);
	filters_release(filters, 12345);
	assert_int_equal(filters_send(filters, 2, new), ERR_OK);
	stop(filters, &wire);
	conf_unref(one);
	conf_unref(two);
}

static void
the_same_content_is_the_same_filter(void **state)
{
	struct conf *one = load(CONF_F), *two = load(CONF_F "# changed\n");
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	filters_use(filters, one);
	uint64_t id = hold(filters, one, "F");
	assert_int_equal(filters_send(filters, 0, id), ERR_OK);
	assert_int_equal(filters_prepare(filters, two), ERR_OK);
	filters_use(filters, two);
	assert_int_equal(hold(filters, two, "F"), id);
	assert_int_equal(filters_send(filters, 0, id), ERR_OK);
	assert_int_equal(wire.len, 1);
	stop(filters, &wire);
	conf_unref(one);
	conf_unref(two);
}

/* Each counts its own hits. */
static void
other_names_are_other_filters(void **state)
{
	struct conf *conf = load(HEAD POLICY "access-lists = ( " OTHER_F
					     ", { name = \"G\"; type = \"extended\"; rules = [ "
					     "\"deny tcp any host 10.1.1.1 eq 22\" ]; } );\n");
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	assert_int_not_equal(hold(filters, conf, "F"), hold(filters, conf, "G"));
	stop(filters, &wire);
	conf_unref(conf);
}

static void
what_was_prepared_may_be_dropped(void **state)
{
	struct conf *one = load(CONF_F);
	struct conf *two = load(HEAD POLICY "access-lists = ( " OTHER_F " );\n");
	struct wire wire;
	struct filters *filters = start(&wire);
	struct filters_listing *listing;
	Ipc__CtlRule rule;

	(void)state;
	assert_int_equal(filters_prepare(filters, one), ERR_OK);
	filters_use(filters, one);
	assert_int_equal(filters_prepare(filters, two), ERR_OK);
	filters_use(filters, one);
	assert_int_equal(filters_listing_new(filters, one, "", &listing), ERR_OK);
	for (unsigned i = 1; i <= 3; i++) {
		assert_true(filters_listing_next(listing, &rule));
		assert_int_equal(rule.line, i);
		assert_false(rule.former);
	}
	assert_false(filters_listing_next(listing, &rule));
	filters_listing_free(listing);
	stop(filters, &wire);
	conf_unref(one);
	conf_unref(two);
}

static void
lists_that_do_not_exist(void **state)
{
	struct conf *conf = load(CONF_F);
	struct wire wire;
	struct filters *filters = start(&wire);
	uint64_t id = 7;

	(void)state;
	assert_int_equal(filters_hold(filters, conf, "nobody", &id), ERR_NOTFOUND);
	assert_int_equal(id, 0);
	assert_int_equal(filters_hold(filters, conf, NULL, &id), ERR_OK);
	assert_int_equal(id, 0);
	stop(filters, &wire);
	conf_unref(conf);
}

static void
policies_say_which(void **state)
{
	static const struct {
		const char *attributes;
		const char *name4, *name6;
	} cases[] = {
	    {"", NULL, NULL},
	    {"vpn-filter = \"F\";", "F", "F"},
	    {"vpn-filter = \"none\";", NULL, NULL},
	    {"vpn-filter = \"F\"; ipv6-vpn-filter = \"G\";", "F", "G"},
	    {"vpn-filter = \"F\"; ipv6-vpn-filter = \"none\";", "F", NULL},
	    {"ipv6-vpn-filter = \"G\";", NULL, "G"},
	    {"vpn-filter = \"none\"; ipv6-vpn-filter = \"G\";", NULL, "G"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[2048];
		struct wire wire;
		struct filters *filters = start(&wire);
		struct inherit inherit;
		uint64_t id4, id6;

		snprintf(text, sizeof(text),
		    HEAD "group-policies = ( { name = \"Staff\"; attributes = { %s }; } );\n"
			 "access-lists = ( " LIST_F ", " LIST_G " );\n",
		    cases[i].attributes);
		struct conf *conf = load(text);
		inherit_merge(conf, conf_find(conf, CONF_TUNNEL_GROUP, "Staff"),
		    conf_find(conf, CONF_USERNAME, "alice"), NULL, &inherit);
		assert_int_equal(filters_hold_policy(filters, conf, &inherit, &id4, &id6), ERR_OK);
		assert_int_equal(id4, hold(filters, conf, cases[i].name4));
		assert_int_equal(id6, hold(filters, conf, cases[i].name6));
		stop(filters, &wire);
		conf_unref(conf);
	}
}

/* ---- hits ---- */

static void
report(struct filters *filters, uint64_t id, size_t lines, uint32_t *line, size_t counts,
    uint64_t *hits)
{
	Ipc__FilterHits msg = IPC__FILTER_HITS__INIT;

	msg.filter = id;
	msg.n_line = lines;
	msg.line = line;
	msg.n_hits = counts;
	msg.hits = hits;
	filters_hits(filters, &msg);
}

/* Hits of the rules of a list as shown. */
static void
expect_hits(
    struct filters *filters, struct conf *conf, const char *name, const uint64_t *hits, size_t len)
{
	struct filters_listing *listing;
	Ipc__CtlRule rule;

	assert_int_equal(filters_listing_new(filters, conf, name, &listing), ERR_OK);
	for (size_t i = 0; i < len; i++) {
		assert_true(filters_listing_next(listing, &rule));
		assert_string_equal(rule.access_list, name);
		assert_int_equal(rule.line, i + 1);
		assert_true(rule.hits == hits[i]);
	}
	assert_false(filters_listing_next(listing, &rule));
	filters_listing_free(listing);
}

static void
hits_are_summed(void **state)
{
	struct conf *conf = load(CONF_F);
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	filters_use(filters, conf);
	uint64_t id = hold(filters, conf, "F");
	report(filters, id, 2, (uint32_t[]){2, 3}, 2, (uint64_t[]){5, 7});
	report(filters, id, 1, (uint32_t[]){3}, 1, (uint64_t[]){100});
	expect_hits(filters, conf, "F", (uint64_t[]){0, 5, 107}, 3);
	/* Nonsense changes nothing. */
	report(filters, id + 1, 1, (uint32_t[]){2}, 1, (uint64_t[]){1});
	report(filters, 0, 1, (uint32_t[]){2}, 1, (uint64_t[]){1});
	report(filters, id, 1, (uint32_t[]){0}, 1, (uint64_t[]){1});
	report(filters, id, 1, (uint32_t[]){4}, 1, (uint64_t[]){1});
	report(filters, id, 1, (uint32_t[]){UINT32_MAX}, 1, (uint64_t[]){1});
	report(filters, id, 2, (uint32_t[]){2, 3}, 1, (uint64_t[]){1});
	report(filters, id, 0, NULL, 0, NULL);
	expect_hits(filters, conf, "F", (uint64_t[]){0, 5, 107}, 3);
	report(filters, id, 1, (uint32_t[]){2}, 1, (uint64_t[]){UINT64_MAX - 2});
	expect_hits(filters, conf, "F", (uint64_t[]){0, UINT64_MAX, 107}, 3);
	stop(filters, &wire);
	conf_unref(conf);
}

/* Hits outlive a reload that does not touch the list, and lines may grow by what gives no entry. */
static void
hits_over_a_reload(void **state)
{
	struct conf *one = load(CONF_F);
	struct conf *two = load(HEAD POLICY
	    "access-lists = ( { name = \"F\"; type = \"extended\"; rules = [ \"remark other\", "
	    "\"permit tcp any host 10.1.1.1 neq 443\", \"deny ip any any log\", \"remark end\" ]; "
	    "} );\n");
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	filters_use(filters, one);
	uint64_t id = hold(filters, one, "F");
	report(filters, id, 1, (uint32_t[]){3}, 1, (uint64_t[]){9});
	assert_int_equal(filters_prepare(filters, two), ERR_OK);
	filters_use(filters, two);
	report(filters, id, 2, (uint32_t[]){3, 4}, 2, (uint64_t[]){1, 2});
	expect_hits(filters, two, "F", (uint64_t[]){0, 0, 10, 2}, 4);
	stop(filters, &wire);
	conf_unref(one);
	conf_unref(two);
}

/* ---- listing ---- */

static void
expect_listing(struct filters *filters, struct conf *conf, const char *name, const char *expected)
{
	struct filters_listing *listing;
	Ipc__CtlRule rule;
	struct buf out;

	buf_init(&out, 4096);
	enum err err = filters_listing_new(filters, conf, name, &listing);
	if (err != ERR_OK)
		buf_puts(&out, err_str(err));
	while (err == ERR_OK && filters_listing_next(listing, &rule)) {
		/* One that could not be sent comes again. */
		filters_listing_back(listing);
		assert_true(filters_listing_next(listing, &rule));
		buf_printf(&out, "%s%s %u %s \"%s\" %u;", rule.former ? "former " : "",
		    rule.access_list, rule.line, rule.type, rule.text, rule.entries);
	}
	filters_listing_free(listing);
	assert_string_equal(buf_cstr(&out), expected);
	buf_fini(&out);
}

#define SHOWN_F                                                                                    \
	"F 1 extended \"remark web\" 3;F 2 extended \"permit tcp any host 10.1.1.1 neq 443\" 3;"   \
	"F 3 extended \"deny ip any any log\" 3;"
#define SHOWN_G "G 1 extended \"permit icmp any host 10.1.1.1 echo\" 1;"

static void
what_is_listed(void **state)
{
	struct conf *one = load(CONF_F);
	struct conf *two = load(HEAD POLICY "access-lists = ( " OTHER_F
					    ", { name = \"S\"; rules = [ \"permit any\" ]; } );\n");
	struct wire wire;
	struct filters *filters = start(&wire);

	(void)state;
	assert_int_equal(filters_prepare(filters, one), ERR_OK);
	filters_use(filters, one);
	expect_listing(filters, one, "", SHOWN_F);
	expect_listing(filters, one, "G", SHOWN_G);
	expect_listing(filters, one, "nobody", err_str(ERR_NOTFOUND));
	uint64_t f = hold(filters, one, "F"), g = hold(filters, one, "G");
	expect_listing(filters, one, "", SHOWN_F SHOWN_G);
	assert_int_equal(filters_prepare(filters, two), ERR_OK);
	filters_use(filters, two);
	filters_release(filters, g);
	expect_listing(filters, two, "",
	    "F 1 extended \"deny tcp any host 10.1.1.1 eq 22\" 1;"
	    "former F 1 extended \"remark web\" 3;"
	    "former F 2 extended \"permit tcp any host 10.1.1.1 neq 443\" 3;"
	    "former F 3 extended \"deny ip any any log\" 3;");
	expect_listing(filters, two, "S", "S 1 standard \"permit any\" 1;");
	filters_release(filters, f);
	expect_listing(filters, two, "F", "F 1 extended \"deny tcp any host 10.1.1.1 eq 22\" 1;");
	stop(filters, &wire);
	conf_unref(one);
	conf_unref(two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sent_once_to_each_worker),
	    cmocka_unit_test(entries_arrive_as_they_are),
	    cmocka_unit_test(pieces_and_a_full_queue),
	    cmocka_unit_test(a_broken_channel_starts_again),
	    cmocka_unit_test(an_empty_list_is_a_filter),
	    cmocka_unit_test(a_reload_keeps_what_is_held),
	    cmocka_unit_test(the_same_content_is_the_same_filter),
	    cmocka_unit_test(other_names_are_other_filters),
	    cmocka_unit_test(what_was_prepared_may_be_dropped),
	    cmocka_unit_test(lists_that_do_not_exist),
	    cmocka_unit_test(policies_say_which),
	    cmocka_unit_test(hits_are_summed),
	    cmocka_unit_test(hits_over_a_reload),
	    cmocka_unit_test(what_is_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
