/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-pki: keys and certificates of the trustpoints. Make a key and a request, install the CA's
 * answer, show what there is. See sekisho-pki(8).
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "tools/pki_parts.h"

#define PROGRAM "sekisho-pki"
#define KEY_DEFAULT "rsa:2048"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum {
	OPTION_KEY = 256,
	OPTION_SUBJECT,
	OPTION_DNS,
	OPTION_IP,
	OPTION_RENEW,
	OPTION_CA,
	OPTION_PKCS12,
	OPTION_PASSPHRASE_FILE,
};

static const struct option csr_options[] = {
    {"key", required_argument, NULL, OPTION_KEY},
    {"subject", required_argument, NULL, OPTION_SUBJECT},
    {"dns", required_argument, NULL, OPTION_DNS},
    {"ip", required_argument, NULL, OPTION_IP},
    {"renew", no_argument, NULL, OPTION_RENEW},
    {0},
};

static const struct option import_options[] = {
    {"ca", required_argument, NULL, OPTION_CA},
    {"pkcs12", no_argument, NULL, OPTION_PKCS12},
    {"passphrase-file", required_argument, NULL, OPTION_PASSPHRASE_FILE},
    {0},
};

static const struct option show_options[] = {{0}};

static enum err
run_csr(const struct pki_order *order, struct buf *out, struct buf *notes, struct buf *why)
{
	(void)out;
	return pki_csr(order, notes, why);
}

static enum err
run_import(const struct pki_order *order, struct buf *out, struct buf *notes, struct buf *why)
{
	(void)out;
	return pki_import(order, clock_wall_sec(), notes, why);
}

static enum err
run_show(const struct pki_order *order, struct buf *out, struct buf *notes, struct buf *why)
{
	(void)notes;
	return pki_show(order, out, why);
}

static const struct command {
	const char *name;
	const char *letters;
	const struct option *options;
	int args_min;
	int args_max;
	enum err (*run)(
	    const struct pki_order *order, struct buf *out, struct buf *notes, struct buf *why);
} commands[] = {
    {"csr", "c:o:", csr_options, 1, 1, run_csr},
    {"import", "c:", import_options, 2, 2, run_import},
    {"show", "c:", show_options, 0, 1, run_show},
};

static NORETURN void
usage(int status)
{
	fputs("usage: sekisho-pki csr TRUSTPOINT [-c DIR] [--key TYPE] [--subject SUBJECT]\n"
	      "                       [--dns NAME]... [--ip ADDRESS]... [--renew] [-o FILE]\n"
	      "       sekisho-pki import TRUSTPOINT [-c DIR] [--ca FILE]... [--pkcs12]\n"
	      "                       [--passphrase-file FILE] ANSWER\n"
	      "       sekisho-pki show [-c DIR] [TRUSTPOINT]\n"
	      "       sekisho-pki -V\n"
	      "  -c DIR                  directory of the configuration\n"
	      "  --key TYPE              rsa:2048, rsa:3072, rsa:4096, ec:P-256 or ec:P-384\n"
	      "  --subject SUBJECT       as in \"CN=vpn.example.com,O=Example\"\n"
	      "  --dns NAME, --ip ADDR   what clients connect to\n"
	      "  --renew                 the next key, beside the one in use\n"
	      "  -o FILE                 where to write the request\n"
	      "  --ca FILE               more certificates for the chain\n"
	      "  --pkcs12                the answer is PKCS#12, with the key\n"
	      "  --passphrase-file FILE  its first line is the pass phrase of the PKCS#12\n",
	    status == 0 ? stdout : stderr);
	exit(status);
}

static const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void
add_to(const char *list[PKI_NAMES_MAX], size_t *len)
{
	if (*len == PKI_NAMES_MAX) {
		fprintf(stderr, PROGRAM ": more than %d of them: %s\n", PKI_NAMES_MAX, optarg);
		exit(EXIT_USAGE);
	}
	list[(*len)++] = optarg;
}

static void
take_option(struct pki_order *order, int option)
{
	switch (option) {
	case 'c':
		order->dir = optarg;
		break;
	case 'o':
		order->output = optarg;
		break;
	case OPTION_KEY:
		order->key = optarg;
		break;
	case OPTION_SUBJECT:
		order->subject = optarg;
		break;
	case OPTION_DNS:
		add_to(order->dns, &order->dns_len);
		break;
	case OPTION_IP:
		add_to(order->ip, &order->ip_len);
		break;
	case OPTION_RENEW:
		order->renew = true;
		break;
	case OPTION_CA:
		add_to(order->ca, &order->ca_len);
		break;
	case OPTION_PKCS12:
		order->pkcs12 = true;
		break;
	case OPTION_PASSPHRASE_FILE:
		order->passphrase_file = optarg;
		break;
	default:
		usage(EXIT_USAGE);
	}
}

/* What stands behind the command's name. Does not return if it is wrong. */
static void
parse(const struct command *command, int argc, char **argv, struct pki_order *order)
{
	int option;

	while ((option = getopt_long(argc, argv, command->letters, command->options, NULL)) != -1)
		take_option(order, option);
	int args = argc - optind;
	if (args < command->args_min || args > command->args_max)
		usage(EXIT_USAGE);
	order->trustpoint = args > 0 ? argv[optind] : NULL;
	order->answer = args > 1 ? argv[optind + 1] : NULL;
	if (order->passphrase_file != NULL && !order->pkcs12)
		usage(EXIT_USAGE);
}

/* Line by line, with our name before each that tells of an error. */
static void
print_lines(struct buf *text, const char *before)
{
	const char *p = buf_cstr(text);

	while (*p != '\0') {
		size_t len = strcspn(p, "\n");

		fprintf(stderr, "%s%.*s\n", before, (int)len, p);
		p += len + (p[len] == '\n');
	}
}

static int
run(const struct command *command, const struct pki_order *order)
{
	struct buf out, notes, why;

	buf_init(&out, (size_t)PKI_FILE_MAX * 16);
	buf_init(&notes, PKI_TEXT_MAX);
	buf_init(&why, PKI_TEXT_MAX);
	enum err err = command->run(order, &out, &notes, &why);
	bool written = fputs(buf_cstr(&out), stdout) >= 0 && fflush(stdout) == 0;
	print_lines(&notes, "");
	print_lines(&why, PROGRAM ": ");
	if (!written)
		fputs(PROGRAM ": cannot write to standard output\n", stderr);
	buf_fini(&out);
	buf_fini(&notes);
	buf_fini(&why);
	return err == ERR_OK && written ? 0 : EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct pki_order order = {.dir = SEKISHO_SYSCONFDIR, .key = KEY_DEFAULT};
	const char *name = argc > 1 ? argv[1] : "";
	const struct command *command = command_find(name);

	if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0) {
		puts(PROGRAM " " SEKISHO_VERSION);
		return 0;
	}
	if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
		usage(0);
	if (command == NULL)
		usage(EXIT_USAGE);
	umask(077);
	argv[1] = argv[0]; /* whose name getopt puts before its complaints */
	parse(command, argc - 1, argv + 1, &order);
	return run(command, &order);
}
