/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the metrics, and the counters of a thread. */
#include "common/metric.h"

#include <time.h>

#include "common/rnd.h"

#define NS_PER_MS 1000000

_Thread_local uint64_t metric_values[METRICS];

const unsigned metric_bucket_ms[METRIC_BUCKETS - 1] = {
    1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000};

const struct metric_name_row metric_names[METRIC_NAMES] = {
    [METRIC_BUILD] = {"build", METRIC_INFO, "", "Version of the daemon."},
    [METRIC_CONFIG_RELOADS] = {"config_reloads", METRIC_COUNTER, "",
	"Configurations that were read at run time, by what came of it."},
    [METRIC_CONFIG_GENERATION] = {"config_load_timestamp_seconds", METRIC_GAUGE, "seconds",
	"When the configuration in force was loaded."},
    [METRIC_PROCESS_UP] = {"process_up", METRIC_GAUGE, "", "Whether the process serves."},
    [METRIC_PROCESS_RESTARTS] = {"process_restarts", METRIC_COUNTER, "",
	"Deaths of the process after which it was started again."},
    [METRIC_PROCESS_START] = {"process_start_time_seconds", METRIC_GAUGE, "seconds",
	"When the process was started."},
    [METRIC_PROCESS_CPU] = {"process_cpu_seconds", METRIC_COUNTER, "seconds",
	"Processor time of the process."},
    [METRIC_PROCESS_MEMORY] = {"process_resident_memory_bytes", METRIC_GAUGE, "bytes",
	"Resident memory of the process."},
    [METRIC_SESSIONS] = {"sessions", METRIC_GAUGE, "",
	"Sessions by tunnel-group, group-policy and state."},
    [METRIC_SESSIONS_ALIVE] = {"sessions_alive", METRIC_GAUGE, "",
	"Sessions that count against the limit."},
    [METRIC_SESSIONS_LIMIT] = {"sessions_limit", METRIC_GAUGE, "",
	"limits.max-sessions of gateway.conf."},
    [METRIC_SESSIONS_STARTED] = {"sessions_started", METRIC_COUNTER, "",
	"Sessions that came into being, by a login or from the state directory."},
    [METRIC_SESSIONS_ENDED] = {"sessions_ended", METRIC_COUNTER, "",
	"Sessions that ended, by reason."},
    [METRIC_LOGINS] = {"logins", METRIC_COUNTER, "",
	"Attempts to log in that were decided, by result and reason."},
    [METRIC_LOGINS_PENDING] = {"logins_pending", METRIC_GAUGE, "",
	"Forms and requests that clients have not answered yet."},
    [METRIC_HANDSHAKES] = {"tls_handshakes", METRIC_COUNTER, "",
	"TLS handshakes that succeeded, by version and by whether a session was resumed."},
    [METRIC_HANDSHAKE_FAILURES] = {"tls_handshake_failures", METRIC_COUNTER, "",
	"TLS handshakes that failed, by reason."},
    [METRIC_HANDSHAKE_TIME] = {"tls_handshake_duration_seconds", METRIC_HISTOGRAM, "seconds",
	"Time from the accepted connection to the end of its TLS handshake."},
    [METRIC_DTLS_HANDSHAKES] = {"dtls_handshakes", METRIC_COUNTER, "",
	"DTLS handshakes behind the cookie, by result."},
    [METRIC_WORKER_UP] = {"worker_up", METRIC_GAUGE, "",
	"Whether the worker of the gateway has answered just now."},
    [METRIC_WORKER_CPU] = {"worker_cpu_seconds", METRIC_COUNTER, "seconds",
	"Processor time of the worker."},
    [METRIC_WORKER_CONNECTIONS] = {"worker_connections", METRIC_GAUGE, "",
	"TCP connections of the worker that are no tunnel (yet)."},
    [METRIC_WORKER_TUNNELS] = {"worker_tunnels", METRIC_GAUGE, "",
	"Tunnels of the worker by channel; one with DTLS has both."},
    [METRIC_TRAFFIC_BYTES] = {"traffic_bytes", METRIC_COUNTER, "bytes",
	"Bytes of inner packets, by channel; in is from the clients."},
    [METRIC_TRAFFIC_PACKETS] = {"traffic_packets", METRIC_COUNTER, "",
	"Inner packets, by channel; in is from the clients."},
    [METRIC_DROPS] = {"dropped_packets", METRIC_COUNTER, "",
	"Packets that were dropped, by where, direction and reason."},
    [METRIC_POOL_ADDRESSES] = {"pool_addresses", METRIC_GAUGE, "", "Addresses of the local pool."},
    [METRIC_POOL_LEASED] = {"pool_leased_addresses", METRIC_GAUGE, "",
	"Addresses of the local pool that are in use."},
    [METRIC_AAA_UP] = {"aaa_server_up", METRIC_GAUGE, "",
	"1: ACTIVE, 0: FAILED, as in show aaa-server."},
    [METRIC_AAA_PENDING] = {"aaa_pending_requests", METRIC_GAUGE, "",
	"Requests that the server has not answered yet."},
    [METRIC_AAA_REQUESTS] = {"aaa_requests", METRIC_COUNTER, "",
	"Requests to the server, by type, retransmissions not counted."},
    [METRIC_AAA_RESPONSES] = {"aaa_responses", METRIC_COUNTER, "",
	"Answers of the server, by what they are."},
    [METRIC_AAA_RETRANSMISSIONS] = {"aaa_retransmissions", METRIC_COUNTER, "",
	"Requests that were sent once more."},
    [METRIC_AAA_TIMEOUTS] = {"aaa_timeouts", METRIC_COUNTER, "",
	"Times that the server did not answer within its timeout."},
    [METRIC_AAA_TIME] = {"aaa_request_duration_seconds", METRIC_HISTOGRAM, "seconds",
	"Time until the server answered what was sent once."},
    [METRIC_ACCOUNTING_QUEUE] = {"accounting_queue_requests", METRIC_GAUGE, "",
	"Accounting requests that no server has answered yet."},
    [METRIC_SIGNATURES] = {"key_signatures", METRIC_COUNTER, "",
	"Orders to sign with a private key, by result."},
    [METRIC_CERTIFICATES_JUDGED] = {"client_certificates_judged", METRIC_COUNTER, "",
	"Client certificates that were judged, by verdict."},
    [METRIC_REVOCATION_CHECKS] = {"revocation_checks", METRIC_COUNTER, "",
	"Checks of a client certificate's path for revocation, by result."},
    [METRIC_REVOCATION_ANSWERS] = {"revocation_answers", METRIC_COUNTER, "",
	"What OCSP responders and CRLs said of a certificate, cached answers too."},
    [METRIC_REVOCATION_FETCHES] = {"revocation_fetches", METRIC_COUNTER, "",
	"OCSP responses and CRLs that were fetched over HTTP, by result."},
    [METRIC_CERTIFICATE_EXPIRY] = {"certificate_expiry_timestamp_seconds", METRIC_GAUGE, "seconds",
	"When the first of the trustpoint's certificates ends, by type: ID its own, CA its CAs."},
};

