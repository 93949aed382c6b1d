"""Clerks who do not give up: each scan is sent again with its key until the answer is definite."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from uuid import UUID, uuid4

from app.core.clock import now
from app.domain import codes
from bench.place import SECRET
from bench.scenarios import scan_body

THREADS = 64
TIMEOUT_S = 12
"""Longer than the server's own limits."""
PAUSE_S, PAUSE_MAX_S = 0.05, 0.5
PATIENCE_S = 90
PASSING = frozenset({"request-in-progress", "service-unavailable"})


@dataclass(eq=False)
class Scan:
    """One voucher's code before one clerk's terminal. The terminal remembers code and key, whatever happens."""

    voucher_id: UUID
    token: str
    key: str = field(default_factory=lambda: uuid4().hex)
    body: str = ""
    not_before: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read_code(self) -> str:
        """Return the request's body; the code is made when it is first shown, and stays with the key."""
        with self.lock:
            self.body = self.body or scan_body(self.voucher_id, SECRET, codes.step_start(now()) + codes.STEP)
            return self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """The definite answer to one attempt."""

    scan: Scan
    status: int
    body: bytes
    is_replay: bool
    tries: int

    @property
    def code(self) -> str:
        """The problem's code; empty when the voucher was settled."""
        return "" if self.status == 201 else str(json.loads(self.body)["code"])

    @property
    def redemption_id(self) -> UUID:
        """What the shop was told it settled."""
        return UUID(json.loads(self.body)["id"])


class Terminals:
    """Sixty-four of them, working off the attempts in order; attempts of one key may be under way at once."""

    def __init__(self, ports: Sequence[int], attempts: Sequence[Scan], *, is_new_key_each_try: bool = False) -> None:
        self.ports = ports
        self.wanted = len(attempts)
        self.answers: list[Answer] = []
        self.interrupted = 0
        self.passing: Counter[str] = Counter()
        """Answers that were not definite, by code."""
        self.given_up = 0
        self._is_new_key_each_try = is_new_key_each_try
        self._attempts: Iterator[Scan] = iter(attempts)
        self._turns = itertools.count()
        self._lock = threading.Lock()

    def run(self, meanwhile: Callable[[int], None]) -> None:
        """Make all attempts. ``meanwhile`` is called all the time, with how many have been answered."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            meanwhile(len(self.answers))
            time.sleep(0.02)

    def _work(self) -> None:
        connections = {port: HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S) for port in self.ports}
        while True:
            with self._lock:
                scan = next(self._attempts, None)
            if scan is None:
                break
            time.sleep(max(0.0, scan.not_before - time.time()))
            self._insist(scan, connections)
        for connection in connections.values():
            connection.close()

    def _insist(self, scan: Scan, connections: dict[int, HTTPConnection]) -> None:
        deadline, key = time.monotonic() + PATIENCE_S, scan.key
        for tries in itertools.count(1):
            connection = connections[self.ports[next(self._turns) % len(self.ports)]]
            answer = self._ask(connection, scan, key, tries)
            if answer is not None:
                with self._lock:
                    self.answers.append(answer)
                return
            if time.monotonic() > deadline:
                with self._lock:
                    self.given_up += 1
                return
            if self._is_new_key_each_try:
                key = uuid4().hex
            time.sleep(min(PAUSE_S * tries, PAUSE_MAX_S))

    def _ask(self, connection: HTTPConnection, scan: Scan, key: str, tries: int) -> Answer | None:
        """Return the answer when it is definite."""
        headers = {
            "Authorization": f"Bearer {scan.token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", "/v1/redemptions", scan.read_code(), headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException):
            connection.close()
            with self._lock:
                self.interrupted += 1
            return None
        answer = Answer(scan, response.status, body, "Idempotent-Replayed" in response.headers, tries)
        if response.status >= 500 or response.status == 429 or answer.code in PASSING:
            with self._lock:
                self.passing[answer.code] += 1
            return None
        return answer
