"""When to strike: amid a run, at even distances, counted in answers."""

import sys
import time
from collections.abc import Callable

from bench.faults.system import System

SHOWN_EVERY_S = 1.0 if sys.stdout.isatty() else 10.0


class Strikes:
    """Kills the database and API processes while a run answers, and tells how far it is."""

    def __init__(self, system: System, name: str, wanted: int, *, databases: int = 0, apis: int = 0) -> None:
        self._system, self._name, self._wanted = system, name, wanted
        self._due: list[tuple[float, Callable[[], None]]] = sorted(
            [(wanted * (turn + 1) / (databases + 1), system.kill_database) for turn in range(databases)]
            + [(wanted * (turn + 0.5) / apis, system.kill_api) for turn in range(apis)],
            key=lambda strike: strike[0],
        )
        self._shown = 0.0
        self._began = time.monotonic()

    def __call__(self, answered: int) -> None:
        """Strike if it is time."""
        if self._due and answered >= self._due[0][0]:
            self._due.pop(0)[1]()
        if time.monotonic() > self._shown + SHOWN_EVERY_S:
            self._shown = time.monotonic()
            self.show(answered)

    def show(self, answered: int, end: str = "\r") -> None:
        """Print one line, over the last one where that can be."""
        passed = time.monotonic() - self._began
        line = (
            f"  {self._name:<46}{answered:>7,} of {self._wanted:,}  {passed:4.0f} s  "
            f"killed: database {len(self._system.outages_s)}, API {self._system.api_kills}"
        )
        print(f"{line:<118}", end=end if sys.stdout.isatty() else "\n", flush=True)

    def end(self, answered: int) -> None:
        """Wait until everything is up again, for whoever looks at the books."""
        self._system.wait_for_apis()
        self.show(answered, "\n")
