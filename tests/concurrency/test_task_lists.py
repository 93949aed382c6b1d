"""A month's list is published whole or not at all, whoever edits, cancels, checks or adds an item at that moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.domain.caller import Caller, HeldGrant, Role
from app.schemas.tasks import TaskEditIn
from app.services import posted_tasks, transitions
from app.services.places import Places
from app.services.task_lists import publishing
from tests.api.scene import problem
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.concurrency.test_races import together
from tests.factories import World
from tests.lists import ITEM, add_item, items_of, list_form, make_list

Act = Callable[[], Awaitable[Any]]
HOLD = "SELECT FROM task WHERE id = $1 FOR UPDATE"


async def drafted(world: World, *, passed: bool = True) -> tuple[str, UUID]:
    """Return a list of two items and the first of them."""
    path = await make_list(world)
    item = await add_item(world, path, passed=passed)
    await add_item(world, path, title="陪伴老人")
    return path, UUID(item["id"])


async def in_line(world: World, task_id: UUID, *acts: Act) -> list[Any]:
    """Let all wait for the row of an item, in this order, and then go; return what each came to."""
    async with world.database.transaction() as connection:
        await connection.execute(HOLD, task_id)
        begun = []
        for number, act in enumerate(acts, start=1):
            begun.append(asyncio.ensure_future(act()))
            await wait_until_blocked(world.database, number=number)
    return await asyncio.gather(*begun)


def publish_by_http(world: World, path: str) -> Act:
    return lambda: world.api.post(f"{path}/publish", world.staff, {})


async def seen(world: World, path: str) -> list[tuple[int, str, bool]]:
    """Return number, status and whether the words have passed of each item, as staff see them."""
    return [
        (item["item_number"], item["status"], item["is_checked"]) for item in await items_of(world, path, world.staff)
    ]


@pytest.mark.parametrize("first", ["publish", "edit"])
async def test_an_edit(world: World, first: str):
    """Either its new words are checked before the list can be published, or after; never do they open unchecked."""
    path, task_id = await drafted(world)
    publish = publish_by_http(world, path)

    async def edit() -> httpx.Response:
        return await world.api.put(f"/v1/tasks/{task_id}", world.staff, ITEM | {"title": "赌博筹码"})

    if first == "publish":
        published, edited = await in_line(world, task_id, publish, edit)
        assert (published.status_code, edited.status_code) == (200, 200)
        assert await seen(world, path) == [(1, "draft", False), (2, "open", True)]
        assert [item["item_number"] for item in await items_of(world, path)] == [2]
    else:
        edited, refused = await in_line(world, task_id, edit, publish)
        assert (edited.status_code, problem(refused)) == (200, (409, "list-unchecked"))
        assert await seen(world, path) == [(1, "draft", False), (2, "draft", True)]


@pytest.mark.parametrize("first", ["publish", "cancel"])
async def test_a_cancelled_item(world: World, first: str):
    """It is out before the others are numbered, or was published and its number stays its own."""
    path, task_id = await drafted(world)
    publish = publish_by_http(world, path)

    async def cancel() -> httpx.Response:
        return await world.api.post(f"/v1/tasks/{task_id}/cancel", world.staff, {"reason": "写错了。"})

    acts = (publish, cancel) if first == "publish" else (cancel, publish)
    assert [answer.status_code for answer in await in_line(world, task_id, *acts)] == [200, 200]
    assert await seen(world, path) == [(2 if first == "publish" else 1, "open", True)]


@pytest.mark.parametrize("first", ["publish", "verdict"])
async def test_the_verdict_on_an_item(world: World, first: str):
    path, task_id = await drafted(world, passed=False)

    async def pass_it() -> bool:
        async with world.database.transaction() as connection:
            return await posted_tasks.let_in(connection, task_id, transitions.SYSTEM)

    publish = publish_by_http(world, path)
    acts: tuple[Act, Act] = (publish, pass_it) if first == "publish" else (pass_it, publish)
    told = dict(
        zip(
            ("publish", "verdict") if first == "publish" else ("verdict", "publish"),
            await in_line(world, task_id, *acts),
            strict=True,
        )
    )
    assert told["verdict"]
    if first == "publish":
        assert problem(told["publish"]) == (409, "list-unchecked")
        assert await seen(world, path) == [(1, "draft", True), (2, "draft", True)]
    else:
        assert told["publish"].status_code == 200
        assert await seen(world, path) == [(1, "open", True), (2, "open", True)]


async def test_a_word_on_an_item_that_waited_through_publication_and_edit(world: World):
    """It looks what the list is once it has the item: or else it would wait for a publication that was."""
    path, task_id = await drafted(world, passed=False)
    staff = Caller(world.staff.id, grants=(HeldGrant(Role.STAFF, world.community.id),))
    async with world.database.transaction() as connection:
        await connection.execute(HOLD, task_id)
        word = asyncio.ensure_future(world.api.post(f"/v1/tasks/{task_id}/open", world.administrator))
        await wait_until_blocked(world.database)
        await posted_tasks.let_in(connection, task_id, transitions.SYSTEM)
        await publishing.publish(connection, staff, UUID(path.rpartition("/")[2]))
        await posted_tasks.edit(connection, Places(), staff, task_id, TaskEditIn(**ITEM | {"seats": 9}))
    assert (await word).status_code == 200
    assert await seen(world, path) == [(1, "open", True), (2, "open", True)]


async def test_published_twice_while_items_come_in(world: World):
    """One publishes it, whole; who adds an item comes before, so that nobody publishes it, or after and is refused."""
    path, _ = await drafted(world)
    answers = await together(
        *[
            world.api.post(f"{path}/{action}", world.staff, form)
            for action, form in 3 * [("publish", {}), ("items", ITEM)]
        ]
    )
    status = (await world.api.get(path, world.staff)).json()["status"]
    added = answers["201"]
    assert answers == (
        {"200": 1, "state-conflict": 5} if status == "published" else {"201": added, "list-unchecked": 3}
    )
    states = [state for _, state, _ in await seen(world, path)]
    assert states == (["open"] * 2 if status == "published" else ["draft"] * (2 + added))


async def test_lists_that_are_begun_at_once_have_numbers_of_their_own(world: World):
    paths = await asyncio.gather(*[make_list(world) for _ in range(6)])
    numbers = [(await world.api.get(path, world.staff)).json()["number"] for path in paths]
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    copies = [world.api.post(f"{paths[0]}/copy", world.staff) for _ in range(3)]
    assert await together(*copies) == {"201": 1, "list-copied": 2}
    assert (await world.api.post("/v1/task-lists", world.staff, list_form(world))).json()["number"] == 8
