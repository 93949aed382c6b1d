"""Rings: each message at most once, to whom let it, by day; counted at the simulator, where they come to a phone."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core import clock
from app.core.db import Database
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.message_kinds import MessageKind
from app.domain.ringing_times import allowed_from
from app.jobs import wechat_sweeps
from app.jobs.handlers import Parts
from app.services import messages, ringing, subscriptions
from app.wechat import templates
from app.wechat.client import WeChat
from tests.conftest import Jobs
from tests.factories import World
from tests.ringing import (
    CALL_OUT,
    POINTS,
    SEND,
    TASK,
    credits_of,
    heard,
    here,
    rings,
    start,
    statuses,
    subscriber,
    tell,
)
from tests.wechat.server import APPID, SECRET, count_calls, forget_faults, order_fault

EVENTS = "SELECT action, to_state, facts FROM event WHERE subject_kind = 'ring' AND subject_id = $1 ORDER BY id"


@pytest.fixture
async def parts(database: Database, settings: Settings, faulty_wechat: str) -> AsyncIterator[Parts]:
    """The parts of a worker that has just started, with a client of WeChat that no other test has worn out."""
    await start(database)
    async with aclosing(WeChat(faulty_wechat, APPID, SECRET)) as wechat:
        yield Parts(database, wechat, settings)


async def ring(parts: Parts, hour: int = 12, minute: int = 0, *, days: int = 0) -> int:
    with clock.at(here(hour, minute, days=days)):
        return await wechat_sweeps.ring_waiting(parts)


async def ring_with_a_rested_client(parts: Parts) -> None:
    """Ring in the evening with a client that has forgotten that WeChat was busy; ours lives by another clock."""
    async with aclosing(WeChat(parts.settings.wechat_base_url, APPID, SECRET)) as wechat:
        await ring(replace(parts, wechat=wechat), 21)


async def tell_at(world: World, hour: int, *people: Any, kind: MessageKind = MessageKind.CLAIM_DUE) -> None:
    with clock.at(here(hour)):
        await tell(world, *people, kind=kind)


class TestOnce:
    async def test_told_is_rung_by_one_job_with_fields_that_fit(self, world: World, parts: Parts, jobs: Jobs):
        person, silent = await subscriber(world, CALL_OUT), await world.person()
        await tell(world, person, silent, kind=MessageKind.CALL_OUT)
        await jobs.drain()
        [message] = heard(parts.settings.wechat_base_url, person)
        [row] = await rings(world.database, person)
        assert message["fields"][0][::2] == ["thing1", "翠苑一区暴雨"]
        assert message["page"] == f"pages/messages/index?id={row['id']}"
        assert (row["status"], row["msgid"], row["tries"]) == ("sent", str(message["msgid"]), 1)
        assert await credits_of(world.database, person, CALL_OUT) == 0
        assert await rings(world.database, silent) == []
        events = await world.database.reads.fetch(EVENTS, row["id"])
        assert [event["to_state"] for event in events] == ["waiting", "sending", "sent"]
        await jobs.drain()
        await ring(parts)
        assert len(heard(parts.settings.wechat_base_url, person)) == 1

    @pytest.mark.usefixtures("parts")
    async def test_what_is_undone_never_rings(self, world: World):
        person = await subscriber(world, CALL_OUT)
        with contextlib.suppress(LookupError):
            async with world.database.transaction() as connection:
                await messages.tell(connection, [person.id], MessageKind.CALL_OUT_GROUP, new_id())
                raise LookupError
        assert await rings(world.database, person) == []

    async def test_each_message_takes_a_credit_and_without_one_wechat_is_not_asked(self, world: World, parts: Parts):
        url, person = parts.settings.wechat_base_url, await subscriber(world, TASK, times=2)
        for _ in range(4):
            await tell_at(world, 12, person)
        await ring(parts, 13)
        taken = sorted((row["status"], row["tries"]) for row in await rings(world.database, person))
        assert taken == [("refused", 0), ("refused", 0), ("sent", 1), ("sent", 1)]
        assert len(heard(url, person)) == 2
        await tell_at(world, 12, person)
        assert len(await statuses(world.database, person)) == 4, "who takes no more is not even put on the list"

    async def test_a_long_term_yes_lasts(self, world: World, parts: Parts, tmp_path: Path):
        shipped, title = templates.DEVELOPMENT_FILE.read_text(encoding="utf-8"), 'title = "任务提醒"'
        file = tmp_path / "templates.toml"
        lasting = shipped[: shipped.index("[moments]")].replace(title, f"{title}\nis_long_term = true")
        file.write_text(lasting, encoding="utf-8")
        parts = replace(parts, settings=parts.settings.model_copy(update={"wechat_templates": file}))
        await start(world.database, parts.ringing)
        person = await subscriber(world, TASK, more_at_wechat=1)
        for _ in range(2):
            await tell_at(world, 12, person)
        await ring(parts, 13)
        assert await statuses(world.database, person) == ["sent", "sent"]
        assert await credits_of(world.database, person) == 1

    async def test_what_one_statement_decides_and_tells_rings_within_a_minute(self, world: World, parts: Parts):
        person, silent = await subscriber(world, POINTS), await world.person()
        source = f"""
            SELECT user_id, user_id AS subject_id, '老街面馆' AS shop, 12 AS points
            FROM (VALUES ('{person.id}'::uuid), ('{silent.id}'::uuid)) AS v (user_id)
        """
        words = {"title": "'牛肉面'", "shop": "told.shop", "points": "told.points::text"}
        told = messages.tell_sql(MessageKind.VOUCHER_SETTLED, source, **words)
        await world.database.writes.execute(f"WITH {told} SELECT 1")
        with clock.at(allowed_from(clock.now() + timedelta(minutes=1), is_urgent=False)):
            await wechat_sweeps.ring_waiting(parts)
        [message] = heard(parts.settings.wechat_base_url, person)
        assert "老街面馆" in message["fields"][1][2]
        assert "12" in message["fields"][1][2]
        assert await statuses(world.database, silent) == []


class TestNotToBeRung:
    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ("UPDATE message SET read_at = now() WHERE user_id = $1", "expired"),
            ('UPDATE "user" SET is_blocked = true WHERE id = $1', "expired"),
            ("UPDATE message SET created_at = created_at - interval '2 days' WHERE user_id = $1", "expired"),
            ("UPDATE ring SET template_id = 'another' WHERE user_id = $1", "expired"),
            ("UPDATE message_template SET stopped_at = now() WHERE $1::uuid IS NOT NULL", "failed"),
            ("UPDATE message_credit SET credits = 0 WHERE user_id = $1", "refused"),
        ],
    )
    async def test_what_happened_since_it_was_told(self, world: World, parts: Parts, change: str, status: str):
        url, person = parts.settings.wechat_base_url, await subscriber(world, TASK)
        await tell_at(world, 12, person)
        await world.database.writes.execute(change, person.id)
        await ring(parts, 12, 1)
        assert await statuses(world.database, person) == [status]
        assert heard(url, person) == []
        await start(world.database)
        await ring(parts, 13)
        assert await statuses(world.database, person) == [status]


class TestQuietHours:
    async def test_night_waits_for_eight_and_a_call_out_does_not(self, world: World, parts: Parts):
        url, person = parts.settings.wechat_base_url, await subscriber(world, TASK, CALL_OUT)
        await tell_at(world, 23, person)
        await ring(parts, 23, 30)
        await ring(parts, 7, 59, days=1)
        assert await statuses(world.database, person) == ["waiting"]
        with clock.at(here(2)):
            await tell(world, person, kind=MessageKind.CALL_OUT)
        await ring(parts, 2, 1)
        assert await statuses(world.database, person) == ["waiting", "sent"]
        await world.database.writes.execute(
            "UPDATE message SET created_at = $2 WHERE user_id = $1", person.id, here(23)
        )
        await ring(parts, 8, 0, days=1)
        assert await statuses(world.database, person) == ["sent", "sent"]
        assert len(heard(url, person)) == 2

    async def test_what_was_due_in_the_evening_and_comes_late_waits_too(self, world: World, parts: Parts):
        person = await subscriber(world, TASK)
        await tell_at(world, 21, person)
        await ring(parts, 22)
        [row] = await rings(world.database, person)
        assert (row["status"], row["due_at"]) == ("waiting", here(8, days=1))


class TestAnswers:
    """What WeChat may answer: what becomes of the ring, how many credits are left of three, and whether it came."""

    @pytest.mark.parametrize(
        ("fault", "status", "left", "then"),
        [
            ({"errcode": 43101}, "refused", 0, "refused"),
            ({"errcode": 43108}, "waiting", 3, "sent"),
            ({"errcode": -1}, "waiting", 3, "sent"),
            ({"errcode": 45009}, "waiting", 3, "sent"),
            ({"errcode": 45011}, "waiting", 3, "sent"),
            ({"errcode": 40001}, "waiting", 3, "sent"),
            ({"path": "/cgi-bin/stable_token", "cut": True}, "waiting", 3, "sent"),
            ({"errcode": 40003}, "failed", 3, "failed"),
            ({"errcode": 47003}, "failed", 3, "failed"),
            ({"errcode": 45168}, "failed", 3, "failed"),
            ({"errcode": 49999}, "failed", 3, "failed"),
            ({"http_status": 502, "body": "bad gateway"}, "unknown", 2, "unknown"),
            ({"cut": True}, "unknown", 2, "unknown"),
            ({"cut": True, "after": True}, "unknown", 2, "unknown"),
        ],
        ids=lambda value: str(value) if isinstance(value, dict) else None,
    )
    async def test_one_answer(
        self, world: World, parts: Parts, fault: dict[str, Any], status: str, left: int, then: str
    ):
        url, person = parts.settings.wechat_base_url, await subscriber(world, TASK, times=3)
        await tell_at(world, 12, person)
        order_fault(url, **{"path": SEND, **fault})
        await ring(parts, 12, 1)
        [row] = await rings(world.database, person)
        assert (row["status"], row["tries"]) == (status, 1)
        assert row["errcode"] == fault.get("errcode")
        assert await credits_of(world.database, person) == left
        came = len(heard(url, person))
        assert came == ("after" in fault)
        before = count_calls(url, SEND)
        await ring(parts, 12, 1)
        assert count_calls(url, SEND) == before, "not before its time"
        await ring_with_a_rested_client(parts)
        assert await statuses(world.database, person) == [then]
        assert len(heard(url, person)) == came + (then == "sent")

    @pytest.mark.parametrize("errcode", [43107, 40037, 41030])
    async def test_a_template_that_wechat_refuses_rings_nobody_any_more(self, world: World, parts: Parts, errcode: int):
        url, people = parts.settings.wechat_base_url, [await subscriber(world, TASK, CALL_OUT) for _ in range(20)]
        order_fault(url, SEND, errcode=errcode, times=100)
        before = count_calls(url, SEND)
        await tell_at(world, 12, *people)
        await ring(parts, 12, 1)
        assert {status for person in people for status in await statuses(world.database, person)} == {"failed"}
        assert count_calls(url, SEND) - before <= ringing.LANES
        stopped = "SELECT DISTINCT template_id FROM message_template WHERE stopped_at IS NOT NULL"
        assert [row[0] for row in await world.database.reads.fetch(stopped)] == [TASK]
        await tell_at(world, 12, people[0])
        assert await statuses(world.database, people[0]) == ["failed"], "nothing is put on the list meanwhile"

    async def test_a_storm_of_busy_answers_is_not_answered_by_one(self, world: World, parts: Parts):
        url, people = parts.settings.wechat_base_url, [await subscriber(world, TASK) for _ in range(40)]
        await tell_at(world, 12, *people)
        order_fault(url, SEND, errcode=-1, times=None)
        before = count_calls(url, SEND)
        await ring(parts, 12, 1)
        assert count_calls(url, SEND) - before < 2 * ringing.LANES
        assert {status for person in people for status in await statuses(world.database, person)} == {"waiting"}
        forget_faults(url)
        await ring_with_a_rested_client(parts)
        assert {status for person in people for status in await statuses(world.database, person)} == {"sent"}
        assert {len(heard(url, person)) for person in people} == {1}

    async def test_a_message_that_wechat_loses_later_is_noted(self, world: World, parts: Parts):
        person = await subscriber(world, TASK)
        await tell_at(world, 12, person)
        await ring(parts, 12, 1)
        [row] = await rings(world.database, person)
        async with world.database.transaction() as connection:
            await subscriptions.take_sent(connection, [(row["msgid"], 0), ("1", 4)])
        assert await statuses(world.database, person) == ["sent"]
        async with world.database.transaction() as connection:
            await subscriptions.take_sent(connection, [(row["msgid"], 4)])
        assert await statuses(world.database, person) == ["failed"]

    async def test_after_a_month_it_is_forgotten_and_the_message_stays(self, world: World, parts: Parts):
        person = await subscriber(world, TASK)
        await tell_at(world, 12, person)
        await ring(parts, 12, 1)
        with clock.at(here(12, days=29)):
            await wechat_sweeps.forget_rings(parts)
        assert await statuses(world.database, person) == ["sent"]
        with clock.at(here(12, days=31)):
            assert await wechat_sweeps.forget_rings(parts) >= 1
            assert await wechat_sweeps.forget_rings(parts) == 0
        assert await rings(world.database, person) == []
        kept = await world.database.reads.fetchval("SELECT count(*) FROM message WHERE user_id = $1", person.id)
        assert kept == 1
