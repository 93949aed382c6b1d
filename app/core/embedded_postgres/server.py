"""The embedded server's life: made once, started, stopped. The caller sees to it that one process does so at a time."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from app.core.embedded_postgres import place as places
from app.core.embedded_postgres.place import MAJOR_VERSION, Place
from app.core.embedded_postgres.processes import POLL_S, Command, EmbeddedPostgresError, launch, run, stop_leftovers

DATABASE = "echowall"
LOG_FILE = "postgres.log"
LOG_BYTES_MAX = 10_000_000
LOG_LINES_SHOWN = 8

START_TIMEOUT_S = 120
"""A start after a crash replays at most max_wal_size of log, which takes seconds, or a minute on a slow disk."""

STOP_FAST_S = 10
STOP_IMMEDIATE_S = 5

INIT_OPTIONS = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the same order of texts on every machine, whatever languages it has
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--auth-local=trust",  # the socket's folder is closed to everybody else
    "--auth-host=reject",
    "--no-instructions",
)
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "synchronous_commit": "on",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_error_verbosity": "terse",  # the details of a violated constraint quote the row, people's data included
}


def _never() -> bool:
    return False


class EmbeddedPostgres:
    """PostgreSQL 18 with its data under ``home``, reached through a socket that only its user and root can open."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.log = self.home / LOG_FILE
        self._place: Place | None = None
        self._sockets: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def is_running(self) -> bool:
        """Whether the server that this object started still runs."""
        return self.pid is not None

    def start(self, interrupted: Callable[[], bool] = _never) -> str:
        """Start the server, recovering from whatever ended the last one, and return its URL (postgresql://…).

        Makes the data folder and the database ``echowall`` the first time. A server that a killed process left running
        on the same data is stopped first, so hold a lock. A second start of one object keeps the URL. Gives up early
        when ``interrupted`` says so. Raises EmbeddedPostgresError with one sentence.
        """
        try:
            return self._start(interrupted)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL under {self.home} cannot start: {error.strerror or error}"
                f"{f' ({error.filename})' if error.filename else ''}. "
                "See that the disk has room and the folder can be written, or set ECHOWALL_DATA_DIR to another one."
            ) from error

    def _start(self, interrupted: Callable[[], bool]) -> str:
        if self._place is None:
            self._place = places.choose(self.home)
        place = self._place
        if not self.is_running():
            stop_leftovers(place.data.resolve())
            if not place.data.exists():
                _make_cluster(place)
            _refuse_other_version(place.data)
            place.data.chmod(0o700)  # a careless `chmod -R` of a parent opens it, and PostgreSQL refuses open data
            if self._sockets is None or not self._sockets.exists():
                self._sockets = places.make_socket_folder(place)
            log_start = self._launch(place, self._sockets)
            self._wait_until_ready(place, log_start, interrupted)
        return f"postgresql://postgres@/{DATABASE}?host={self._sockets}"

    def stop(self) -> None:
        """Stop the server: connections are cut, what was committed is kept. Nothing happens if none runs."""
        process = self._process
        if process is not None and process.poll() is None:
            for signal_number, seconds in ((signal.SIGINT, STOP_FAST_S), (signal.SIGQUIT, STOP_IMMEDIATE_S)):
                process.send_signal(signal_number)
                try:
                    process.wait(seconds)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                process.kill()
                process.wait()
        self._process = None
        if self._place is not None:
            stop_leftovers(self._place.data.resolve())
            places.remove_socket_folder(self._place)
            self._sockets = None

    def remove(self) -> None:
        """Stop the server and remove its data, wherever it lies: for databases that live no longer than a test."""
        self.stop()
        if self._place is not None:
            places.remove_data(self._place, self.home)
            self._place = None

    def _launch(self, place: Place, sockets: Path) -> int:
        """Start the postmaster; return where its part of the log begins."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            os.truncate(self.log, 0)
        options = [f"--{name}={setting}" for name, setting in SERVER_SETTINGS.items()]
        command: Command = [
            place.binaries / "postgres",
            "-D",
            place.data,
            f"--unix_socket_directories={sockets}",
            *options,
        ]
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as log:
            log_start = self.log.stat().st_size
            self._process = launch(command, place.account, log)
        return log_start

    def _wait_until_ready(self, place: Place, log_start: int, interrupted: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _is_ready(place.data, self.pid):
            if interrupted():
                raise EmbeddedPostgresError("The start of PostgreSQL was interrupted.")
            if not self.is_running():
                raise EmbeddedPostgresError(
                    f"PostgreSQL did not start. {_advice(self._log_since(log_start))}The whole log is {self.log}; "
                    f"its last lines:\n{_tail(self._log_since(log_start))}"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedPostgresError(
                    f"PostgreSQL was not ready after {START_TIMEOUT_S} s: look at {self.log}; its last lines:\n"
                    f"{_tail(self._log_since(log_start))}"
                )
            time.sleep(POLL_S)

    def _log_since(self, start: int) -> str:
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")


def _is_ready(data: Path, pid: int | None) -> bool:
    """Whether the postmaster says so in its pid file: the first line is its id, the eighth its state."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _make_cluster(place: Place) -> None:
    """Make the cluster and its database beside the final name, so that a half-made one is never taken for data."""
    unfinished = place.folder / "data.unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    places.make_private(unfinished, place.account)
    initdb: Command = [place.binaries / "initdb", f"--pgdata={unfinished}", *INIT_OPTIONS]
    create: Command = [place.binaries / "postgres", "--single", "-D", unfinished, "postgres"]
    for command, text in ((initdb, ""), (create, f"CREATE DATABASE {DATABASE}\n")):
        ended = run(command, place.account, text)
        if ended.returncode != 0 or "FATAL" in ended.stdout or "ERROR" in ended.stdout:
            raise EmbeddedPostgresError(
                f"A new database could not be made in {place.folder}. {_advice(ended.stdout)}"
                f"`{Path(command[0]).name}` said last:\n{_tail(ended.stdout)}"
            )
    if place.data.is_symlink():
        place.data.unlink()
    unfinished.rename(place.data)


def _refuse_other_version(data: Path) -> None:
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        version = "an unknown version"
    if version != str(MAJOR_VERSION):
        raise EmbeddedPostgresError(
            f"{data} was made by PostgreSQL {version} and this is {MAJOR_VERSION}: move that folder away to begin anew."
        )


def _advice(output: str) -> str:
    """Return the next step for the faults that can be told from the output."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return "The disk is full: make room and start again. "
    if "Cannot allocate memory" in output:
        return "There is not enough memory: close something and start again. "
    if "could not look up effective user ID" in output:
        return "This user has no name in the system: run as one that stands in /etc/passwd. "
    return ""


def _tail(output: str) -> str:
    return "\n".join(f"  {line}" for line in output.strip().splitlines()[-LOG_LINES_SHOWN:])
