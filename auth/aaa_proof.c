/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request goes to whichever server of the group answers, so what the group can do is what all
 * of its servers can: MS-CHAPv2 where each is capable of it, and the radius-common-pw of the first
 * that has one.
 */
#include "auth/aaa_proof.h"

#include <string.h>

#include "auth/mschap.h"
#include "common/str.h"

#define MS_CHAP_ERROR 2
#define MS_CHAP2_SUCCESS 26
#define ERROR_TEXT_SIZE 254

static size_t
hosts_of(const struct conf_object *group, struct conf_object *const **hosts)
{
	return group != NULL ? conf_subs(group, ASG_HOSTS, hosts) : 0;
}

static bool
is_mschap_capable(const struct conf_object *group)
{
	struct conf_object *const *hosts;
	size_t len = hosts_of(group, &hosts);

	for (size_t i = 0; i < len; i++)
		if (conf_str(hosts[i], AH_KEY) != NULL && !conf_bool(hosts[i], AH_MSCHAPV2_CAPABLE))
			return false;
	return len > 0;
}

/* NULL: there is none, or memory. */
static struct secret *
common_password(const struct conf_object *group)
{
	struct conf_object *const *hosts;
	size_t len = hosts_of(group, &hosts);

	for (size_t i = 0; i < len; i++) {
		const char *word = conf_str(hosts[i], AH_RADIUS_COMMON_PW);

		if (word != NULL)
			return secret_new(word, strlen(word));
	}
	return NULL;
}

/* The answer to a challenge is no password that could be hashed. */
static enum radius_proof
how_of(const struct aaa_question *question, const struct conf_object *group)
{
	if (question->purpose == AAA_AUTHORIZE)
		return group != NULL && conf_bool(group, ASG_AUTHORIZE_ONLY) ? RADIUS_AUTHORIZE_ONLY
									     : RADIUS_AUTHORIZE;
	if (question->state_len > 0)
		return RADIUS_PAP;
	if (question->new_password != NULL)
		return RADIUS_MSCHAP2_CHANGE;
	return question->password_management && is_mschap_capable(group) ? RADIUS_MSCHAP2
									 : RADIUS_PAP;
}

enum err
aaa_proof_request(const struct aaa_question *question, const char *group_name,
    struct aaa_proof *proof, struct radius_request *request)
{
	const struct conf_object *group =
	    conf_find(question->conf, CONF_AAA_SERVER_GROUP, group_name);
	struct radius_proof_of how = {
	    .how = how_of(question, group),
	    .password = question->password,
	    .new_password = question->new_password,
	    .state = question->state,
	    .state_len = question->state_len,
	};
	struct radius_who who = question->who;
	struct secret *common = NULL;
	enum err err;

	who.coa = group != NULL && conf_bool(group, ASG_DYNAMIC_AUTHORIZATION);
	if (how.how == RADIUS_AUTHORIZE)
		how.password = common = common_password(group);
	proof->mschap = how.how == RADIUS_MSCHAP2 || how.how == RADIUS_MSCHAP2_CHANGE;
	proof->password = how.how == RADIUS_MSCHAP2_CHANGE ? how.new_password : how.password;
	err = radius_ask_access(&who, &how, request, &proof->with);
	secret_free(common);
	if (err != ERR_OK)
		return err;
	return str_copy(proof->username, sizeof(proof->username), who.username);
}

void
aaa_proof_fini(struct aaa_proof *proof)
{
	str_wipe(proof, sizeof(*proof));
}

/* The text behind the identifier. */
static bool
text_of(const struct radius_packet *packet, uint8_t type, char out[ERROR_TEXT_SIZE])
{
	struct radius_attr attr;

	if (!radius_find(packet, RADIUS_VENDOR_MICROSOFT, type, &attr) || attr.len < 1)
		return false;
	attr.value++;
	attr.len--;
	radius_attr_text(&attr, out, ERROR_TEXT_SIZE);
	return true;
}

bool
aaa_proof_holds(const struct aaa_proof *proof, const struct radius_packet *packet)
{
	char success[ERROR_TEXT_SIZE];

	if (!proof->mschap)
		return true;
	return text_of(packet, MS_CHAP2_SUCCESS, success) &&
	       mschap_success_ok(proof->username, proof->password, proof->with.response,
		   proof->with.challenge, success);
}

unsigned
aaa_proof_error(const struct aaa_proof *proof, const struct radius_packet *packet)
{
	char error[ERROR_TEXT_SIZE];

	if (!proof->mschap || !text_of(packet, MS_CHAP_ERROR, error))
		return 0;
	return mschap_error(error);
}
