"""The client where wrk is missing: one thread a connection. Slow itself: believe only the server's CPU time."""

import json
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from bench.load import Request


class Tally:
    """What one connection saw."""

    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.broken = 0


def read(file: Path) -> list[Request]:
    """Return the prepared requests."""
    return [Request(*line.split("\t", 3)) for line in file.read_text(encoding="utf-8").splitlines()]


def headers_of(request: Request, key: str) -> dict[str, str]:
    """Return the headers of a request, with ``key`` as Idempotency-Key where there must be one."""
    headers = {"Authorization": f"Bearer {request.token}"} if request.token else {}
    if request.method == "POST":
        headers["Idempotency-Key"] = key
    if request.body:
        headers["Content-Type"] = "application/json"
    return headers


def call(connection: HTTPConnection, request: Request, key: str) -> tuple[int, bytes]:
    """Send one request; return status and body."""
    connection.request(request.method, request.target, request.body.encode() or None, headers_of(request, key))
    response = connection.getresponse()
    return response.status, response.read()


def send(address: str, requests: list[Request], keys: str, until: float, tally: Tally) -> None:
    """Send ``requests`` over and over on one connection."""
    connection, sent = HTTPConnection(address, timeout=10), 0
    while time.perf_counter() < until:
        started = time.perf_counter()
        try:
            status, _ = call(connection, requests[sent % len(requests)], f"{keys}-{sent}")
        except (OSError, HTTPException):
            tally.broken += 1
            connection.close()
        else:
            tally.statuses[status] += 1
            tally.latencies_ms.append((time.perf_counter() - started) * 1000)
        sent += 1


def main(url: str, seconds: str, connections: str, file: str, _threads: str, run: str, expected: str) -> None:
    """Run the load and print one line of JSON, as ``wrk.lua`` does."""
    requests, count = read(Path(file)), int(connections)
    tallies = [Tally() for _ in range(count)]
    started = time.perf_counter()
    threads = [
        threading.Thread(
            target=send,
            args=(urlsplit(url).netloc, requests[n::count], f"{run}-{n}", started + float(seconds), tallies[n]),
        )
        for n in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies = sorted(latency for tally in tallies for latency in tally.latencies_ms) or [0.0]
    statuses = sum((tally.statuses for tally in tallies), Counter[int]())
    accepted = expected or ",200,"
    found = {
        "requests": statuses.total(),
        "seconds": time.perf_counter() - started,
        "p50_ms": latencies[len(latencies) // 2],
        "p99_ms": latencies[len(latencies) * 99 // 100],
        "statuses": {str(status): number for status, number in statuses.items() if f",{status}," not in accepted},
        "refused": 0,
        "broken": sum(tally.broken for tally in tallies),
    }
    print(f"RESULT {json.dumps(found)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
