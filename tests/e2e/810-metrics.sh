#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Metrics: sekisho-exporter over TCP and a unix socket, both formats, values that follow what happens, counters that do not go
# back when a process dies, and a daemon that is away.
. "$(dirname "$0")/../lib/e2e.sh"

ask() {
	in_gw /usr/bin/python3 "$ROOT/tests/metrics/ask.py" "$@"
}

# Fresh metrics into $W/metrics.
scrape() {
	"$SEKISHO_BIN/sekisho-exporter" -c "$W/conf" --print >"$W/metrics"
}

# The value of a series in $W/metrics.
value() {
	/usr/bin/python3 "$ROOT/tests/metrics/ask.py" --value "$W/metrics" "$@"
}

# series_is VALUE NAME [LABEL=VALUE ..], asked anew
series_is() {
	scrape && [ "$(value "${@:2}")" = "$1" ]
}

usual_start 2
OPENMETRICS='application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
ip netns exec "$GW" "$SEKISHO_BIN/sekisho-exporter" -c "$W/conf" >"$W/exporter.log" 2>&1 &
EXPORTER=$!
ip netns exec "$GW" "$SEKISHO_BIN/sekisho-exporter" -c "$W/conf" --unix "$W/metrics.socket" >"$W/exporter-unix.log" 2>&1 &
EXPORTER_UNIX=$!
wait_line "$W/exporter.log" 'serving the metrics' 10
wait_line "$W/exporter-unix.log" 'serving the metrics' 10

# The formats.
ask http://127.0.0.1:9788/metrics GET "$OPENMETRICS" >"$W/out"
expect_eq "content type" "200 application/openmetrics-text; version=1.0.0; charset=utf-8" "$(head -1 "$W/out")"
tail -n +2 "$W/out" >"$W/metrics"
expect_eq "the end" "# EOF" "$(tail -1 "$W/metrics")"
expect_ok "OpenMetrics is well-formed" /usr/bin/python3 "$ROOT/tests/metrics/ask.py" --check "$W/metrics"
ask http://127.0.0.1:9788/metrics >"$W/out"
expect_eq "content type without a wish" "200 text/plain; version=0.0.4; charset=utf-8" "$(head -1 "$W/out")"
tail -n +2 "$W/out" >"$W/older"
expect_ok "promtool has nothing to say" promtool check metrics <"$W/older"
expect_eq "as many families in both" "$(grep -c '^# TYPE' "$W/metrics")" "$(grep -c '^# TYPE' "$W/older")"
expect_match "over a unix socket" '^sekisho_up 1$' "$(ask "http+unix:$W/metrics.socket")"
expect_match "HEAD" '^200 ' "$(ask http://127.0.0.1:9788/metrics HEAD)"
expect_match "no POST" '^(405|501) ' "$(ask http://127.0.0.1:9788/metrics POST | sed -n 1p)"
expect_match "nothing else" '^404 ' "$(ask http://127.0.0.1:9788/passwd | sed -n 1p)"
expect_no_match "no name of a user" alice "$(cat "$W/metrics")"

# Before anything happens.
expect_eq "sessions" 0 "$(value sekisho_sessions_alive)"
expect_eq "every tunnel-group is told" 0 "$(value sekisho_sessions tunnel_group=STAFF state=up)"
expect_eq "workers" "$(grep -c '^sekisho_worker_up' "$W/metrics")" "$(value sekisho_worker_up)"
expect_eq "processes" 4 "$(value sekisho_process_up)"
expect_between "memory of auth" 1000000 "$(value sekisho_process_resident_memory_bytes process=auth)" 1000000000

# A wrong password, a wrong name, two logins, traffic, a source address that is nobody's.
raw_py 1 <<'END'
from rawclient import *

for user in ("alice", "nobody"):
    c = Client()
    c.init(group="Staff")
    expect("login of %s" % user, False, bool(c.reply(user, "wrong").element("session-token")))
    c.close()
