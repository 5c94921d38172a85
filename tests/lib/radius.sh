# SPDX-License-Identifier: Apache-2.0
# FreeRADIUS as the real server, in the inside's namespace: $IN_IP4 and $IN_IP6, ports 1812 and 1813, secret $RADIUS_SECRET.
# Users are in a "files" text (users(5)); every packet is written down, attribute by attribute, in
# $W/radius/log/{auth,reply,acct}-detail. More servers: another directory, ports and addresses as arguments.
# shellcheck shell=bash disable=SC2034

RADIUS_SECRET=testing-Secret-123
RADIUS_PID=
# This server of 2022 puts no Message-Authenticator into its answers unless it is told to; RADIUS_UNSIGNED=1 leaves it alone.
RADIUS_UNSIGNED=
# Added to the sections of the same name of the virtual server, and to the modules.
RADIUS_AUTHORIZE=
RADIUS_POST_AUTH=
RADIUS_ACCOUNTING=
RADIUS_MODULES=

# radius_conf DIR AUTH_PORT: with ${RADIUS_USERS} as the users.
radius_conf() {
	local dir=$1 port=$2 signed=
	[ -n "${RADIUS_UNSIGNED:-}" ] || signed=$'update reply {\nMessage-Authenticator := 0x00\n}'
	mkdir -p "$dir/log"
	cat >"$dir/radiusd.conf" <<-END
	prefix = /usr
	logdir = $dir/log
	raddbdir = $dir
	run_dir = $dir
	pidfile = $dir/radiusd.pid
	max_request_time = 30
	cleanup_delay = 2
	max_requests = 16384
	hostname_lookups = no
	log {
	  destination = files
	  file = $dir/log/radius.log
	  auth = yes
	}
	security {
	  max_attributes = 200
	  reject_delay = 0
	  status_server = no
	  allow_core_dumps = no
	}
	thread pool {
	  start_servers = 32
	  max_servers = 512
	  min_spare_servers = 8
	  max_spare_servers = 512
	  max_requests_per_server = 0
	}
	client gateway4 {
	  ipaddr = 0.0.0.0/0
	  secret = "$RADIUS_SECRET"
	  require_message_authenticator = yes
	}
	client gateway6 {
	  ipv6addr = ::/0
	  secret = "$RADIUS_SECRET"
	  require_message_authenticator = yes
	}
	modules {
	  files {
	    usersfile = $dir/users
	  }
	  pap {
	  }
	  mschap {
	  }
	  preprocess {
	    huntgroups = $dir/empty
	    hints = $dir/empty
	  }
	  detail auth_log {
	    filename = $dir/log/auth-detail
	    permissions = 0600
	    header = "%t"
	  }
	  detail reply_log {
	    filename = $dir/log/reply-detail
	    permissions = 0600
	    header = "%t"
	  }
	  detail acct_log {
	    filename = $dir/log/acct-detail
	    permissions = 0600
	    header = "%t"
	  }
	  always ok {
	    rcode = ok
	  }
	  $RADIUS_MODULES
	}
	server default {
	  listen {
	    type = auth
	    ipaddr = *
	    port = $port
	  }
	  listen {
	    type = acct
	    ipaddr = *
	    port = $((port + 1))
	  }
	  listen {
	    type = auth
	    ipv6addr = ::
	    port = $port
	  }
	  listen {
	    type = acct
	    ipv6addr = ::
	    port = $((port + 1))
	  }
	  authorize {
	    auth_log
	    $RADIUS_AUTHORIZE
	    mschap
	    files
	    pap
	  }
	  authenticate {
	    Auth-Type PAP {
	      pap
	    }
	    Auth-Type MS-CHAP {
	      mschap
	    }
	  }
	  accounting {
	    acct_log
	    $RADIUS_ACCOUNTING
	    ok
	  }
	  post-auth {
	    $RADIUS_POST_AUTH
	    $signed
	    reply_log
	    Post-Auth-Type REJECT {
	      $signed
	      reply_log
	    }
	    Post-Auth-Type Challenge {
	      $signed
	      reply_log
	    }
	  }
	}
	END
	printf '%s\n' "${RADIUS_USERS:-}" >"$dir/users"
	: >"$dir/empty"
	: >"$dir/dictionary"
	chmod 640 "$dir/radiusd.conf" "$dir/users"
}

