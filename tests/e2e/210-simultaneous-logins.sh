#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# vpn-simultaneous-logins: the oldest session of the user goes when there is one too many; 0 lets nobody in.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='vpn-simultaneous-logins = 2;'
CONF_ENG='vpn-simultaneous-logins = 0;'
usual_start 3

client_up 1 alice --authgroup=Staff
client_up 2 alice --authgroup=Staff
expect_eq "sessions" 2 "$(session_count)"
client_up 3 alice --authgroup=Staff
wait_for 15 "two sessions are left" sessions_are 2
wait_for 15 "the oldest client is told" is_gone "${CLIENT_PID[1]}"
expect_ok "second session lives" ping4 2
expect_ok "third session lives" ping4 3
if client_run 1 bob --authgroup=Engineering; then
	fail "login into a group with 0 logins, expected a refusal, got a tunnel"
fi
expect_eq "sessions after the refusal" 2 "$(session_count)"
