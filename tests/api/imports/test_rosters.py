"""Rosters of members and volunteers from spreadsheets: people by name and number, each in a grid."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Range

from app.core.db import insert
from app.core.ids import new_id
from app.domain.caller import Role
from app.domain.kinds import MemberKind, UnitKind
from app.models import Unit
from app.services import people
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, make_member
from tests.imports import Cell, Office, counts, reasons, separated, xlsx
from tests.people import Person
from tests.roster import enrol, new_contact
from tests.spreadsheets import sheets_of

HEAD = ("姓名", "联系电话", "社区", "网格", "党员类型", "工作单位")
HATS = """
    SELECT p.id AS person_id, p.sealed, p.user_id, x.*, n.name AS unit FROM member x JOIN person p ON p.id = x.person_id
    LEFT JOIN unit n ON n.id = x.unit_id JOIN area a ON a.id = x.home_area_id WHERE a.lineage @> ARRAY[$1::uuid]
"""
VOLUNTEERS = """
    SELECT p.id AS person_id, p.sealed, x.* FROM volunteer x JOIN person p ON p.id = x.person_id
    JOIN area a ON a.id = x.home_area_id WHERE a.lineage @> ARRAY[$1::uuid]
"""
EVENTS = """
    SELECT action, from_state, to_state, party, actor_id, note, facts FROM event
    WHERE subject_kind = $1 AND subject_id = $2 ORDER BY id
"""
STAYS = "SELECT area_id, until IS NULL AS is_open FROM stay WHERE person_id = $1 AND hat = $2 ORDER BY since"


async def hats_of(world: World, query: str = HATS, area: Any = None) -> dict[str, Mapping[str, Any]]:
    """Return the hats of an area by their wearers' names."""
    secret = world.settings.data_key.get_secret_value()
    found = {}
    for row in await world.database.reads.fetch(query, (area or world.district).id):
        if row["sealed"] is not None:
            found[people.open_contact(secret, row["person_id"], row["sealed"]).name] = row
    return found


async def unit_named(world: World, name: str, area: Any = None) -> UUID:
    unit = Unit(id=new_id(), area_id=(area or world.district).id, kind=UnitKind.ENTERPRISE, name=name)
    async with world.database.transaction() as connection:
        await insert(connection, unit)
    return unit.id


def roster(world: World, *rows: tuple[Cell, ...]) -> bytes:
    """Return a roster of the world's community."""
    return xlsx(HEAD, *((*row[:2], world.community.name, *row[2:]) for row in rows))


@pytest.fixture
def phone() -> str:
    return new_contact().phone


