"""Pledges: taking seats for a team or a branch, naming people, giving back, every end, and every refusal."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from app.jobs import handlers
from tests.api.scene import problem
from tests.api.test_posted_tasks import pass_time
from tests.api.test_waiting import fill_hands, place, wait
from tests.api_client import ApiClient
from tests.branches import join, lead, make_branch
from tests.conftest import Jobs
from tests.factories import World, make_grant
from tests.lists import published
from tests.people import Person
from tests.pledges import open_task, pledge, until

REASON = {"reason": "队伍解散。"}


class Group:
    """A team with its leader and people in it."""

    def __init__(self, team_id: UUID, leader: Person, people: Sequence[Person], places: Sequence[UUID]) -> None:
        self.team_id, self.leader, self.people, self.places = team_id, leader, people, places

    @classmethod
    async def make(cls, world: World, people: int = 2) -> "Group":
        leader, crowd = await world.helper(), [await world.helper() for _ in range(people)]
        team_id = await world.team(leader)
        return cls(team_id, leader, crowd, [await world.place_in_team(team_id, person) for person in crowd])

    async def pledge(self, world: World, task_id: str, heads: int) -> dict[str, Any]:
        return await pledge(world, self.leader, task_id, heads, team_id=self.team_id)


async def name(world: World, leader: Person, pledge_id: str, *places: UUID) -> Any:
    form = {"place_ids": [str(place_id) for place_id in places]}
    return await world.api.post(f"/v1/pledges/{pledge_id}/people", leader, form)


async def taken(world: World, task_id: str) -> int:
    """Return how many seats of a task are taken, as everybody sees it."""
    return int((await world.api.get(f"/v1/tasks/{task_id}", world.staff)).json()["seats_taken"])


async def own_claim(world: World, person: Person) -> dict[str, Any]:
    return dict((await world.api.get("/v1/me/claims", person)).json()["items"][0])


async def inbox(world: World, person: Person) -> list[tuple[str, str]]:
    """Return what somebody was told, newest first: the kind and what it is about."""
    items = (await world.api.get("/v1/me/messages", person)).json()["items"]
    return [(item["kind"], item["subject"]["id"]) for item in items]


async def actions_on(world: World, pledge_id: str) -> list[tuple[str, str, str | None]]:
    rows = await world.database.reads.fetch(
        "SELECT action, to_state, party FROM event WHERE subject_id = $1 ORDER BY created_at, id", UUID(pledge_id)
    )
    return [tuple(row) for row in rows]


class TestPledge:
    async def test_a_team_takes_seats_and_names_its_people(self, api: ApiClient, world: World):
        group = await Group.make(world)
        task_id = await open_task(world, starts_at=until(48), ends_at=until(50))
        made = await group.pledge(world, task_id, 3)
        starts_at = (await api.get(f"/v1/tasks/{task_id}")).json()["starts_at"]
        area = {"id": str(world.grid.id), "name": world.grid.name}
        assert made == {
            "id": made["id"],
            "task": made["task"] | {"id": task_id, "title": "周六清理楼道", "area": area},
            "group": made["group"] | {"kind": "team", "id": str(group.team_id), "area": area},
            "heads": 3,
            "named": 0,
            "status": "held",
            "name_by": starts_at,
            "created_at": made["created_at"],
            "actions": ["name", "claim", "change", "withdraw"],
            "people": [],
        }
        assert await taken(world, task_id) == 3
        named = (await name(world, group.leader, made["id"], *group.places)).json()
        assert (named["named"], [person["status"] for person in named["people"]]) == (2, ["active", "active"])
        assert await taken(world, task_id) == 3
        for person in group.people:
            claim = await own_claim(world, person)
            assert (claim["task"]["id"], claim["status"], claim["actions"]) == (
                task_id,
                "active",
                ["submit", "release", "cannot"],
            )
            assert await inbox(world, person) == [("claim_named", claim["id"])]
        own = await api.post(f"/v1/pledges/{made['id']}/claims", group.leader)
        assert (own.status_code, own.json()["status"]) == (201, "active")
        seen = (await api.get(f"/v1/pledges/{made['id']}", group.people[0])).json()
        assert (seen["named"], len(seen["people"]), seen["actions"]) == (3, 3, [])
        assert (await api.get(f"/v1/pledges/{made['id']}", group.leader)).json()["actions"] == ["change", "withdraw"]
        public = {key: value for key, value in seen.items() if key != "people"} | {"actions": []}
        for reader in (None, await world.helper()):
            assert (await api.get(f"/v1/pledges/{made['id']}", reader)).json() == public
            assert (await api.get(f"/v1/tasks/{task_id}/pledges", reader)).json()["items"] == [public]
        for person in (*group.people, world.staff):
            [listed] = (await api.get(f"/v1/tasks/{task_id}/pledges", person)).json()["items"]
            assert listed["people"] == seen["people"]
        assert (await api.get("/v1/me/pledges", group.people[1])).json()["items"] == [seen]
        assert await actions_on(world, made["id"]) == [
            ("create", "held", "owner"),
            ("name", "held", "owner"),
            ("claim", "held", "helper"),
        ]

    async def test_the_secretary_of_a_branch_does_and_staff_for_a_group(self, api: ApiClient, world: World):
        secretary, member = await world.helper(), await world.helper()
        branch_id = await make_branch(world, None, secretary)
        place_id = await join(world, branch_id, member)
        task_id = await open_task(world, area_id=str(world.community.id))
        form = {"branch_id": str(branch_id), "heads": 2}
        refused = await api.post(f"/v1/tasks/{task_id}/pledges", secretary, form)
        assert problem(refused) == (403, "not-allowed")  # nobody is in office yet
        await lead(world, branch_id, secretary)
        made = await pledge(world, secretary, task_id, 2, branch_id=branch_id)
        assert (made["group"]["kind"], made["group"]["id"]) == ("branch", str(branch_id))
        assert (await name(world, world.staff, made["id"], place_id)).json()["named"] == 1
        assert (await api.post(f"/v1/pledges/{made['id']}/claims", secretary)).status_code == 201
        assert [item["id"] for item in (await api.get("/v1/me/pledges", member)).json()["items"]] == [made["id"]]
        group = await Group.make(world)
        by_staff = await pledge(world, world.staff, task_id, 3, team_id=group.team_id)
        assert by_staff["actions"] == ["name", "change", "withdraw"]
        dissolved = await api.post(f"/v1/branches/{branch_id}/dissolve", world.staff, REASON)
        assert dissolved.status_code == 200
        assert (await api.get(f"/v1/pledges/{made['id']}")).json()["status"] == "ended"
        assert (await own_claim(world, member))["status"] == "active"

    async def test_an_item_of_the_months_list(self, world: World):
        group = await Group.make(world)
        _, [task_id] = await published(world, {"seats": 3})
        made = await group.pledge(world, task_id, 2)
        assert (await name(world, group.leader, made["id"], group.places[0])).json()["named"] == 1
        assert await taken(world, task_id) == 2

    async def test_what_is_refused(self, api: ApiClient, world: World):
        group, task_id = await Group.make(world), await open_task(world, seats=4)
        path, form = f"/v1/tasks/{task_id}/pledges", {"team_id": str(group.team_id), "heads": 2}

        async def told(person: Person, more: dict[str, Any], to: str = path) -> tuple[int, str]:
            return problem(await api.post(to, person, form | more))

        for more in ({"heads": 0}, {"heads": "2"}, {"heads": 1001}, {"team_id": None}, {"branch_id": str(uuid4())}):
            assert await told(group.leader, more) == (422, "invalid-payload")
        assert await told(group.leader, {}, f"/v1/tasks/{uuid4()}/pledges") == (404, "not-found")
        assert await told(group.leader, {"team_id": str(uuid4())}) == (422, "group-unknown")
        applied = await world.team(group.leader, status="applied")
        assert await told(group.leader, {"team_id": str(applied)}) == (422, "group-unknown")
        for person in (group.people[0], await world.holder(Role.STAFF, world.other_grid)):
            assert await told(person, {}) == (403, "not-allowed")
        assert await told(group.leader, {"heads": 5}) == (409, "seats-too-few")
        told_left = await api.post(path, group.leader, form | {"heads": 5})
        assert (told_left.json()["facts"], "4" in told_left.json()["detail"]) == ({"left": "4"}, True)
        elsewhere = await open_task(world, area_id=str(world.other_grid.id))
        assert await told(group.leader, {}, f"/v1/tasks/{elsewhere}/pledges") == (403, "group-elsewhere")
        wish_task = await world.task_of(await world.wish(await world.person()))
        complaint_task = await world.called()
        for own in (wish_task, complaint_task):
            assert await told(group.leader, {}, f"/v1/tasks/{own}/pledges") == (409, "task-for-persons")
        made = await group.pledge(world, task_id, 4)
        assert await told(group.leader, {}) == (409, "already-pledged")
        other = await Group.make(world, 0)
        assert await told(other.leader, {"team_id": str(other.team_id)}) == (409, "task-full")
        assert problem(await api.post(f"/v1/tasks/{task_id}/claims", other.leader)) == (409, "task-full")
        assert (await api.post(f"/v1/pledges/{made['id']}/claims", group.leader)).status_code == 201
        assert (await api.post(f"/v1/tasks/{task_id}/close", world.staff)).json()["status"] == "closed"
        assert await told(other.leader, {"team_id": str(other.team_id)}) == (409, "task-not-open")


class TestName:
    async def test_all_or_nobody_and_it_is_not_said_why(self, api: ApiClient, world: World):
        group = await Group.make(world, 6)
        busy, gone, claimed, poster, out, fit = group.people
        await make_grant(world.database, poster, world.grid, Role.STAFF)
        form = {"area_id": str(world.grid.id), "kind": "patrol", "title": "夜间巡逻", "seats": 9}
        task_id = (await api.post("/v1/tasks", poster, form)).json()["id"]
        assert (await api.post(f"/v1/tasks/{task_id}/open", world.administrator)).status_code == 200
        made = await group.pledge(world, task_id, 3)
        await fill_hands(world, busy)
        await world.database.writes.execute('UPDATE "user" SET is_blocked = true WHERE id = $1', gone.id)
        assert (await api.post(f"/v1/tasks/{task_id}/claims", claimed)).status_code == 201
        await api.post(f"/v1/teams/members/{group.places[4]}/leave", out)
        elsewhere = await world.place_in_team(await world.team(await world.helper()), await world.helper())
        for place_id in (*group.places[:5], elsewhere, uuid4()):
            assert problem(await name(world, group.leader, made["id"], group.places[5], place_id)) == (
                409,
                "person-not-available",
            )
        assert (await api.get("/v1/me/claims", fit)).json()["items"] == []
        assert problem(await name(world, group.leader, made["id"], *group.places[:4])) == (409, "pledge-full")
        assert problem(await name(world, fit, made["id"], group.places[5])) == (403, "not-allowed")
        assert problem(await name(world, world.staff, made["id"])) == (422, "invalid-payload")
        assert (await name(world, group.leader, made["id"], group.places[5], group.places[5])).json()["named"] == 1

    async def test_who_takes_one_of_their_groups_seats_hears_why_not(self, api: ApiClient, world: World):
        group, task_id = await Group.make(world, 3), await open_task(world)
        made = await group.pledge(world, task_id, 2)
        path = f"/v1/pledges/{made['id']}/claims"
        first, busy, third = group.people
        await api.post(path, first)
        assert problem(await api.post(path, first)) == (409, "already-claimed")
        await fill_hands(world, busy)
        assert problem(await api.post(path, busy)) == (409, "claim-limit-reached")
        assert problem(await api.post(path, await world.helper())) == (403, "not-allowed")
        await api.post(path, group.leader)
        assert problem(await api.post(path, third)) == (409, "pledge-full")
        await api.post(f"/v1/pledges/{made['id']}/withdraw", group.leader)
        assert problem(await api.post(path, third)) == (409, "state-conflict")

    async def test_who_waited_in_line_waits_no_longer(self, api: ApiClient, world: World):
        group, task_id = await Group.make(world, 1), await open_task(world, seats=2)
        made = await group.pledge(world, task_id, 2)
        await wait(world, f"/v1/tasks/{task_id}", group.people[0])
        assert (await name(world, group.leader, made["id"], *group.places)).status_code == 200
        assert (await place(world, group.people[0]))["status"] == "moved_up"
        assert (await api.get("/v1/me/claims", group.people[0])).json()["limits"]["open_claims"] == 1


class TestSeats:
    async def test_a_seat_that_is_given_back_stays_with_the_group(self, api: ApiClient, world: World, jobs: Jobs):
        group, task_id = await Group.make(world, 3), await open_task(world, seats=3)
        made = await group.pledge(world, task_id, 3)
        await name(world, group.leader, made["id"], *group.places)
        waiter = await world.helper()
        await wait(world, f"/v1/tasks/{task_id}", waiter)
        first, second, third = [(await own_claim(world, person))["id"] for person in group.people]
        await api.post(f"/v1/claims/{first}/release", group.people[0])
        await world.database.writes.execute("UPDATE claim SET due_at = now() WHERE id = $1", UUID(second))
        await handlers.lapse_overdue(jobs.parts)
        await api.post(f"/v1/claims/{third}/submit", group.people[2], {"note": "好了。"})
        await api.post(f"/v1/claims/{third}/refuse", world.administrator, REASON)
        seen = (await api.get(f"/v1/pledges/{made['id']}", group.leader)).json()
        assert (seen["named"], seen["people"], await taken(world, task_id)) == (0, [], 3)
        assert (await place(world, waiter))["status"] == "waiting"
        assert await inbox(world, group.leader) == [("pledge_seat_back", made["id"])] * 3
        # Named again, delivered and verified, it is theirs for good.
        await name(world, group.leader, made["id"], group.places[0])
        again = (await own_claim(world, group.people[0]))["id"]
        await api.post(f"/v1/claims/{again}/submit", group.people[0], {"note": "好了。"})
        assert (await api.post(f"/v1/claims/{again}/verify", world.administrator)).status_code == 200
        withdrawn = (await api.post(f"/v1/pledges/{made['id']}/withdraw", group.leader)).json()
        assert (withdrawn["status"], withdrawn["named"], withdrawn["actions"]) == ("withdrawn", 1, [])
        assert [person["status"] for person in withdrawn["people"]] == ["verified"]
        assert (await place(world, waiter))["status"] == "moved_up"
        assert await taken(world, task_id) == 2

    async def test_more_and_fewer(self, api: ApiClient, world: World):
        group, task_id = await Group.make(world), await open_task(world)
        made = await group.pledge(world, task_id, 2)
        path = f"/v1/pledges/{made['id']}"
        await name(world, group.leader, made["id"], *group.places)
        assert problem(await api.put(path, group.leader, {"heads": 1})) == (409, "heads-below-named")
        assert problem(await api.put(path, group.leader, {"heads": 6})) == (409, "seats-too-few")
        assert problem(await api.put(path, group.people[0], {"heads": 3})) == (403, "not-allowed")
        assert (await api.put(path, group.leader, {"heads": 5})).json()["heads"] == 5
        waiter = await world.helper()
        await wait(world, f"/v1/tasks/{task_id}", waiter)
        assert problem(await api.put(path, group.leader, {"heads": 6})) == (409, "task-full")
        assert (await api.put(path, group.leader, {"heads": 3})).json()["heads"] == 3
        assert (await place(world, waiter))["status"] == "moved_up"
        assert await taken(world, task_id) == 4
        await pass_time(world, f"/v1/tasks/{task_id}", claim_until="now() - interval '1 second'")
        assert problem(await api.put(path, group.leader, {"heads": 4})) == (409, "task-not-open")
        assert problem(await name(world, group.leader, made["id"], *group.places)) == (409, "task-not-open")

    async def test_staff_of_the_task_may_end_it_and_name_nobody(self, api: ApiClient, world: World):
        group, task_id = await Group.make(world), await open_task(world, area_id=str(world.community.id))
        made = await group.pledge(world, task_id, 2)
        await world.database.writes.execute(
            "UPDATE task SET area_id = $2 WHERE id = $1", UUID(task_id), world.other_grid.id
        )
        theirs = await world.holder(Role.STAFF, world.other_grid)
        assert (await api.get(f"/v1/pledges/{made['id']}", theirs)).json()["actions"] == ["withdraw"]
        assert problem(await name(world, theirs, made["id"], *group.places)) == (403, "not-allowed")
        assert problem(await api.put(f"/v1/pledges/{made['id']}", theirs, {"heads": 3})) == (403, "not-allowed")
        assert (await api.post(f"/v1/pledges/{made['id']}/withdraw", theirs)).json()["status"] == "withdrawn"
        assert problem(await api.post(f"/v1/pledges/{made['id']}/withdraw", theirs)) == (409, "state-conflict")
        assert await taken(world, task_id) == 0
        assert await inbox(world, group.leader) == [("pledge_ended", made["id"])]


class TestEnd:
    async def test_by_the_day_on_which_people_had_to_be_named(self, api: ApiClient, world: World, jobs: Jobs):
        group, task_id = await Group.make(world), await open_task(world, seats=3)
        made = await group.pledge(world, task_id, 3)
        await name(world, group.leader, made["id"], group.places[0])
        waiters = [await world.helper() for _ in range(2)]
        for waiter in waiters:
            await wait(world, f"/v1/tasks/{task_id}", waiter)
        await handlers.end_pledges(jobs.parts)
        assert (await api.get(f"/v1/pledges/{made['id']}")).json()["status"] == "held"
        await world.database.writes.execute("UPDATE pledge SET name_by = now() WHERE id = $1", UUID(made["id"]))
        await handlers.end_pledges(jobs.parts)
        assert (await api.get(f"/v1/pledges/{made['id']}")).json()["status"] == "ended"
        assert [(await place(world, waiter))["status"] for waiter in waiters] == ["moved_up"] * 2
        assert (await inbox(world, group.leader))[0] == ("pledge_ended", made["id"])
        assert (await actions_on(world, made["id"]))[-1] == ("end", "ended", "system")
        # From now on the seat of whoever was named is the task's again.
        await api.post(f"/v1/claims/{(await own_claim(world, group.people[0]))['id']}/release", group.people[0])
        assert await taken(world, task_id) == 2
        assert (await api.get(f"/v1/pledges/{made['id']}")).json()["named"] == 0

    async def test_with_the_team(self, api: ApiClient, world: World):
        group = await Group.make(world)
        task_id, other_id = await open_task(world, seats=2), await open_task(world)
        made, other = await group.pledge(world, task_id, 2), await group.pledge(world, other_id, 2)
        await name(world, group.leader, made["id"], group.places[0])
        waiter = await world.helper()
        await wait(world, f"/v1/tasks/{task_id}", waiter)
        assert (await api.post(f"/v1/teams/{group.team_id}/dissolve", group.leader, REASON)).status_code == 200
        assert (await place(world, waiter))["status"] == "moved_up"
        assert [await taken(world, each) for each in (task_id, other_id)] == [2, 0]
        for each in (made, other):
            assert (await api.get(f"/v1/pledges/{each['id']}")).json()["status"] == "ended"
        assert (await own_claim(world, group.people[0]))["status"] == "active"

    @pytest.mark.parametrize("action", ["close", "cancel"])
    async def test_with_the_task(self, api: ApiClient, world: World, action: str):
        group, task_id = await Group.make(world), await open_task(world)
        made = await group.pledge(world, task_id, 4)
        await name(world, group.leader, made["id"], group.places[0])
        path = f"/v1/tasks/{task_id}"
        body = REASON if action == "cancel" else None
        ended = (await api.post(f"{path}/{action}", world.staff, body)).json()
        is_closed = action == "close"
        assert (ended["status"], ended["seats_taken"]) == (("closed", 1) if is_closed else ("cancelled", 0))
        seen = (await api.get(f"/v1/pledges/{made['id']}", group.leader)).json()
        assert (seen["status"], seen["named"]) == ("ended", int(is_closed))
        assert ("pledge_ended", made["id"]) in await inbox(world, group.leader)
        is_known = (await api.get(f"/v1/pledges/{made['id']}")).status_code == 200
        assert is_known == is_closed
        assert (await api.get(f"{path}/pledges")).status_code == (200 if is_closed else 404)

    async def test_seats_without_people_let_no_task_take_place(self, api: ApiClient, world: World, jobs: Jobs):
        group = await Group.make(world)
        closed = await open_task(world)
        await group.pledge(world, closed, 3)
        assert (await api.post(f"/v1/tasks/{closed}/close", world.staff)).json()["status"] == "cancelled"
        few = await open_task(world, min_people=2, starts_at=until(1), ends_at=until(2))
        made = await group.pledge(world, few, 3)
        await name(world, group.leader, made["id"], group.places[0])
        assert problem(await api.put(f"/v1/tasks/{few}", world.staff, {"title": "改了"})) == (409, "task-claimed")
        await pass_time(world, f"/v1/tasks/{few}", claim_until="now() - interval '1 second'")
        await handlers.end_tasks(jobs.parts)
        assert (await api.get(f"/v1/tasks/{few}", world.staff)).json()["status"] == "cancelled"
        assert (await own_claim(world, group.people[0]))["status"] == "released"


class TestGroupsFirst:
    async def test_until_then_groups_alone_take_seats(self, api: ApiClient, world: World):
        await world.draw_all()
        first_until = until(24)
        task_id = await open_task(
            world, seats=3, claim_until=until(48), groups_until=first_until, location=world.place(15, 15)
        )
        path, helper = f"/v1/tasks/{task_id}", await world.helper()
        refused = await api.post(f"{path}/claims", helper)
        assert problem(refused) == (409, "task-for-groups")
        assert refused.json()["facts"]["until"] in refused.json()["detail"]
        assert problem(await api.post(f"{path}/waiters", helper)) == (409, "task-for-groups")
        seen = (await api.get(path, helper)).json()
        assert (seen["actions"], seen["groups_until"] is not None) == ([], True)
        near = {**world.place(15, 15), "limit": 50}
        assert task_id not in {item["id"] for item in (await api.get("/v1/tasks/near", **near)).json()["items"]}
        listed = (await api.get("/v1/tasks", area_id=world.grid.id)).json()["items"]
        assert task_id in {item["id"] for item in listed}
        group = await Group.make(world)
        made = await group.pledge(world, task_id, 2)
        assert made["name_by"] == seen["groups_until"]
        assert (await name(world, group.leader, made["id"], *group.places)).json()["named"] == 2
        await pass_time(world, path, groups_until="now() - interval '1 second'")
        assert task_id in {item["id"] for item in (await api.get("/v1/tasks/near", **near)).json()["items"]}
        assert (await api.post(f"{path}/claims", helper)).status_code == 201

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"groups_until": until(-1)}, "task-in-the-past"),
            ({"groups_until": until(3), "claim_until": until(2)}, "groups-until-late"),
            ({"groups_until": 7}, "invalid-payload"),
        ],
    )
    async def test_what_is_no_time_for_it(self, api: ApiClient, world: World, changes: dict[str, Any], code: str):
        form = {"area_id": str(world.grid.id), "kind": "activity", "title": "题", "seats": 2} | changes
        assert problem(await api.post("/v1/tasks", world.staff, form)) == (422, code)
