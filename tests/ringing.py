"""People who let WeChat ring, and what rang; the hours are those of a day in Shanghai."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from asyncpg import Record

from app.core.clock import SHANGHAI, today
from app.core.db import Database
from app.domain.message_kinds import MessageKind
from app.domain.message_templates import Templates
from app.services import messages, subscriptions
from app.wechat import templates
from tests.factories import World, log_in
from tests.people import Person
from tests.random_words import letters
from tests.wechat.server import control, look

SEND = "/cgi-bin/message/subscribe/send"
TASK, CALL_OUT, POINTS = "simulator-task", "simulator-call-out", "simulator-points"
SENT = """
    INSERT INTO ring (id, user_id, template_id, words, is_urgent, status, due_at, msgid)
    SELECT id, user_id, 'T-one', '{}', false, 'sent', now(), $3 FROM message WHERE user_id = $1 AND subject_id = $2
"""
SHIPPED = templates.read(templates.DEVELOPMENT_FILE.read_text(encoding="utf-8"))


def here(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """Return an hour of today in Shanghai, or of another day."""
    return datetime.combine(today() + timedelta(days=days), time(hour, minute), SHANGHAI)


async def start(database: Database, ringing: Templates = SHIPPED) -> None:
    """Store by which templates messages ring, as a worker does at its start."""
    async with database.transaction() as connection:
        await subscriptions.sync(connection, ringing)


async def subscriber(world: World, *template_ids: str, times: int = 1, more_at_wechat: int = 0) -> Person:
    """Make somebody who said yes to templates, so many times to each, at WeChat and by its events at ours."""
    name = f"订户{letters(10)}"
    url = world.settings.wechat_base_url
    for _ in range(times + more_at_wechat):
        control(url, "subscribe", user=name, template_ids=list(template_ids))
    person = await log_in(world.api, world.database, name)
    async with world.database.transaction() as connection:
        for _ in range(times):
            await subscriptions.take_popup(
                connection, person.openid, [(template_id, "accept") for template_id in template_ids]
            )
    return person


async def tell(world: World, *people: Person, kind: MessageKind = MessageKind.CLAIM_DUE, **words: str) -> UUID:
    """Tell people something; return about what."""
    words = words or {"due": "7月3日", "area": "翠苑一区", "emergency": "暴雨"}
    subject_id = uuid4()
    async with world.database.transaction() as connection:
        await messages.tell(connection, [person.id for person in people], kind, subject_id, **words)
    return subject_id


async def rings(database: Database, person: Person) -> list[Record]:
    """Return what was to ring somebody, in the order in which they were told."""
    return await database.reads.fetch("SELECT * FROM ring WHERE user_id = $1 ORDER BY id", person.id)


async def statuses(database: Database, person: Person) -> list[str]:
    return [row["status"] for row in await rings(database, person)]


async def credits_of(database: Database, person: Person, template_id: str = TASK) -> int:
    sql = "SELECT credits FROM message_credit WHERE user_id = $1 AND template_id = $2"
    return int(await database.reads.fetchval(sql, person.id, template_id))


def heard(url: str, person: Person) -> list[dict[str, Any]]:
    """Return the messages that came to somebody's phone."""
    return [message for message in look(url, "messages") if message["openid"] == person.openid]


async def make_ring(world: World) -> UUID:
    """Make a ring of somebody whom WeChat does not know."""
    person = await world.person()
    await start(world.database)
    async with world.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO message_credit (user_id, template_id, credits, is_refused) VALUES ($1, $2, 1, false)",
            person.id,
            TASK,
        )
    await tell(world, person)
    [row] = await rings(world.database, person)
    return UUID(str(row["id"]))


async def make_sent_ring(world: World, person: Person) -> str:
    """Make a message that rang somebody's phone; return WeChat's id of it."""
    subject_id, msgid = await tell(world, person), str(uuid4().int >> 65)
    await world.database.writes.execute(SENT, person.id, subject_id, msgid)
    return msgid
