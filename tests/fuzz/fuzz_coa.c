/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz auth/coa*.c behind the authenticator: each packet of the input is a byte (bit 0: CoA- or
 * Disconnect-Request), two bytes of length, and attributes, which are signed with the right key. A
 * byte of 0xff lets what waits for an access list have one. Sessions must be whole afterwards.
 */
/* For coverage.sh: auth/coa.c:-host_,hosts_,listener,coa_use,coa_new,coa_free auth/coa_match.c
 * auth/coa_change.c auth/coa_work.c */
#include "tests/fuzz/bare_asserts.h"

#include "tests/unit/coa_help.h"

#include "auth/coa_change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- access lists ---- */

static struct dacl_wait {
	dacl_done_fn done;
	void *arg;
} fetching;

enum err
dacl_fetch(UNUSED struct dacl_cache *cache, UNUSED const char *group,
    UNUSED const struct ip_addr *server, UNUSED const struct ip_addr *nas, UNUSED const char *name,
    dacl_done_fn done, void *arg, struct dacl_wait **wait)
{
	if (fetching.done != NULL)
		return ERR_LIMIT;
	fetching = (struct dacl_wait){.done = done, .arg = arg};
	*wait = &fetching;
	return ERR_OK;
}

void
dacl_cancel(struct dacl_wait *wait)
{
	*wait = (struct dacl_wait){.done = NULL};
}

static void
answer_list(uint8_t how)
{
	static char *const lines[] = {(char *)"permit icmp any any", (char *)"nonsense"};
	const struct dacl_wait waiting = fetching;

	fetching.done = NULL;
	if (waiting.done == NULL)
		return;
	if (how % 3 == 0)
		waiting.done(ERR_TIMEOUT, NULL, 0, waiting.arg);
	else
		waiting.done(ERR_OK, lines, how % 3, waiting.arg);
}

/* ---- requests ---- */

static void
offer(struct coa_world *cw, struct cur *cur)
{
	uint8_t kind = cur_u8(cur);

	if (kind == 0xff) {
		answer_list(cur_u8(cur));
		return;
	}
	size_t len = cur_u16(cur);
	if (len > cur->left)
		len = cur->left;
	const uint8_t *attrs = cur_take(cur, len);
	/* Bit 1: somebody else's, bit 2: with the number of the one before. */
	struct coa_path path = coa_path_from(kind & 2 ? 99 : 1, 5000);
	struct secret *secret = secret_new(COA_SECRET, strlen(COA_SECRET));
	struct radius_request request;
	struct radius_packet packet;

	radius_request_init(&request, kind & 1 ? RADIUS_COA_REQUEST : RADIUS_DISCONNECT_REQUEST);
	if (attrs != NULL)
		buf_put(&request.attrs, attrs, len);
	if (secret == NULL)
		abort();
	/* As it is, whatever its lengths say: sealing walks nothing but passwords of logins. */
	if (radius_seal(&request, kind & 4 ? cw->next_id : ++cw->next_id, secret, &packet) ==
	    ERR_OK)
		coa_receive(cw->coa, &path, COA_PORT, packet.data, packet.len);
	radius_request_fini(&request);
	secret_free(secret);
}

static void
check(struct coa_world *cw)
{
	for (struct session *session = session_first(cw->world.sessions); session != NULL;
	     session = session_next(session)) {
		struct inherit inherit;

		if (session->profiles_len > SESSION_PROFILES_MAX ||
		    session_inherit(session, &inherit) != ERR_OK)
			abort();
		if (filters_send(cw->world.filters, 0, session->filter4) != ERR_OK ||
		    filters_send(cw->world.filters, 0, session->filter6) != ERR_OK)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_config quiet = {.level = LOG_CRIT};
	static struct coa_world cw;
	struct cur cur;

	log_configure(&quiet);
	coa_world_make(&cw, (struct dacl_cache *)&cw);
	/* As little as makes the audit-session-id one that a corpus can name. */
	memcpy(cw.bob->audit_id, "0123456789abcdef01234567", sizeof(cw.bob->audit_id));
	cur_init(&cur, data, size);
	while (cur.err == ERR_OK && cur.left > 0) {
		offer(&cw, &cur);
		check(&cw);
	}
	answer_list(1);
	check(&cw);
	coa_world_end(&cw);
	fetching.done = NULL;
	return 0;
}
