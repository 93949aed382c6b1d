"""One call-out from order to stand-down over real HTTP, timed and counted."""

import asyncio
import json
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from app.core.clock import now
from app.core.ids import new_id
from app.core.security import issue_token
from bench.client import call
from bench.load import Request
from bench.place import SECRET

ANSWERING, CONNECTIONS, WATCHERS, POLLS = 5_000, 16, 20, 20
COUNTED = ("coming", "later", "cannot", "silent")
FIND_OFFICER = """
    SELECT g.user_id, g.area_id FROM "grant" g JOIN area a ON a.id = g.area_id
    WHERE g.role = 'administrator' AND a.parent_id IS NULL LIMIT 1
"""
FIND_SECOND = 'SELECT id FROM "user" WHERE id <> $1 AND NOT is_blocked ORDER BY id LIMIT 1'
GRANT = "INSERT INTO \"grant\" (id, user_id, role, area_id) VALUES ($1, $2, 'staff', $3)"
FIND_CALLED = """
    SELECT u.id FROM call_out_person x JOIN person p ON p.id = x.person_id JOIN "user" u ON u.id = p.user_id
    WHERE x.call_out_id = $1 AND NOT u.is_blocked AND u.token_version = 1 ORDER BY x.id LIMIT $2
"""
COUNT_CALLED = """
    SELECT count(*) AS called, count(u.id) AS to_be_told FROM call_out_person x JOIN person p ON p.id = x.person_id
    LEFT JOIN "user" u ON u.id = p.user_id AND NOT u.is_blocked WHERE x.call_out_id = $1
"""
COUNT_MESSAGES = "SELECT count(DISTINCT user_id) FROM message WHERE subject_id = $1 AND kind = 'call_out'"
COUNT_ANSWERS = (
    "SELECT coalesce(answer, 'silent') AS said, count(*) AS n FROM call_out_person WHERE call_out_id = $1 GROUP BY 1"
)


@dataclass
class Found:
    """What one run came to."""

    called: int
    messages: int
    untold: int
    told_s: float
    answered_s: float
    p50_ms: float
    p99_ms: float
    lost: int
    counts_ms: float
    events: int
    settled_s: float
    watchers_wrong: int
    stood_down_s: float


@dataclass
class Watcher:
    """Somebody of the staff who watches the counts."""

    seen: list[tuple[float, str]] = field(default_factory=list)
    thread: threading.Thread | None = None

    def watch(self, port: int, path: str, token: str) -> None:
        """Read events until it is over."""
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", f"{path}/events", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        name = ""
        while line := response.readline():
            key, _, value = line.decode().strip().partition(": ")
            if key == "event":
                name = value
            elif key == "data" and name == "counts":
                self.seen.append((time.perf_counter(), value))
            elif key == "data":
                return


async def measure(url: str, port: int) -> Found:
    """Order, confirm, answer, watch and stand down."""
    connection = await asyncpg.connect(url)
    try:
        officer, district = await connection.fetchrow(FIND_OFFICER)
        second = await connection.fetchval(FIND_SECOND, officer)
        await connection.execute(GRANT, new_id(), second, district)
        await connection.execute("VACUUM (ANALYZE)")
        return await _call_out(connection, port, officer, second, district)
    finally:
        await connection.close()


