#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SECURITY.md promises, and names the tests that show it: each of them is there, and each promise has one.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0
count=0

while read -r file; do
	count=$((count + 1))
	[ -f "$file" ] || { echo "error: SECURITY.md names $file, which is not there" && status=1; }
done < <(grep -oE '`(tests|common)/[^`]+`' SECURITY.md | tr -d '`' | grep -v '/$')

# Rows of the table of promises: "| promise | tests |".
rows=$(awk '/^## What is promised/ { on = 1; next } /^## / { on = 0 } on && /^\| / && !/^\| Promise /' SECURITY.md)
bare=$(grep -vF '`tests/' <<<"$rows")
[ -z "$bare" ] || { echo "error: without a test: $bare" && status=1; }

[ "$count" -gt 20 ] || { echo "error: only $count tests found in SECURITY.md: this check is broken" && status=1; }
exit $status
