#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a collector's patterns find in the lines of every kind of refusal and of every reason for a session's end. The patterns
# are written from the ASA's templates (asa.md 8), not from our own texts.
. "$(dirname "$0")/../lib/e2e.sh"

group() {
	CONF_GROUPS+="{ name = \"$1\"; general-attributes = { address-pool = [ \"POOL\" ]; default-group-policy = \"$3\"; $2 };
		webvpn-attributes = { group-url = ( { url = \"https://$GW_NAME/$1\"; } ); $4 }; },"
}

conf_pki() {
	cat <<-END
	trustpoints = ( { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
	                { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "none" ]; } );
	ssl-trust-point = "GW";
	END
}

CONF_GROUPS=''
group radius 'authentication-server-group = [ "RAD" ];' StaffPolicy ''
group silent 'authentication-server-group = [ "GONE" ];' StaffPolicy ''
group cert '' StaffPolicy 'authentication = "certificate";'
group refused '' NoneAtOnce ''
CONF_POLICIES='{ name = "NoneAtOnce"; attributes = { vpn-simultaneous-logins = 0; }; },'
CONF_ALICE='group-lock = "ENG";'
CONF_STAFF='vpn-simultaneous-logins = 1;'
CONF_ENG='anyconnect-dpd-interval-gateway = 5; anyconnect-dpd-interval-client = "none"; anyconnect-ssl-keepalive = "none";'
CONF_LIMITS='login-attempts = 16;'
AAA_GROUPS=", { name = \"GONE\"; max-failed-attempts = 1; hosts = ( { address = \"$IN_IP4\"; key = \"x\"; authentication-port = 1999; timeout = 1; retry-interval = 1; } ); }"
RADIUS_USERS='
sam Cleartext-Password := "correct-horse"
	Session-Timeout = 2
ida Cleartext-Password := "correct-horse"
	Idle-Timeout = 2
ron Cleartext-Password := "correct-horse"
'
net_up 4
pki_make
pki_ca users "Users CA"
pki_ca others "Other CA"
pki_client mallory others /CN=mallory
conf_write
radius_aaa_conf
radius_start
gate_start

# Sessions that will end by themselves, each for its own reason, while the refusals are tried.
client_up 1 dave --authgroup=Engineering --no-dtls
in_gw nft -f - <<-END
table inet block {
	chain in {
		type filter hook input priority 0
		ip saddr 192.0.2.11 drop
	}
}
END
CLIENT_URL=/radius client_up 2 sam --no-dtls
CLIENT_URL=/radius client_up 3 ida --no-dtls --disable-ipv6
in_client 3 sysctl -qw net.ipv6.conf.vpn0.disable_ipv6=1 || true

raw_py 4 <<'END'
from rawclient import *
for path, user, password in (("/radius", "ron", "wrong"), ("/silent", "ron", PASSWORD), ("/staff", "bob", "wrong"),
                             ("/staff", "nobody", "wrong"), ("/staff", "alice", PASSWORD), ("/refused", "bob", PASSWORD)):
    c = Client()
    c.init(path=path)
    answer = c.reply(user, password)
    expect_true("%s at %s is refused" % (user, path), not answer.element("session-token"), answer.text)
END
CLIENT_URL=/cert client_run 4 mallory -c "$W/pki/mallory.crt" -k "$W/pki/mallory.key" && fail "a stranger's certificate, expected a refusal"

# The later login of a user ends the earlier one; an administrator ends that.
client_up 4 carol --authgroup=Staff --no-dtls
raw_py 4 <<'END'
from rawclient import *
c = Client()
expect("a second login", 200, c.connect(c.login("carol", group="Staff")).status)
END
for want in 'Username = carol, .*Reason: Port Preempted' 'Username = sam, .*Reason: Max time exceeded' 'Username = ida, .*Reason: Idle Timeout'; do
	gate_log "113019: .*$want" 15
done
"$SEKISHO_BIN/sekishoctl" -s "$W/control" vpn-sessiondb logoff name carol noconfirm >/dev/null
gate_log '113019: .*Username = carol, .*Reason: Administrator Reset' 5
gate_log '722037: .*dave' 20
"$SEKISHO_BIN/sekishoctl" -s "$W/control" vpn-sessiondb logoff name dave noconfirm >/dev/null
client_up 2 bob --authgroup=Staff --no-dtls
client_stop 2
gate_log '113019: .*Username = bob, .*Reason: User Requested' 5

/usr/bin/python3 - "$GATE_LOG" <<'END'
import re, sys

ip = r"\d+\.\d+\.\d+\.\d+"
who = r"Group <([^>]*)> User <([^>]*)> IP <" + ip + r">"
reject = ("AAA failure|Invalid password|Unspecified|User was not found|Account has been locked out|Password has expired|"
          "Password is expiring|Password malformed|Users account has expired")
patterns = {
    "113004": (6, r"AAA user (?:authentication|authorization|accounting) Successful : server =  " + ip + r" : user = (\S+)"),
    "113005": (6, r"AAA user (?:authentication|authorization) Rejected : reason = (?:" + reject + r") : server = " + ip + r" : user = (\S+) : user IP = " + ip),
    "113008": (6, r"AAA transaction status ACCEPT : user = (\S+)"),
    "113009": (6, r"AAA retrieved default group policy \((\S+)\) for user = (\S+)"),
    "113011": (6, r"AAA retrieved user specific group policy \((\S+)\) for user = (\S+)"),
    "113012": (6, r"AAA user authentication Successful : local database : user = (\S+)"),
    "113013": (6, r"AAA unable to complete the request Error : reason = (.+) : user = (\S+)"),
    "113014": (6, r"AAA authentication server not accessible : server = " + ip + r" : user = (\S+)"),
    "113015": (6, r"AAA user authentication Rejected : reason = (?:" + reject + r") : local database : user = (\S+) : user IP = " + ip),
    "113019": (4, r"Group = (\S+), Username = (\S+), IP = " + ip + r", Session disconnected\. Session Type: (\S+), Duration: (?:\d+d )?\d+h:\d\dm:\d\ds, "
                  r"Bytes xmt: (\d+), Bytes rcv: (\d+), Reason: (?P<why>User Requested|Idle Timeout|Max time exceeded|Administrator Reset|Port Preempted|Lost Service)"),
    "113022": (2, r"AAA Marking RADIUS server " + ip + r" in aaa-server group (\S+) as FAILED"),
    "113039": (6, who + r" AnyConnect parent session started\."),
    "113040": (4, who + r" Terminating the VPN connection attempt from <(\S+)>\. Reason: This connection is group locked to (\S+)\."),
    "109201": (5, r"UAUTH: Session=0x[0-9a-f]+, User=(\S+), Assigned IP=" + ip + r", Succeeded adding entry\."),
    "716002": (6, who + r" WebVPN session terminated: (.+)\."),
    "716039": (6, who + r" Authentication: rejected, Session Type: (WebVPN|Admin)\."),
    "716058": (6, who + r" AnyConnect session lost connection\. Waiting to resume\."),
    "717009": (3, r"Certificate validation failed\. Reason: (.+)\."),
    "717027": (3, r"Certificate chain failed validation\. (.+)\."),
    "722012": (5, who + r" SVC Message: (\d+)/(NOTICE|WARNING): (.+)\."),
    "722022": (6, who + r" (TCP|UDP) SVC connection established (?:with|without) compression"),
    "722023": (6, who + r" (TCP|UDP) SVC connection terminated (?:with|without) compression"),
    "722030": (7, who + r" SVC Session Termination: In: \d+ \(\+\d+\) bytes, \d+ \(\+\d+\) packets, \d+ drops\."),
    "722031": (7, who + r" SVC Session Termination: Out: \d+ \(\+\d+\) bytes, \d+ \(\+\d+\) packets, \d+ drops\."),
    "722033": (5, who + r" First (TCP|UDP) SVC connection established for SVC session\."),
    "722037": (4, who + r" SVC closing connection: (?P<why>DPD failure|Transport closing|User Requested|Idle Timeout|Max time exceeded|Administrator Reset|Port Preempted)\."),
    "722051": (4, who + r" IPv4 Address <" + ip + r"> IPv6 address <[0-9a-f:]+> assigned to session"),
    "722055": (6, who + r" Client Type: (.+)"),
    "725001": (6, r"Starting SSL handshake with client \w+:" + ip + r"/\d+ (?:to " + ip + r"/443 )?for (?:TLS|TLSv\S+) session\."),
    "725002": (6, r"Device completed SSL handshake with client \w+:" + ip + r"/\d+ (?:to " + ip + r"/443 )?for (\S+) session\."),
    "725006": (6, r"Device failed SSL handshake with client \w+:" + ip + r"/\d+"),
    "725007": (6, r"SSL session with client \w+:" + ip + r"/\d+ (?:to " + ip + r"/443 )?terminated\."),
    "725016": (6, r"Device selects trust-point (\S+) for client \w+:" + ip + r"/\d+ to " + ip + r"/443"),
    "737016": (6, r"IPAA: Session=0x[0-9a-f]+, Freeing local pool (\S+) address [0-9a-f.:]+"),
    "737026": (6, r"IPAA: Session=0x[0-9a-f]+, Client assigned [0-9a-f.:]+ from local pool (\S+)"),
}
seen, reasons, steps, unknown = set(), set(), set(), set()
for line in open(sys.argv[1], errors="replace"):
    step = re.search(r"Login failed: User <([^>]*)> TunnelGroup <[^>]*> IP <" + ip + "> Step <([^>]+)> Reason <(.+)>$", line.rstrip("\n"))
    if step:
        steps.add((step[1], step[2], step[3]))
    found = re.search(r"%ASA-(\d)-(\d{6}): (.*)$", line.rstrip("\n"))
    if not found:
        continue
    severity, number, text = int(found[1]), found[2], found[3]
    if number not in patterns:
        unknown.add(number)
        continue
    match = re.fullmatch(patterns[number][1], text)
    if not match or severity != patterns[number][0]:
        sys.exit("FAIL: message %s, expected the template %s, got: %s" % (number, patterns[number], line))
    seen.add(number)
    if number in ("113019", "722037"):
        reasons.add((number, match["why"]))
want = {("113019", why) for why in ("User Requested", "Idle Timeout", "Max time exceeded", "Administrator Reset", "Port Preempted")}
want |= {("722037", why) for why in ("DPD failure", "User Requested", "Idle Timeout")}
if not want <= reasons:
    sys.exit("FAIL: reasons, expected %s too" % sorted(want - reasons))
messages = {"113004", "113005", "113014", "113015", "113040", "716002", "716039", "716058", "717009", "717027", "722012", "722051", "725001", "725002", "725007"}
if not messages <= seen:
    sys.exit("FAIL: messages, expected %s too" % sorted(messages - seen))
if len(steps) < 7:
    sys.exit("FAIL: lines that tell why a login failed, expected 7 kinds, got %s" % sorted(steps))
print("messages %d; without a pattern here: %s; refusals: %s" % (len(seen), sorted(unknown), sorted(steps)))
END
