"""Open311 GeoReport v2 as other cities' systems post to it: what is kept, keys, repetitions, bad input."""

import asyncio
import json
from uuid import uuid4

import pytest

from app.services import api_keys, open311
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.open311 import (
    DESCRIPTION,
    MASKED,
    ROOT,
    filled,
    get,
    make_key,
    number_in,
    post,
    read_xml,
    refusal,
    row_of,
    spot,
)


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

    async def test_no_number_is_cut_in_two_and_so_shown_in_part(self, world: World):
        line = "长" * 50 + "13812345678" + "，请打电话"
        row = await row_of(world, number_in(await post(world, await filled(world, description=line))))
        assert row["title"] == "长" * 50 + "*" * 9 + "…"
        assert row["body"] == line.replace("13812345678", "*" * 11)

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
            {"phone": "-----------"},
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
