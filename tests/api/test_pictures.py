"""Pictures of wishes, deliveries, complaints and answers: who sees them when, and who decides on them."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from app.services.media import files
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.errands import open_errand
from tests.factories import World, picture_file
from tests.people import Person

DECIDE = "UPDATE media SET status = $2 WHERE id = ANY($1)"
ATTACH = """
    UPDATE media SET subject_kind = $2::text, subject_id = $3, position = array_position($1::uuid[], id),
        owner_id = CASE WHEN $2::text <> 'complaint' THEN owner_id END
    WHERE id = ANY($1)
"""
ANSWER = """
    UPDATE complaint SET status = $2, answer = '换好了。', outcome = 'resolved', answered_at = now() WHERE id = $1
"""
HOLD = """
    INSERT INTO content_check (id, subject_kind, subject_id, part, status)
    SELECT gen_random_uuid(), 'media', id, 'picture', 'held' FROM media WHERE id = ANY($1)
"""


async def decide(world: World, status: str, *ids: UUID) -> None:
    await world.database.writes.execute(DECIDE, ids, status)
    if status == "held":
        await world.database.writes.execute(HOLD, ids)


async def look(api: ApiClient, path: str, person: Person | None, name: str = "pictures") -> list[tuple[str, str]]:
    """Return which pictures somebody sees; each link that they are told opens."""
    response = await api.get(path, person)
    assert response.status_code == 200, response.text
    told = response.json()
    for part in name.split("."):
        told = told[part]
    for picture in told:
        for link in (picture["url"], picture["thumb_url"]):
            parts = urlsplit(link)
            assert (await api.request("GET", f"{parts.path}?{parts.query}")).status_code == 200
    return [(picture["id"], picture["status"]) for picture in told]


async def removable(api: ApiClient, path: str, person: Person | None) -> set[str]:
    """Return which pictures of a thing somebody is told that they may take back."""
    return {picture["id"] for picture in (await api.get(path, person)).json()["pictures"] if picture["actions"]}


def wish_form(world: World, *picture_ids: UUID) -> dict[str, Any]:
    form = {"area_id": str(world.grid.id), "category": "elderly", "title": "换灯泡", "body": "厨房的灯坏了。"}
    return form | {"picture_ids": [str(each) for each in picture_ids]}


async def cover_of(
    api: ApiClient, path: str, person: Person | None, subject_id: object, key: str = "id", **params: Any
) -> str | None:
    """Return by which picture a list shows something; its link opens it."""
    listed = (await api.get(path, person, **params)).json()["items"]
    [item] = [item for item in listed if item[key] == str(subject_id)]
    cover = item["cover"]
    if cover is None:
        return None
    assert cover.keys() == {"id", "thumb_url", "width", "height"}
    parts = urlsplit(cover["thumb_url"])
    assert (await api.request("GET", f"{parts.path}?{parts.query}")).status_code == 200
    return str(cover["id"])


async def test_pictures_of_a_wish(api: ApiClient, world: World):
    author, stranger = await world.person(), await world.helper()
    first, second = await world.picture(author), await world.picture(author, picture_file("red"))
    posted = await api.post("/v1/wishes", author, wish_form(world, second, first))
    assert posted.status_code == 201, posted.text
    wish_id, path = UUID(posted.json()["id"]), f"/v1/wishes/{posted.json()['id']}"
    unseen = [(str(second), "checking"), (str(first), "checking")]
    assert await look(api, path, author) == await look(api, path, world.staff) == unseen
    await world.database.writes.execute("UPDATE wish SET status = 'reviewing' WHERE id = $1", wish_id)
    assert (await api.post(f"{path}/approve", world.staff)).status_code == 200
    for person in (stranger, None):
        assert await look(api, path, person) == []
    await decide(world, "passed", second)
    await decide(world, "rejected", first)
    for person in (stranger, None):
        assert await look(api, path, person) == [(str(second), "passed")]
    assert await look(api, path, author) == [(str(second), "passed"), (str(first), "rejected")]
    assert (await api.delete(f"/v1/media/{first}", author)).status_code == 204
    assert await look(api, path, author) == [(str(second), "passed")]
    await self_claim_and_deliver(api, world, wish_id, author, stranger)


async def self_claim_and_deliver(api: ApiClient, world: World, wish_id: UUID, author: Person, helper: Person) -> None:
    """What was delivered is seen by the helper and staff at once, by the resident once it has passed."""
    claim_id, shown = await world.claim(helper, wish_id), await world.picture(helper)
    foreign = {"note": "换好了。", "picture_ids": [str(await world.picture(author))]}
    assert problem(await api.post(f"/v1/claims/{claim_id}/submit", helper, foreign)) == (422, "media-unknown")
    form = {"note": "换好了。", "picture_ids": [str(shown)]}
    assert (await api.post(f"/v1/claims/{claim_id}/submit", helper, form)).status_code == 200
    wish, claim = f"/v1/wishes/{wish_id}", f"/v1/claims/{claim_id}"
    for status, resident in (("checking", []), ("passed", [(str(shown), "passed")])):
        await decide(world, status, shown)
        for person in (helper, world.staff):
            assert await look(api, wish, person, "delivery.pictures") == [(str(shown), status)]
            assert await look(api, claim, person) == [(str(shown), status)]
        assert bool(await removable(api, claim, helper)) == (status == "checking")
        assert await removable(api, claim, world.staff) == set()
        assert await look(api, wish, author, "delivery.pictures") == resident
        assert await look(api, claim, author) == resident
    assert problem(await api.delete(f"/v1/media/{shown}", helper)) == (409, "state-conflict"), (
        "others have judged by it"
    )


async def test_lists_show_the_first_picture_that_has_passed(api: ApiClient, world: World):
    """To everybody, staff too; and of what may tell where somebody lives they show none."""
    await world.draw_all()
    author = await world.person()
    wish, shop = await world.wish(author), await world.shop(author)
    offer = await world.offer(shop)
    (errand, errand_task), complaint = await open_errand(world, author), await world.complaint(author)
    task = await world.task_of(wish)
    near, grid, district = world.place(15, 15) | {"radius_m": 1_800}, world.grid.id, world.district.id
    pictures = [await world.picture(author) for _ in range(7)]
    of_wish, of_offer, (of_errand,), (of_complaint,) = pictures[:3], pictures[3:5], pictures[5:6], pictures[6:]
    for kind, subject_id, shown in (
        ("wish", wish, of_wish),
        ("offer", offer, of_offer),
        ("errand", errand, [of_errand]),
        ("complaint", complaint, [of_complaint]),
    ):
        await world.database.writes.execute(ATTACH, shown, kind, subject_id)
    await decide(world, "passed", of_errand, of_complaint)
    for first_status, second_status, expected in (
        ("checking", "held", None),
        ("rejected", "passed", of_wish[1]),
        ("passed", "passed", of_wish[0]),
        ("removed", "checking", None),
    ):
        await decide(world, first_status, of_wish[0], of_offer[0])
        await decide(world, second_status, of_wish[1], of_wish[2], of_offer[1])
        seen = expected and str(expected)
        for person in (None, author, world.staff):
            assert await cover_of(api, "/v1/wishes", person, wish, area_id=grid) == seen
            assert await cover_of(api, "/v1/tasks/near", person, task, **near) == seen
            assert await cover_of(api, "/v1/tasks/near", person, task, **near, q="灯泡") == seen
        assert await cover_of(api, "/v1/me/wishes", author, wish) == seen
        seen = expected and str(of_offer[of_wish.index(expected)])
        for path in ("/v1/offers", f"/v1/merchants/{shop}/offers"):
            assert await cover_of(api, path, author, offer, area_id=district) == seen
    assert await cover_of(api, "/v1/tasks/near", author, errand_task, **near) is None
    listed = await api.get(f"/v1/walls/{grid}")
    assert str(complaint) in listed.text
    assert str(of_complaint) not in listed.text


@pytest.mark.parametrize("fault", ["another's", "used", "rejected", "nowhere", "twice", "seven", "no id"])
async def test_pictures_that_may_not_be_shown(api: ApiClient, world: World, fault: str):
    author = await world.person()
    good = await world.picture(author)
    bad = [good, await world.picture(author)]
    refusal = (422, "media-unknown")
    if fault == "another's":
        bad[1] = await world.picture(await world.person())
    elif fault == "used":
        assert (await api.post("/v1/wishes", author, wish_form(world, bad[1]))).status_code == 201
    elif fault == "rejected":
        await decide(world, "rejected", bad[1])
    elif fault == "nowhere":
        bad[1] = uuid4()
    elif fault == "twice":
        bad[1] = good
    else:
        bad, refusal = [good] * 7 if fault == "seven" else ["x"], (422, "invalid-payload")  # type: ignore[list-item]
    wishes = "SELECT count(*) FROM wish WHERE author_id = $1"
    before = await world.database.reads.fetchval(wishes, author.id)
    assert problem(await api.post("/v1/wishes", author, wish_form(world, *bad))) == refusal
    assert await world.database.reads.fetchval(wishes, author.id) == before
    assert (await api.post("/v1/wishes", author, wish_form(world, good))).status_code == 201, "it is still free"


async def test_pictures_of_a_complaint_and_of_its_answer(api: ApiClient, world: World):
    """No table ties the picture of a complaint to who uploaded it (I9)."""
    author, stranger = await world.person(), await world.person()
    picture = await world.picture(author)
    form = {"area_id": str(world.grid.id), "category": "lighting", "title": "楼道灯坏了", "body": "三天没亮了。"}
    posted = await api.post("/v1/complaints", author, form | {"picture_ids": [str(picture)]})
    assert posted.status_code == 201, posted.text
    complaint_id, path = UUID(posted.json()["id"]), f"/v1/complaints/{posted.json()['id']}"
    owner = "SELECT owner_id FROM media WHERE id = $1"
    assert await world.database.reads.fetchval(owner, picture) is None
    actors = "SELECT actor_id FROM event WHERE subject_id IN ($1, $2) AND actor_id IS NOT NULL"
    assert await world.database.reads.fetch(actors, picture, complaint_id) == []
    assert await look(api, path, author) == await look(api, path, world.staff) == [(str(picture), "checking")]
    await world.database.writes.execute("UPDATE complaint SET status = 'reviewing' WHERE id = $1", complaint_id)
    assert (await api.post(f"{path}/admit", world.staff)).status_code == 200
    assert await look(api, path, stranger) == []
    await decide(world, "passed", picture)
    assert await look(api, path, stranger) == await look(api, path, None) == [(str(picture), "passed")]
    assert (await api.post(f"{path}/accept", world.staff)).status_code == 200
    repaired = await world.picture(world.staff)
    answer = {"answer": "换好了灯泡。", "outcome": "resolved", "picture_ids": [str(repaired)]}
    assert (await api.post(f"{path}/answer", world.staff, answer)).status_code == 200
    assert await look(api, path, world.staff, "answer_pictures") == [(str(repaired), "checking")]
    assert await look(api, path, author, "answer_pictures") == []
    await decide(world, "passed", repaired)
    assert await look(api, path, author, "answer_pictures") == [(str(repaired), "passed")]
    assert await look(api, path, stranger, "answer_pictures") == [], "the answer itself is not public yet"


async def test_an_author_takes_back_what_others_have_seen(api: ApiClient, world: World, jobs: Jobs):
    """A picture may show a home: what was published with it goes from everybody, its files too."""
    author = await world.person()
    wish, offer = await world.wish(author), await world.offer(await world.shop(author))
    errand, _ = await open_errand(world, author)
    for kind, subject_id, path in (
        ("wish", wish, "/v1/wishes"),
        ("errand", errand, "/v1/errands"),
        ("offer", offer, "/v1/offers"),
    ):
        picture, thing = await world.picture(author), f"{path}/{subject_id}"
        await world.database.writes.execute(ATTACH, [picture], kind, subject_id)
        await decide(world, "passed", picture)
        for person, expected in ((author, {str(picture)}), (world.staff, set()), (world.alliance, set())):
            if kind != "errand" or person is not world.alliance:
                assert await removable(api, thing, person) == expected
        url = (await api.get(thing, author)).json()["pictures"][0]["url"]
        for person in (world.staff, world.alliance, await world.helper()):
            assert problem(await api.delete(f"/v1/media/{picture}", person)) == (404, "not-found")
        assert (await api.delete(f"/v1/media/{picture}", author)).status_code == 204
        assert await look(api, thing, author) == []
        parts = urlsplit(url)
        assert (await api.request("GET", f"{parts.path}?{parts.query}")).status_code == 404
        await jobs.drain()
        assert [await jobs.parts.store.find(path) for path in files.paths_of(picture)] == [None, None]


async def test_a_complainant_takes_a_picture_back_until_there_is_an_answer(api: ApiClient, world: World):
    """Whose it is, the complaint's seal alone knows: no row and no event tells it (I9)."""
    author, joiner = await world.person(), await world.person()
    complaint = await world.complaint(author)
    path = f"/v1/complaints/{complaint}"
    assert (await api.post(f"{path}/join", joiner)).status_code == 200
    pictures = [await world.picture(author) for _ in range(3)]
    await world.database.writes.execute(ATTACH, pictures, "complaint", complaint)
    await decide(world, "passed", pictures[0])
    await decide(world, "held", pictures[1])
    every = {str(picture) for picture in pictures}
    for person, expected in ((author, every), (joiner, set()), (world.staff, set()), (None, set())):
        assert await removable(api, path, person) == expected
    for person in (joiner, world.staff, await world.person()):
        assert problem(await api.delete(f"/v1/media/{pictures[0]}", person)) == (404, "not-found")
    for picture in pictures[:2]:
        assert (await api.delete(f"/v1/media/{picture}", author)).status_code == 204
        assert problem(await api.delete(f"/v1/media/{picture}", author)) == (404, "not-found")
        events = await world.database.reads.fetch(
            "SELECT action, actor_id, party FROM event WHERE subject_id = $1 ORDER BY id DESC LIMIT 1", picture
        )
        assert [tuple(event) for event in events] == [("remove", None, "author")]
    assert await look(api, path, None) == []
    check = "SELECT status FROM content_check WHERE subject_id = $1"
    assert await world.database.reads.fetchval(check, pictures[1]) == "moot", "nobody has to look at it any more"
    for status, code, told in (
        ("answered", 409, set()),
        ("closed", 409, set()),
        ("reopened", 204, {str(pictures[2])}),
    ):
        await world.database.writes.execute(ANSWER, complaint, status)
        assert await removable(api, path, author) == told
        assert (await api.delete(f"/v1/media/{pictures[2]}", author)).status_code == code


