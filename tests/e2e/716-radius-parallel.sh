#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 300 logins at once against a RADIUS server that takes 500 ms for each: they take little more than one of them. A login of
# LOCAL meanwhile is not delayed. The figures are printed, not judged. LOGINS (300).
LOGINS=${LOGINS:-300}
DELAY_MS=500
. "$(dirname "$0")/../lib/e2e.sh"

# Takes every password, each after the delay; writes down how many waited at once. FreeRADIUS would need a thread for each.
slow_server_start() {
	cat >"$W/slow.py" <<-'END'
		import asyncio, hashlib, hmac, socket, struct, sys
		secret, delay, log = sys.argv[1].encode(), int(sys.argv[2]) / 1000, sys.argv[3]
		waiting = most = total = 0
		def answer(request):
		    ident, asked = request[1], request[4:20]
		    body = b"\x50\x12" + bytes(16)
		    head = struct.pack(">BBH", 2, ident, 20 + len(body))
		    body = b"\x50\x12" + hmac.new(secret, head + asked + body, hashlib.md5).digest()
		    return head + hashlib.md5(head + asked + body + secret).digest() + body
		class Server(asyncio.DatagramProtocol):
		    def connection_made(self, transport):
		        self.transport = transport
		    def datagram_received(self, data, addr):
		        global waiting, most, total
		        waiting, total = waiting + 1, total + 1
		        most = max(most, waiting)
		        asyncio.get_running_loop().call_later(delay, self.reply, data, addr)
		    def reply(self, data, addr):
		        global waiting
		        waiting -= 1
		        self.transport.sendto(answer(data), addr)
		        if waiting == 0:
		            open(log, "w").write("%d requests, %d at once\n" % (total, most))
		async def main():
		    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    sock.setsockopt(socket.SOL_SOCKET, 33, 4 << 20) # SO_RCVBUFFORCE: room for all of them
		    sock.bind(("0.0.0.0", 1812))
		    sock.setblocking(False)
		    await asyncio.get_running_loop().create_datagram_endpoint(Server, sock=sock)
		    await asyncio.Event().wait()
		asyncio.run(main())
	END
	ip netns exec "$IN" python3 "$W/slow.py" "$RADIUS_SECRET" $DELAY_MS "$W/slow.log" >"$W/slow.out" 2>&1 &
	SLOW_PID=$!
	wait_for 10 "the slow server listens" sh -c "ip netns exec $IN ss -Hlun 'sport = :1812' | grep -q ."
}

# All have their form before the first password is sent.
run_logins() {
	raw_py 1 "$LOGINS" <<-'END'
		import asyncio, re, ssl, sys, time
		from rawclient import GW, PASSWORD
		count = int(sys.argv[1])
		head = '<?xml version="1.0" encoding="UTF-8"?><config-auth client="vpn" type="%s" aggregate-auth-version="2"><version who="vpn">v9.01</version><device-id>linux-64</device-id>'
		async def post(streams, body):
		    reader, writer = streams
		    writer.write(b"POST / HTTP/1.1\r\nHost: gw.example.com\r\nX-Aggregate-Auth: 1\r\nX-Transcend-Version: 1\r\n"
		                 b"User-Agent: Open AnyConnect VPN Agent v9.01\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
		    answer = await reader.readuntil(b"\r\n\r\n")
		    return await reader.readexactly(int(re.search(rb"(?i)content-length: *(\d+)", answer).group(1)))
		addresses = ["192.0.2.%d" % (100 + i) for i in range(6)] # one alone may not have so many logins open
		turn = 0
		async def form(group):
		    global turn
		    turn += 1
		    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
		    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
		    streams = await asyncio.open_connection(GW, 443, ssl=context, server_hostname="gw.example.com",
		                                          local_addr=(addresses[turn % len(addresses)], 0))
		    answer = await post(streams, (head % "init" + "<group-access>https://gw.example.com/</group-access><group-select>%s</group-select></config-auth>" % group).encode())
		    return streams, re.search(rb"<opaque\b.*?</opaque>", answer, re.S).group(0)
		async def login(one, user):
		    streams, opaque = one
		    begin = time.monotonic()
		    body = (head % "auth-reply").encode() + opaque + ("<auth><username>%s</username><password>%s</password></auth></config-auth>" % (user, PASSWORD)).encode()
		    answer = await post(streams, body)
		    return b"session-token" in answer, time.monotonic() - begin
		async def main():
		    forms = [await form("rad") for _ in range(count)]
		    local = await form("Staff")
		    _, single = await login(await form("rad"), "single")
		    begin = time.monotonic()
		    logins = [asyncio.ensure_future(login(one, "user%d" % i)) for i, one in enumerate(forms)]
		    await asyncio.sleep(0)
		    local_ok, local_s = await login(local, "alice")
		    good = await asyncio.gather(*logins)
		    print("%d of %d logins in %.0f ms, one alone %.0f ms, one of LOCAL meanwhile %.0f ms" % (
		        sum(ok for ok, _ in good), count, (time.monotonic() - begin) * 1000, single * 1000, local_s * 1000))
		    sys.exit(0 if local_ok and all(ok for ok, _ in good) else 1)
		asyncio.run(main())
	END
}

CONF_GROUPS="{ name = \"rad\"; general-attributes = { address-pool = [ \"POOL\" ]; authentication-server-group = [ \"RAD\" ]; };
	webvpn-attributes = { group-alias = ( { name = \"rad\"; } ); }; },"
net_up 1
for i in {0..5}; do
	ip -n "$(client_ns 1)" addr add "192.0.2.$((100 + i))/24" dev eth0
done
pki_make
conf_write
AAA_HOST='timeout = 30; retry-interval = 10;'
radius_aaa_conf
sed -i 's/timeout = 3; retry-interval = 1;//' "$W/conf/aaa.conf"
slow_server_start
gate_start
echo "server of $DELAY_MS ms: $(run_logins)"
wait_for 10 "the server has answered all" test -s "$W/slow.log"
echo "at the server: $(cat "$W/slow.log")"
expect_eq "each was sent once" "$((LOGINS + 1))" "$(cut -d' ' -f1 "$W/slow.log")"
expect_eq "nothing is sent again" 0 "$("$SEKISHO_BIN/show-aaa-server" -c "$W/conf" --json RAD |
	/usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["aaa_servers"][0]["retransmissions"])')"
kill "$SLOW_PID"
gate_stop
