"""Open311 GeoReport v2 as other cities' systems use it: JSON and XML, what is public, keys, repetitions, bad input."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import httpx
import pytest

from app.core.clock import now
from app.domain.errors import CATALOGUE
from app.domain.geometry import gcj02_from_wgs84, wgs84_from_gcj02
from app.services import api_keys, open311
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World

ROOT = "/open311/v2"
DESCRIPTION = "路口的井盖松动，车一过就响。\n晚上很危险，我的电话13812345678。"
MASKED = "路口的井盖松动，车一过就响。\n晚上很危险，我的电话***********。"
REQUEST_FIELDS = {
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
    *("address", "address_id", "zipcode", "lat", "long", "media_url"),
}


async def get(world: World, path: str, **params: Any) -> httpx.Response:
    return await world.api.client.get(f"{ROOT}/{path}", params=params)


async def post(
    world: World, fields: dict[str, Any], *, ending: str = "json", headers: dict[str, str] | None = None
) -> httpx.Response:
    return await world.api.client.post(f"{ROOT}/requests.{ending}", data=fields, headers=headers)


async def make_key(world: World) -> str:
    form = {"area_id": str(world.district.id), "name": "随手拍平台"}
    response = await world.api.post("/v1/api-keys", world.administrator, form)
    return str(response.json()["key"])


def spot(world: World, east: float = 15, north: float = 15) -> dict[str, float]:
    """Return a place of the world as GPS tells it."""
    longitude, latitude = wgs84_from_gcj02(*world.place(east, north).values())
    return {"lat": latitude, "long": longitude}


async def filled(world: World, **changes: Any) -> dict[str, Any]:
    """Return what a client posts, with a key of its own, on a map that is drawn."""
    await world.draw_all()
    fields = {"api_key": await make_key(world), "service_code": "roads", "description": DESCRIPTION, **spot(world)}
    return fields | changes


async def row_of(world: World, number: str) -> dict[str, Any]:
    row = await world.database.reads.fetchrow("SELECT * FROM complaint WHERE number = $1", int(number))
    assert row is not None
    return dict(row)


def number_in(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    [told] = response.json()
    return str(told["service_request_id"])


async def number_of(world: World, complaint_id: UUID) -> str:
    return str(await world.database.reads.fetchval("SELECT number FROM complaint WHERE id = $1", complaint_id))


def read_xml(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314 - our own answer


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal, and hold it against the form that the standard gives errors."""
    if response.headers["content-type"] == "text/xml; charset=utf-8":
        root = read_xml(response.content)
        assert (root.tag, {error.tag for error in root}) == ("errors", {"error"})
        errors = [{part.tag: part.text or "" for part in error} for error in root]
    else:
        assert response.headers["content-type"] == "application/json; charset=utf-8", response.text[:200]
        errors = response.json()
    for error in errors:
        assert set(error) == {"code", "description"}
        assert CATALOGUE[error["code"]].detail[:-1] in error["description"]
    return response.status_code, errors[0]["code"]


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


