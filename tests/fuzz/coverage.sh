#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How many lines of its parser each fuzzer's corpus runs through: coverage.sh BUILD (made with clang's coverage). Which
# files a fuzzer is for says the comment "For coverage.sh: FILE..." in it; FILE:WORD,WORD is the functions of a file whose
# names begin so, FILE:-WORD,WORD those whose names do not, where the others read nothing. Less than 80 % is an error.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$1
limit=80
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# lines BINARY DATA FILE FUNCTIONS: lines that have been run through, and all that have code; nothing if it is not linked in.
lines() {
	llvm-cov export -format=lcov "$1" -instr-profile="$2" "$3" 2>/dev/null | awk -v file="/$3" -v functions="$4" '
		function wanted(name, i) {
			sub(/.*:/, "", name)
			for (i = 1; i <= n; i++)
				if (index(name, words[i]) == 1) return !without
			return without
		}
		BEGIN {
			without = sub(/^-/, "", functions) || functions == ""
			n = split(functions, words, ",")
		}
		/^SF:/ { on = substr($0, length($0) - length(file) + 1) == file }
		on && split(substr($0, index($0, ":") + 1), part, ",") && /^FN:/ { begins[part[1]] = part[2] }
		on && /^DA:/ {
			if (part[1] in begins) counts = wanted(begins[part[1]])
			if (counts) { all++; run += part[2] > 0 }
		}
		END { if (all) print run + 0, all }'
}

# The files that a fuzzer is for: a comment of one line or more.
files_of() {
	awk '
		/For coverage\.sh:/ { on = 1; sub(/.*For coverage\.sh:/, "") }
		on { last = /\*\//; sub(/^ \* /, ""); sub(/ \*\/.*/, ""); print }
		last { exit }' "$1"
}

one() {
	local source=$1 name bin files
	name=${source##*/fuzz_}
	name=${name%.c}
	bin=$build/tests/fuzz/fuzz_$name
	files=$(files_of "$source")
	[ -n "$files" ] || { echo "error: $source does not say which files it is for" && return 1; }
	LLVM_PROFILE_FILE=$work/$name.raw "$bin" -runs=0 "tests/fuzz/corpus/$name" >"$work/$name.log" 2>&1 ||
		{ cat "$work/$name.log" && return 1; }
	llvm-profdata merge -sparse "$work/$name.raw" -o "$work/$name.data" || return 1
	local result=0 file functions run all percent
	for file in $files; do
		run=0 all=0 functions=${file#*.c}
		functions=${functions#:}
		read -r run all < <(lines "$bin" "$work/$name.data" "${file%%:*}" "$functions")
		[ "${all:-0}" -gt 0 ] || { echo "error: fuzz_$name is not linked with $file" && result=1 && continue; }
		percent=$((100 * run / all))
		printf '%-18s %-28s %4d of %4d lines  %3d %%%s\n' "$name" "${file%%:*}" "$run" "$all" "$percent" \
			"${functions:+  ($functions)}"
		[ $percent -ge $limit ] || { echo "error: less than $limit %" && result=1; }
	done
	return $result
}

for source in tests/fuzz/fuzz_*.c; do
	one "$source" || status=1
done
exit $status
