/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz pki/verdict.c: a chain as hostile as a client can send it (pieces of 2 bytes of length and
 * so many of DER), judged against a CA whose key nobody has. Nothing may be believed but a leaf of
 * it, which an empty piece stands for.
 */
/* For coverage.sh: pki/verdict.c:decode,find_,build_path,strong_path,verdict_judge,verdict_fini */
#include "tests/unit/verdict_help.h"

#include "pki/verdict.h"

#define PIECES_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct made leaf;

static struct verdict_book *
book_once(void)
{
	static struct verdict_book *book;
	struct made ca;

	if (book != NULL)
		return book;
	book = verdict_book_new();
	ca = made_new(&(struct order){.name = "Test CA", .ca = true});
	if (book == NULL || verdict_book_add(book, ca.cert, "CA", NULL) != ERR_OK)
		abort();
	leaf = made_new(&(struct order){.name = "alice", .by = &ca, .usage = "clientAuth"});
	made_free(&ca);
	return book;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ProtobufCBinaryData chain[PIECES_MAX];
	struct verdict_book *book = book_once();
	struct verdict verdict;
	unsigned char *der = NULL;
	int der_len = i2d_X509(leaf.cert, &der);
	size_t len = 0;
	bool real;

	if (der_len <= 0)
		abort();
	while (size >= 2 && len < PIECES_MAX) {
		size_t n = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		if (n > size)
			n = size;
		chain[len++] = (ProtobufCBinaryData){n, (uint8_t *)(uintptr_t)data};
		data += n;
		size -= n;
	}
	real = len > 0 && chain[0].len == 0;
	for (size_t i = 0; i < len; i++)
		if (chain[i].len == 0)
			chain[i] = (ProtobufCBinaryData){(size_t)der_len, der};
	verdict_judge(book, chain, len, &verdict);
	if ((verdict.ok && !real) || verdict.ok != (verdict.reason[0] == '\0'))
		abort();
	OPENSSL_free(der);
	verdict_fini(&verdict);
	return 0;
}
