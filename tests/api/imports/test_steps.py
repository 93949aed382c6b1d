"""A file's way from the upload to what was written, step by step."""

import tempfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core.clock import at, now
from app.domain.caller import Role
from app.domain.kinds import ImportKind
from app.domain.sheets.reading import FILE_BYTES_MAX
from app.jobs import handlers
from app.services.imports import exporting
from app.services.imports.registry import KINDS
from tests.api.scene import count_rows, problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.imports import Office, counts, reasons, separated, xlsx
from tests.people import Person
from tests.roster import new_contact
from tests.spreadsheets import is_spreadsheet, rows_of

HEAD = ("单位名称", "单位类型", "社区")
KEPT = "SELECT content IS NOT NULL AS content, report IS NOT NULL AS report, has_findings FROM import_run WHERE id = $1"
PROBLEM = "SELECT status || ': ' || problem FROM import_run WHERE id = $1"
KEPT_ROWS = "SELECT count(*) FROM import_row WHERE import_id = $1"
EVENTS = "SELECT action, party, actor_id, facts FROM event WHERE subject_kind = $1 AND subject_id = $2 ORDER BY id"
UNITS = "SELECT id, name, kind FROM unit WHERE area_id = $1 ORDER BY name"


def some_units(*names: str) -> bytes:
    return xlsx(HEAD[:2], *((name, "企业") for name in names))


async def units_in(world: World, area: Any = None) -> list[str]:
    rows = await world.database.reads.fetch(UNITS, (area or world.district).id)
    return [row["name"] for row in rows if not row["name"].startswith("单位")]


async def kept_of(world: World, import_id: str) -> tuple[bool, bool, bool]:
    """Return whether file, report and findings of an import are kept."""
    [row] = await world.database.reads.fetch(KEPT, import_id)
    return row["content"], row["report"], row["has_findings"]


class TestUpload:
    async def test_it_tells_what_the_columns_are_taken_for(self, world: World, office: Office):
        content = xlsx(("某区单位统计表",), (), ("序号", "單位名稱", "性质", "備註"), (1, "供电公司", "企业", ""))
        told = (await office.send("units", world.district.id, content, "C:\\资料\\单位表.xlsx")).json()
        assert (told["status"], told["filename"], told["kind"]) == ("uploaded", "单位表.xlsx", "units")
        assert told["area"] == {"id": str(world.district.id), "name": world.district.name}
        assert told["actions"] == ["map", "check", "cancel"]
        assert told["is_own"] is True
        assert told["mapping"]["heading_rows"] == [3]
        assert told["mapping"]["rows"] == 1
        matched = {column["heading"]: (column["field"], column["title"]) for column in told["mapping"]["columns"]}
        assert matched == {
            "序号": (None, None),
            "單位名稱": ("name", "单位名称"),
            "性质": ("kind", "单位类型"),
            "備註": (None, None),
        }
        assert told["mapping"]["missing"] == []

    async def test_it_says_what_is_missing_and_goes_no_further(self, world: World, office: Office):
        import_id = await office.upload(
            "units", world.district.id, xlsx(("单位名称", "街道"), ("供电公司", "东门街道"))
        )
        told = await office.get(import_id)
        assert told["mapping"]["missing"] == [{"field": "kind", "title": "单位类型"}]
        assert problem(await office.step(import_id, "check")) == (409, "mapping-incomplete")

    async def test_repeated_with_another_boundary_it_is_one_import(self, world: World, office: Office):
        key, content = uuid4().hex, some_units("供电公司")
        first = await office.send("units", world.district.id, content, key=key)
        again = await office.send("units", world.district.id, content, key=key)
        assert again.headers["idempotent-replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        other = await office.send("units", world.district.id, some_units("供水公司"), key=key)
        assert problem(other) == (422, "idempotency-key-reused")

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "file-empty"),
            (b"\x89PNG\r\n\x1a\n" + bytes(64), "file-not-a-table"),
            (b"%PDF-1.7 not a table", "file-not-a-table"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64) + "Workbook".encode("utf-16-le"), "file-old-excel"),
            (xlsx(HEAD, ("甲",))[:-40], "file-damaged"),
            (b"PK\x03\x04" + bytes(64), "file-damaged"),
        ],
        ids=["empty", "picture", "pdf", "old", "cut", "no zip"],
    )
    async def test_a_file_that_lies(self, world: World, office: Office, content: bytes, code: str):
        before = await count_rows(world.database)
        assert problem(await office.send("units", world.district.id, content)) == (422, code)
        after = await count_rows(world.database)
        assert before == after

    async def test_too_large(self, world: World, office: Office):
        at_most = b"a" * FILE_BYTES_MAX
        assert problem(await office.send("units", world.district.id, at_most)) != (413, "body-too-large")
        assert problem(await office.send("units", world.district.id, at_most + b"a")) == (422, "file-too-large")
        much = await office.send("units", world.district.id, at_most + bytes(1 << 17))
        assert problem(much) == (413, "body-too-large")

    @pytest.mark.parametrize(
        ("media_type", "body"),
        [
            ("application/json", b"{}"),
            ("multipart/form-data", b"--x--"),
            ("multipart/form-data; boundary=x", b""),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n"),
            (
                "multipart/form-data; boundary=x",
                b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
            ),
            ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\nb\r\n--x--\r\n"),
        ],
    )
    async def test_no_whole_file(self, world: World, api: ApiClient, media_type: str, body: bytes):
        response = await api.request(
            "POST",
            f"/v1/imports?kind=units&area_id={world.district.id}",
            world.administrator,
            key=uuid4().hex,
            content=body,
            headers={"Content-Type": media_type},
        )
        assert problem(response) == (400, "upload-unreadable")

    async def test_who_may_not(self, world: World, api: ApiClient, jobs: Jobs):
        for person in (world.staff, world.alliance, await world.holder(Role.ADMINISTRATOR, world.grid)):
            response = await Office(api, jobs, person).send("units", world.district.id, some_units("甲"))
            assert problem(response) == (403, "not-allowed")

    async def test_into_an_area_that_is_closed(self, world: World, office: Office):
        await world.database.writes.execute("UPDATE area SET closed_at = now() WHERE id = $1", world.other_grid.id)
        assert problem(await office.send("units", world.other_grid.id, some_units("甲"))) == (409, "area-closed")

    async def test_the_file_is_sealed(self, world: World, office: Office):
        import_id = await office.upload("units", world.district.id, separated(HEAD, ("供电公司", "企业", "")), "a.csv")
        kept = await world.database.reads.fetchval("SELECT content FROM import_run WHERE id = $1", import_id)
        assert "供电".encode() not in kept


