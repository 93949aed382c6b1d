"""Rules made at once: each gets a version of its own, and one of them holds."""

from tests.concurrency.test_races import together
from tests.factories import World


class TestVersions:
    async def test_versions_made_at_once_count_up(self, world: World):
        forms = [
            {"area_id": str(world.grid.id), "accept": {"amount": amount, "unit": "hour"}} for amount in range(1, 9)
        ]
        answers = await together(*[world.api.post("/v1/handling-rules", world.administrator, form) for form in forms])
        assert answers == {"201": 8}
        listed = (await world.api.get("/v1/handling-rules", area_id=world.grid.id)).json()["items"]
        assert [item["version"] for item in listed] == list(range(8, 0, -1))
        holds = (await world.api.get("/v1/handling-rules/effective", area_id=world.grid.id)).json()
        assert (holds["accept"]["value"], holds["accept"]["rule_id"]) == (listed[0]["accept"], listed[0]["id"])
