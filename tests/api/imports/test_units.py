"""Units from spreadsheets: who they are by code or name, whom to call there, and where they reported."""

from typing import Any
from uuid import UUID

from app.domain.kinds import AreaKind
from app.services import people
from tests.factories import World, make_area, new_licence_number
from tests.imports import Cell, Office, counts, reasons, xlsx
from tests.roster import new_contact
from tests.spreadsheets import parts_of

HEAD = ("單位名稱", "單位性質", "信用代碼", "社區", "聯繫人", "聯繫電話", "報到社區")
UNITS = """
    SELECT x.id, x.area_id, x.kind, x.name, x.credit_code, x.contact_id, p.sealed,
        ARRAY(SELECT area_id FROM unit_area WHERE unit_id = x.id ORDER BY area_id) AS reported_to
    FROM unit x JOIN area a ON a.id = x.area_id LEFT JOIN person p ON p.id = x.contact_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND x.id <> $2
"""
EVENTS = "SELECT action, facts FROM event WHERE subject_kind = 'unit' AND subject_id = $1 ORDER BY created_at, id"


def wide(text: str) -> str:
    """Return a text in full-width characters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


async def units_of(world: World) -> dict[str, Any]:
    rows = await world.database.reads.fetch(UNITS, world.district.id, world.unit_id)
    return {row["name"]: row for row in rows}


async def actions_of(world: World, unit: UUID) -> list[str]:
    return [row["action"] for row in await world.database.reads.fetch(EVENTS, unit)]


async def refusal(office: Office, world: World, *row: Cell) -> list[tuple[str | None, str]]:
    checked = await office.checked("units", world.district.id, xlsx(HEAD, row))
    [refused] = await office.rows(checked["id"], "refused")
    return reasons(refused)


class TestUnits:
    async def test_all_that_is_known_of_them(self, world: World, office: Office):
        code, contact, place = new_licence_number(), new_contact("欧阳小满"), world.community.name
        both = f"{world.district.name}/{world.community.name}、{world.other_grid.name}"
        content = xlsx(
            HEAD,
            ("云桥软件", "非公有制企業", wide(code.lower()), place, "欧阳小满", contact.phone, both),
            ("供电所", "物業公司", None, place, None, None, None),
        )
        assert counts(await office.taken("units", world.district.id, content)) == (2, 0, 0, 0)
        found = await units_of(world)
        unit = found["云桥软件"]
        assert (unit["kind"], unit["credit_code"]) == ("non_public_enterprise", code)
        assert unit["reported_to"] == sorted([world.community.id, world.other_grid.id])
        secret = world.settings.data_key.get_secret_value()
        assert people.open_contact(secret, unit["contact_id"], unit["sealed"]) == contact
        assert await actions_of(world, unit["id"]) == ["add", "report", "report"]
        assert (found["供电所"]["credit_code"], found["供电所"]["contact_id"]) == (None, None)
        told = str(await world.database.reads.fetch(EVENTS, unit["id"]))
        assert contact.phone not in told
        assert contact.name not in told
        assert counts(await office.taken("units", world.district.id, content)) == (0, 0, 2, 0)
        assert await actions_of(world, unit["id"]) == ["add", "report", "report"]

    async def test_they_are_put_right(self, world: World, office: Office):
        code, contact = new_licence_number(), new_contact("王小明")
        row = (world.community.name, "王小明", contact.phone, world.grid.name)
        await office.taken("units", world.district.id, xlsx(HEAD, ("云桥软件", "企业", code, *row)))
        other = new_contact("王小明")
        # Known by its code, wherever the row says nothing of a place; where it reported before stays.
        anew = ("云桥科技", "非公企业", code, None, "王小明", other.phone, world.other_grid.name)
        checked = await office.checked("units", world.district.id, xlsx(HEAD, anew))
        [found] = await office.rows(checked["id"], "changed")
        assert [(change["heading"], change["to"]) for change in found["changes"]][:2] == [
            ("单位类型", "非公企业"),
            ("单位名称", "云桥科技"),
        ]
        assert found["changes"][2]["to"] == other.masked_phone
        assert counts(await office.confirm(checked["id"])) == (0, 1, 0, 0)
        unit = (await units_of(world))["云桥科技"]
        assert (unit["area_id"], unit["credit_code"]) == (world.community.id, code)
        assert unit["reported_to"] == sorted([world.grid.id, world.other_grid.id])
        assert await actions_of(world, unit["id"]) == ["add", "report", "edit", "set_contact", "report"]
        # What stands in no cell is left as it is.
        bare = ("雲橋科技", "非公企业", None, world.community.name, None, None, None)
        assert counts(await office.taken("units", world.district.id, xlsx(HEAD, bare))) == (0, 0, 1, 0)

    async def test_every_fault_is_named(self, world: World, office: Office):
        code, place = new_licence_number(), world.community.name
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        elsewhere = await World.make(world.database, world.api, world.settings)
        form = {"kind": "enterprise", "area_id": str(elsewhere.grid.id), "name": "远方公司"}
        taken = new_licence_number()
        added = await world.api.post("/v1/units", elsewhere.staff, form | {"credit_code": taken})
        assert added.status_code == 201
        await office.taken("units", world.district.id, xlsx(HEAD, ("云桥", "企业", code, place, None, None, None)))
        for row, column in (
            (("新公司", "企业", wrong, place, None, None, None), "credit_code"),
            (("新公司", "企业", taken, place, None, None, None), "credit_code"),
            (("云桥", "企业", code, world.other_grid.name, None, None, None), "community"),
            (("新公司", "企业", None, place, "王小明", None, None), "phone"),
            (("新公司", "企业", None, place, None, "13900000000", None), "contact"),
            (("新公司", "企业", None, place, None, None, "没有这个社区"), "reported_to"),
            (("新公司", "企业", None, place, None, None, elsewhere.grid.name), "reported_to"),
        ):
            [found] = await refusal(office, world, *row)
            assert found[0] == column, found

    async def test_a_code_and_a_name_of_two_units(self, world: World, office: Office):
        one, other, place = new_licence_number(), new_licence_number(), world.community.name
        content = xlsx(
            HEAD,
            ("甲公司", "企业", one, place, None, None, None),
            ("乙公司", "企业", other, place, None, None, None),
        )
        await office.taken("units", world.district.id, content)
        assert await refusal(office, world, "甲公司", "企业", other, place, None, None, None) == [
            ("credit_code", "这个信用代码是“乙公司”的，请核对名称、区域和代码。")
        ]
        grid = xlsx((*HEAD, "网格"), ("甲公司", "企业", one, place, None, None, None, world.grid.name))
        checked = await office.checked("units", world.district.id, grid)
        [found] = await office.rows(checked["id"], "refused")
        assert reasons(found) == [("credit_code", "这个信用代码是“甲公司”的，请核对名称、区域和代码。")]
        twice = xlsx(
            HEAD,
            ("丙公司", "企业", one, place, None, None, None),
            ("甲公司", "企业", None, place, None, None, None),
            ("丁公司", "企业", one, place, None, None, None),
        )
        assert counts(await office.checked("units", world.district.id, twice)) == (0, 1, 0, 2)

    async def test_a_unit_that_is_closed_is_another_one(self, world: World, office: Office):
        code = new_licence_number()
        content = xlsx(HEAD, ("云桥", "企业", code, world.community.name, None, None, world.grid.name))
        await office.taken("units", world.district.id, content)
        unit = (await units_of(world))["云桥"]["id"]
        closed = await world.api.post(f"/v1/units/{unit}/close", world.staff, {"reason": "已注销。"})
        assert closed.status_code == 200
        assert counts(await office.taken("units", world.district.id, content)) == (1, 0, 0, 0)
        rows = await world.database.reads.fetch(UNITS, world.district.id, world.unit_id)
        assert len(rows) == 2

    async def test_what_is_exported_can_be_imported(self, world: World, office: Office):
        contact = new_contact("王小明")
        await make_area(world.database, world.other_grid, AreaKind.POST, name=world.grid.name)
        row = ("云桥", "社會組織", new_licence_number(), world.community.name, "王小明", contact.phone)
        await office.taken("units", world.district.id, xlsx(HEAD, (*row, world.district.name)))
        unit = (await units_of(world))["云桥"]["id"]
        reported = await world.api.put(f"/v1/units/{unit}/areas/{world.grid.id}", world.staff, {})
        assert reported.status_code == 200
        params = {"area_id": world.district.id}
        whole = await world.api.get("/v1/exports/units.xlsx", world.administrator, **params, reason="年度核对")
        assert whole.status_code == 200, whole.text
        assert counts(await office.checked("units", world.district.id, whole.content)) == (0, 0, 2, 0)
        asked = "SELECT facts FROM event WHERE subject_kind = 'export' AND actor_id = $1"
        assert await world.database.reads.fetchval(asked, world.administrator.id) is not None
        masked = await world.api.get("/v1/exports/units.xlsx", world.staff, **params)
        assert masked.status_code == 200
        assert contact.phone.encode() not in masked.content
        checked = await office.checked("units", world.district.id, masked.content)
        [refused] = await office.rows(checked["id"], "refused")
        assert [column for column, _ in reasons(refused)] == ["phone"], "a masked number is no number"

    async def test_the_template_offers_every_kind(self, world: World):
        response = await world.api.get("/v1/imports/templates/units.xlsx", world.administrator)
        assert response.status_code == 200
        sheets = "".join(parts_of(response.content).values())
        for kind in ("机关事业单位", "企业", "非公企业", "社会组织", "物业服务企业", "职能部门"):
            assert kind in sheets
        assert "<dataValidation " in sheets
