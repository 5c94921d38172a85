#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every row of docs/json.md: the document has its version and that key, and an object or the elements of a list the keys named.
. "$(dirname "$0")/../lib/e2e.sh"

usual_start 1
client_up 1 alice --authgroup=Staff --no-dtls
sed -i 's/\(level = "debug"\)/\1/' "$W/conf/gateway.conf"
/usr/bin/python3 - "$SEKISHO_BIN/sekishoctl" "$W/control" "$(dirname "$0")/../../docs/json.md" <<'END'
import json, re, subprocess, sys
program, socket, doc = sys.argv[1:]
seen = 0
for line in open(doc):
    cells = [c.strip() for c in line.strip().strip("|").split("|")]
    if len(cells) != 3 or not cells[0].startswith("`show"):
        continue
    key = cells[1].strip("`")
    for command in re.findall(r"`(show[^`]*)`", cells[0]):
        words = re.sub(r"\[[^]]*\] ?", "", command).split()
        out = json.loads(subprocess.run([program, "-s", socket, "--json"] + words, check=True, capture_output=True).stdout)
        if sorted(out) != sorted(["version", key]) or out["version"] != 1:
            sys.exit("FAIL: %s: expected version 1 and %s, got %s" % (command, key, sorted(out)))
        item = out[key][0] if isinstance(out[key], list) and out[key] else out[key]
        plain = cells[2].split("; of a named one")[0]
        wanted = re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", plain)) if "keys:" not in plain else []
        if wanted and isinstance(item, dict) and sorted(item) != sorted(wanted):
            sys.exit("FAIL: %s: expected keys %s, got %s" % (command, sorted(wanted), sorted(item)))
        seen += 1
if seen < 18:
    sys.exit("FAIL: docs/json.md: expected 18 commands, got %d" % seen)
END
gate_stop
