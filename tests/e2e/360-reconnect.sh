#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reconnect with the same cookie keeps the address (SIGUSR2 at the client; TCP reset in between; both). The old
# connection goes, no second session appears.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
client_up 1 alice --authgroup=Staff
client_dtls 1
address=$(client_ip4 1)
address6=$(client_env 1 INTERNAL_IP6_ADDRESS)
index=$(session_json 's[0]["index"]')

again() {
	wait_for 30 "client reconnects: $1" file_has "$W/c1/reasons" '^reconnect$'
	wait_for 20 "traffic after: $1" ping4 1 $IN_IP4 1
	expect_eq "address after: $1" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
	expect_eq "IPv6 address after: $1" "$address6" "$(client_env 1 INTERNAL_IP6_ADDRESS reconnect)"
	expect_eq "sessions after: $1" 1 "$(session_count)"
	expect_eq "index after: $1" "$index" "$(session_json 's[0]["index"]')"
	rm -f "$W/c1/reasons"
}

from=$(next_line "$W/c1/log")
kill -USR2 "${CLIENT_PID[1]}"
again "SIGUSR2"
client_dtls 1 20 "$from"
expect_ok "IPv6 afterwards" ping6 1

# The gateway's side of the TCP connection is reset.
in_gw ss -K -t state established sport = :443 >/dev/null
again "TCP reset"

# The path is gone for a while, longer than DPD allows for neither side to notice: the client finds its way back.
gate_log 'ASA-6-716059|ASA-5-722032|ASA-5-722034'
