"""One run of `echowall up`: its steps in order, the watch over its processes, and its end."""

import http.client
import os
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from app.cli.demo import demo_people
from app.cli.up import terminal
from app.cli.up.child import RESTARTS_WITHIN_S, Child, Restarts, how_it_ended
from app.cli.up.holds import AFTER_CRASH_S, DataLock, SimulatorPort, listen
from app.cli.up.terminal import CannotGoOn, StopAsked, StopSignals, indented, say
from app.cli.up.welcome import welcome
from app.core.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from app.core.settings import API_URL_FILE, DATABASE_URL_FILE, SIMULATOR_URL_FILE, Settings

FAILED = 1
POLL_S = 0.1
PUSH_PATH = "/wechat/push"
READY_WITHIN_S = 60
READY_ANSWER_WITHIN_S = 2
STOP_WITHIN_S = 10


class Run:
    """Everything that one `echowall up` starts."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings = settings
        self._data_dir = settings.data_dir.absolute()
        self._port = port
        self._signals = StopSignals()
        self._lock = DataLock(self._data_dir)
        self._simulator_port = SimulatorPort()
        self._simulator_url: str | None = None
        self._socket: socket.socket | None = None
        self._database: EmbeddedPostgres | None = None
        self._database_restarts = Restarts()
        self._children: list[Child] = []
        self._environment = os.environ | {
            "ECHOWALL_DATA_DIR": str(self._data_dir),
            "ECHOWALL_PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        }

    def to_the_end(self) -> int:
        """Start everything, watch it until the end is asked for or forced, stop everything; return the exit status."""
        terminal.prepare()
        self._signals.install()
        try:
            self._lock.take()
        except CannotGoOn as refusal:
            say(str(refusal))
            return refusal.status
        status = 0
        try:
            self._start()
            self._watch()
        except StopAsked:
            pass
        except (CannotGoOn, EmbeddedPostgresError) as reason:
            # An interrupted start of the database says so, too; then the end was asked for.
            status = 0 if self._signals.asked() else getattr(reason, "status", FAILED)
            if status:
                say(str(reason))
        except OSError as error:
            status = FAILED
            say(f"Cannot go on: {error}. See that the disk has room and {self._data_dir} can be written.")
        finally:
            self._stop()
        return status

    def _start(self) -> None:
        began = time.monotonic()
        self._take_ports()
        self._start_database()
        self._finish("migrate", ["migrate"], "Bringing the tables up to date …")
        self._finish("demo", ["demo", "--once"], "Looking after the demo district …")
        self._start_children()
        self._wait_until_ready()
        url = self._url()
        self._write(API_URL_FILE, url)
        if self._simulator_url is not None:
            self._write(SIMULATOR_URL_FILE, self._simulator_url)
        say(f"Ready after {time.monotonic() - began:.1f} s. Logs are in {self._log_dir()}.")
        say(welcome(url, demo_people(), self._simulator_url))

    def _take_ports(self) -> None:
        patience_s = AFTER_CRASH_S if self._lock.predecessor_was_killed else 0
        self._socket = listen(self._settings.host, self._port, patience_s, self._pause)
        wechat = urlsplit(self._settings.wechat_base_url)
        if wechat.hostname not in {"127.0.0.1", "localhost"}:
            return
        wanted = wechat.port or 80
        chosen = self._simulator_port.choose(wanted)
        if chosen != wanted:
            say(f"Port {wanted} is taken; the WeChat simulator takes {chosen}.")
        self._simulator_url = self._environment["ECHOWALL_WECHAT_BASE_URL"] = f"http://127.0.0.1:{chosen}"
        self._children.append(
            self._child("simulator", ["simulator", "--port", str(chosen), "--push-url", f"{self._url()}{PUSH_PATH}"])
        )

    def _start_database(self) -> None:
        if self._settings.database_url is not None:
            say("Using the database of ECHOWALL_DATABASE_URL.")
            url = self._settings.database_url.get_secret_value()
        else:
            say(f"Starting PostgreSQL, data in {self._data_dir / 'postgres'} …")
            self._database = EmbeddedPostgres(self._data_dir / "postgres")
            url = self._database.start(self._signals.asked)
            lies_in = (self._database.home / "data").resolve()
            if not lies_in.is_relative_to(self._data_dir.resolve()):
                say(f"Its own account cannot reach that folder, so the data itself lies in {lies_in}.")
            self._write(DATABASE_URL_FILE, url)
        self._environment["ECHOWALL_DATABASE_URL"] = url

    def _finish(self, name: str, arguments: list[str], announcement: str) -> None:
        """Run a verb to its end. Raises CannotGoOn with its last words when it fails."""
        say(announcement)
        verb = self._child(name, arguments)
        verb.start()
        try:
            while verb.is_running:
                self._pause()
        finally:
            verb.signal(signal.SIGKILL)
        status = verb.take_exit_status()
        if status != 0:
            raise CannotGoOn(
                f"`echowall {' '.join(arguments)}` {how_it_ended(status or 0)}; "
                f"the whole output is in {verb.log}, its end is:\n{indented(verb.last_lines())}",
                FAILED,
            )

    def _start_children(self) -> None:
        assert self._socket is not None, "the ports come first"
        fd = self._socket.fileno()
        simulator = self._children
        api = [self._child(f"api-{n}", ["serve", "--fd", str(fd)], fd) for n in range(1, self._settings.workers + 1)]
        self._children = [*api, self._child("worker", ["worker"]), *simulator]
        say(f"Starting {', '.join(child.name for child in self._children)} …")
        for child in reversed(self._children):
            child.start()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while (answer := self._ask_ready()) is not None:
            self._mend()
            if time.monotonic() > deadline:
                raise CannotGoOn(f"The API was not ready after {READY_WITHIN_S} s; /readyz says: {answer}", FAILED)
            self._pause()

    def _ask_ready(self) -> str | None:
        """Return None when /readyz answers 200, else what it says instead."""
        connection = http.client.HTTPConnection(self._host(), self._port, timeout=READY_ANSWER_WITHIN_S)
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            body = response.read(500).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return f"nothing ({error or type(error).__name__})"
        finally:
            connection.close()
        return None if response.status == http.HTTPStatus.OK else f"{response.status} {body}"

    def _watch(self) -> None:
        while True:
            self._mend()
            self._pause()

    def _mend(self) -> None:
        """Start again what has died, the database first. Raises CannotGoOn when something dies again and again."""
        if self._database is not None and not self._database.is_running():
            if self._database_restarts.delay_after_death() is None:
                raise self._too_often("PostgreSQL", self._database.log)
            say("PostgreSQL has died. Starting it again; it recovers what was committed …")
            self._database.start(self._signals.asked)
            say("PostgreSQL runs again.")
        for child in self._children:
            status = child.take_exit_status()
            if status is not None:
                say(f"{child.name} {how_it_ended(status)}. Last lines of {child.log}:\n{indented(child.last_lines())}")
                delay_s = child.restarts.delay_after_death()
                if delay_s is None:
                    raise self._too_often(child.name, child.log)
                child.start_at = time.monotonic() + delay_s
            elif not child.is_running and time.monotonic() >= child.start_at:
                say(f"Starting {child.name} again …")
                child.start()

    @staticmethod
    def _too_often(name: str, log: Path) -> CannotGoOn:
        return CannotGoOn(f"{name} died too often within {RESTARTS_WITHIN_S} s, so all is stopped: see {log}.", FAILED)

    def _stop(self) -> None:
        """Stop everything in order: who takes requests first, the database last. No process, no address remains."""
        started = self._database is not None or any(child.is_running for child in self._children)
        if started:
            say("Stopping …")
        deadline = time.monotonic() + STOP_WITHIN_S
        for stage in ("api", "worker", "simulator"):
            self._stop_children([child for child in self._children if child.name.startswith(stage)], deadline)
        if self._socket is not None:
            self._socket.close()
        if self._database is not None:
            try:
                self._database.stop()
            except (EmbeddedPostgresError, OSError) as error:
                say(str(error))
        for name in (DATABASE_URL_FILE, API_URL_FILE, SIMULATOR_URL_FILE):
            (self._data_dir / name).unlink(missing_ok=True)
        self._lock.release()
        if started:
            say("Stopped.")

    def _stop_children(self, children: Sequence[Child], deadline: float) -> None:
        for child in children:
            child.signal(signal.SIGTERM)
        while any(child.is_running for child in children):
            if self._signals.impatient() or time.monotonic() > deadline:
                for child in children:
                    child.signal(signal.SIGKILL)
            time.sleep(POLL_S)

    def _pause(self) -> None:
        """Wait a moment. Raises StopAsked when the end has been asked for."""
        if self._signals.asked():
            raise StopAsked
        time.sleep(POLL_S)

    def _child(self, name: str, arguments: list[str], fd: int | None = None) -> Child:
        return Child(name, arguments, self._log_dir(), self._environment, fd)

    def _log_dir(self) -> Path:
        return self._data_dir / "log"

    def _host(self) -> str:
        """Return the address at which this machine reaches the API: its own for one that listens on all."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104

    def _url(self) -> str:
        host = self._host()
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    def _write(self, name: str, text: str) -> None:
        """Write a file that only this user may read."""
        path = self._data_dir / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")