class TestPost:
    async def test_puts_a_complaint_on_record(self, world: World):
        response = await post(world, await filled(world, address_string="3号楼东侧"))
        [told] = response.json()
        assert set(told) == {"service_request_id", "service_notice", "account_id"}
        row = await row_of(world, told["service_request_id"])
        assert (row["area_id"], row["category"], row["channel"]) == (world.grid.id, "roads", "open311")
        assert (row["status"], row["title"], row["body"]) == ("checking", "路口的井盖松动，车一过就响。", MASKED)
        assert (row["place"], row["shown_name"]) == ("3号楼东侧", None)
        kept = float(row["longitude"]), float(row["latitude"])
        assert kept == pytest.approx(tuple(world.place(15, 15).values()), abs=2e-6)

    async def test_in_xml(self, world: World):
        response = await post(world, await filled(world), ending="xml")
        root = read_xml(response.content)
        assert (response.headers["content-type"], root.tag) == ("text/xml; charset=utf-8", "service_requests")
        assert [part.tag for part in root[0]] == ["service_request_id", "service_notice", "account_id"]
        await row_of(world, root.findtext("request/service_request_id") or "")

    async def test_as_a_form_with_a_file(self, world: World):
        """Clients that send a photo send it as multipart/form-data; the photo is not kept yet."""
        fields = {name: str(value) for name, value in (await filled(world)).items()}
        response = await world.api.client.post(
            f"{ROOT}/requests.json", data=fields, files={"media": ("photo.png", b"\x89PNG", "image/png")}
        )
        await row_of(world, number_in(response))

    async def test_where_the_address_decides(self, world: World):
        """Whoever is on a border or in water chooses a grid; a point is then kept all the same."""
        fields = await filled(world, address_id=str(world.other_grid.id))
        row = await row_of(world, number_in(await post(world, fields)))
        assert (row["area_id"], row["longitude"] is not None) == (world.other_grid.id, True)
        without_point = {name: value for name, value in fields.items() if name not in {"lat", "long"}}
        row = await row_of(world, number_in(await post(world, without_point)))
        assert (row["area_id"], row["longitude"]) == (world.other_grid.id, None)

    async def test_who_reports_it_is_sealed(self, world: World, api: ApiClient):
        contact = {"first_name": "小明", "last_name": "王", "phone": "(138) 1234-5678", "email": "ming@example.org"}
        number = number_in(
            await post(world, await filled(world, **contact, device_id="device-zz", account_id="account-zz"))
        )
        row = await row_of(world, number)
        for table, named_by in (("complaint", "id"), ("complaint_person", "complaint_id"), ("event", "subject_id")):
            query = f"SELECT string_agg(t::text, '') FROM {table} t WHERE {named_by} = $1"
            kept = await world.database.reads.fetchval(query, row["id"])
            for word in ("小明", "13812345678", "1234-5678", "example.org", "-zz"):
                assert word not in kept, table
        masked = (await api.get(f"/v1/complaints/{row['id']}", world.staff)).json()["complainant"]
        assert masked == {"name": "王**", "phone": "138*****5678"}
        asked = await api.post(f"/v1/complaints/{row['id']}/unmask", world.staff, {"reason": "需要约上门时间"})
        assert asked.status_code == 200, asked.text
        shown = (await api.get(f"/v1/complaints/{row['id']}/complainant", world.staff)).json()
        assert (shown["name"], shown["phone"]) == ("王小明", "1381234-5678")
        assert (shown["email"], shown["body"]) == ("ming@example.org", DESCRIPTION)

    async def test_nobody_need_say_who_they_are(self, world: World, api: ApiClient):
        row = await row_of(world, number_in(await post(world, await filled(world))))
        masked = (await api.get(f"/v1/complaints/{row['id']}", world.staff)).json()["complainant"]
        assert masked == {"name": None, "phone": None}

    async def test_line_ends_of_forms_and_parameters_that_are_empty(self, world: World):
        fields = await filled(world, description="第一行\r\n第二行\r\n", phone="", email="", address_string="")
        row = await row_of(world, number_in(await post(world, fields)))
        assert (row["title"], row["body"]) == ("第一行", "第一行\n第二行")

    async def test_a_long_first_line_is_cut_for_the_title(self, world: World):
        fields = await filled(world, description="长" * 100)
        row = await row_of(world, number_in(await post(world, fields)))
        assert (row["title"], row["body"]) == ("长" * 59 + "…", "长" * 100)


