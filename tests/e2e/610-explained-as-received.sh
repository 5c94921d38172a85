#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Five tunnel groups, three levels of inheritance: what a real client receives (the headers of CONNECT, the complete
# message, the script's environment) equals what explain-policy says for the same URL and user, attribute by attribute.
. "$(dirname "$0")/../lib/e2e.sh"

conf_tunnel_groups() {
	cat <<-END
	group-delimiter = "#";
	webvpn = {
	  tunnel-group-list = true; default-idle-timeout = 1200;
	  anyconnect-custom-attr = ( { type = "dynamic-split-exclude-domains"; }, { type = "DeferredUpdateAllowed"; } );
	  anyconnect-custom-data = ( { type = "dynamic-split-exclude-domains"; name = "saas"; value = "webex.example,office.example"; } );
	};
	tunnel-groups = (
	  { name = "ONE"; general-attributes = { address-pool = [ "POOL" ]; };
	    webvpn-attributes = { group-url = ( { url = "https://$GW_NAME/one"; } ); }; },
	  { name = "TWO"; general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "Two"; };
	    webvpn-attributes = { group-url = ( { url = "https://$GW_NAME/old"; enable = false; }, { url = "https://$GW_NAME/two/"; } ); }; },
	  { name = "THREE"; general-attributes = { ipv6-address-pool = [ "POOL6" ]; default-group-policy = "Three"; strip-realm = true; };
	    webvpn-attributes = { group-url = ( { url = "https://$GW_NAME/three"; } ); }; },
	  { name = "FOUR"; general-attributes = { address-pool = [ "POOL" ]; ipv6-address-pool = [ "POOL6" ];
	      default-group-policy = "Four"; strip-group = true; };
	    webvpn-attributes = { group-alias = ( { name = "Fourth"; } ); }; },
	  { name = "FIVE"; general-attributes = { address-pool = [ "POOL" ]; default-group-policy = "Five"; };
	    webvpn-attributes = { group-url = ( { url = "https://$GW_NAME/five"; } ); }; }
	);
	END
}

conf_group_policies() {
	cat <<-END
	group-policies = (
	  { name = "DfltGrpPolicy"; attributes = {
	      banner = "Everybody: 100% & <welcome>"; dns-server = [ "10.99.0.53", "fd99::53" ]; default-domain = "corp.example.com";
	      vpn-idle-timeout = 45; vpn-session-timeout = 600; vpn-session-timeout-alert-interval = 5;
	      anyconnect-dpd-interval-client = 33; anyconnect-ssl-keepalive = 55;
	      split-dns = [ "corp.example.com", "lab.example.com" ]; smartcard-removal-disconnect = false;
	      anyconnect-custom = ( { type = "DeferredUpdateAllowed"; value = [ "true" ]; } ); }; },
	  { name = "Two"; attributes = { split-tunnel-policy = "tunnelspecified"; split-tunnel-network-list = "nets";
	      ipv6-split-tunnel-policy = "tunnelspecified"; wins-server = [ "10.99.0.60" ]; anyconnect-mtu = 1300;
	      anyconnect-custom = ( { type = "dynamic-split-exclude-domains"; value = [ "saas" ]; } ); gateway-fqdn = "$GW_NAME";
	      vpn-session-timeout = "none"; anyconnect-ssl-rekey-time = 240; anyconnect-ssl-rekey-method = "new-tunnel"; }; },
	  { name = "Three"; attributes = { split-tunnel-policy = "excludespecified"; split-tunnel-network-list = "ext-nets";
	      address-pools = [ "POOL-ENG" ]; split-dns = "none"; split-tunnel-all-dns = true; client-bypass-protocol = true;
	      anyconnect-ssl-dtls = false; banner = "none"; vpn-idle-timeout = "none"; always-on-vpn = "disable"; }; },
	  { name = "Four"; attributes = { msie-proxy-method = "use-pac-url"; msie-proxy-pac-url = "http://10.99.0.1/proxy.pac";
	      msie-proxy-lockdown = false; anyconnect-routing-filtering-ignore = true; dns-server = "none"; }; },
	  { name = "Five"; attributes = { msie-proxy-method = "use-server"; msie-proxy-server = "proxy.corp.example.com:8080";
	      msie-proxy-except-list = [ "*.corp.example.com", "10.1.1.1" ]; msie-proxy-local-bypass = true; }; },
	  { name = "Own"; attributes = { default-domain = "own.example.com"; anyconnect-custom = ( { type = "DeferredUpdateAllowed"; value = "none"; } ); }; }
	);
	ip-local-pools = (
	  { name = "POOL"; range = "192.168.100.1-192.168.100.50"; mask = "255.255.255.0"; },
	  { name = "POOL-ENG"; range = "192.168.100.101-192.168.100.150"; mask = "255.255.255.0"; }
	);
	ipv6-local-pools = ( { name = "POOL6"; prefix = "fd00:100::1001/64"; size = 64; } );
	objects = ( { name = "lab"; type = "network"; value = "subnet 10.98.0.0 255.255.0.0"; } );
	object-groups = ( { name = "far"; type = "network"; members = [ "network-object object lab", "network-object host 10.97.1.1" ]; } );
	access-lists = (
	  { name = "nets"; type = "standard"; rules = [ "remark inside", "permit 10.99.0.0 255.255.255.0", "permit host 10.96.0.1" ]; },
	  { name = "ext-nets"; type = "extended"; rules = [ "permit ip object-group far any4", "permit ip 2001:db8:7::/48 any6" ]; }
	);
	END
}

