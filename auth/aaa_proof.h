/* SPDX-License-Identifier: Apache-2.0 */
/* How a user proves himself to the servers of a group: PAP or MS-CHAPv2, and what their answer has
 * to prove in turn. */
#ifndef AUTH_AAA_PROOF_H
#define AUTH_AAA_PROOF_H

#include "auth/aaa.h"

/* Plain value; zero it to begin. */
struct aaa_proof {
	bool mschap;
	struct radius_mschap with;
	char username[128];
	const struct secret *password; /* that the server is to know: the new one of a change */
};

/*
 * The Access-Request for a group. The passwords are those of the question, kept by the caller as
 * long as the proof. ERR_SYNTAX, ERR_LIMIT: it cannot be written; ERR_NOMEM. The request is to be
 * finished in every case.
 */
enum err aaa_proof_request(const struct aaa_question *question, const char *group,
    struct aaa_proof *proof, struct radius_request *request) MUST_USE;
void aaa_proof_fini(struct aaa_proof *proof);
/* Does an accept come from one who knows the password? True without MS-CHAPv2: there the secret
 * that is shared says so. */
bool aaa_proof_holds(const struct aaa_proof *proof, const struct radius_packet *packet);
/* The number in MS-CHAP-Error of a reject, 0 without. */
unsigned aaa_proof_error(const struct aaa_proof *proof, const struct radius_packet *packet);

#endif