class TestKeys:
    async def test_missing_wrong_or_taken_back(self, world: World, api: ApiClient):
        fields = await filled(world)
        for key in ("", " ", "wrong", "x" * 5_000, "\x00", "密"):
            told = refusal(await post(world, fields | {"api_key": key}))
            assert told == (403, "api-key-missing" if key == "" else "api-key-invalid"), key
        assert refusal(await world.api.client.post(f"{ROOT}/requests.json")) == (403, "api-key-missing")
        [made] = (await api.get("/v1/api-keys", world.administrator, area_id=world.district.id)).json()["items"]
        await api.delete(f"/v1/api-keys/{made['id']}", world.administrator)
        assert refusal(await post(world, fields)) == (403, "api-key-invalid")

    async def test_hold_for_their_area_alone(self, world: World):
        elsewhere = await World.make(world.database, world.api, world.settings)
        fields = await filled(world, api_key=await make_key(elsewhere))
        assert refusal(await post(world, fields)) == (403, "not-allowed")

    async def test_post_so_many_times_a_minute(self, world: World):
        fields = await filled(world)
        # The minute may turn in between, once.
        for n in range(2 * api_keys.POSTS_A_MINUTE + 1):
            response = await post(world, fields | {"description": f"第{n}个问题"})
            if response.status_code != 200:
                break
        assert refusal(response) == (429, "posting-too-fast")
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert n >= api_keys.POSTS_A_MINUTE


class TestRepeated:
    async def test_within_ten_minutes_it_is_the_same_one(self, world: World):
        fields = await filled(world)
        first = await post(world, fields)
        again, in_xml = await post(world, dict(reversed(fields.items()))), await post(world, fields, ending="xml")
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"
        assert read_xml(in_xml.content).findtext("request/service_request_id") == number_in(first)
        other = await post(world, fields | {"description": "另一个问题"})
        assert number_in(other) != number_in(first)

    async def test_afterwards_it_is_another(self, world: World):
        fields = await filled(world)
        first = number_in(await post(world, fields))
        async with world.database.transaction() as connection:
            await connection.execute(
                "UPDATE idempotency_key SET created_at = created_at - make_interval(secs => $1) WHERE key LIKE $2",
                open311.REPEATED_WITHIN_S + 1,
                f"{open311.REPEATED}%",
            )
        assert number_in(await post(world, fields)) != first

    async def test_of_many_at_once_one_counts(self, world: World):
        fields = await filled(world)
        told = await asyncio.gather(*[post(world, fields) for _ in range(8)])
        assert len({number_in(response) for response in told}) == 1

    async def test_by_another_key_it_is_another(self, world: World):
        fields = await filled(world)
        first = number_in(await post(world, fields))
        assert number_in(await post(world, fields | {"api_key": await make_key(world)})) != first

    async def test_with_an_idempotency_key(self, world: World):
        fields, headers = await filled(world), {"Idempotency-Key": uuid4().hex}
        first = await post(world, fields, headers=headers)
        assert (await post(world, fields, headers=headers)).json() == first.json()
        changed = await post(world, fields | {"description": "另一个问题"}, headers=headers)
        assert refusal(changed) == (400, "idempotency-key-reused")
        assert refusal(await post(world, fields, headers={"Idempotency-Key": "x"})) == (400, "idempotency-key-required")


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
        published = await world.api.post(f"/v1/complaints/{complaint}/publish-answer", world.staff)
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

    @pytest.mark.parametrize("unknown", ["city.gov", "\x00", "0" * 500, str(uuid4()), "区"])
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


