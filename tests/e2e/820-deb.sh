#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package: clean for lintian; installed in a root of its own it starts nothing, leaves no password and no open door;
# started as its unit says, with the unit's capabilities, system calls and directories, it serves a real client; an upgrade
# keeps the session; a removal says goodbye, a purge leaves nothing behind.
. "$(dirname "$0")/../lib/e2e.sh"

if [ -n "$SEKISHO_SAN" ]; then
	exit 0
fi
R=$W/root
build=${SEKISHO_BIN%/bin}

# ---- the package ----

DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}" make -s -C "$ROOT" BUILD="$build" DEB="$W/deb" deb >"$W/make" 2>&1 ||
	fail "make deb, expected success, got: $(tail -30 "$W/make")"
package=$(echo "$W"/deb/sekisho_*.deb)
lint=$(lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$package" 2>&1) ||
	fail "lintian, expected no complaint, got: $lint"
expect_eq "lintian" "" "$lint"

# The same as a later version.
later=$W/later.deb
dpkg-deb -R "$package" "$W/unpacked"
sed -i 's/^Version: .*/Version: 0.1.0-2/' "$W/unpacked/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 -b "$W/unpacked" "$later" >/dev/null

# ---- a root to install it in: this machine's, with everything that is written in memory ----

net_up 1
mkdir "$W/layer"
mount -t tmpfs -o mode=755 layer "$W/layer"
mkdir "$W/layer/up" "$W/layer/work" "$R"
chmod 755 "$W/layer/up"
mount -t overlay root -o "lowerdir=/,upperdir=$W/layer/up,workdir=$W/layer/work" "$R"
mount -t proc proc "$R/proc"
mount --rbind /dev "$R/dev"
mount --make-rslave "$R/dev"
mount -t tmpfs -o mode=755 run "$R/run"
mkdir -p "$R/run/systemd/system" # what the package's scripts take for a systemd
rm -f "$R/usr/sbin/policy-rc.d"
cp "$ROOT/tests/lib/unit.py" "$R/run/unit.py"
rm -f "$R/usr/bin/systemctl"
printf '#!/bin/sh\n[ -S /run/manager ] || exit 3\nexec /usr/bin/python3 /run/unit.py /run/manager "$@"\n' >"$R/usr/bin/systemctl"
chmod 755 "$R/usr/bin/systemctl"
cleanup_root() {
	umount -R "$R" 2>/dev/null || umount -R -l "$R" 2>/dev/null
	umount "$W/layer" 2>/dev/null || umount -l "$W/layer" 2>/dev/null
}

# In that root, the gateway's network, and a machine of that name.
in_root() {
	ip netns exec "$GW" unshare --uts sh -c 'hostname "$1" && shift && exec chroot "$@"' sh "$GW_NAME" "$R" "$@"
}

trap 'status=$?; set +e; [ $status = 0 ] || tail -n 40 "$W/manager" "$R/run/manager.log"; [ -z "${manager:-}" ] || kill "$manager"; for ns in "${NETNS[@]}"; do ip netns pids "$ns" | xargs -r kill -9; done; cleanup_root; GATE_LOG=; (exit $status); cleanup' EXIT

# ---- installed ----

in_root dpkg -i "/$W/deb/${package##*/}" >"$W/install" 2>&1 </dev/null || fail "dpkg -i, expected success, got: $(cat "$W/install")"
expect_match "first steps" 'only this machine could connect' "$(cat "$W/install")"
expect_match "not started" 'disabled or a static unit, not starting it' "$(cat "$W/install")"
for user in gateway auth pki; do
	expect_match "account of $user" ':/usr/sbin/nologin$' "$(in_root getent passwd sekisho-$user)"
	expect_match "account of $user is locked" '^sekisho-[a-z]*:[!*]' "$(in_root getent shadow sekisho-$user)"
done
for file in users.conf aaa.conf tunnel-groups.conf group-policies.conf pki.conf gateway.key; do
	expect_eq "mode of $file" "600 root" "$(stat -c '%a %U' "$R/etc/sekisho/$file")"
done
expect_no_match "password as installed" 'password *=' "$(grep -v '^#' "$R/etc/sekisho/users.conf")"
expect_ok "configuration as installed" in_root sekishod -t
expect_ok "the unit file" in_root systemd-analyze verify /lib/systemd/system/sekishod.service
expect_ok "exposure of the unit" in_root systemd-analyze security --offline=true --threshold=40 \
	/lib/systemd/system/sekishod.service
key=$(sha256sum <"$R/etc/sekisho/gateway.key")

# ---- started as the unit says ----

# ProtectSystem=strict: what is below is the unit's only to read.
ip netns exec "$GW" unshare --mount --uts sh -c '
	hostname "$1"
	mkdir -p "$2/var/lib/sekisho"
	mount --bind "$2/var/lib/sekisho" "$2/var/lib/sekisho"
	mount -o remount,bind,ro "$2"
	exec chroot "$2" /usr/bin/python3 /run/unit.py serve /lib/systemd/system/sekishod.service /run/manager /run/manager.log
' sh "$GW_NAME" "$R" >"$W/manager" 2>&1 </dev/null &
manager=$!
GATE_LOG=$R/run/manager.log
wait_for 10 "the service manager" test -S "$R/run/manager"

systemctl() {
	in_root systemctl "$@"
}

main_pid() {
	sed -n 's/^started //p' "$GATE_LOG" | tail -1
}

echo 'net.ipv4.ip_forward = 0' | in_gw sysctl -q -p -
expect_ok "start" systemctl start
expect_match "ready" 'notify READY=1 STATUS=serving' "$(cat "$GATE_LOG")"
expect_eq "forwarding" 1 "$(in_gw sysctl -n net.ipv4.ip_forward)"
expect_eq "who listens as installed" "127.0.0.1:443" "$(in_gw ss -Hltn | awk '{ print $4 }' | sort -u)"
expect_eq "users of the processes" "root sekisho-auth sekisho-gateway sekisho-pki" \
	"$(for pid in $(main_pid) $(pgrep -P "$(main_pid)"); do in_root getent passwd "$(stat -c %u "/proc/$pid")" | cut -d: -f1; done | sort | xargs)"
expect_no_match "errors and warnings as installed" ' (error|warning) [a-z]+\[' "$(cat "$GATE_LOG")"

# ---- configured, reloaded, restarted ----

expect_ok "stop" systemctl stop
sed -i 's/127\.0\.0\.1/0.0.0.0/' "$R/etc/sekisho/gateway.conf"
sed -i 's/192\.168\.1\.0 255/10.99.0.0 255/' "$R/etc/sekisho/group-policies.conf"
printf '%s\n%s\n' $PASSWORD $PASSWORD | in_root sekisho-passwd alice >"$W/passwd" 2>&1 || fail "sekisho-passwd: $(cat "$W/passwd")"
expect_ok "start" systemctl start
mkdir -p "$W/pki"
cp "$R/etc/sekisho/gateway.pem" "$W/pki/ca.pem"
client_up 1 alice --authgroup=Staff
address=$(client_ip4 1)
client_dtls 1
expect_ok "traffic" ping4 1
sed -i 's/"Welcome."/"Changed."/' "$R/etc/sekisho/group-policies.conf"
expect_ok "reload" systemctl reload
wait_line "$GATE_LOG" 'notify RELOADING=1 MONOTONIC_USEC=[0-9]+ STATUS=reloading' 5
wait_line "$GATE_LOG" 'notify READY=1 STATUS=serving, configuration of generation [0-9]+$' 5 \
	"$(grep -n 'notify RELOADING' "$GATE_LOG" | tail -1 | cut -d: -f1)"
sed -i 's/"Changed."/7/' "$R/etc/sekisho/group-policies.conf"
expect_fail "reload of a wrong configuration" systemctl reload
expect_match "status after it" 'serving.*refused' "$(systemctl status)"
sed -i 's/banner = 7/banner = "Mine."/' "$R/etc/sekisho/group-policies.conf"
wait_line "$GATE_LOG" 'notify WATCHDOG=1' 10

# ---- upgraded ----

rm -f "$W/c1/reasons"
cp "$later" "$R/run/later.deb"
before=$(main_pid)
in_root dpkg -i /run/later.deb >"$W/upgrade" 2>&1 </dev/null || fail "upgrade, expected success, got: $(cat "$W/upgrade")"
expect_eq "the daemon is a new one" different "$([ "$before" = "$(main_pid)" ] || echo different)"
wait_for 40 "the client comes back" file_has "$W/c1/reasons" '^reconnect$'
wait_for 20 "traffic after the upgrade" ping4 1 $IN_IP4 1
expect_eq "address after the upgrade" "$address" "$(client_env 1 INTERNAL_IP4_ADDRESS reconnect)"
expect_eq "sessions after the upgrade" "alice" \
	"$(in_root show-sessions --json | python3 -c 'import json, sys; print(" ".join(x["username"] for x in json.load(sys.stdin)["sessions"]))')"
expect_match "the administrator's file" '"Mine."' "$(cat "$R/etc/sekisho/group-policies.conf")"
expect_eq "the key" "$key" "$(sha256sum <"$R/etc/sekisho/gateway.key")"
expect_no_match "first steps once more" 'sekisho-passwd alice' "$(cat "$W/upgrade")"

# ---- removed, purged ----

in_root dpkg -r sekisho >"$W/remove" 2>&1 </dev/null || fail "dpkg -r, expected success, got: $(cat "$W/remove")"
wait_for 10 "client ends after the removal" is_gone "${CLIENT_PID[1]}"
expect_match "client was told" 'Received server disconnect' "$(client_log 1)"
expect_match "stopped in order" 'stopped: status 0' "$(cat "$GATE_LOG")"
[ -e "$R/etc/sekisho/gateway.key" ] || fail "key after a removal, expected it to stay, got none"
kill "$manager"
wait "$manager" 2>/dev/null || true
manager=
in_root dpkg -P sekisho >"$W/purge" 2>&1 </dev/null || fail "dpkg -P, expected success, got: $(cat "$W/purge")"
expect_eq "files after a purge" "" "$(find "$W/layer/up" ! -type c -iname '*sekisho*' ! -path "*/tmp/*")"
expect_eq "accounts after a purge" "" "$(in_root getent passwd | grep sekisho || true)$(in_root getent group | grep sekisho || true)"
expect_no_match "watchdog" 'watchdog expired|not ready|stranger' "$(cat "$GATE_LOG")"
