"""Who is told what others decided on a shop, an offer, points, an application: whom it concerns, and nobody else."""

from typing import Any

import pytest

from tests.api import test_members, test_volunteers
from tests.api.test_identifications import approve, ask
from tests.branches import make_branch, member_of, stand
from tests.conftest import Jobs
from tests.factories import OFFER_FORM, REWARD_POINTS, World
from tests.inboxes import read_all, told
from tests.people import Person
from tests.roster import enrol, new_contact

REASON = {"reason": "请补充材料后再申请。"}


async def act(world: World, person: Person, path: str, form: object = None) -> Any:
    response = await world.api.post(path, person, form)
    assert response.status_code < 400, response.text
    return response.json()


async def test_shops(world: World):
    owner, clerk = await world.person(), await world.person()
    shop = await world.shop(owner, "applied")
    await world.clerk(owner, shop, clerk)
    path = f"/v1/merchants/{shop}"
    await act(world, world.alliance, f"{path}/approve")
    assert (await world.api.post(f"{path}/approve", world.alliance)).status_code == 409
    await act(world, world.alliance, f"{path}/suspend", {"vouchers": "honour", **REASON})
    await act(world, world.alliance, f"{path}/resume")
    refused = await world.shop(owner, "applied")
    await act(world, world.alliance, f"/v1/merchants/{refused}/refuse", REASON)
    messages = await read_all(world, owner)
    assert [message["kind"] for message in messages] == [
        "merchant_approved",
        "merchant_suspended",
        "merchant_resumed",
        "merchant_refused",
    ]
    assert all("“小面馆”" in message["body"] for message in messages)
    await act(world, owner, f"{path}/leave")
    assert await told(world, owner, clerk, world.alliance) == [[], [], []]


async def test_a_shop_that_nobody_owns_yet(world: World):
    contact = await enrol(world, new_contact())
    person = await world.database.reads.fetchrow("SELECT id FROM person WHERE user_id IS NULL ORDER BY id DESC LIMIT 1")
    assert contact
    shop = await world.listed_shop(person)
    await act(world, world.alliance, f"/v1/merchants/{shop}/suspend", {"vouchers": "honour", **REASON})
    count = "SELECT count(*) FROM message WHERE subject_id = $1"
    assert await world.database.reads.fetchval(count, shop) == 0


async def test_offers(world: World, jobs: Jobs):
    owner = await world.visitor()
    shop = await world.shop(owner)
    offers = []
    for words in ("微辣。", "一起去赌博"):
        form = OFFER_FORM | {"description": words}
        offers.append((await act(world, owner, f"/v1/merchants/{shop}/offers", form))["id"])
        await jobs.drain()
    assert await told(world, owner) == [["offer_listed", "offer_rejected"]]
    path = f"/v1/offers/{offers[0]}"
    await act(world, owner, f"{path}/pause")
    await act(world, owner, f"{path}/resume")
    assert await told(world, owner) == [[]], "they did it themselves"
    await act(world, world.alliance, f"{path}/pause", REASON)
    await act(world, world.alliance, f"{path}/resume")
    for action in ("approve", "reject"):
        offer_id = await world.offer(shop, status="reviewing")
        await act(world, world.alliance, f"/v1/offers/{offer_id}/{action}", REASON if action == "reject" else None)
    assert await told(world, owner, world.alliance) == [
        ["offer_paused", "offer_listed", "offer_listed", "offer_rejected"],
        [],
    ]


async def test_points_by_two_hands(world: World):
    holder, helper = await world.helper(points=9), await world.helper()
    for points in (5, -4):
        adjustment = await world.adjustment(holder, points)
        await act(world, world.administrator, f"/v1/adjustments/{adjustment}/approve")
    first, second = await read_all(world, holder)
    assert (first["kind"], second["kind"]) == ("points_added", "points_taken")
    assert ("5积分" in first["body"], "4积分" in second["body"]) == (True, True)
    refused = await world.adjustment(holder, 7)
    assert await told(world, holder) == [[]], "nothing has moved yet"
    await act(world, world.administrator, f"/v1/adjustments/{refused}/refuse", REASON)
    assert await told(world, holder, world.staff, world.administrator) == [[], ["adjustment_refused"], []]
    claim_id = await world.verified(await world.person(), helper)
    paper = {"reason": "服务没有发生。", "document": "核查记录第3页"}
    reversal = await act(world, world.staff, f"/v1/claims/{claim_id}/reverse-award", paper)
    await told(world, helper)
    await act(world, world.administrator, f"/v1/adjustments/{reversal['id']}/approve")
    [message] = await read_all(world, helper)
    assert (message["kind"], f"{REWARD_POINTS}积分" in message["body"]) == ("points_taken", True)


async def test_who_one_is(world: World):
    person, stranger = await world.person(), await world.person()
    asking = await ask(world, person, await enrol(world, new_contact()))
    assert await told(world, person) == [[]]
    assert (await approve(world, asking)).status_code == 200
    refused = await ask(world, stranger, new_contact())
    await act(world, world.staff, f"/v1/identifications/{refused}/refuse", REASON)
    assert await told(world, person, stranger, world.staff) == [["identified"], ["identification_refused"], []]
    await act(world, world.staff, f"/v1/identifications/{asking}/undo", REASON)
    kinds = "SELECT kind FROM message WHERE user_id = $1 ORDER BY id DESC LIMIT 1"
    assert await world.database.reads.fetchval(kinds, person.id) == "identification_undone"


@pytest.mark.parametrize(("hat", "forms"), [("member", test_members), ("volunteer", test_volunteers)])
async def test_members_and_volunteers(world: World, hat: str, forms: Any):
    approved, refused = await world.person(), await world.person()
    paths = [
        f"/v1/{hat}s/{(await act(world, person, f'/v1/{hat}s', forms.form(world)))['id']}"
        for person in (approved, refused)
    ]
    await act(world, world.staff, f"{paths[0]}/approve")
    await act(world, world.staff, f"{paths[1]}/refuse", REASON)
    assert await told(world, approved, refused, world.staff) == [[f"{hat}_approved"], [f"{hat}_refused"], []]
    await act(world, approved, f"{paths[0]}/leave", REASON)
    assert await told(world, approved, refused, world.staff) == [[], [], []]


async def test_standing_for_secretary(world: World):
    asked, own = await world.helper(), await world.helper()
    branch_id = await make_branch(world, None, asked, own)
    form = {"member_id": str(await member_of(world, asked)), **REASON}
    candidacy = await act(world, world.staff, f"/v1/branches/{branch_id}/candidacies", form)
    standing = await stand(world, branch_id, own)
    [message] = await read_all(world, asked)
    assert (message["kind"], "湖滨网格功能型党支部" in message["body"]) == ("candidacy_asked", True)
    await act(world, asked, f"/v1/branch-candidacies/{candidacy['id']}/agree")
    await act(world, world.staff, f"/v1/branch-candidacies/{standing}/accept")
    await act(world, world.staff, f"/v1/branch-candidacies/{candidacy['id']}/reject", REASON)
    assert await told(world, asked, own, world.staff) == [["candidacy_rejected"], ["candidacy_accepted"], []]