class TestMapping:
    async def test_a_person_corrects_it(self, world: World, office: Office):
        content = xlsx(("甲", "乙", "单位名称", "单位类型"), ("供电公司", "企业", "x", "y"))
        import_id = await office.upload("units", world.district.id, content)
        chosen = {"columns": [{"index": 0, "field": "name"}, {"index": 1, "field": "kind"}]}
        response = await office.api.put(f"/v1/imports/{import_id}/mapping", office.person, chosen)
        assert response.status_code == 200
        matched = {column["heading"]: column["field"] for column in response.json()["mapping"]["columns"]}
        assert matched == {"甲": "name", "乙": "kind", "单位名称": None, "单位类型": None}
        assert counts(await office.check(import_id)) == (1, 0, 0, 0)
        assert [row["label"] for row in await office.rows(import_id)] == ["供电公司"]

    @pytest.mark.parametrize(
        "form",
        [
            {"columns": [{"index": 99, "field": "name"}]},
            {"columns": [{"index": 0, "field": "owner_id"}]},
            {"columns": [{"index": 0, "field": "name"}, {"index": 0, "field": "kind"}]},
            {"columns": [{"index": 0, "field": "name"}, {"index": 1, "field": "name"}]},
            {"columns": [{"index": 2, "field": "name"}]},
        ],
        ids=["no such column", "no such field", "one column twice", "one field twice", "identity numbers"],
    )
    async def test_tampered_with(self, world: World, office: Office, form: dict[str, Any]):
        content = xlsx((*HEAD[:2], "身份证号"), ("供电公司", "企业", "370306199001011234"))
        import_id = await office.upload("units", world.district.id, content)
        before = await office.get(import_id)
        response = await office.api.put(f"/v1/imports/{import_id}/mapping", office.person, form)
        assert problem(response) == (422, "mapping-unfit")
        assert await office.get(import_id) == before

    async def test_another_sheet(self, world: World, office: Office):
        import_id = await office.upload("units", world.district.id, some_units("甲公司"))
        path = f"/v1/imports/{import_id}/mapping"
        assert problem(await office.api.put(path, office.person, {"sheet": "没有"})) == (422, "file-has-no-such-sheet")
        assert (await office.api.put(path, office.person, {"sheet": "Sheet1"})).status_code == 200
        assert (await office.api.put(path, office.person, {})).status_code == 200

    async def test_what_was_checked_counts_no_more(self, world: World, office: Office):
        checked = await office.checked("units", world.district.id, some_units("甲公司"))
        path = f"/v1/imports/{checked['id']}/mapping"
        again = (await office.api.put(path, office.person, {})).json()
        assert (again["status"], again["counts"], again["has_report"]) == ("uploaded", None, False)
        assert await office.rows(checked["id"]) == []
        assert problem(await office.step(checked["id"], "confirm", {"accept_refused": True})) == (409, "state-conflict")


