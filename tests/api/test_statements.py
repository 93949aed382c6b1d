"""The settlement as a spreadsheet, read back by another program than the one that wrote it."""

import asyncio
import html
import re
from datetime import datetime, timedelta
from urllib.parse import unquote
from uuid import UUID

import pytest

from app.core.clock import SHANGHAI
from app.domain import months
from app.routers.downloads import attachment
from app.services import statements
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person
from tests.settlements import LAST_MONTH, POINTS, Shop, draft, lines_of
from tests.spreadsheets import is_spreadsheet, parts_of, rows_of

HEADING = ["序号", "核销时间", "兑换项", "积分", "状态", "结算积分", "异议", "答复", "核销编号"]
HEADING_ROW = 8
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|'/c calc'!A1", "＝1+1", "＋1", "－1", "＠A1", "http://e.cn")  # noqa: RUF001


async def sheet_of(api: ApiClient, settlement_id: UUID, person: Person) -> bytes:
    response = await api.get(f"/v1/settlements/{settlement_id}/statement.xlsx", person)
    assert response.status_code == 200
    assert is_spreadsheet(response)
    return response.content


class TestContent:
    async def test_title_lines_and_total(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        settlement_id = await draft(world, shop.id)
        [first, second, _] = await lines_of(world, settlement_id, shop.owner)
        await shop.answer(settlement_id, first, "removed")
        await shop.answer(settlement_id, second, "accepted")
        content = await sheet_of(api, settlement_id, shop.owner)
        rows = rows_of(content)
        number = (await api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()["number"]
        assert [(row[0], row[2]) for row in rows[1:7]] == [
            ("商户", "小面馆"),
            ("月份", months.write(LAST_MONTH)),
            ("结算单号", number),
            ("状态", "待商户确认"),
            ("付款凭证", ""),
            ("合计积分", 2 * POINTS),
        ]
        assert rows[HEADING_ROW] == HEADING
        lines = rows[HEADING_ROW + 1 : -1]
        assert [(line[0], line[3], line[4], line[5], line[6]) for line in lines] == [
            (1, POINTS, "已剔除", 0, "这笔没有印象。"),
            (2, POINTS, "已核实", POINTS, "这笔没有印象。"),
            (3, POINTS, "正常", POINTS, ""),
        ]
        assert [line[8] for line in lines] == [str(redemption) for redemption in shop.redemptions]
        assert (rows[-1][0], rows[-1][5]) == ("合计积分", 2 * POINTS)

    async def test_numbers_are_numbers_and_times_are_those_of_shanghai(self, api: ApiClient, world: World):
        shop = await Shop.open(world, 0)
        await shop.settle(23)
        rows = rows_of(await sheet_of(api, await draft(world, shop.id), shop.owner))
        line = rows[HEADING_ROW + 1]
        assert isinstance(line[3], float)
        assert line[1] == datetime.combine(LAST_MONTH, datetime.min.time()) + timedelta(hours=23)
        assert months.start(LAST_MONTH).tzinfo is SHANGHAI

    async def test_the_total_is_a_formula_with_its_value_and_the_heading_stays(self, api: ApiClient, world: World):
        shop = await Shop.open(world)
        parts = parts_of(await sheet_of(api, await draft(world, shop.id), shop.owner))
        sheet = parts["xl/worksheets/sheet1.xml"]
        assert re.findall(r"<f>(.*?)</f><v>(.*?)</v>", sheet) == [("SUM(F10:F12)", str(3 * POINTS))] * 2
        assert 'ySplit="9"' in sheet
        assert 'state="frozen"' in sheet
        assert f'max="{len(HEADING)}"' in sheet.partition("</cols>")[0], "every column has its width"

    async def test_what_is_written_stays_text(self, api: ApiClient, world: World):
        """A title that a program might take for a formula is text, marked as such, and reads as it was written."""
        shop = await Shop.open(world, 0)
        for hour, title in enumerate(HOSTILE):
            await world.database.writes.execute("UPDATE offer SET title = $2 WHERE id = $1", shop.offer_id, title)
            await shop.settle(hour)
        await world.database.writes.execute("UPDATE merchant SET name = '=HYPERLINK(\"x\")' WHERE id = $1", shop.id)
        content = await sheet_of(api, await draft(world, shop.id), shop.owner)
        rows = rows_of(content)
        assert rows[1][2] == '=HYPERLINK("x")'
        assert [line[2] for line in rows[HEADING_ROW + 1 : -1]] == list(HOSTILE)
        parts = parts_of(content)
        sheet = parts["xl/worksheets/sheet1.xml"]
        assert len(re.findall("<f>", sheet)) == 2, "the totals are the only formulas"
        assert "<hyperlink" not in sheet
        formats = re.findall(r"<xf [^>]*>", parts["xl/styles.xml"].split("<cellXfs", 1)[1])
        cells = re.findall(r'<c r="C\d+" s="(\d+)" t="inlineStr"><is><t[^>]*>(.*?)</t>', sheet)
        styles = {html.unescape(text): formats[int(style)] for style, text in cells}
        for title in HOSTILE[:-1]:
            assert 'quotePrefix="1"' in styles[title], title
        assert 'quotePrefix="1"' not in styles[HOSTILE[-1]], "the control: what begins otherwise is not marked"

    async def test_of_a_statement_with_nothing_on_it(self, api: ApiClient, world: World):
        shop = await Shop.open(world, 1)
        settlement_id = await draft(world, shop.id)
        await world.database.writes.execute("DELETE FROM settlement_line WHERE settlement_id = $1", settlement_id)
        rows = rows_of(await sheet_of(api, settlement_id, shop.owner))
        assert (rows[6][2], rows[-1][5]) == (0, 0)

    async def test_of_more_lines_than_are_read_at_once(
        self, api: ApiClient, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(statements, "LINES_AT_ONCE", 2)
        shop = await Shop.open(world, 5)
        rows = rows_of(await sheet_of(api, await draft(world, shop.id), shop.owner))
        assert [line[8] for line in rows[HEADING_ROW + 1 : -1]] == [str(redemption) for redemption in shop.redemptions]


class TestDownload:
    async def test_it_has_a_name(self, api: ApiClient, world: World):
        shop = await Shop.open(world, 1)
        settlement_id = await draft(world, shop.id)
        response = await api.get(f"/v1/settlements/{settlement_id}/statement.xlsx", world.alliance)
        header = response.headers["content-disposition"]
        number = (await api.get(f"/v1/settlements/{settlement_id}", shop.owner)).json()["number"]
        assert response.headers["cache-control"] == "no-store"
        assert header.startswith("attachment; filename=")
        name = unquote(header.partition("filename*=UTF-8''")[2])
        assert name == f"结算单 {months.write(LAST_MONTH)} 小面馆 {number}.xlsx"

    @pytest.mark.parametrize(
        ("name", "plain", "full"),
        [
            ("a b.xlsx", "a b.xlsx", "a%20b.xlsx"),
            ("面\"馆/..\\x\n;'.xlsx", "__.._x;'.xlsx", "%E9%9D%A2_%E9%A6%86_.._x%0A%3B%27.xlsx"),
        ],
    )
    def test_no_name_breaks_the_header(self, name: str, plain: str, full: str):
        assert attachment(name) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"

    async def test_others_are_served_while_it_is_made(self, world: World, monkeypatch: pytest.MonkeyPatch):
        """The file is made in a thread: the loop turns on."""
        shop = await Shop.open(world, 1)
        settlement_id = await draft(world, shop.id)
        threads: list[bool] = []
        write_file = statements._write_file

        def watch(*parts: object) -> object:
            try:
                asyncio.get_running_loop()
                threads.append(False)
            except RuntimeError:
                threads.append(True)
            return write_file(*parts)  # type: ignore[arg-type]

        monkeypatch.setattr(statements, "_write_file", watch)
        await sheet_of(world.api, settlement_id, shop.owner)
        assert threads == [True]
