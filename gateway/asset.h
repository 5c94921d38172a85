/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that the AnyConnect downloader wants to see before it lets its user in
 * (protocol.md 1.3): fixed answers that say "no packages here".
 */
#ifndef GATEWAY_ASSET_H
#define GATEWAY_ASSET_H

struct asset {
	const char *content_type;
	const char *body;
};

/* The answer for a path; NULL: no such file. */
const struct asset *asset_find(const char *path);

#endif
