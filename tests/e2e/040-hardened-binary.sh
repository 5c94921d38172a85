#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The programs are built as promised: position independent, full RELRO, no executable stack, stack protector, fortified
# calls.
. "$(dirname "$0")/../lib/e2e.sh"

if [ -n "$SEKISHO_SAN" ]; then
	exit 0
fi
for program in sekishod show-sessions sekisho-passwd; do
	file=$SEKISHO_BIN/$program
	expect_match "$program: position independent" 'Type: +DYN' "$(readelf -hW "$file")"
	expect_match "$program: PIE flag" 'FLAGS_1.*PIE' "$(readelf -dW "$file")"
	expect_match "$program: bind now" 'BIND_NOW|FLAGS_1.*NOW' "$(readelf -dW "$file")"
	expect_match "$program: RELRO" 'GNU_RELRO' "$(readelf -lW "$file")"
	expect_match "$program: stack is not executable" 'GNU_STACK.* RW ' "$(readelf -lW "$file")"
	expect_no_match "$program: writable and executable segments" 'LOAD.*RWE' "$(readelf -lW "$file")"
	expect_match "$program: stack protector" '__stack_chk_fail' "$(readelf -sW --dyn-syms "$file")"
	expect_match "$program: fortified calls" '__(snprintf|vsnprintf|fprintf|memcpy|read|recv)_chk' "$(readelf -sW --dyn-syms "$file")"
	expect_no_match "$program: RPATH" 'R(UN)?PATH' "$(readelf -dW "$file")"
done
