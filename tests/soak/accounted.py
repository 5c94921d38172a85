# SPDX-License-Identifier: Apache-2.0
"""Judge the accounting requests that FreeRADIUS wrote down (its acct-detail file is the argument): each session has one Start and
one Stop, and no two sessions had the same address at the same time. Prints what is wrong, or how many sessions were right.

A request that is sent again (its answer was lost, or auth died before it could note that it came) is the same request: same
session, type and time."""
import collections
import datetime
import sys


def read(path):
    """Yields each request as a dictionary of lists."""
    with open(path, encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            request = collections.defaultdict(list)
            for line in block.strip().split("\n")[1:]:
                name, _, value = line.strip().partition(" = ")
                request[name].append(value.strip('"'))
            if request:
                yield request


def when(request):
    text = request["Event-Timestamp"][0].rsplit(" ", 1)[0]
    return datetime.datetime.strptime(text, "%b %d %Y %H:%M:%S")


def leases(sessions):
    """Yields (address, from, to, session) of all."""
    for number, kinds in sessions.items():
        if kinds["Start"] and kinds["Stop"]:
            for name in ("Framed-IP-Address", "Framed-IPv6-Address"):
                for address in kinds["Stop"][0].get(name, []):
                    yield address, when(kinds["Start"][0]), when(kinds["Stop"][0]), number


def main():
    sessions = collections.defaultdict(lambda: {"Start": [], "Stop": []})
    seen, wrong = set(), []
    for request in read(sys.argv[1]):
        number, kind = request["Acct-Session-Id"][0], request["Acct-Status-Type"][0]
        key = number, kind, request["Event-Timestamp"][0]
        if key not in seen and kind in ("Start", "Stop"):
            sessions[number][kind].append(request)
        seen.add(key)
    for number, kinds in sessions.items():
        counts = len(kinds["Start"]), len(kinds["Stop"])
        if counts != (1, 1):
            user = (kinds["Start"] + kinds["Stop"])[0]["User-Name"][0]
            wrong.append("session %s of %s has %d Start and %d Stop" % (number, user, *counts))
    held = sorted(leases(sessions))
    for (address, _, end, one), (other_address, begin, _, other) in zip(held, held[1:]):
        if address == other_address and begin < end:
            wrong.append("address %s of session %s was given to %s" % (address, one, other))
    print("\n".join(wrong) or "%d sessions, each with one Start and one Stop" % len(sessions))
    return 1 if wrong or not sessions else 0


sys.exit(main())
