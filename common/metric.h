/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted, and under which names it is told to the outside (OpenMetrics). The one table of
 * all metric families and of the fixed series is in metric.c; auth renders it (auth/metrics.h).
 *
 * Counting costs an addition to memory of the thread: no lock, no atomic. Each process reports the
 * counters of its thread when auth asks (METRICS_REQUEST), the workers of gateway each their own;
 * what other threads of a process do is counted by the thread that hears of the result.
 */
#ifndef COMMON_METRIC_H
#define COMMON_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

/* One name of the outside. In the order in which they are told. */
enum metric_name {
	METRIC_BUILD,
	METRIC_CONFIG_RELOADS,
	METRIC_CONFIG_GENERATION,
	METRIC_PROCESS_UP,
	METRIC_PROCESS_RESTARTS,
	METRIC_PROCESS_START,
	METRIC_PROCESS_CPU,
	METRIC_PROCESS_MEMORY,
	METRIC_SESSIONS,
	METRIC_SESSIONS_ALIVE,
	METRIC_SESSIONS_LIMIT,
	METRIC_SESSIONS_STARTED,
	METRIC_SESSIONS_ENDED,
	METRIC_LOGINS,
	METRIC_LOGINS_PENDING,
	METRIC_HANDSHAKES,
	METRIC_HANDSHAKE_FAILURES,
	METRIC_HANDSHAKE_TIME,
	METRIC_DTLS_HANDSHAKES,
	METRIC_WORKER_UP,
	METRIC_WORKER_CPU,
	METRIC_WORKER_CONNECTIONS,
	METRIC_WORKER_TUNNELS,
	METRIC_TRAFFIC_BYTES,
	METRIC_TRAFFIC_PACKETS,
	METRIC_DROPS,
	METRIC_POOL_ADDRESSES,
	METRIC_POOL_LEASED,
	METRIC_AAA_UP,
	METRIC_AAA_PENDING,
	METRIC_AAA_REQUESTS,
	METRIC_AAA_RESPONSES,
	METRIC_AAA_RETRANSMISSIONS,
	METRIC_AAA_TIMEOUTS,
	METRIC_AAA_TIME,
	METRIC_ACCOUNTING_QUEUE,
	METRIC_SIGNATURES,
	METRIC_CERTIFICATES_JUDGED,
	METRIC_REVOCATION_CHECKS,
	METRIC_REVOCATION_ANSWERS,
	METRIC_REVOCATION_FETCHES,
	METRIC_CERTIFICATE_EXPIRY,
	METRIC_NAMES
};

/* Limits of the buckets of every histogram, in milliseconds; the last bucket has none. */
#define METRIC_BUCKETS 13

/* Times that something took. Plain value; all zero is empty. */
struct metric_histogram {
	uint64_t bucket[METRIC_BUCKETS]; /* each alone, not added up */
	uint64_t sum_ms;
};

