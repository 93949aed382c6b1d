"""What is written can be read again as it was, and nothing in it can run."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.sheets.fields import Text, Value
from app.domain.sheets.records import read_records
from app.domain.sheets.tables import LeftOut, recognise
from app.services.imports import writing
from app.services.imports.writing import Verdict
from tests.domain.sheets.made import written
from tests.domain.sheets.roster import KIND, ROSTER
from tests.spreadsheets import parts_of, rows_of_sheet

FULL: dict[str, Value] = {
    "name": "张三",
    "phone": "027-88886666",
    "unit": "=某单位\n+1",
    "grid": "'-一网格",
    "kind": "retired",
    "joined": date(2001, 7, 1),
    "reported": False,
    "skills": ("合唱", "维修"),
    "code": "420106",
    "licence": "91350100M000100Y43",
    "total": 1_234_567,
    "men": 0,
    "women": None,
}


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20) | st.text(
    "=+-@'1a一\n", max_size=6
)
rows = st.fixed_dictionaries(
    {
        "name": st.just("张三") | st.just("買買提·艾力"),
        "phone": st.from_regex("1[3-9][0-9]{9}", fullmatch=True) | st.just("010-88886666-801") | st.none(),
        "unit": texts.filter(lambda text: Text(60).read(text) == text) | st.none(),
        "grid": texts.filter(lambda text: Text(40).read(text) == text),
        "kind": st.sampled_from(sorted(KIND.titles)) | st.none(),
        "joined": st.dates(date(1900, 1, 1), date(2030, 1, 1)) | st.none(),
        "reported": st.booleans() | st.none(),
        "skills": st.lists(st.sampled_from(["合唱", "维修", "=理发", "-1"]), min_size=1, unique=True).map(tuple)
        | st.none(),
        "code": st.from_regex("42[0-9]{4,16}", fullmatch=True) | st.none(),
        "licence": st.just("91350100M000100Y43") | st.none(),
        "total": st.integers(0, 100_000_000) | st.none(),
        "men": st.none(),
        "women": st.none(),
    }
)


class TestTemplate:
    def test_its_headings_are_known_beyond_doubt(self):
        table = recognise(writing.template("党员", ROSTER), ROSTER)
        assert table.sheet_name == "党员"
        assert {match.confidence for match in table.guess.matches.values()} == {1.0}
        assert len(table.guess.matches) == len(ROSTER)
        assert table.rows == ()

    def test_it_explains_each_column(self):
        notes = rows_of_sheet(writing.template("党员", ROSTER), "填写说明")
        assert notes[1] == ["姓名", "必填", "姓名，不要加称呼或说明", "张三", ""]
        assert [row[0] for row in notes[1:]] == [column.title for column in ROSTER]

    def test_choices_drop_down_and_numbers_of_people_stay_text(self):
        sheet = parts_of(writing.template("党员", ROSTER))["xl/worksheets/sheet1.xml"]
        assert f'<formula1>"{",".join(KIND.options)}"</formula1>' in sheet
        assert "<pane ySplit=" in sheet
        styles = parts_of(writing.template("党员", ROSTER))["xl/styles.xml"]
        assert 'formatCode="@"' in styles


class TestExport:
    def test_it_is_read_as_it_was(self):
        for content in (writing.export("党员", ROSTER, [FULL]), writing.export_csv(ROSTER, [FULL])):
            [record] = read_records(recognise(content, ROSTER), ROSTER)
            assert record.faults == ()
            assert record.values == {**FULL, "unit": "=某单位 +1"}

    @settings(max_examples=30, deadline=None)
    @given(st.lists(rows, min_size=1, max_size=5))
    def test_whatever_it_holds_is_read_as_it_was(self, written_rows: list[dict[str, Value]]):
        for content in (writing.export("党员", ROSTER, written_rows), writing.export_csv(ROSTER, written_rows)):
            records = list(read_records(recognise(content, ROSTER), ROSTER))
            assert [record.faults for record in records] == [()] * len(written_rows)
            assert [record.values for record in records] == written_rows

    def test_nothing_in_it_is_a_formula(self):
        parts = parts_of(writing.export("党员", ROSTER, [FULL]))
        assert "<f>" not in parts["xl/worksheets/sheet1.xml"]
        assert b"\n=" not in writing.export_csv(ROSTER, [FULL])


class TestReport:
    def test_each_row_says_what_became_of_it_and_why(self):
        sent: list[list[object]] = [
            ["序号", "姓名", "电话", "网格"],
            [1, "张三", "123", "一"],
            [2, "=李四", "13812345678", "二"],
            ["合计", 2],
        ]
        table = recognise(written(sent), ROSTER)
        records = list(read_records(table, ROSTER))
        verdicts = [Verdict(one.row, "拒绝" if one.faults else "新增", one.faults) for one in records]
        content = writing.report(table, verdicts)
        rows = rows_of_sheet(content, "导入结果")
        assert rows[0] == ["原行号", "结果", "原因", "序号", "姓名", "电话", "网格"]
        assert rows[1][:2] == [2, "拒绝"]
        assert rows[1][3:] == ["1", "张三", "123", "一"]
        assert "手机号应为11位" in str(rows[1][2])
        assert rows[3] == [4, "不导入", "合计行，不导入", "合计", "2", "", ""]
        parts = parts_of(content)
        assert "FFC7CE" in parts["xl/styles.xml"]
        assert "<f>" not in parts["xl/worksheets/sheet1.xml"]
        assert "手机号应为11位" in parts["xl/comments1.xml"]

    def test_what_looks_like_a_formula_stays_a_text(self):
        """In cells without a fault and in rows that are left out too."""
        sent: list[list[object]] = [
            ["姓名", "电话", "网格", "备注"],
            ["张三", "13812345678", "一", "=1+1"],
            ["合计", "", "", "=2+2"],
        ]
        table = recognise(written(sent), ROSTER)
        content = writing.report(table, [Verdict(one.row, "新增") for one in read_records(table, ROSTER)])
        parts = parts_of(content)
        assert "<f>" not in parts["xl/worksheets/sheet1.xml"]
        assert [row[-1] for row in rows_of_sheet(content, "导入结果")[1:]] == ["=1+1", "=2+2"]

    def test_it_can_be_mended_and_sent_again(self):
        table = recognise(written([["姓名", "电话", "网格"], ["张三", "123", "一"], ["合计", 2]]), ROSTER)
        verdicts = [Verdict(record.row, "拒绝", record.faults) for record in read_records(table, ROSTER)]
        again = recognise(writing.report(table, verdicts), ROSTER)
        assert again.guess.indexes == {"name": 3, "phone": 4, "grid": 5}
        assert [reason for _, reason in again.left_out] == [LeftOut.SKIPPED]
        assert len(again.rows) == 1
