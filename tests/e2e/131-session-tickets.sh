#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Session tickets: taken by whichever worker the client comes back to, also after the gateway process was restarted, and
# worth a handshake only: without a login there is no tunnel. With client certificates there are none.
. "$(dirname "$0")/../lib/e2e.sh"

CONF_WORKERS=2
net_up 1
pki_make rsa
conf_write
gate_start

cat >"$W/tickets.py" <<'END'
from rawclient import *

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


class Guest(Client):
    """Comes with a session of an earlier visit and leaves with that of this one."""

    def __init__(self, version, context=None, session=None):
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.minimum_version = context.maximum_version = version
        self.version, self.context = version, context
        self.sock = context.wrap_socket(tcp(timeout=15), server_hostname="gw.example.com", session=session)
        self.left = b""
        self.opaque = ""

    def visit(self, status=200):
        """One request, behind which the ticket of TLS 1.3 has come."""
        expect("a page", status, self.request("GET", "/").status)
        return self

    def again(self):
        return Guest(self.version, self.context, self.sock.session).visit()
END

with_tickets() {
	cat "$W/tickets.py" -
}

raw_py 1 < <(with_tickets <<'END'
for version in VERSIONS:
    first = Guest(version).visit()
    expect("a first visit is resumed", False, first.sock.session_reused)
    guest = first
    for n in range(8):  # at one worker or the other
        guest = guest.again()
        expect("visit %d of %s is resumed" % (n, version), True, guest.sock.session_reused)
    expect("a tunnel for a ticket", 401, guest.connect().status)
    guest = guest.again()
    expect("a tunnel for a ticket and a wrong token", 401, guest.connect("A" * 43).status)
    guest = guest.again()
    token = guest.login("alice", group="Staff")
    expect("the certificate that a login names", first.init(group="Staff").element("server-cert-hash"),
           guest.init(group="Staff").element("server-cert-hash"))
    guest = guest.again()
    expect("a tunnel for a ticket and the token", (True, 200),
           (guest.sock.session_reused, guest.connect(token).status))
END
)

# The gateway process dies: the keys are auth's.
restarted() {
	local now
	now=$(child_pid "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}
mkfifo "$W/go"
raw_py 1 "$W/go" "$W/there" < <(with_tickets <<'END'
guests = [Guest(v).visit() for v in VERSIONS]
for resumed in (True, False):
    open(sys.argv[2], "w").close()
    open(sys.argv[1]).read()
    for guest in guests:
        expect("resumed after the restart", resumed, guest.again().sock.session_reused)
END
) &
GUESTS=$!
for role in gateway auth; do
	wait_for 10 "the guests have their tickets" test -e "$W/there"
	rm "$W/there"
	from=$(next_line "$GATE_LOG")
	old=$(child_pid $role)
	kill -KILL "$old"
	wait_for 10 "$role is restarted" restarted $role "$old"
	gate_log 'sekishod [0-9.]+ ready' 10 "$from"
	echo go >"$W/go"
done
wait $GUESTS || fail "tickets after a restart, expected them taken after the gateway's and not after auth's, got: see above"
gate_stop

# A group that wants certificates: all handshakes are whole ones.
CONF_GROUPS="{ name = \"CERT\"; webvpn-attributes = { authentication = \"certificate\"; group-url = ( { url = \"https://$GW_NAME/cert\"; } ); }; },"
conf_write
gate_start
raw_py 1 < <(with_tickets <<'END'
for version in VERSIONS:
    guest = Guest(version).visit()
    expect("a ticket where certificates are asked for", False, guest.sock.session.has_ticket)
    expect("a visit is resumed where certificates are asked for", False, guest.again().sock.session_reused)
END
)
