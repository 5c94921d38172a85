/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets are sealed and opened by OpenSSL; here are the keys that it uses, and what a ticket of
 * ours carries besides: the certificate that was shown, because a resumed handshake shows none and
 * the answer to a login names it.
 */
#include "gateway/tls_ticket.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/str.h"

#define SHA1_LEN 20

enum err
tls_tickets_init(struct tls_tickets *tickets)
{
	if (RAND_priv_bytes((uint8_t *)&tickets->key[0], sizeof tickets->key[0]) != 1)
		return ERR_CRYPTO;
	tickets->len = 1;
	return ERR_OK;
}

void
tls_tickets_wipe(struct tls_tickets *tickets)
{
	str_wipe(tickets, sizeof *tickets);
}

static bool
is_whole(const Ipc__TicketKey *key)
{
	return key->name.len == TLS_TICKET_NAME_LEN && key->cipher.len == TLS_TICKET_SECRET_LEN &&
	       key->mac.len == TLS_TICKET_SECRET_LEN;
}

static void
take_key(struct tls_ticket_key *dst, Ipc__TicketKey *key)
{
	memcpy(dst->name, key->name.data, sizeof dst->name);
	memcpy(dst->cipher, key->cipher.data, sizeof dst->cipher);
	memcpy(dst->mac, key->mac.data, sizeof dst->mac);
	str_wipe(key->cipher.data, key->cipher.len);
	str_wipe(key->mac.data, key->mac.len);
}

enum err
tls_tickets_take(struct tls_tickets *tickets, Ipc__TicketKeys *msg)
{
	if (msg->n_key == 0 || msg->n_key > TLS_TICKET_KEYS_MAX)
		return ERR_RANGE;
	for (size_t i = 0; i < msg->n_key; i++)
		if (!is_whole(msg->key[i]))
			return ERR_RANGE;
	tls_tickets_wipe(tickets);
	for (size_t i = 0; i < msg->n_key; i++)
		take_key(&tickets->key[i], msg->key[i]);
	tickets->len = msg->n_key;
	return ERR_OK;
}

/* ---- OpenSSL's questions ---- */

static bool
mac_init(EVP_MAC_CTX *mac, struct tls_ticket_key *key)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int
seal(struct tls_ticket_key *key, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac)
{
	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1 ||
	    EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1 ||
	    !mac_init(mac, key))
		return -1;
	memcpy(name, key->name, sizeof key->name);
	return 1;
}

/* 0: a key that is not known (any more), which makes it a full handshake. 2: have it renewed. */
static int
unseal(struct tls_tickets *tickets, const unsigned char *name, const unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	for (size_t i = 0; i < tickets->len; i++) {
		struct tls_ticket_key *key = &tickets->key[i];

		if (memcmp(name, key->name, sizeof key->name) != 0)
			continue;
		if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1 ||
		    !mac_init(mac, key))
			return -1;
		return i == 0 ? 1 : 2;
	}
	return 0;
}

static int
on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
    int is_new)
{
	struct tls_tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	return is_new != 0 ? seal(&tickets->key[0], name, iv, cipher, mac)
			   : unseal(tickets, name, iv, cipher, mac);
}

/* A ticket is about to be made. One that follows on a ticket has in it what that one had. */
static int
on_make(SSL *ssl, void *arg UNUSED)
{
	const X509 *cert = SSL_get_certificate(ssl);
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (SSL_session_reused(ssl) == 1)
		return 1;
	if (cert == NULL || X509_digest(cert, EVP_sha1(), md, &len) != 1)
		return 0;
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), md, len);
}

static bool
cert_sha1(SSL_SESSION *session, uint8_t dst[SHA1_LEN])
{
	void *data = NULL;
	size_t len = 0;

	if (session == NULL || SSL_SESSION_get0_ticket_appdata(session, &data, &len) != 1 ||
	    len != SHA1_LEN)
		return false;
	memcpy(dst, data, SHA1_LEN);
	return true;
}

static SSL_TICKET_RETURN
on_opened(SSL *ssl UNUSED, SSL_SESSION *session, const unsigned char *name UNUSED,
    size_t name_len UNUSED, SSL_TICKET_STATUS status, void *arg UNUSED)
{
	uint8_t sha1[SHA1_LEN];

	switch (status) {
	case SSL_TICKET_SUCCESS:
	case SSL_TICKET_SUCCESS_RENEW:
		if (!cert_sha1(session, sha1))
			return SSL_TICKET_RETURN_IGNORE_RENEW;
		return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE
						    : SSL_TICKET_RETURN_USE_RENEW;
	default:
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	}
}

enum err
tls_tickets_use(
    struct tls_tickets *tickets, SSL_CTX *ctx, const uint8_t *identities, size_t identities_len)
{
	if (SSL_CTX_set_app_data(ctx, tickets) != 1 ||
	    SSL_CTX_set_session_id_context(ctx, identities, (unsigned)identities_len) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 1) != 1 ||
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_key) != 1 ||
	    SSL_CTX_set_session_ticket_cb(ctx, on_make, on_opened, NULL) != 1)
		return ERR_CRYPTO;
	SSL_CTX_set_timeout(ctx, TLS_TICKET_LIFETIME_SEC);
	SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
	return ERR_OK;
}

bool
tls_tickets_cert_sha1(const SSL *ssl, uint8_t dst[20])
{
	return SSL_session_reused(ssl) == 1 && cert_sha1(SSL_get_session(ssl), dst);
}
