#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# asa-import as a program: a running-config with a multiple-certificate tunnel group, as a device prints it and after its
# indentation was lost, becomes a configuration that the daemon starts with; the report's counts add up; a wrong call,
# a place that is taken and broken input write nothing.
. "$(dirname "$0")/../lib/e2e.sh"

import() {
	"$SEKISHO_BIN/asa-import" "$@"
}

# A CA certificate as "crypto ca certificate chain" shows it: NAME
chain() {
	local serial
	openssl req -x509 -batch -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 -subj "/O=Import test/CN=$1" \
		-addext "basicConstraints=critical,CA:TRUE" -keyout "$W/$1.key" -out "$W/$1.pem" 2>/dev/null
	serial=$(openssl x509 -in "$W/$1.pem" -noout -serial)
	echo "crypto ca certificate chain $1"
	echo " certificate ca ${serial#serial=}"
	openssl x509 -in "$W/$1.pem" -outform DER | od -An -v -tx1 | tr -d ' \n' | fold -w 56 | sed 's/......../& /g;s/ $//;s/^/    /'
	echo
	echo "  quit"
}

running_config() {
	cat <<-'END'
	: Saved
	:
	ASA Version 9.7(1)
	!
	hostname bridge-fw
	domain-name example.com
	!
	! the pool of the clients
	ip local pool MCA-POOL 10.77.0.1-10.77.0.250 mask 255.255.255.0
	!
	interface GigabitEthernet0/0
	 nameif outside
	 security-level 0
	 ip address 192.0.2.1 255.255.255.0
	!
	object network inside-net
	 subnet 10.99.0.0 255.255.255.0
	access-list SPLIT standard permit 10.99.0.0 255.255.255.0
	nat (inside,outside) source static inside-net inside-net no-proxy-arp
	crypto ca trustpoint PeopleCA
	 enrollment terminal
	 crl configure
	crypto ca trustpoint MachinesCA
	 enrollment terminal
	 crl configure
	END
	chain PeopleCA
	chain MachinesCA
	cat <<-'END'
	webvpn
	 enable outside
	 anyconnect image disk0:/anyconnect-win-4.10.pkg 1
	 anyconnect enable
	tunnel-group-list enable
	!
	group-policy GP-MCA internal
	group-policy GP-MCA attributes
	 vpn-tunnel-protocol ssl-client
	 split-tunnel-policy tunnelspecified
	 split-tunnel-network-list value SPLIT
	tunnel-group MCA type remote-access
	tunnel-group MCA general-attributes
	 address-pool MCA-POOL
	 default-group-policy GP-MCA
	tunnel-group MCA webvpn-attributes
	 authentication multiple-certificate
	 group-alias MCA enable
	 group-url https://192.0.2.1/MCA enable
	Cryptochecksum:0123456789abcdef0123456789abcdef
	: end
	END
}

running_config >"$W/device.cfg"
sed 's/^ *//' "$W/device.cfg" >"$W/flat.cfg"
sed 's/$/\r/' "$W/device.cfg" >"$W/dos.cfg"

sum() {
	awk '/^ *[0-9]+  (converted|not needed here|not supported|empty or a comment)$/ { s += $1 } /lines of .* accounted for$/ { print s, $1 }' "$1"
}

for name in device flat dos; do
	import "$W/$name.cfg" -o "$W/$name" >"$W/$name.report" || fail "$name.cfg, expected status 0, got $?"
	lines=$(wc -l <"$W/$name.cfg")
	expect_eq "$name: fates of all lines, lines of the report" "$lines $lines" "$(sum "$W/$name.report")"
	expect_match "$name: nothing was not supported" '^ *0  not supported$' "$(cat "$W/$name.report")"
	expect_ok "$name: what was written is valid" "$SEKISHO_BIN/sekishod" -c "$W/$name" -t
	for file in gateway tunnel-groups group-policies users aaa pki; do
		expect_eq "$name: $file.conf" "$(grep -v '^#' "$W/device/$file.conf")" "$(grep -v '^#' "$W/$name/$file.conf")"
	done
	for ca in PeopleCA MachinesCA; do
		expect_eq "$name: certificate of $ca" "$(openssl x509 -in "$W/$ca.pem" -outform DER | sha256sum)" \
			"$(openssl x509 -in "$W/$name/$ca-ca.pem" -outform DER | sha256sum)"
	done
	expect_eq "$name: mode of the key" 600 "$(stat -c %a "$W/$name/self-signed.key")"