async def test_people_decide_on_pictures_that_wait(api: ApiClient, world: World):
    author, unused = await world.person(), await world.picture(await world.person())
    wish_picture, own = await world.picture(author), await world.picture(world.staff)
    for person, picture in ((author, wish_picture), (world.staff, own)):
        assert (await api.post("/v1/wishes", person, wish_form(world, picture))).status_code == 201
    await decide(world, "held", wish_picture, own, unused)
    listed = (await api.get("/v1/reviews", world.staff, kind="picture")).json()["items"]
    told = {item["pictures"][0]["id"]: item for item in listed}
    assert set(told) == {str(wish_picture), str(own)}, "what belongs to nothing is nobody's to decide on"
    mine, waiting = told[str(own)], told[str(wish_picture)]
    assert (waiting["title"], waiting["area"]["id"], waiting["actions"]) == (
        "换灯泡",
        str(world.grid.id),
        ["pass", "reject"],
    )
    parts = urlsplit(waiting["pictures"][0]["url"])
    assert (await api.request("GET", f"{parts.path}?{parts.query}")).status_code == 200
    elsewhere = await World.make(world.database, api, world.settings)
    assert (await api.get("/v1/reviews", elsewhere.staff, kind="picture")).json()["items"] == []
    path = f"/v1/reviews/{waiting['id']}"
    assert problem(await api.post(f"{path}/pass", elsewhere.staff)) == (404, "not-found")
    assert problem(await api.post(f"/v1/reviews/{mine['id']}/pass", world.staff)) == (403, "own-interest")
    assert (await api.post(f"{path}/pass", world.staff)).json()["status"] == "passed"
    state = "SELECT m.status, k.status, k.decided_by FROM media m JOIN content_check k ON k.subject_id = m.id"
    row = await world.database.reads.fetchrow(f"{state} WHERE m.id = $1", wish_picture)
    assert row is not None
    assert tuple(row) == ("passed", "passed", world.staff.id)
    reason = {"reason": "看不清。"}
    colleague = await world.holder(Role.STAFF, world.grid)
    assert (await api.post(f"/v1/reviews/{mine['id']}/reject", colleague, reason)).json()["status"] == "rejected"
    row = await world.database.reads.fetchrow(f"{state} WHERE m.id = $1", own)
    assert row is not None
    assert tuple(row) == ("rejected", "rejected", colleague.id)