class TestCheck:
    async def test_it_writes_nothing(self, world: World, office: Office):
        before = await units_in(world)
        checked = await office.checked("units", world.district.id, some_units("甲公司", "乙公司"))
        assert counts(checked) == (2, 0, 0, 0)
        assert checked["progress"] == {"done": 2, "total": 2}
        assert checked["actions"] == ["map", "check", "confirm", "cancel"]
        assert await units_in(world) == before

    async def test_rows_by_page_and_verdict(self, world: World, office: Office):
        content = xlsx(HEAD[:2], ("甲公司", "企业"), ("乙公司", "个体户"), ("", "企业"), ("丙公司", "社会组织"))
        checked = await office.checked("units", world.district.id, content)
        assert counts(checked) == (2, 0, 0, 2)
        path = f"/v1/imports/{checked['id']}/rows"
        first = (await office.api.get(path, office.person, limit=1, verdict="refused")).json()
        [row] = first["items"]
        assert (row["number"], row["verdict"], row["label"]) == (3, "refused", "乙公司")
        [(field, sentence)] = reasons(row)
        assert field == "kind"
        assert sentence.startswith("单位类型不在可选范围内，请从下列中选择：机关事业单位、")
        second = await office.api.get(path, office.person, limit=1, verdict="refused", cursor=first["next_cursor"])
        assert reasons(second.json()["items"][0]) == [("name", "单位名称没有填写。")]
        assert second.json()["next_cursor"] is None
        other = await office.api.get(path, office.person, verdict="added", cursor=first["next_cursor"])
        assert problem(other) == (422, "cursor-invalid")
        assert [row["number"] for row in await office.rows(checked["id"], "added")] == [2, 5]

    async def test_the_report_marks_the_faults_in_place(self, world: World, office: Office):
        content = xlsx(HEAD[:2], ("甲公司", "企业"), ("乙公司", "个体户"), ("合计", "2"))
        checked = await office.checked("units", world.district.id, content)
        report = await office.api.get(f"/v1/imports/{checked['id']}/report.xlsx", office.person)
        assert is_spreadsheet(report)
        assert report.headers["cache-control"] == "no-store"
        head, *rows = rows_of(report.content)
        assert head == ["原行号", "结果", "原因", "单位名称", "单位类型"]
        assert [row[:2] + row[3:] for row in rows] == [
            [2, "新增", "甲公司", "企业"],
            [3, "有误", "乙公司", "个体户"],
            [4, "不导入", "合计", "2"],
        ]
        assert rows[1][2].startswith("单位类型不在可选范围内")

    async def test_a_mended_report_can_be_sent(self, world: World, office: Office):
        checked = await office.checked("units", world.district.id, xlsx(HEAD[:2], ("甲公司", "个体户")))
        report = await office.api.get(f"/v1/imports/{checked['id']}/report.xlsx", office.person)
        rows = rows_of(report.content)
        rows[1][4] = "企业"
        assert counts(await office.checked("units", world.district.id, xlsx(*rows))) == (1, 0, 0, 0)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    async def test_separated_values_in_every_encoding(self, world: World, office: Office, encoding: str):
        content = separated(HEAD[:2], ("区市场监督管理局", "职能部门"), encoding=encoding)
        checked = await office.check(await office.upload("units", world.district.id, content, "单位.csv"))
        assert [row["label"] for row in await office.rows(checked["id"])] == ["区市场监督管理局"]

    async def test_cancelled_meanwhile_it_keeps_nothing(self, world: World, office: Office):
        import_id = await office.upload("units", world.district.id, some_units("甲公司"))
        assert (await office.step(import_id, "check")).status_code == 200
        assert (await office.step(import_id, "cancel")).json()["status"] == "cancelled"
        await office.jobs.drain()
        assert (await office.get(import_id))["status"] == "cancelled"
        assert await world.database.reads.fetchval(KEPT_ROWS, import_id) == 0


