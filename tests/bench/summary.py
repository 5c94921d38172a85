# SPDX-License-Identifier: Apache-2.0
"""Medians over the rounds of a benchmark's rows, Sekisho beside ocserv, with their ratio: summary.py ROWS [JSON]"""
import json
import os
import statistics
import subprocess
import sys

KEYS = ("channel", "clients", "way", "kind", "sessions", "workers")
UNITS = {"cpu_s_per_gb": "CPU s/GB", "mbit_s": "Mbit/s", "packets_per_cpu_s": "packets per CPU s", "packets_s": "packets/s",
         "logins_s": "logins/s", "cpu_ms_per_login": "CPU ms per login", "p50_ms": "p50 ms", "p95_ms": "p95 ms",
         "pss_kb": "PSS kB per session", "machine_kb": "machine kB per session", "resent": "segments sent again",
         "up": "sessions up", "alive": "answered DPD", "lost": "lost", "failures": "failures"}


def medians(rows):
    """{(item, key, ...): {server: {value name: median}}}, in the order of the rows."""
    groups = {}
    for row in rows:
        what = (row["item"],) + tuple((key, row[key]) for key in KEYS if key in row)
        values = groups.setdefault(what, {}).setdefault(row["server"], {})
        for name, value in row.items():
            if name not in KEYS + ("item", "round", "server") and isinstance(value, (int, float)):
                values.setdefault(name, []).append(value)
    return {what: {server: {name: statistics.median(v) for name, v in values.items()} for server, values in servers.items()}
            for what, servers in groups.items()}


def ratio(servers, name):
    ours, peer = (servers.get(server, {}).get(name) for server in ("sekisho", "ocserv"))
    return ours / peer if ours is not None and peer else None


def machine():
    with open("/proc/cpuinfo") as file:
        model = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    peer = subprocess.run(["ocserv", "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return {"cpus": os.cpu_count(), "model": model[0] if model else "", "kernel": os.uname().release,
            "peer": peer.stdout.split("\n")[0]}


def worst(table, item, name, best, **keys):
    """The worst ratio of all groups of an item that have these keys."""
    ratios = [ratio(servers, name) for what, servers in table.items()
              if what[0] == item and all((key, value) in what for key, value in keys.items())]
    ratios = [r for r in ratios if r is not None]
    return best(ratios) if ratios else None


def value_of(table, item, name, **keys):
    """Sekisho's own median."""
    for what, servers in table.items():
        if what[0] == item and all((key, value) in what for key, value in keys.items()):
            return servers.get("sekisho", {}).get(name)
    return None


def goals(table):
    """What the project wants of itself: (what, measured, limit, whether the limit is the most)."""
    rows = []
    for channel, limit in (("dtls", 0.25), ("tls", 0.30)):
        rows.append(("CPU s/GB, %s, ratio, worst of ways and client counts" % channel,
                     worst(table, "throughput", "cpu_s_per_gb", max, channel=channel), limit, True))
    rows.append(("small packets per CPU s, ratio, worst", worst(table, "packets", "packets_per_cpu_s", min), 2.5, False))
    for kind in ("password", "certificate"):
        rows.append(("logins/s, %s, ratio" % kind, worst(table, "logins", "logins_s", min, kind=kind), 6, False))
    held = [what[1][1] for what in table if what[0] == "memory"]
    for sessions in held:
        rows.append(("PSS kB per idle session, %d" % sessions, value_of(table, "memory", "pss_kb", sessions=sessions), 64, True))
        rows.append(("sessions that answer DPD, of %d" % sessions, value_of(table, "memory", "alive", sessions=sessions),
                     sessions, False))
    for way in ("up", "down"):
        empty = value_of(table, "held", "cpu_s_per_gb", sessions=0, way=way)
        full = value_of(table, "held", "cpu_s_per_gb", sessions=max(held or [0]), way=way)
        rows.append(("CPU s/GB %s with all held, of an empty server's" % way, full / empty if full and empty else None, 1.15, True))
    return [row for row in rows if row[1] is not None]


def main():
    rows = [json.loads(line) for line in open(sys.argv[1])]
    table = medians(rows)
    info = machine()
    print("\n%(cpus)d CPUs (%(model)s), Linux %(kernel)s, %(peer)s; medians" % info)
    print("%-56s %-24s %10s %10s %7s" % ("", "", "sekisho", "ocserv", "ratio"))
    out = []
    for what, servers in table.items():
        label = what[0] + "".join(" %s" % value if key in ("channel", "way", "kind") else " %s %s" % (value, key)
                                  for key, value in what[1:])
        for name in UNITS:
            both = [servers.get(server, {}).get(name) for server in ("sekisho", "ocserv")]
            if both == [None, None]:
                continue
            times = ratio(servers, name)
            print("%-56s %-24s %10s %10s %7s" % (
                (label, UNITS[name]) + tuple("-" if v is None else "%.10g" % round(v, 3) for v in both)
                + ("-" if times is None else "%.2f" % times,)))
            out.append(dict([("item", what[0])] + list(what[1:]), value=name, sekisho=both[0], ocserv=both[1], ratio=times))
    reached = goals(table)
    if reached:
        print("\n%-60s %10s %10s" % ("goals", "measured", "goal"))
    for what, measured, limit, most in reached:
        good = measured <= limit if most else measured >= limit
        print("%-60s %10.4g %2s %7g  %s" % (what, measured, "<=" if most else ">=", limit, "yes" if good else "not reached"))
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w") as file:
            json.dump({"version": 1, "machine": info, "medians": out, "rows": rows,
                       "goals": [dict(zip(("what", "measured", "limit", "most"), row)) for row in reached]}, file, indent=1)


main()
