"""`echowall up` is run for real, on ports and data of its own, and hurt in every way that must not matter."""

import fcntl
import http.client
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from app.cli.up.child import Restarts, how_it_ended
from app.core.settings import get_settings
from bench.processes import free_port
from tests.runtime.processes import kill, running, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")

ECHOWALL = Path(sysconfig.get_path("scripts")) / "echowall"
READY_WITHIN_S = 180
GONE_WITHIN_S = 12
SECONDS_TO_START = 40


class Up:
    """One `echowall up` and what it prints."""

    def __init__(self, data_dir: Path, port: int, **environment: str) -> None:
        self.data_dir = data_dir
        self.port = port
        self.environment = os.environ | {"ECHOWALL_DATA_DIR": str(data_dir), "ECHOWALL_WORKERS": "2"} | environment
        self.output = data_dir.with_name(f"{data_dir.name}.output")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, before: Sequence[str] = (), terminal: int | None = None) -> "Up":
        """Start it, led by the command ``before`` and with ``terminal`` as the terminal of its session, if given."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*before, ECHOWALL, "up", "--port", str(self.port)],
                env=self.environment,
                stdin=terminal,
                stdout=output,
                stderr=output,
                start_new_session=terminal is not None,
                preexec_fn=None if terminal is None else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
            )
        return self

    def ensure_ready(self) -> None:
        if not self.is_running():
            self.start_ready()

    def start_ready(self) -> "Up":
        self.start()
        wait_for(lambda: "Ready after" in self.said() or not self.is_running(), READY_WITHIN_S, "ready")
        assert self.is_running(), self.said()
        return self

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        return self.output.read_text()

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def ended(self, within_s: float = READY_WITHIN_S) -> int:
        assert self.process is not None
        return self.process.wait(within_s)

    def stop(self) -> None:
        if self.is_running():
            self.send(signal.SIGTERM)
            self.ended()

    def processes(self, verb: str = "") -> list[int]:
        """The ids of the processes it has started that have ``verb`` in their command line, the database's included."""
        assert self.process is not None
        started = running(str(self.data_dir)) | running(str((self.data_dir / "postgres" / "data").resolve()))
        return [pid for pid, command in started.items() if verb in command and pid != self.process.pid]

    def answers(self) -> bool:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)) as connection:
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False

    def assert_nothing_is_left(self) -> None:
        wait_for(lambda: not self.processes(), GONE_WITHIN_S, f"nothing runs: {self.processes()}")
        assert not self.answers()


