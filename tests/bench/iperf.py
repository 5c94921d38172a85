# SPDX-License-Identifier: Apache-2.0
"""Sums over iperf3's JSON files: gigabytes received, Mbit/s, segments sent again."""
import json
import sys

ends = [json.load(open(name))["end"] for name in sys.argv[1:]]
print("%.4f %.0f %d" % (
    sum(e["sum_received"]["bytes"] for e in ends) / 1e9,
    sum(e["sum_received"]["bits_per_second"] for e in ends) / 1e6,
    sum(e["sum_sent"].get("retransmits", 0) for e in ends)))
