/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue and a few threads. The setting for a name that does not exist, or has no
 * password, is the one of an existing user, chosen by a keyed hash of the name: the same name
 * always costs the same, and names spread over the methods and costs in use as real users do. The
 * key is made of the stored hashes, which nobody outside knows, so the choice survives a restart;
 * it stays when another configuration comes, so that a changed password changes no other name's
 * cost.
 */
#include "auth/local.h"

#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/lockout.h"
#include "auth/table.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

/* With no user at all there is nothing to hide, but time is taken all the same: yescrypt at its
 * default cost. */
#define DEFAULT_SETTING "$y$j9T$5n0f0/8xQjC4hF3yqWkXA."
#define KEY_SIZE 32

struct job {
	struct local *local;
	struct conf *conf;
	const char *setting; /* borrowed from conf */
	const char *user;    /* the same; NULL: there is none of that name */
	struct ip_addr from; /* whose client; family 0: unknown */
	enum local_result real;
	struct secret *password;
	local_done_fn done;
	void *arg;
	enum local_result result;
	uint64_t since_ms;
	struct job *prev, *next;
};

/* Of show aaa-server; only the loop's thread counts. */
struct counts {
	uint64_t asked, accepts, rejects;
	uint64_t trips_ms; /* of all that were answered */
	struct metric_histogram times;
	time_t last;
};

struct local {
	struct local_config config;
	uint8_t key[KEY_SIZE];
	pthread_t *threads;
	unsigned threads_len;
	struct counts counts;
	pthread_mutex_t lock; /* covers the rest */
	pthread_cond_t wake;
	struct job *queue;
	unsigned queue_len;
	bool stopping;
};

static bool
hash_crypt(const char *password, const char *setting, char *out, size_t out_size)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *hash;
	bool ok;

	if (data == NULL)
		return false;
	hash = crypt_r(password, setting, data);
	/* A failure is a text that begins with '*'. */
	ok = hash != NULL && hash[0] != '*' && str_copy(out, out_size, hash) == ERR_OK;
	str_wipe(data, sizeof(*data));
	free(data);
	return ok;
}

static void
job_free(struct job *job)
{
	secret_free(job->password);
	conf_unref(job->conf);
	free(job);
}

static void
job_run(struct job *job)
{
	/* Both are compared over the same fixed length, whatever they hold. */
	char want[CRYPT_OUTPUT_SIZE] = {0};
	char have[CRYPT_OUTPUT_SIZE] = {0};
	bool hashed =
	    job->local->config.hash(secret_cstr(job->password), job->setting, have, sizeof(have));
	bool equal;

	(void)str_copy(want, sizeof(want), job->setting);
	equal = str_eq_secret(want, have, sizeof(want)) && hashed;
	/* A decoy's own password must not open anything. */
	job->result = job->real;
	if (job->real == LOCAL_OK && !equal)
		job->result = LOCAL_BAD_PASSWORD;
	str_wipe(have, sizeof(have));
	str_wipe(want, sizeof(want));
}

/* On the loop. */
static void
job_done(void *arg)
{
	struct job *job = arg;
	struct counts *counts = &job->local->counts;
	struct lockout *lockout = job->local->config.lockout;

	/* Judged now and not when it was asked: of many guesses at one time no more are heard than
	 * may fail. */
	if (lockout != NULL && job->user != NULL && job->result != LOCAL_FAILED &&
	    lockout_judge(lockout, job->conf, job->user, &job->from, job->result == LOCAL_OK))
		job->result = LOCAL_LOCKED;
	counts->trips_ms += clock_mono_ms() - job->since_ms;
	metric_observe(&counts->times, clock_mono_ms() - job->since_ms);
	counts->last = clock_wall_sec();
	if (job->result == LOCAL_OK)
		counts->accepts++;
	else
		counts->rejects++;
	job->done(job->result, job->arg);
	job_free(job);
}

static void
job_post(struct job *job)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	enum err err;

	secret_free(job->password);
	job->password = NULL;
	while ((err = loop_post(job->local->config.loop, job_done, job)) == ERR_NOMEM)
		nanosleep(&pause, NULL);
	if (err != ERR_OK)
		job_free(job);
}

static void *
thread_main(void *arg)
{
	struct local *local = arg;

	pthread_mutex_lock(&local->lock);
	while (!local->stopping) {
		struct job *job = local->queue;

		if (job == NULL) {
			pthread_cond_wait(&local->wake, &local->lock);
			continue;
		}
		DL_DELETE(local->queue, job);
		local->queue_len--;
		pthread_mutex_unlock(&local->lock);
		job_run(job);
		job_post(job);
		pthread_mutex_lock(&local->lock);
	}
	pthread_mutex_unlock(&local->lock);
	return NULL;
}

static enum err
key_make(struct local *local, const struct conf *conf)
{
	const struct conf_object *const *users;
	size_t len = conf_objects(conf, CONF_USERNAME, &users);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; i < len && ok; i++) {
		const char *setting = conf_str(users[i], USER_PASSWORD);

		if (setting != NULL)
			ok = EVP_DigestUpdate(ctx, setting, strlen(setting) + 1) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return ERR_CRYPTO;
	memcpy(local->key, digest, sizeof(local->key));
	str_wipe(digest, sizeof(digest));
	return ERR_OK;
}