@pytest.fixture(autouse=True)
def hang_ups_are_heard() -> Iterator[None]:
    """Whoever runs the tests under nohup has SIGHUP ignored by all that they start; here it must be heard."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("up") / "var"
    yield folder
    elsewhere = folder / "postgres" / "data"
    if elsewhere.is_symlink():
        shutil.rmtree(elsewhere.readlink().parent, ignore_errors=True)


@pytest.fixture(scope="module")
def up(data_dir: Path) -> Iterator[Up]:
    """One run that the tests share. Whoever ends it starts it again."""
    up = Up(data_dir, free_port()).start_ready()
    yield up
    up.stop()


def doomed(tmp_path: Path, **environment: str) -> Up:
    """Another run, with data of its own and a database server that is not there."""
    url = "postgresql://nobody@127.0.0.1:9/nothing"
    return Up(tmp_path / "var", free_port(), ECHOWALL_DATABASE_URL=url, **environment)


class TestReady:
    def test_says_where_it_is_and_how_to_log_in(self, up: Up) -> None:
        assert up.answers()
        said = up.said()
        assert f"http://127.0.0.1:{up.port}/docs" in said
        assert re.search(rf"curl -X POST http://127.0.0.1:{up.port}/v1/auth/wechat .*\"sim-\S+-1\"", said)
        assert re.search(r"http://127.0.0.1:\d+/_simulator", said)
        assert "Traceback" not in said

    def test_starts_each_part(self, up: Up) -> None:
        assert len(up.processes("echowall serve")) == 2
        assert len(up.processes("echowall worker")) == 1
        assert len(up.processes("echowall simulator")) == 1

    def test_other_commands_find_it(self, up: Up) -> None:
        written = up.data_dir / "database-url"
        assert written.stat().st_mode & 0o777 == 0o600
        settings = get_settings().model_copy(update={"data_dir": up.data_dir, "database_url": None})
        assert settings.require_database_url().startswith("postgresql://")
        assert (up.data_dir / "api-url").read_text().strip() == f"http://127.0.0.1:{up.port}"

    def test_children_log_to_files(self, up: Up) -> None:
        logs = {path.name for path in (up.data_dir / "log").iterdir()}
        assert logs >= {"api-1.log", "api-2.log", "worker.log", "simulator.log", "migrate.log", "demo.log"}

    def test_requests_are_not_logged(self, up: Up) -> None:
        assert up.answers()
        assert not any("readyz" in path.read_text() for path in (up.data_dir / "log").glob("api-*.log"))


class TestInTheWay:
    def test_second_run_on_the_same_data(self, up: Up) -> None:
        assert up.process is not None
        second = subprocess.run([ECHOWALL, "up"], env=up.environment, capture_output=True, check=False, text=True)
        assert second.returncode == 2
        assert second.stdout.count("\n") == 1
        assert f"process {up.process.pid}" in second.stdout
        assert second.stderr == ""
        assert up.answers()

    def test_taken_port(self, up: Up, tmp_path: Path) -> None:
        second = Up(tmp_path / "var", up.port).start()
        assert second.ended() == 2
        assert f"Port {up.port} is taken" in second.said()
        assert f"PORT={up.port + 1} make run" in second.said()
        assert second.processes() == []

    @pytest.mark.usefixtures("up")
    def test_simulator_goes_to_the_next_port(self, tmp_path: Path) -> None:
        second = doomed(tmp_path).start()
        assert second.ended() == 1
        assert "the WeChat simulator takes" in second.said()

    def test_production(self, tmp_path: Path) -> None:
        refused = doomed(
            tmp_path,
            ECHOWALL_ENV="production",
            ECHOWALL_SECRET_KEY="x" * 40,
            ECHOWALL_DATA_KEY="z" * 40,
            ECHOWALL_PUBLIC_URL="https://api.example.org",
            ECHOWALL_WECHAT_BASE_URL="https://api.weixin.qq.com",
            ECHOWALL_WECHAT_APPID="wx1234567890abcdef",
            ECHOWALL_WECHAT_SECRET="y" * 32,
            ECHOWALL_WECHAT_PUSH_TOKEN="t" * 16,
            ECHOWALL_WECHAT_PUSH_AES_KEY="k" * 43,
        ).start()
        assert refused.ended() == 2
        assert "echowall serve" in refused.said()


class TestHurt:
    @pytest.mark.parametrize("verb", ["echowall worker", "echowall serve", "echowall simulator"])
    def test_killed_child_is_started_again(self, up: Up, verb: str) -> None:
        before = up.processes(verb)
        kill(before[:1])

        def is_replaced() -> bool:
            now = up.processes(verb)
            return len(now) == len(before) and before[0] not in now

        wait_for(is_replaced, 60, "started again")
        assert "was ended by SIGKILL" in up.said()
        wait_for(up.answers, 60, "answers")

    def test_killed_database_is_started_again(self, up: Up) -> None:
        kill(up.processes("postgres"))
        wait_for(lambda: "PostgreSQL runs again." in up.said(), 60, "the database runs again")
        wait_for(up.answers, 60, "answers")
        wait_for(lambda: up.processes("echowall worker"), 60, "the worker is there")

    def test_child_that_keeps_dying_ends_the_run(self, up: Up) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while up.is_running() and time.monotonic() < deadline:
            kill(up.processes("echowall simulator"))
            time.sleep(0.2)
        assert up.ended(GONE_WITHIN_S) == 1
        assert "simulator died too often" in up.said()
        up.assert_nothing_is_left()

    def test_migration_that_fails(self, tmp_path: Path) -> None:
        failed = doomed(tmp_path).start()
        assert failed.ended() == 1
        assert "`echowall migrate` ended with exit status" in failed.said()
        failed.assert_nothing_is_left()


class TestEnd:
    def test_ctrl_c_leaves_nothing(self, up: Up) -> None:
        up.ensure_ready()
        up.send(signal.SIGINT)
        assert up.ended(GONE_WITHIN_S) == 0
        assert up.said().endswith("Stopping …\nStopped.\n")
        up.assert_nothing_is_left()
        assert not (up.data_dir / "database-url").exists()
        assert not (up.data_dir / "api-url").exists()

    def test_killed_supervisor_takes_all_with_it_and_the_next_starts_at_once(self, up: Up) -> None:
        up.ensure_ready()
        up.send(signal.SIGKILL)
        up.ended()
        began = time.monotonic()
        up.start_ready()
        assert time.monotonic() - began < SECONDS_TO_START
        assert up.answers()
        assert up.processes("postgres")
        up.send(signal.SIGKILL)
        up.ended()
        up.assert_nothing_is_left()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_interrupted_while_starting(self, up: Up, number: signal.Signals) -> None:
        up.stop()
        up.start()
        wait_for(lambda: "Bringing the tables" in up.said(), 60, "started")
        up.send(number)
        assert up.ended(GONE_WITHIN_S) == 0
        up.assert_nothing_is_left()

    def test_closed_terminal_whose_signal_stays_with_the_shell(self, up: Up) -> None:
        up.stop()
        ours, terminal = pty.openpty()
        up.start(before=["sh", "-c", 'trap : HUP; "$@"; exit $?', "sh"], terminal=terminal)
        os.close(terminal)
        wait_for(lambda: "Bringing the tables" in up.said(), 60, "started")
        os.close(ours)
        assert up.ended(GONE_WITHIN_S) == 0
        up.assert_nothing_is_left()


class TestWords:
    def test_restarts_are_bounded(self) -> None:
        restarts = Restarts()
        delays = [restarts.delay_after_death() for _ in range(4)]
        assert delays[:3] == sorted(delay for delay in delays if delay is not None)
        assert delays[3] is None

    def test_exit_status(self) -> None:
        assert how_it_ended(3) == "ended with exit status 3"
        assert how_it_ended(-9) == "was ended by SIGKILL"
