#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Somebody runs code in a child: a sekishod that is built for it does what they would do, in each role, and gets nothing
# that is not the role's job. What it dies of is logged by name, it comes back, and clients are served. What it says to the
# others in another's name is not believed. The real program has no such hook. Without a sandbox (sanitizers) there is
# nothing to see.
. "$(dirname "$0")/../lib/e2e.sh"

if [ -n "$SEKISHO_SAN" ]; then
	exit 0
fi

MAY_TRAP=1
roles=(gateway auth pki)
tries=(files climb folders tcp unix exec fork memory trace kill raw mount chroot code forge orders)
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
for role in "${roles[@]}"; do
	expect_eq "seccomp of $role" 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$(child_pid $role)/status")"
done

# What a role has in its hands when it starts: sockets, pipes, timers; auth one folder, the gateway its tun queues, and all
# of them stderr.
for role in "${roles[@]}"; do
	for fd in /proc/"$(child_pid $role)"/fd/*; do
		case $role:$(readlink "$fd") in
		*:socket:* | *:pipe:* | *:anon_inode:* | *:/dev/null | *:"$GATE_LOG") ;;
		gateway:/dev/net/tun | auth:"$W/state") ;;
		*) fail "descriptors of $role, expected none of a file, got ${fd##*/}: $(readlink "$fd")" ;;
		esac
	done
done

# Each role has another one for a victim.
declare -A victims=([gateway]=auth [auth]=pki [pki]=gateway)

order() { # role try victim's-process
	local i
	for i in "${!tries[@]}"; do
		[ "${tries[$i]}" != "$2" ] || /bin/kill -q $((i | $3 << 8)) -s USR2 "$(child_pid "$1")"
	done
}

came() { # role try
	awk -v r="$1" -v t="$2" '$1 == "compromised:" && $2 == r && $3 == t { print $4 }' "$GATE_LOG"
}

# What it lives through: role try result
while read -r role try result; do
	order "$role" "$try" "$(child_pid "${victims[$role]}")"
	wait_for 10 "what came of $try in $role" grep -q "^compromised: $role $try " "$GATE_LOG"
	expect_eq "$role, $try" "$result" "$(came "$role" "$try")"
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
is_back() { # role ready-lines-before process-before
	[ "$(ready)" -gt "$2" ] && [ -n "$(child_pid "$1")" ] && [ "$(child_pid "$1")" != "$3" ]
}

# Messages in another's name, to its peers: they drop the channel. Then to the parent: that is its end. She that is logged in
# stays so, nobody stops, and nobody else gets a session.
client_up 1 alice --authgroup=Staff
for role in "${roles[@]}"; do
	from=$(next_line "$GATE_LOG")
	before=$(ready)
	pid=$(child_pid $role)
	order $role forge 0
	wait_for 10 "what came of forge in $role" file_has "$GATE_LOG" "^compromised: $role forge " "$from"
	expect_eq "$role, forge" succeeded "$(came $role forge)"
	gate_log "channel to $role.* closed: message [A-Z_]+: not allowed from this peer" 5 "$from"
	order $role orders 0
	wait_for 15 "$role is back" is_back $role "$before" "$pid"
	gate_log "parent.*channel to $role closed: message [A-Z_]+: not allowed from this peer" 5 "$from"
	wait_for 20 "packets after what $role has said" ping4 1 $IN_IP4 1
	expect_eq "sessions after what $role has said" alice "$(session_json "' '.join(x['username'] for x in s)")"
done
expect_fail "an orderly stop" grep -qE 'sekishod.*: stopped' "$GATE_LOG"
client_stop 1

all_back() { # ready-lines-before processes-before
	local role
	[ "$(ready)" -gt "$1" ] || return 1
	for role in "${roles[@]}"; do
		[ -n "$(child_pid $role)" ] && ! grep -qw "$(child_pid $role)" <<<"$2" || return 1
	done
}

# What is the last that it does, all roles at once: the child says which call it was, the parent who died, and starts
# another. Who dies often waits longer each time, so there is a new daemon now and then.
# try system-call (its name) victim
count=0
while read -r try call victim; do
	if [ $((count++ % 4)) = 0 ]; then
		gate_stop
		gate_start
	fi
	from=$(next_line "$GATE_LOG")
	before=$(ready)
	declare -A died=()
	for role in "${roles[@]}"; do
		died[$role]=$(child_pid $role)
	done
	for role in "${roles[@]}"; do
		target=${died[${victims[$role]}]}
		[ "$victim" != parent ] || target=$PARENT
		order $role "$try" "$target"
	done
	wait_for 15 "all back after $try" all_back "$before" "${died[*]}"
	for role in "${roles[@]}"; do
		expect_ok "a line about the death of $role by $try" file_has "$GATE_LOG" "$role \(pid ${died[$role]}\) was killed by its sandbox" "$from"
		expect_fail "$try of $role" file_has "$GATE_LOG" "^compromised: $role $try " "$from"
		[ "$call" = ptrace ] ||
			expect_ok "the name of the call of $role, $try" file_has "$GATE_LOG" "^sekishod $role: sandbox: system call $call \([0-9]+\)" "$from"
	done
	expect_ok "the parent" kill -0 "$PARENT"
done <<-END
	exec execve
	fork clone
	memory process_vm_readv
	memory process_vm_readv parent
	trace ptrace
	trace ptrace parent
	kill kill
	kill kill parent
	raw socket
	mount mount
	chroot chroot
	code mprotect
END

client_up 1 alice --authgroup=Staff
expect_ok "a client is served after all that" ping4 1
