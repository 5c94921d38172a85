#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Install the Debian packages of the named sets that are missing: packages.sh build check lint bench demo fuzz
# Says what it installs first; needs no terminal; leaves no service running that a package would start.
set -euo pipefail

declare -A sets=(
	[build]="gcc libc6-dev make pkg-config protobuf-c-compiler libprotobuf-c-dev libevent-dev libssl-dev
		libxml2-dev libconfig-dev libmnl-dev libjansson-dev uthash-dev libcrypt-dev nettle-dev libsystemd-dev
		libseccomp-dev"
	[deb]="build-essential debhelper lintian"
	[demo]="openconnect openssl iproute2 iputils-ping iperf3 procps python3"
	[check]="openconnect openssl iproute2 iputils-ping iperf3 procps libcmocka-dev nftables python3 util-linux
		freeradius freeradius-utils libradcli-dev nginx-light prometheus python3-prometheus-client sslscan"
	[bench]="openconnect openssl iproute2 iputils-ping iperf3 procps ocserv python3"
	[lint]="clang-format clang-tidy clang cppcheck shellcheck mandoc binutils libcmocka-dev"
	[fuzz]="clang libclang-rt-14-dev"
)

missing=()
for set in "$@"; do
	for package in ${sets[$set]:?unknown package set $set}; do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=none
		[ "$status" = installed ] || missing+=("$package")
	done
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Installing missing packages: ${missing[*]}"
if [ "$(id -u)" != 0 ]; then
	echo "This needs root. Run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi

# A package's service must not start on the developer's machine because a benchmark wants its program.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	made_policy=1
fi
trap '[ -z "$made_policy" ] || rm -f $policy' EXIT

log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get -qq update && apt-get -qq -y install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
	cat "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
for package in "${missing[@]}"; do
	if [ "$package" = ocserv ] && command -v systemctl >/dev/null; then
		systemctl disable ocserv.service ocserv.socket >/dev/null 2>&1 || true
	fi
done