class TestMembers:
    async def test_people_are_entered_verified_and_counted_in_their_grid(self, world: World, office: Office):
        await unit_named(world, "供电公司")
        first, second = new_contact().phone, new_contact().phone
        content = roster(
            world,
            ("张　三", f"{first[:3]}-{first[3:7]}-{first[7:]}", world.grid.name, "在职", "供电公司"),
            ("李四", int(second), world.other_grid.name, "离退休", ""),
        )
        done = await office.taken("members", world.district.id, content)
        assert counts(done) == (2, 0, 0, 0)
        found = await hats_of(world)
        assert (found["张三"]["kind"], found["张三"]["unit"], found["张三"]["status"]) == (
            *("in_service", "供电公司"),
            "approved",
        )
        assert found["李四"]["home_area_id"] == world.other_grid.id
        [event] = await world.database.reads.fetch(EVENTS, "member", found["张三"]["id"])
        assert tuple(event)[:5] == ("enter", None, "approved", "staff", world.administrator.id)
        [stay] = await world.database.reads.fetch(STAYS, found["李四"]["person_id"], "member")
        assert tuple(stay) == (world.other_grid.id, True)
        assert counts(await office.taken("members", world.district.id, content)) == (0, 0, 2, 0)

    async def test_whoever_has_another_hat_is_not_entered_again(self, world: World, office: Office):
        contact = new_contact("王小明")
        await enrol(world, contact)
        content = xlsx(("姓名", "电话", "网格", "特长"), (contact.name, contact.phone, world.grid.name, "理发，修电器"))
        assert counts(await office.taken("volunteers", world.district.id, content)) == (1, 0, 0, 0)
        member, volunteer = (await hats_of(world))["王小明"], (await hats_of(world, VOLUNTEERS))["王小明"]
        assert member["person_id"] == volunteer["person_id"]
        assert volunteer["skills"] == ["理发", "修电器"]

    async def test_another_grid_is_a_transfer(self, world: World, office: Office, phone: str):
        await office.taken("members", world.district.id, roster(world, ("张三", phone, world.grid.name, "退休", "")))
        content = xlsx(("姓名", "手机", "网格"), ("张三", phone, world.other_grid.name))
        checked = await office.checked("members", world.district.id, content)
        [row] = await office.rows(checked["id"], "changed")
        above = f"{world.district.name}/"
        [change] = row["changes"]
        assert (change["field"], change["heading"]) == ("grid", "网格")
        assert change["from"].startswith(above)
        assert change["to"].endswith(f"/{world.other_grid.name}")
        await office.confirm(checked["id"])
        member = (await hats_of(world))["张三"]
        assert (member["home_area_id"], member["kind"]) == (world.other_grid.id, "retired")
        event = (await world.database.reads.fetch(EVENTS, "member", member["id"]))[-1]
        assert tuple(event)[:4] == ("transfer", "approved", "approved", "staff")
        stays = await world.database.reads.fetch(STAYS, member["person_id"], "member")
        assert [tuple(stay) for stay in stays] == [(world.grid.id, False), (world.other_grid.id, True)]

    async def test_what_is_said_of_a_member_changes_and_blanks_say_nothing(
        self, world: World, office: Office, phone: str
    ):
        await unit_named(world, "供电公司")
        head = (
            "姓名",
            "电话",
            "网格",
            "党员类型",
            "单位",
            "单位报到社区",
            "单位报到日期",
            "社区报到日期",
            "流入地党支部",
        )
        where, day = f"{world.district.name}/{world.community.name}", "2026年5月1日"
        first = ("张三", phone, world.grid.name, "在职", "供电公司", where, day, "2026.5.3", "")
        await office.taken("members", world.district.id, xlsx(head, first))
        member = (await hats_of(world))["张三"]
        assert (member["unit_area_id"], str(member["unit_checked_in_on"])) == (world.community.id, "2026-05-01")
        second = ("张三", phone, "", "流动党员", "", "", "", "", "第一支部")
        checked = await office.checked("members", world.district.id, xlsx(head, second))
        [row] = await office.rows(checked["id"], "changed")
        assert [(change["field"], change["from"], change["to"]) for change in row["changes"]] == [
            ("kind", "在职党员", "流动党员"),
            ("host_branch", "", "第一支部"),
        ]
        await office.confirm(checked["id"])
        third = ("张三", phone, "", "无职", "", "", "", "", "")
        checked = await office.checked("members", world.district.id, xlsx(head, third))
        [row] = await office.rows(checked["id"], "changed")
        assert ("host_branch", "第一支部", "") in [
            (change["field"], change["from"], change["to"]) for change in row["changes"]
        ]
        assert (await office.confirm(checked["id"]))["status"] == "done"
        member = (await hats_of(world))["张三"]
        assert (member["kind"], member["unit"], member["host_branch"]) == ("unassigned", "供电公司", None)

    async def test_of_units_with_one_name_the_nearest(self, world: World, office: Office, phone: str):
        name = f"老年大学{phone}"
        await unit_named(world, name)
        near = await unit_named(world, name, world.community)
        content = roster(world, ("张三", phone, world.grid.name, "在职", name))
        await office.taken("members", world.district.id, content)
        assert (await hats_of(world))["张三"]["unit_id"] == near
        assert counts(await office.checked("members", world.district.id, content)) == (0, 0, 1, 0)

    async def test_a_closed_unit_keeps_its_members_and_gets_no_new_ones(self, world: World, office: Office, phone: str):
        name = f"老年大学{phone}"
        unit = await unit_named(world, name)
        content = roster(world, ("张三", phone, world.grid.name, "在职", name))
        await office.taken("members", world.district.id, content)
        closed = await world.api.post(f"/v1/units/{unit}/close", world.staff, {"reason": "已撤销。"})
        assert closed.status_code == 200
        assert counts(await office.checked("members", world.district.id, content)) == (0, 0, 1, 0)
        other = roster(world, ("李四", new_contact().phone, world.grid.name, "在职", name))
        checked = await office.checked("members", world.district.id, other)
        [found] = await office.rows(checked["id"], "refused")
        assert reasons(found) == [("unit", "工作单位不存在，请核对名称，或先导入单位。")]

    async def test_whoever_left_comes_back(self, world: World, office: Office):
        contact = await enrol(world, new_contact("赵六"))
        member = (await hats_of(world))["赵六"]
        left = await world.api.post(f"/v1/members/{member['id']}/leave", world.staff, {"reason": "搬走了。"})
        assert left.status_code == 200, left.text
        content = xlsx(("姓名", "电话", "网格"), (contact.name, contact.phone, world.other_grid.name))
        checked = await office.checked("members", world.district.id, content)
        [row] = await office.rows(checked["id"], "changed")
        assert row["changes"][0] == {"field": "status", "heading": "状态", "from": "已退出", "to": "在册"}
        await office.confirm(checked["id"])
        member = (await hats_of(world))["赵六"]
        assert (member["status"], member["home_area_id"]) == ("approved", world.other_grid.id)

    @pytest.mark.parametrize(
        ("row", "field", "sentence"),
        [
            (("张三", "1391234567", "{grid}", "退休", ""), "phone", "联系电话的位数不对，手机号应为11位。"),
            (("张三8", "{phone}", "{grid}", "退休", ""), "name", "姓名不像姓名，请只填写姓名，不要加数字或说明。"),
            (("", "{phone}", "{grid}", "退休", ""), "name", "姓名没有填写。"),
            (("张三", "{phone}", "没有的网格", "退休", ""), "grid", "网格不在本次导入的区域内，请核对，或先导入区域。"),
            (("张三", "{phone}", "", "退休", ""), "grid", "请写到网格。"),
            (("张三", "{phone}", "{grid}", "", ""), "kind", "没有填写党员类型。"),
            (("张三", "{phone}", "{grid}", "预备", ""), "kind", "党员类型不在可选范围内，请从下列中选择："),
            (("张三", "{phone}", "{grid}", "在职", ""), "unit", "在职党员和两新组织党员要填写工作单位。"),
            (("张三", "{phone}", "{grid}", "在职", "没有的公司"), "unit", "工作单位不存在，请核对名称，或先导入单位。"),
        ],
    )
    async def test_what_is_refused(
        self, world: World, office: Office, phone: str, row: tuple[str, ...], field: str, sentence: str
    ):
        cells = [text.format(phone=phone, grid=world.grid.name) for text in row]
        checked = await office.checked("members", world.district.id, roster(world, tuple(cells)))
        [found] = await office.rows(checked["id"], "refused")
        [(told_field, told)] = reasons(found)
        assert (told_field, told[: len(sentence)]) == (field, sentence)

    async def test_the_same_person_twice(self, world: World, office: Office, phone: str):
        rows = [("张三", phone, world.grid.name, "退休", ""), ("张 三", f"+86 {phone}", world.grid.name, "退休", "")]
        checked = await office.checked("members", world.district.id, roster(world, *rows))
        assert counts(checked) == (1, 0, 0, 1)
        [found] = await office.rows(checked["id"], "refused")
        assert reasons(found) == [(None, "与第2行的姓名和电话相同，请只保留一行。")]


