# SPDX-License-Identifier: Apache-2.0
"""New logins from elsewhere, one after the other: witness.py SECONDS prints how many, the median and the longest in ms, and how
many failed; witness.py first prints how long the first that succeeds takes to come."""
import sys
import time

from rawclient import Client, Closed


def login():
    client = Client(timeout=10)
    client.login("bob", group="Staff")
    client.close()


def main():
    begin, times, failed = time.monotonic(), [], 0
    first = sys.argv[1] == "first"
    while first or time.monotonic() < begin + float(sys.argv[1]):
        at = time.monotonic()
        try:
            login()
            times.append((time.monotonic() - at) * 1000)
        except (OSError, Closed):
            failed += 1
            time.sleep(0.1)
        if first and times:
            print("%.0f" % ((time.monotonic() - begin) * 1000))
            return
        time.sleep(0.05)
    times.sort()
    print("%d %.0f %.0f %d" % (len(times), times[len(times) // 2] if times else 0, times[-1] if times else 0, failed))


main()
