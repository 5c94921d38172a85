#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Several pools: those of the group policy in their order, then the tunnel group's, each to its last address; the same for
# IPv6, which a client can do without; the reuse delay lets an address rest.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_GROUPS='{ name = "POOLS"; general-attributes = { address-pool = [ "T1", "T2" ]; ipv6-address-pool = [ "T6" ];
	default-group-policy = "PoolsPolicy"; }; webvpn-attributes = { group-alias = ( { name = "Pools"; } ); }; },'
CONF_POLICIES='{ name = "PoolsPolicy"; attributes = { address-pools = [ "G2", "G1" ]; ipv6-address-pools = [ "G6" ];
	vpn-simultaneous-logins = 100; }; },'
CONF_POOLS='{ name = "G1"; range = "10.20.1.1-10.20.1.2"; mask = "255.255.255.0"; },
	{ name = "G2"; range = "10.20.2.1-10.20.2.1"; mask = "255.255.255.0"; },
	{ name = "T1"; range = "10.20.3.1-10.20.3.1"; mask = "255.255.255.0"; },
	{ name = "T2"; range = "10.20.4.1-10.20.4.2"; mask = "255.255.0.0"; },'
net_up 1
pki_make
conf_write
sed -i 's|^ipv6-local-pools = (|&\n  { name = "G6"; prefix = "fd00:20::1/64"; size = 2; }, { name = "T6"; prefix = "fd00:21::1/64"; size = 1; },|' \
	"$W/conf/group-policies.conf"
gate_start

raw_py 1 <<'END'
from rawclient import *

clients, got = [], []
for i in range(6):
    c = Client()
    answer = c.tunnel("bob", group="Pools")
    clients.append(c)
    got.append((c.ip4, answer.header("X-CSTP-Netmask"), c.ip6))
expect("addresses, in order", [
    ("10.20.2.1", "255.255.255.0", "fd00:20::1"), ("10.20.1.1", "255.255.255.0", "fd00:20::2"), ("10.20.1.2", "255.255.255.0", "fd00:21::1"),
    ("10.20.3.1", "255.255.255.0", ""), ("10.20.4.1", "255.255.0.0", ""), ("10.20.4.2", "255.255.0.0", "")], got)
token = Client().login("bob", group="Pools")
answer = Client().connect(token)
expect("all are used up", 503, answer.status)
expect_true("reason of the 503", "No address available" in (answer.header("X-Reason") or ""), answer.headers)

# One that comes back is the next one given out, with the same cookie.
clients[1].frame(DISCONNECT, b"\xb0bye")
expect_true("closed after a goodbye", clients[1].is_closed(), "open")
again = Client()
answer = again.connect(token)
expect("status once there is room", 200, answer.status)
expect("address that came back", "10.20.1.1", answer.header("X-CSTP-Address"))
END
gate_log '737019: IPAA: Session=0x[0-9a-f]+, Unable to get address from group-policy or tunnel-group local pools'
gate_log '722041: TunnelGroup <POOLS> GroupPolicy <PoolsPolicy> User <bob> IP <.*> No IPv6 address available'

# A real client; the waiting sessions of the script are ended by the last word of its connections.
client_up 1 carol --authgroup=Staff
expect_ok "traffic" ping4 1
client_stop 1
gate_stop
rm -f "$W"/state/*

# With a delay of a minute and one address there is none for the second user, also after a reload.
sed -i 's/address-pools = \[ "G2", "G1" \];/address-pools = [ "G2" ];/' "$W/conf/group-policies.conf"
sed -i 's/address-pool = \[ "T1", "T2" \];//' "$W/conf/tunnel-groups.conf"
echo 'vpn-addr-assign-local-reuse-delay = 1;' >>"$W/conf/group-policies.conf"
gate_start
cat >"$W/rest.py" <<'END'
from rawclient import *

first = Client()
first.tunnel("bob", group="Pools")
expect("the only address", "10.20.2.1", first.ip4)
first.frame(DISCONNECT, b"\xb0bye")
expect_true("closed after a goodbye", first.is_closed(), "open")
END
raw_py 1 <"$W/rest.py"
cat >"$W/full.py" <<'END'
from rawclient import *

expect("while it rests", 503, Client().connect(Client().login("carol", group="Pools"), ["X-CSTP-Address-Type: IPv4"]).status)
END
raw_py 1 <"$W/full.py"
kill -HUP "$PARENT"
gate_log 'configuration reloaded' 30
raw_py 1 <"$W/full.py"
