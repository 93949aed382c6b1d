"""Who acts for a unit: put there and taken off by administrators of its area, known to them alone."""

from uuid import uuid4

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.factories import World, make_unit


class TestAdd:
    async def test_somebody_acts_for_a_unit_from_then_on(self, api: ApiClient, world: World):
        person = await world.person()
        complaint = await world.complaint(status="accepted")
        await world.dispatch(complaint)
        assert (await api.get("/v1/me/steps", person)).json()["items"] == []
        path = f"/v1/units/{world.unit_id}/workers"
        added = await api.post(path, world.administrator, {"user_id": str(person.id)})
        assert added.status_code == 201, added.text
        assert added.json()["nickname"] == "邻居0001"
        assert str(person.id) not in added.text
        [unit] = (await api.get("/v1/me", person)).json()["units"]
        assert unit["id"] == str(world.unit_id)
        [step] = (await api.get("/v1/me/steps", person)).json()["items"]
        assert step["complaint"]["id"] == str(complaint)

    async def test_once(self, api: ApiClient, world: World):
        person = await world.unit_worker()
        again = await api.post(f"/v1/units/{world.unit_id}/workers", world.administrator, {"user_id": str(person.id)})
        assert problem(again) == (409, "worker-exists")

    async def test_only_by_administrators_above_and_not_by_oneself(self, api: ApiClient, world: World):
        path, someone = f"/v1/units/{world.unit_id}/workers", {"user_id": str((await world.person()).id)}
        below = await world.holder(Role.ADMINISTRATOR, world.grid)
        for person in (world.staff, below, await world.unit_worker()):
            assert problem(await api.post(path, person, someone)) == (403, "not-allowed")
            assert problem(await api.get(path, person)) == (403, "not-allowed")
        own = {"user_id": str(world.administrator.id)}
        assert problem(await api.post(path, world.administrator, own)) == (403, "own-interest")
        unknown = await api.post(path, world.administrator, {"user_id": str(uuid4())})
        assert problem(unknown) == (422, "user-unknown")
        nowhere = await api.post(f"/v1/units/{uuid4()}/workers", world.administrator, someone)
        assert problem(nowhere) == (404, "not-found")


class TestListAndRemove:
    async def test_those_who_act_for_a_unit_in_the_order_they_came(self, api: ApiClient, world: World):
        unit = await make_unit(world.database, world.community)
        people = [await world.unit_worker(unit) for _ in range(3)]
        path = f"/v1/units/{unit}/workers"
        first = (await api.get(path, world.administrator, limit=2)).json()
        rest = (await api.get(path, world.administrator, limit=2, cursor=first["next_cursor"])).json()
        assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
        found = await world.database.reads.fetch("SELECT user_id FROM unit_worker WHERE unit_id = $1 ORDER BY id", unit)
        assert [row["user_id"] for row in found] == [person.id for person in people]

    async def test_who_is_taken_off_sees_nothing_any_more(self, api: ApiClient, world: World):
        worker = await world.unit_worker()
        [step] = (await world.dispatch(await world.complaint(status="accepted"))).values()
        assert (await api.get(f"/v1/steps/{step}", worker)).status_code == 200
        path = f"/v1/units/{world.unit_id}/workers"
        [listed] = (await api.get(path, world.administrator)).json()["items"]
        elsewhere = await make_unit(world.database, world.district)
        wrong = await api.delete(f"/v1/units/{elsewhere}/workers/{listed['id']}", world.administrator)
        assert problem(wrong) == (404, "not-found")
        assert (await api.delete(f"{path}/{listed['id']}", world.administrator)).status_code == 204
        assert problem(await api.get(f"/v1/steps/{step}", worker)) == (404, "not-found")
        assert problem(await api.delete(f"{path}/{listed['id']}", world.administrator)) == (404, "not-found")
        answer = await api.post(f"/v1/steps/{step}/answer", worker, {"answer": "修好了。"})
        assert problem(answer) == (404, "not-found")
