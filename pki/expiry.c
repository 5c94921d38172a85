/* SPDX-License-Identifier: Apache-2.0 */
/* A look at every certificate of the configuration, once a day: they are read again each time,
 * which costs less than keeping them. */
#include "pki/expiry.h"

#include <event2/event.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "common/cert.h"
#include "common/log.h"
#include "pki/trust.h"

#define DAY_SEC 86400

struct expiry {
	struct conf *conf; /* a reference; NULL: none yet */
	struct event *timer;
	time_t before; /* the look before this one; 0: none at this configuration */
	time_t now;
	Ipc__MetricsExpiry *ends; /* for each trustpoint two places; names borrowed from conf */
	Ipc__MetricsExpiry **refs;
	size_t ends_len;
	size_t ends_cap;
};

/* One file of one trustpoint, while it is read. */
struct walk {
	struct expiry *expiry;
	const char *trustpoint;
	const char *type; /* of the next certificate */
};

enum expiry_news
expiry_judge(time_t not_after, time_t now, time_t before, unsigned *days)
{
	long long left, left_before;

	*days = 0;
	if (now > not_after)
		return EXPIRY_OVER;
	left = ((long long)not_after - now) / DAY_SEC;
	if (left > EXPIRY_FIRST_DAYS)
		return EXPIRY_NOTHING;
	*days = (unsigned)left;
	if (left <= EXPIRY_DAILY_DAYS || before == 0)
		return EXPIRY_SOON;
	left_before = ((long long)not_after - before) / DAY_SEC;
	return left_before > EXPIRY_FIRST_DAYS ? EXPIRY_SOON : EXPIRY_NOTHING;
}

/* ---- saying it ---- */

static void
say(const struct walk *walk, X509 *cert, const struct tm *end, enum expiry_news news, unsigned days)
{
	Ipc__CertNames *names = NULL;
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	char date[64] = "?";
	const char *subject = "?", *issuer = "?", *serial = "?";

	if (len > 0 && cert_names_read(der, (size_t)len, &names) == ERR_OK) {
		subject = names->subject_name;
		issuer = names->issuer_name;
		serial = names->serial;
	}
	(void)strftime(date, sizeof(date), "%H:%M:%S UTC %b %e %Y", end);
	if (news == EXPIRY_OVER)
		log_event(
		    LOGMSG_717055, walk->type, walk->trustpoint, date, subject, issuer, serial);
	else
		log_event(LOGMSG_717054, walk->type, walk->trustpoint, days, date, subject, issuer,
		    serial);
	if (names != NULL)
		ipc__cert_names__free_unpacked(names, NULL);
	OPENSSL_free(der);
}

/* ---- for metrics ---- */

static void
ends_clear(struct expiry *expiry)
{
	free(expiry->ends);
	free(expiry->refs);
	expiry->ends = NULL;
	expiry->refs = NULL;
	expiry->ends_len = expiry->ends_cap = 0;
}

/* Without memory there are none. */
static void
ends_make(struct expiry *expiry, size_t trustpoints)
{
	ends_clear(expiry);
	expiry->ends = calloc(2 * trustpoints + 1, sizeof(*expiry->ends));
	expiry->refs = calloc(2 * trustpoints + 1, sizeof(*expiry->refs));
	if (expiry->ends != NULL && expiry->refs != NULL)
		expiry->ends_cap = 2 * trustpoints;
}

static void
note_end(struct expiry *expiry, const char *trustpoint, bool ca, int64_t not_after)
{
	Ipc__MetricsExpiry *end;

	for (size_t i = 0; i < expiry->ends_len; i++) {
		end = &expiry->ends[i];
		if (end->ca == ca && strcmp(end->trustpoint, trustpoint) == 0) {
			if (not_after < end->not_after)
				end->not_after = not_after;
			return;
		}
	}
	if (expiry->ends_len == expiry->ends_cap)
		return;
	end = &expiry->ends[expiry->ends_len];
	ipc__metrics_expiry__init(end);
	end->trustpoint = (char *)(uintptr_t)trustpoint;
	end->ca = ca;
	end->not_after = not_after;
	expiry->refs[expiry->ends_len++] = end;
}

void
expiry_report(const struct expiry *expiry, Ipc__MetricsReport *report)
{
	report->expiry = expiry->refs;
	report->n_expiry = expiry->ends_len;
}

/* ---- looking ---- */

static enum err
look_at(X509 *cert, void *arg)
{
	struct walk *walk = arg;
	struct tm end;
	unsigned days;
	enum expiry_news news;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) == 1) {
		news = expiry_judge(timegm(&end), walk->expiry->now, walk->expiry->before, &days);
		note_end(
		    walk->expiry, walk->trustpoint, strcmp(walk->type, "CA") == 0, timegm(&end));
		if (news != EXPIRY_NOTHING)
			say(walk, cert, &end, news, days);
	}
	walk->type = "CA"; /* what stands behind an identity certificate is its chain */
	return ERR_OK;
}

static void
look_into(struct expiry *expiry, const struct conf_object *trustpoint, unsigned setting)
{
	struct walk walk = {
	    .expiry = expiry,
	    .trustpoint = conf_str(trustpoint, TP_NAME),
	    .type = setting == TP_CERTIFICATE ? "ID" : "CA",
	};
	const char *path = conf_str(trustpoint, setting);
	size_t len = 0;
	const char *pem = path != NULL ? conf_file_content(expiry->conf, path, &len) : NULL;

	/* The keyring was made of the same bytes: what does not parse is not here. */
	if (pem != NULL && trust_each(pem, len, look_at, &walk) != ERR_OK)
		log_warn("trustpoint %s: cannot tell when the certificates in %s expire",
		    walk.trustpoint, path);
}

static void
look(struct expiry *expiry)
{
	const struct timeval day = {.tv_sec = DAY_SEC};
	const struct conf_object *const *trustpoints;
	size_t n = conf_objects(expiry->conf, CONF_TRUSTPOINT, &trustpoints);

	expiry->now = time(NULL);
	ends_make(expiry, n);
	for (size_t i = 0; i < n; i++) {
		look_into(expiry, trustpoints[i], TP_CERTIFICATE);
		look_into(expiry, trustpoints[i], TP_CA_CERTIFICATE);
	}
	ERR_clear_error();
	expiry->before = expiry->now;
	evtimer_add(expiry->timer, &day);
}

/* ---- a day later ---- */

static void
on_day(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	look(arg);
}

struct expiry *
expiry_new(struct loop *loop)
{
	struct expiry *expiry = calloc(1, sizeof(*expiry));

	if (expiry == NULL)
		return NULL;
	expiry->timer = evtimer_new(loop_base(loop), on_day, expiry);
	if (expiry->timer == NULL) {
		free(expiry);
		return NULL;
	}
	return expiry;
}

void
expiry_free(struct expiry *expiry)
{
	if (expiry == NULL)
		return;
	event_free(expiry->timer);
	ends_clear(expiry);
	conf_unref(expiry->conf);
	free(expiry);
}

void
expiry_watch(struct expiry *expiry, struct conf *conf)
{
	ends_clear(expiry); /* its names are the old configuration's */
	conf_unref(expiry->conf);
	expiry->conf = conf_ref(conf);
	expiry->before = 0;
	look(expiry);
}
