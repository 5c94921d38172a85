# SPDX-License-Identifier: Apache-2.0
"""Ask Prometheus: query.py URL EXPRESSION prints the first value or "none"; query.py URL --each does so for each line of standard
input, with the expression behind it, and fails when one is refused."""
import json
import sys
import urllib.error
import urllib.parse
import urllib.request


def ask(url, expression):
    data = urllib.parse.urlencode({"query": expression}).encode()
    with urllib.request.urlopen(url + "/api/v1/query", data, timeout=10) as answer:
        result = json.load(answer)["data"]["result"]
    return "%g" % float(result[0]["value"][1]) if result else "none"


def main():
    if sys.argv[2] != "--each":
        print(ask(sys.argv[1], sys.argv[2]))
        return
    failed = False
    for line in sys.stdin:
        try:
            print(ask(sys.argv[1], line.strip()), line.strip())
        except urllib.error.HTTPError as error:
            print("refused:", line.strip(), error.read().decode())
            failed = True
    sys.exit(failed)


main()