class TestBadPosts:
    async def test_where(self, world: World):
        fields = await filled(world)
        for east, north, expected in (
            (-5, 15, "location-outside"),
            (35, 35, "location-in-no-grid"),
            (20, 15, "location-on-border"),
        ):
            assert refusal(await post(world, fields | spot(world, east, north))) == (400, expected)
        nowhere = {name: value for name, value in fields.items() if name not in {"lat", "long"}}
        for more in ({}, {"address_string": "3号楼"}, {"lat": "", "long": ""}):
            assert refusal(await post(world, nowhere | more)) == (400, "invalid-payload")
        assert refusal(await post(world, fields | {"address_id": str(uuid4())})) == (400, "area-unknown")
        district = str(world.district.id)
        assert refusal(await post(world, fields | {"address_id": district})) == (400, "area-not-a-home")

    async def test_on_a_border_the_grids_to_choose_from_are_told(self, world: World):
        response = await post(world, await filled(world, **spot(world, 20, 15)))
        [error] = response.json()
        for grid in (world.grid, world.other_grid):
            assert f"{world.community.name}{grid.name} {grid.id}" in error["description"]

    @pytest.mark.parametrize("code", ["", "nothing", "ROADS", "\x00", "路" * 500])
    async def test_about_what(self, world: World, code: str):
        assert refusal(await post(world, await filled(world, service_code=code))) == (404, "category-unknown")

    async def test_a_category_that_left_the_list(self, world: World):
        async with world.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO complaint_category (code, name, urgency, is_confidential, is_active, position) "
                "VALUES ('gone', '已停用', 'ordinary', false, false, 99) ON CONFLICT DO NOTHING"
            )
        assert refusal(await post(world, await filled(world, service_code="gone"))) == (404, "category-unknown")
        assert "gone" not in (await get(world, "services.json")).text

    @pytest.mark.parametrize(
        "field",
        [
            {"description": "长" * 3_000},
            {"description": ""},
            {"description": " \r\n "},
            {"description": "零\u200b宽"},
            {"description": "反\u202e向"},
            {"description": "空\x00"},
            {"lat": "x"},
            {"lat": "NaN"},
            {"lat": "91"},
            {"long": "181"},
            {"long": ""},
            {"lat": "1e999"},
            {"address_id": "545483"},
            {"address_string": "长" * 101},
            {"first_name": "长" * 21},
            {"phone": "not a number"},
            {"email": "nobody"},
            {"email": "a" * 100 + "@example.org"},
        ],
        ids=lambda field: ascii(field)[:50],
    )
    async def test_fields(self, world: World, field: dict[str, str]):
        fields = await filled(world)
        for ending in ("json", "xml"):
            assert refusal(await post(world, fields | field, ending=ending)) == (400, "invalid-payload")

    async def test_each_bad_field_is_told(self, world: World):
        response = await post(world, await filled(world, description="", phone="x"))
        told = [error["description"] for error in response.json()]
        assert len(told) == 2
        assert {name for name in ("description", "phone") for words in told if name in words} == {
            "description",
            "phone",
        }

    async def test_a_formula_or_script_is_text(self, world: World, jobs: Jobs):
        for words in ("=HYPERLINK(1)", "<script>alert(1)</script>", "]]>&amp;", "'; DROP TABLE complaint; --"):
            number = number_in(await post(world, await filled(world, description=words)))
            await jobs.drain()
            row = await row_of(world, number)
            assert row["body"] == words
            assert (await world.api.post(f"/v1/complaints/{row['id']}/admit", world.staff)).status_code == 200
            root = read_xml((await get(world, f"requests/{number}.xml")).content)
            assert root.findtext("request/description") == words

    @pytest.mark.parametrize(
        ("content", "media_type"),
        [
            (b"\xff\xfe=\xff", "application/x-www-form-urlencoded"),
            (b"a=1&" * 500, "application/x-www-form-urlencoded"),
            (b"%", "application/x-www-form-urlencoded"),
            (b"nothing", "multipart/form-data"),
            (b"nothing", "multipart/form-data; boundary=x"),
            (b"--x\r\n", "multipart/form-data; boundary=x"),
            (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', "multipart/form-data; boundary=x"),
            (json.dumps({"api_key": "x"}).encode(), "application/json"),
            (b"<a/>", "text/xml"),
        ],
        ids=lambda part: str(part)[:40],
    )
    async def test_bodies(self, world: World, content: bytes, media_type: str):
        response = await world.api.client.post(
            f"{ROOT}/requests.json", content=content, headers={"Content-Type": media_type}
        )
        assert refusal(response) in {(400, "malformed-json"), (403, "api-key-missing")}

    async def test_a_large_body(self, world: World):
        assert refusal(await post(world, {"description": "长" * 500_000})) == (413, "body-too-large")


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
