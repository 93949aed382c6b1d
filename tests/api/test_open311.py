"""Open311 GeoReport v2 as other cities' systems read it: JSON and XML, what is public, filters, what is not there."""

from datetime import timedelta
from typing import Any

import pytest

from app.core.clock import now
from app.domain.geometry import gcj02_from_wgs84
from tests.factories import World
from tests.open311 import REQUEST_FIELDS, ROOT, filled, get, number_in, number_of, post, read_xml, refusal, row_of


class TestDiscovery:
    async def test_in_both_formats(self, world: World):
        told = (await get(world, "discovery.json")).json()
        assert set(told) == {"changeset", "contact", "key_service", "endpoints"}
        [endpoint] = told["endpoints"]
        assert endpoint == {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": "http://echowall.test/open311/v2",
            "changeset": told["changeset"],
            "type": "test",
            "formats": ["text/xml", "application/json"],
        }
        response = await get(world, "discovery.xml")
        assert response.headers["content-type"] == "text/xml; charset=utf-8"
        assert response.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
        root = read_xml(response.content)
        assert root.tag == "discovery"
        assert [part.tag for part in root] == [*told]
        assert [node.text for node in root.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]


class TestServices:
    async def test_are_the_categories(self, world: World):
        services = {service["service_code"]: service for service in (await get(world, "services.json")).json()}
        known = await world.database.reads.fetch("SELECT code, name, words FROM complaint_category WHERE is_active")
        assert services.keys() == {row["code"] for row in known}
        for row in known:
            service = services[row["code"]]
            assert set(service) == {
                *("service_code", "service_name", "description", "metadata", "type", "keywords", "group")
            }
            assert (service["service_name"], service["metadata"], service["type"]) == (row["name"], False, "realtime")
            assert service["keywords"] == ", ".join(row["words"])

    async def test_in_xml(self, world: World):
        services = (await get(world, "services.json")).json()
        root = read_xml((await get(world, "services.xml")).content)
        assert root.tag == "services"
        told = [{part.tag: part.text for part in service} for service in root]
        assert [service["service_code"] for service in told] == [service["service_code"] for service in services]
        assert {service["metadata"] for service in told} == {"false"}

    async def test_have_definitions_that_ask_nothing_more(self, world: World):
        told = (await get(world, "services/roads.json")).json()
        assert told == {"service_code": "roads", "attributes": []}
        root = read_xml((await get(world, "services/roads.xml")).content)
        assert [(part.tag, part.text) for part in root] == [("service_code", "roads"), ("attributes", None)]

    @pytest.mark.parametrize("code", ["nothing", "ROADS", "%00", "%ff", "路", "a" * 500, "1"])
    async def test_of_an_unknown_code(self, world: World, code: str):
        for ending in ("json", "xml"):
            assert refusal(await get(world, f"services/{code}.{ending}")) == (404, "category-unknown")


