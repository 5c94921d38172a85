# SPDX-License-Identifier: Apache-2.0
# Item 1, small packets: UDP with 200 bytes of payload through eight sessions of the load generator, up and down: packets that
# arrived per CPU second of the server. No packet is joined or cut by the kernel on the client's side.
# shellcheck shell=bash

# The last line of a generator's file, once it has more than so many lines: said FILE LINES
said() {
	[ "$(wc -l <"$1")" -gt "$2" ]
}

# Ask a generator for its counters now: ask PID FILE KEY
ask() {
	local lines
	lines=$(wc -l <"$2")
	kill -USR1 "$1"
	wait_for 5 "counters of the generator" said "$2" "$lines"
	tail -1 "$2" | sed "s/.*\"$3\":\([0-9]*\).*/\1/"
}

# Packets and CPU over a stretch of time: window PID FILE KEY; sets ARRIVED, CPU
window() {
	local from before
	from=$(ask "$@")
	before=$(server_ticks)
	sleep "$SECONDS_EACH"
	CPU=$(cpu_seconds "$before" "$(server_ticks)")
	ARRIVED=$(($(ask "$@") - from))
}

packets_up() {
	local options=("$@") sink flood
	ip netns exec "$IN" "$LOAD" sink --target $IN_IP4:9009 >"$W/sink" &
	sink=$!
	wait_for 5 "sink" in_inside bash -c "ss -Hlun 'sport = :9009' | grep -q ."
	rm -f "$W/ready"
	loader flood --sessions 8 --target $IN_IP4:9009 --ready "$W/ready" "${options[@]}"
	"${LOADER[@]}" >"$W/flood" &
	flood=$!
	wait_for 20 "eight sessions" test -e "$W/ready"
	window $sink "$W/sink" sink_packets
	end $flood
	end $sink
}

packets_down() {
	local options=("$@") hold blast
	rm -f "$W/ready"
	loader hold --sessions 8 --addresses "$W/addresses" --ready "$W/ready" "${options[@]}"
	"${LOADER[@]}" >"$W/hold" &
	hold=$!
	wait_for 20 "eight sessions" test -e "$W/ready"
	ip netns exec "$IN" "$LOAD" blast --target $IN_IP4:9009 --addresses "$W/addresses" >"$W/blast" &
	blast=$!
	window $hold "$W/hold" data_packets
	end $blast
	end $hold
}

# End a generator in order.
end() {
	kill -TERM "$1"
	wait_for 40 "the generator ends" is_gone "$1"
	wait "$1" || true
}

# bench_packets SERVER
bench_packets() {
	local channel way options
	server_start "$1"
	for channel in dtls tls; do
		options=()
		[ $channel = tls ] || options=(--dtls)
		for way in up down; do
			packets_$way "${options[@]}"
			row packets "\"channel\": \"$channel\", \"way\": \"$way\", \"packets_s\": $((ARRIVED / SECONDS_EACH)), \"cpu_s\": $CPU, \"packets_per_cpu_s\": $(awk -v p=$ARRIVED -v c="$CPU" 'BEGIN { printf "%d", (c > 0 ? p / c : 0) }')"
		done
	done
	server_stop
}
