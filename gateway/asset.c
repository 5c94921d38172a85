/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the downloader's files. */
#include "gateway/asset.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/attr.h"

/* Secure Client may put the base of complete's base-package-uri in front. */
#define BASE "/CACHE/stc"

static const struct asset no_packages = {"text/xml; charset=utf-8",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<vpn rev=\"1.0\">\n</vpn>\n"};
static const struct asset empty_page = {"text/html; charset=utf-8", "<html></html>\n"};
static const struct asset no_version = {"text/plain; charset=utf-8", "0,0,0000\n"};
static const struct asset no_script = {"application/x-shellscript", "#!/bin/sh\n\nexit 0\n"};

struct row {
	const char *path;
	bool prefix; /* everything below it, too */
	const struct asset *asset;
};

/* The first match counts. */
static const struct row rows[] = {
    {"/VPNManifest.xml", false, &no_packages},
    {"/1/VPNManifest.xml", false, &no_packages},
    {"/1/binaries/update.txt", false, &no_version},
    {"/1/binaries/vpndownloader.sh", false, &no_script},
    {"/1/binaries/", true, &no_packages},
    {"/1/index.html", false, &empty_page},
    {"/1/Linux", false, &empty_page},
    {"/1/Linux_64", false, &empty_page},
    {"/1/Windows", false, &empty_page},
    {"/1/Windows_ARM64", false, &empty_page},
    {"/1/Darwin_i386", false, &empty_page},
    {"/+CSCOT+/translation-table", false, &no_packages},
    {"/+CSCOT+/oem-customization", false, &no_packages},
};

const struct asset *
asset_find(const char *path)
{
	if (strncmp(path, BASE "/", sizeof BASE) == 0)
		path += sizeof BASE - 1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];

		if (strcmp(path, row->path) == 0)
			return row->asset;
		if (row->prefix && strncmp(path, row->path, strlen(row->path)) == 0)
			return row->asset;
	}
	return NULL;
}
