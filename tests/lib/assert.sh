# SPDX-License-Identifier: Apache-2.0
# Assertions and waiting for the end-to-end tests. A failure ends the test with "FAIL: what, expected X, got Y".
# shellcheck shell=bash

# Conditions are polled with their output thrown away, but a failure in one must be seen.
exec {REAL_OUT}>&1

fail() {
	exec 1>&"$REAL_OUT" 2>&1
	echo "FAIL: $*"
	exit 1
}

# what, expected, got
expect_eq() {
	[ "$2" = "$3" ] || fail "$1, expected '$2', got '$3'"
}

# what, extended regular expression, text
expect_match() {
	grep -Eq -- "$2" <<<"$3" || fail "$1, expected a match of /$2/, got '$3'"
}

expect_no_match() {
	if grep -Eq -- "$2" <<<"$3"; then
		fail "$1, expected no match of /$2/, got '$(grep -E -- "$2" <<<"$3" | head -3)'"
	fi
}

# what, command...: must succeed
expect_ok() {
	local what=$1 out
	shift
	out=$("$@" 2>&1) || fail "$what, expected success of '$*', got status $?: $out"
}

# what, command...: must fail
expect_fail() {
	local what=$1 out
	shift
	if out=$("$@" 2>&1); then
		fail "$what, expected '$*' to fail, got success: $out"
	fi
}

# what, low, value, high
expect_between() {
	awk -v l="$2" -v v="$3" -v h="$4" 'BEGIN { exit !(v != "" && v >= l && v <= h) }' ||
		fail "$1, expected between $2 and $4, got '$3'"
}

# Poll a condition: wait_for SECONDS "what" command...  Sanitizer builds get more time.
wait_for() {
	local seconds=$(($1 * ${TIME_FACTOR:-1})) what=$2 end
	shift 2
	end=$((SECONDS + seconds + 1))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "$what, expected within $seconds s, got nothing"
		sleep 0.05
	done
}

# As wait_for, but answers with its status instead of ending the test.
holds_within() {
	local end=$((SECONDS + $1 * ${TIME_FACTOR:-1} + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# A line in a file: wait_line FILE REGEX [SECONDS] [FROM_LINE]
wait_line() {
	local file=$1 regex=$2 seconds=${3:-10} from=${4:-1}
	wait_for "$seconds" "line /$regex/ in ${file##*/}" file_has "$file" "$regex" "$from"
}

file_has() {
	tail -n "+${3:-1}" "$1" 2>/dev/null | grep -Eq -- "$2"
}

# Number of the line after the last one: for wait_line's FROM_LINE.
next_line() {
	echo $(($(wc -l <"$1") + 1))
}

# True once a process is gone.
is_gone() {
	[ ! -d "/proc/$1" ] || [ "$(awk '/^State/ { print $2 }' "/proc/$1/status" 2>/dev/null)" = Z ]
}
