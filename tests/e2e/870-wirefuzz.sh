#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# INV-7: damaged dialogues of every kind through real sockets for some seconds, beside a client that is connected all the while
# (tests/abuse/wirefuzz.sh; ten minutes of it: make wirefuzz).
case ${SEKISHO_SAN:-} in
*address*) export SECONDS_EACH=${SECONDS_EACH:-12} ;;
*) export SECONDS_EACH=${SECONDS_EACH:-4} ;;
esac
exec bash "$(dirname "$0")/../abuse/wirefuzz.sh"
