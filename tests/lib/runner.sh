#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Run the tests: runner.sh [-j N] VARIANT:PATTERN... where VARIANT is plain, address, thread or fuzz (which build) and PATTERN
# matches names such as e2e/100-login-groups, unit/test_pool, fuzz/xml. One line per test, the log of a failed one, and at
# the end "N passed, N failed".
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
jobs=2
if [ "${1:-}" = -j ]; then
	jobs=$2
	shift 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

declare -A folder=([plain]="${BUILD:-build}" [address]=build-address-undefined [thread]=build-thread [fuzz]=build-fuzz-short)
declare -A san=([plain]="" [address]="address,undefined" [thread]=thread [fuzz]=fuzzer)

# All tests by name, one a line.
names() {
	local f
	for f in tests/unit/test_*.c; do
		[ -e "$f" ] && f=${f#tests/unit/} && echo "unit/${f%.c}"
	done
	for f in tests/fuzz/fuzz_*.c; do
		[ -e "$f" ] && f=${f#tests/fuzz/fuzz_} && echo "fuzz/${f%.c}"
	done
	for f in tests/e2e/[0-9]*.sh; do
		[ -e "$f" ] && f=${f#tests/} && echo "${f%.sh}"
	done
}

# The list of "variant name", in the order of the arguments.
list=$work/list
for arg in "$@"; do
	names | while read -r name; do
		# shellcheck disable=SC2053
		if [[ $name == ${arg#*:} ]]; then
			echo "${arg%%:*} $name"
		fi
	done
done >"$list"

run_one() {
	local variant=$1 name=$2 prefix=$3 label log begin status=0 build ns parser
	label=$name
	[ "$variant" = plain ] || label=$name@$variant
	log=$work/$(tr '/@' '--' <<<"$label")
	build=$root/${folder[$variant]}
	begin=$(date +%s%N)
	export ASAN_OPTIONS=detect_leaks=1:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
	case $name in
	fuzz/*)
		parser=${name#fuzz/}
		if [ "$variant" != fuzz ]; then
			timeout -k 5 300 "$build/tests/fuzz/fuzz_$parser" "tests/fuzz/corpus/$parser"
		else # what is new goes into the first folder; an input that breaks it is printed
			mkdir -p "$work/found/$parser"
			timeout -k 5 120 "$build/tests/fuzz/fuzz_$parser" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 \
				-verbosity=0 -print_final_stats=1 -artifact_prefix="$work/" "$work/found/$parser" "tests/fuzz/corpus/$parser"
		fi
		;;
	unit/*) timeout -k 5 120 "$build/tests/$name" ;;
	e2e/*) SEKISHO_PREFIX=$prefix SEKISHO_BIN=$build/bin SEKISHO_SAN=${san[$variant]} timeout -k 30 "${E2E_TIMEOUT:-400}" bash "tests/$name.sh" ;;
	esac >"$log" 2>&1 </dev/null || status=$?
	# A test that had to be killed leaves its namespaces and what runs in them.
	for ns in $(ip netns list 2>/dev/null | awk -v p="$prefix" 'index($1, p) == 1 { print $1 }'); do
		ip netns pids "$ns" | xargs -r kill -9
		ip netns del "$ns"
	done
	local ms=$((($(date +%s%N) - begin) / 1000000))
	if [ $status = 0 ]; then
		printf 'ok    %-48s %5d.%d s\n' "$label" $((ms / 1000)) $((ms % 1000 / 100))
	else
		{
			printf 'FAIL  %-48s %5d.%d s  (status %d)\n' "$label" $((ms / 1000)) $((ms % 1000 / 100)) $status
			# What was expected, which the last lines of all the logs behind it would push out of sight.
			[ "$(wc -l <"$log")" -le 200 ] || grep -m 5 -E '^FAIL|ERROR: .*Sanitizer|WARNING: .*Sanitizer' "$log" | sed 's/^/      | /'
			tail -n 200 "$log" | sed 's/^/      | /'
		}
		echo "$label" >>"$work/failed"
	fi
	echo "$label" >>"$work/done"
}

: >"$work/failed"
: >"$work/done"
running=0
count=0
while read -r variant name; do
	if [ $running -ge "$jobs" ]; then
		wait -n
		running=$((running - 1))
	fi
	count=$((count + 1))
	run_one "$variant" "$name" "sk$$t${count}x" &
	running=$((running + 1))
done <"$list"
wait

total=$(wc -l <"$work/done")
failed=$(wc -l <"$work/failed")
[ "$failed" = 0 ] || { echo "Failed:" && sed 's/^/  /' "$work/failed"; }
echo "$((total - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$total" -gt 0 ]
