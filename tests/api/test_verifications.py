"""Verifying claims of one task together: the list of an activity, ticked off."""

from typing import Any
from uuid import UUID, uuid4

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_attendances import checked_in, set_back
from tests.api.test_posted_tasks import claim, posted, window
from tests.api_client import ApiClient
from tests.factories import World, make_grant

RATES = [{"kind": kind, "points": 3, "points_per_hour": 6} for kind in ("activity", "pairing")]


def ticks(*claim_ids: object, **minutes: int) -> dict[str, Any]:
    return {"claims": [{"id": str(claim_id)} | minutes for claim_id in claim_ids]}


async def test_the_list_of_an_activity(api: ApiClient, world: World):
    """Who delivered and who was there; who was not, gave back or was verified before stays as they are."""
    await world.policy(world.grid, rates=RATES)
    path = await posted(world, **window(-1, hours=2), seats=6)
    colleague = await world.holder(Role.STAFF, world.grid)
    delivered, there, told, absent, gone, before = helpers = [await world.helper() for _ in range(6)]
    ids = [
        str(await world.take_seat(delivered, UUID(path.rpartition("/")[2]), note="扫完了。")),
        str((await checked_in(world, path, there))["id"]),
        str((await checked_in(world, path, told))["id"]),
        *[str(await claim(world, path, helper)) for helper in (absent, gone, before)],
    ]
    await set_back(world, ids[1], 45)
    await world.database.writes.execute(
        "UPDATE task SET starts_at = now() - interval '2 hours' WHERE id = $1", path[10:]
    )
    await api.post(f"/v1/claims/{ids[4]}/release", gone)
    await api.post(f"/v1/claims/{ids[5]}/submit", before, {"note": "好了。"})
    await api.post(f"/v1/claims/{ids[5]}/verify", colleague)
    listed = {item["id"]: item["actions"] for item in (await api.get(f"{path}/claims", colleague)).json()["items"]}
    assert [listed[claim_id] for claim_id in ids[:4]] == [
        ["verify", "return", "refuse"],
        ["call_off", "tick", "check_out"],
        ["call_off", "tick", "check_out"],
        ["call_off"],
    ]
    form = {"claims": [{"id": ids[2], "minutes": 200}, *({"id": each} for each in (ids[0], ids[1], *ids[3:]))]}
    key = uuid4().hex
    answer, repeated = [await api.post(f"{path}/verify", colleague, form, key=key) for _ in range(2)]
    assert answer.status_code == 200, answer.text
    assert repeated.json() == answer.json()
    seen = {item["id"]: item for item in answer.json()["items"]}
    assert [(seen[each]["status"], seen[each]["minutes"]) for each in ids] == [
        ("verified", None),
        ("verified", 45),
        ("verified", 200),
        ("active", None),
        ("released", None),
        ("verified", None),
    ]
    assert seen[ids[2]]["attendance"]["minutes"] == 1, "the verifier said how long it was"
    points = [(await api.get("/v1/me/points", helper)).json()["spendable_points"] for helper in helpers]
    assert points == [3, 3 + 4, 3 + 20, 0, 0, 3]
    assert (await api.get("/v1/me/claims", there)).json()["limits"]["open_claims"] == 0
    events = "SELECT action, party FROM event WHERE subject_id = $1 AND subject_kind = 'claim' ORDER BY created_at"
    rows = await world.database.reads.fetch(events, UUID(ids[1]))
    assert [tuple(row) for row in rows] == [("create", "helper"), ("tick", "staff")]


async def test_by_who_posted_it_and_with_its_last_seat_it_ends(api: ApiClient, world: World):
    path = await posted(world, **window(-1), seats=2)
    ids = [(await checked_in(world, path, await world.helper()))["id"] for _ in range(2)]
    for left, status in ((ids[:1], "open"), (ids[1:], "closed")):
        assert (await api.post(f"{path}/verify", world.staff, ticks(*left))).status_code == 200
        assert (await api.get(path, world.staff)).json()["status"] == status


async def test_having_been_there_is_no_delivery_of_other_work(api: ApiClient, world: World):
    """What one does for a person is delivered in words, and confirmed by them."""
    path = await posted(world, kind="pairing")
    stay = await checked_in(world, path, await world.helper())
    answer = await api.post(f"{path}/verify", world.staff, ticks(stay["id"]))
    assert answer.json()["items"][0]["status"] == "active"
    author, helper = await world.person(), await world.helper()
    wish, delivered = await world.delivered(author, helper)
    answer = await api.post(f"/v1/tasks/{await world.task_of(wish)}/verify", world.staff, ticks(delivered))
    assert answer.json()["items"][0]["status"] == "verified"
    assert (await api.get(f"/v1/wishes/{wish}")).json()["status"] == "fulfilled"


async def test_each_refusal(api: ApiClient, world: World):
    officer = await world.helper()
    await make_grant(world.database, officer, world.grid, Role.STAFF)
    path, other_path = await posted(world, **window(-1)), await posted(world, **window(-1))
    own = (await checked_in(world, path, officer))["id"]
    theirs = (await checked_in(world, path, await world.helper()))["id"]
    foreign = await claim(world, other_path, await world.helper())
    here = f"{path}/verify"
    answer = await api.post(here, officer, ticks(theirs, own))
    assert problem(answer) == (403, "own-among-them")
    assert answer.json()["facts"] == {"claim_ids": own}
    answer = await api.post(here, world.staff, ticks(theirs, foreign, uuid4()))
    assert problem(answer) == (422, "claims-unknown")
    assert str(foreign) in answer.json()["facts"]["claim_ids"]
    for person in (await world.helper(), world.alliance, await world.holder(Role.STAFF, world.other_grid)):
        assert problem(await api.post(here, person, ticks(theirs))) == (403, "not-allowed")
    for form in (
        {"claims": []},
        {"claims": [{"id": theirs}] * 2},
        {"claims": [{"id": str(uuid4())} for _ in range(201)]},
        {"claims": theirs},
        *[ticks(theirs) | {"claims": [{"id": theirs, "minutes": minutes}]} for minutes in (0, 1441, "60", 1.5)],
    ):
        assert problem(await api.post(here, world.staff, form)) == (422, "invalid-payload")
    complaint = await world.complaint(officer, "accepted")
    helped = await world.called(complaint)
    done = await world.take_seat(await world.helper(), helped, note="好了。")
    assert problem(await api.post(f"/v1/tasks/{helped}/verify", officer, ticks(done))) == (403, "own-interest")
    assert (await api.get(f"/v1/claims/{theirs}", world.staff)).json()["status"] == "active"
