"""What is attacked: an embedded PostgreSQL and several API processes, each of which can be killed and comes back."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from app.core.embedded_postgres import EmbeddedPostgres, die_with_parent
from app.core.embedded_postgres.processes import server_processes
from bench.place import environment_of
from bench.processes import ECHOWALL, START_TIMEOUT_S, free_port, run_echowall

APIS = 3
Result = TypeVar("Result")


class System:
    """The servers, on one machine. Use it from the main thread: whoever starts a child must outlive it."""

    def __init__(self, home: Path, url: str = "", *, apis: int = APIS) -> None:
        """Keep data and logs in ``home``; with ``url`` the database is somebody else's and not to be killed."""
        self.home = home
        self.server = EmbeddedPostgres(home / "postgres")
        self.url = url
        self.ports = [free_port() for _ in range(apis)]
        self.outages_s: list[float] = []
        self.api_kills = 0
        self._apis: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process."""
        return environment_of(self.url) | {"ECHOWALL_LOG_LEVEL": "ERROR"}

    def start(self) -> None:
        """Start PostgreSQL, make the tables, start the API processes."""
        self.url = self.url or self.server.start()
        run_echowall("migrate", environment=self.environment)
        self._apis = [self.launch([*ECHOWALL, "serve", "--workers", "1"], port) for port in self.ports]
        self.wait_for_apis()

    def stop(self) -> None:
        """Stop everything and remove the data."""
        for process in self._apis:
            process.kill()
            process.wait()
        self.server.remove()

    def launch(self, command: Sequence[str], port: int | None = None) -> subprocess.Popen[bytes]:
        """Start a Python process that ends with this one."""
        with (self.home / "processes.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command],
                env=self.environment | ({"ECHOWALL_PORT": str(port)} if port else {}),
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - asks the kernel, takes no lock
            )

    def kill_database(self) -> None:
        """Kill every process of PostgreSQL at once, and start it again.

        The postmaster alone would be too gentle: the others would end the statement at hand before they go.
        """
        began = time.monotonic()
        for pid in server_processes((self.home / "postgres" / "data").resolve()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while self.server.is_running():  # a signal is sent in no time, a death takes some
            time.sleep(0.01)
        self.server.start()
        self.outages_s.append(time.monotonic() - began)

    def kill_api(self) -> None:
        """Kill an API process, each in its turn, and start it again without waiting for it."""
        turn = self.api_kills % len(self.ports)
        self.api_kills += 1
        self._apis[turn].kill()
        self._apis[turn].wait()
        self._apis[turn] = self.launch([*ECHOWALL, "serve", "--workers", "1"], self.ports[turn])

    def wait_for_apis(self) -> None:
        """Wait until every API process answers. Raises RuntimeError when one does not."""
        deadline = time.monotonic() + START_TIMEOUT_S
        waiting = set(self.ports)
        while waiting:
            waiting = {port for port in waiting if not _answers(port)}
            if time.monotonic() > deadline:
                log = (self.home / "processes.log").read_text(errors="replace")
                raise RuntimeError(f"API processes on {sorted(waiting)} do not answer:\n{log[-2000:]}")
            time.sleep(0.1)

    def is_up(self) -> bool:
        """Tell whether every API process answers."""
        return all(_answers(port) for port in self.ports)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run ``work`` in a loop of its own."""
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(work)

    async def connect(self) -> asyncpg.Connection:
        """Return a connection with the rights of the database's owner."""
        return await asyncpg.connect(self.url)


@contextmanager
def attacked(system: System) -> Iterator[System]:
    """Start a system, yield it, and leave nothing of it."""
    try:
        system.start()
        yield system
    finally:
        system.stop()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
