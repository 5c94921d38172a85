#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The gateway asks each silent channel for a sign of life. When DTLS is dead, data goes over TLS; when TLS is dead, the
# tunnel ends, whatever DTLS says, and the session waits for its client. The client itself asks for nothing here.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_STAFF='anyconnect-dpd-interval-gateway = 5; anyconnect-dpd-interval-client = "none"; anyconnect-ssl-keepalive = "none";'
CONF_ENG='anyconnect-dpd-interval-gateway = "none"; anyconnect-dpd-interval-client = "none"; anyconnect-ssl-keepalive = 15;'
usual_start 2

# A client that offers compression gets none, and works.
client_up 1 alice --authgroup=Staff --compression=all -v
client_up 2 bob --authgroup=Engineering -v
client_dtls 1
client_dtls 2
expect_no_match "compression" 'Content-Encoding' "$(client_log 1)"
gate_log 'compression, which clients offer, is never used'
expect_ok "traffic" ping4 1

# Silence that is answered does no harm.
has_lines() {
	[ "$(grep -cE "$2" "$W/c$1/log")" -ge "$3" ]
}
wait_for 40 "the gateway asks on TLS" has_lines 1 'Got CSTP DPD request' 3
wait_for 40 "the gateway asks on DTLS" has_lines 1 'Got DTLS DPD request' 3
expect_eq "tunnels of a silent client" "tls dtls" "$(tunnels_of alice)"
wait_for 40 "keepalives on TLS" has_lines 2 'Got CSTP Keepalive' 2
wait_for 40 "keepalives on DTLS" has_lines 2 'Got DTLS Keepalive' 2
expect_eq "questions to a client whom nobody shall ask" 0 "$(grep -c 'DPD request' "$W/c2/log" || true)"

# UDP dies: the gateway notices, the client does not.
in_client 1 nft -f - <<'END'
table inet count {
	counter down { }
	chain in {
		type filter hook input priority 0
		iifname "vpn0" udp dport 9999 counter name down
	}
}
END
in_gw nft -f - <<-END
table inet block {
	chain in {
		type filter hook input priority 0
		ip saddr 192.0.2.11 udp dport 443 drop
	}
	chain out {
		type filter hook output priority 0
		ip daddr 192.0.2.11 udp sport 443 drop
	}
}
END
wait_for 30 "DTLS is given up" tunnels_are alice "tls"
gate_log '722023: .*alice.*UDP SVC connection terminated'
for i in 1 2 3 4 5; do
	echo "$i" | in_inside bash -c "cat >/dev/udp/$(client_ip4 1)/9999"
done
arrived() {
	[ "$(in_client 1 nft list counter inet count down | awk '/packets/ { print $2 }')" = 5 ]
}
wait_for 10 "data from the inside comes over TLS" arrived
udp_unblock
expect_eq "sessions" 2 "$(session_count)"

# A new start for TLS and DTLS; then TCP dies, and DTLS is busy.
kill -USR2 "${CLIENT_PID[1]}"
wait_for 20 "both channels are back" tunnels_are alice "tls dtls"
address=$(client_ip4 1)
in_client 1 ping -n -q -i 0.5 $IN_IP4 >/dev/null &
from=$(next_line "$GATE_LOG")
in_gw nft -f - <<-END
table inet block {
	chain in {
		type filter hook input priority 0
		ip saddr 192.0.2.11 tcp dport 443 drop
	}
	chain out {
		type filter hook output priority 0
		ip daddr 192.0.2.11 tcp sport 443 drop
	}
}
END
gate_log '722037: .*alice.*DPD failure' 40 "$from"
gate_log '716058: .*alice.*Waiting to resume' 5 "$from"
expect_eq "the session waits" 2 "$(session_count)"
udp_unblock
wait_for 100 "the client takes its session up again" tunnels_are alice "tls dtls"
expect_eq "sessions that were begun" 2 "$(grep -c 'ASA-6-113039' "$GATE_LOG")"
expect_eq "the address" "$address" "$(client_ip4 1)"
expect_ok "traffic" ping4 1
