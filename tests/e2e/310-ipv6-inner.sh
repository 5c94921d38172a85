#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# IPv6 inside the tunnel, over DTLS and TLS; a client without IPv6 gets IPv4 only.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 2
client_up 1 alice --authgroup=Staff
client_dtls 1
expect_ok "IPv6 over DTLS" ping6 1
expect_ok "IPv4 beside it" ping4 1
expect_ok "big IPv6 packets (two are lost to path MTU discovery)" in_client 1 ping -6 -n -q -c 5 -i 0.3 -W 3 -s 4000 $IN_IP6
client_up 2 bob --authgroup=Staff --no-dtls
expect_ok "IPv6 over TLS" ping6 2
expect_ok "client to client" ping6 2 "$(client_env 1 INTERNAL_IP6_ADDRESS)"
client_stop 2
client_up 2 bob --authgroup=Staff --disable-ipv6
expect_eq "no IPv6 for a client that wants none" "" "$(client_env 2 INTERNAL_IP6_ADDRESS)"
expect_ok "IPv4 works" ping4 2
