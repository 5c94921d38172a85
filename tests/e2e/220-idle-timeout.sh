#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# vpn-idle-timeout: a session without data ends after a minute and its client is told; DPD and keepalives do not count,
# data does.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='vpn-idle-timeout = 1; anyconnect-dpd-interval-client = 5; anyconnect-ssl-keepalive = 15;'
usual_start 2
# No IPv6, so no router solicitations: the client that idles must really be idle.
client_up 1 alice --authgroup=Staff --disable-ipv6
in_client 1 sysctl -qw net.ipv6.conf.vpn0.disable_ipv6=1
client_up 2 bob --authgroup=Staff
in_client 2 ping -n -q -i 5 $IN_IP4 >/dev/null &
start=$SECONDS
wait_for 110 "the idle client is told" is_gone "${CLIENT_PID[1]}"
took=$((SECONDS - start))
expect_between "seconds until the idle timeout" 50 $took 100
gate_log 'ASA-4-113019: .*Username = alice.*Reason: Idle Timeout'
expect_eq "sessions left" 1 "$(session_count)"
expect_ok "the busy session lives" ping4 2
