# SPDX-License-Identifier: Apache-2.0
# The benchmarks' world: the e2e tests' namespaces, and two servers in it with the same certificate, the same users and hash,
# the same MTU: server_start sekisho|ocserv, server_stop. Sourced by bench.sh.
#
# What a start takes from variables: WORKERS (2), LOGIN (password|certificate).
# shellcheck shell=bash disable=SC2034

USERS=${USERS:-10000}
WORKERS=2
LOGIN=password
SERVER=
LOADER=()
# Own addresses of the load generator, all in client namespace 1.
LOAD_SOURCES=198.18.0.1-198.18.0.32
LOAD=${LOAD:-$ROOT/build/tests/load/load}

# The e2e tests' configuration, but one group, one large pool, no names of groups in the form: as ocserv has it.
conf_gateway() {
	cat <<-END
	listeners = ( { address = "0.0.0.0"; port = 443; } );
	tun = { name = "$TUN"; ipv4-address = "172.20.255.254/16"; };
	workers = $WORKERS;
	users = { gateway = "#$UID_GATEWAY"; auth = "#$UID_AUTH"; pki = "#$UID_PKI"; };
	limits = { max-sessions = 20000; };
	logging = { level = "notice"; stderr = true; syslog = false; };
	control-socket = { path = "$W/control"; group = "#0"; };
	state-directory = "$W/state";
	chroot-directory = "$W/empty";
	END
}

conf_tunnel_groups() {
	local authentication=aaa
	[ "$LOGIN" = password ] || authentication=certificate
	cat <<-END
	webvpn = { tunnel-group-list = false; };
	tunnel-groups = (
	  { name = "STAFF"; type = "remote-access";
	    general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "StaffPolicy"; };
	    webvpn-attributes = { authentication = [ "$authentication" ];
	                          group-url = ( { url = "https://$GW_NAME/staff"; } ); }; }
	);
	END
}

conf_group_policies() {
	cat <<-END
	group-policies = (
	  { name = "DfltGrpPolicy"; attributes = { }; },
	  { name = "StaffPolicy"; attributes = { vpn-simultaneous-logins = 1000; }; }
	);
	ip-local-pools = ( { name = "POOL"; range = "172.20.0.1-172.20.63.254"; mask = "255.255.0.0"; } );
	END
}

# The cheapest hash that crypt(3) has, so that logins are compared and not password hashes.
hash_password() {
	/usr/bin/python3 -W ignore -c 'import crypt, sys; print(crypt.crypt(sys.argv[1], "$5$rounds=1000$bench$"))' "$PASSWORD"
}

conf_users() {
	hash_password | awk -v n="$USERS" '{
		print "usernames = ("
		for (i = 1; i <= n; i++)
			printf "  { name = \"user%05d\"; password = \"%s\"; }%s\n", i, $1, i < n ? "," : ""
		print ");" }'
}

conf_pki() {
	local users=
	[ "$LOGIN" = password ] ||
		users=", { name = \"USERS\"; ca-certificate = \"$W/pki/users.pem\"; revocation-check = [ \"none\" ]; }"
	cat <<-END
	trustpoints = ( { name = "GW"; certificate = "$W/pki/gw.pem"; key = "$W/pki/gw.key"; }$users );
	ssl-trust-point = "GW";
	END
}

# Debian's defaults where they cost nothing that Sekisho does not do: no seccomp per worker, no ban of the generator.
ocserv_conf() {
	local auth="plain[passwd=$W/ocpasswd]"
	[ "$LOGIN" = password ] || auth=certificate
	cat <<-END
	auth = "$auth"
	ca-cert = $W/pki/users.pem
	cert-user-oid = 2.5.4.3
	tcp-port = 443
	udp-port = 443
	run-as-user = nobody
	run-as-group = nogroup
	socket-file = $W/ocserv.socket
	server-cert = $W/pki/gw.pem
	server-key = $W/pki/gw.key
	isolate-workers = false
	max-clients = 16000
	max-same-clients = 0
	max-ban-score = 0
	rate-limit-ms = 0
	keepalive = 32400
	dpd = 90
	try-mtu-discovery = false
	tls-priorities = "NORMAL:%SERVER_PRECEDENCE"
	device = vpns
	ipv4-network = 172.21.0.0/18
	cisco-client-compat = true
	dtls-legacy = false
	mtu = 1500
	END
}

ocserv_start() {
	hash_password | awk -v n="$USERS" '{ for (i = 1; i <= n; i++) printf "user%05d:*:%s\n", i, $1 }' >"$W/ocpasswd"
	ocserv_conf >"$W/ocserv.conf"
	in_gw /usr/sbin/ocserv -f -c "$W/ocserv.conf" >>"$W/ocserv.log" 2>&1 </dev/null &
	wait_for 10 "ocserv listens" in_gw bash -c 'ss -Hltn | grep -q :443'
}

server_start() {
	SERVER=$1
	case $SERVER in
	sekisho)
		conf_write
		gate_start
		;;
	ocserv) ocserv_start ;;
	esac
}

