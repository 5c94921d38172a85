/* SPDX-License-Identifier: Apache-2.0 */
/* Asking pki, and resolving with or without what it says. */
#include "auth/arrival.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"

#define TEXT_MAX                                                                                   \
	512 /* of what a client says: longer than anything that a configuration may name           \
	     */

/* A client whose certificate is being judged, with what it said. */
struct arrival {
	struct arrivals *arrivals;
	const struct conf *conf;
	char url[TEXT_MAX], host[TEXT_MAX], path[TEXT_MAX], select[TEXT_MAX];
	arrival_done_fn done;
	void *arg;
};

struct arrivals {
	arrival_judge_fn judge;
	void *arg;
	unsigned judged; /* at present */
	struct log_limit limit;
};

struct arrivals *
arrivals_new(arrival_judge_fn judge, void *arg)
{
	struct arrivals *arrivals = calloc(1, sizeof(*arrivals));

	if (arrivals == NULL)
		return NULL;
	arrivals->judge = judge;
	arrivals->arg = arg;
	arrivals->limit = (struct log_limit){.burst = 10, .interval_sec = 60};
	return arrivals;
}

void
arrivals_free(struct arrivals *arrivals)
{
	free(arrivals);
}

/* ---- what a good certificate says ---- */

/* The names of a certificate as the log has them: printable, cut. */
struct name_texts {
	char serial[64];
	char subject[256];
	char issuer[256];
};

static void
names_print(const Ipc__CertNames *names, struct name_texts *out)
{
	str_printable(out->serial, sizeof(out->serial), names->serial);
	str_printable(out->subject, sizeof(out->subject), names->subject_name);
	str_printable(out->issuer, sizeof(out->issuer), names->issuer_name);
}

static void
log_map(const struct resolve_choice *choice, const Ipc__CertNames *names)
{
	struct name_texts texts;

	names_print(names, &texts);
	if (choice->rule == RESOLVE_CERTIFICATE_MAP)
		log_event(LOGMSG_717038, conf_str(choice->group, TG_NAME), texts.serial,
		    texts.subject, texts.issuer);
	else if (choice->rule != RESOLVE_GROUP_URL)
		/* Where the URL decided, the maps may not have been asked. */
		log_event(LOGMSG_717037, texts.serial, texts.subject, texts.issuer);
}

Ipc__CertNames *
arrival_names_keep(const Ipc__CertNames *names)
{
	size_t len = ipc__cert_names__get_packed_size(names);
	Ipc__CertNames *copy = NULL;
	uint8_t *bytes;

	if (len > ARRIVAL_NAMES_MAX)
		return NULL;
	bytes = malloc(len + 1);
	if (bytes != NULL) {
		ipc__cert_names__pack(names, bytes);
		copy = ipc__cert_names__unpack(NULL, len, bytes);
	}
	free(bytes);
	return copy;
}

/* ---- resolving ---- */

static void
arrive(const struct conf *conf, const struct resolve_input *input, Ipc__CertNames *names,
    arrival_done_fn done, void *arg)
{
	struct resolve_choice choice;

	resolve_group(conf, input, &choice, NULL);
	if (names != NULL)
		log_map(&choice, names);
	done(&choice, names, arg);
}

static Ipc__CertNames *
names_of(const Ipc__CertVerdict *verdict)
{
	struct name_texts texts;
	Ipc__CertNames *names;
	char reason[256];

	if (verdict == NULL) {
		log_warn("a client certificate could not be judged: no answer from pki; the login "
			 "goes on without it");
		return NULL;
	}
	if (!verdict->ok || verdict->names == NULL) {
		str_printable(reason, sizeof(reason), verdict->reason);
		log_notice("a client certificate is not believed: %s",
		    reason[0] != '\0' ? reason : "no reason given");
		return NULL;
	}
	names = arrival_names_keep(verdict->names);
	if (names == NULL) {
		log_warn("a client certificate is ignored: too many names, or out of memory");
		return NULL;
	}
	names_print(names, &texts);
	log_event(LOGMSG_717022, texts.serial, texts.subject);
	return names;
}

