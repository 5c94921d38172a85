#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Dead code: exported functions that no program and no test reaches after garbage collection of sections (error), and
# those that tests alone reach (advice). unused.sh BUILD_FOLDER (made with -O0, so that nothing is inlined)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

functions() {
	nm --defined-only "$@" 2>/dev/null | awk '$2 == "T" || $2 == "t" { print $3 }' | sort -u
}

[ -x "$build/bin/sekishod" ] || { echo "error: no programs in $build: step gcc makes them" && exit 1; }
functions "$build"/{common,conf,gateway,auth,pki,tools}/*.o >"$work/defined"
functions "$build"/bin/* >"$work/programs"
functions "$build"/tests/unit/test_* "$build"/tests/fuzz/fuzz_* >"$work/tests"
sort -u "$work/programs" "$work/tests" >"$work/used"
comm -23 "$work/defined" "$work/programs" | comm -12 - "$work/tests" | sed 's/^/advice: only tests use /;s/$/()/'
comm -23 "$work/defined" "$work/used" | sed 's/^/error: nobody uses /;s/$/()/' | tee "$work/dead"
[ ! -s "$work/dead" ]
