/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate as text, in the layout of the ASA's "show crypto ca certificates" (asa.md 4). */
#ifndef COMMON_CERT_TEXT_H
#define COMMON_CERT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

struct x509_st;

/*
 * Append the block of one certificate, lines; trustpoints: names with a blank between. What the
 * certificate says is hostile: names and URLs are written printable, as many as fit a screen.
 * ERR_SYNTAX: its names are no text; ERR_LIMIT; ERR_NOMEM; *out has a part of it then.
 */
enum err cert_text_write(
    struct buf *out, struct x509_st *cert, bool is_identity, const char *trustpoints) MUST_USE;
/* Append only "Subject Name" and "Serial Number", as "show crypto ca trustpoints" has them. */
enum err cert_text_write_short(struct buf *out, struct x509_st *cert) MUST_USE;
/* A moment as the ASA writes it: "15:40:28 UTC Sep 30 2017". dst_size >= 64. */
void cert_text_time(char *dst, size_t dst_size, int64_t seconds);

#endif
