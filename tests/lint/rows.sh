#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every setting in the tables of conf/rows_*.c has a help text, stands in the example configuration (maybe in a comment)
# and in the manual sekisho.conf(5). Every setting of the ASA that those tables refuse is in the manual too. A lack of any
# is an error.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0
page=$(sed 's/\\-/-/g' tools/man/sekisho.conf.5)

# "name<tab>help" of each row; a row begins with "[INDEX] = {" and its fields may stand on several lines.
rows() {
	cat conf/rows_*.c | tr '\n' ' ' | sed 's/\[[A-Z0-9_]*\] = {/\n&/g' | sed -nE '
		/^\[[A-Z0-9_]*\] = \{.*\.name = "/ {
			s/^.*\.name = "([^"]*)"(.*)$/\1\t\2/
			s/\t.*\.help = *"([^"]*)".*/\t\1/
			t print
			s/\t.*/\t/
			:print
			p
		}'
}

while IFS=$'\t' read -r name help; do
	[ -n "$help" ] || { echo "error: setting $name has no help text" && status=1; }
	grep -qE "(^|[^a-z-])$name([^a-z-]|\$)" conf/example/*.conf || { echo "error: setting $name is not in conf/example/*.conf" && status=1; }
	grep -qE "(^|[^a-z-])$name([^a-z-]|\$)" <<<"$page" || { echo "error: setting $name is not in sekisho.conf.5" && status=1; }
done < <(rows)

# Names in the tables of type struct row_refused: lines {"name", "why"}.
refused() {
	sed -nE '/struct row_refused [a-z_]+\[\] = \{/,/^};/ s/^ *\{"([^"]+)",.*/\1/p' conf/rows_*.c
}

while read -r name; do
	grep -qxF ".It Cm $name" <<<"$page" || { echo "error: refused setting $name is not in sekisho.conf.5" && status=1; }
done < <(refused)

count=$(refused | wc -l)
[ "$count" -gt 30 ] || { echo "error: only $count refused settings found in conf/rows_*.c: this check is broken" && status=1; }
count=$(rows | wc -l)
[ "$count" -gt 50 ] || { echo "error: only $count settings found in conf/rows_*.c: this check is broken" && status=1; }
exit $status