class TestWhoMay:
    async def test_staff_keep_the_rosters_of_their_areas(self, world: World, api: ApiClient, jobs: Jobs, phone: str):
        office = Office(api, jobs, world.staff)
        content = roster(world, ("张三", phone, world.grid.name, "退休", ""))
        done = await office.taken("members", world.grid.id, content)
        assert counts(done) == (1, 0, 0, 0)
        assert (await Office(api, jobs, world.administrator).get(done["id"]))["is_own"] is False
        for person in (await world.holder(Role.STAFF, world.district), await world.holder(Role.STAFF, world.grid)):
            assert problem(await api.get(f"/v1/imports/{done['id']}", person)) == (404, "not-found")
        elsewhere = Office(api, jobs, await world.holder(Role.STAFF, world.other_grid))
        assert problem(await elsewhere.send("members", world.grid.id, content)) == (403, "not-allowed")

    async def test_whoever_belongs_elsewhere_stays_there(self, world: World, api: ApiClient, jobs: Jobs):
        """A grid's staff cannot pull people over from the grid next door, and learn no more than that they cannot."""
        contact = await enrol(world, new_contact("钱七"), area=world.other_grid)
        office = Office(api, jobs, await world.holder(Role.STAFF, world.grid))
        content = roster(world, (contact.name, contact.phone, world.grid.name, "退休", ""))
        checked = await office.checked("members", world.grid.id, content)
        [found] = await office.rows(checked["id"])
        assert (found["verdict"], reasons(found)) == ("refused", [(None, "不能在本区域登记这个人，请联系上级管理员。")])
        assert (await hats_of(world))["钱七"]["home_area_id"] == world.other_grid.id

    async def test_nobody_decides_on_themselves(self, world: World, api: ApiClient, jobs: Jobs, phone: str):
        """Not as whoever uploads, nor as whoever confirms what another uploaded."""
        staff = world.staff
        async with world.database.transaction() as connection:
            secret = world.settings.data_key.get_secret_value()
            person_id = await people.enter(connection, secret, people.Contact("孙八", phone))
            await connection.execute("UPDATE person SET user_id = $2 WHERE id = $1", person_id, staff.id)
        content = roster(world, ("孙八", phone, world.grid.name, "退休", ""))
        own = "不能处理与自己有关的事项，请由本区域其他工作人员处理。没有其他人时，上级区域的工作人员可以处理。"
        checked = await Office(api, jobs, staff).checked("members", world.grid.id, content)
        [found] = await Office(api, jobs, staff).rows(checked["id"])
        assert (found["verdict"], reasons(found)) == ("refused", [(None, own)])
        administrator = Office(api, jobs, world.administrator)
        checked = await administrator.checked("members", world.grid.id, content)
        assert counts(checked) == (1, 0, 0, 0)
        await self.make_administrator(world, staff)
        back = await Office(api, jobs, staff).confirm(checked["id"])
        assert (back["status"], counts(back)) == ("checked", (0, 0, 0, 1))
        assert (await administrator.confirm(checked["id"], accept_refused=True))["status"] == "done"

    async def make_administrator(self, world: World, person: Person) -> None:
        form = {"user_id": str(person.id), "role": "administrator", "area_id": str(world.district.id)}
        assert (await world.api.post("/v1/grants", world.administrator, form)).status_code == 201


