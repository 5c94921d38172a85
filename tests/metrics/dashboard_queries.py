# SPDX-License-Identifier: Apache-2.0
"""The queries of a Grafana dashboard: dashboard_queries.py DASHBOARD. One a line, with Grafana's variables filled in."""
import json
import sys

VARIABLES = {
    "$__rate_interval": "1m",
    "$__range": "5m",
    "$job": "sekisho",
    "$instance": ".*",
}


def panels(holder):
    for panel in holder.get("panels", []):
        yield panel
        yield from panels(panel)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        dashboard = json.load(file)
    queries = [target["expr"] for panel in panels(dashboard) for target in panel.get("targets", [])]
    queries += [variable["query"]["query"][len("label_values("):].rsplit(",", 1)[0]
                for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
    for query in queries:
        for name, value in VARIABLES.items():
            query = query.replace(name, value)
        if "$" in query:
            sys.exit("a variable that is not known is in: " + query)
        print(" ".join(query.split()))


main()