#define PARENT(name, labels)                                                                       \
	{                                                                                          \
		METRIC_##name, IPC__ROLE_ID__ROLE_PARENT, labels, false, 0                         \
	}
#define AUTH(name, labels)                                                                         \
	{                                                                                          \
		METRIC_##name, IPC__ROLE_ID__ROLE_AUTH, labels, false, 0                           \
	}
#define GATEWAY(name, labels)                                                                      \
	{                                                                                          \
		METRIC_##name, IPC__ROLE_ID__ROLE_GATEWAY, labels, false, 0                        \
	}
#define WORKER(name, labels, divisor)                                                              \
	{                                                                                          \
		METRIC_##name, IPC__ROLE_ID__ROLE_GATEWAY, labels, true, divisor                   \
	}
#define PKI(name, labels)                                                                          \
	{                                                                                          \
		METRIC_##name, IPC__ROLE_ID__ROLE_PKI, labels, false, 0                            \
	}
#define FAILED_LOGIN(reason) AUTH(LOGINS, "result=\"failure\",reason=\"" reason "\"")
#define ENDED(reason) AUTH(SESSIONS_ENDED, "reason=\"" reason "\"")
#define DROP(where, direction, reason)                                                             \
	GATEWAY(DROPS, "channel=\"" where "\",direction=\"" direction "\",reason=\"" reason "\"")
