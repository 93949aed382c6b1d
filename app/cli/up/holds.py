"""What one `echowall up` must have alone: its data folder, the API's port, the simulator's port."""

import errno
import fcntl
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

from app.cli.up.terminal import CannotGoOn

LOCK_FILE = "lock"
PORTS_TRIED = 100
AFTER_CRASH_S = 10
"""How long processes of a killed predecessor may take to let go of the port: their graceful stop and some."""

IN_THE_WAY = 2
"""Exit status when somebody else has what this needs."""


class DataLock:
    """The exclusive lock of a data folder. The kernel frees it when this process ends, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / LOCK_FILE
        self._descriptor = -1
        self.predecessor_was_killed = False

    def take(self) -> None:
        """Take the lock and write this process's id into it. Raises CannotGoOn naming the process that holds it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            written = os.pread(self._descriptor, 20, 0).decode(errors="replace").strip()
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise CannotGoOn(
                f"Echo Wall already runs on {self.path.parent} (process {written or 'unknown'}): "
                "stop that one first, or give this one a folder of its own with ECHOWALL_DATA_DIR.",
                IN_THE_WAY,
            ) from None
        except OSError as error:
            raise CannotGoOn(
                f"The data folder {self.path.parent} cannot be used: {error.strerror}. "
                "Make it writable, or name another with ECHOWALL_DATA_DIR.",
                IN_THE_WAY,
            ) from None
        self.predecessor_was_killed = bool(written)
        self._write(str(os.getpid()))

    def release(self) -> None:
        """Give the lock back and note that the end was a proper one."""
        self._write("")
        os.close(self._descriptor)

    def _write(self, text: str) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)


def listen(host: str, port: int, patience_s: float, pause: Callable[[], None]) -> socket.socket:
    """Return a listening socket on ``host``:``port`` for the API's processes to inherit.

    Tries for ``patience_s`` seconds, calling ``pause`` in between. Raises CannotGoOn when somebody else has the port.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return socket.create_server((host, port), family=_family(host), backlog=1024)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                pause()
                continue
            raise CannotGoOn(_sentence(host, port, error), IN_THE_WAY) from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"Port {port} is taken by another program: choose another, for example `PORT={other} make run`."
    if error.errno == errno.EACCES:
        return f"Port {port} is for root only: choose one above 1023, for example `PORT=8000 make run`."
    return f"Cannot listen on {host}, port {port}: {error.strerror}. See ECHOWALL_HOST and ECHOWALL_PORT."


class SimulatorPort:
    """A free port for the WeChat simulator, which binds it itself a little later.

    In between no other `echowall up` takes it: on Linux a name in the abstract socket namespace stands for it until
    this process ends.
    """

    def __init__(self) -> None:
        self._name: socket.socket | None = None

    def choose(self, wanted: int) -> int:
        """Return ``wanted`` or the next free port after it. Raises CannotGoOn when a hundred are taken."""
        for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
            if self._reserve(port):
                return port
        raise CannotGoOn(
            f"Ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken: set ECHOWALL_WECHAT_BASE_URL to "
            "http://127.0.0.1:PORT with a free one for the WeChat simulator.",
            IN_THE_WAY,
        )

    def _reserve(self, port: int) -> bool:
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0echowall-simulator-{port}")
        except FileNotFoundError:
            pass  # no Linux, no abstract names: the port alone decides
        except OSError:
            name.close()
            return False
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            name.close()
            return False
        self._name = name
        return True
