"""Processes under measurement: starting them, waiting for them, and the CPU time the kernel has counted for them."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from app.core.embedded_postgres import die_with_parent

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10
PORTS = (12_000, 32_000)
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
ECHOWALL = ("-c", "from app.cli import main; main()")
"""The command line of the tree that is measured, whichever one is installed."""


def run_echowall(*arguments: str, environment: Mapping[str, str]) -> None:
    """Run a verb of the command line to its end. Raises CalledProcessError when it fails."""
    subprocess.run([sys.executable, *ECHOWALL, *arguments], env=dict(environment), check=True)


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody has at the moment.

    It lies below those that the kernel deals out (ip_local_port_range), so no connection and no server on "any port"
    of a neighbour takes it before its server does, or while that one is down and to come back.
    """
    while True:
        port = random.randrange(*PORTS)  # noqa: S311 - no secret, but another one in each process
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextmanager
def serving(command: list[str], environment: Mapping[str, str], log: Path, path: str) -> Iterator[tuple[int, int]]:
    """Run a server on a free port until ``path`` answers 200; yield its port and process id, and stop it at the end."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**environment, "ECHOWALL_PORT": str(port)},
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - asks the kernel, takes no lock
        )
    try:
        _wait_until_answering(process, port, path, log)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_answering(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise RuntimeError(f"The server did not answer {path} within {START_TIMEOUT_S} s; its log is {log}.")


def cpu_ms(root: int) -> float:
    """Return the CPU time, user and system, that ``root``, its descendants and its dead children have used so far."""
    parents: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # The command stands in parentheses and may hold blanks: what counts comes after the last one.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid, parent = int(entry.name), int(fields[1])
        own, of_dead_children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
        used[pid] = own + of_dead_children
        parents.setdefault(parent, []).append(pid)
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0)
        waiting += parents.get(pid, [])
    return total * TICK_MS
