#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Words that must not be in the source: banned calls, unfinished work, commented-out code, paths of one machine; and the
# SPDX line that must be. Every finding is an error.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0
mapfile -t sources < <(find common conf gateway auth pki tools tests -name '*.[ch]' | sort)
mapfile -t all < <(find . -type f -not -path './.git/*' -not -path './build*' -not -path '*/corpus/*' -not -name LICENSE | sort)

# refuse 'what' regex files...
refuse() {
	local what=$1 regex=$2 found
	shift 2
	[ $# -gt 0 ] || return 0
	if found=$(grep -nPH -- "$regex" "$@"); then
		sed -E "s/^/error: $what: /" <<<"$found"
		status=1
	fi
}

refuse 'banned call' '(?<![\w.>"])(strcpy|strcat|sprintf|vsprintf|atoi|atol|strtok|gets|alloca|strncpy|strncat)\s*\(' "${sources[@]}"
refuse 'goto other than out' '\bgoto\s+(?!out\b)\w' "${sources[@]}"
refuse 'commented-out code' '^\s*(//|/\*|\*)\s*(if|for|while|return|else)\b.*[;{]\s*(\*/)?\s*$' "${sources[@]}"
refuse 'C++ comment' '^\s*//' "${sources[@]}"
mapfile -t parsers < <(printf '%s\n' "${sources[@]}" | grep -E '_parse\.c$' | grep -v '^tests/')
refuse 'raw pointer work in a parser' '\b(strtol|strtoul|strtoull|strtod|sscanf|log_\w+)\s*\(' "${parsers[@]}"
mapfile -t product < <(printf '%s\n' "${all[@]}" | grep -v '^\./tests/lint/')
refuse 'unfinished work' '\b(TODO|FIXME|XXX)\b(?!.*#[0-9])' "${product[@]}"
refuse 'path of one machine' '\.\./shared/' "${product[@]}"

for f in "${sources[@]}"; do
	head -2 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || { echo "error: $f: no SPDX line at its head" && status=1; }
done
for f in tests/*/*.sh tests/lib/vpnc-script .ci/run; do
	head -3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || { echo "error: $f: no SPDX line at its head" && status=1; }
done
exit $status
