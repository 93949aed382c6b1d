"""Servers for tests to speak to: the simulator, or one that answers whatever the test says; real HTTP both."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count

import httpx
import uvicorn

from app.wechat.simulator import Habits, create_simulator

APPID = "wx1234567890abcdef"
SECRET = "appsecret-never-to-be-seen"
START_TIMEOUT_S = 10.0

serial = count(1)

http = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
"""One for all calls, since making a client reads all certificates; it keeps no connection to a server that is gone."""


def new_code(name: str = "小李") -> str:
    """Return a log-in code of the user ``name`` that no other test has used."""
    return f"sim-{name}-{next(serial)}"


@contextmanager
def running_simulator(appid: str = APPID, secret: str = SECRET) -> Iterator[str]:
    """Run the simulator on a free port in a thread with its own event loop; yield its base URL."""
    config = uvicorn.Config(
        create_simulator(appid, secret, Habits(forced_apart_s=0, media_after_s=0, push_again_after_s=0)),
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="wechat-simulator")
        thread.start()
        try:
            started_by_s = time.monotonic() + START_TIMEOUT_S
            while not server.started:
                if not thread.is_alive() or time.monotonic() > started_by_s:
                    raise RuntimeError("the simulator did not start")
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def order_fault(base_url: str, path: str, **fault: object) -> None:
    """Make the next calls of ``path`` fail: errcode, http_status, body, delay_s, cut, times (see the simulator)."""
    http.post(f"{base_url}/_simulator/faults", json={"path": path, **fault}).raise_for_status()


def forget_faults(base_url: str) -> None:
    http.delete(f"{base_url}/_simulator/faults").raise_for_status()


def control(base_url: str, path: str, /, **form: object) -> httpx.Response:
    """Ask the simulator for something that is not WeChat's: habits, subscribe, pushes, limits (see the simulator)."""
    return http.post(f"{base_url}/_simulator/{path}", json=form).raise_for_status()


def look(base_url: str, what: str) -> list[dict[str, object]]:
    """Return what the simulator has seen: messages, pushes, pictures or texts."""
    seen = http.get(f"{base_url}/_simulator/{what}").raise_for_status().json()
    assert isinstance(seen, list)
    return seen


def count_calls(base_url: str, path: str) -> int:
    calls = http.get(f"{base_url}/_simulator/calls").raise_for_status().json()
    return int(calls[path])


@asynccontextmanager
async def answering(*answers: object) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve ``answers`` in turn, one a request: bytes are sent raw, anything else as a 200 with JSON.

    Yields the base URL and the list of requests as they came in. An empty answer closes the connection.
    """
    waiting = list(answers)
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        requests.append(head + await reader.readexactly(length))
        writer.write(raw(waiting.pop(0)))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", requests


def raw(answer: object) -> bytes:
    if isinstance(answer, bytes):
        return answer
    body = json.dumps(answer).encode()
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def passed(**changes: object) -> dict[str, object]:
    """An answer of msg_sec_check that passes, but for the changes."""
    answer = {"errcode": 0, "errmsg": "ok", "result": {"suggest": "pass", "label": 100}, "trace_id": "t-1"}
    return {**answer, **changes}


def granted(token: str, expires_in: int = 7200) -> dict[str, object]:
    return {"access_token": token, "expires_in": expires_in}
