# SPDX-License-Identifier: Apache-2.0
# Completion for bash: the program itself knows its words.
# shellcheck shell=bash
_sekishoctl() {
	local word words=() i
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-c | -s) ((i++)); continue ;;
		--*) [ "$i" = "$COMP_CWORD" ] || continue ;;
		esac
		words+=("$word")
	done
	word=${COMP_WORDS[COMP_CWORD]}
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W '-c -s --json --watch --help' -- "$word") ;;
	*) mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" --complete "${words[@]}" 2>/dev/null) ;;
	esac
}
complete -F _sekishoctl sekishoctl
