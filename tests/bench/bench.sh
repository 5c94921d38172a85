#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make bench`: Sekisho beside ocserv on this machine, one after the other in every round; medians and ratios at the end.
#   bench.sh [--json FILE] [ITEM...]     items: throughput packets logins memory latency workers
# Environment: ROUNDS (3), SECONDS_EACH (2) per measurement, SERVERS ("sekisho ocserv"), SEKISHO_BIN.
set -euo pipefail
umask 022

[ "$(id -u)" = 0 ] || { echo "make bench needs root: it makes network namespaces." >&2; exit 1; }
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
SEKISHO_BIN=${SEKISHO_BIN:-$ROOT/build/bin}
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-2}
SERVERS=${SERVERS:-sekisho ocserv}
JSON=
if [ "${1:-}" = --json ]; then
	JSON=$2
	shift 2
fi
[ $# -gt 0 ] || set -- throughput packets logins memory latency workers
P=skb$$
W=$(mktemp -d "/tmp/$P.XXXXXX")
chmod 755 "$W"
ROWS=$W/rows
: >"$ROWS"
NETNS=()
for part in lib/assert lib/net lib/pki lib/gate lib/client bench/setup bench/throughput bench/packets bench/logins \
	bench/memory bench/latency bench/workers; do
	# shellcheck disable=SC1090
	. "$ROOT/tests/$part.sh"
done

cleanup() {
	local status=$?
	trap - EXIT INT TERM
	set +e
	[ $status = 0 ] || tail -n 15 "$W"/gate.log "$W"/ocserv.log "$W"/c1/log 2>/dev/null
	net_down
	rm -rf "$W"
	exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

world_up 8
ulimit -n "$(ulimit -Hn)" # a descriptor for each session
for ROUND in $(seq 1 "$ROUNDS"); do
	for item in "$@"; do
		for server in $SERVERS; do
			"bench_$item" "$server"
		done
	done
done
/usr/bin/python3 "$ROOT/tests/bench/summary.py" "$ROWS" ${JSON:+"$JSON"}
if grep ' error ' "$W/gate.log"; then
	echo "The log of sekishod has the lines above."
fi
