/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/asset.c: every URL that the downloader is known to ask for (protocol.md 1.3), and nothing
 * else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "gateway/asset.h"

static void
test_known(UNUSED void **state)
{
	static const struct {
		const char *path, *contains;
	} rows[] = {
	    {"/VPNManifest.xml", "<vpn rev=\"1.0\">"},
	    {"/1/VPNManifest.xml", "<vpn rev=\"1.0\">"},
	    {"/CACHE/stc/1/VPNManifest.xml", "<vpn rev=\"1.0\">"},
	    {"/CACHE/stc/VPNManifest.xml", "<vpn rev=\"1.0\">"},
	    {"/CACHE/stc/1/binaries/anything.xml", "<vpn rev=\"1.0\">"},
	    {"/1/binaries/update.txt", "0,0,0000\n"},
	    {"/CACHE/stc/1/binaries/update.txt", "0,0,0000\n"},
	    {"/1/binaries/vpndownloader.sh", "exit 0"},
	    {"/1/index.html", "<html></html>"},
	    {"/1/Linux", "<html></html>"},
	    {"/1/Linux_64", "<html></html>"},
	    {"/1/Windows", "<html></html>"},
	    {"/1/Windows_ARM64", "<html></html>"},
	    {"/1/Darwin_i386", "<html></html>"},
	    {"/CACHE/stc/1/Darwin_i386", "<html></html>"},
	    {"/+CSCOT+/translation-table", "<vpn rev=\"1.0\">"},
	    {"/+CSCOT+/oem-customization", "<vpn rev=\"1.0\">"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct asset *asset = asset_find(rows[i].path);

		if (asset == NULL || strstr(asset->body, rows[i].contains) == NULL)
			fail_msg("%s: expected an answer with %s, got %s", rows[i].path,
			    rows[i].contains, asset != NULL ? asset->body : "none");
		assert_non_null(asset->content_type);
	}
}

static void
test_unknown(UNUSED void **state)
{
	static const char *const rows[] = {"", "/", "/1", "/1/", "/1/Linux_65", "/CACHE/stc",
	    "/CACHE/stc/", "/CACHE/stcx/1/Linux", "/+CSCOE+/logon.html", "1/Linux",
	    "/CACHE/stc/CACHE/stc/1/Linux", "/1/linux"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (asset_find(rows[i]) != NULL)
			fail_msg("%s: expected no answer, got one", rows[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
