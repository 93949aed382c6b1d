"""Clients on the way: each asks again with its Idempotency-Key while it is told to wait, as a phone does."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

TRIES = 12
LOG_INS = 12
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
            answer = await self.http.post("/v1/auth/wechat", json={"code": f"sim-{self.name}-{next(serial)}"})
            if answer.is_success:
                body = answer.json()
                self.id, self.headers = body["me"]["id"], {"Authorization": f"Bearer {body['token']}"}
                return self
            await asyncio.sleep(WAIT_S)
        raise NotPossibleError(f"log in: {answer.status_code} {answer.text[:200]}")

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.http.get(path, headers=self.headers)
        if not answer.is_success:
            raise NotPossibleError(f"GET {path}: {answer.status_code} {answer.text[:200]}")
        return dict(answer.json())

    async def download(self, path: str) -> bytes:
        """Return what is at ``path``. Raises NotPossibleError."""
        answer = await self.http.get(path, headers=self.headers)
        if not answer.is_success:
            raise NotPossibleError(f"GET {path}: {answer.status_code} {answer.text[:200]}")
        return answer.content

    async def post(self, path: str, form: object = None, **given: Any) -> dict[str, Any]:
        """POST until there is a definite answer; ``may_fail`` names statuses that are answers too."""
        may_fail = given.pop("may_fail", ())
        headers = {**self.headers, "Idempotency-Key": uuid4().hex}
        for _ in range(TRIES):
            answer = await self.http.post(path, json=form, headers=headers, **given)
            if answer.is_success or answer.status_code in may_fail:
                return {"status_code": answer.status_code, **(answer.json() if answer.content else {})}
            if answer.status_code not in LATER:
                break
            await asyncio.sleep(WAIT_S)
        raise NotPossibleError(f"POST {path}: {answer.status_code} {answer.text[:300]}")

    async def upload(self, content: bytes) -> dict[str, Any]:
        """Upload a picture as ``wx.uploadFile`` sends it."""
        headers = {**self.headers, "Idempotency-Key": uuid4().hex}
        for _ in range(TRIES):
            answer = await self.http.post("/v1/media", files={"file": ("a.png", content)}, headers=headers)
            if answer.is_success:
                return dict(answer.json())
            if answer.status_code not in LATER:
                break
            await asyncio.sleep(WAIT_S)
        raise NotPossibleError(f"upload: {answer.status_code} {answer.text[:300]}")
