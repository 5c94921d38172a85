#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The gateway's processes are killed twelve times under the traffic of four clients, while another one comes and goes: nothing is
# lost and nothing is left. The long form is "make soak".
CLIENTS=${CLIENTS:-4}
CHURN=${CHURN:-1}
KILLS=${KILLS:-12}
SILENT=${SILENT:-1}
. "$(dirname "$0")/../soak/kills.sh"
