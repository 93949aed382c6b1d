"""Processes of the embedded server: under which account they run, and how none of them is left over."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal the kernel sends to this process when the thread that started it ends."""

LEFTOVER_FAST_S = 20
LEFTOVER_QUICK_S = 5
POLL_S = 0.05

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot do what was asked; the message is a sentence that says what to do next."""


@dataclass(frozen=True)
class Account:
    """Who runs the server. ``None`` is whoever runs this process; root must name somebody else."""

    user: int | None = None
    group: int | None = None

    @property
    def name(self) -> str:
        """The account's name, or its number where the system knows no name."""
        number = os.geteuid() if self.user is None else self.user
        try:
            return pwd.getpwuid(number).pw_name
        except KeyError:
            return str(number)

    @property
    def groups(self) -> list[int] | None:
        """No supplementary groups for somebody else: root's own would go along otherwise."""
        return None if self.user is None else []


def die_with_parent(signal_number: signal.Signals) -> Callable[[], None]:
    """Return a ``preexec_fn`` that has the kernel send ``signal_number`` when the starting thread ends in any way.

    Start children from the main thread, or they end with a lesser one. Only Linux can do it; elsewhere nothing is done.
    """
    parent = os.getpid()

    def arrange() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != parent:
            # The parent ended before the kernel had been asked, so no signal will come.
            os._exit(1)

    return arrange


def environment() -> dict[str, str]:
    """Return what the server needs of this environment: neither our secrets nor anybody's settings and language."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


Command = Sequence[str | Path]


def run(command: Command, account: Account, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end as ``account`` with ``text`` as its input; output and errors come back as one text.

    Raises OSError where the account cannot execute it.
    """
    return subprocess.run(  # noqa: S603 - the command is composed of paths of this package
        [str(part) for part in command],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        cwd="/",  # the account may not be allowed into the current folder
        env=environment(),
        user=account.user,
        group=account.group,
        extra_groups=account.groups,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )


def launch(command: Command, account: Account, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the server as ``account`` in a session of its own, so that the terminal's Ctrl-C does not reach it.

    When this process ends without having stopped it, the kernel asks it for a fast shutdown (SIGINT).
    """
    return subprocess.Popen(  # noqa: S603 - the command is composed of paths of this package
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=environment(),
        user=account.user,
        group=account.group,
        extra_groups=account.groups,
        start_new_session=True,
        # Runs after the change of account, which would have cleared the request.
        preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - asks the kernel, takes no lock
    )


def may_reach(account: Account, folder: Path) -> bool:
    """Whether ``account`` can pass through ``folder`` and all above it; asks the system, which knows access lists."""
    return run(["/bin/sh", "-c", 'test -x "$0"', folder], account).returncode == 0


def stop_leftovers(data: Path) -> None:
    """Stop a server that still runs on ``data`` although nobody supervises it, and take away the pid file it left.

    The caller holds the lock of the data, so what runs there is left over from a process that was killed. Raises
    EmbeddedPostgresError when it does not stop.
    """
    pid_file = data / "postmaster.pid"
    try:
        postmaster = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        postmaster = 0
    if postmaster in server_processes(data):
        _signal([postmaster], signal.SIGINT)
        _wait_until_gone(data, LEFTOVER_FAST_S)
    # Without their postmaster the others end by themselves, unless they are busy; two of them on one data folder
    # would destroy it, so none may be left before the next server starts.
    if not _wait_until_gone(data, LEFTOVER_QUICK_S):
        _signal(server_processes(data), signal.SIGKILL)
        if not _wait_until_gone(data, LEFTOVER_QUICK_S):
            raise EmbeddedPostgresError(
                f"PostgreSQL processes on {data} do not end: {server_processes(data)}. End them."
            )
    if sys.platform == "linux":
        # PostgreSQL would refuse to start if the number in it by now belongs to any other process of the account.
        pid_file.unlink(missing_ok=True)


def server_processes(data: Path) -> list[int]:
    """Return the ids of the PostgreSQL processes that work in ``data``; on other systems than Linux none is seen."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text() == "postgres\n" and (entry / "cwd").readlink() == data:
                found.append(int(entry.name))
        except OSError:
            continue  # it has ended, or is somebody else's
    return found


def _signal(pids: Sequence[int], signal_number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            continue


def _wait_until_gone(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while server_processes(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