class TestVolunteers:
    async def test_a_roster_in_gb18030(self, world: World, office: Office, phone: str):
        content = separated(
            ("志願者姓名", "聯繫電話", "網格", "特長"),
            ("周九", phone, world.grid.name, "理髮、陪伴"),
            encoding="gb18030",
        )
        done = await office.taken("volunteers", world.district.id, content)
        assert counts(done) == (1, 0, 0, 0)
        assert (await hats_of(world, VOLUNTEERS))["周九"]["skills"] == ["理髮", "陪伴"]

    async def test_what_they_do_and_when(self, world: World, office: Office, phone: str):
        head = ("姓名", "電話", "網格", "職業", "特長", "空閒時間")
        told = ("周九", phone, world.grid.name, "電工", "", "週六14：00至17：00；禮拜天上午")
        done = await office.taken("volunteers", world.district.id, xlsx(head, told))
        assert counts(done) == (1, 0, 0, 0)
        volunteer = (await hats_of(world, VOLUNTEERS))["周九"]
        assert (volunteer["profession"], volunteer["skills"], volunteer["free_hours"]) == (
            *("電工", []),
            [Range(8_040, 8_220), Range(9_120, 9_360)],
        )
        same = xlsx(head, ("周九", phone, "", "", "", "周日8:00-12:00；周六下午2点-5点"))
        assert counts(await office.taken("volunteers", world.district.id, same)) == (0, 0, 1, 0)
        checked = await office.checked(
            "volunteers", world.district.id, xlsx(head, ("周九", phone, "", "钳工", "理发", "周末全天"))
        )
        [row] = await office.rows(checked["id"], "changed")
        assert [(change["field"], change["from"], change["to"]) for change in row["changes"]] == [
            ("profession", "電工", "钳工"),
            ("skills", "", "理发"),
            ("free_hours", "周六14:00-17:00；周日08:00-12:00", "周六、周日08:00-21:00"),
        ]
        await office.confirm(checked["id"])
        volunteer = (await hats_of(world, VOLUNTEERS))["周九"]
        assert (volunteer["profession"], volunteer["skills"]) == ("钳工", ["理发"])
        event = (await world.database.reads.fetch(EVENTS, "volunteer", volunteer["id"]))[-1]
        assert tuple(event)[:3] == ("edit", "approved", "approved")
        assert counts(await office.checked("volunteers", world.district.id, same)) == (0, 1, 0, 0)

    async def test_hours_that_cannot_be_are_named(self, world: World, office: Office):
        head = ("姓名", "电话", "网格", "空闲时间")
        written = ("有空就来", "13:00-15:00", "周六17:00-14:00", "周六上午；周末8:00-9:00")
        rows = [
            (f"周{name}", new_contact().phone, world.grid.name, hours)
            for name, hours in zip("甲乙丙丁", written, strict=True)
        ]
        checked = await office.checked("volunteers", world.district.id, xlsx(head, *rows))
        assert [row["reasons"][0]["code"] for row in await office.rows(checked["id"], "refused")] == [
            "hours-unclear",
            "hours-day-missing",
            "hours-order",
            "hours-overlap",
        ]


