/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz the small texts of tunnel-group resolution. The first byte says what the rest is: a
 * criterion of a certificate map, a periodic or absolute time range, a login (URL, host, path,
 * alias and user name, each on a line of its own) at a fixed configuration.
 */
/* For coverage.sh: conf/certmap.c:-certmap_matches,certmap_finds
 * conf/time_range.c:-absolute_holds,periodic_holds,time_range_holds */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "conf/certmap.h"
#include "conf/resolve.h"
#include "conf/slice.h"
#include "conf/time_range.h"
#include "conf/username.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES 5

static const struct {
	enum texts_type type;
	const char *name, *text;
} files[] = {
    {TEXTS_CONF, "gateway.conf", "listeners = ( { address = \"::\"; } ); tun = { };"},
    {TEXTS_CONF, "tunnel-groups.conf",
	"webvpn = { tunnel-group-list = true; certificate-group-map = (\n"
	"  { map = \"M\"; sequence = 1; tunnel-group = \"B\"; } ); };\n"
	"group-delimiter = \"#\";\n"
	"certificate-maps = ( { name = \"M\"; sequence = 1;\n"
	"  criteria = \"subject-name attr cn eq nobody\"; } );\n"
	"tunnel-groups = ( { name = \"A\"; general-attributes = { strip-realm = true;\n"
	"    strip-group = true; }; webvpn-attributes = { group-alias = ( { name = \"a b\"; } );\n"
	"    group-url = ( { url = \"https://gw/a\"; }, { url = \"https://[2001:db8::1]:8443/\"; } "
	"); }; },\n"
	"  { name = \"B\"; webvpn-attributes = { group-alias = ( { name = \"off\"; enable = false; "
	"} ); }; } );"},
    {TEXTS_CONF, "group-policies.conf", "group-policies = ( );"},
};

static bool
wants_all(UNUSED const struct text *text, UNUSED void *arg)
{
	return true;
}

/* Made once, kept to the end. */
static const struct conf *
fixed_conf(void)
{
	static struct conf *conf;
	struct texts texts = {0};
	struct conf_errors errors;
	struct buf slice;

	if (conf != NULL)
		return conf;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (texts_add(&texts, files[i].type, files[i].name, files[i].text,
			strlen(files[i].text)) != ERR_OK)
			abort();
	buf_init(&slice, 1 << 20);
	if (slice_pack(&texts, wants_all, NULL, &slice) != ERR_OK)
		abort();
	conf_errors_init(&errors);
	conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		abort();
	conf_errors_fini(&errors);
	buf_fini(&slice);
	texts_fini(&texts);
	return conf;
}

static Ipc__CertAttr attr = {.tag = (char *)"cn", .value = (char *)"Jane, of Corp"};
static Ipc__CertAttr *attrs[] = {&attr};
static char *texts_of[] = {(char *)"jane@corp.example", (char *)"1.3.6.1.5.5.7.3.2"};

static void
fuzz_criterion(const char *text)
{
	Ipc__CertNames names = IPC__CERT_NAMES__INIT;
	struct certmap_criterion criterion, opposite;

	if (certmap_parse(text, &criterion) != ERR_OK)
		return;
	if (criterion.value[0] == '\0' || strlen(criterion.value) >= sizeof(criterion.value))
		abort();
	names.subject = names.issuer = attrs;
	names.n_subject = names.n_issuer = 1;
	names.alt_subject_name = names.extended_key_usage = texts_of;
	names.n_alt_subject_name = names.n_extended_key_usage = 2;
	names.subject_name = names.issuer_name = (char *)"cn=Jane\\, of Corp";
	opposite = criterion;
	opposite.op = (enum certmap_op)(criterion.op ^ 1); /* eq and ne, co and nc */
	if (certmap_holds(&criterion, &names) == certmap_holds(&opposite, &names))
		abort();
}

static void
fuzz_periodic(const char *text)
{
	struct time_periodic out;

	if (time_periodic_parse(text, &out) != ERR_OK)
		return;
	if (out.days > 0x7f || out.start_min < 0 || out.start_min >= 1440 || out.end_min < 0 ||
	    out.end_min >= 1440 || out.start_day < 0 || out.start_day > 6 || out.end_day < 0 ||
	    out.end_day > 6)
		abort();
}

static void
fuzz_absolute(const char *text)
{
	time_t start, end;

	if (time_absolute_parse(text, &start, &end) == ERR_OK && end != -1 && end < start)
		abort();
}

static void
fuzz_login(char *text)
{
	const struct conf *conf = fixed_conf();
	char *line[LINES];
	char name[65];

	for (size_t i = 0; i < LINES; i++) {
		char *end = strchr(text, '\n');

		line[i] = text;
		text = end != NULL ? end + 1 : text + strlen(text);
		if (end != NULL)
			*end = '\0';
	}
	const struct resolve_input input = {
	    .url = line[0], .host = line[1], .path = line[2], .select = line[3]};
	struct resolve_choice choice, again;
	static struct resolve_trace trace;
	resolve_group(conf, &input, &choice, &trace);
	resolve_group(conf, &input, &again, NULL);
	if (choice.group == NULL || choice.group != again.group || choice.rule != again.rule ||
	    trace.len == 0 || !trace.steps[trace.len - 1].matched ||
	    trace.steps[trace.len - 1].rule != choice.rule)
		abort();
	if (username_strip(conf, choice.group, line[4], name, sizeof(name)) == ERR_OK &&
	    (name[0] == '\0' || strncmp(name, line[4], strlen(name)) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0]) {
	case 'c':
		fuzz_criterion(text);
		break;
	case 'p':
		fuzz_periodic(text);
		break;
	case 'a':
		fuzz_absolute(text);
		break;
	default:
		fuzz_login(text);
		break;
	}
	free(text);
	return 0;
}