class TestRequests:
    async def test_one_of_the_wall(self, world: World):
        complaint = await world.complaint(location=world.place(15.1234, 15.4321), place="3号楼", anonymous=False)
        number = await number_of(world, complaint)
        [told] = (await get(world, f"requests/{number}.json")).json()
        assert set(told) == REQUEST_FIELDS
        assert (told["service_request_id"], told["status"]) == (number, "open")
        assert (told["service_code"], told["service_name"]) == ("lighting", "路灯楼道照明")
        assert told["description"] == "路灯坏了\n三天没亮了。"
        assert (told["agency_responsible"], told["address_id"]) == (world.grid.name, str(world.grid.id))
        assert told["address"] == world.community.name + world.grid.name
        about = gcj02_from_wgs84(told["long"], told["lat"])
        assert about == pytest.approx(
            tuple(round(part, 3) for part in world.place(15.1234, 15.4321).values()), abs=2e-5
        )
        assert told["requested_datetime"].endswith("+08:00")

    async def test_one_in_xml(self, world: World):
        number = await number_of(world, await world.complaint())
        [told] = (await get(world, f"requests/{number}.json")).json()
        root = read_xml((await get(world, f"requests/{number}.xml")).content)
        assert root.tag == "service_requests"
        written = {name: None if value is None else str(value) for name, value in told.items()}
        assert {part.tag: part.text for part in root[0]} == written

    async def test_with_the_answer_of_the_echo_wall(self, world: World):
        complaint = await world.complaint(status="accepted")
        number = await number_of(world, complaint)
        [told] = (await get(world, f"requests/{number}.json")).json()
        assert (told["status"], told["status_notes"]) == ("open", "已签收，正在办理")
        form = {"answer": "今天换好了灯泡。", "outcome": "resolved"}
        assert (await world.api.post(f"/v1/complaints/{complaint}/answer", world.staff, form)).status_code == 200
        [told] = (await get(world, f"requests/{number}.json")).json()
        assert (told["status"], told["status_notes"]) == ("closed", "已答复，答复内容正在核对")
        published = await world.api.post(f"/v1/complaints/{complaint}/publish-answer", world.administrator)
        assert published.status_code == 200, published.text
        [told] = (await get(world, f"requests/{number}.json", extensions="true")).json()
        assert told["status_notes"] == "已答复，已解决：今天换好了灯泡。"
        assert told["extended_attributes"] == {
            "title": "路灯坏了",
            "detailed_status": "answered",
            "urgency": "ordinary",
            "outcome": "resolved",
            "joins": 0,
        }

    async def test_one_that_was_merged_leads_on(self, world: World):
        first, second = await world.complaint(), await world.complaint()
        merged = await world.api.post(f"/v1/complaints/{first}/merge", world.staff, {"into_id": str(second)})
        assert merged.status_code == 200, merged.text
        [told] = (await get(world, f"requests/{await number_of(world, first)}.json")).json()
        assert told["status"] == "closed"
        assert told["status_notes"] == f"已并入第{await number_of(world, second)}号诉求"

    @pytest.mark.parametrize("status", ["checking", "reviewing", "rejected", "withdrawn"])
    async def test_what_is_not_public_is_not_there(self, world: World, status: str):
        number = await number_of(world, await world.complaint(status=status))
        await self.assert_hidden(world, number)

    async def test_what_is_confidential_is_not_there(self, world: World):
        await self.assert_hidden(world, await number_of(world, await world.complaint(category="neighbours")))

    async def assert_hidden(self, world: World, number: str) -> None:
        for ending in ("json", "xml"):
            assert refusal(await get(world, f"requests/{number}.{ending}")) == (404, "not-found")
            assert refusal(await get(world, f"tokens/{number}.{ending}")) == (404, "not-found")
        assert (await get(world, "requests.json", service_request_id=number)).json() == []
        listed = await get(world, "requests.json", jurisdiction_id=world.district.id)
        assert number not in [item["service_request_id"] for item in listed.json()]

    @pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 40, "-1", "1e3", "x", "%00", "٣", "a" * 500])
    async def test_of_no_number(self, world: World, number: str):
        for kind in ("requests", "tokens"):
            assert refusal(await get(world, f"{kind}/{number}.json")) == (404, "not-found")

    async def test_a_token_is_the_number(self, world: World):
        number = await number_of(world, await world.complaint())
        told = (await get(world, f"tokens/{number}.json")).json()
        assert told == [{"service_request_id": number, "token": number}]

    async def test_nothing_names_who_complains(self, world: World):
        author = await world.person()
        complaint = await world.complaint(author, anonymous=False, contact={"name": "王小明", "phone": "13812345678"})
        told = (await get(world, f"requests/{await number_of(world, complaint)}.json", extensions="true")).text
        for word in (str(author.id), author.openid, "王小明", "13812345678", "邻居"):
            assert word not in told


