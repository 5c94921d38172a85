# SPDX-License-Identifier: Apache-2.0
# The daemon under test: writes its configuration into $W/conf, starts and stops it in the gateway's namespace.
#
# conf_write takes what differs from the usual from variables, each libconfig text that is added to its block:
#   CONF_GATEWAY CONF_LIMITS CONF_CONTROL (gateway.conf), CONF_WEBVPN (tunnel-groups.conf),
#   CONF_DFLT CONF_STAFF CONF_ENG (attributes of group policies), CONF_ALICE (attributes of that user)
#   CONF_GROUPS CONF_POLICIES CONF_POOLS CONF_LISTS (more list elements, each ended by a comma)
# and POOL_RANGE, CONF_LISTENERS, CONF_WORKERS.
# shellcheck shell=bash disable=SC2034

UID_GATEWAY=64001
UID_AUTH=64002
UID_PKI=64003
PASSWORD=correct-horse
TUN=sekisho0
PARENT=
GATE_LOG=

# PASSWORD, hashed (the salt is fixed: this is no secret).
hash_password() {
	openssl passwd -6 -salt sekishotest "$PASSWORD"
}

conf_gateway() {
	local listeners='{ address = "0.0.0.0"; port = 443; }, { address = "::"; port = 443; }'
	cat <<-END
	listeners = ( ${CONF_LISTENERS:-$listeners} );
	tun = { name = "$TUN"; ipv4-address = "192.168.100.254/24"; ipv6-address = "fd00:100::1/64"; };
	workers = ${CONF_WORKERS:-2};
	users = { gateway = "#$UID_GATEWAY"; auth = "#$UID_AUTH"; pki = "#$UID_PKI"; };
	limits = { ${CONF_LIMITS:-} };
	logging = { level = "${LOG_LEVEL:-debug}"; stderr = true; syslog = false; };
	control-socket = { path = "$W/control"; group = "#0"; };
	state-directory = "$W/state";
	chroot-directory = "${CHROOT_DIR:-$W/empty}";
	${CONF_GATEWAY:-}
	END
}

conf_tunnel_groups() {
	cat <<-END
	webvpn = { tunnel-group-list = true; ${CONF_WEBVPN:-} };
	tunnel-groups = (
	  { name = "STAFF"; type = "remote-access";
	    general-attributes = { address-pool = [ "POOL" ]; ipv6-address-pool = [ "POOL6" ];
	                           default-group-policy = "StaffPolicy"; };
	    webvpn-attributes = { authentication = [ "aaa" ];
	                          group-alias = ( { name = "Staff"; } );
	                          group-url = ( { url = "https://$GW_NAME/staff"; } ); }; },
	  ${CONF_GROUPS:-}
	  { name = "ENG"; type = "remote-access";
	    general-attributes = { address-pool = [ "POOL-ENG" ]; default-group-policy = "EngPolicy"; };
	    webvpn-attributes = { group-alias = ( { name = "Engineering"; } );
	                          group-url = ( { url = "https://$GW_NAME/ENG"; } ); }; }
	);
	END
}

conf_group_policies() {
	cat <<-END
	group-policies = (
	  { name = "DfltGrpPolicy"; attributes = { ${CONF_DFLT:-} }; },
	  ${CONF_POLICIES:-}
	  { name = "StaffPolicy"; attributes = { ${CONF_STAFF:-} }; },
	  { name = "EngPolicy";
	    attributes = { split-tunnel-policy = "tunnelspecified"; split-tunnel-network-list = "eng-nets";
	                   dns-server = [ "10.99.0.53" ]; default-domain = "eng.example.com"; ${CONF_ENG:-} }; }
	);
	ip-local-pools = (
	  { name = "POOL"; range = "${POOL_RANGE:-192.168.100.1-192.168.100.50}"; mask = "255.255.255.0"; },
	  ${CONF_POOLS:-}
	  { name = "POOL-ENG"; range = "192.168.100.101-192.168.100.150"; mask = "255.255.255.0"; }
	);
	ipv6-local-pools = ( { name = "POOL6"; prefix = "fd00:100::1001/64"; size = 64; } );
	access-lists = (
	  ${CONF_LISTS:-}
	  { name = "eng-nets"; type = "standard"; rules = [ "permit 10.99.0.0 255.255.255.0" ]; }
	);
	END
}

