/* SPDX-License-Identifier: Apache-2.0 */
/* The <auth> element is that of the XML protocol, so that the two cannot differ. */
#include "gateway/legacy_reply.h"

#include <stdlib.h>

#include "gateway/legacy_form.h"
#include "gateway/xml_reply.h"

#define PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define TEXT_CERTIFICATE "Certificate Validation Failure"
#define HIDDEN_INPUTS 3

static char *
borrow(const char *s)
{
	return (char *)(uintptr_t)s;
}

static bool
is_certificate_request(const Ipc__AuthAnswer *answer)
{
	return answer->kind == IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST ||
	       answer->kind == IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST;
}

bool
legacy_reply_is_refusal(const Ipc__AuthAnswer *answer)
{
	return answer->error[0] != '\0' || is_certificate_request(answer);
}

static enum err
put_refusal(const char *text, unsigned id, struct buf *out)
{
	Ipc__AuthAnswer refused = IPC__AUTH_ANSWER__INIT;

	refused.kind = IPC__ANSWER_KIND__ANSWER_REFUSED;
	refused.title = borrow("Login");
	refused.error = borrow(text);
	refused.error_id = id;
	buf_puts(out, PROLOG);
	xml_reply_auth(&refused, NULL, out);
	return out->err;
}

/* The form with what XML has in <opaque> as hidden inputs behind its own. */
static enum err
put_form(const Ipc__AuthAnswer *answer, struct buf *out)
{
	Ipc__FormInput hidden[HIDDEN_INPUTS];
	const struct {
		const char *name;
		char *value;
	} rows[HIDDEN_INPUTS] = {
	    {LEGACY_FORM_HANDLE, answer->handle},
	    {LEGACY_FORM_CONFIG_HASH, answer->config_hash},
	    {LEGACY_FORM_TUNNEL_GROUP, answer->tunnel_group},
	};
	Ipc__AuthAnswer form = *answer;

	form.input = calloc(answer->n_input + HIDDEN_INPUTS, sizeof(Ipc__FormInput *));
	if (form.input == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < answer->n_input; i++)
		form.input[i] = answer->input[i];
	for (size_t i = 0; i < HIDDEN_INPUTS; i++) {
		ipc__form_input__init(&hidden[i]);
		hidden[i].type = borrow("hidden");
		hidden[i].name = borrow(rows[i].name);
		hidden[i].value = rows[i].value;
		form.input[form.n_input++] = &hidden[i];
	}
	buf_puts(out, PROLOG);
	xml_reply_auth(&form, LEGACY_REPLY_ACTION, out);
	free(form.input);
	return out->err;
}

enum err
legacy_reply(const Ipc__AuthAnswer *answer, struct buf *out)
{
	if (is_certificate_request(answer))
		return put_refusal(TEXT_CERTIFICATE, 0, out);
	switch (answer->kind) {
	case IPC__ANSWER_KIND__ANSWER_FORM:
		return put_form(answer, out);
	case IPC__ANSWER_KIND__ANSWER_REFUSED:
		buf_puts(out, PROLOG);
		xml_reply_auth(answer, NULL, out);
		return out->err;
	case IPC__ANSWER_KIND__ANSWER_COMPLETE:
		buf_puts(out, PROLOG);
		xml_reply_success(answer, out);
		return out->err;
	default:
		return ERR_UNSUPPORTED;
	}
}

enum err
legacy_reply_refused(struct buf *out)
{
	return put_refusal("Login failed.", XML_REPLY_LOGIN_FAILED, out);
}

void
legacy_reply_cookies(const char *token, const char *cert_hash, struct buf *out)
{
	buf_printf(out, "Set-Cookie: webvpn=%s; Secure; HttpOnly; path=/\r\n", token);
	buf_puts(out, "Set-Cookie: webvpnc=bu:/CACHE/stc/&p:t&iu:1/");
	if (cert_hash[0] != '\0')
		buf_printf(out, "&sh:%s", cert_hash);
	buf_puts(out, "&lu:/+CSCOT+/translation-table?textdomain%3DAnyConnect%26type%3Dmanifest; "
		      "Secure; path=/\r\n");
}
