#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the group policy says reaches the client: DNS, domain, split networks of both families, banner, MTU, timers. Values
# are inherited from DfltGrpPolicy, and a user's own attributes win.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_DFLT='banner = "Welcome to the gate & mind the step"; dns-server = [ "10.99.0.53", "fd99::53" ];
	default-domain = "corp.example.com"; vpn-idle-timeout = 45; anyconnect-dpd-interval-client = 33;
	anyconnect-ssl-keepalive = 55;'
CONF_STAFF='wins-server = [ "10.99.0.60" ]; vpn-session-timeout = 600; anyconnect-mtu = 1300;'
CONF_ENG='split-dns = [ "eng.example.com", "lab.example.com" ]; anyconnect-ssl-dtls = false;
	ipv6-split-tunnel-policy = "tunnelspecified";'
CONF_ALICE='vpn-session-timeout = 120;'
usual_start

client_up 1 bob --authgroup=Staff
expect_eq "default domain is inherited" corp.example.com "$(client_env 1 CISCO_DEF_DOMAIN)"
expect_eq "DNS of both families" "10.99.0.53 fd99::53" "$(client_env 1 INTERNAL_IP4_DNS)"
expect_eq "WINS" 10.99.0.60 "$(client_env 1 INTERNAL_IP4_NBNS)"
expect_match "banner" 'Welcome to the gate & mind the step' "$(client_env 1 CISCO_BANNER)$(client_log 1)"
expect_eq "no split networks: everything" "" "$(client_env 1 CISCO_SPLIT_INC)"
expect_eq "netmask" 255.255.255.0 "$(client_env 1 INTERNAL_IP4_NETMASK)"
expect_match "address of the pool" '^192\.168\.100\.([1-9]|[1-4][0-9]|50)$' "$(client_ip4 1)"
expect_match "IPv6 address of the pool" '^fd00:100::10' "$(client_env 1 INTERNAL_IP6_ADDRESS)"
expect_eq "idle timeout in seconds" 2700 "$(client_env 1 IDLE_TIMEOUT)"
expect_between "MTU is at most the policy's" 1200 "$(client_env 1 INTERNAL_IP4_MTU)" 1300
client_stop 1

client_up 1 alice --authgroup=Engineering
expect_eq "own domain" eng.example.com "$(client_env 1 CISCO_DEF_DOMAIN)"
expect_eq "split networks" 1 "$(client_env 1 CISCO_SPLIT_INC)"
expect_eq "split network" 10.99.0.0/24 "$(client_env 1 CISCO_SPLIT_INC_0_ADDR)/$(client_env 1 CISCO_SPLIT_INC_0_MASKLEN)"
expect_match "split DNS" '^(lab.example.com,eng.example.com|eng.example.com,lab.example.com)$' "$(client_env 1 CISCO_SPLIT_DNS)"
expect_match "address of the other pool" '^192\.168\.100\.1[0-5][0-9]$' "$(client_ip4 1)"
expect_eq "no IPv6 pool: no IPv6 address" "" "$(client_env 1 INTERNAL_IP6_ADDRESS)"
expect_ok "traffic to the split network" ping4 1
client_stop 1

raw_py 1 <<'END'
from rawclient import *

c = Client()
a = c.tunnel("bob", group="Staff")
for name, value in (("X-CSTP-Version", "1"), ("X-CSTP-License", "accept"), ("X-CSTP-DPD", "33"),
                    ("X-CSTP-Keepalive", "55"), ("X-CSTP-Idle-Timeout", "2700"), ("X-CSTP-Session-Timeout", "36000"),
                    ("X-CSTP-NBNS", "10.99.0.60"), ("X-CSTP-Default-Domain", "corp.example.com"),
                    ("X-CSTP-Netmask", "255.255.255.0"), ("X-CSTP-Lease-Duration", None)):
    expect(name, value, a.header(name))
expect_true("X-CSTP-MTU", 1000 <= int(a.header("X-CSTP-MTU")) <= 1300, a.header("X-CSTP-MTU"))
expect_true("banner is percent-coded", "\n" not in a.header("X-CSTP-Banner"), a.header("X-CSTP-Banner"))

# The user's own session timeout wins over the group policy's.
a = Client().tunnel("alice", group="Staff")
expect("X-CSTP-Session-Timeout of alice", "7200", a.header("X-CSTP-Session-Timeout"))

# DTLS is offered only where the policy has it, and only if the client can do it.
offer = ["X-DTLS-CipherSuite: PSK-NEGOTIATE"]
token = Client().login("bob", group="Staff")
expect("DTLS for Staff", "PSK-NEGOTIATE", Client().connect(token, offer).header("X-DTLS-CipherSuite"))
token = Client().login("carol", group="Engineering")
a = Client().connect(token, offer)
expect("CONNECT of carol", 200, a.status)
expect("DTLS for Engineering", None, a.header("X-DTLS-App-ID"))
token = Client().login("dave", group="Staff")
expect("DTLS without an offer", None, Client().connect(token).header("X-DTLS-App-ID"))
END
