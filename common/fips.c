/* SPDX-License-Identifier: Apache-2.0 */
/* The provider is known by what it gives: one that is active and gives nothing counts as none. */
#include "common/fips.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

bool
fips_is_there(void)
{
	EVP_CIPHER *cipher = NULL;
	bool ok = OSSL_PROVIDER_available(NULL, "fips") == 1;

	if (ok)
		cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", "provider=fips,fips=yes");
	ok = cipher != NULL;
	EVP_CIPHER_free(cipher);
	ERR_clear_error();
	return ok;
}

enum err
fips_only(void)
{
	if (!fips_is_there() || EVP_default_properties_enable_fips(NULL, 1) != 1)
		return ERR_NOTFOUND;
	return ERR_OK;
}
