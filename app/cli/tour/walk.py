"""How the tour goes: one request a step, told in plain words; what is not as it should be ends it with a sentence."""

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from json import dumps
from types import TracebackType
from typing import Any, Self

import httpx
from rich.console import Console
from rich.text import Text

ANSWER_WITHIN_S = 15
COME_TRUE_WITHIN_S = 30
POLL_S = 0.3
BAD_DAY_TRIES = 20
LINE_CHARACTERS_MAX = 100
UUID_FORM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Json = dict[str, Any]


class StepFailedError(Exception):
    """A step did not go as it should; the message names it, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has logged in."""

    name: str
    id: str
    token: str
    me: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with."""

    status: int
    body: Json
    is_replay: bool

    def __getitem__(self, field: str) -> Any:
        if field not in self.body:
            raise StepFailedError(f"An answer has no {field}, which the tour needs: {str(self.body)[:500]}")
        return self.body[field]

    @property
    def actions(self) -> list[str]:
        return list(self.body.get("actions", []))


class Walk:
    """One walk along a server: asks, tells, and insists."""

    def __init__(self, url: str, wechat_url: str, *, is_bad_day: bool = False) -> None:
        """Walk along ``url``. On a bad day WeChat fails: what is told to come again does, and people check texts."""
        self.url = url.rstrip("/")
        self.wechat_url = wechat_url.rstrip("/")
        self.is_bad_day = is_bad_day
        # New names each time: the story can be lived again on the same server.
        self.ending = secrets.token_hex(3)
        self._client = httpx.Client(base_url=self.url, timeout=ANSWER_WITHIN_S)
        self._console = Console(highlight=False)
        self._steps = 0
        self._logins = 0
        self._sentence = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def steps(self) -> int:
        """How many steps went well."""
        return self._steps

    def chapter(self, title: str) -> None:
        """Print a heading."""
        self._console.print()
        self._console.print(Text(title, style="bold"))

    def say(self, sentence: str) -> None:
        """Print a line that is no step."""
        self._console.print(sentence)

    def ask(
        self,
        sentence: str,
        method: str,
        path: str,
        person: Person | None = None,
        json: Json | Callable[[], Json] | None = None,
        *,
        expect: int = 200,
        code: str | None = None,
        key: str | None = None,
        form: Mapping[str, str] | None = None,
        file: tuple[str, bytes] | None = None,
        note: Callable[[Json], object] | None = None,
    ) -> Answer:
        """Take one step: ask as ``person`` and insist on the status ``expect``, for a refusal on its ``code``.

        What is sent is ``json``, made anew for each try where it makes something, or ``form`` or a named ``file`` as a
        browser sends them; a list that comes back is told as ``items``.
        Every POST has an ``Idempotency-Key``, a new one unless ``key`` is given. ``note`` picks what to print of the
        answer. Raises StepFailedError.
        """
        self._sentence = sentence
        answer = self._send(method, path, person, json, key, form, file)
        self._insist(f"status {expect}", answer.status == expect, answer)
        if code is not None:
            self._insist(f"the problem {code}", answer.body.get("code") == code, answer)
        asked = f" {dumps(json, ensure_ascii=False)}" if json and not callable(json) else ""
        asked += f" {', '.join(name for name in form)}" if form else ""
        asked += f" {file[0]}" if file is not None else ""
        self._tell(method, path + asked, answer, note)
        return answer

    def insist(self, expected: str, holds: object, got: object) -> None:
        """Insist on what the last step must have brought. Raises StepFailedError."""
        if not holds:
            raise StepFailedError(
                f"Step {self._steps} failed. {self._sentence} Expected {expected}; got {str(got)[:500]}."
            )

    def wait_until(
        self,
        sentence: str,
        path: str,
        person: Person | None,
        is_so: Callable[[Json], bool],
        note: Callable[[Json], object],
        *,
        reviewer: Person | None = None,
    ) -> Answer:
        """Ask ``path`` until ``is_so`` or the patience is at its end; only the last answer is told.

        On a bad day ``reviewer`` passes meanwhile what WeChat could not be asked about.
        """
        self._sentence = sentence
        deadline = time.monotonic() + COME_TRUE_WITHIN_S
        while True:
            answer = self._send("GET", path, person)
            self._insist("status 200", answer.status == httpx.codes.OK, answer)
            if is_so(answer.body):
                return self.ask(sentence, "GET", path, person, note=note)
            if self.is_bad_day and reviewer is not None:
                self._pass_unchecked(reviewer)
            late = time.monotonic() > deadline
            self._insist(f"this within {COME_TRUE_WITHIN_S} s (does a worker run?)", not late, answer)
            time.sleep(POLL_S)

    def log_in(self, name: str, sentence: str) -> Person:
        """Log in ``name`` with a code never used before."""
        answer = self.ask(
            sentence,
            "POST",
            "/v1/auth/wechat",
            json=lambda: {"code": self.new_code(name)},
            note=lambda body: f"我是 {body['me']['nickname']}，登录有效至 {body['expires_at'][:10]}",
        )
        return Person(name, answer["me"]["id"], answer["token"], answer["me"])

    def new_code(self, name: str) -> str:
        """Return a code of the simulator that logs in ``name``."""
        self._logins += 1
        return f"sim-{name}-{self.ending}{self._logins}"

    def _pass_unchecked(self, reviewer: Person) -> None:
        """Pass what waits because no verdict came."""
        for item in self._send("GET", "/v1/reviews?limit=50", reviewer).body.get("items", []):
            if item["suggest"] is None and "pass" in item["actions"]:
                self._send("POST", f"/v1/reviews/{item['id']}/pass", reviewer)

    def _send(
        self,
        method: str,
        path: str,
        person: Person | None = None,
        json: Json | Callable[[], Json] | None = None,
        key: str | None = None,
        form: Mapping[str, str] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> Answer:
        """Send a request, on a bad day again under its key while the answer is to come again, as a phone does."""
        key = key or secrets.token_hex(16)
        for _ in range(BAD_DAY_TRIES if self.is_bad_day else 1):
            answer = self._send_once(method, path, person, json() if callable(json) else json, key, form, file)
            # A code may be spent though its answer never came: the client asks WeChat for another.
            is_spent = callable(json) and answer.status == httpx.codes.UNAUTHORIZED
            if answer.status != httpx.codes.SERVICE_UNAVAILABLE and not is_spent:
                break
            if self.is_bad_day:
                time.sleep(POLL_S)
        return answer

    def _send_once(
        self,
        method: str,
        path: str,
        person: Person | None,
        json: Json | None,
        key: str,
        form: Mapping[str, str] | None,
        file: tuple[str, bytes] | None,
    ) -> Answer:
        headers = {"Idempotency-Key": key} if method == "POST" else {}
        if person is not None:
            headers["Authorization"] = f"Bearer {person.token}"
        with self._reachable():
            files = {"file": file} if file is not None else None
            response = self._client.request(method, path, json=json, data=form, files=files, headers=headers)
        try:
            body = response.json() if response.content else {}
        except ValueError:
            body = {"detail": response.text[:200], "media_type": response.headers.get("Content-Type")}
            body |= {"bytes": len(response.content), "disposition": response.headers.get("Content-Disposition")}
        if isinstance(body, list):
            body = {"items": body}
        return Answer(response.status_code, body, response.headers.get("Idempotent-Replayed") == "true")

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise StepFailedError(
                f"Step {self._steps + 1} failed. {self._sentence} {self.url} does not answer "
                f"({type(error).__name__}): start it with `make run`, or name it with --url."
            ) from error

    def _tell(self, method: str, asked: str, answer: Answer, note: Callable[[Json], object] | None) -> None:
        """Count the step and print it: the sentence, what was asked, and in a few words what was answered."""
        try:
            told = note(answer.body) if note else answer.body.get("detail", "")
        except (LookupError, TypeError) as error:
            self._insist(f"an answer in its declared form ({error!r})", holds=False, answer=answer)
        self._steps += 1
        self._console.print(Text.assemble((f"{self._steps:3d}. ", "dim"), self._sentence))
        request = f"{method} {_shortened(UUID_FORM.sub(_tail_of_id, asked))}"
        self._console.print(Text.assemble("     ", (request, "cyan")), soft_wrap=True)
        self._console.print(
            Text.assemble("     ", (f"{answer.status}", "bold"), " ", _shortened(str(told))), soft_wrap=True
        )

    def _insist(self, expected: str, holds: object, answer: Answer) -> None:
        if not holds:
            raise StepFailedError(
                f"Step {self._steps + 1} failed. {self._sentence} "
                f"Expected {expected}; got {answer.status} {str(answer.body)[:500]}."
            )


def _tail_of_id(found: re.Match[str]) -> str:
    """Return enough of an id to tell it from the others on the screen."""
    return f"…{found.group()[-4:]}"


def _shortened(text: str) -> str:
    line = text.replace("\n", " ")
    return line if len(line) <= LINE_CHARACTERS_MAX else f"{line[:LINE_CHARACTERS_MAX]}…"
