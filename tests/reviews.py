"""Words of every kind that wait for people, for tests."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from app.services.reviews.queue import KINDS
from tests.api.test_posted_tasks import post as post_task
from tests.errands import make_errand
from tests.factories import World
from tests.people import Person
from tests.series import make_series

PUT = """
    WITH dropped AS (DELETE FROM content_check WHERE subject_id = $1 AND part = $3)
    INSERT INTO content_check (id, subject_kind, subject_id, part, status) VALUES (uuid_v7(), $2, $1, $3, $4)
    RETURNING id
"""


async def _wish(world: World, author: Person, *, sampled: bool) -> UUID:
    return await world.wish(author, "published" if sampled else "reviewing")


async def _complaint(world: World, author: Person, *, sampled: bool) -> UUID:
    return await world.complaint(author, "open" if sampled else "reviewing", body="打13812345678找我。")


async def _answer(world: World, author: Person, *, sampled: bool) -> UUID:
    complaint_id = await world.complaint(author, "answered")
    if sampled:
        response = await world.api.post(f"/v1/complaints/{complaint_id}/publish-answer", world.administrator)
        assert response.status_code == 200, response.text
    return complaint_id


async def _task(world: World, _author: Person, *, sampled: bool) -> UUID:
    task = await post_task(world)
    if sampled:
        assert (await world.api.post(f"/v1/tasks/{task['id']}/open", world.administrator)).status_code == 200
    return UUID(task["id"])


async def _series(world: World, _author: Person, *, sampled: bool) -> UUID:
    series = await make_series(world)
    if sampled:
        assert (await world.api.post(f"/v1/task-series/{series['id']}/open", world.administrator)).status_code == 200
    return UUID(series["id"])


async def _offer(world: World, author: Person, *, sampled: bool) -> UUID:
    return await world.offer(await world.shop(author), status="listed" if sampled else "reviewing")


async def _nickname(world: World, author: Person, *, sampled: bool) -> UUID:
    column = "nickname" if sampled else "pending_nickname"
    await world.database.writes.execute(f"UPDATE \"user\" SET {column} = '热心老王' WHERE id = $1", author.id)
    return author.id


async def _thanks(world: World, author: Person, *, sampled: bool) -> UUID:
    wish_id, _ = await world.delivered(author, await world.helper())
    thanked = await world.api.post(f"/v1/wishes/{wish_id}/confirm", author, {"rating": 5, "thanks": "谢谢"})
    assert thanked.status_code == 200, (thanked.text, sampled)
    return wish_id


async def _note(world: World, author: Person, *, sampled: bool) -> UUID:
    assert sampled in {True, False}
    return (await world.delivered(await world.person(), author))[1]


async def _errand(world: World, author: Person, *, sampled: bool) -> UUID:
    assert not sampled, "people read every errand before anybody else does"
    return await make_errand(world, author)


async def _picture(world: World, author: Person, *, sampled: bool) -> UUID:
    picture_id = await world.picture(author)
    wish = {"area_id": str(world.grid.id), "category": "elderly", "title": "想换个灯泡", "body": "灯坏了。"}
    posted = await world.api.post("/v1/wishes", author, wish | {"picture_ids": [str(picture_id)]})
    assert posted.status_code == 201, posted.text
    status = "passed" if sampled else "held"
    await world.database.writes.execute("UPDATE media SET status = $2 WHERE id = $1", picture_id, status)
    return picture_id


MAKE: dict[str, Callable[..., Awaitable[UUID]]] = {
    "wish": _wish,
    "errand": _errand,
    "complaint": _complaint,
    "answer": _answer,
    "task": _task,
    "task_series": _series,
    "offer": _offer,
    "nickname": _nickname,
    "thanks": _thanks,
    "note": _note,
    "picture": _picture,
}


async def waiting(world: World, kind: str, author: Person | None = None, status: str = "held") -> tuple[UUID, UUID]:
    """Let words of a kind wait for people; return the id of their thing and that of the review.

    Tasks, their series and answers are the staff's own; a note is the author's as a helper.
    """
    person = author or (await world.helper() if kind in {"note", "nickname"} else await world.person())
    subject_id = await MAKE[kind](world, person, sampled=status == "sampled")
    sort = KINDS[kind]
    review_id: UUID = await world.database.writes.fetchval(PUT, subject_id, sort.subject, sort.part, status)
    return subject_id, review_id


async def listed(world: World, person: Person, **asked: Any) -> dict[UUID, dict[str, Any]]:
    """Return what somebody finds in the queue of the world's district, by the ids of the reviews, in its order.

    Names of people who are at home nowhere come before the staff of every district.
    """
    asked = {"area_id": world.district.id, "limit": 50} | asked
    response = await world.api.get("/v1/reviews", person, **asked)
    assert response.status_code == 200, response.text
    return {UUID(item["id"]): item for item in response.json()["items"]}