/* The setting of one of the users that have a password. */
static const char *
decoy(const struct conf *conf, uint64_t choice)
{
	const struct conf_object *const *users;
	size_t len = conf_objects(conf, CONF_USERNAME, &users);

	for (size_t i = 0; i < len; i++) {
		const char *setting = conf_str(users[(choice % len + i) % len], USER_PASSWORD);

		if (setting != NULL)
			return setting;
	}
	return DEFAULT_SETTING;
}

const char *
local_setting(const struct local *local, const struct conf *conf, const char *username,
    enum local_result *real)
{
	const struct conf_object *user = conf_find(conf, CONF_USERNAME, username);
	const char *own = user != NULL ? conf_str(user, USER_PASSWORD) : NULL;
	uint8_t mac[EVP_MAX_MD_SIZE] = {0};
	const char *other;
	uint64_t choice;

	/* Computed for known names as well: the same work for all. */
	(void)HMAC(EVP_sha256(), local->key, sizeof(local->key), (const uint8_t *)username,
	    strlen(username), mac, NULL);
	memcpy(&choice, mac, sizeof(choice));
	other = decoy(conf, choice);
	*real = LOCAL_OK;
	if (user == NULL)
		*real = LOCAL_NO_USER;
	else if (own == NULL)
		*real = LOCAL_NO_PASSWORD;
	return own != NULL ? own : other;
}

enum err
local_verify(struct local *local, struct conf *conf, const struct local_who *who,
    struct secret *password, local_done_fn done, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));
	bool full;

	if (job == NULL) {
		secret_free(password);
		return ERR_NOMEM;
	}
	*job = (struct job){.local = local, .password = password, .done = done, .arg = arg};
	job->since_ms = clock_mono_ms();
	job->conf = conf_ref(conf);
	job->from = who->from;
	job->setting = local_setting(local, conf, who->username, &job->real);
	if (job->real != LOCAL_NO_USER)
		job->user = conf_str(conf_find(conf, CONF_USERNAME, who->username), USER_NAME);
	pthread_mutex_lock(&local->lock);
	full = local->queue_len >= local->config.queue_max;
	if (!full) {
		DL_APPEND(local->queue, job);
		local->queue_len++;
		pthread_cond_signal(&local->wake);
	}
	pthread_mutex_unlock(&local->lock);
	if (full)
		job_free(job);
	else
		local->counts.asked++;
	return full ? ERR_LIMIT : ERR_OK;
}

void
local_clear(struct local *local)
{
	local->counts = (struct counts){.last = local->counts.last};
}

void
local_listing(const struct local *local, Ipc__CtlAaaHost *out)
{
	const struct counts *counts = &local->counts;
	uint64_t answered = counts->accepts + counts->rejects;

	ipc__ctl_aaa_host__init(out);
	out->server_group = (char *)"LOCAL";
	out->protocol = (char *)"Local database";
	out->since = counts->last;
	out->pending = counts->asked - answered;
	out->round_trip_ms = answered > 0 ? counts->trips_ms / answered : 0;
	out->authentications = counts->asked;
	out->accepts = counts->accepts;
	out->rejects = counts->rejects;
}

const struct metric_histogram *
local_times(const struct local *local)
{
	return &local->counts.times;
}

struct local *
local_new(const struct local_config *config)
{
	struct local *local = calloc(1, sizeof(*local));

	if (local == NULL)
		return NULL;
	local->config = *config;
	local->config.conf = NULL; /* it goes when another comes */
	if (local->config.hash == NULL)
		local->config.hash = hash_crypt;
	pthread_mutex_init(&local->lock, NULL);
	pthread_cond_init(&local->wake, NULL);
	local->threads = calloc(config->threads, sizeof(*local->threads));
	if (local->threads == NULL || key_make(local, config->conf) != ERR_OK)
		goto out;
	while (local->threads_len < config->threads) {
		if (pthread_create(&local->threads[local->threads_len], NULL, thread_main, local) !=
		    0)
			goto out;
		local->threads_len++;
	}
	return local;
out:
	local_free(local);
	return NULL;
}

void
local_free(struct local *local)
{
	struct job *job, *tmp;

	if (local == NULL)
		return;
	pthread_mutex_lock(&local->lock);
	local->stopping = true;
	pthread_cond_broadcast(&local->wake);
	pthread_mutex_unlock(&local->lock);
	for (unsigned i = 0; i < local->threads_len; i++)
		pthread_join(local->threads[i], NULL);
	DL_FOREACH_SAFE (local->queue, job, tmp) {
		DL_DELETE(local->queue, job);
		job_free(job);
	}
	pthread_cond_destroy(&local->wake);
	pthread_mutex_destroy(&local->lock);
	str_wipe(local->key, sizeof(local->key));
	free(local->threads);
	free(local);
}
