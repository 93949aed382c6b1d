"""Call-outs at once: one confirmation, one call-out of an area, no answer lost and none after the end."""

from itertools import cycle

from app.domain.caller import Caller
from app.domain.kinds import CallOutAnswer
from app.schemas.call_outs import CallOutAnswerIn
from app.services.call_outs import answers
from tests.api.scene import problem
from tests.call_outs import FORM, gathering, ordered
from tests.concurrency.test_races import together
from tests.factories import World
from tests.strength import settle

TOLD = "SELECT count(*) FROM message WHERE subject_id = $1 AND kind = 'call_out'"
CALLED = "SELECT count(*) FROM call_out_person WHERE call_out_id = $1"


async def test_of_many_who_confirm_or_refuse_one_does(world: World):
    await settle(world, world.grid, members=20)
    for _ in range(3):
        call_out_id = await ordered(world)
        path = f"/v1/call-outs/{call_out_id}"
        others = [await world.person() for _ in range(2)]
        told = await together(
            *[world.api.post(f"{path}/confirm", world.administrator) for _ in range(4)],
            *[world.api.post(f"{path}/refuse", world.administrator, {"reason": "不必。"}) for _ in range(2)],
            *[world.api.post(f"{path}/withdraw", world.staff) for _ in range(2)],
            *[world.api.post(f"{path}/confirm", other) for other in others],
        )
        assert told == {"200": 1, "state-conflict": 7, "not-found": 2}
        called = await world.database.reads.fetchval(CALLED, call_out_id)
        row = (await world.api.get(path, world.staff)).json()
        assert bool(called) == (row["status"] == "gathering")
        assert await world.database.reads.fetchval(TOLD, call_out_id) == called
        if row["status"] == "gathering":
            await world.api.post(f"{path}/stand-down", world.staff, {"summary": "完。"})


async def test_an_area_is_called_out_once(world: World):
    await world.helper()
    form = FORM | {"area_id": str(world.community.id)}
    orders = [
        world.api.post("/v1/call-outs", person, form)
        for person, _ in zip(cycle([world.staff, world.administrator]), range(8), strict=False)
    ]
    assert await together(*orders) == {"201": 1, "call-out-active": 7}


async def test_no_answer_is_lost_and_none_comes_after_the_end(world: World):
    """Whoever was told 200 is in the figures of the end; whoever came later was told that it is over."""
    people = await settle(world, world.grid, volunteers=40)
    for _ in range(3):
        call_out_id = await gathering(world)
        path = f"/v1/call-outs/{call_out_id}"
        says = [world.api.put(f"{path}/answer", person, {"answer": "coming"}) for person in people]
        says[20:20] = [world.api.post(f"{path}/stand-down", world.staff, {"summary": "完。"})]
        told = await together(*says)
        assert set(told) <= {"200", "call-out-over"}
        over = await world.database.reads.fetchval("SELECT stood_down_at FROM call_out WHERE id = $1", call_out_id)
        counts = (await world.api.get(f"{path}/counts", world.staff)).json()
        assert counts["coming"] == told["200"] - 1
        events = """
            SELECT count(*) FROM event e JOIN call_out_person x ON x.id = e.subject_id
            WHERE x.call_out_id = $1 AND e.action = 'answer'
        """
        assert await world.database.reads.fetchval(events, call_out_id) == counts["coming"]
        assert over is not None


async def test_of_two_phones_the_last_word_counts(world: World):
    [person] = await settle(world, world.grid, volunteers=1)
    call_out_id = await gathering(world)
    path = f"/v1/call-outs/{call_out_id}/answer"
    words = ["coming", "later", "cannot"] * 4
    assert await together(*[world.api.put(path, person, {"answer": word}) for word in words]) == {"200": 12}
    last = """
        SELECT x.answer, (
            SELECT e.to_state FROM event e WHERE e.subject_id = x.id ORDER BY e.created_at DESC, e.id DESC LIMIT 1
        ) AS told
        FROM call_out_person x JOIN person p ON p.id = x.person_id WHERE x.call_out_id = $1 AND p.user_id = $2
    """
    row = await world.database.reads.fetchrow(last, call_out_id, person.id)
    assert row is not None
    assert row["answer"] == row["told"]


async def test_the_end_waits_for_those_who_are_just_answering(world: World):
    [person] = await settle(world, world.grid, volunteers=1)
    call_out_id = await gathering(world)
    form, path = CallOutAnswerIn(answer=CallOutAnswer.COMING), f"/v1/call-outs/{call_out_id}"
    summary = {"summary": "完。"}
    async with world.database.transaction() as connection:
        await answers.answer(connection, Caller(person.id), call_out_id, form)
        response = await world.api.post(f"{path}/stand-down", world.staff, summary)
        assert problem(response) == (503, "service-unavailable")
    assert (await world.api.post(f"{path}/stand-down", world.staff, summary)).status_code == 200
    assert (await world.api.get(f"{path}/counts", world.staff)).json()["coming"] == 1