class TestExports:
    @pytest.fixture
    async def people_of_the_grid(self, world: World, office: Office, phone: str) -> list[str]:
        await unit_named(world, "供电公司")
        head = (
            "姓名",
            "电话",
            "网格",
            "党员类型",
            "单位",
            "单位报到社区",
            "单位报到日期",
            "社区报到日期",
            "流入地党支部",
        )
        where = f"{world.district.name}/{world.community.name}"
        numbers = [phone, new_contact().phone]
        rows = [
            ("张三", numbers[0], world.grid.name, "在职", "供电公司", where, "2026-05-01", "2026-05-03", ""),
            ("李四", numbers[1], world.other_grid.name, "流动", "", "", "", "", "第一支部"),
        ]
        await office.taken("members", world.district.id, xlsx(head, *rows))
        offered = ("理发、修电器", "电工", "工作日晚上；周末9:00-11:30、14:00-17:00；周日22:00-24:00；周一00:00-01:00")
        volunteers = xlsx(
            ("姓名", "电话", "网格", "特长", "职业", "空闲时间"), ("张三", numbers[0], world.grid.name, *offered)
        )
        await office.taken("volunteers", world.district.id, volunteers)
        return numbers

    @pytest.mark.usefixtures("people_of_the_grid")
    @pytest.mark.parametrize(("kind", "count"), [("members", 2), ("volunteers", 1)])
    async def test_with_a_reason_they_can_be_imported(self, world: World, office: Office, kind: str, count: int):
        asked: dict[str, Any] = {"area_id": world.district.id, "reason": "年度核对党员名册"}
        exported = await office.api.get(f"/v1/exports/{kind}.xlsx", office.person, **asked)
        checked = await office.checked(kind, world.district.id, exported.content)
        assert counts(checked) == (0, 0, count, 0)
        last = "SELECT action, actor_id, note, facts FROM event WHERE subject_kind = 'export' ORDER BY id DESC LIMIT 1"
        [event] = await world.database.reads.fetch(last)
        assert tuple(event)[:3] == ("export", world.administrator.id, "年度核对党员名册")
        assert f'"rows": {count}' in event["facts"]

    async def test_without_one_numbers_are_masked(self, world: World, office: Office, people_of_the_grid: list[str]):
        for person in (world.administrator, world.staff):
            for kind in ("members", "volunteers"):
                exported = await office.api.get(f"/v1/exports/{kind}.xlsx", person, area_id=world.district.id)
                told = str(sheets_of(exported.content))
                assert "张三" in told
                assert f"{people_of_the_grid[0][:3]}****" in told
                assert not any(number in told for number in people_of_the_grid)

    async def test_staff_get_no_numbers_whatever_they_say(self, world: World, office: Office):
        asked: dict[str, Any] = {"area_id": world.district.id, "reason": "想打电话"}
        refused = await office.api.get("/v1/exports/members.xlsx", world.staff, **asked)
        assert problem(refused) == (403, "not-allowed")

    @pytest.mark.usefixtures("people_of_the_grid")
    async def test_nothing_of_the_grid_next_door(self, world: World, office: Office):
        exported = await office.api.get("/v1/exports/members.xlsx", world.staff, area_id=world.other_grid.id)
        told = str(sheets_of(exported.content)[0])
        assert ("李四" in told, "张三" in told) == (True, False)
        holder = await world.holder(Role.STAFF, world.grid)
        refused = await office.api.get("/v1/exports/members.xlsx", holder, area_id=world.other_grid.id)
        assert problem(refused) == (403, "not-allowed")


