#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How many lines of its parser each fuzzer's corpus runs through: coverage.sh BUILD (made with clang's coverage). Which
# files a fuzzer is for says the line "For coverage.sh: FILE..." in it. Less than 80 % of the lines of one is an error.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1
limit=80
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines of a file that have been run through, and all that have code; nothing if it is not linked in.
lines() {
	llvm-cov export -format=lcov "$1" -instr-profile="$2" "$3" 2>/dev/null | awk -v file="/$3" '
		/^SF:/ { on = substr($0, length($0) - length(file) + 1) == file }
		on && /^LF:/ { all = substr($0, 4) }
		on && /^LH:/ { print substr($0, 4), all }'
}

one() {
	local source=$1 name bin files
	name=${source##*/fuzz_}
	name=${name%.c}
	bin=$build/tests/fuzz/fuzz_$name
	files=$(sed -n 's,^.*For coverage\.sh: \(.*\) \*/$,\1,p' "$source")
	[ -n "$files" ] || { echo "error: $source does not say which files it is for" && return 1; }
	LLVM_PROFILE_FILE=$work/$name.raw "$bin" -runs=0 "tests/fuzz/corpus/$name" >"$work/$name.log" 2>&1 ||
		{ cat "$work/$name.log" && return 1; }
	llvm-profdata merge -sparse "$work/$name.raw" -o "$work/$name.data" || return 1
	local result=0 file run all percent
	for file in $files; do
		read -r run all < <(lines "$bin" "$work/$name.data" "$file")
		[ "${all:-0}" -gt 0 ] || { echo "error: fuzz_$name is not linked with $file" && result=1 && continue; }
		percent=$((100 * run / all))
		printf '%-18s %-28s %4d of %4d lines  %3d %%\n' "$name" "$file" "$run" "$all" "$percent"
		[ $percent -ge $limit ] || { echo "error: less than $limit %" && result=1; }
	done
	return $result
}

for source in tests/fuzz/fuzz_*.c; do
	one "$source" || status=1
done
exit $status
