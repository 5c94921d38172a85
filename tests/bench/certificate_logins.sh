#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Certificate logins at once, each with a certificate of its own that an OCSP responder vouches for after 300 ms: from the
# first request to the last session, beside the same without revocation. Part of `make bench`. LOGINS (200).
# shellcheck disable=SC2034
LOGINS=${LOGINS:-200}
. "$(dirname "$0")/../lib/e2e.sh"

LOG_LEVEL=notice
DELAY_MS=300
OCSP=http://127.0.0.1:8081/

# Key and certificate of every client, and the responder's answer about it, by serial number.
make_clients() {
	local i
	openssl ecparam -name prime256v1 -genkey -noout -out "$W/pki/client.key"
	mkdir -p "$W/answers"
	echo "unique_subject = no" >"$W/index.attr"
	for ((i = 0; i < LOGINS; i++)); do
		printf 'V\t391231235959Z\t\t%032X\tunknown\t/CN=user%d\n' $((0x7000000000000000 + i)) "$i"
	done >"$W/index"
	for ((i = 0; i < LOGINS; i++)); do
		openssl req -batch -new -key "$W/pki/client.key" -subj "/CN=user$i" -out "$W/pki/client.csr" 2>/dev/null
		openssl x509 -req -in "$W/pki/client.csr" -CA "$W/pki/users.pem" -CAkey "$W/pki/users.key" -days 30 \
			-set_serial "0x$(printf '%032X' $((0x7000000000000000 + i)))" \
			-extfile <(echo extendedKeyUsage=clientAuth) -out "$W/pki/user$i.crt" 2>/dev/null
		openssl ocsp -issuer "$W/pki/users.pem" -cert "$W/pki/user$i.crt" -no_nonce -reqout "$W/request" 2>/dev/null
		openssl ocsp -index "$W/index" -CA "$W/pki/users.pem" -rsigner "$W/pki/users.pem" -rkey "$W/pki/users.key" \
			-reqin "$W/request" -ndays 1 -respout "$W/answers/$(printf '%016x' $((0x7000000000000000 + i)))" >/dev/null 2>&1
	done
}

# Answers every request after the delay, all of them side by side.
responder_start() {
	cat >"$W/responder.py" <<-'END'
		import asyncio, os, re, sys
		delay, folder = int(sys.argv[1]) / 1000, sys.argv[2]
		async def serve(reader, writer):
		    head = await reader.readuntil(b"\r\n\r\n")
		    body = await reader.readexactly(int(re.search(rb"(?i)content-length: *(\d+)", head).group(1)))
		    name = re.search(rb"\x70\0\0\0\0\0..", body, re.S).group(0).hex()
		    data = open(os.path.join(folder, name), "rb").read()
		    await asyncio.sleep(delay)
		    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(data) + data)
		    await writer.drain()
		    writer.close()
		async def main():
		    server = await asyncio.start_server(serve, "127.0.0.1", 8081, backlog=1024)
		    async with server:
		        await server.serve_forever()
		asyncio.run(main())
	END
	ip netns exec "$GW" python3 "$W/responder.py" $DELAY_MS "$W/answers" >"$W/responder.log" 2>&1 &
	disown
	wait_for 5 "the responder listens" sh -c "ip netns exec $GW ss -Hltn 'sport = :8081' | grep -q ."
}

# All connections are up before the first login begins.
run_logins() {
	raw_py 1 "$LOGINS" "$W/pki" <<-'END'
		import asyncio, ssl, sys, time
		from rawclient import GW
		count, folder = int(sys.argv[1]), sys.argv[2]
		body = ('<?xml version="1.0" encoding="UTF-8"?><config-auth client="vpn" type="init" aggregate-auth-version="2">'
		        '<version who="vpn">v9.01</version><device-id>linux-64</device-id>'
		        '<group-access>https://gw.example.com/cert</group-access></config-auth>').encode()
		async def connect(i):
		    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
		    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
		    context.load_cert_chain("%s/user%d.crt" % (folder, i), folder + "/client.key")
		    return await asyncio.open_connection(GW, 443, ssl=context, server_hostname="gw.example.com")
		async def login(streams):
		    reader, writer = streams
		    writer.write(b"POST /cert HTTP/1.1\r\nHost: gw.example.com\r\nX-Aggregate-Auth: 1\r\nX-Transcend-Version: 1\r\n"
		                 b"User-Agent: Open AnyConnect VPN Agent v9.01\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
		    answer = await reader.readuntil(b"</config-auth>")
		    return b"session-token" in answer
		async def main():
		    streams = [await connect(i) for i in range(count)]
		    begin = time.monotonic()
		    good = await asyncio.gather(*(login(s) for s in streams))
		    print("%d of %d logins in %.0f ms" % (sum(good), count, (time.monotonic() - begin) * 1000))
		    sys.exit(0 if all(good) else 1)
		asyncio.run(main())
	END
}

CONF_GROUPS="{ name = \"cert\"; general-attributes = { address-pool = [ \"POOL\" ]; };
	webvpn-attributes = { authentication = \"certificate\"; group-url = ( { url = \"https://$GW_NAME/cert\"; } ); }; },"
net_up 1
pki_make
pki_ca users "Users CA"
make_clients
for method in none ocsp; do
	conf_write
	cat >"$W/conf/pki.conf" <<-END
	trustpoints = (
	  { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; },
	  { name = "USERS"; ca-certificate = "$W/pki/users.pem"; revocation-check = [ "$method" ]; ocsp-url = "$OCSP"; ocsp-disable-nonce = true; }
	);
	ssl-trust-point = "GW";
	END
	[ $method = none ] || responder_start
	gate_start
	echo "certificate logins at once, revocation-check $method: $(run_logins)"
	gate_stop
done