async def _call_out(connection: asyncpg.Connection, port: int, officer: UUID, second: UUID, district: UUID) -> Found:
    form = {"area_id": str(district), "emergency": "暴雨内涝", "instructions": "请到社区广场集合。"}
    _, ordered = send(port, officer, "POST", "/v1/call-outs", form, 201)
    path = f"/v1/call-outs/{ordered['id']}"
    call_out_id = UUID(ordered["id"])
    told_s, _ = send(port, second, "POST", f"{path}/confirm", None, 200)
    called, to_be_told = await connection.fetchrow(COUNT_CALLED, call_out_id)
    messages = await connection.fetchval(COUNT_MESSAGES, call_out_id)
    people = [row["id"] for row in await connection.fetch(FIND_CALLED, call_out_id, ANSWERING)]
    assert len(people) == ANSWERING, "there are that many with the app"
    watchers = [Watcher() for _ in range(WATCHERS)]
    for watcher in watchers:
        watcher.thread = threading.Thread(target=watcher.watch, args=(port, path, token_of(officer)))
        watcher.thread.start()
    began = time.perf_counter()
    latencies, statuses = await asyncio.to_thread(answer_all, port, path, people)
    ended = time.perf_counter()
    said = {row["said"]: row["n"] for row in await connection.fetch(COUNT_ANSWERS, call_out_id)}
    right = {name: said.get(name, 0) for name in COUNTED}
    lost = ANSWERING - statuses[200] + abs(statuses[200] - sum(right[name] for name in COUNTED[:3]))
    polls = [send(port, officer, "GET", f"{path}/counts", None, 200) for _ in range(POLLS)]
    assert all({name: told[name] for name in COUNTED} == right for _, told in polls), "counts are those of the rows"
    settled_s = await settle(watchers, right) - ended
    stood_down_s, _ = send(port, officer, "POST", f"{path}/stand-down", {"summary": "积水已退。"}, 200)
    for watcher in watchers:
        assert watcher.thread is not None
        await asyncio.to_thread(watcher.thread.join, 30)
    return Found(
        called=called,
        messages=messages,
        untold=to_be_told - messages,
        told_s=told_s,
        answered_s=ended - began,
        p50_ms=statistics.median(latencies) * 1000,
        p99_ms=sorted(latencies)[len(latencies) * 99 // 100] * 1000,
        lost=lost,
        counts_ms=statistics.median(seconds for seconds, _ in polls) * 1000,
        events=len(watchers[0].seen),
        settled_s=max(settled_s, 0),
        watchers_wrong=sum(counts_of(watcher) != right for watcher in watchers),
        stood_down_s=stood_down_s,
    )


async def settle(watchers: list[Watcher], right: dict[str, int]) -> float:
    """Wait until all who watch have seen the right counts, ten seconds at most; return when the last of them did."""
    for _ in range(100):
        if all(counts_of(watcher) == right for watcher in watchers):
            break
        await asyncio.sleep(0.1)
    return max(
        next((at for at, told in watcher.seen if counted(told) == right), time.perf_counter()) for watcher in watchers
    )


def counts_of(watcher: Watcher) -> dict[str, int]:
    """Return what somebody who watches was told last."""
    return counted(watcher.seen[-1][1]) if watcher.seen else {}


def counted(event: str) -> dict[str, int]:
    """Return the figures of an event."""
    told = json.loads(event)
    return {name: told[name] for name in COUNTED}


def answer_all(port: int, path: str, people: list[UUID]) -> tuple[list[float], Counter[int]]:
    """Have everybody answer once, on a few connections; return how long each took, and the statuses."""

    def answer_some(some: list[UUID]) -> tuple[list[float], list[int]]:
        connection, latencies, statuses = HTTPConnection("127.0.0.1", port, timeout=30), [], []
        for number, person in enumerate(some):
            said = ("coming", "coming", "coming", "later", "cannot")[number % 5]
            body = json.dumps({"answer": said, "minutes": None if said == "cannot" else 15})
            request = Request("PUT", f"{path}/answer", token_of(person), body)
            started = time.perf_counter()
            status, _ = call(connection, request, "")
            latencies.append(time.perf_counter() - started)
            statuses.append(status)
        return latencies, statuses

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = list(pool.map(answer_some, [people[n::CONNECTIONS] for n in range(CONNECTIONS)]))
    return [one for part in parts for one in part[0]], Counter(status for part in parts for status in part[1])


def send(port: int, person: UUID, method: str, path: str, form: object, expected: int) -> tuple[float, dict[str, Any]]:
    """Send one request on a connection of its own; return the seconds that it took, and the answer."""
    request = Request(method, path, token_of(person), json.dumps(form) if form else "")
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    started = time.perf_counter()
    status, body = call(connection, request, uuid4().hex)
    seconds = time.perf_counter() - started
    connection.close()
    assert status == expected, body
    return seconds, json.loads(body)


def token_of(person: UUID) -> str:
    """Return a token for one of the demo people."""
    return issue_token(SECRET, person, 1, now(), timedelta(days=1))
