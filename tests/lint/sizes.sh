#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sizes (advice) and names (errors): long files and functions, too many #if, file names that are not unique, exported
# functions without their file's prefix. sizes.sh BUILD_FOLDER (objects of a build)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
status=0
files=$(find common conf gateway auth pki tools tests -name '*.[ch]')

wc -l $files | awk '$1 > 600 && $2 != "total" { print "advice: " $2 " has " $1 " lines" }'

# Functions by our format: the name at the line's start, then a line "{", then a line "}".
awk '
	/^[a-z_][a-zA-Z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
	/^{/ { start = FNR }
	/^}/ && start { if (FNR - start > 70 && name != "") print "advice: " FILENAME ": " name "() has " FNR - start - 1 " lines"; start = 0; name = "" }
' $files

for f in $files; do
	n=$(grep -cE '^[[:space:]]*#[[:space:]]*if' "$f")
	case $f in
	*.h) n=$((n - 1)) ;; # the include guard
	esac
	[ "$n" -le 5 ] || echo "advice: $f has $n #if"
done

doubles=$(find common conf gateway auth pki tools tests -type f -not -path '*/corpus/*' -printf '%f\n' | sort | uniq -d)
for name in $doubles; do
	echo "error: the file name $name is not unique: $(find . -name "$name" -not -path './build*' -not -path "./.git/*" -printf "%p ")"
	status=1
done

# exported: FILE.c exports FILE_* only. Stem of a family counts too: rows_gateway.c, row_*; tls_bio.c, tls_*.
for object in "$build"/{common,conf,gateway,auth,pki}/*.o; do
	[ -e "$object" ] || continue
	stem=$(basename "$object" .o)
	nm --defined-only -g "$object" | awk '$2 == "T" { print $3 }' | while read -r symbol; do
		case $symbol in
		main | "${stem}"* | "${stem%%_*}"_* | "${stem%s}"_*) ;;
		*) echo "$symbol()" ;;
		esac
	done | xargs | sed "s,..*,advice: ${object#"$build"/} exports without its prefix: &,"
done
exit $status