END
client_up 1 alice --authgroup=Staff
client_dtls 1
client_up 2 bob --authgroup=Engineering --no-dtls
expect_ok "traffic of alice" ping4 1
expect_ok "traffic of bob" ping4 2
in_client 1 ip addr add 203.0.113.7/32 dev lo
in_client 1 ping -q -c 3 -i 0.05 -W 1 -I 203.0.113.7 $IN_IP4 >/dev/null 2>&1 || true
in_client 1 timeout 5 openssl s_client -connect $GW_IP4:443 -cipher NULL -tls1_2 </dev/null >/dev/null 2>&1 || true
in_client 1 timeout 5 openssl s_client -connect $GW_IP4:443 -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null >/dev/null 2>&1 || true
wait_for 10 "two sessions" series_is 2 sekisho_sessions_alive
expect_eq "by tunnel-group and policy" 1 "$(value sekisho_sessions tunnel_group=STAFF group_policy=StaffPolicy state=up)"
expect_eq "logins" 2 "$(value sekisho_logins_total result=success)"
expect_eq "wrong password" 1 "$(value sekisho_logins_total result=failure reason=password)"
expect_eq "wrong name" 1 "$(value sekisho_logins_total result=failure reason=unknown_user)"
expect_eq "tunnels" 2 "$(value sekisho_worker_tunnels channel=tls)"
expect_eq "DTLS" 1 "$(value sekisho_worker_tunnels channel=dtls)"
expect_eq "DTLS handshakes" 1 "$(value sekisho_dtls_handshakes_total result=success)"
expect_between "source address" 3 "$(value sekisho_dropped_packets_total channel=dtls reason=source_address)" 20
expect_between "TLS handshakes" 4 "$(value sekisho_tls_handshakes_total)" 30
expect_eq "every handshake has its time" "$(value sekisho_tls_handshakes_total)" "$(value sekisho_tls_handshake_duration_seconds_count)"
expect_between "failed handshakes" 1 "$(value sekisho_tls_handshake_failures_total reason=protocol)" 2
expect_eq "signatures" "$(value sekisho_tls_handshakes_total resumed=false)" "$(value sekisho_key_signatures_total result=success)"
expect_eq "leases" 1 "$(value sekisho_pool_leased_addresses pool=POOL)"
expect_eq "checks by LOCAL" 4 "$(value sekisho_aaa_request_duration_seconds_count server_group=LOCAL)"
expect_between "the certificate's end" "$(date +%s)" "$(value sekisho_certificate_expiry_timestamp_seconds trustpoint=GW type=ID)" 99999999999

# The sums of the sessions are those of the metrics.
expect_between "bytes" "$(session_json "sum(x['total']['rx_bytes'] for x in s)")" \
	"$(grep '^sekisho_traffic_bytes_total.*direction="in"' "$W/metrics" | awk '{ n += $NF } END { print n }')" 1000000

# What a tunnel moved stays counted when it is gone, and when its process is.
client_stop 2
wait_for 10 "bob's end" series_is 1 sekisho_sessions_ended_total reason=user_requested
before=$(grep '^sekisho_traffic_packets_total' "$W/metrics" | awk '{ n += $NF } END { print n }')
expect_between "packets of both" 2 "$before" 100000
from=$(next_line "$GATE_LOG")
kill -KILL "$(child_pid gateway)"
gate_log 'sekishod [0-9.]+ ready' 10 "$from"
wait_for 10 "the restart is told" series_is 1 sekisho_process_restarts_total process=gateway
after=$(grep '^sekisho_traffic_packets_total' "$W/metrics" | awk '{ n += $NF } END { print n }')
expect_between "packets after the gateway's death" "$before" "$after" 1000000
from=$(next_line "$GATE_LOG")
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30 "$from"
wait_for 5 "the reload is told" series_is 1 sekisho_config_reloads_total result=success

# Away, and back.
gate_stop
scrape && fail "--print without a daemon, expected to fail, succeeded"
expect_eq "nobody there" 0 "$(value sekisho_up)"
expect_match "over HTTP" '^sekisho_up 0$' "$(ask http://127.0.0.1:9788/metrics)"
gate_start
expect_match "back" '^sekisho_up 1$' "$(ask http://127.0.0.1:9788/metrics)"

# Whoever holds on to all its connections fills no log, and when they are let go it answers again.
(ulimit -n 24 && exec ip netns exec "$GW" "$SEKISHO_BIN/sekisho-exporter" -c "$W/conf" --listen 127.0.0.1:9789 >"$W/exporter-short.log" 2>&1) &
EXPORTER_SHORT=$!
wait_line "$W/exporter-short.log" 'serving the metrics' 10
in_gw /usr/bin/python3 -c 'import socket, time
held = [socket.create_connection(("127.0.0.1", 9789)) for _ in range(40)]
time.sleep(1.5)'
expect_between "lines about it" 2 "$(wc -l <"$W/exporter-short.log")" 20
expect_match "back" '^sekisho_up 1$' "$(ask http://127.0.0.1:9789/metrics)"
kill "$EXPORTER_SHORT"
wait "$EXPORTER_SHORT" || fail "the exporter's end, expected 0, got $?"

kill "$EXPORTER" "$EXPORTER_UNIX"
wait "$EXPORTER" || fail "the exporter's end, expected 0, got $?"
wait "$EXPORTER_UNIX" || fail "the exporter's end, expected 0, got $?"
[ ! -e "$W/metrics.socket" ] || fail "the unix socket, expected to be removed, is there"
