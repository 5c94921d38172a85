/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz the reading of a certificate's names, DER or PEM. What is read is text without NUL, in
 * UTF-8, within its limits, and gets through a message and a certificate map unharmed.
 */
/* For coverage.sh: common/cert.c */
#include <stdlib.h>
#include <string.h>

#include "common/cert.h"
#include "common/str.h"
#include "conf/certmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text, size_t max)
{
	if (strlen(text) > max)
		abort();
	while (*text != '\0') {
		uint32_t code;
		size_t len = str_utf8(text, &code);

		if (len == 0)
			abort();
		text += len;
	}
}

static void
check_attrs(Ipc__CertAttr *const *attrs, size_t len)
{
	if (len > 64)
		abort();
	for (size_t i = 0; i < len; i++) {
		check_text(attrs[i]->tag, 127);
		check_text(attrs[i]->value, 1024);
		if (attrs[i]->tag[0] == '\0')
			abort();
	}
}

static void
check_maps(const Ipc__CertNames *names)
{
	static const char *const criteria[] = {"subject-name attr cn eq jane",
	    "subject-name co ou=staff", "issuer-name attr o co corp", "alt-subject-name nc @",
	    "extended-key-usage co clientauth"};

	for (size_t i = 0; i < ARRAY_LEN(criteria); i++) {
		struct certmap_criterion criterion;

		if (certmap_parse(criteria[i], &criterion) != ERR_OK)
			abort();
		(void)certmap_holds(&criterion, names);
	}
}

/* As it goes from pki to auth. */
static void
check_message(const Ipc__CertNames *names)
{
	size_t len = ipc__cert_names__get_packed_size(names);
	uint8_t *bytes = malloc(len + 1);

	if (bytes == NULL || ipc__cert_names__pack(names, bytes) != len)
		abort();
	Ipc__CertNames *again = ipc__cert_names__unpack(NULL, len, bytes);
	if (again == NULL || strcmp(again->subject_name, names->subject_name) != 0 ||
	    again->n_subject != names->n_subject)
		abort();
	ipc__cert_names__free_unpacked(again, NULL);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Ipc__CertNames *names = NULL;

	if (cert_names_read_file(data, size, &names) != ERR_OK) {
		if (names != NULL)
			abort();
		return 0;
	}
	check_attrs(names->subject, names->n_subject);
	check_attrs(names->issuer, names->n_issuer);
	check_text(names->subject_name, 16384);
	check_text(names->issuer_name, 16384);
	check_text(names->serial, 128);
	for (size_t i = 0; i < names->n_alt_subject_name; i++)
		check_text(names->alt_subject_name[i], 1024);
	for (size_t i = 0; i < names->n_extended_key_usage; i++)
		check_text(names->extended_key_usage[i], 127);
	check_maps(names);
	check_message(names);
	ipc__cert_names__free_unpacked(names, NULL);
	return 0;
}