class TestConfirm:
    async def test_all_of_it_is_there_with_its_events(self, world: World, office: Office):
        done = await office.taken("units", world.district.id, some_units("甲公司", "乙公司"))
        assert counts(done) == (2, 0, 0, 0)
        assert (done["actions"], done["has_report"]) == ([], False)
        assert done["ended_at"] is not None
        assert await units_in(world) == ["乙公司", "甲公司"]
        for row in await world.database.reads.fetch(UNITS, world.district.id):
            if row["name"] in {"甲公司", "乙公司"}:
                [event] = await world.database.reads.fetch(EVENTS, "unit", row["id"])
                assert tuple(event)[:3] == ("add", "staff", world.administrator.id)
        actions = [row["action"] for row in await world.database.reads.fetch(EVENTS, "import_run", done["id"])]
        assert actions == ["create", "check", "finish_check", "confirm", "finish"]
        assert await kept_of(world, done["id"]) == (False, False, True)

    async def test_the_same_file_twice_changes_nothing(self, world: World, office: Office):
        content = some_units("甲公司", "乙公司")
        await office.taken("units", world.district.id, content)
        assert counts(await office.taken("units", world.district.id, content)) == (0, 0, 2, 0)
        assert await units_in(world) == ["乙公司", "甲公司"]

    async def test_refused_rows_have_to_be_accepted(self, world: World, office: Office):
        checked = await office.checked("units", world.district.id, xlsx(HEAD[:2], ("甲公司", "企业"), ("乙公司", "x")))
        refused = await office.step(checked["id"], "confirm", {"accept_refused": False})
        assert problem(refused) == (409, "import-has-refused")
        done = await office.confirm(checked["id"], accept_refused=True)
        assert (done["status"], counts(done)) == ("done", (1, 0, 0, 1))
        assert await units_in(world) == ["甲公司"]
        report = await office.api.get(f"/v1/imports/{done['id']}/report.xlsx", office.person)
        assert [row[3] for row in rows_of(report.content)] == ["单位名称", "乙公司"], "the refused rows alone"

    async def test_without_a_check_before(self, world: World, office: Office):
        import_id = await office.upload("units", world.district.id, some_units("甲公司"))
        assert problem(await office.step(import_id, "confirm", {"accept_refused": True})) == (409, "state-conflict")

    async def test_done_it_cannot_be_done_again(self, world: World, office: Office):
        done = await office.taken("units", world.district.id, some_units("甲公司"))
        for action in ("check", "cancel"):
            assert problem(await office.step(done["id"], action)) == (409, "state-conflict")
        assert problem(await office.step(done["id"], "confirm", {"accept_refused": True})) == (409, "state-conflict")
        gone = await office.api.put(f"/v1/imports/{done['id']}/mapping", office.person, {})
        assert problem(gone) == (409, "import-file-gone")
        report = await office.api.get(f"/v1/imports/{done['id']}/report.xlsx", office.person)
        assert problem(report) == (409, "import-file-gone")

    async def test_whoever_may_no_more_writes_nothing(self, world: World, office: Office):
        checked = await office.checked("units", world.district.id, some_units("甲公司"))
        assert (await office.step(checked["id"], "confirm", {"accept_refused": False})).status_code == 200
        await world.database.writes.execute('DELETE FROM "grant" WHERE user_id = $1', world.administrator.id)
        await office.jobs.drain()
        assert await world.database.reads.fetchval(PROBLEM, checked["id"]) == "failed: not-allowed"
        assert await units_in(world) == []

    @pytest.mark.parametrize(
        "now_they_are",
        [
            """UPDATE "user" SET is_blocked = true WHERE id = $1 AND $2::uuid IS NOT NULL""",
            """UPDATE "grant" SET role = 'staff' WHERE user_id = $1 AND $2::uuid IS NOT NULL""",
            """UPDATE "grant" SET area_id = $2 WHERE user_id = $1""",
        ],
        ids=["blocked", "staff alone", "administrator elsewhere"],
    )
    async def test_what_was_left_to_them_is_not_enough(self, world: World, office: Office, now_they_are: str):
        """As administrators of the grid beside it they still reach nothing here."""
        checked = await office.checked("units", world.grid.id, some_units("甲公司"))
        assert (await office.step(checked["id"], "confirm", {"accept_refused": False})).status_code == 200
        await world.database.writes.execute(now_they_are, world.administrator.id, world.other_grid.id)
        await office.jobs.drain()
        assert await world.database.reads.fetchval(PROBLEM, checked["id"]) == "failed: not-allowed"
        assert await units_in(world, world.grid) == []


