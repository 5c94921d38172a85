#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Somebody runs code in a child: a sekishod that is built for it does what they would do, in each role, and gets nothing
# that is not the role's job. What it dies of is logged, it comes back, and clients are served. The real program has no
# such hook. Without a sandbox (sanitizers) there is nothing to see.
. "$(dirname "$0")/../lib/e2e.sh"

if [ -n "$SEKISHO_SAN" ]; then
	exit 0
fi

tries=(files climb folders tcp unix exec memory kill)
real=$SEKISHO_BIN/sekishod
made=$SEKISHO_BIN/../tests/compromise/sekishod
[ -x "$made" ] || fail "$made, expected a program (make check builds it), got none"

expect_fail "the hook in the real program" grep -qE 'compromise[d_]' "$real"
expect_ok "the hook where it belongs (else the line above proves nothing)" grep -qE 'compromise[d_]' "$made"

# The other programs are the real ones.
mkdir "$W/bin"
ln -s "$SEKISHO_BIN"/* "$W/bin/"
ln -sf "$made" "$W/bin/sekishod"
SEKISHO_BIN=$W/bin
usual_start
for role in gateway auth pki; do
	expect_eq "seccomp of $role" 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$(child_pid $role)/status")"
done

order() { # role try
	local i
	for i in "${!tries[@]}"; do
		[ "${tries[$i]}" != "$2" ] || /bin/kill -q "$i" -s USR2 "$(child_pid "$1")"
	done
}

# What it lives through: role try result
while read -r role try result; do
	order "$role" "$try"
	wait_for 10 "what came of $try in $role" grep -q "^compromised: $role $try " "$GATE_LOG"
	expect_eq "$role, $try" "$result" "$(awk -v r="$role" -v t="$try" '$1 == "compromised:" && $2 == r && $3 == t { print $4 }' "$GATE_LOG")"
done <<-END
	gateway files EACCES
	auth files EACCES
	pki files EACCES
	gateway climb EACCES
	auth climb EACCES
	pki climb EACCES
	gateway folders EBADF
	auth folders succeeded
	pki folders EBADF
	gateway tcp EACCES
	auth tcp EACCES
	gateway unix EACCES
	auth unix EACCES
	pki unix EACCES
END

ready() {
	grep -c 'sekishod .* ready' "$GATE_LOG"
}
# A try of a role that is its last: the parent says so, and starts another.
is_back() { # ready-lines-before
	[ "$(ready)" -gt "$1" ]
}
for try in exec memory kill; do
	for role in gateway auth pki; do
		before=$(ready)
		pid=$(child_pid $role)
		order $role $try
		wait_for 15 "$role back after $try" is_back "$before"
		expect_fail "$role after $try" test -e "/proc/$pid"
		expect_ok "a line about the death of $role" grep -q "$role (pid $pid) was killed by its sandbox" "$GATE_LOG"
		expect_fail "$try of $role" grep -q "^compromised: $role $try " "$GATE_LOG"
	done
done
# kill() is in no list, neither way: the child itself tells the number.
expect_ok "the number of what was not in the list" grep -qE '^sekishod auth: sandbox: system call [0-9]+ is not in its list' "$GATE_LOG"

client_up 1 alice --authgroup=Staff
expect_ok "a client is served after all that" ping4 1
