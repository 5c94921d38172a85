/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the load generator. */
#ifndef TESTS_LOAD_OPTIONS_H
#define TESTS_LOAD_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum load_mode {
	LOAD_MODE_LOGIN, /* log in and out again, as often as possible */
	LOAD_MODE_HOLD,  /* sessions that stay */
	LOAD_MODE_FLOOD, /* sessions that send UDP packets */
	LOAD_MODE_SINK,  /* inside: count UDP packets */
	LOAD_MODE_BLAST, /* inside: send UDP packets to the sessions of a hold */
};

/* Everything borrowed from argv. */
struct load_options {
	enum load_mode mode;
	struct sockaddr_in server;
	uint32_t source_first; /* host order; 0: the kernel chooses */
	uint32_t source_count;
	const char *name;         /* the server's name */
	const char *path;         /* of the first request: the group-url */
	const char *user;         /* prefix of the user names, a number of five digits follows */
	uint32_t users;           /* that many names, in turn */
	const char *password;     /* NULL: logins by certificate */
	const char *certificates; /* CA.pem,CA.key that the clients' certificates are made with */
	uint32_t first;           /* number of the first client */
	uint32_t sessions;
	uint32_t parallel; /* logins at a time */
	uint32_t count;    /* login: end after that many; 0: after seconds */
	uint32_t seconds;  /* 0: until SIGTERM or SIGINT */
	bool dtls;
	uint32_t dpd; /* seconds between own DPD requests, 0 none */
	struct sockaddr_in target;
	uint32_t size;         /* UDP payload, bytes */
	uint32_t rate;         /* packets per second of all together, 0: no limit */
	const char *ready;     /* file made once all sessions are up */
	const char *addresses; /* file of the sessions' inner addresses, one a line */
};

/* Fills opt, or prints what is wrong and exits. */
void load_options_parse(struct load_options *opt, int argc, char **argv);

#endif