class TestAreaClosedSince:
    """What was uploaded for an area that was merged, split or closed since can only be cancelled."""

    async def test_it_goes_no_further(self, world: World, office: Office):
        content = some_units("甲公司")
        uploaded = await office.upload("units", world.grid.id, content)
        checked = (await office.checked("units", world.grid.id, content))["id"]
        into = {"into_id": str(world.other_grid.id), "reason": "合并。"}
        merged = await office.api.post(f"/v1/areas/{world.grid.id}/merge", office.person, into)
        assert merged.status_code == 200, merged.text
        for import_id, action, form in (
            (uploaded, "check", None),
            (checked, "check", None),
            (checked, "confirm", {"accept_refused": False}),
        ):
            assert problem(await office.step(import_id, action, form)) == (409, "area-closed")
        for import_id in (uploaded, checked):
            assert (await office.get(import_id))["actions"] == ["cancel"]
            assert (await office.step(import_id, "cancel")).status_code == 200
        assert await units_in(world) == []

    async def test_what_was_confirmed_just_before_is_not_written(self, world: World, office: Office):
        checked = await office.checked("units", world.grid.id, some_units("甲公司"))
        assert (await office.step(checked["id"], "confirm", {"accept_refused": False})).status_code == 200
        closed = await office.api.post(f"/v1/areas/{world.grid.id}/close", office.person, {"reason": "撤销。"})
        assert closed.status_code == 200, closed.text
        await office.jobs.drain()
        told = await office.get(checked["id"])
        assert (told["status"], told["problem"]["code"], told["actions"]) == ("failed", "area-closed", ["cancel"])
        assert await units_in(world) == []


class TestChangedSinceTheCheck:
    async def change(self, world: World, name: str, kind: str) -> None:
        await world.database.writes.execute("UPDATE unit SET kind = $2 WHERE name = $1", name, kind)

    async def test_everything_waits_for_another_look(self, world: World, office: Office):
        await office.taken("units", world.district.id, some_units("甲公司"))
        content = xlsx(HEAD[:2], ("甲公司", "物业"), ("乙公司", "企业"))
        checked = await office.checked("units", world.district.id, content)
        await self.change(world, "甲公司", "department")
        again = await office.confirm(checked["id"])
        assert (again["status"], again["confirmed_at"], counts(again)) == ("checked", None, (1, 0, 0, 1))
        [row] = await office.rows(checked["id"], "refused")
        assert reasons(row) == [(None, "检查之后有人改动了相关内容，本行没有导入，请重新检查。")]
        assert await units_in(world) == ["甲公司"]
        fresh = await office.check(checked["id"])
        assert counts(fresh) == (1, 1, 0, 0)
        [row] = await office.rows(checked["id"], "changed")
        assert row["changes"] == [{"field": "kind", "heading": "单位类型", "from": "职能部门", "to": "物业服务企业"}]
        assert (await office.confirm(checked["id"]))["status"] == "done"

    async def test_or_the_rest_is_written(self, world: World, office: Office):
        await office.taken("units", world.district.id, some_units("甲公司"))
        content = xlsx(HEAD[:2], ("甲公司", "物业"), ("乙公司", "企业"))
        checked = await office.checked("units", world.district.id, content)
        await self.change(world, "甲公司", "department")
        done = await office.confirm(checked["id"], accept_refused=True)
        assert (done["status"], counts(done)) == ("done", (1, 0, 0, 1))
        rows = {row["name"]: row["kind"] for row in await world.database.reads.fetch(UNITS, world.district.id)}
        assert (rows["甲公司"], rows["乙公司"]) == ("department", "enterprise")

    async def test_somebody_did_the_same(self, world: World, office: Office):
        content = some_units("甲公司", "乙公司")
        checked = await office.checked("units", world.district.id, content)
        await office.taken("units", world.district.id, some_units("甲公司"))
        assert counts(await office.confirm(checked["id"])) == (1, 0, 1, 0)


