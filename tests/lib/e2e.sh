# SPDX-License-Identifier: Apache-2.0
# Sourced first by every end-to-end test: strict mode, names, work folder, clean-up, and the other helpers.
# Environment: SEKISHO_BIN (folder of the programs, build/bin), SEKISHO_SAN (sanitizer of that build, or empty), KEEP=1
# (keep the work folder).
# shellcheck shell=bash disable=SC2034

set -euo pipefail
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SEKISHO_BIN=${SEKISHO_BIN:-$ROOT/build/bin}
SEKISHO_SAN=${SEKISHO_SAN:-}
P=${SEKISHO_PREFIX:-sk$$}
W=$(mktemp -d "/tmp/$P.XXXXXX")
chmod 755 "$W"
NETNS=()
TIME_FACTOR=1
SEKISHO_WRAP=

for part in assert net pki gate client flow radius; do
	# shellcheck disable=SC1090
	. "$ROOT/tests/lib/$part.sh"
done

# Sanitizers report on stderr, which is the daemon's log. They need /proc, so no chroot under them; TSan of this age needs
# the old address space layout.
case $SEKISHO_SAN in
*address*)
	export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=1
	export LSAN_OPTIONS=exitcode=99
	export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
	TIME_FACTOR=3
	CHROOT_DIR=/
	;;
*thread*)
	export TSAN_OPTIONS=halt_on_error=0:exitcode=66:second_deadlock_stack=1
	TIME_FACTOR=4
	CHROOT_DIR=/
	SEKISHO_WRAP="setarch -R"
	;;
esac

cleanup() {
	local status=$? pid
	trap - EXIT
	trap '' PIPE INT TERM
	set +e
	if [ -n "$PARENT" ] && [ $status = 0 ]; then
		# Leaks are reported at an orderly end only.
		for pid in "${CLIENT_PID[@]}"; do
			kill -INT "$pid" 2>/dev/null
		done
		gate_stop || status=1
	fi
	if [ -n "$GATE_LOG" ] && grep -nE -A25 'Sanitizer|runtime error:' "$GATE_LOG" >"$W/reports"; then
		echo "FAIL: sanitizer report, expected none, got:"
		head -80 "$W/reports"
		status=1
	fi
	# A process that its sandbox has ended comes back so quickly that a test may not notice. MAY_TRAP=1: it is what is tested.
	if [ -n "$GATE_LOG" ] && [ -z "${MAY_TRAP:-}" ] && grep -n 'sandbox: system call' "$GATE_LOG"; then
		echo "FAIL: calls of the system, expected none outside the sandbox, got the above"
		status=1
	fi
	net_down
	if [ $status != 0 ]; then
		for log in "$W"/gate.log "$W"/c*/log; do
			[ -s "$log" ] && echo "--- ${log#"$W"/} (last lines)" && tail -n 40 "$log"
		done
	fi
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $W"
	else
		rm -rf "$W"
	fi
	exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The usual start: namespaces (number of clients), PKI, configuration, daemon.
usual_start() {
	net_up "${1:-1}"
	pki_make
	conf_write
	gate_start
}
