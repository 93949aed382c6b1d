"""Work orders: what and where on paper, never who; whoever opens one leaves a trace on it and with the complainant."""

import asyncio
import re
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from app.cli import command_line
from app.core.settings import Settings
from app.domain import watermarks
from app.domain.caller import Role
from app.services import work_orders
from tests.api.scene import problem
from tests.api.test_complaints import BODY, act, form, look
from tests.api_client import ApiClient
from tests.factories import World, make_unit
from tests.people import Person

HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "an image that runs": '"><img src=x onerror=alert(1)>',
    "an end of the style": "</style><style>*{display:none}</style>",
    "an entity": "&lt;b&gt; &amp; &#x3C;",
    "quotes": "'\"`",
    "a formula": '=HYPERLINK("http://x","y")',
    "a comment": "<!-- --><![CDATA[",
    "Arabic": "مرحبا بكم",
}


async def page(world: World, complaint: object, person: Person) -> str:
    response = await world.api.get(f"/v1/complaints/{complaint}/work-order", person)
    assert response.status_code == 200, response.text
    return response.text


def openings(world: World, text: str) -> list[work_orders.Opening]:
    return list(work_orders.read_marks(world.settings.data_key.get_secret_value(), text))


def visible(html: str) -> str:
    """Return what somebody reads on the page."""
    return watermarks.clean(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)))


class TestPage:
    async def test_tells_what_and_where_and_nothing_of_who(self, api: ApiClient, world: World):
        author, worker = await world.person(), await world.unit_worker()
        posted = await api.post("/v1/complaints", author, form(world, anonymous=False))
        complaint = UUID(posted.json()["id"])
        await world.database.writes.execute("UPDATE complaint SET status = 'accepted' WHERE id = $1", complaint)
        await world.dispatch(complaint, world.unit_id, await make_unit(world.database, world.grid))
        number = posted.json()["number"]
        for person in (worker, world.staff):
            html = await page(world, complaint, person)
            shown = visible(html)
            for expected in (f"诉求编号 {number}", "楼道灯坏了", BODY.replace("13812345678", "*" * 11), "3号楼2单元"):
                assert expected in shown
            for expected in ("请到现场查看并修好。", "主办", "协办", "117.870123, 36.803456"):
                assert expected in shown
            for secret in (
                "王小明",
                "王**",
                "13812345678",
                "138****5678",
                str(author.id),
                author.id.hex,
                author.openid,
            ):
                assert secret not in html

    async def test_needs_nothing_else_and_runs_nothing(self, api: ApiClient, world: World):
        complaint = await world.complaint(status="accepted")
        response = await api.get(f"/v1/complaints/{complaint}/work-order", world.staff)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert not re.search(r"<script|<img|<link|<iframe|\son\w+=|\sstyle=|https?:|url\(|@import", response.text)

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    async def test_what_people_wrote_is_text_and_no_more(self, world: World, text: str):
        author = await world.person()
        complaint = await world.complaint(author, "accepted", title=text, body=f"{text}\n\t{text}", place=text)
        await world.dispatch(complaint, instructions=text)
        await world.database.writes.execute('UPDATE "user" SET nickname = $2 WHERE id = $1', world.staff.id, text[:20])
        html = await page(world, complaint, world.staff)
        assert html.count("<style>") == html.count("</style>") == 1
        assert not re.search(r"<script|<img|<!--|<!\[", html)
        assert visible(html).count(text) >= 5
        assert f"{text}\n\t{text}" in visible(html)

    async def test_directions_stay_where_they_are(self, world: World):
        """Letters that run from right to left are isolated; marks and overrides were refused when they were written."""
        complaint = await world.complaint(status="accepted", title="مرحبا", body="مرحبا", place="مرحبا")
        await world.database.writes.execute('UPDATE "user" SET nickname = $2 WHERE id = $1', world.staff.id, "مرحبا")
        html = watermarks.clean(await page(world, complaint, world.staff))
        assert set(re.findall(r"(<[^<>]+>)مرحبا", html)) == {
            "<bdi>",
            '<p class="title words" dir="auto">',
            '<p class="body words" dir="auto">',
        }

    async def test_is_for_those_who_handle_it(self, api: ApiClient, world: World):
        author = await world.person()
        complaint = await world.complaint(author, "accepted")
        path = f"/v1/complaints/{complaint}/work-order"
        for person in (author, await world.person(), await world.unit_worker()):
            assert problem(await api.get(path, person)) == (403, "not-allowed")
        [step] = (await world.dispatch(complaint)).values()
        worker = await world.unit_worker()
        assert (await api.get(path, worker)).status_code == 200
        assert (await api.post(f"/v1/steps/{step}/cancel", world.staff)).status_code == 200
        assert problem(await api.get(path, worker)) == (403, "not-allowed")
        grid_staff = await world.holder(Role.STAFF, world.grid)
        assert (await api.get(path, grid_staff)).status_code == 200
        await act(world, grid_staff, complaint, "escalate", {"reason": "需要上级协调"})
        assert problem(await api.get(path, grid_staff)) == (403, "not-allowed")
        own = await world.complaint(grid_staff, "accepted")
        assert problem(await api.get(f"/v1/complaints/{own}/work-order", grid_staff)) == (403, "own-interest")

    async def test_of_what_is_on_no_wall_for_its_units_alone(self, api: ApiClient, world: World):
        complaint = await world.complaint(status="accepted", category="neighbours")
        path = f"/v1/complaints/{complaint}/work-order"
        worker = await world.unit_worker()
        assert problem(await api.get(path, worker)) == (404, "not-found")
        await world.dispatch(complaint)
        assert (await api.get(path, worker)).status_code == 200