#define TRAFFIC(name, channel, direction)                                                          \
	WORKER(name, "channel=\"" channel "\",direction=\"" direction "\"", 0)

const struct metric_row metric_rows[METRICS] = {
    [METRIC_RELOAD_OK] = PARENT(CONFIG_RELOADS, "result=\"success\""),
    [METRIC_RELOAD_FAILED] = PARENT(CONFIG_RELOADS, "result=\"failure\""),
    [METRIC_RESTARTS_PKI] = PARENT(PROCESS_RESTARTS, "process=\"pki\""),
    [METRIC_RESTARTS_AUTH] = PARENT(PROCESS_RESTARTS, "process=\"auth\""),
    [METRIC_RESTARTS_GATEWAY] = PARENT(PROCESS_RESTARTS, "process=\"gateway\""),
    [METRIC_STARTED] = AUTH(SESSIONS_STARTED, "by=\"login\""),
    [METRIC_RESTORED] = AUTH(SESSIONS_STARTED, "by=\"restart\""),
    [METRIC_ENDED_USER] = ENDED("user_requested"),
    [METRIC_ENDED_LOST] = ENDED("connection_lost"),
    [METRIC_ENDED_IDLE] = ENDED("idle_timeout"),
    [METRIC_ENDED_TIME] = ENDED("session_timeout"),
    [METRIC_ENDED_ADMIN] = ENDED("administrator"),
    [METRIC_ENDED_ERROR] = ENDED("error"),
    [METRIC_ENDED_SHUTDOWN] = ENDED("shutdown"),
    [METRIC_ENDED_PREEMPTED] = ENDED("login_limit"),
    [METRIC_LOGIN_OK] = AUTH(LOGINS, "result=\"success\",reason=\"none\""),
    [METRIC_LOGIN_PASSWORD] = FAILED_LOGIN("password"),
    [METRIC_LOGIN_UNKNOWN_USER] = FAILED_LOGIN("unknown_user"),
    [METRIC_LOGIN_NO_PASSWORD] = FAILED_LOGIN("no_password_set"),
    [METRIC_LOGIN_LOCKED_OUT] = FAILED_LOGIN("locked_out"),
    [METRIC_LOGIN_REJECTED] = FAILED_LOGIN("aaa_rejected"),
    [METRIC_LOGIN_AAA_FAILED] = FAILED_LOGIN("aaa_unavailable"),
    [METRIC_LOGIN_CERTIFICATE] = FAILED_LOGIN("certificate"),
    [METRIC_LOGIN_UNAUTHORIZED] = FAILED_LOGIN("not_authorized"),
    [METRIC_LOGIN_ACCESS_LIST] = FAILED_LOGIN("access_list"),
    [METRIC_LOGIN_CHALLENGE] = FAILED_LOGIN("challenge"),
    [METRIC_LOGIN_GROUP_CLOSED] = FAILED_LOGIN("group_closed"),
    [METRIC_LOGIN_POLICY] = FAILED_LOGIN("policy"),
    [METRIC_LOGIN_LIMIT] = FAILED_LOGIN("limit"),
    [METRIC_LOGIN_OVERLOAD] = FAILED_LOGIN("overload"),
    [METRIC_LOGIN_MALFORMED] = FAILED_LOGIN("malformed"),
    [METRIC_LOGIN_INTERNAL] = FAILED_LOGIN("internal"),
    [METRIC_TLS12_FULL] = GATEWAY(HANDSHAKES, "version=\"TLSv1.2\",resumed=\"false\""),
    [METRIC_TLS12_RESUMED] = GATEWAY(HANDSHAKES, "version=\"TLSv1.2\",resumed=\"true\""),
    [METRIC_TLS13_FULL] = GATEWAY(HANDSHAKES, "version=\"TLSv1.3\",resumed=\"false\""),
    [METRIC_TLS13_RESUMED] = GATEWAY(HANDSHAKES, "version=\"TLSv1.3\",resumed=\"true\""),
    [METRIC_HANDSHAKE_CLOSED] = GATEWAY(HANDSHAKE_FAILURES, "reason=\"connection_closed\""),
    [METRIC_HANDSHAKE_TIMEOUT] = GATEWAY(HANDSHAKE_FAILURES, "reason=\"timeout\""),
    [METRIC_HANDSHAKE_PROTOCOL] = GATEWAY(HANDSHAKE_FAILURES, "reason=\"protocol\""),
    [METRIC_HANDSHAKE_OTHER] = GATEWAY(HANDSHAKE_FAILURES, "reason=\"other\""),
    [METRIC_HANDSHAKE_MS... METRIC_HANDSHAKE_MS_END] = GATEWAY(HANDSHAKE_TIME, ""),
    [METRIC_DTLS_OK] = GATEWAY(DTLS_HANDSHAKES, "result=\"success\""),
    [METRIC_DTLS_FAILED] = GATEWAY(DTLS_HANDSHAKES, "result=\"failure\""),
    [METRIC_DTLS_TIMEOUT] = GATEWAY(DTLS_HANDSHAKES, "result=\"timeout\""),
    [METRIC_CPU_MS] = WORKER(WORKER_CPU, "", 1000),
    [METRIC_CONNECTIONS] = WORKER(WORKER_CONNECTIONS, "", 0),
    [METRIC_TUNNELS_TLS] = WORKER(WORKER_TUNNELS, "channel=\"tls\"", 0),
    [METRIC_TUNNELS_DTLS] = WORKER(WORKER_TUNNELS, "channel=\"dtls\"", 0),
    [METRIC_TLS_RX_BYTES] = TRAFFIC(TRAFFIC_BYTES, "tls", "in"),
    [METRIC_TLS_TX_BYTES] = TRAFFIC(TRAFFIC_BYTES, "tls", "out"),
    [METRIC_DTLS_RX_BYTES] = TRAFFIC(TRAFFIC_BYTES, "dtls", "in"),
    [METRIC_DTLS_TX_BYTES] = TRAFFIC(TRAFFIC_BYTES, "dtls", "out"),
    [METRIC_TLS_RX_PACKETS] = TRAFFIC(TRAFFIC_PACKETS, "tls", "in"),
    [METRIC_TLS_TX_PACKETS] = TRAFFIC(TRAFFIC_PACKETS, "tls", "out"),
    [METRIC_DTLS_RX_PACKETS] = TRAFFIC(TRAFFIC_PACKETS, "dtls", "in"),
    [METRIC_DTLS_TX_PACKETS] = TRAFFIC(TRAFFIC_PACKETS, "dtls", "out"),
    [METRIC_DROP_MALFORMED] = DROP("tls", "in", "malformed"),
    [METRIC_DROP_MALFORMED_DTLS] = DROP("dtls", "in", "malformed"),
    [METRIC_DROP_SOURCE] = DROP("tls", "in", "source_address"),
    [METRIC_DROP_SOURCE_DTLS] = DROP("dtls", "in", "source_address"),
    [METRIC_DROP_FILTER_IN] = DROP("tls", "in", "filter"),
    [METRIC_DROP_FILTER_IN_DTLS] = DROP("dtls", "in", "filter"),
    [METRIC_DROP_FILTER_OUT] = DROP("tls", "out", "filter"),
    [METRIC_DROP_FILTER_OUT_DTLS] = DROP("dtls", "out", "filter"),
    [METRIC_DROP_TOO_BIG] = DROP("tls", "out", "too_big"),
    [METRIC_DROP_TOO_BIG_DTLS] = DROP("dtls", "out", "too_big"),
    [METRIC_DROP_QUEUE] = DROP("tls", "out", "queue_full"),
    [METRIC_DROP_SOCKET] = DROP("udp", "out", "send_failed"),
    [METRIC_DROP_TUN] = DROP("tun", "in", "write_failed"),
    [METRIC_DROP_RING] = DROP("worker", "both", "queue_full"),
    [METRIC_DROP_NO_SESSION] = DROP("tun", "out", "no_session"),
    [METRIC_DROP_STRANGER] = DROP("udp", "in", "no_session"),
    [METRIC_SIGNED] = PKI(SIGNATURES, "result=\"success\""),
    [METRIC_SIGN_REFUSED] = PKI(SIGNATURES, "result=\"refused\""),
    [METRIC_SIGN_FAILED] = PKI(SIGNATURES, "result=\"failure\""),
    [METRIC_JUDGED_GOOD] = PKI(CERTIFICATES_JUDGED, "result=\"good\""),
    [METRIC_JUDGED_REFUSED] = PKI(CERTIFICATES_JUDGED, "result=\"refused\""),
    [METRIC_CHECK_GOOD] = PKI(REVOCATION_CHECKS, "result=\"good\""),
    [METRIC_CHECK_UNCHECKED] = PKI(REVOCATION_CHECKS, "result=\"unchecked\""),
    [METRIC_CHECK_REVOKED] = PKI(REVOCATION_CHECKS, "result=\"revoked\""),
    [METRIC_CHECK_NO_ANSWER] = PKI(REVOCATION_CHECKS, "result=\"no_answer\""),
    [METRIC_OCSP_NONE] = PKI(REVOCATION_ANSWERS, "method=\"ocsp\",result=\"no_answer\""),
    [METRIC_OCSP_GOOD] = PKI(REVOCATION_ANSWERS, "method=\"ocsp\",result=\"good\""),
    [METRIC_OCSP_REVOKED] = PKI(REVOCATION_ANSWERS, "method=\"ocsp\",result=\"revoked\""),
    [METRIC_OCSP_UNKNOWN] = PKI(REVOCATION_ANSWERS, "method=\"ocsp\",result=\"unknown\""),
    [METRIC_CRL_NONE] = PKI(REVOCATION_ANSWERS, "method=\"crl\",result=\"no_answer\""),
    [METRIC_CRL_GOOD] = PKI(REVOCATION_ANSWERS, "method=\"crl\",result=\"good\""),
    [METRIC_CRL_REVOKED] = PKI(REVOCATION_ANSWERS, "method=\"crl\",result=\"revoked\""),
    [METRIC_CRL_UNKNOWN] = PKI(REVOCATION_ANSWERS, "method=\"crl\",result=\"unknown\""),
    [METRIC_FETCH_OCSP_OK] = PKI(REVOCATION_FETCHES, "method=\"ocsp\",result=\"success\""),
    [METRIC_FETCH_OCSP_FAILED] = PKI(REVOCATION_FETCHES, "method=\"ocsp\",result=\"failure\""),
    [METRIC_FETCH_CRL_OK] = PKI(REVOCATION_FETCHES, "method=\"crl\",result=\"success\""),
    [METRIC_FETCH_CRL_FAILED] = PKI(REVOCATION_FETCHES, "method=\"crl\",result=\"failure\""),
};

size_t
metric_bucket(uint64_t ms)
{
	size_t i = 0;

	while (i < METRIC_BUCKETS - 1 && ms > metric_bucket_ms[i])
		i++;
	return i;
}

void
metric_observe(struct metric_histogram *histogram, uint64_t ms)
{
	histogram->bucket[metric_bucket(ms)]++;
	histogram->sum_ms += ms;
}

void
metric_observe_fixed(enum metric first, uint64_t ms)
{
	metric_count(first + (unsigned)metric_bucket(ms));
	metric_add(first + METRIC_BUCKETS, ms);
}

uint64_t
metric_thread_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

void
metric_report_fill(Ipc__MetricsReport *out)
{
	static _Thread_local uint64_t run;

	while (run == 0)
		run = rnd_u64();
	ipc__metrics_report__init(out);
	out->value = metric_values;
	out->n_value = METRICS;
	out->run = run;
}