conf_users() {
	local user hash attributes=
	hash=$(hash_password)
	[ -z "${CONF_ALICE:-}" ] || attributes="attributes = { $CONF_ALICE };"
	echo "usernames = ("
	for user in bob carol dave user{01..20}; do
		echo "  { name = \"$user\"; password = \"$hash\"; },"
	done
	echo "  { name = \"alice\"; password = \"$hash\"; $attributes }"
	echo ");"
}

conf_pki() {
	cat <<-END
	trustpoints = ( { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; } );
	ssl-trust-point = "GW";
	END
}

conf_write() {
	mkdir -p "$W/conf"
	conf_gateway >"$W/conf/gateway.conf"
	conf_tunnel_groups >"$W/conf/tunnel-groups.conf"
	conf_group_policies >"$W/conf/group-policies.conf"
	conf_users >"$W/conf/users.conf"
	conf_pki >"$W/conf/pki.conf"
	chmod 600 "$W"/conf/*.conf
}

# Start the daemon and wait until it says that it serves. The log is $GATE_LOG.
gate_start() {
	GATE_LOG=$W/gate.log
	touch "$GATE_LOG"
	local from
	from=$(next_line "$GATE_LOG")
	# shellcheck disable=SC2086
	ip netns exec "$GW" ${SEKISHO_WRAP:-} "$SEKISHO_BIN/sekishod" -c "$W/conf" >>"$GATE_LOG" 2>&1 </dev/null &
	PARENT=$!
	wait_for 20 "sekishod ready" gate_ready "$from"
}

gate_ready() {
	is_gone "$PARENT" && fail "sekishod starts, expected it to run, got: $(tail -5 "$GATE_LOG")"
	file_has "$GATE_LOG" 'sekishod [0-9.]+ ready' "$1"
}

# Orderly stop; the exit status must be 0. Sessions wait for the next start, with SIGUSR1 they end: gate_stop [SIGNAL]
gate_stop() {
	[ -n "$PARENT" ] || return 0
	local status=0 pid=$PARENT signal=${1:-TERM}
	PARENT=
	# A Ctrl-C may have reached it before.
	kill -"$signal" "$pid" 2>/dev/null || true
	wait_for 15 "sekishod stops on SIG$signal" is_gone "$pid"
	wait "$pid" || status=$?
	expect_eq "exit status after SIG$signal" 0 $status
}

# Process id of a child: child_pid gateway|auth|pki
child_pid() {
	local pid
	for pid in $(pgrep -P "$PARENT"); do
		if [ "$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" = "sekishod -R $1 " ]; then
			echo "$pid"
		fi
	done
}

gate_pids() {
	echo "$PARENT"
	pgrep -P "$PARENT"
}

# Resident kilobytes of all processes of the daemon that are its own (anonymous memory).
gate_memory_kb() {
	local pid
	for pid in $(gate_pids); do
		awk '/^RssAnon/ { print $2 }' "/proc/$pid/status"
	done | awk '{ s += $1 } END { print s }'
}

# Wait for a line in the daemon's log: gate_log REGEX [SECONDS] [FROM_LINE]
gate_log() {
	wait_line "$GATE_LOG" "$@"
}

show_sessions() {
	"$SEKISHO_BIN/show-sessions" -c "$W/conf" "$@"
}

# A value out of show-sessions --json by a Python expression on s (the list of sessions).
session_json() {
	show_sessions --json "${@:2}" | /usr/bin/python3 -c "
import json, sys
d = json.load(sys.stdin)
s = d['sessions'] if isinstance(d, dict) else d
print($1)"
}

session_count() {
	session_json 'len(s)'
}

sessions_are() {
	[ "$(session_count)" = "$1" ]
}

# The channels of a user's session that are up: "tls", "tls dtls", "".
tunnels_of() {
	session_json "' '.join(t['channel'] for x in s if x['username'] == '$1' for t in x['tunnels'] if t['up'])"
}

tunnels_are() {
	[ "$(tunnels_of "$1")" = "$2" ]
}

# A counter of one channel of a user's session, 0 without it: channel_stat USER tls|dtls rx_packets
channel_stat() {
	session_json "sum(t['stats']['$3'] for x in s if x['username'] == '$1' for t in x['tunnels'] if t['channel'] == '$2')"
}
