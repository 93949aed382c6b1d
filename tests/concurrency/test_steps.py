"""Many hands on one joint case at once: one lead, one step a unit, and no answer while a unit still owes its own."""

from typing import Any
from uuid import UUID

from tests.concurrency.test_complaints import act, count
from tests.concurrency.test_races import together
from tests.factories import DISPATCH_FORM, World, make_unit
from tests.people import Person

DONE = {"answer": "修好了。"}


def step(world: World, person: Person, step_id: UUID, action: str, body: object = None) -> Any:
    return world.api.post(f"/v1/steps/{step_id}/{action}", person, body)


async def steps_of(world: World, complaint: UUID) -> list[Any]:
    query = "SELECT * FROM complaint_step WHERE complaint_id = $1 AND status <> 'cancelled'"
    return list(await world.database.reads.fetch(query, complaint))


async def test_of_two_who_hand_it_out_the_second_says_who_has_to_act(world: World):
    units = [world.unit_id, *[await make_unit(world.database, world.grid) for _ in range(3)]]
    for _ in range(4):
        complaint = await world.complaint(status="accepted")
        forms = [
            {"lead_unit_id": str(units[n]), "co_unit_ids": [str(units[n + 1])], **DISPATCH_FORM} for n in (0, 1, 2)
        ]
        told = await together(*[act(world, world.staff, complaint, "dispatch", form) for form in forms])
        assert told == {"200": 3}
        found = await steps_of(world, complaint)
        assert len(found) == 2
        [lead] = [row["unit_id"] for row in found if row["is_lead"]]
        assert {str(row["unit_id"]) for row in found} in (
            {form["lead_unit_id"], *form["co_unit_ids"]} for form in forms if form["lead_unit_id"] == str(lead)
        )


async def test_a_step_is_answered_or_taken_off(world: World):
    worker = await world.unit_worker()
    outcomes = set()
    for _ in range(8):
        complaint = await world.complaint(status="accepted")
        [one] = (await world.dispatch(complaint)).values()
        told = await together(step(world, worker, one, "answer", DONE), step(world, world.staff, one, "cancel"))
        # An answer can be taken off as well; what was taken off first cannot be answered any more.
        assert told in ({"200": 2}, {"200": 1, "state-conflict": 1}, {"200": 1, "not-found": 1})
        assert await steps_of(world, complaint) == []
        outcomes.add(frozenset(told))
    assert outcomes


async def test_one_of_eight_answers_of_a_unit_counts(world: World):
    worker = await world.unit_worker()
    [one] = (await world.dispatch(await world.complaint(status="accepted"))).values()
    told = await together(*[step(world, worker, one, "answer", DONE) for _ in range(8)])
    assert told == {"200": 1, "state-conflict": 7}
    assert await count(world, one, "answer") == 1


async def test_a_complaint_is_answered_or_a_unit_acts_again(world: World):
    for _ in range(8):
        complaint = await world.complaint(status="accepted")
        [one] = (await world.dispatch(complaint)).values()
        assert (await step(world, world.staff, one, "answer", DONE)).status_code == 200
        told = await together(
            act(world, world.staff, complaint, "answer"),
            step(world, world.staff, one, "send-back", {"reason": "还没有修好"}),
        )
        assert told in ({"200": 1, "steps-open": 1}, {"200": 1, "state-conflict": 1})
        [found] = await steps_of(world, complaint)
        status = await world.database.reads.fetchval("SELECT status FROM complaint WHERE id = $1", complaint)
        assert (found["status"], found["is_told"], status) in (
            ("assigned", False, "accepted"),
            ("answered", True, "answered"),
        )


async def test_a_complaint_is_answered_or_handed_to_a_unit(world: World):
    form = {"lead_unit_id": str(world.unit_id), **DISPATCH_FORM}
    for _ in range(8):
        complaint = await world.complaint(status="accepted")
        told = await together(
            act(world, world.staff, complaint, "answer"), act(world, world.staff, complaint, "dispatch", form)
        )
        assert told in ({"200": 1, "steps-open": 1}, {"200": 1, "state-conflict": 1})
        assert len(await steps_of(world, complaint)) == told["steps-open"]
