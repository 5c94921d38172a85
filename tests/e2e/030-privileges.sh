#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each process runs as its own user, without capabilities, with no_new_privs, in an empty root; keys are in pki only,
# password hashes in auth only.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start
client_up 1 alice --authgroup=Staff

status_of() {
	awk -v k="$2:" '$1 == k { print $2 }' "/proc/$1/status"
}

expect_eq "children" 3 "$(pgrep -c -P "$PARENT")"
for role in gateway auth pki; do
	pid=$(child_pid $role)
	case $role in
	gateway) uid=$UID_GATEWAY ;;
	auth) uid=$UID_AUTH ;;
	pki) uid=$UID_PKI ;;
	esac
	expect_eq "uids of $role" "$uid $uid $uid $uid" "$(awk '/^Uid/ { print $2, $3, $4, $5 }' "/proc/$pid/status")"
	expect_eq "gids of $role" "$uid $uid $uid $uid" "$(awk '/^Gid/ { print $2, $3, $4, $5 }' "/proc/$pid/status")"
	expect_eq "groups of $role" "" "$(awk '/^Groups/ { $1 = ""; print $0 }' "/proc/$pid/status" | tr -d ' ')"
	expect_eq "no_new_privs of $role" 1 "$(status_of "$pid" NoNewPrivs)"
	for set in CapInh CapPrm CapEff CapAmb; do
		expect_eq "$set of $role" 0000000000000000 "$(status_of "$pid" $set)"
	done
	# What is no root's belongs to root in /proc when nobody else may look into it.
	expect_eq "who may look into $role" 0 "$(stat -c %u "/proc/$pid/environ")"
	expect_ok "a bound on the processes of $role" grep -qE '^Max processes +[0-9]+ +[0-9]+' "/proc/$pid/limits"
	if [ -z "$SEKISHO_SAN" ]; then
		expect_eq "root of $role is the empty folder" "$(stat -c %d:%i "$W/empty")" "$(stat -Lc %d:%i "/proc/$pid/root")"
	fi
done
for pid in $(gate_pids); do
	expect_ok "no core files of $pid" grep -qE '^Max core file size +0 +0 ' "/proc/$pid/limits"
done
if [ -n "$SEKISHO_SAN" ]; then
	exit 0
fi

# What a process has in memory: does any writable or private mapping hold the text?
memory_has() {
	/usr/bin/python3 - "$1" "$2" <<-'END'
	import re, sys
	pid, text = sys.argv[1], bytes.fromhex(sys.argv[2])
	found = False
	with open("/proc/%s/maps" % pid) as maps, open("/proc/%s/mem" % pid, "rb", 0) as mem:
	    for line in maps:
	        m = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
	        if not m or "[v" in line:
	            continue
	        start, end = int(m.group(1), 16), int(m.group(2), 16)
	        try:
	            mem.seek(start)
	            found = found or text in mem.read(end - start)
	        except (OSError, ValueError, OverflowError):
	            pass
	sys.exit(0 if found else 1)
	END
}

# The private scalar of the EC key, both as PEM text and as the number in OpenSSL's memory (little-endian words).
pem=$(sed -n 2p "$W/pki/gw.key" | head -c 48 | od -An -tx1 | tr -d ' \n')
scalar=$(openssl ec -in "$W/pki/gw.key" -noout -text 2>/dev/null | awk '/^priv:/ { p = 1; next } /^pub:/ { p = 0 } p' | tr -d ': \n')
scalar=${scalar: -64}
reversed=$(echo "$scalar" | fold -w2 | tac | tr -d '\n')
hash=$(hash_password | tail -c 40 | head -c 32 | od -An -tx1 | tr -d ' \n')
word=$(printf %s "$PASSWORD" | od -An -tx1 | tr -d ' \n')

expect_ok "the key is found where it belongs (else this test proves nothing)" memory_has "$(child_pid pki)" "$reversed"
expect_ok "the hash is found where it belongs" memory_has "$(child_pid auth)" "$hash"
for role in gateway auth; do
	for secret in "$pem" "$scalar" "$reversed"; do
		expect_fail "private key in $role" memory_has "$(child_pid $role)" "$secret"
	done
done
for role in gateway pki; do
	expect_fail "password hashes in $role" memory_has "$(child_pid $role)" "$hash"
done
# The password went through gateway and auth: both must have wiped it.
for role in gateway auth; do
	expect_fail "a password after the login in $role" memory_has "$(child_pid $role)" "$word"
done