class TestScope:
    async def test_rows_of_elsewhere_are_refused(self, world: World, api: ApiClient, jobs: Jobs):
        """A grid's administrator names the other grid, and the district next door: neither is touched nor told of."""
        office = Office(api, jobs, await world.holder(Role.ADMINISTRATOR, world.grid))
        content = xlsx(
            ("单位名称", "单位类型", "区", "网格"),
            ("甲公司", "企业", "", world.other_grid.name),
            ("乙公司", "企业", world.neighbour.name, ""),
            ("丙公司", "企业", world.district.name, ""),
            ("丁公司", "企业", world.district.name, world.grid.name),
        )
        checked = await office.checked("units", world.grid.id, content)
        assert counts(checked) == (1, 0, 0, 3)
        assert [row["label"] for row in await office.rows(checked["id"], "added")] == ["丁公司"]
        for row in await office.rows(checked["id"], "refused"):
            [(_, sentence)] = reasons(row)
            assert sentence.endswith("不在本次导入的区域内，请核对，或先导入区域。")
        await office.confirm(checked["id"], accept_refused=True)
        assert await units_in(world, world.grid) == ["丁公司"]
        assert await units_in(world) == await units_in(world, world.other_grid) == []

    async def test_areas_above_are_not_reached_by_their_codes(self, world: World, api: ApiClient, jobs: Jobs):
        codes = {area.id: f"3703{uuid4().int % 10**8:08}" for area in (world.district, world.other_grid, world.grid)}
        for area_id, code in codes.items():
            await world.database.writes.execute("UPDATE area SET code = $2 WHERE id = $1", area_id, code)
        office = Office(api, jobs, await world.holder(Role.ADMINISTRATOR, world.grid))
        rows = [(f"单位{code}", "企业", code) for code in codes.values()]
        checked = await office.checked("units", world.grid.id, xlsx(("单位名称", "单位类型", "区域代码"), *rows))
        assert counts(checked) == (1, 0, 0, 2)
        [added] = await office.rows(checked["id"], "added")
        assert added["label"] == rows[-1][0]

    async def test_who_sees_it(self, world: World, office: Office, api: ApiClient, jobs: Jobs):
        checked = await office.checked("units", world.grid.id, some_units("甲公司"))
        beside = await world.holder(Role.ADMINISTRATOR, world.grid)
        assert (await Office(api, jobs, beside).get(checked["id"]))["is_own"] is False
        for person in (world.staff, await world.holder(Role.ADMINISTRATOR, world.other_grid), await world.person()):
            for path in ("", "/rows", "/report.xlsx"):
                response = await api.get(f"/v1/imports/{checked['id']}{path}", person)
                assert problem(response) == (404, "not-found")
            listed = await api.get("/v1/imports", person, area_id=world.district.id)
            assert listed.json()["items"] == []
        listed = await api.get("/v1/imports", beside, area_id=world.district.id)
        assert [item["id"] for item in listed.json()["items"]] == [checked["id"]]
        other_kind = await api.get("/v1/imports", beside, area_id=world.district.id, kind="areas")
        assert other_kind.json()["items"] == []

    async def test_staff_see_their_own_lists_of_people_alone(self, world: World, api: ApiClient, jobs: Jobs):
        """Not what others uploaded, not what they did in a higher role, and nothing once the area is not theirs."""
        holder, beside = [await world.holder(Role.STAFF, world.grid) for _ in range(2)]
        roster = xlsx(("姓名", "电话", "网格"), ("张三", new_contact().phone, world.grid.name))
        theirs = await Office(api, jobs, holder).checked("volunteers", world.grid.id, roster)
        asked = await Office(api, jobs, world.administrator).checked("units", world.grid.id, some_units("甲公司"))
        uploaded = "UPDATE import_run SET uploaded_by = $2 WHERE id = $1"
        await world.database.writes.execute(uploaded, asked["id"], holder.id)

        async def seen(person: Person) -> set[str]:
            listed = (await api.get("/v1/imports", person, area_id=world.district.id)).json()["items"]
            for run in (theirs, asked):
                found = await api.get(f"/v1/imports/{run['id']}", person)
                assert (found.status_code == 200) == (run["id"] in [item["id"] for item in listed])
            return {item["id"] for item in listed}

        assert await seen(holder) == {theirs["id"]}
        assert await seen(beside) == set()
        moved = """UPDATE "grant" SET area_id = $2 WHERE user_id = $1"""
        await world.database.writes.execute(moved, holder.id, world.other_grid.id)
        assert await seen(holder) == set()