conf_users() {
	local hash
	hash=$(hash_password)
	cat <<-END
	usernames = (
	  { name = "alice"; password = "$hash"; attributes = { vpn-group-policy = "Own"; vpn-idle-timeout = 7;
	      anyconnect-ssl-keepalive = "none"; vpn-idle-timeout-alert-interval = 2; vpn-framed-ip-address = "192.168.100.77 255.255.255.0"; }; },
	  { name = "bob"; password = "$hash"; }
	);
	END
}

# What openconnect printed and told its script, against what explain-policy says.
cat >"$W/compare.py" <<'END'
import json, re, sys
from urllib.parse import unquote

answer, log, env = json.load(open(sys.argv[1])), open(sys.argv[2], encoding="utf-8", errors="replace").read(), {}
for line in open(sys.argv[3], encoding="utf-8", errors="replace"):
    key, _, value = line.rstrip("\n").partition("=")
    env[key] = value
who = sys.argv[4]
headers = re.findall(r"^(?:\[[^]]*\] )?(X-(?:CSTP|DTLS)-[A-Za-z0-9-]+): ?(.*)$", log, re.M)
attributes = {(a["name"], a["type"]): a["value"] for a in answer["attributes"]}
seen = set()


def get(name):
    seen.add(name)
    return attributes[(name, None)]


def header(name):
    return [v for k, v in headers if k == name]


def check(what, expected, got):
    if expected != got:
        sys.exit("FAIL: %s: %s, explain-policy says %r, the client got %r" % (who, what, expected, got))


def one(name, expected):
    check(name, [expected] if expected is not None else [], header(name)[:1] if header(name) else [])


def flag(value):
    return "true" if value else "false"


def seconds(value, none=None):
    return str(value * 60) if value is not None else none


if not headers:
    sys.exit("FAIL: no headers in the client's log")
check("banner", [get("banner")] if get("banner") else [], [unquote(b) for b in header("X-CSTP-Banner")])
check("banner in the script", get("banner") or "", env.get("CISCO_BANNER", ""))
dns = get("dns-server") or []
check("dns-server", [d for d in dns if ":" not in d], header("X-CSTP-DNS"))
check("dns-server, IPv6", [d for d in dns if ":" in d], header("X-CSTP-DNS-IP6"))
check("dns-server in the script", dns, env.get("INTERNAL_IP4_DNS", "").split())
check("wins-server", get("wins-server") or [], header("X-CSTP-NBNS"))
one("X-CSTP-Default-Domain", get("default-domain"))
check("default-domain in the script", get("default-domain") or "", env.get("CISCO_DEF_DOMAIN", ""))
check("split-dns", get("split-dns") or [], header("X-CSTP-Split-DNS"))
check("split-dns in the script", sorted(get("split-dns") or []), sorted(filter(None, env.get("CISCO_SPLIT_DNS", "").split(","))))

