#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `make lint` runs: style part 6, step by step. Errors fail, advice is printed. run.sh MAKE [STEP...]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
make=$1
shift
build="build-lint"
jobs=$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mapfile -t sources < <(find common conf gateway auth pki tools tests -name '*.c' | sort)
mapfile -t headers < <(find common conf gateway auth pki tools tests -name '*.h' | sort)
mapfile -t ours < <(printf '%s\n' "${sources[@]}" | grep -v '^tests/')

step_format() {
	clang-format --dry-run -Werror "${sources[@]}" "${headers[@]}"
}

# Everything once more with gcc's analyser, at -O0, in a folder of its own. Its leaks are advice: it does not see that a hash
# table owns what was added to it (clang-tidy and LeakSanitizer look for leaks too).
step_gcc() {
	"$make" -k -j"$jobs" BUILD=$build OPT="-O0 -g" EXTRA_CFLAGS=-Wno-frame-larger-than \
		ANALYZE="-fanalyzer -fanalyzer-verbosity=0 -Wno-error=analyzer-malloc-leak" all unit-bins fuzz-bins >"$work/gcc" 2>&1
	local status=$?
	grep -E 'error:|undefined|[Ee]rror ' "$work/gcc"
	grep 'warning:' "$work/gcc" | sed 's/^/advice: /'
	return $status
}

# clang's own warnings come along, as clang-diagnostic-*.
step_tidy() {
	local flags
	flags=$("$make" -s BUILD=$build CC=clang print-flags)
	# shellcheck disable=SC2086
	printf '%s\n' "${ours[@]}" | xargs -P "$jobs" -n 4 sh -c 'clang-tidy --quiet "$@" -- '"$flags"' 2>/dev/null' tidy >"$work/tidy"
	local status=$?
	cat "$work/tidy"
	# How it comes to each is long: what is wrong once more at the end.
	grep 'error:' "$work/tidy"
	return $status
}

step_cppcheck() {
	cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr -j "$jobs" \
		--error-exitcode=1 --suppress=missingIncludeSystem --suppress=unmatchedSuppression -I. -I$build/gen \
		--suppress='*:*ipc.pb-c*' -D_GNU_SOURCE "${ours[@]}" 2>&1
}

step_layers() {
	tests/lint/layers.sh
}

step_sizes() {
	tests/lint/sizes.sh $build
}

step_rows() {
	tests/lint/rows.sh
}

step_words() {
	tests/lint/words.sh
}

step_promises() {
	tests/lint/promises.sh
}

step_unused() {
	tests/lint/unused.sh $build
}

step_shell() {
	shellcheck tests/*/*.sh tests/lib/vpnc-script .ci/run
}

step_man() {
	mandoc -Tlint -Wstyle tools/man/*.[0-9] | grep -v 'referenced manual not found'
	[ "${PIPESTATUS[0]}" -lt 3 ]
}

failed=0
[ $# -gt 0 ] || set -- format layers words rows promises gcc tidy cppcheck unused sizes shell man
for step in "$@"; do
	begin=$SECONDS
	if "step_$step" >"$work/out" 2>&1; then
		printf 'ok    %-10s %3d s\n' "$step" $((SECONDS - begin))
		grep -E '^advice:' "$work/out" | sed 's/^/      /'
	else
		printf 'FAIL  %-10s %3d s\n' "$step" $((SECONDS - begin))
		sed 's/^/      /' "$work/out" | tail -n 400
		failed=$((failed + 1))
	fi
done
[ $failed = 0 ] && echo "lint: no errors" || echo "lint: $failed steps failed"
[ $failed = 0 ]
