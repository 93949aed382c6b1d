"""Tables as offices send them: titles above, headings anywhere, two rows of them, totals and signatures below."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter

from app.domain.errors import Problem
from app.domain.sheets.records import Record, check_totals, read_records
from app.domain.sheets.tables import LeftOut, Table, recognise
from tests.domain.sheets.made import workbook, written, written_sheets
from tests.domain.sheets.roster import ROSTER, SUMS

IDENTITY = "11010519491231002X"
"""The worked example of GB 11643-1999."""


def office_file() -> bytes:
    """Return what an office made over the years: hidden sheets, a cover, merged titles, 繁體, formulas, a foot."""
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        hidden = book.add_worksheet("旧表")
        hidden.hide()
        hidden.write_row(0, 0, ["姓名", "联系电话", "所属网格"])
        book.add_worksheet("封面").write(0, 0, "党员名册")
        sheet = book.add_worksheet("名册")
        sheet.activate()
        _fill(book, sheet)
    return file.getvalue()


def _fill(book: Any, sheet: Any) -> None:
    day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
    sheet.merge_range(0, 0, 0, 9, "東湖街道黨員信息表")
    sheet.write(1, 0, "填报单位：东湖街道")
    sheet.write_row(3, 0, ["序号", "*姓 名（必填）"])
    sheet.merge_range(3, 2, 3, 3, "聯繫方式")
    sheet.write_row(3, 4, ["單位", "网格", "类型（在职/离退休）", "入黨時間", "身份证号"])
    sheet.merge_range(3, 9, 3, 11, "户数")
    sheet.write_row(4, 2, ["手机", "QQ"])
    sheet.write_row(4, 9, ["总数", "男", "女"])
    sheet.write_row(5, 0, [1, "张 三", 13812345678, "12345", "区政府", "一网格", "在职党员"])
    sheet.write_datetime(5, 7, datetime(2001, 7, 1), day)  # noqa: DTZ001
    sheet.write_row(5, 8, [IDENTITY, 104, 65, 49])
    sheet.write_row(6, 0, [2, "李\n四", "+86 138-1234-5679", "", "", "二网格", "退休", "2001.07", "", 1, 1, 0])
    sheet.set_row(6, None, None, {"hidden": True})
    sheet.write_formula(8, 1, '="王"&"五"', None, "王五")
    sheet.write_row(8, 2, ["1381234567"])
    sheet.write(9, 0, 4)
    sheet.write_row(10, 0, ["合计", "", "", "", "", "", "", "", "", 106, 66, 49])
    sheet.write(12, 0, "填表人：赵六    审核人：钱七")


@pytest.fixture(scope="module")
def table() -> Table:
    return recognise(office_file(), ROSTER)


@pytest.fixture(scope="module")
def records(table: Table) -> list[Record]:
    return list(read_records(table, ROSTER, SUMS))


class TestOfficeFile:
    def test_the_sheet_with_such_headings_is_taken(self, table: Table):
        assert (table.sheet_name, table.sheet_names) == ("名册", ("封面", "名册"))
        assert table.heading_rows == (4, 5)
        assert [row.cells[0] for row in table.titles] == ["東湖街道黨員信息表", "填报单位：东湖街道"]

    def test_headings_are_understood(self, table: Table):
        expected = {
            "name": 1,
            "phone": 2,
            "unit": 4,
            "grid": 5,
            "kind": 6,
            "joined": 7,
            "total": 9,
            "men": 10,
            "women": 11,
        }
        assert table.guess.indexes == expected
        assert table.guess.matches["phone"].heading == "聯繫方式／手机"  # noqa: RUF001
        assert [heading.text for heading in table.guess.extra] == ["序号", "QQ"]
        assert not table.guess.missing

    def test_identity_numbers_are_not_read(self, table: Table):
        assert [heading.text for heading in table.guess.not_collected] == ["身份证号"]
        assert IDENTITY not in str(table)

    def test_rows_that_are_none_are_told_of(self, table: Table):
        expected = [(10, LeftOut.EMPTY), (11, LeftOut.TOTAL), (13, LeftOut.FOOTER)]
        assert [(row.number, reason) for row, reason in table.left_out] == expected
        assert [row.number for row in table.rows] == [6, 7, 9]
        assert table.hidden_rows == (7,)

    def test_values_are_read(self, records: list[Record]):
        first, second, _ = records
        assert first.values["name"] == "张三"
        assert first.values["phone"] == "13812345678"
        assert first.values["joined"] == date(2001, 7, 1)
        assert second.values["name"] == "李四"
        assert second.values["phone"] == "13812345679"
        assert (second.values["unit"], second.values["kind"]) == (None, "retired")
        assert "reported" not in second.values

    def test_faults_are_named(self, records: list[Record]):
        codes = [[(fault.column, fault.code) for fault in record.faults] for record in records]
        assert codes[0] == [("total", "sum-wrong")]
        assert codes[1] == []
        assert codes[2] == [("name", "formula"), ("phone", "phone-length"), ("grid", "required")]
        [wrong] = records[0].faults
        assert wrong.sentence == "总数为104，但男65＋女49＝114，请核对。"  # noqa: RUF001

    def test_totals_below_are_checked_where_the_rows_are_right(self, table: Table, records: list[Record]):
        assert check_totals(table, ROSTER, records) == []
        right = [Record(1, {"men": 60, "women": 49}, (), table.rows[0])]
        [(number, fault)] = check_totals(table, ROSTER, right)
        assert (number, fault.column) == (11, "men")
        assert fault.sentence == "合计行的男为66，但以上各行相加为60，请核对。"

    @pytest.mark.parametrize(
        ("rows", "wrong"),
        [
            ([["张三", "一", 5], ["李四", "二", 6], ["合计", "", 11]], []),
            ([["张三", "一", 5], ["李四", "二", 6], ["合计", "", 12]], [4]),
            ([["张三", "一", 5], ["小计", "", 6], ["李四", "二", 6]], []),
            ([["张三", "一", 5], ["小计", "", 6], ["李四", "二", 6], ["合计", "", 7]], []),
            ([["张三", "一", "x"], ["李四", "二", 6], ["合计", "", 12]], []),
            ([["张三", "一", 5], ["合计", "", "=SUM(C2)"]], []),
        ],
    )
    def test_one_row_of_totals_at_the_end_is_checked(self, rows: list[list[object]], wrong: list[int]):
        found = recognise(written([["姓名", "网格", "总数"], *rows], has_formulas=True), ROSTER)
        faults = check_totals(found, ROSTER, list(read_records(found, ROSTER)))
        assert [number for number, _ in faults] == wrong

    def test_a_sheet_can_be_named(self):
        assert recognise(office_file(), ROSTER, sheet_name="封面").sheet_name == "封面"
        with pytest.raises(Problem, match="file-has-no-such-sheet"):
            recognise(office_file(), ROSTER, sheet_name="旧表")

    def test_a_person_may_choose_the_columns_but_not_identity_numbers(self):
        found = recognise(office_file(), ROSTER, chosen={"name": 4, "unit": 1, "phone": 8})
        assert found.guess.indexes == {"name": 4, "unit": 1}
        assert found.guess.missing == ("grid",)
        assert IDENTITY not in str(found)


class TestWhereTheHeadingsAre:
    @pytest.mark.parametrize("above", range(6))
    def test_below_any_title(self, above: int):
        rows: list[list[object]] = [
            ["某街道党员信息汇总表"],
            [],
            ["制表单位：某街道", "", "2026年"],
            ["单位：人"],
            [""],
            ["内部资料"],
        ]
        found = recognise(written([*rows[:above], ["姓名", "电话", "网格"], ["张三", "13812345678", "一"]]), ROSTER)
        assert found.heading_rows == (above + 1,)
        assert [row.cells[0] for row in found.rows] == ["张三"]

    def test_none_at_all(self):
        found = recognise(written([["张三", "13812345678", "一网格"], ["李四", "13812345679", "二网格"]]), ROSTER)
        assert not found.has_headings
        assert found.guess.missing == ("name", "grid")
        assert len(found.rows) == 2

    def test_two_rows_in_csv(self):
        found = recognise("姓名,联系方式,,网格\n,手机,座机,\n张三,13812345678,,一\n".encode(), ROSTER)
        assert found.heading_rows == (1, 2)
        assert [heading.shown for heading in found.headings] == ["姓名", "联系方式／手机", "联系方式／座机", "网格"]  # noqa: RUF001
        assert len(found.rows) == 1

    @pytest.mark.parametrize("title", ["党员", "制表单位：某街道,,2026年", "某街道,,内部资料"])
    def test_a_title_is_no_first_row_of_headings(self, title: str):
        found = recognise(f"{title}\n姓名,类型,所属网格,联系电话\n张三,在职,一,\n".encode(), ROSTER)
        assert found.heading_rows == (2,)

    def test_a_row_of_people_is_no_second_row_of_headings(self):
        found = recognise("姓名,,网格\n张三,13812345678,一\n".encode(), ROSTER)
        assert found.heading_rows == (1,)
        assert len(found.rows) == 1

    def test_blank_rows_and_columns_between(self):
        rows: list[list[object]] = [
            ["", "姓名", "", "网格"],
            [],
            ["", "张三", "", "一"],
            [],
            [],
            ["", "李四", "", "二"],
        ]
        found = recognise(written(rows), ROSTER)
        assert found.guess.indexes == {"name": 1, "grid": 3}
        assert [row.number for row in found.rows] == [3, 6]

    def test_headings_again_on_each_page(self):
        head = ["姓名", "电话", "网格"]
        found = recognise(written([head, ["张三", "", "一"], head, ["李四", "", "二"]]), ROSTER)
        assert [reason for _, reason in found.left_out] == [LeftOut.HEADING]

    def test_an_example_is_left_out(self):
        found = recognise(written([["序号", "姓名", "网格"], ["例", "张三", "一"], [1, "李四", "二"]]), ROSTER)
        assert [reason for _, reason in found.left_out] == [LeftOut.EXAMPLE]

    @pytest.mark.parametrize("word", ["合计", "总　计", "合计（人）", "小计：", "合計", "本页小计", "共计：12人"])
    def test_totals(self, word: str):
        found = recognise(written([["姓名", "网格", "总数"], ["张三", "一", 1], [word, "", 1]]), ROSTER)
        assert [reason for _, reason in found.left_out] == [LeftOut.TOTAL]

    @pytest.mark.parametrize("word", ["一、东湖社区", "（二）南湖社区", "十二、某街道"])
    def test_titles_of_sections(self, word: str):
        found = recognise(f"姓名,网格\n{word}\n张三,一\n".encode(), ROSTER)
        assert [reason for _, reason in found.left_out] == [LeftOut.SECTION]

    @pytest.mark.parametrize(
        "word", ["备注：以上属实", "填表人:张三", "注：1. 按实填写", "审核人：", "说明", "第1页 共2页"]
    )
    def test_feet(self, word: str):
        found = recognise(written([["姓名", "网格"], ["张三", "一"], [], [word]]), ROSTER)
        assert [reason for _, reason in found.left_out] == [LeftOut.FOOTER]

    def test_a_person_at_the_end_is_no_foot(self):
        found = recognise(written([["姓名", "网格"], ["张三", "一"], ["注小明", "一"]]), ROSTER)
        assert not found.left_out

    def test_no_rows(self):
        assert recognise(written([["姓名", "网格"]]), ROSTER).rows == ()

    def test_no_content_at_all(self):
        with pytest.raises(Problem, match="file-empty"):
            recognise(written_sheets({"一": [], "二": [[" "]]}), ROSTER)


class TestMergedCells:
    def test_what_stands_in_a_tall_cell_stands_in_each_row(self):
        file = BytesIO()
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["所属网格", "姓名", "电话"])
            sheet.merge_range(1, 0, 3, 0, "一网格")
            for row in range(1, 4):
                sheet.write_row(row, 1, [f"张{'一二三'[row - 1]}"])
        found = recognise(file.getvalue(), ROSTER)
        assert [row.cells[:2] for row in found.rows] == [("一网格", "张一"), ("一网格", "张二"), ("一网格", "张三")]

    def test_what_a_merged_cell_covers_is_not_seen(self):
        content = workbook(
            '<row r="1"><c t="str"><v>姓名</v></c><c t="str"><v>网格</v></c></row>'
            '<row r="2"><c t="str"><v>张三</v></c><c t="str"><v>一</v></c></row>'
            '<row r="3"><c t="str"><v>李四</v></c><c t="str"><v>covered</v></c></row>',
            below='<mergeCells><mergeCell ref="B2:B3"/></mergeCells>',
        )
        assert [row.cells for row in recognise(content, ROSTER).rows] == [("张三", "一"), ("李四", "一")]

    def test_a_title_across_the_table_begins_a_section(self):
        file = BytesIO()
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["姓名", "电话", "网格"])
            sheet.merge_range(1, 0, 1, 2, "东湖社区")
            sheet.write_row(2, 0, ["张三", "", "一"])
            sheet.write_row(3, 0, ["李四"])
        found = recognise(file.getvalue(), ROSTER)
        assert [(row.number, reason) for row, reason in found.left_out] == [(2, LeftOut.SECTION)]
        assert [row.number for row in found.rows] == [3, 4]

    def test_merges_beyond_all_sense_are_refused(self):
        head = '<row r="1"><c r="A1" t="str"><v>姓名</v></c><c r="B1" t="str"><v>所属网格</v></c></row>'
        cells = head + "".join(f'<row r="{n}"><c r="A{n}" t="str"><v>x{n}</v></c></row>' for n in range(2, 3_000))
        merges = '<mergeCell ref="A2:XFD1048576"/>' * 5_000
        content = workbook(cells, below=f"<mergeCells>{merges}</mergeCells>")
        with pytest.raises(Problem, match="file-damaged"):
            recognise(content, ROSTER)


class TestFormulas:
    def test_what_an_array_formula_calculates_is_marked(self):
        content = workbook(
            '<row r="1"><c r="A1" t="str"><v>姓名</v></c><c r="B1" t="str"><v>所属网格</v></c></row>'
            '<row r="2"><c r="A2" t="str"><f t="array" ref="A2:A3">X</f><v>甲</v></c>'
            '<c r="B2" t="str"><v>一</v></c></row>'
            '<row r="3"><c r="A3" t="str"><v>乙</v></c><c r="B3" t="str"><v>二</v></c></row>'
        )
        assert [row.formulas for row in recognise(content, ROSTER).rows] == [(0,), (0,)]

    def test_a_formula_without_a_result_is_seen(self):
        content = workbook(
            '<row r="1"><c r="A1" t="str"><v>姓名</v></c><c r="B1" t="str"><v>所属网格</v></c></row>'
            '<row r="2"><c r="A2"><f>NOW()</f></c><c r="B2" t="str"><v>一</v></c></row>'
        )
        [record] = read_records(recognise(content, ROSTER), ROSTER)
        assert [fault.code for fault in record.faults] == ["formula"]

    @pytest.mark.parametrize("text", ["=1+1", " =1+1", "＝1+1", '=HYPERLINK("http://x")'])  # noqa: RUF001
    def test_a_text_of_csv_that_would_be_run_is_one(self, text: str):
        quoted = text.replace('"', '""')
        [record] = read_records(recognise(f'姓名,网格\n"{quoted}",一\n'.encode(), ROSTER), ROSTER)
        assert [fault.code for fault in record.faults] == ["formula"]

    def test_leading_zeros_that_csv_protects_are_a_text(self):
        [record] = read_records(recognise('姓名,网格,联系电话\n张三,一,="02788886666"\n'.encode(), ROSTER), ROSTER)
        assert record.values["phone"] == "027-88886666"


def test_identity_numbers_are_known_by_their_look():
    """Whatever stands above them, or nothing."""
    rows = [["姓名", "网格", "编码", ""], ["张三", "一", IDENTITY, "x"], ["李四", "二", "420106199001011234", IDENTITY]]
    found = recognise(written(rows), ROSTER)
    assert [(heading.index, heading.text) for heading in found.guess.not_collected] == [(2, "编码"), (3, "")]
    assert IDENTITY not in str(found)
