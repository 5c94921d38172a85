#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prometheus scrapes the exporter; the alert rules hold what they promise; every query of the dashboard is answered.
. "$(dirname "$0")/../lib/e2e.sh"

expect_ok "the rules" promtool check rules "$ROOT/docs/prometheus/sekisho.rules.yml"
expect_ok "what the rules do" promtool test rules "$ROOT/tests/metrics/rules.test.yml"

usual_start 1
ip netns exec "$GW" "$SEKISHO_BIN/sekisho-exporter" -c "$W/conf" >"$W/exporter.log" 2>&1 &
EXPORTER=$!
cp "$ROOT/docs/prometheus/sekisho.rules.yml" "$W"
sed 's/scrape_interval: 15s/scrape_interval: 1s/' "$ROOT/docs/prometheus/prometheus.yml" >"$W/prometheus.yml"
expect_ok "the example configuration" promtool check config "$W/prometheus.yml"
ip netns exec "$GW" prometheus --config.file="$W/prometheus.yml" --storage.tsdb.path="$W/tsdb" --web.listen-address=127.0.0.1:9090 \
	--log.level=warn >"$W/prometheus.log" 2>&1 &
PROMETHEUS=$!

query() {
	in_gw /usr/bin/python3 "$ROOT/tests/metrics/query.py" http://127.0.0.1:9090 "$@"
}

client_up 1 alice --authgroup=Staff
client_dtls 1
is_scraped() {
	[ "$(query 'sum(sekisho_worker_tunnels{job="sekisho",channel="dtls"})' 2>/dev/null)" = 1 ]
}
wait_for 20 "Prometheus sees the tunnel" is_scraped
expect_eq "the target is up" 1 "$(query 'up{job="sekisho"}')"
expect_eq "sessions" 1 "$(query 'sekisho_sessions{tunnel_group="STAFF",state="up"}')"
expect_eq "no alert of ours" none "$(query 'ALERTS{alertname!~".*Certificate.*"}')"
has_rate() {
	[ "$(query 'sum(rate(sekisho_traffic_packets_total[1m]))')" != none ]
}
wait_for 10 "two scrapes" has_rate
/usr/bin/python3 "$ROOT/tests/metrics/dashboard_queries.py" "$ROOT/docs/grafana/sekisho.json" >"$W/queries"
expect_between "queries of the dashboard" 30 "$(wc -l <"$W/queries")" 100
query --each <"$W/queries" >"$W/answers" || fail "a query of the dashboard, expected an answer, got: $(cat "$W/answers")"
# What has nothing to show in so small a world.
expect_between "queries that find something" $(($(wc -l <"$W/queries") - 4)) "$(grep -vc '^none' "$W/answers")" 100
kill "$PROMETHEUS" "$EXPORTER"
wait "$PROMETHEUS" || fail "Prometheus' end, expected 0, got $?"
