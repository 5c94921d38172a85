#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# UDP is blocked: the session works over TLS. It is unblocked: DTLS comes up.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
udp_block
client_up 1 alice --authgroup=Staff
expect_ok "traffic while UDP is blocked" ping4 1
expect_no_match "DTLS while UDP is blocked" 'Established DTLS' "$(client_log 1)"
expect_eq "tunnels while UDP is blocked" tls "$(tunnels_of alice)"
udp_unblock
# openconnect tries DTLS again once a minute.
client_dtls 1 100
expect_ok "traffic over DTLS" ping4 1
wait_for 15 "DTLS is shown" tunnels_are alice "tls dtls"