class TestTrace:
    async def test_whoever_complained_reads_each_opening(self, world: World):
        author, worker = await world.person(), await world.unit_worker()
        complaint = await world.complaint(author, "accepted")
        await world.dispatch(complaint)
        await page(world, complaint, worker)
        await page(world, complaint, world.staff)
        seen = await look(world, complaint, author)
        assert [(entry["kind"], entry["nickname"], entry["reason"]) for entry in seen["looks"]] == [
            ("print", "邻居0001", None)
        ] * 2
        for reader in (None, author, worker):
            assert "print" not in str((await look(world, complaint, reader))["timeline"])
        told = (await look(world, complaint, world.staff))["timeline"]
        assert [entry["party"] for entry in told if entry["action"] == "print"] == ["unit", "staff"]

    async def test_a_watermark_to_be_seen(self, world: World):
        complaint = await world.complaint(status="accepted")
        shown = visible(await page(world, complaint, world.staff))
        assert (
            len(re.findall(f"邻居0001 {world.staff.id.hex[-8:]}\\s+20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d", shown))
            >= 40
        )
        assert str(world.staff.id) not in shown

    async def test_a_hidden_one_in_every_text(self, world: World):
        body = "路灯坏了三天，晚上老人下楼很危险。" * 20
        complaint = await world.complaint(status="accepted", body=body, place="3号楼2单元")
        await world.dispatch(complaint)
        html = await page(world, complaint, world.staff)
        [opening] = openings(world, html)
        assert (opening.opener_id, opening.complaint_id) == (world.staff.id, complaint)
        copied = re.search(r'<p class="body[^>]+>(.*?)</p>', html, re.DOTALL)
        assert copied is not None
        for part in (
            copied[1],
            copied[1][len(copied[1]) // 2 :],
            "\n".join(re.findall('<bdi class="words">[^<]+', html)),
        ):
            assert openings(world, part) == [opening]

    async def test_each_opening_has_its_own(self, world: World):
        complaint = await world.complaint(status="accepted")
        await world.dispatch(complaint)
        worker = await world.unit_worker()
        both = await page(world, complaint, world.staff) + await page(world, complaint, worker)
        assert [opening.opener_id for opening in openings(world, both)] == [world.staff.id, worker.id]

    async def test_nobody_makes_one_that_points_to_somebody_else(self, world: World):
        complaint = await world.complaint(status="accepted")
        [opening] = openings(world, await page(world, complaint, world.staff))
        forged = watermarks.weave("路灯坏了", work_orders.mark("another key", opening))
        assert openings(world, forged) == []
        real = watermarks.spell(work_orders.mark(world.settings.data_key.get_secret_value(), opening))
        assert openings(world, real) == [opening]
        changed = real[:100] + ("\u2060" if real[100] == "\u200b" else "\u200b") + real[101:]
        assert openings(world, changed) == []

    async def test_the_command_line_reads_it_back(self, world: World, tmp_path: Path):
        complaint = await world.complaint(status="accepted")
        saved, other = tmp_path / "saved.html", tmp_path / "other.txt"
        saved.write_text(await page(world, complaint, world.staff), "utf-8")
        other.write_bytes(b"\xff\xfe nothing")
        assert Settings(_env_file=None).data_key == world.settings.data_key
        read = await asyncio.to_thread(CliRunner().invoke, command_line(), ["watermark", str(saved)])
        assert (read.exit_code, read.output.count("\n")) == (0, 1), read.output
        assert f"User {world.staff.id} opened complaint {complaint} at 20" in read.output
        nothing = await asyncio.to_thread(CliRunner().invoke, command_line(), ["watermark", str(other)])
        assert (nothing.exit_code, nothing.output) == (1, "No watermark of this installation is in this file.\n")
