"""A picture passes by a clear word of WeChat alone; whatever else comes, or does not, it waits for a person (I10)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import Record

from app.core import clock
from app.core.clock import now
from app.domain.texts import CHECK_UNAVAILABLE, HELD_FOR_REVIEW, REJECTED_BY_CHECK
from app.jobs import media_sweeps
from app.services.media import checks
from app.services.media.links import Links
from tests.conftest import Jobs
from tests.factories import World
from tests.pushes import Pusher
from tests.wechat.server import count_calls, forget_faults, http, order_fault

CHECK = "/wxa/media_check_async"
LATER = timedelta(minutes=41)
ROW = "SELECT * FROM media WHERE id = $1"
KEPT = """
    SELECT status, suggest, label, trace_id FROM content_check
    WHERE subject_kind = 'media' AND subject_id = $1 AND part = 'picture'
"""
NOTES = "SELECT action, note FROM event WHERE subject_id = $1 AND action <> 'create' ORDER BY created_at"


@pytest.fixture
def pusher(world: World) -> Pusher:
    return Pusher.to(world.api.client, world.database, world.settings)


async def row_of(world: World, media_id: UUID) -> Record:
    row = await world.database.reads.fetchrow(ROW, media_id)
    assert row is not None
    return row


async def asked(world: World, jobs: Jobs) -> UUID:
    """Upload a picture and have WeChat asked about it; return its id."""
    media_id = await world.picture(await world.visitor())
    await jobs.drain()
    assert (await row_of(world, media_id))["status"] == "checking"
    return media_id


async def history(world: World, media_id: UUID) -> list[tuple[str, str | None]]:
    return [(row["action"], row["note"]) for row in await world.database.reads.fetch(NOTES, media_id)]


async def check_again(jobs: Jobs, media_id: UUID) -> None:
    parts = jobs.parts
    secret = parts.settings.data_key.get_secret_value()
    await checks.check(parts.database, parts.wechat, Links.of(parts.settings), secret, media_id)


def verdict(suggest: str, label: object = 20002, **changes: Any) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", "version": 2, "result": {"suggest": suggest, "label": label}, **changes}


@pytest.mark.parametrize(
    ("content", "status", "note", "label"),
    [
        (verdict("pass", 100), "passed", None, 100),
        (verdict("pass", "100"), "passed", None, 100),
        (verdict("review", 21000), "held", HELD_FOR_REVIEW, 21000),
        (verdict("risky"), "rejected", REJECTED_BY_CHECK, 20002),
        (verdict("pass", errcode=-1008), "held", CHECK_UNAVAILABLE, None),
        (verdict("pass", errcode="-1008"), "held", CHECK_UNAVAILABLE, None),
        (verdict("unheard of"), "held", CHECK_UNAVAILABLE, None),
        (verdict("pass", 2**40), "held", CHECK_UNAVAILABLE, None),
        ({"isrisky": 0, "status_code": 0}, "held", CHECK_UNAVAILABLE, None),
    ],
    ids=["pass", "number as text", "review", "risky", "-1008", "-1008 as text", "new word", "large label", "old shape"],
)
async def test_what_wechat_says_decides_once(
    world: World, jobs: Jobs, pusher: Pusher, content: dict[str, Any], status: str, note: str | None, label: int | None
):
    media_id = await asked(world, jobs)
    trace_id = (await row_of(world, media_id))["trace_id"]
    assert await pusher.tell("wxa_media_check", trace_id=trace_id, **content) == "done"
    after = await row_of(world, media_id)
    assert after["status"] == status
    kept = await world.database.reads.fetchrow(KEPT, media_id)
    assert kept is not None
    suggest = content.get("result", {}).get("suggest") if label is not None else None
    assert tuple(kept) == (status, suggest, label, trace_id)
    for other in ("pass", "risky"):
        assert await pusher.tell("wxa_media_check", trace_id=trace_id, **verdict(other)) == "done"
    assert (await row_of(world, media_id)) == after, "the first word counts"
    assert [each[1] for each in await history(world, media_id)] == [note]


async def test_a_word_that_comes_before_its_trace_id_is_stored(world: World, jobs: Jobs, pusher: Pusher):
    """WeChat was faster than our commit: the push waits, and is taken as soon as it is known what it is about."""
    media_id = await world.picture(await world.visitor())
    trace_id = uuid4().hex
    assert await pusher.tell("wxa_media_check", trace_id=trace_id, **verdict("pass")) is None
    assert (await row_of(world, media_id))["status"] == "checking"

    class Fast:
        async def check_media(self, *_arguments: object, **_options: object) -> str:
            return trace_id

    parts = jobs.parts
    secret = parts.settings.data_key.get_secret_value()
    await checks.check(parts.database, Fast(), Links.of(parts.settings), secret, media_id)  # type: ignore[arg-type]
    await jobs.drain()
    assert (await row_of(world, media_id))["status"] == "passed"


async def test_wechat_is_given_a_link_that_lives_for_hours_and_is_asked_once(
    world: World, jobs: Jobs, faulty_wechat: str
):
    before = count_calls(faulty_wechat, CHECK)
    media_id = await asked(world, jobs)
    await check_again(jobs, media_id)
    assert count_calls(faulty_wechat, CHECK) == before + 1, "twice the job, once the question"
    url = http.get(f"{faulty_wechat}/_simulator/pictures").json()[-1]["url"]
    path = url.removeprefix(world.settings.base_url)
    assert path.startswith(f"/v1/media/{media_id}/full")
    with clock.at(now() + timedelta(minutes=179)):
        fetched = await world.api.client.get(path)
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/jpeg")


async def test_silence_is_asked_into_once_more_and_then_left_to_people(world: World, jobs: Jobs, faulty_wechat: str):
    media_id = await asked(world, jobs)
    first = await row_of(world, media_id)
    await media_sweeps.tend_media_checks(jobs.parts)
    await jobs.drain()
    assert await row_of(world, media_id) == first, "it is not yet late"
    with clock.at(now() + LATER):
        await media_sweeps.tend_media_checks(jobs.parts)
        await check_again(jobs, media_id)
        second = await row_of(world, media_id)
        assert (second["tries"], second["status"]) == (2, "checking")
        assert (second["earlier_trace_id"], second["trace_id"] != first["trace_id"]) == (first["trace_id"], True)
        await media_sweeps.tend_media_checks(jobs.parts)
        assert (await row_of(world, media_id))["status"] == "checking"
    with clock.at(now() + LATER + LATER):
        await media_sweeps.tend_media_checks(jobs.parts)
        await check_again(jobs, media_id)
    assert (await row_of(world, media_id))["status"] == "held"
    assert await history(world, media_id) == [("hold_check", CHECK_UNAVAILABLE)]


async def test_the_first_answer_counts_though_it_was_asked_again(world: World, jobs: Jobs, pusher: Pusher):
    media_id = await asked(world, jobs)
    trace_id = (await row_of(world, media_id))["trace_id"]
    with clock.at(now() + LATER):
        await check_again(jobs, media_id)
    assert await pusher.tell("wxa_media_check", trace_id=trace_id, **verdict("risky")) == "done"
    assert (await row_of(world, media_id))["status"] == "rejected"


@pytest.mark.parametrize(
    ("fault", "tries"),
    [({"errcode": 61010}, 1), ({"errcode": 45009}, 2), ({"errcode": 87020}, 2), ({"cut": True}, 2), ({"body": "?"}, 2)],
    ids=str,
)
async def test_whatever_goes_wrong_a_person_looks(
    world: World, jobs: Jobs, faulty_wechat: str, fault: dict[str, Any], tries: int
):
    order_fault(faulty_wechat, CHECK, times=9, **fault)
    media_id = await world.picture(await world.visitor())
    for _ in range(3):
        await check_again(jobs, media_id)
    row = await row_of(world, media_id)
    assert (row["status"], row["tries"]) == ("held", tries)
    assert await history(world, media_id) == [("hold_check", CHECK_UNAVAILABLE)]


async def test_where_wechat_was_busy_the_next_sweep_asks_again(world: World, jobs: Jobs, faulty_wechat: str):
    order_fault(faulty_wechat, CHECK, errcode=45011)
    media_id = await world.picture(await world.visitor())
    await check_again(jobs, media_id)
    assert (await row_of(world, media_id))["trace_id"] is None
    forget_faults(faulty_wechat)
    await media_sweeps.tend_media_checks(jobs.parts)
    await jobs.drain()
    assert (await row_of(world, media_id))["status"] in {"checking", "held"}
    assert (await row_of(world, media_id))["tries"] == 2


async def test_who_was_not_seen_lately_is_looked_at_by_people(world: World, jobs: Jobs):
    media_id = await world.picture(await world.person())
    await jobs.drain()
    assert (await row_of(world, media_id))["status"] == "held"