NETS = {None: ([], []), "nets": (["10.99.0.0/255.255.255.0", "10.96.0.1/255.255.255.255"], []),
        "ext-nets": (["10.98.0.0/255.255.0.0", "10.97.1.1/255.255.255.255"], ["2001:db8:7::/48"])}
v4, v6 = NETS[get("split-tunnel-network-list")]
for policy, nets, tail in ((get("split-tunnel-policy"), v4, ""), (get("ipv6-split-tunnel-policy"), v6, "-IP6")):
    check("includes" + tail, sorted(nets) if policy == "tunnelspecified" else [], sorted(header("X-CSTP-Split-Include" + tail)))
    check("excludes" + tail, sorted(nets) if policy == "excludespecified" else [], sorted(header("X-CSTP-Split-Exclude" + tail)))
check("includes in the script", len(v4) if get("split-tunnel-policy") == "tunnelspecified" else 0, int(env.get("CISCO_SPLIT_INC", "0") or 0))

one("X-CSTP-Tunnel-All-DNS", flag(get("split-tunnel-all-dns")))
one("X-CSTP-Client-Bypass-Protocol", flag(get("client-bypass-protocol")))
one("X-CSTP-Idle-Timeout", seconds(get("vpn-idle-timeout"), "1200"))
one("X-CSTP-Session-Timeout", seconds(get("vpn-session-timeout"), "none"))
check("idle timeout in the script", header("X-CSTP-Idle-Timeout")[0], env.get("IDLE_TIMEOUT"))
one("X-CSTP-Session-Timeout-Alert-Interval", seconds(get("vpn-session-timeout-alert-interval")))
get("vpn-idle-timeout-alert-interval")
idle_alert = [a for a in answer["attributes"] if a["name"] == "vpn-idle-timeout-alert-interval"][0]
one("X-CSTP-Idle-Timeout-Alert-Interval", seconds(idle_alert["value"]) if idle_alert["line"] else None)
one("X-CSTP-DPD", str(get("anyconnect-dpd-interval-client")))
one("X-CSTP-Keepalive", str(get("anyconnect-ssl-keepalive")) if get("anyconnect-ssl-keepalive") else None)
one("X-CSTP-Smartcard-Removal-Disconnect", flag(get("smartcard-removal-disconnect")))
method, every = get("anyconnect-ssl-rekey-method"), seconds(get("anyconnect-ssl-rekey-time"))
if not every or method == "none":
    method, every = "ssl", "31536000"  # never, as clients with TLS 1.3 are told it
one("X-CSTP-Rekey-Time", every)
one("X-CSTP-Rekey-Method", method)
one("X-CSTP-Hostname", get("gateway-fqdn"))
one("X-CSTP-Disable-Always-On-VPN", flag(get("always-on-vpn") == "disable"))
one("X-CSTP-Routing-Filtering-Ignore", flag(get("anyconnect-routing-filtering-ignore")))
one("X-CSTP-MSIE-Proxy-Lockdown", flag(get("msie-proxy-lockdown")))
proxy = {n: get("msie-proxy-" + n) for n in ("method", "pac-url", "server", "except-list", "local-bypass")}
if proxy["method"] != "use-pac-url":
    proxy["pac-url"] = None
if proxy["method"] != "use-server":
    proxy["server"] = proxy["except-list"] = proxy["local-bypass"] = None
one("X-CSTP-MSIE-Proxy-PAC-URL", proxy["pac-url"])
one("X-CSTP-MSIE-Proxy-Server", proxy["server"])
check("proxy exceptions", proxy["except-list"] or [], header("X-CSTP-MSIE-Proxy-Exception"))
one("X-CSTP-MSIE-Proxy-Bypass-Local", flag(proxy["local-bypass"]) if proxy["server"] else None)
check("DTLS is offered", get("anyconnect-ssl-dtls"), bool(header("X-DTLS-App-ID")))
if int(header("X-CSTP-MTU")[0]) > get("anyconnect-mtu"):
    sys.exit("FAIL: %s: MTU %s over the policy's" % (who, header("X-CSTP-MTU")))

