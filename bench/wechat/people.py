"""Clients on the way: each asks again with its Idempotency-Key while it is told to wait, as a phone does."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

TRIES = LOG_INS = 100
WAIT_S = 0.3
LATER = frozenset({429, 503})

serial = count(1)


class NotPossibleError(Exception):
    """The server does not do what is asked, however often."""


@dataclass
class Person:
    """Somebody with a phone."""

    http: httpx.AsyncClient
    name: str
    id: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def log_in(self) -> "Person":
        """Log in, with a new code each time, as a client does. Raises NotPossibleError."""
        for _ in range(LOG_INS):
            with suppress(httpx.TransportError):
                answer = await self.http.post("/v1/auth/wechat", json={"code": f"sim-{self.name}-{next(serial)}"})
                if answer.is_success:
                    body = answer.json()
                    self.id, self.headers = body["me"]["id"], {"Authorization": f"Bearer {body['token']}"}
                    return self
            await asyncio.sleep(WAIT_S)
        raise NotPossibleError("log in")

    async def get(self, path: str) -> dict[str, Any]:
        """Return what is told at ``path``. Raises NotPossibleError."""
        return dict((await self._ask("GET", path)).json())

    async def download(self, path: str) -> bytes:
        """Return what is at ``path``. Raises NotPossibleError."""
        return (await self._ask("GET", path)).content

    async def post(self, path: str, form: object = None, *, may_fail: Collection[int] = ()) -> dict[str, Any]:
        """POST until there is a definite answer; ``may_fail`` names statuses that are answers too."""
        answer = await self._ask("POST", path, may_fail, json=form)
        return {"status_code": answer.status_code, **(answer.json() if answer.content else {})}

    async def upload(self, content: bytes) -> dict[str, Any]:
        """Upload a picture as ``wx.uploadFile`` sends it."""
        return dict((await self._ask("POST", "/v1/media", files={"file": ("a.png", content)})).json())

    async def _ask(self, method: str, path: str, may_fail: Collection[int] = (), **sent: Any) -> httpx.Response:
        """Ask again under the same key, as a phone does, while nobody answers or the answer is to come again."""
        headers = {**self.headers, "Idempotency-Key": uuid4().hex}
        told = "no answer"
        for _ in range(TRIES):
            with suppress(httpx.TransportError):
                answer = await self.http.request(method, path, headers=headers, **sent)
                if answer.is_success or answer.status_code in may_fail:
                    return answer
                told = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in LATER and "request-in-progress" not in told:
                    break
            await asyncio.sleep(WAIT_S)
        raise NotPossibleError(f"{method} {path}: {told}")