/* One fixed series: a place in the report of a process. */
enum metric {
	/* parent */
	METRIC_RELOAD_OK,
	METRIC_RELOAD_FAILED,
	METRIC_RESTARTS_PKI,
	METRIC_RESTARTS_AUTH,
	METRIC_RESTARTS_GATEWAY,
	/* auth */
	METRIC_STARTED,
	METRIC_RESTORED,
	METRIC_ENDED_USER,
	METRIC_ENDED_LOST,
	METRIC_ENDED_IDLE,
	METRIC_ENDED_TIME,
	METRIC_ENDED_ADMIN,
	METRIC_ENDED_ERROR,
	METRIC_ENDED_SHUTDOWN,
	METRIC_ENDED_PREEMPTED,
	METRIC_LOGIN_OK,
	METRIC_LOGIN_PASSWORD,
	METRIC_LOGIN_UNKNOWN_USER,
	METRIC_LOGIN_NO_PASSWORD,
	METRIC_LOGIN_LOCKED_OUT,
	METRIC_LOGIN_REJECTED,
	METRIC_LOGIN_AAA_FAILED,
	METRIC_LOGIN_CERTIFICATE,
	METRIC_LOGIN_UNAUTHORIZED,
	METRIC_LOGIN_ACCESS_LIST,
	METRIC_LOGIN_CHALLENGE,
	METRIC_LOGIN_GROUP_CLOSED,
	METRIC_LOGIN_POLICY,
	METRIC_LOGIN_LIMIT,
	METRIC_LOGIN_OVERLOAD,
	METRIC_LOGIN_MALFORMED,
	METRIC_LOGIN_INTERNAL,
	/* gateway: each worker */
	METRIC_TLS12_FULL,
	METRIC_TLS12_RESUMED,
	METRIC_TLS13_FULL,
	METRIC_TLS13_RESUMED,
	METRIC_HANDSHAKE_CLOSED,
	METRIC_HANDSHAKE_TIMEOUT,
	METRIC_HANDSHAKE_PROTOCOL,
	METRIC_HANDSHAKE_OTHER,
	METRIC_HANDSHAKE_MS, /* a struct metric_histogram */
	METRIC_HANDSHAKE_MS_END = METRIC_HANDSHAKE_MS + METRIC_BUCKETS,
	METRIC_DTLS_OK,
	METRIC_DTLS_FAILED,
	METRIC_DTLS_TIMEOUT,
	METRIC_CPU_MS,
	METRIC_CONNECTIONS,
	METRIC_TUNNELS_TLS,
	METRIC_TUNNELS_DTLS,
	METRIC_TLS_RX_BYTES,
	METRIC_TLS_TX_BYTES,
	METRIC_DTLS_RX_BYTES,
	METRIC_DTLS_TX_BYTES,
	METRIC_TLS_RX_PACKETS,
	METRIC_TLS_TX_PACKETS,
	METRIC_DTLS_RX_PACKETS,
	METRIC_DTLS_TX_PACKETS,
	/* of each pair: TLS, then DTLS (metric_add() with `dtls` added) */
	METRIC_DROP_MALFORMED,
	METRIC_DROP_MALFORMED_DTLS,
	METRIC_DROP_SOURCE,
	METRIC_DROP_SOURCE_DTLS,
	METRIC_DROP_FILTER_IN,
	METRIC_DROP_FILTER_IN_DTLS,
	METRIC_DROP_FILTER_OUT,
	METRIC_DROP_FILTER_OUT_DTLS,
	METRIC_DROP_TOO_BIG,
	METRIC_DROP_TOO_BIG_DTLS,
	METRIC_DROP_QUEUE,
	METRIC_DROP_SOCKET,
	METRIC_DROP_TUN,
	METRIC_DROP_RING,
	METRIC_DROP_NO_SESSION,
	METRIC_DROP_STRANGER,
	/* pki */
	METRIC_SIGNED,
	METRIC_SIGN_REFUSED,
	METRIC_SIGN_FAILED,
	METRIC_JUDGED_GOOD,
	METRIC_JUDGED_REFUSED,
	METRIC_CHECK_GOOD,
	METRIC_CHECK_UNCHECKED,
	METRIC_CHECK_REVOKED,
	METRIC_CHECK_NO_ANSWER,
	/* of each four: enum answer_status of pki without the last; OCSP, then CRL */
	METRIC_OCSP_NONE,
	METRIC_OCSP_GOOD,
	METRIC_OCSP_REVOKED,
	METRIC_OCSP_UNKNOWN,
	METRIC_CRL_NONE,
	METRIC_CRL_GOOD,
	METRIC_CRL_REVOKED,
	METRIC_CRL_UNKNOWN,
	METRIC_FETCH_OCSP_OK,
	METRIC_FETCH_OCSP_FAILED,
	METRIC_FETCH_CRL_OK,
	METRIC_FETCH_CRL_FAILED,
	METRICS
};

struct metric_name_row {
	const char *name; /* without "sekisho_" and, of a counter, without "_total" */
	enum metric_type type;
	const char *unit; /* the name ends with it; "": none */
	const char *help;
};

struct metric_row {
	enum metric_name name;
	Ipc__RoleId owner;
	const char *labels; /* as they are told: "channel=\"tls\"", "": none */
	bool by_worker;     /* told for each worker of gateway, not added up */
	unsigned divisor;   /* of what is counted, to come to the unit; 0: 1 */
};

extern const struct metric_name_row metric_names[METRIC_NAMES];
extern const struct metric_row metric_rows[METRICS];
extern const unsigned metric_bucket_ms[METRIC_BUCKETS - 1];
/* Of this thread. Only for the two inline functions, and for gauges that are set when asked. */
extern _Thread_local uint64_t metric_values[METRICS];

static inline void
metric_add(unsigned metric, uint64_t n)
{
	metric_values[metric] += n;
}

static inline void
metric_count(unsigned metric)
{
	metric_values[metric]++;
}

/* Which bucket a time belongs to. */
size_t metric_bucket(uint64_t ms);
void metric_observe(struct metric_histogram *histogram, uint64_t ms);
/* The same for a histogram among the fixed series. */
void metric_observe_fixed(enum metric first, uint64_t ms);
/* Processor time of this thread so far. */
uint64_t metric_thread_ms(void);
/*
 * The counters of this thread as a report, borrowed until the next call of this thread. What is in
 * it of other owners is left at 0 and is not believed by who gets it.
 */
void metric_report_fill(Ipc__MetricsReport *out);

#endif