customs = {t: v for (n, t), v in attributes.items() if n == "anyconnect-custom" and t and v is not None}
found = re.search(r"<custom-attr>(.*?)</custom-attr>", log, re.S)
got = dict(re.findall(r"<([A-Za-z-]+)>([^<]*)</", found.group(1))) if found else {}
check("custom attributes", customs, got)

# Addresses: the fixed one, else of the first pool.
POOLS = {"POOL": r"192\.168\.100\.([1-9]|[1-4]\d|50)$", "POOL-ENG": r"192\.168\.100\.1[0-5]\d$", "POOL6": r"fd00:100::"}
for family, key in (("ipv4", "INTERNAL_IP4_ADDRESS"), ("ipv6", "INTERNAL_IP6_ADDRESS")):
    part = answer[family]
    if part["framed"]:
        check(key, part["framed"].split()[0], env.get(key))
    elif part["pools"]:
        if not re.match(POOLS[part["pools"][0]["name"]], env.get(key, "")):
            sys.exit("FAIL: %s: %s %r is not of pool %r" % (who, key, env.get(key), part["pools"][0]))
    else:
        check(key, "", env.get(key, ""))

# Attributes that the client sees nothing of.
inside = {"vpn-simultaneous-logins", "vpn-tunnel-protocol", "group-lock", "address-pools",
          "ipv6-address-pools", "vpn-access-hours", "vpn-filter", "ipv6-vpn-filter", "anyconnect-dpd-interval-gateway",
          "anyconnect-mobile-dpd-interval", "anyconnect-ssl-df-bit-ignore", "vpn-group-policy", "vpn-framed-ip-address", "vpn-framed-ipv6-address", "anyconnect-custom"}
left = {n for n, _ in attributes} - seen - inside
if left:
    sys.exit("FAIL: attributes that were not compared: %s" % sorted(left))
END

# path user name-of-the-session
compare() {
	local url=$1 user=$2 name=$3
	expect_ok "explain-policy for $user at $url" "$SEKISHO_BIN/explain-policy" -c "$W/conf" --group-url "https://$GW_NAME$url" \
		--user "$user" --json
	"$SEKISHO_BIN/explain-policy" -c "$W/conf" --group-url "https://$GW_NAME$url" --user "$user" --json >"$W/explained"
	CLIENT_URL=$url client_up 1 "$user" --dump-http-traffic
	python3 "$W/compare.py" "$W/explained" "$W/c1/log" "$W/c1/env.connect" "$user at $url" || fail "explained as received"
	expect_eq "tunnel group of $user at $url" "$(json tunnel_group name)" "$(session_json 's[0]["tunnel_group"]')"
	expect_eq "group policy of $user at $url" "$(json group_policy)" "$(session_json 's[0]["group_policy"]')"
	expect_eq "session name of $user at $url" "$name" "$(session_json 's[0]["username"]')"
	expect_eq "user name as explained" "$name" "$(json user name)"
	client_stop 1
	wait_for 10 "session ends" sessions_are 0
}

# A value of the last explanation by its keys.
json() {
	python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]: value = value[key]
print(value)' "$W/explained" "$@"
}

usual_start
compare /one bob bob
expect_eq "chosen by" group-url "$(json chosen_by rule)"
compare /one alice alice
expect_eq "alice's own policy" Own "$(json group_policy)"
compare /two bob bob
compare /two alice alice
compare /three bob@corp.example.com bob
compare /three alice@corp.example.com alice
compare /Fourth 'bob#staff' bob
expect_eq "chosen by" alias-path "$(json chosen_by rule)"
compare /fourth alice alice
compare /five bob bob
compare /five alice alice
# A URL that is disabled leads nowhere: the default, which is the first of the list.
compare /old bob bob
expect_eq "tunnel group of a disabled URL" FOUR "$(json tunnel_group name)"
