#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make install: everything is where it belongs, the examples are valid, and what the administrator wrote is not overwritten.
. "$(dirname "$0")/../lib/e2e.sh"

if [ -n "$SEKISHO_SAN" ]; then
	exit 0
fi
install_to() {
	make -s -C "$ROOT" BUILD="${SEKISHO_BIN%/bin}" install DESTDIR="$W/root" PREFIX=/usr SYSCONFDIR=/etc
}

expect_ok "make install" install_to
for program in sbin/sekishod sbin/sekisho-passwd sbin/sekisho-pki sbin/sekisho-debug sbin/explain-policy bin/show-sessions bin/show-access-list bin/show-crypto-ca bin/asa-import; do
	for file in "usr/$program" "usr/share/man/man8/${program#*/}.8"; do
		[ -f "$W/root/$file" ] || fail "installed files, expected $file, got none"
	done
done
# What was built is installed, whatever its name is, and has a manual.
for program in "$SEKISHO_BIN"/*; do
	[ -f "$W/root/usr/sbin/${program##*/}" ] || [ -f "$W/root/usr/bin/${program##*/}" ] || fail "$program, expected it installed, got none"
	[ -f "$W/root/usr/share/man/man8/${program##*/}.8" ] || fail "manual of $program, expected one, got none"
done
for file in usr/share/man/man5/sekisho.conf.5 usr/lib/systemd/system/sekishod.service usr/lib/sysusers.d/sekisho.conf \
	usr/lib/tmpfiles.d/sekisho.conf etc/sekisho/sysctl.conf etc/sekisho/gateway.conf etc/sekisho/users.conf; do
	[ -f "$W/root/$file" ] || fail "installed files, expected $file, got none"
done
expect_eq "mode of users.conf" 600 "$(stat -c %a "$W/root/etc/sekisho/users.conf")"
expect_no_match "places left open" '@[A-Z]+@' "$(cat "$W"/root/usr/lib/systemd/system/*.service)"
expect_eq "who may connect as installed" '{ address = "127.0.0.1"; port = 443; }' \
	"$(grep -E '^[^#]*address = .*port' "$W/root/etc/sekisho/gateway.conf" | xargs -0 echo -n | tr -d '\t\n')"
expect_match "unit file" 'ExecStart=/usr/sbin/sekishod -c /etc/sekisho$' "$(cat "$W/root/usr/lib/systemd/system/sekishod.service")"

# The examples, with a certificate, pass the check as they are.
pki_make
cp "$W/pki/gw.pem" "$W/root/etc/sekisho/gateway.pem"
cp "$W/pki/gw.key" "$W/root/etc/sekisho/gateway.key"
sed -i "s,/etc/sekisho/,$W/root/etc/sekisho/,g" "$W/root/etc/sekisho/pki.conf"
expect_ok "the examples are valid" "$W/root/usr/sbin/sekishod" -c "$W/root/etc/sekisho" -t

echo '# mine' >>"$W/root/etc/sekisho/users.conf"
expect_ok "make install again" install_to
expect_match "the administrator's file" '^# mine$' "$(cat "$W/root/etc/sekisho/users.conf")"
