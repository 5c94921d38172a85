#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Include arrows point down only, and each library stays behind its fence (style part 3). Every breach is an error.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
status=0

breach() {
	echo "error: $*"
	status=1
}

# Which folders' headers a folder may include.
declare -A may=(
	[common]="common"
	[conf]="conf common"
	[gateway]="gateway conf common"
	[auth]="auth conf common"
	[pki]="pki conf common"
	[tools]="tools conf common"
)
for folder in "${!may[@]}"; do
	while IFS=: read -r file line text; do
		target=$(sed -E 's/.*#include "([^"]*)".*/\1/' <<<"$text")
		case $target in
		*/*) top=${target%%/*} ;;
		*) breach "$file:$line: include \"$target\" is not written from the root" && continue ;;
		esac
		[[ " ${may[$folder]} " == *" $top "* ]] || breach "$file:$line: $folder/ must not include $target"
	done < <(grep -nE '^#include "' "$folder"/*.[ch] /dev/null 2>/dev/null)
done

# fence 'regular expression' 'what' allowed-file-patterns...
fence() {
	local regex=$1 what=$2 file line pattern ok
	shift 2
	while IFS=: read -r file line _; do
		ok=
		for pattern in "$@"; do
			# shellcheck disable=SC2053
			[[ $file == $pattern ]] && ok=1
		done
		[ -n "$ok" ] || breach "$file:$line: $what belongs in $* only"
	done < <(grep -nE "$regex" {common,conf,gateway,auth,pki,tools}/*.[ch] /dev/null 2>/dev/null | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)')
}
fence '\bSSL_[A-Za-z]+\(' 'OpenSSL SSL_*' 'gateway/tls*.c' 'gateway/tls*.h' 'gateway/dtls*.c'
fence '\bX509_[A-Za-z0-9_]+\(' 'OpenSSL X509_*' 'pki/*' 'gateway/tls.c' 'gateway/tls_ticket.c' 'common/cert*.c' 'tools/import_identity.c' 'tools/pki_*.c'
fence '#include <libxml' 'libxml2' 'gateway/xml*.c'
fence '#include <libconfig' 'libconfig' 'conf/file.c'
fence '#include <jansson' 'jansson' 'tools/*'
fence '#include <libmnl' 'libmnl' 'gateway/netif*.c'
fence '#include <systemd' 'libsystemd' 'gateway/notify.c'
fence '#include <seccomp' 'libseccomp' 'common/sandbox.c'
fence '#include <(crypt|radcli)' 'crypt(3) and radcli' 'auth/*' 'tools/passwd.c'
exit $status