class TestClearing:
    async def test_nobody_goes_on(self, world: World, office: Office, jobs: Jobs):
        checked = await office.checked("units", world.district.id, some_units("甲公司"))
        with at(now() + timedelta(days=6)):
            await handlers.clear_imports(jobs.parts)
        assert (await office.get(checked["id"]))["status"] == "checked"
        with at(now() + timedelta(days=8)):
            await handlers.clear_imports(jobs.parts)
        assert (await office.get(checked["id"]))["status"] == "cancelled"
        assert await kept_of(world, checked["id"]) == (False, False, False)
        assert await world.database.reads.fetchval(KEPT_ROWS, checked["id"]) == 0

    async def test_what_ended_is_forgotten_but_for_its_counts(self, world: World, office: Office, jobs: Jobs):
        content = xlsx(HEAD[:2], ("甲公司", "企业"), ("乙公司", "x"))
        done = await office.taken("units", world.district.id, content, accept_refused=True)
        with at(now() + timedelta(days=8)):
            await handlers.clear_imports(jobs.parts)
        told = await office.get(done["id"])
        assert (told["status"], told["has_report"], counts(told)) == ("done", False, (1, 0, 0, 1))
        assert await office.rows(done["id"]) == []

    async def test_what_got_stuck_can_be_begun_again(self, world: World, office: Office, jobs: Jobs):
        import_id = await office.upload("units", world.district.id, some_units("甲公司"))
        await office.step(import_id, "check")
        await world.database.writes.execute("DELETE FROM pgqueuer WHERE payload = $1", import_id.encode())
        with at(now() + timedelta(minutes=29)):
            await handlers.clear_imports(jobs.parts)
        assert (await office.get(import_id))["status"] == "checking"
        with at(now() + timedelta(minutes=31)):
            await handlers.clear_imports(jobs.parts)
        failed = await office.get(import_id)
        assert failed["status"] == "failed"
        assert failed["problem"] == {"code": "service-unavailable", "detail": "系统繁忙，请稍后再试。"}
        assert counts(await office.check(import_id)) == (1, 0, 0, 0)


async def test_nothing_is_written_to_a_disk(world: World, office: Office, monkeypatch: pytest.MonkeyPatch):
    """There is nowhere to write to: neither the form's reader nor the spreadsheet's writer asks for it."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    head, rest = separated(HEAD[:2], ("甲公司", "企业")), separated(("乙公司", "x" * 3_000))
    checked = await office.check(await office.upload("units", world.district.id, head + rest * 600, "单位.csv"))
    assert counts(checked) == (1, 0, 0, 600)
    assert (await office.api.get(f"/v1/imports/{checked['id']}/report.xlsx", office.person)).status_code == 200
    exported = await office.api.get("/v1/exports/units.xlsx", office.person, area_id=world.district.id)
    assert exported.status_code == 200


async def test_an_export_that_could_not_be_imported(world: World, office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exporting, "ROWS_MAX", 4)
    refused = await office.api.get("/v1/exports/areas.xlsx", office.person, area_id=world.district.id)
    assert problem(refused) == (409, "export-too-large")
    monkeypatch.setattr(exporting, "ROWS_MAX", 5)
    exported = await office.api.get("/v1/exports/areas.xlsx", office.person, area_id=world.district.id)
    assert exported.status_code == 200


class TestTemplates:
    @pytest.mark.parametrize("kind", KINDS)
    async def test_each_is_a_table_that_is_known_again(self, world: World, office: Office, kind: ImportKind):
        response = await office.api.get(f"/v1/imports/templates/{kind}.xlsx", office.person)
        assert is_spreadsheet(response)
        declared = KINDS[kind]
        told = (await office.send(kind, world.district.id, response.content)).json()
        assert {column["field"] for column in told["mapping"]["columns"]} == set(declared.titles)
        assert all(column["is_sure"] for column in told["mapping"]["columns"])
        plain = await office.api.get(f"/v1/imports/templates/{kind}.csv", office.person)
        assert plain.content.decode("utf-8-sig").strip().split(",") == list(declared.titles.values())

    async def test_of_no_kind(self, office: Office):
        response = await office.api.get("/v1/imports/templates/people.xlsx", office.person)
        assert problem(response) == (422, "invalid-payload")
