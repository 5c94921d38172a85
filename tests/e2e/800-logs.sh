#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Log lines as collectors get them: the ASA's format over UDP and RFC 5424 over TCP, while logins go well, fail in each
# way and end; parsed with patterns made of the ASA's templates. One line tells why a login failed; a lockout survives
# a crash of auth.
. "$(dirname "$0")/../lib/e2e.sh"

collect() {
	in_gw /usr/bin/python3 - "$1" "$2" >"$W/$1.lines" <<'END' &
import socket, sys

kind, port = sys.argv[1], int(sys.argv[2])
if kind == "udp":
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    while True:
        print(sock.recv(65536).decode(), flush=True)
server = socket.create_server(("127.0.0.1", port))
while True:
    # Several processes, one connection each.
    import threading

    def read(conn):
        file = conn.makefile("rb")
        while True:
            head = b""
            while not head.endswith(b" "):
                byte = file.read(1)
                if not byte:
                    return
                head += byte
            print(file.read(int(head)).decode(), flush=True)

    threading.Thread(target=read, args=(server.accept()[0],), daemon=True).start()
END
	COLLECTORS+=($!)
}

listens() {
	in_gw ss -Hnl "$1" | grep -q "127.0.0.1:$2 "
}

udp_line() {
	wait_line "$W/udp.lines" "$1" 10
}

refused() {
	raw_py 1 <<END
from rawclient import *
c = Client()
c.init(group="Staff")
answer = c.reply("$1", "$2")
expect_true("$1 is refused", not answer.element("session-token"), answer.text)
expect_true("with the one text", "Login failed" in answer.text, answer.text)
END
}

COLLECTORS=()
CONF_STAFF='vpn-simultaneous-logins = 1;'
net_up 2
pki_make
conf_write
cat >"$W/conf/aaa.conf" <<-END
	local-authentication-attempts-max-fail = 2;
END
chmod 600 "$W/conf/aaa.conf"
sed -i 's/logging = {.*/logging = { level = "debug"; stderr = true; stderr-format = "json"; syslog = false; device-id = "gw1";\
	facility = "local4";\
	hosts = ( { address = "127.0.0.1"; port = 5514; level = "info"; },\
	          { address = "127.0.0.1"; port = 5515; transport = "tcp"; format = "rfc5424"; list = "sessions"; } );\
	lists = ( { name = "sessions"; match = [ "class auth", "class ipaa", "class svc" ]; } );\
	disabled-messages = [ "725016" ]; };/' "$W/conf/gateway.conf"
collect udp 5514
collect tcp 5515
wait_for 10 "the UDP collector" listens -u 5514
wait_for 10 "the TCP collector" listens -t 5515
gate_start

# Good login, replaced by the next one of the same user, and a user's own end.
client_up 1 alice --authgroup=Staff
client_up 2 alice --authgroup=Staff
udp_line 'ASA-4-113019: .*Reason: Port Preempted'
client_stop 2
udp_line 'ASA-4-113019: .*User Requested'

refused bob wrong
udp_line 'Login failed: User <bob> TunnelGroup <STAFF> IP <.*> Step <authentication> Reason <LOCAL: Invalid password>'
refused nobody wrong
udp_line 'Login failed: User <[*]+> TunnelGroup <STAFF> IP <.*> Step <authentication> Reason <LOCAL: User was not found>'
refused bob wrong
udp_line 'ASA-6-113006: User bob locked out on exceeding 2 successive failed authentication attempts'
from=$(next_line "$GATE_LOG")
kill -KILL "$(child_pid auth)"
wait_line "$GATE_LOG" 'sekishod [0-9.]+ ready' 20 "$from"
refused bob "$PASSWORD"
udp_line 'Login failed: User <bob> .* Reason <LOCAL: Account has been locked out>'
udp_line 'ASA-6-113015: AAA user authentication Rejected : reason = Account has been locked out : local database : user = bob'
wait_line "$W/tcp.lines" 'ASA-6-113015: .*locked out' 10

for pid in "${COLLECTORS[@]}"; do
	kill "$pid"
done

# Every line has the framing; every numbered one fits its template.
/usr/bin/python3 - "$ROOT" "$W/udp.lines" "$W/tcp.lines" "$GATE_LOG" <<'END'
import json, re, sys

root, udp, tcp, stderr = sys.argv[1:]
templates = {}
table = open(root + "/tests/unit/test_logmsg.c").read()
for row in re.finditer(r"\{(\d{6}),\s*LOGMSG_\d+,\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)\}", table):
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', row[2]))
    templates[row[1]] = re.compile(re.escape(text).replace(r"\*", "(.*)") + "$")
assert len(templates) > 60, len(templates)


def check(text):
    match = re.match(r"%ASA-(\d)-(\d{6}): (.*)$", text)
    assert match, text
    assert templates[match[2]].match(match[3]), "%s does not fit its template: %s" % (match[2], text)
    return match[2]


seen = set()
for line in open(udp).read().splitlines():
    head = re.match(r"<(\d+)>[A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d gw1 : (%(ASA|SEKISHO)-(\d)-.*)$", line)
    assert head, line
    assert int(head[1]) == 160 + int(head[4]), line
    if head[3] == "ASA":
        seen.add(check(head[2]))
want = {"113012", "113009", "113008", "113039", "722055", "737026", "722051", "722033", "722022", "722037", "722023",
        "737016", "113019", "716002", "113015", "716039", "113006", "109201"}
assert want <= seen, want - seen
assert "725016" not in seen
about = set()
for line in open(tcp).read().splitlines():
    head = re.match(r"<1[67]\d>1 \d{4}-\d\d-\d\dT[\d:.]+Z gw1 sekishod-\w+ \d+ (\d{6}) (-|\[sekisho@32473 (.*?)\]) (%ASA.*)$", line)
    assert head, line
    assert check(head[4]) == head[1], line
    if head[3]:
        assert re.match(r'session="0x[0-9a-f]{8}" audit-session-id="[0-9a-f]{24}"$', head[3]), line
        about.add(head[1])
assert {"113039", "722051", "737026", "722022", "113019"} <= about, about
for line in open(stderr).read().splitlines():
    if line.startswith("{"):
        assert json.loads(line)["msg"], line
print("seen:", len(seen))
END
