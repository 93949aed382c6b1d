"""Patrol: a share of what machines let through comes before people, once, and stands until one of them says no."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.clock import now
from app.jobs import content_sweeps
from tests.api.test_posted_tasks import FORM, post
from tests.conftest import Jobs
from tests.factories import World
from tests.reviews import listed

PASS = """
    INSERT INTO content_check
        (id, subject_kind, subject_id, part, status, suggest, label, trace_id, decided_by, decided_at)
    VALUES (uuid_v7(), 'wish', $1, 'words', 'passed', 'pass', 100, 'trace', $2, $3) RETURNING id
"""


async def passed(world: World, wish_id: UUID, decided_by: UUID | None = None) -> UUID:
    """Have a machine let the words of a wish through, or a person after it."""
    moment = decided_by and now()
    check_id: UUID = await world.database.writes.fetchval(PASS, wish_id, decided_by, moment)
    return check_id


async def go_round(jobs: Jobs, percent: float, *, days: int = 1) -> None:
    """Go on patrol the day after, or days after."""
    settings = jobs.parts.settings.model_copy(update={"patrol_percent": percent})
    with clock.at(now() + timedelta(days=days)):
        await content_sweeps.patrol(replace(jobs.parts, settings=settings))


async def test_one_of_each_community_at_least_and_none_more_when_it_runs_again(world: World, jobs: Jobs):
    author = await world.person()
    made = {
        area.id: [await passed(world, await world.wish(author, area=area)) for _ in range(4)]
        for area in (world.grid, world.neighbour)
    }
    for _ in range(2):
        await go_round(jobs, 2)
        rows = await world.database.reads.fetch("SELECT id FROM content_check WHERE status = 'sampled'")
        sampled = {row["id"] for row in rows}
        assert [len(sampled.intersection(checks)) for checks in made.values()] == [1, 1]
    found = await listed(world, world.staff, area_id=world.grid.id)
    assert [(item["status"], item["actions"]) for item in found.values()] == [("sampled", ["pass", "reject"])]
    await go_round(jobs, 60)
    assert len(await listed(world, world.staff, area_id=world.grid.id)) == 3  # of four, rounded up


async def test_only_what_a_machine_alone_let_through_yesterday_and_what_still_stands(world: World, jobs: Jobs):
    author = await world.person()
    wishes = {name: await world.wish(author) for name in ("machine", "person", "gone", "old", "anew")}
    checks = {name: await passed(world, wish_id) for name, wish_id in wishes.items() if name != "person"}
    checks["person"] = await passed(world, wishes["person"], world.staff.id)
    assert (await world.api.post(f"/v1/wishes/{wishes['gone']}/withdraw", author)).status_code == 200
    later = await passed(world, wishes["anew"])
    await go_round(jobs, 0)
    await go_round(jobs, 100, days=2)
    assert await listed(world, world.staff) == {}
    await go_round(jobs, 100)
    assert set(await listed(world, world.staff)) == {checks["machine"], checks["old"], later}
    assert (await world.api.get(f"/v1/wishes/{wishes['machine']}")).json()["status"] == "published"


async def test_a_task_that_is_said_anew_is_looked_at_no_more(world: World, jobs: Jobs):
    """What was sampled is about words that are gone; the new ones have a check of their own."""
    task = await post(world)
    path = f"/v1/tasks/{task['id']}"
    assert (await world.api.post(f"{path}/open", world.administrator)).status_code == 200
    await world.database.writes.execute(
        "UPDATE content_check SET status = 'passed', suggest = 'pass', label = 100, decided_by = NULL "
        "WHERE subject_id = $1",
        UUID(task["id"]),
    )
    await go_round(jobs, 100)
    assert [item["status"] for item in (await listed(world, world.staff)).values()] == ["sampled"]
    form = {name: value for name, value in FORM.items() if name not in {"area_id", "kind"}}
    edited = await world.api.put(path, world.staff, form | {"title": "另一件事"})
    assert edited.status_code == 200, edited.text
    assert await listed(world, world.staff) == {}
