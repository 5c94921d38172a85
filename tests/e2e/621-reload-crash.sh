#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A process that dies around a reload: before all are ready nothing changes anywhere; afterwards it comes back with the
# configuration that the others use. Sessions stay (INV-8).
. "$(dirname "$0")/../lib/e2e.sh"

# Every answer of a login tells whose configuration it is from: the default domain of the policy.
write_domain() {
	CONF_STAFF="default-domain = \"$1\";"
	conf_write
}

domain_is() {
	client_up 2 bob --authgroup=Staff
	expect_eq "$2" "$1" "$(client_env 2 CISCO_DEF_DOMAIN)"
	client_stop 2
}

restarted() {
	local now
	now=$(child_pid "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

write_domain one.example.com
usual_start 2
client_up 1 alice --authgroup=Staff
domain_is one.example.com "domain at start"

for role in pki auth gateway; do
	# It got the new configuration, does not answer, and dies.
	write_domain "not-$role.example.com"
	old=$(child_pid $role)
	from=$(next_line "$GATE_LOG")
	kill -STOP "$old"
	kill -HUP "$PARENT"
	gate_log 'configuration of generation [0-9]+ handed out' 10 "$from"
	kill -KILL "$old"
	gate_log "$role went away before it was ready" 10 "$from"
	gate_log 'configuration not reloaded: 1 error; the old one stays' 10 "$from"
	wait_for 10 "$role is restarted" restarted $role "$old"
	gate_log 'sekishod [0-9.]+ ready' 10 "$from"
	expect_no_match "no reload took place" 'configuration reloaded' "$(tail -n "+$from" "$GATE_LOG")"
	domain_is one.example.com "domain after $role died during a reload"
	wait_for 40 "traffic of the first client after $role died" ping4 1 "$IN_IP4" 1
done

for role in pki auth gateway; do
	# It dies when all were told to use the new one.
	write_domain "after-$role.example.com"
	from=$(next_line "$GATE_LOG")
	kill -HUP "$PARENT"
	gate_log 'configuration reloaded' 10 "$from"
	old=$(child_pid $role)
	from=$(next_line "$GATE_LOG")
	kill -KILL "$old"
	wait_for 10 "$role is restarted" restarted $role "$old"
	gate_log 'sekishod [0-9.]+ ready' 10 "$from"
	domain_is "after-$role.example.com" "domain when $role has died after a reload"
	wait_for 40 "traffic of the first client" ping4 1 "$IN_IP4" 1
done

# While one is away a reload is refused, and says why.
old=$(child_pid auth)
kill -STOP "$(child_pid pki)"
from=$(next_line "$GATE_LOG")
kill -KILL "$old"
kill -HUP "$PARENT"
gate_log 'configuration not reloaded' 10 "$from"
expect_match "why a reload is refused" 'auth (is being restarted|went away)' "$(tail -n "+$from" "$GATE_LOG")"
kill -CONT "$(child_pid pki)"
gate_log 'sekishod [0-9.]+ ready' 10 "$from"
from=$(next_line "$GATE_LOG")
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 10 "$from"