server_stop() {
	case $SERVER in
	sekisho) gate_stop USR1 ;;
	ocserv)
		# Some may end by themselves just now.
		server_pids | xargs -r kill 2>/dev/null || true
		wait_for 20 "ocserv ends" bash -c "[ -z \"\$(ip netns pids $GW)\" ]"
		;;
	esac
	SERVER=
}

server_pids() {
	ip netns pids "$GW"
}

# Clock ticks of all the server's processes, and of those that have ended: a process per client is counted too.
server_ticks() {
	server_pids | sed 's,.*,/proc/&/stat,' | xargs cat 2>/dev/null | sed 's/.*) //' |
		awk '{ t += $12 + $13 + $14 + $15 } END { print t + 0 }'
}

# Proportional set size of all the server's processes, kB.
server_pss() {
	pss_of "$(server_pids)"
}

# Of the named processes: pss_of "PID PID"
pss_of() {
	local pid
	for pid in $1; do
		cat "/proc/$pid/smaps_rollup" 2>/dev/null || true
	done | awk '/^Pss:/ { k += $2 } END { print k + 0 }'
}

# ocserv has no groups here.
login_path() {
	[ "$SERVER" = ocserv ] && echo / || echo /staff
}

# The command line of the load generator in client namespace 1, in the array LOADER (started with & it is its own process, so
# that $! is the generator): loader login|hold|flood [options]
loader() {
	local who=(--password "$PASSWORD")
	[ "$LOGIN" = password ] || who=(--certificates "$W/pki/users.pem,$W/pki/users.key")
	LOADER=(ip netns exec "$(client_ns 1)" "$LOAD" "$1" --server "$GW_IP4" --name "$GW_NAME" --path "$(login_path)"
		--source "$LOAD_SOURCES" "${who[@]}" "${@:2}")
}

# Namespaces, certificates, and the generator's addresses.
world_up() {
	net_up "$1"
	pki_make rsa
	pki_ca users "Users CA"
	in_client 1 ip route add local 198.18.0.0/24 dev lo
	in_gw ip route add 198.18.0.0/24 via 192.0.2.11
	in_client 1 sysctl -qw net.ipv4.ip_local_port_range="1024 65535" net.ipv4.tcp_tw_reuse=1
}

# A row of results, one JSON object: row ITEM '"key": value, ...'
row() {
	printf '{"item": "%s", "round": %d, "server": "%s", %s}\n' "$1" "${ROUND:-1}" "$SERVER" "$2" | tee -a "$ROWS"
}

# seconds of CPU: ticks before, after
cpu_seconds() {
	awk -v t=$(($2 - $1)) -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", t / hz }'
}

# Real openconnect clients 1 to COUNT, with traffic through: clients_up COUNT dtls|tls
clients_up() {
	local n options=() url
	[ "$2" = dtls ] || options=(--no-dtls)
	url=$(login_path)
	for n in $(seq 1 "$1"); do
		CLIENT_URL=$url client_start "$n" "$(printf 'user%05d' "$n")" "${options[@]}"
	done
	for n in $(seq 1 "$1"); do
		wait_for 20 "client $n is connected" client_is_up "$n"
		[ "$2" = tls ] || client_dtls "$n"
		wait_for 15 "traffic of client $n" ping4 "$n" $IN_IP4 1
	done
}

clients_down() {
	local n
	for n in "${!CLIENT_PID[@]}"; do
		client_stop "$n"
		unset "CLIENT_PID[$n]"
	done
}

# iperf3 servers, one port for each client, for one test each.
iperf_serve() {
	local n
	for n in "$@"; do
		in_inside iperf3 -s -1 -p $((5200 + n)) >/dev/null 2>&1 &
	done
	for n in "$@"; do
		wait_for 5 "iperf3 server $n" in_inside bash -c "ss -Hltn 'sport = :$((5200 + n))' | grep -q ."
	done
}

# TCP through the tunnels of the named clients at once; sets GB, MBITS, CPU, RESENT: transfer up|down CLIENT...
transfer() {
	local way=$1 options=() n before after pids=()
	shift
	[ "$way" = up ] || options=(-R)
	iperf_serve "$@"
	before=$(server_ticks)
	for n in "$@"; do
		in_client "$n" iperf3 -J -c $IN_IP4 -p $((5200 + n)) -t "$SECONDS_EACH" "${options[@]}" >"$W/iperf.$n" &
		pids+=($!)
	done
	wait "${pids[@]}"
	after=$(server_ticks)
	CPU=$(cpu_seconds "$before" "$after")
	read -r GB MBITS RESENT < <(cd "$W" && /usr/bin/python3 "$ROOT/tests/bench/iperf.py" "${@/#/iperf.}")
}

per_gb() {
	awk -v c="$CPU" -v g="$GB" 'BEGIN { printf "%.3f", (g > 0 ? c / g : 0) }'
}
