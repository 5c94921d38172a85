#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# vpn-framed-ip-address and vpn-framed-ipv6-address: a user's own addresses, in a pool and outside of all of them. Nobody
# else gets one; while it is in use, its owner's second session gets one from the pools, as on the ASA.
. "$(dirname "$0")/../lib/e2e.sh"

# The pool has three addresses, one of which is alice's.
POOL_RANGE=192.168.100.1-192.168.100.3
CONF_ALICE='vpn-framed-ip-address = "192.168.100.2 255.255.255.0"; vpn-framed-ipv6-address = "fd00:100::77/64";'
net_up 3
pki_make
conf_write
sed -i "s|{ name = \"bob\"; |&attributes = { vpn-framed-ip-address = \"10.77.0.5 255.255.255.128\"; }; |" "$W/conf/users.conf"
gate_start

client_up 1 alice --authgroup=Staff
expect_eq "own address in a pool" 192.168.100.2 "$(client_ip4 1)"
expect_eq "own IPv6 address" fd00:100::77 "$(client_env 1 INTERNAL_IP6_ADDRESS)"
expect_ok "traffic" ping4 1
expect_ok "IPv6 traffic" in_client 1 ping -n -q -c 2 -i 0.2 -W 3 "$IN_IP6"
gate_log '737010: IPAA: Session=0x[0-9a-f]+, AAA assigned address 192\.168\.100\.2, succeeded'
client_up 2 bob --authgroup=Staff
expect_eq "own address outside of pools and tun" 10.77.0.5 "$(client_ip4 2)"
expect_eq "own mask" 255.255.255.128 "$(client_env 2 INTERNAL_IP4_NETMASK)"
expect_match "IPv6 of the pool" '^fd00:100::10' "$(client_env 2 INTERNAL_IP6_ADDRESS)"
expect_ok "traffic from outside the pools" ping4 2

# In use: the pools, and the log says so.
client_up 3 alice --authgroup=Staff
expect_match "second session of alice" '^192\.168\.100\.[13]$' "$(client_ip4 3)"
gate_log '737038: IPAA: Session=0x[0-9a-f]+, specified address 192\.168\.100\.2 was in-use'
gate_log "the user's own address 192\.168\.100\.2 is in use"
client_stop 3

# Nobody else's turn: with .1 and .3 gone the pool is empty, alice there or not.
raw_py 3 <<'END'
from rawclient import *

got = [Client() for _ in range(2)]
got[0].tunnel("carol", group="Staff")
got[1].tunnel("dave", group="Staff")
expect("addresses of others", ["192.168.100.1", "192.168.100.3"], sorted(c.ip4 for c in got))
full = Client()
answer = full.connect(Client().login("user01", group="Staff"))
expect("the pool is used up", 503, answer.status)
END
client_stop 1
wait_for 10 "session of alice ends" gate_log 'Freeing AAA address 192\.168\.100\.2'
raw_py 3 <<'END'
from rawclient import *

kept = [Client() for _ in range(2)]
for c, user in zip(kept, ("user02", "user03")):
    c.tunnel(user, group="Engineering")
full = Client()
expect("her free address is not for others", 503, full.connect(Client().login("user01", group="Staff")).status)
END
client_up 1 alice --authgroup=Staff
expect_eq "own address again" 192.168.100.2 "$(client_ip4 1)"

# auth is restarted: the address stays with the session.
kill -KILL "$(child_pid auth)"
gate_log 'sessions restored' 20
wait_for 20 "auth answers" session_count
expect_eq "address after a restart" 192.168.100.2 "$(session_json "[x['ipv4'] for x in s if x['username'] == 'alice'][0]")"
expect_ok "traffic after a restart" ping4 1