static void
on_judged(const Ipc__CertVerdict *verdict, void *arg)
{
	struct arrival *arrival = arg;
	Ipc__CertNames *names = names_of(verdict);
	struct resolve_input input = {
	    .url = arrival->url,
	    .host = arrival->host,
	    .path = arrival->path,
	    .select = arrival->select,
	    .certificate = names,
	};

	arrival->arrivals->judged--;
	arrive(arrival->conf, &input, names, arrival->done, arrival->arg);
	free(arrival);
}

/* What does not fit matches nothing either. */
static void
text_keep(char *dst, const char *src)
{
	if (str_copy(dst, TEXT_MAX, src) != ERR_OK)
		dst[0] = '\0';
}

static bool
has_certificate_maps(const struct conf *conf)
{
	const struct conf_object *root = conf_root(conf, CONF_TUNNEL_GROUPS);
	struct conf_object *const *maps;

	return conf_subs(conf_sub(root, TGS_WEBVPN), WV_CERTIFICATE_GROUP_MAP, &maps) > 0;
}

/* Whether a chain that the gateway handed over is one that pki should see. */
static bool
is_chain(const Ipc__ClientFacts *facts)
{
	size_t bytes = 0;

	for (size_t i = 0; i < facts->n_certificate; i++)
		bytes += facts->certificate[i].len;
	return facts->n_certificate <= ARRIVAL_CERTIFICATES_MAX &&
	       bytes <= ARRIVAL_CERTIFICATE_BYTES;
}

/* Hand the certificate to pki. False: it cannot be judged, which is logged. */
static bool
judge(struct arrivals *arrivals, const struct conf *conf, const struct arrival_request *request,
    arrival_done_fn done, void *arg)
{
	Ipc__CertJudge msg = IPC__CERT_JUDGE__INIT;
	struct arrival *arrival = NULL;
	enum err err = ERR_LIMIT;
	unsigned suppressed;

	if (arrivals->judge == NULL)
		err = ERR_UNSUPPORTED;
	else if (arrivals->judged < ARRIVAL_JUDGED_MAX && is_chain(request->facts))
		arrival = calloc(1, sizeof(*arrival));
	if (arrival != NULL) {
		*arrival =
		    (struct arrival){.arrivals = arrivals, .conf = conf, .done = done, .arg = arg};
		text_keep(arrival->url, request->url);
		text_keep(arrival->host, request->facts->host);
		text_keep(arrival->path, request->facts->path);
		text_keep(arrival->select, request->select);
		msg.n_certificate = request->facts->n_certificate;
		msg.certificate = request->facts->certificate;
		msg.client_ip = request->facts->client_ip;
		msg.client_port = request->facts->client_port;
		arrivals->judged++;
		err = arrivals->judge(arrivals->arg, &msg, on_judged, arrival);
		if (err == ERR_OK)
			return true;
		arrivals->judged--;
		free(arrival);
	}
	if (log_limit_ok(&arrivals->limit, &suppressed))
		log_warn("a client certificate cannot be judged: %s; the login goes on without it "
			 "(%u more such)",
		    err_str(err), suppressed);
	return false;
}

/* Does it matter whether the certificate is good? Where it does not, nobody is asked who may take
 * his time to answer. */
static bool
is_wanted(const struct conf *conf, const struct resolve_input *input)
{
	struct resolve_choice choice;

	if (has_certificate_maps(conf))
		return true;
	resolve_group(conf, input, &choice, NULL);
	struct conf_methods methods = conf_methods(choice.group);
	return methods.certificate || methods.multiple;
}

void
arrival_resolve(struct arrivals *arrivals, const struct conf *conf,
    const struct arrival_request *request, arrival_done_fn done, void *arg)
{
	struct resolve_input input = {
	    .url = request->url,
	    .host = request->facts->host,
	    .path = request->facts->path,
	    .select = request->select,
	};

	if (request->facts->n_certificate > 0 && is_wanted(conf, &input) &&
	    judge(arrivals, conf, request, done, arg))
		return;
	arrive(conf, &input, NULL, done, arg);
}
