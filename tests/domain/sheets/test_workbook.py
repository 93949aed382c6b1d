"""xlsx, read by us and by calamine: two readers that know nothing of each other see the same."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.domain.errors import Problem
from app.domain.sheets import numbers, reading
from app.domain.sheets.rows import column_letters
from tests.domain.sheets.made import MAIN, packed, parts_of, raw_zip, workbook, written, written_sheets

values = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 3)),
    st.booleans(),
    st.dates(date(1900, 3, 1), date(2199, 12, 31)),
    st.just(""),
)


def cells(content: bytes) -> list[tuple[str, ...]]:
    source = reading.open_file(content)
    return [row.cells for row in source.read(source.sheet_names[0]).rows]


def of_calamine(content: bytes) -> list[tuple[str, ...]]:
    """Return what the other reader finds, written the way we do."""
    sheet = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
    rows = [tuple(_shown(value) for value in row) for row in sheet.to_python(skip_empty_area=False)]
    trimmed = [row[: max((place + 1 for place, text in enumerate(row) if text.strip()), default=0)] for row in rows]
    return [tuple(text if text.strip() else "" for text in row) for row in trimmed if row]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return numbers.write_figures(repr(value))
    return str(value)


def with_dates(rows: Sequence[Sequence[object]], *, is_1904: bool = False) -> bytes:
    file = BytesIO()
    settings = {"default_date_format": "yyyy-mm-dd", "date_1904": is_1904, "strings_to_formulas": False}
    with xlsxwriter.Workbook(file, {**settings, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(number, place, value)
    return file.getvalue()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(values, min_size=1, max_size=5), min_size=1, max_size=6))
def test_two_readers_see_the_same(rows: list[list[object]]):
    content = with_dates(rows)
    found = cells(content)
    # xlsxwriter escapes controls, which calamine leaves as they are and we leave out: no text has them.
    expected = [tuple(_without_controls(text) for text in row) for row in of_calamine(content)]
    assert found == [row for row in expected if any(row)] or _has_controls(rows)


def _without_controls(text: str) -> str:
    return "".join(character for character in text if character >= " " or character in "\t\n\r")


def _has_controls(rows: list[list[object]]) -> bool:
    """Whether trimming could differ: texts of controls alone are blank to us."""
    return any(isinstance(value, str) and _without_controls(value) != value for row in rows for value in row)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dates(date(1904, 1, 2), date(2100, 1, 1)), min_size=1, max_size=5), st.booleans())
def test_days_come_back(days: list[date], is_1904: bool):
    assert cells(with_dates([days], is_1904=is_1904)) == [tuple(day.isoformat() for day in days)]


def test_the_first_days_of_1900():
    """Programs think that 1900 had a 29 February; a day before it is one less than it seems."""
    formed = numbers.form_of(14, None, is_1904=False)
    assert formed is not None
    assert [formed(serial) for serial in (1, 59, 61)] == ["1900-01-01", "1900-02-28", "1900-03-01"]


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("General", 46348, "46348"),
        ("0", 46348, "46348"),
        ("#,##0.00", 46348.5, "46348.5"),
        ("@", 46348, "46348"),
        ("000000", 1234, "001234"),
        ("yyyy-mm-dd", 46348, "2026-11-22"),
        ('yyyy"年"m"月"d"日"', 46348, "2026-11-22"),
        ('[$-804]yyyy"年"m"月"d"日";@', 46348, "2026-11-22"),
        ("yyyy年mm月dd日", 46348, "2026-11-22"),
        ("yyyy.mm", 46348, "2026-11-22"),
        ("m/d/yy h:mm", 46348.5, "2026-11-22 12:00:00"),
        ("h:mm", 0.354166666667, "08:30:00"),
        ("yyyy-mm-dd", -1, "-1"),
        ("yyyy-mm-dd", 9e9, "9000000000"),
        ('0"days"', 12, "12"),
        ("[红色]0", 12, "12"),
        ("[Red]0", 12, "12"),
    ],
)
def test_numbers_are_shown_by_their_format(code: str, number: float, shown: str):
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write_number(0, 0, number, book.add_format({"num_format": code}))
    assert cells(file.getvalue()) == [(shown,)]


@pytest.mark.parametrize(
    ("written_as", "shown"),
    [
        ("13812345678", "13812345678"),
        ("1.3812345678E10", "13812345678"),
        ("13812345678.0", "13812345678"),
        ("0.30000000000000004", "0.3"),
        ("1E-3", "0.001"),
        ("-5", "-5"),
        ("0", "0"),
        ("007", "7"),
        ("510101199001011234", "5.10101199001011E+17"),
        ("NaN", "NaN"),
        ("x", "x"),
    ],
)
def test_figures(written_as: str, shown: str):
    assert cells(workbook(f'<row r="1"><c r="A1"><v>{written_as}</v></c></row>')) == [(shown,)]


class TestParts:
    def test_texts_of_all_kinds(self):
        """Shared, in place, calculated, in pieces, with readings, with escapes, errors, truth."""
        shared = (
            f'<sst xmlns="{MAIN}"><si><t>一</t></si><si><r><t>二</t></r><r><t xml:space="preserve"> 三</t></r>'
            "<rPh><t>er</t></rPh></si><si><t>a_x000D_b_x0000_c_x005F_x0041_</t></si></sst>"
        )
        rows = (
            '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="C2" t="s"><v>2</v></c>'
            '<c r="E2" t="inlineStr"><is><t>四</t></is></c><c r="F2" t="b"><v>1</v></c><c r="G2" t="e"><v>#N/A</v></c>'
            '<c r="H2" t="str"><f>X</f><v>五</v></c><c r="I2" t="d"><v>2026-11-22</v></c></row>'
        )
        source = reading.open_file(workbook(rows, more={"xl/sharedStrings.xml": shared}))
        [row] = source.read("Sheet1").rows
        assert row.cells == ("一", "二 三", "a\rbc_x0041_", "", "四", "TRUE", "#N/A", "五", "2026-11-22")
        assert (row.number, row.formulas) == (2, (7,))

    def test_cells_and_rows_without_their_places(self):
        assert cells(workbook("<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>")) == [
            ("1", "2"),
            ("", "3"),
        ]

    def test_the_strict_form_and_prefixes(self):
        strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
        sheet = (
            f'<x:worksheet xmlns:x="{strict}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>7</x:v></x:c></x:row>'
            "</x:sheetData></x:worksheet>"
        )
        assert cells(packed({**parts_of(""), "xl/worksheets/sheet1.xml": sheet})) == [("7",)]

    def test_parts_by_absolute_names_in_other_case(self):
        parts = parts_of('<row r="1"><c r="A1"><v>7</v></c></row>')
        relations = str(parts["xl/_rels/workbook.xml.rels"])
        parts["xl/_rels/workbook.xml.rels"] = relations.replace(
            "worksheets/sheet1", "/XL/Worksheets/../worksheets/Sheet1"
        )
        assert cells(packed(parts)) == [("7",)]

    def test_rows_that_a_filter_hides_are_told(self):
        rows = '<row r="1"><c><v>1</v></c></row><row r="2" hidden="1"><c><v>2</v></c></row>'
        assert reading.open_file(workbook(rows)).read("Sheet1").hidden_rows == {2}

    def test_formatted_emptiness_is_nothing(self):
        """Offices colour whole columns: a million rows in which nothing stands."""
        rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"/><c r="XFD{n}"/></row>' for n in range(2, 100_000))
        assert cells(workbook('<row r="1"><c r="A1"><v>1</v></c></row>' + rows)) == [("1",)]

    def test_links_to_elsewhere_are_not_followed(self):
        parts = parts_of('<row r="1"><c r="A1"><v>7</v></c></row>')
        relations = str(parts["xl/_rels/workbook.xml.rels"])
        parts["xl/_rels/workbook.xml.rels"] = relations.replace(
            "</Relationships>",
            '<Relationship Id="r9" Type="x/externalLinkPath" Target="file:///etc/passwd" TargetMode="External"/>'
            "</Relationships>",
        )
        assert cells(packed(parts)) == [("7",)]

    def test_no_relations_at_all(self):
        parts = parts_of("")
        del parts["xl/_rels/workbook.xml.rels"]
        with pytest.raises(Problem, match="file-empty"):
            reading.open_file(packed(parts))

    def test_the_first_rows_alone(self):
        sheets = written_sheets({"a": [[n] for n in range(100)]})
        assert len(reading.open_file(sheets).read("a", 5).rows) == 5

    def test_sheets_in_their_order(self):
        assert reading.open_file(written_sheets({"乙": [[1]], "甲": [[2]]})).sheet_names == ("乙", "甲")

    def test_parts_that_were_written_as_a_stream(self):
        """Programs that do not go back put the sizes behind the parts."""

        class Stream(BytesIO):
            def seekable(self) -> bool:
                return False

            def seek(self, *_: object) -> int:
                raise OSError

        file = Stream()
        with ZipFile(file, "w", ZIP_DEFLATED) as zipped:
            for name, text in parts_of('<row r="1"><c r="A1"><v>7</v></c></row>').items():
                zipped.writestr(name, text)
        assert cells(file.getvalue()) == [("7",)]

    def test_a_zip_made_by_hand(self):
        """The control for what the nasty ones are made of."""
        parts = parts_of('<row r="1"><c r="A1"><v>7</v></c></row>')
        assert cells(raw_zip([(name, str(text).encode()) for name, text in parts.items()])) == [("7",)]


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=3), st.integers(0, 10_000))
def test_a_file_with_a_few_wrong_bytes_is_read_or_refused(wrong: bytes, place: int):
    content = bytearray(HONEST)
    at = place % len(content)
    content[at : at + len(wrong)] = wrong
    with suppress(Problem):
        source = reading.open_file(bytes(content))
        for name in source.sheet_names:
            source.read(name)


HONEST = written([["姓名", "电话", datetime(2026, 11, 22)], ["张三", 13812345678, "x"]])  # noqa: DTZ001


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
)
def test_letters_of_columns(index: int, letters: str):
    assert column_letters(index) == letters
