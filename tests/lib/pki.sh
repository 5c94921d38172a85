# SPDX-License-Identifier: Apache-2.0
# A small certification authority and the gateway's certificate. Files in $W/pki.
# shellcheck shell=bash

GW_NAME=gw.example.com

# pki_make [rsa|ec]
pki_make() {
	local dir=$W/pki kind=${1:-ec}
	local new=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1)
	[ "$kind" = ec ] || new=(-newkey rsa:2048)
	mkdir -p "$dir"
	openssl req -x509 -batch -noenc "${new[@]}" -days 30 -subj "/O=Sekisho test/CN=Test CA" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
	openssl req -batch -noenc "${new[@]}" -subj "/O=Sekisho test/CN=$GW_NAME" \
		-keyout "$dir/gw.key" -out "$dir/gw.csr" 2>/dev/null
	openssl x509 -req -in "$dir/gw.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 30 \
		-extfile <(printf '%s\n' "subjectAltName=DNS:$GW_NAME,IP:$GW_IP4,IP:$GW_IP6" \
			"keyUsage=critical,digitalSignature,keyEncipherment" "extendedKeyUsage=serverAuth") \
		-out "$dir/gw.crt" 2>/dev/null
	cat "$dir/gw.crt" "$dir/ca.pem" >"$dir/gw.pem"
	chmod 600 "$dir/gw.key"
}
