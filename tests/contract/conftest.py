"""The application as it is served: uvicorn on a port, in a thread with its own event loop."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from schemathesis.pytest.plugin import SchemathesisFunction

from app.core.settings import Settings
from app.main import create_app

START_TIMEOUT_S = 10.0


def pytest_itemcollected(item: pytest.Item) -> None:
    """Name each operation's test by its operation: Schemathesis gives all of them one id, and one id is run once."""
    if isinstance(item, SchemathesisFunction):
        item._id = item.id.with_params(item.operation_label)


@pytest.fixture(scope="session")
def served_at(settings: Settings) -> Iterator[str]:
    """Where it listens."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="contract")
        thread.start()
        try:
            started_by_s = time.monotonic() + START_TIMEOUT_S
            while not server.started:
                assert thread.is_alive(), "the server ended before it served"
                assert time.monotonic() < started_by_s, "the server did not start"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
