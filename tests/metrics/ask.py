# SPDX-License-Identifier: Apache-2.0
"""Metrics as tests want them: ask.py URL [METHOD [ACCEPT]] prints status, content type and body of an answer over HTTP
(http+unix:PATH too); ask.py --check FILE parses OpenMetrics text strictly; ask.py --value FILE NAME [LABEL=VALUE ..] prints the
sum of the samples that have these labels, or "none"."""
import http.client
import socket
import sys


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.host)


def samples(path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    with open(path, encoding="utf-8") as file:
        return [sample for family in text_string_to_metric_families(file.read()) for sample in family.samples]


def main():
    if sys.argv[1] == "--check":
        print(len(samples(sys.argv[2])))
        return
    if sys.argv[1] == "--value":
        wanted = dict(pair.split("=", 1) for pair in sys.argv[4:])
        found = [s.value for s in samples(sys.argv[2]) if s.name == sys.argv[3] and wanted.items() <= s.labels.items()]
        print(("%f" % sum(found)).rstrip("0").rstrip(".") if found else "none")
        return
    url, method = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "GET"
    if url.startswith("http+unix:"):
        connection, path = UnixConnection(url[len("http+unix:"):], timeout=20), "/metrics"
    else:
        host, path = url[len("http://"):].split("/", 1)
        connection, path = http.client.HTTPConnection(host, timeout=20), "/" + path
    connection.request(method, path, headers={"Accept": sys.argv[3]} if len(sys.argv) > 3 else {})
    answer = connection.getresponse()
    print(answer.status, answer.getheader("Content-Type"))
    sys.stdout.write(answer.read().decode())


main()
