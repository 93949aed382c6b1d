"""The tour is walked against real processes: the API, the worker and the simulator, on a database of their own."""

import http.client
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import pytest

from app.core.scratch_database import scratch_database
from bench.processes import free_port
from tests.e2e.commands import ECHOWALL, environment, run
from tests.e2e.invariants import broken
from tests.runtime.processes import wait_for

READY_WITHIN_S = 120
STOPPED_WITHIN_S = 60


class Service(NamedTuple):
    """Where the API and the WeChat simulator are."""

    api_url: str
    wechat_url: str


def is_ready(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=3)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


@pytest.fixture(scope="module")
def migrated_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture(scope="module")
def service(migrated_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A whole service with two API processes, whose database has no district yet."""
    port, wechat_port = free_port(), free_port()
    own = environment(
        migrated_url,
        ECHOWALL_PORT=str(port),
        ECHOWALL_WORKERS="2",
        ECHOWALL_WECHAT_BASE_URL=f"http://127.0.0.1:{wechat_port}",
    )
    log = tmp_path_factory.mktemp("tour") / "service.log"
    with ExitStack() as stack:
        output = stack.enter_context(log.open("wb"))
        pushes = ("--push-url", f"http://127.0.0.1:{port}/wechat/push")
        for verb in (("simulator", "--port", str(wechat_port), *pushes), ("worker",), ("serve",)):
            process = subprocess.Popen([ECHOWALL, *verb], env=own, stdout=output, stderr=output)
            stack.callback(process.wait, STOPPED_WITHIN_S)
            stack.callback(process.terminate)
        wait_for(lambda: is_ready(port), READY_WITHIN_S, f"ready; {log.read_text()}")
        yield Service(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{wechat_port}")


class TestStopsLoudly:
    def test_where_no_demo_is(self, migrated_url: str, service: Service) -> None:
        stopped = run(migrated_url, "tour", "--url", service.api_url, "--wechat-url", service.wechat_url)
        assert stopped.returncode == 1
        assert stopped.stdout.endswith("load the demo district with `echowall demo`.\n")

    def test_where_nothing_answers(self, migrated_url: str) -> None:
        stopped = run(migrated_url, "tour", "--url", f"http://127.0.0.1:{free_port()}")
        assert stopped.returncode == 1
        assert "does not answer (ConnectError): start it with `make run`" in stopped.stdout
        assert "Traceback" not in stopped.stdout

    def test_at_what_is_no_address(self, migrated_url: str) -> None:
        stopped = run(migrated_url, "tour", "--url", "localhost")
        assert stopped.returncode == 2
        assert stopped.stdout == "localhost is no address: it begins with http:// or https://.\n"


class TestWholeStory:
    async def test_goes_through_again_and_again(self, migrated_url: str, service: Service, tmp_path: Path) -> None:
        # The administrator has logged in above, before there was a district, and is found again.
        loaded = run(migrated_url, "demo", "--once")
        assert loaded.returncode == 0, loaded.stdout
        assert "sim-管理员-1" in loaded.stdout
        first = run(migrated_url, "tour", "--url", service.api_url, "--wechat-url", service.wechat_url)
        # Left to itself, the tour finds the servers where `echowall up` writes their addresses.
        (tmp_path / "api-url").write_text(f"{service.api_url}\n")
        (tmp_path / "simulator-url").write_text(f"{service.wechat_url}\n")
        second = run(migrated_url, "tour", ECHOWALL_DATA_DIR=str(tmp_path))
        for walked in (first, second):
            assert walked.returncode == 0, walked.stdout
            assert "走完了" in walked.stdout
        assert await broken(migrated_url) == {}
        for verb in ("reconcile", "verify-ledger"):
            done = run(migrated_url, verb)
            assert done.returncode == 0, done.stdout
