"""Pushing to the service as WeChat does, and as those do who only pretend to be WeChat."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from asyncpg import Record

from app.core.clock import now
from app.core.db import Database
from app.core.settings import Settings
from app.services import push_inbox, pushes
from app.wechat.push_codec import PushCodec
from tests.people import Person
from tests.random_words import letters

PATH = "/wechat/push"
ROW = "SELECT * FROM push_event WHERE fingerprint = $1"


def event(kind: str, **content: Any) -> bytes:
    """Return what WeChat would push; each one is another, if only by its number."""
    told = {"ToUserName": "gh_1", "FromUserName": "gh_service", "CreateTime": int(now().timestamp())}
    return json.dumps(
        {**told, "MsgType": "event", "Event": kind, "serial": uuid4().hex, **content}, ensure_ascii=False
    ).encode()


@dataclass(frozen=True)
class Pusher:
    """WeChat, as far as it pushes."""

    client: httpx.AsyncClient
    database: Database
    secret: str
    codec: PushCodec

    @classmethod
    def to(cls, client: httpx.AsyncClient, database: Database, settings: Settings) -> "Pusher":
        codec = PushCodec.of(
            settings.wechat_push_token.get_secret_value(),
            settings.wechat_push_aes_key.get_secret_value(),
            settings.wechat_appid,
        )
        return cls(client, database, settings.data_key.get_secret_value(), codec)

    def pretending(self, **changes: Any) -> "Pusher":
        """Return somebody who has not all that WeChat has."""
        return replace(self, codec=replace(self.codec, **changes))

    def envelope(self, content: bytes, *, after: timedelta = timedelta()) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the query and the body of a push."""
        timestamp, nonce = str(int((now() + after).timestamp())), letters(10)
        sealed = self.codec.seal(content, timestamp, nonce)
        query = {
            "signature": "not looked at",
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": "o-not-looked-at",
            "encrypt_type": "aes",
            "msg_signature": str(sealed["MsgSignature"]),
        }
        return query, {"ToUserName": "gh_1", "Encrypt": sealed["Encrypt"]}

    async def push(self, content: bytes, *, after: timedelta = timedelta()) -> httpx.Response:
        query, body = self.envelope(content, after=after)
        return await self.client.post(PATH, params=query, json=body)

    async def row(self, content: bytes) -> Record | None:
        """Return how an event stands in the inbox."""
        return await self.database.reads.fetchrow(ROW, push_inbox.fingerprint(content))

    async def keep(self, content: bytes) -> UUID:
        """Push an event and return its id in the inbox."""
        response = await self.push(content)
        assert (response.status_code, response.text) == (200, "success")
        row = await self.row(content)
        assert row is not None
        return UUID(bytes=row["id"].bytes)

    async def tell(self, kind: str, person: Person | None = None, **content: Any) -> str | None:
        """Push an event about somebody, take it as the job does, and return the note on it."""
        about = {"OpenID": person.openid} if person else {}
        plaintext = event(kind, **{**about, **content})
        await pushes.take(self.database, self.secret, await self.keep(plaintext))
        row = await self.row(plaintext)
        assert row is not None
        note: str | None = row["note"]
        return note