class TestList:
    async def ask(self, world: World, **params: Any) -> list[str]:
        response = await get(world, "requests.json", jurisdiction_id=world.district.id, **params)
        assert response.status_code == 200, response.text
        return [item["service_request_id"] for item in response.json()]

    async def test_newest_first_and_filtered(self, world: World):
        lighting = await number_of(world, await world.complaint())
        roads = await number_of(world, await world.complaint(category="roads"))
        closed = await number_of(world, await world.complaint(status="closed"))
        assert await self.ask(world) == [closed, roads, lighting]
        assert await self.ask(world, service_code="roads") == [roads]
        assert await self.ask(world, service_code="roads, lighting,nothing,\x00") == [closed, roads, lighting]
        assert await self.ask(world, service_code="nothing") == []
        assert await self.ask(world, status="open") == [roads, lighting]
        assert await self.ask(world, status="closed") == [closed]
        assert await self.ask(world, status="open,closed") == [closed, roads, lighting]
        assert await self.ask(world, service_code="", status="", page="", start_date="") == [closed, roads, lighting]

    async def test_by_pages(self, world: World):
        numbers = [await number_of(world, await world.complaint()) for _ in range(3)][::-1]
        assert await self.ask(world, page_size=2) == numbers[:2]
        assert await self.ask(world, page_size=2, page=2) == numbers[2:]
        assert await self.ask(world, page_size=2, page=3) == []

    async def test_by_numbers_whatever_else_is_asked(self, world: World):
        first, second = [await number_of(world, await world.complaint()) for _ in range(2)]
        asked = f"{first},x,{second},999999999999"
        assert await self.ask(world, service_request_id=asked, status="closed", service_code="x") == [second, first]

    async def test_by_time(self, world: World):
        number = await number_of(world, await world.complaint())
        moment = now()

        def at(days: float) -> str:
            return (moment + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

        async with world.database.transaction() as connection:
            await connection.execute("UPDATE complaint SET created_at = $2 WHERE number = $1", int(number), moment)
        for start, end, is_found in (
            (at(-1), at(1), True),
            (at(-80), at(1), True),
            (at(-1), "", True),
            ("", at(1), True),
            (at(1), at(2), False),
            (at(-2), at(-1), False),
            (at(-200), "", False),
            ("1994-11-05T08:15:30-05:00", "", False),
        ):
            assert (await self.ask(world, start_date=start, end_date=end) == [number]) is is_found, (start, end)

    async def test_only_ninety_days(self, world: World):
        number = await number_of(world, await world.complaint())
        async with world.database.transaction() as connection:
            old = now() - timedelta(days=91)
            await connection.execute("UPDATE complaint SET created_at = $2 WHERE number = $1", int(number), old)
        assert await self.ask(world) == []
        assert await self.ask(world, service_request_id=number) == [number]

    @pytest.mark.parametrize(
        "params",
        [
            {"start_date": "yesterday"},
            {"start_date": "2026-01-01"},
            {"start_date": "2026-01-01T00:00:00"},
            {"start_date": "1767225600"},
            {"start_date": "0001-01-01T00:00:00Z"},
            {"end_date": "9999-12-31T23:59:59Z"},
            {"end_date": "2026-13-01T00:00:00Z"},
            {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-05-01T00:00:00Z"},
            {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
            {"status": "pending"},
            {"page": "0"},
            {"page": "x"},
            {"page": "9" * 30},
            {"page_size": "1001"},
            {"page_size": "-1"},
            {"extensions": "perhaps"},
        ],
        ids=str,
    )
    async def test_bad_parameters(self, world: World, params: dict[str, str]):
        for ending in ("json", "xml"):
            assert refusal(await get(world, f"requests.{ending}", **params)) == (400, "invalid-payload")


class TestJurisdiction:
    async def test_is_an_area(self, world: World):
        number = await number_of(world, await world.complaint())
        for area, is_found in ((world.grid, True), (world.district, True), (world.other_grid, False)):
            listed = (await get(world, "requests.json", jurisdiction_id=area.id)).json()
            assert (number in [item["service_request_id"] for item in listed]) is is_found
            one = await get(world, f"requests/{number}.json", jurisdiction_id=area.id)
            assert one.status_code == (200 if is_found else 404)

    @pytest.mark.parametrize("unknown", ["city.gov", "\x00", "0" * 500, "019a0000-0000-7000-8000-000000000000", "区"])
    async def test_that_is_not_there(self, world: World, unknown: str):
        for path in ("services.json", "services/roads.xml", "requests.json", "requests/1.json", "tokens/1.xml"):
            assert refusal(await get(world, path, jurisdiction_id=unknown)) == (404, "jurisdiction-unknown")
        fields = await filled(world, jurisdiction_id=unknown)
        assert refusal(await post(world, fields)) == (404, "jurisdiction-unknown")

    async def test_is_where_one_posts(self, world: World):
        fields = await filled(world, jurisdiction_id=str(world.district.id))
        await row_of(world, number_in(await post(world, fields)))
        assert refusal(await post(world, fields | {"jurisdiction_id": str(world.other_grid.id)})) == (
            403,
            "not-allowed",
        )


class TestPaths:
    @pytest.mark.parametrize(
        "path", ["services", "services.html", "services/roads", "requests.csv", "nothing.json", "requests/1.pdf", ""]
    )
    async def test_that_lead_nowhere(self, world: World, path: str):
        assert refusal(await get(world, path))[0] == 404

    async def test_other_methods(self, world: World):
        response = await world.api.client.delete(f"{ROOT}/requests.json")
        assert refusal(response) == (405, "method-not-allowed")
        assert set(response.headers["allow"].replace(" ", "").split(",")) <= {"GET", "POST"}

    async def test_v1_keeps_its_own_form(self, world: World):
        response = await world.api.client.get("/v1/nothing")
        assert response.headers["content-type"] == "application/problem+json"