class TestPrivacy:
    async def test_names_and_numbers_stay_in_what_is_sealed(self, world: World, office: Office, phone: str):
        name = "诸葛不见"
        rows = [(name, phone, world.grid.name, "退休", ""), (name, phone, world.grid.name, "退休", "x" * 60)]
        done = await office.taken("members", world.district.id, roster(world, *rows), accept_refused=True)
        tables = await world.database.reads.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            for word in (name, phone):
                query = f"""SELECT count(*) FROM "{table}" x WHERE x::text LIKE '%' || $1 || '%'
                    OR x::text LIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'"""
                assert await world.database.reads.fetchval(query, word) == 0, table
        assert name not in str(await office.get(done["id"]))


async def test_whoever_applied_in_the_app_and_is_on_the_list(world: World, office: Office, phone: str):
    """Bound to the roster as a volunteer, and waiting as a member: the list approves."""
    person = await world.person()
    member_id = await make_member(world.database, person, world.grid, world.unit_id, "applied")
    secret = world.settings.data_key.get_secret_value()
    async with world.database.transaction() as connection:
        person_id = await people.of_user(connection, person.id)
        contact = people.Contact("吴十", phone)
        await connection.execute(
            "UPDATE person SET sealed = $2, identity_hash = $3, phone_hash = $4 WHERE id = $1",
            person_id,
            people.seal_contact(secret, person_id, contact),
            people.identity_hash(secret, contact),
            people.phone_hash(secret, phone),
        )
    content = xlsx(("姓名", "电话", "网格"), ("吴十", phone, world.grid.name))
    done = await office.taken("members", world.district.id, content)
    assert counts(done) == (0, 1, 0, 0)
    member = (await hats_of(world))["吴十"]
    assert (member["id"], member["status"], member["kind"]) == (member_id, "approved", MemberKind.IN_SERVICE)
    event = (await world.database.reads.fetch(EVENTS, "member", member_id))[-1]
    assert tuple(event)[:3] == ("approve", "applied", "approved")
