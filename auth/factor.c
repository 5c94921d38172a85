/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a login is asked for its factors: certificates first, the password last. */
#include "auth/factor.h"

bool
factor_needs_certificate(const struct conf_methods *methods)
{
	return methods->certificate || methods->multiple;
}

static enum factor_step
refuse(const char *reason, const char **why)
{
	*why = reason;
	return FACTOR_REFUSE;
}

/* Without a good certificate. One that is bad is not asked for again: the client would show the
 * same one. */
static enum factor_step
without_certificate(
    const struct conf_methods *methods, const struct factor_state *state, const char **why)
{
	if (state->shown)
		return refuse("its certificate is not believed", why);
	if (state->cert_failed)
		return refuse("it has no certificate", why);
	if (!methods->multiple)
		return FACTOR_CERTIFICATE;
	if (!state->can_multiple)
		return refuse("it cannot show two certificates (no multiple-cert)", why);
	return FACTOR_PAIR;
}

enum factor_step
factor_next(const struct conf_methods *methods, const struct factor_state *state, const char **why)
{
	*why = "";
	if (!factor_needs_certificate(methods))
		return FACTOR_PASSWORD;
	if (state->stray && !methods->aaa)
		return refuse("its reply belongs to no login", why);
	/* A certificate alone would log in to a group that nobody chose. */
	if (state->unchosen && !(state->good && methods->aaa && !methods->multiple))
		return FACTOR_CHOICE;
	if (!state->good)
		return without_certificate(methods, state, why);
	if (methods->multiple && !state->can_multiple)
		return refuse("it cannot show two certificates (no multiple-cert)", why);
	if (methods->multiple && !state->paired)
		return FACTOR_PAIR;
	return methods->aaa ? FACTOR_PASSWORD : FACTOR_GRANT;
}