done

# From standard input, every line by itself.
import - -v -o "$W/stdin" <"$W/device.cfg" >"$W/stdin.report" || fail "standard input, expected status 0, got $?"
expect_eq "lines of -v" "$(wc -l <"$W/device.cfg")" "$(grep -c '^stdin:[0-9]*: ' "$W/stdin.report")"

# The daemon starts with it and shows the certificate that was made.
net_up 1
conf_gateway | sed '/^ *\(listeners\|tun\) =/d' >>"$W/device/gateway.conf"
mv "$W/device" "$W/conf"
gate_start
expect_match "address of the tun" '10\.77\.0\.254/32' "$(in_gw ip -4 addr show dev $TUN)"
expect_match "route of the pool" "10\\.77\\.0\\.[0-9]+(/[0-9]+)? dev $TUN" "$(in_gw ip -4 route show)"
shown=$(ip netns exec "$(client_ns 1)" timeout 10 openssl s_client -connect "$GW_IP4:443" </dev/null 2>/dev/null |
	openssl x509 -noout -subject -ext subjectAltName)
expect_match "subject of the certificate" 'CN = bridge-fw\.example\.com' "$shown"
expect_match "names of the certificate" 'DNS:bridge-fw\.example\.com, IP Address:192\.0\.2\.1' "$shown"
gate_stop

# What is taken stays as it is; a wrong call is told from a failure.
status_of() {
	local status=0
	"$@" >"$W/out" 2>"$W/err" || status=$?
	echo $status
}
before=$(find "$W" -maxdepth 1 | sort)
expect_eq "a directory that is not empty" 1 "$(status_of import "$W/device.cfg" -o "$W/flat")"
expect_match "message" 'is not empty' "$(cat "$W/err")"
expect_eq "no input" 2 "$(status_of import -o "$W/new")"
expect_eq "no directory" 2 "$(status_of import "$W/device.cfg")"
expect_eq "two inputs" 2 "$(status_of import "$W/device.cfg" "$W/flat.cfg" -o "$W/new")"
expect_eq "unknown option" 2 "$(status_of import "$W/device.cfg" -x -o "$W/new")"
expect_eq "a file that is not there" 1 "$(status_of import "$W/none.cfg" -o "$W/new")"
expect_eq "a place that cannot be" 1 "$(status_of import "$W/device.cfg" -o "$W/no/such/new")"

# Broken input: file, line, message.
broken() {
	expect_eq "$1" 1 "$(status_of import "$W/broken.cfg" -o "$W/new")"
	expect_match "$1: message" "$2" "$(cat "$W/err")"
	expect_match "$1: nothing was written" 'nothing was written' "$(cat "$W/err")"
	expect_eq "$1: report" "" "$(cat "$W/out")"
}
cut=$(grep -n 'certificate ca' "$W/device.cfg" | head -1 | cut -d: -f1)
head -n $((cut + 3)) "$W/device.cfg" >"$W/broken.cfg"
broken "cut in a certificate" "^$W/broken\.cfg:$cut: "
sed 's/10\.77\.0\.250/10.77.0.500/' "$W/device.cfg" >"$W/broken.cfg"
broken "an impossible address" "^$W/broken\.cfg:9: .*10\.77\.0\.500"
sed 's/mask 255\.255\.255\.0/mask 255.0.255.0/' "$W/device.cfg" >"$W/broken.cfg"
broken "a mask with holes" "^$W/broken\.cfg:9: .*255\.0\.255\.0"
printf 'hostname a\nhost\0name b\n' >"$W/broken.cfg"
broken "a zero byte" "^$W/broken\.cfg:2: a zero byte"
head -c 5000 "$SEKISHO_BIN/asa-import" >"$W/broken.cfg"
broken "a program" "^$W/broken\.cfg:1: "
rm "$W/broken.cfg"
expect_eq "what lies there after all that" "$before" "$(find "$W" -maxdepth 1 ! -name out ! -name err | sort)"