# Start it and wait until it listens: radius_start [DIR] [AUTH_PORT]. Its process id is $RADIUS_PID.
radius_start() {
	local dir=${1:-$W/radius} port=${2:-1812}
	radius_conf "$dir" "$port"
	radius_run "$dir" "$port"
}

# Start again what radius_stop ended, with the configuration that is there.
radius_run() {
	local dir=${1:-$W/radius} port=${2:-1812}
	ip netns exec "$IN" freeradius -f -d "$dir" -n radiusd >"$dir/log/stdout" 2>&1 </dev/null &
	RADIUS_PID=$!
	wait_for 20 "FreeRADIUS listens" radius_listens "$RADIUS_PID" "$port"
}

radius_listens() {
	is_gone "$1" && fail "FreeRADIUS starts, got: $(tail -5 "$W"/radius*/log/stdout "$W"/radius*/log/radius.log 2>/dev/null)"
	ip netns exec "$IN" ss -Hlun "sport = :$2" | grep -q .
}

radius_stop() {
	local pid=${1:-$RADIUS_PID}
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null || true
	wait_for 10 "FreeRADIUS stops" is_gone "$pid"
	wait "$pid" 2>/dev/null || true
	[ "$pid" != "$RADIUS_PID" ] || RADIUS_PID=
}

# aaa.conf with one server group RAD of that server. AAA_GROUP and AAA_HOST are added to the blocks.
radius_aaa_conf() {
	cat >"$W/conf/aaa.conf" <<-END
	aaa-server-groups = (
	  { name = "RAD"; protocol = "radius"; ${AAA_GROUP:-}
	    hosts = ( { address = "$IN_IP4"; key = "$RADIUS_SECRET"; authentication-port = 1812; accounting-port = 1813;
	                timeout = 3; retry-interval = 1; ${AAA_HOST:-} } ); }
	  ${AAA_GROUPS:-}
	);
	END
	chmod 600 "$W/conf/aaa.conf"
}

# The last value of an attribute in a detail file: radius_detail auth|reply|acct ATTRIBUTE
radius_detail() {
	sed -n "s/^\t$2 = \"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$W/radius/log/$1-detail" | tail -1
}

# A Python expression on r, the accounting requests that FreeRADIUS received, oldest first, each an attribute's name to the list
# of its values; x(user, type) are those of a user and an Acct-Status-Type: acct EXPRESSION [DIR]
# One whose answer came too late, as from a server that just starts, is sent again: by session, type and time it is the same.
# twice says how many such were left out.
acct() {
	/usr/bin/python3 - "$1" "${2:-$W/radius}/log/acct-detail" <<-'END'
	import os, sys
	r = []
	seen = set()
	twice = 0
	if os.path.exists(sys.argv[2]):
	    for block in open(sys.argv[2]).read().split("\n\n"):
	        one = {}
	        for line in block.split("\n")[1:]:
	            name, _, value = line.strip().partition(" = ")
	            one.setdefault(name, []).append(value.strip('"'))
	        if not one:
	            continue
	        key = (one["Acct-Session-Id"][0], one["Acct-Status-Type"][0], one["Event-Timestamp"][0])
	        if key in seen:
	            twice += 1
	        else:
	            r.append(one)
	        seen.add(key)
	def x(user, kind):
	    return [o for o in r if o["User-Name"] == [user] and o["Acct-Status-Type"] == [kind]]
	print(eval(sys.argv[1]))
	END
}

# Has so many of a user: acct_has USER TYPE COUNT [DIR]
acct_has() {
	[ "$(acct "len(x('$1', '$2'))" "${4:-$W/radius}")" = "$3" ]
}

# The tunnel groups of conf_write account to RAD.
acct_groups() {
	sed -i 's/address-pool = \[ "POOL/accounting-server-group = "RAD"; &/' "$W/conf/tunnel-groups.conf"
}
