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

# Arguments of openssl req for a new key: key_args rsa|ec|ec384
key_args() {
	case $1 in
	rsa) echo -newkey rsa:2048 ;;
	ec384) echo -newkey ec -pkeyopt ec_paramgen_curve:secp384r1 ;;
	*) echo -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 ;;
	esac
}

# A certification authority for clients, $W/pki/NAME.pem and .key: pki_ca NAME COMMON-NAME [rsa|ec|ec384]
pki_ca() {
	local new
	read -ra new <<<"$(key_args "${3:-ec}")"
	openssl req -x509 -batch -noenc "${new[@]}" -days 30 -subj "/O=Sekisho test/CN=$2" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$W/pki/$1.key" -out "$W/pki/$1.pem" 2>/dev/null
}

# A client's certificate, $W/pki/NAME.crt and .key: pki_client NAME CA SUBJECT [rsa|ec|ec384] [DAYS] [extension...]
# Negative days: it has expired. Extensions are added to those of a good client certificate.
pki_client() {
	local name=$1 ca=$2 subject=$3 days=${5:-30} new
	read -ra new <<<"$(key_args "${4:-ec}")"
	shift $(($# < 5 ? $# : 5))
	openssl req -batch -noenc "${new[@]}" -subj "$subject" -keyout "$W/pki/$name.key" -out "$W/pki/$name.csr" 2>/dev/null
	openssl x509 -req -in "$W/pki/$name.csr" -CA "$W/pki/$ca.pem" -CAkey "$W/pki/$ca.key" -CAcreateserial -days "$days" \
		-extfile <(printf '%s\n' "keyUsage=critical,digitalSignature" "extendedKeyUsage=clientAuth" "$@") \
		-out "$W/pki/$name.crt" 2>/dev/null
}
