"""Putting load on a server: wrk where it is installed, a Python client of our own where it is not."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

THREADS = 2
CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("wrk.lua")


class Request(NamedTuple):
    """One prepared request; a POST gets an Idempotency-Key of its own each time it is sent."""

    method: str
    target: str
    token: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the client saw; ``errors`` counts what must not have been, by status or kind."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: Mapping[str, int]


def has_wrk() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def write(requests: Sequence[Request], file: Path) -> None:
    """Write prepared requests for either client."""
    file.write_text("".join("\t".join(request) + "\n" for request in requests), encoding="utf-8")


def put(port: int, file: Path, seconds: float, expected: frozenset[int]) -> Outcome:
    """Send the requests of ``file`` over and over for ``seconds``; every status but the expected ones is an error."""
    run = os.urandom(8).hex()
    statuses = "" if expected == {200} else f",{','.join(map(str, sorted(expected)))},"
    options = [str(file), str(THREADS), run, statuses]
    url = f"http://127.0.0.1:{port}"
    if has_wrk():
        duration = f"{max(1, round(seconds))}s"
        command = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{duration}", "-s", str(SCRIPT), url, "--", *options]
    else:
        command = [sys.executable, "-m", "bench.client", url, str(seconds), str(CONNECTIONS), *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    told = [line for line in ended.stdout.splitlines() if line.startswith("RESULT ")]
    if ended.returncode != 0 or not told:
        raise RuntimeError(f"The client failed: {ended.stderr or ended.stdout}")
    found = json.loads(told[-1].removeprefix("RESULT "))
    errors = {**found["statuses"], "broken connections or timeouts": found["broken"]}
    if not statuses:
        errors["statuses from 400 up"] = found["refused"]
    return Outcome(
        found["requests"],
        found["seconds"],
        found["p50_ms"],
        found["p99_ms"],
        {kind: count for kind, count in errors.items() if count},
    )
