"""Keys for other systems: made, listed, taken back by administrators, and kept nowhere."""

from uuid import uuid4

from app.domain.caller import Role
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.factories import World


def form(world: World, name: str = "随手拍平台") -> dict[str, str]:
    return {"area_id": str(world.district.id), "name": name}


class TestMake:
    async def test_is_shown_once_and_kept_as_a_hash(self, api: ApiClient, world: World):
        idempotency_key = uuid4().hex
        made = await api.post("/v1/api-keys", world.administrator, form(world), key=idempotency_key)
        assert made.status_code == 201
        told = made.json()
        assert (told["name"], told["area"]["id"], told["last_used_at"]) == ("随手拍平台", str(world.district.id), None)
        assert len(told["key"]) >= 40
        again = await api.post("/v1/api-keys", world.administrator, form(world), key=idempotency_key)
        assert again.json() == told | {"key": None}
        for table in ("api_key", "idempotency_key", "event"):
            kept = await world.database.reads.fetchval(
                f"SELECT string_agg(t::text || coalesce(convert_from(t.body, 'UTF8'), ''), '') FROM {table} t"
                if table == "idempotency_key"
                else f"SELECT string_agg(t::text, '') FROM {table} t"
            )
            assert told["key"] not in kept, table

    async def test_by_administrators_of_the_area_alone(self, api: ApiClient, world: World):
        beside = await world.holder(Role.ADMINISTRATOR, world.other_grid)
        for person in (await world.person(), world.staff, world.alliance, beside):
            assert problem(await api.post("/v1/api-keys", person, form(world))) == (403, "not-allowed")
        unknown = form(world) | {"area_id": str(uuid4())}
        assert problem(await api.post("/v1/api-keys", world.administrator, unknown)) == (422, "area-unknown")

    async def test_is_logged(self, api: ApiClient, world: World):
        made = (await api.post("/v1/api-keys", world.administrator, form(world))).json()
        assert (await api.delete(f"/v1/api-keys/{made['id']}", world.administrator)).status_code == 204
        events = await world.database.reads.fetch(
            "SELECT action, actor_id FROM event WHERE subject_kind = 'api_key' AND subject_id = $1::text::uuid "
            "ORDER BY created_at",
            made["id"],
        )
        assert [tuple(event) for event in events] == [
            ("create", world.administrator.id),
            ("delete", world.administrator.id),
        ]


class TestList:
    async def test_of_the_area_and_all_below_without_the_keys(self, api: ApiClient, world: World):
        names = ["第一个", "第二个", "第三个"]
        for name in names:
            assert (await api.post("/v1/api-keys", world.administrator, form(world, name))).status_code == 201
        items = await all_pages(api, "/v1/api-keys", world.administrator, area_id=world.district.id)
        assert [item["name"] for item in items] == names[::-1]
        assert all("key" not in item for item in items)
        page = await api.get("/v1/api-keys", world.administrator, area_id=world.grid.id)
        assert page.json()["items"] == []

    async def test_to_administrators_alone(self, api: ApiClient, world: World):
        for person in (await world.person(), world.staff):
            response = await api.get("/v1/api-keys", person, area_id=world.district.id)
            assert problem(response) == (403, "not-allowed")


class TestTakeBack:
    async def test_one_from_outside_is_not_there(self, api: ApiClient, world: World):
        made = (await api.post("/v1/api-keys", world.administrator, form(world))).json()
        beside = await world.holder(Role.ADMINISTRATOR, world.other_grid)
        for person in (beside, world.staff):
            assert problem(await api.delete(f"/v1/api-keys/{made['id']}", person)) == (404, "not-found")
        assert (await api.delete(f"/v1/api-keys/{made['id']}", world.administrator)).status_code == 204
        gone = await api.delete(f"/v1/api-keys/{made['id']}", world.administrator)
        assert problem(gone) == (404, "not-found")
