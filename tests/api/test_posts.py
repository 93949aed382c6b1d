"""Posts: a duty in an area, the person who holds it, the role that comes with it, and the queues that follow it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from app.domain.kinds import AreaKind, PostQueue
from app.services import people, posts
from tests.api.scene import make_volunteer, problem
from tests.api_client import ApiClient
from tests.factories import World, make_area, make_member
from tests.people import Person

CONTACT = {"name": "王小明", "phone": "13812345678"}


def new_contact() -> dict[str, str]:
    return {"name": "李大姐", "phone": f"139{uuid4().int % 10**8:08}"}


async def look(world: World, post_id: UUID, person: Person | None = None) -> dict[str, Any]:
    response = await world.api.get(f"/v1/posts/{post_id}", person or world.staff)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def queue(world: World, post_id: UUID, person: Person, kind: str) -> list[str]:
    response = await world.api.get(f"/v1/posts/{post_id}/queue", person, queue=kind)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


async def roles(world: World, person: Person) -> list[tuple[str, str]]:
    me = (await world.api.get("/v1/me", person)).json()
    return [(grant["role"], grant["area_id"]) for grant in me["grants"]]


class TestCreate:
    async def test_everybody_reads_the_duty_and_staff_the_holder(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "name": "网格长", "duty": "每天走一遍网格。"}
        made = await api.post("/v1/posts", world.staff, form)
        assert made.status_code == 201
        assert made.json()["actions"] == ["edit", "appoint", "close"]
        post_id = UUID(made.json()["id"])
        appointed = await api.post(f"/v1/posts/{post_id}/appoint", world.staff, CONTACT)
        holder = appointed.json()["holder"]
        assert (holder["name"], holder["phone"], holder["nickname"]) == ("王小明", "138****5678", None)
        seen = await look(world, post_id, await world.person())
        assert (seen["is_held"], "holder" in seen, seen["actions"]) == (True, False, [])
        assert await look(world, post_id, None) == await look(world, post_id, world.staff)
        assert (await api.get(f"/v1/posts/{post_id}")).json() == seen

    async def test_only_administrators_make_posts_that_carry_a_role(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "name": "网格员", "duty": "办事。", "role": "staff"}
        assert problem(await api.post("/v1/posts", world.staff, form)) == (403, "not-allowed")
        assert (await api.post("/v1/posts", world.administrator, form)).status_code == 201

    @pytest.mark.parametrize(
        "change",
        [
            {"role": "administrator"},
            {"queues": ["complaints"]},
            {"queues": ["complaints"], "role": "alliance"},
            {"queues": ["points"], "role": "staff"},
            {"name": " "},
            {"name": "长" * 31},
            {"duty": ""},
            {"area_id": "everywhere"},
        ],
    )
    async def test_bad_forms(self, api: ApiClient, world: World, change: dict[str, Any]):
        form = {"area_id": str(world.grid.id), "name": "网格长", "duty": "办事。"} | change
        assert problem(await api.post("/v1/posts", world.administrator, form)) == (422, "invalid-payload")

    async def test_a_name_stands_once_in_an_area(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "name": "网格长", "duty": "办事。"}
        first = await api.post("/v1/posts", world.staff, form)
        assert problem(await api.post("/v1/posts", world.staff, form)) == (409, "post-name-taken")
        assert (await api.post(f"/v1/posts/{first.json()['id']}/close", world.staff)).status_code == 200
        assert (await api.post("/v1/posts", world.staff, form)).status_code == 201

    async def test_an_area_that_is_not_there(self, api: ApiClient, world: World):
        form = {"area_id": str(uuid4()), "name": "网格长", "duty": "办事。"}
        assert problem(await api.post("/v1/posts", world.administrator, form)) == (422, "area-unknown")


class TestAppoint:
    async def test_the_role_comes_and_goes_with_the_post(self, api: ApiClient, world: World):
        post_id, worker = await world.post(role="staff"), await world.person()
        await world.appoint(post_id, worker)
        assert await roles(world, worker) == [("staff", str(world.grid.id))]
        left = await api.post(f"/v1/posts/{post_id}/vacate", world.administrator, {"reason": "调任其他社区。"})
        assert (left.status_code, left.json()["is_held"]) == (200, False)
        assert await roles(world, worker) == []
        again = await api.post(f"/v1/posts/{post_id}/vacate", world.administrator, {"reason": "调任其他社区。"})
        assert problem(again) == (409, "post-vacant")

    async def test_a_hand_over_leaves_no_moment_with_two_or_none(self, api: ApiClient, world: World):
        post_id, old, new = await world.post(role="staff"), await world.person(), await world.person()
        await world.appoint(post_id, old)
        await world.appoint(post_id, new)
        assert (await roles(world, old), len(await roles(world, new))) == ([], 1)
        held = (await api.get(f"/v1/posts/{post_id}/holdings", world.staff)).json()["items"]
        assert [item["until"] is None for item in held] == [True, False]
        assert held[1]["until"] >= held[1]["since"]

    async def test_one_person_holds_several_posts_and_leaves_them_one_by_one(self, api: ApiClient, world: World):
        worker = await world.person()
        both = [await world.post(role="staff", holder=worker) for _ in range(2)]
        assert len((await api.get("/v1/me/posts", worker)).json()["items"]) == 2
        await api.post(f"/v1/posts/{both[0]}/vacate", world.administrator, {"reason": "减负。"})
        assert await roles(world, worker) == [("staff", str(world.grid.id))]

    async def test_a_grant_of_a_post_ends_with_the_post_alone(self, api: ApiClient, world: World):
        worker = await world.person()
        await world.post(role="staff", holder=worker)
        grant_id = await world.database.reads.fetchval('SELECT id FROM "grant" WHERE user_id = $1', worker.id)
        taken = await api.request("DELETE", f"/v1/grants/{grant_id}", world.administrator)
        assert problem(taken) == (409, "grant-of-post")
        elsewhere = await World.make(world.database, world.api, world.settings)
        taken = await api.request("DELETE", f"/v1/grants/{grant_id}", elsewhere.administrator)
        assert problem(taken) == (404, "not-found")

    async def test_a_grant_by_hand_stays_beside_that_of_a_post(self, api: ApiClient, world: World):
        worker = await world.holder(Role.STAFF, world.grid)
        post_id = await world.post(role="staff", holder=worker)
        await api.post(f"/v1/posts/{post_id}/vacate", world.administrator, {"reason": "减负。"})
        assert await roles(world, worker) == [("staff", str(world.grid.id))]

    async def test_who_has_not_logged_in_gets_the_role_when_they_are_known(self, api: ApiClient, world: World):
        post_id, contact, user = await world.post(role="staff"), new_contact(), await world.person()
        assert (await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, contact)).status_code == 200
        secret = world.settings.data_key.get_secret_value()
        async with world.database.transaction() as connection:
            person_id = await people.enter(connection, secret, people.Contact(**contact))
            assert await connection.fetchval('SELECT count(*) FROM "grant" WHERE area_id = $1', world.grid.id) == 0
            await connection.execute("UPDATE person SET user_id = $2 WHERE id = $1", person_id, user.id)
            await posts.give_grants(connection, person_id)
            await posts.give_grants(connection, person_id)
        assert await roles(world, user) == [("staff", str(world.grid.id))]

    async def test_nobody_raises_themselves(self, api: ApiClient, world: World):
        post_id = await world.post(role="staff")
        form = {"user_id": str(world.administrator.id)}
        answer = await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, form)
        assert problem(answer) == (403, "own-interest")

    async def test_staff_leave_posts_with_a_role_alone(self, api: ApiClient, world: World):
        post_id = await world.post(role="staff")
        assert problem(await api.post(f"/v1/posts/{post_id}/appoint", world.staff, CONTACT)) == (403, "not-allowed")
        assert problem(await api.post(f"/v1/posts/{post_id}/close", world.staff)) == (403, "not-allowed")
        plain = await world.post()
        form = {"name": "网格员", "duty": "办事。", "role": "staff"}
        assert problem(await api.put(f"/v1/posts/{plain}", world.staff, form)) == (403, "not-allowed")

    async def test_a_held_post_keeps_its_role_and_stays(self, api: ApiClient, world: World):
        post_id = await world.post(holder=await world.person())
        form = {"name": "网格员", "duty": "办事。", "role": "staff"}
        assert problem(await api.put(f"/v1/posts/{post_id}", world.administrator, form)) == (409, "post-held")
        assert (await api.put(f"/v1/posts/{post_id}", world.administrator, form | {"role": None})).status_code == 200
        assert problem(await api.post(f"/v1/posts/{post_id}/close", world.administrator)) == (409, "post-held")

    async def test_a_closed_post_takes_nobody(self, api: ApiClient, world: World):
        post_id = await world.post()
        closed = await api.post(f"/v1/posts/{post_id}/close", world.administrator)
        assert (closed.json()["closed_at"] is not None, closed.json()["actions"]) == (True, [])
        answer = await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, CONTACT)
        assert problem(answer) == (409, "post-closed")
        listed = (await api.get("/v1/posts", area_id=world.grid.id)).json()["items"]
        assert str(post_id) not in {item["id"] for item in listed}
        listed = (await api.get("/v1/posts", area_id=world.grid.id, include_closed=True)).json()["items"]
        assert str(post_id) in {item["id"] for item in listed}

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"name": "王小明"},
            {"phone": "13812345678"},
            CONTACT | {"user_id": str(uuid4())},
            {"name": "王小明", "phone": "not a number"},
            {"name": "王小明", "phone": "-----------"},
        ],
    )
    async def test_forms_that_name_nobody_or_somebody_twice(self, api: ApiClient, world: World, form: dict[str, str]):
        post_id = await world.post()
        answer = await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, form)
        assert problem(answer) == (422, "invalid-payload")

    async def test_a_user_who_is_not_there(self, api: ApiClient, world: World):
        post_id = await world.post()
        answer = await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, {"user_id": str(uuid4())})
        assert problem(answer) == (422, "user-unknown")

    async def test_the_same_person_twice(self, api: ApiClient, world: World):
        post_id = await world.post()
        await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, CONTACT)
        again = await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, CONTACT)
        assert problem(again) == (409, "post-holder-same")

    async def test_events_tell_who_did_it_and_name_nobody(self, api: ApiClient, world: World):
        post_id = await world.post(role="staff")
        await api.post(f"/v1/posts/{post_id}/appoint", world.administrator, CONTACT)
        rows = await world.database.reads.fetch(
            "SELECT * FROM event WHERE subject_kind = 'post' AND subject_id = $1 ORDER BY created_at", post_id
        )
        assert [(row["action"], row["from_state"], row["to_state"]) for row in rows] == [
            ("create", None, "vacant"),
            ("appoint", "vacant", "held"),
        ]
        assert all(row["actor_id"] == world.administrator.id for row in rows)
        assert not any(value in str(dict(row)) for row in rows for value in CONTACT.values())


@pytest.fixture
async def chain(world: World) -> dict[str, UUID]:
    """A post of every queue in the grid, the community and the district, each held."""
    return {
        name: await world.post(area, role="staff", queues=list(PostQueue), holder=await world.person())
        for name, area in (("grid", world.grid), ("community", world.community), ("district", world.district))
    }


class TestQueues:
    async def test_each_thing_waits_for_the_nearest(self, world: World, chain: dict[str, UUID]):
        near = str(await world.wish(await world.person(), "reviewing"))
        far = str(await world.wish(await world.person(), "reviewing", area=world.other_grid))
        assert await queue(world, chain["grid"], world.staff, "wishes") == [near]
        assert await queue(world, chain["community"], world.staff, "wishes") == [far]
        assert await queue(world, chain["district"], world.staff, "wishes") == []

    async def test_what_a_vacant_post_had_falls_to_the_one_above_and_comes_back(
        self, world: World, chain: dict[str, UUID]
    ):
        wish = str(await world.wish(await world.person(), "reviewing"))
        for name in ("grid", "community"):
            answer = await world.api.post(f"/v1/posts/{chain[name]}/vacate", world.administrator, {"reason": "退休。"})
            assert answer.status_code == 200
        assert await queue(world, chain["grid"], world.staff, "wishes") == []
        assert await queue(world, chain["district"], world.staff, "wishes") == [wish]
        answering = (await look(world, chain["grid"]))["answered_by"]
        assert {one["queue"] for one in answering} == set(PostQueue)
        assert {one["post_id"] for one in answering} == {str(chain["district"])}
        await world.appoint(chain["grid"], await world.person())
        assert await queue(world, chain["grid"], world.staff, "wishes") == [wish]
        assert {one["post_id"] for one in (await look(world, chain["grid"]))["answered_by"]} == {str(chain["grid"])}

    async def test_a_post_of_another_queue_does_not_answer(self, world: World):
        above = await world.post(world.community, role="staff", queues=["wishes"], holder=await world.person())
        await world.post(role="staff", queues=["complaints"], holder=await world.person())
        wish = str(await world.wish(await world.person(), "reviewing"))
        assert await queue(world, above, world.staff, "wishes") == [wish]
        assert await queue(world, above, world.staff, "complaints") == []

    async def test_nobody_above_answers(self, world: World):
        post_id = await world.post(role="staff", queues=["wishes"])
        [one] = (await look(world, post_id))["answered_by"]
        assert one == {"queue": "wishes", "post_id": None, "post_name": None, "area": None}

    async def test_complaints_wait_where_they_have_been_handed_to(self, world: World, chain: dict[str, UUID]):
        complaint = await world.complaint(await world.person())
        assert await queue(world, chain["grid"], world.staff, "complaints") == [str(complaint)]
        up = await world.api.post(f"/v1/complaints/{complaint}/escalate", world.staff, {"reason": "需要社区协调。"})
        assert up.status_code == 200, up.text
        assert await queue(world, chain["grid"], world.staff, "complaints") == []
        assert await queue(world, chain["community"], world.staff, "complaints") == [str(complaint)]

    async def test_every_queue_leads_to_its_things(self, api: ApiClient, world: World, chain: dict[str, UUID]):
        complaint = await world.complaint(await world.person())
        wish = await world.wish(await world.person(), "reviewing")
        member = await make_member(world.database, await world.person(), world.grid, world.unit_id, "applied")
        volunteer = await make_volunteer(world, await world.person())
        _, claim = await world.delivered(await world.person(), await world.helper())
        found = {}
        for kind in PostQueue:
            items = (await api.get(f"/v1/posts/{chain['grid']}/queue", world.staff, queue=kind)).json()["items"]
            found[kind] = [item["id"] for item in items]
            for item in items:
                assert (await api.get(item["path"], world.staff)).status_code == 200, item
        assert found == {
            "complaints": [str(complaint)],
            "wishes": [str(wish)],
            "enrolments": [str(member), str(volunteer)],
            "deliveries": [str(claim)],
        }

    async def test_pages_go_on_where_they_ended(self, api: ApiClient, world: World, chain: dict[str, UUID]):
        wishes = [str(await world.wish(await world.person(), "reviewing")) for _ in range(5)]
        path, found, cursor = f"/v1/posts/{chain['grid']}/queue", [], None
        while True:
            params = {"queue": "wishes", "limit": 2} | ({"cursor": cursor} if cursor else {})
            answer = (await api.get(path, world.staff, **params)).json()
            found += [item["id"] for item in answer["items"]]
            cursor = answer["next_cursor"]
            if cursor is None:
                break
        assert found == wishes
        assert problem(await api.get(path, world.staff, queue="deliveries", cursor="AAAA")) == (422, "cursor-invalid")

    async def test_ones_own_posts_say_how_much_waits(self, api: ApiClient, world: World):
        worker = await world.person()
        await world.post(role="staff", queues=["complaints", "wishes"], holder=worker)
        complaint = await world.complaint(await world.person())
        await world.wish(await world.person(), "reviewing")
        overdue = "UPDATE complaint SET accept_due_at = now() - interval '1 minute' WHERE id = $1"
        await world.database.writes.execute(overdue, complaint)
        [post] = (await api.get("/v1/me/posts", worker)).json()["items"]
        assert post["counts"] == [
            {"queue": "complaints", "waiting": 1, "overdue": 1},
            {"queue": "wishes", "waiting": 1, "overdue": 0},
        ]

    async def test_the_holder_works_on_the_queue(self, api: ApiClient, world: World):
        worker = await world.person()
        post_id = await world.post(role="staff", queues=["wishes"], holder=worker)
        wish = await world.wish(await world.person(), "reviewing")
        assert await queue(world, post_id, worker, "wishes") == [str(wish)]
        assert (await api.post(f"/v1/wishes/{wish}/approve", worker)).status_code == 200
        assert await queue(world, post_id, worker, "wishes") == []

    async def test_vacant_posts_can_be_listed(self, api: ApiClient, world: World):
        house = await make_area(world.database, world.grid, AreaKind.POST)
        vacant = await world.post(house)
        await world.post(holder=await world.person())
        listed = (await api.get("/v1/posts", world.staff, area_id=world.grid.id, is_vacant=True)).json()["items"]
        assert [item["id"] for item in listed] == [str(vacant)]
