"""One process of `echowall up`: started in a session of its own, logged to a file, restarted within bounds."""

import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from app.core.embedded_postgres import die_with_parent

RESTARTS_MAX = 3
RESTARTS_WITHIN_S = 60
RESTART_DELAYS_S = (0.2, 1, 3)
"""The first restart is quick; a child that dies again may be waiting for something that needs a moment."""

LOG_BYTES_MAX = 10_000_000
LOG_LINES_SHOWN = 5
LOG_TAIL_BYTES = 16_000


class Restarts:
    """Counts the deaths of one process and says whether, and after how many seconds, it is started again."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def delay_after_death(self) -> float | None:
        """Return the seconds to wait before the next start, or None after too many deaths in a short time."""
        now = time.monotonic()
        self._times = [*(moment for moment in self._times if now - moment < RESTARTS_WITHIN_S), now]
        if len(self._times) > RESTARTS_MAX:
            return None
        return RESTART_DELAYS_S[len(self._times) - 1]


class Child:
    """A verb of the command line running as a process of its own."""

    def __init__(
        self, name: str, arguments: list[str], folder: Path, environment: Mapping[str, str], fd: int | None = None
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.restarts = Restarts()
        self.start_at = 0.0
        self._command = [sys.executable, str(Path(sysconfig.get_path("scripts")) / "echowall"), *arguments]
        self._environment = environment
        self._fds = () if fd is None else (fd,)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. The terminal's Ctrl-C does not reach it, and the kernel sends it SIGTERM when this process ends."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            os.truncate(self.log, 0)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self._environment),
                pass_fds=self._fds,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - asks the kernel, takes no lock
            )

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def take_exit_status(self) -> int | None:
        """Return the exit status once after a death (negative: the signal), None otherwise."""
        if self._process is None or self._process.poll() is None:
            return None
        status = self._process.returncode
        self._process = None
        return status

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; SIGKILL goes to everything the child has started, too."""
        if self._process is None or self._process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    def last_lines(self) -> list[str]:
        """Return the end of its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
                return log.read().decode(errors="replace").rstrip().splitlines()[-LOG_LINES_SHOWN:]
        except OSError:
            return []


def how_it_ended(status: int) -> str:
    """Say an exit status in words."""
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
