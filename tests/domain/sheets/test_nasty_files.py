"""Files that lie, break, grow or bite: each is refused with its own problem, soon, and in little memory."""

import struct
import tracemalloc
from collections.abc import Callable
from types import ModuleType

import pytest

from app.domain.errors import Problem
from app.domain.sheets import delimited, reading, sheet_part
from app.domain.sheets import packed as packages
from app.domain.sheets import workbook as workbooks
from app.domain.sheets.rows import COLUMNS_MAX, HEAD_ROWS_MAX, ROWS_MAX
from tests.domain.sheets.made import MAIN, OLE, packed, parts_of, raw_zip, workbook, written

HONEST = workbook('<row r="1"><c r="A1"><v>1</v></c></row>')
ENTITIES = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def read(content: bytes) -> None:
    source = reading.open_file(content)
    for name in source.sheet_names:
        source.read(name)


def with_part(name: str, content: str | bytes) -> bytes:
    return packed({**parts_of('<row r="1"><c r="A1"><v>1</v></c></row>'), name: content})


def with_sheet(xml: str) -> bytes:
    return with_part("xl/worksheets/sheet1.xml", xml)


def lying(size: int, *, honest: int = 1_000) -> bytes:
    parts = [(name, text.encode() if isinstance(text, str) else text) for name, text in parts_of("").items()]
    return raw_zip([*parts, ("xl/media/a.bin", b"\0" * honest)], sizes={len(parts): size})


def shared(count: int, length: int) -> bytes:
    """One long text, and many cells that show it."""
    rows = "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{chr(65 + place)}{row}" t="s"><v>0</v></c>' for place in range(10))
        + "</row>"
        for row in range(1, count // 10 + 1)
    )
    return workbook(rows, more={"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>{"x" * length}</t></si></sst>'})


def overlapping() -> bytes:
    """An entry that reaches over the next one: the way of bombs that need no nesting."""
    file = bytearray(raw_zip([("[Content_Types].xml", b"x" * 100), ("b.xml", b"y" * 100)]))
    first = file.index(b"PK\x01\x02")
    [length] = struct.unpack_from("<L", file, first + 20)
    struct.pack_into("<L", file, first + 20, length + 60)
    return bytes(file)


def two_million_rows() -> bytes:
    """Rows that pack no better than honest ones."""
    block = "".join(f"<row><c><v>{n * 7_919 % 100_003}</v></c></row>" for n in range(2_000))
    return workbook(block * 1_000)


def flagged_encrypted() -> bytes:
    file = bytearray(HONEST)
    place = file.index(b"PK\x01\x02")
    file[place + 8] |= 1
    return bytes(file)


def renamed_inside() -> bytes:
    """The header before a part says another name than the directory."""
    file = bytearray(HONEST)
    place = file.index(b"xl/workbook.xml")
    file[place : place + 15] = b"xl/workbonk.xml"
    return bytes(file)


NASTY: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("file-empty", lambda: b""),
    "blanks": ("file-empty", lambda: b"\xef\xbb\xbf \r\n,,,\r\n"),
    "too large": ("file-too-large", lambda: b"a,b\n" * (6 * 2**20)),
    "a picture": ("file-not-a-table", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "a program": ("file-not-a-table", lambda: b"MZ\x90\0\x03\0\0\0" + bytes(range(256)) * 4),
    "a document": ("file-not-a-table", lambda: b"%PDF-1.7\n1 0 obj"),
    "html as xls": ("file-not-a-table", "<html><table><tr><td>姓名</td></tr></table></html>".encode),
    "html of gb": ("file-not-a-table", lambda: "\n <HTML><table><td>姓名地址电话</td></table>".encode("gbk")),
    "xml of 2003": ("file-not-a-table", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:x"/>'),
    "old excel": ("file-old-excel", lambda: OLE + b"\0" * 512 + "Workbook".encode("utf-16-le") + b"\0" * 64),
    "very old excel": ("file-old-excel", lambda: b"\x09\x02\x06\x00\x00\x00\x10\x00" + b"\0" * 64),
    "old with macros": (
        "file-has-macros",
        lambda: OLE + b"\0" * 512 + "Workbook".encode("utf-16-le") + "_VBA_PROJECT".encode("utf-16-le"),
    ),
    "old document": ("file-not-a-table", lambda: OLE + b"\0" * 512 + "WordDocument".encode("utf-16-le")),
    "encrypted": ("file-encrypted", lambda: OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le")),
    "encrypted entry": ("file-encrypted", flagged_encrypted),
    "opendocument": (
        "file-old-excel",
        lambda: packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}),
    ),
    "binary workbook": ("file-old-excel", lambda: with_part("xl/workbook.bin", b"\0")),
    "docx": (
        "file-not-a-table",
        lambda: packed(
            {
                "[Content_Types].xml": '<Types><Override ContentType="wordprocessingml.document.main+xml"/></Types>',
                "_rels/.rels": "<Relationships/>",
            }
        ),
    ),
    "any zip": ("file-not-a-table", lambda: packed({"a.txt": "姓名"})),
    "macros": ("file-has-macros", lambda: with_part("xl/vbaProject.bin", b"\0")),
    "macros by another name": (
        "file-has-macros",
        lambda: with_part(
            "[Content_Types].xml", '<Types><Default ContentType="ms-excel.sheet.macroEnabled.main+xml"/></Types>'
        ),
    ),
    "macro sheet": ("file-has-macros", lambda: with_part("xl/macrosheets/sheet1.xml", "<a/>")),
    "zip cut off": ("file-damaged", lambda: HONEST[: len(HONEST) // 2]),
    "zip with a tail": ("file-damaged", lambda: HONEST + b"tail"),
    "only the start": ("file-damaged", lambda: b"PK\x03\x04"),
    "nothing packed": ("file-damaged", lambda: b"PK\x05\x06" + b"\0" * 18),
    "a part twice": (
        "file-damaged",
        lambda: raw_zip([("[Content_Types].xml", b"<a/>"), ("[content_types].xml", b"<b/>")]),
    ),
    "absolute path": ("file-damaged", lambda: with_part("/etc/passwd", "x")),
    "path upwards": ("file-damaged", lambda: with_part("xl/../../x", "x")),
    "windows path": ("file-damaged", lambda: with_part("C:\\x", "x")),
    "another name inside": ("file-damaged", renamed_inside),
    "10 GB declared": ("file-is-packed-too-densely", lambda: lying(4_000_000_000)),
    "smaller declared": ("file-is-packed-too-densely", lambda: lying(100)),
    "larger declared": ("file-damaged", lambda: lying(2_000)),
    "a bomb": ("file-is-packed-too-densely", lambda: with_part("xl/media/a.bin", b"\0" * (100 * 2**20))),
    "overlapping": ("file-is-packed-too-densely", overlapping),
    "nested": ("file-is-packed-too-densely", lambda: with_part("xl/embeddings/a.bin", packed({"a": "b"}))),
    "nested by name": ("file-is-packed-too-densely", lambda: with_part("xl/embeddings/a.docx", b"x")),
    "many parts": ("file-is-packed-too-densely", lambda: packed({f"xl/{n}.txt": "" for n in range(1_001)})),
    "entities": ("file-damaged", lambda: with_sheet(f'{ENTITIES}<worksheet xmlns="{MAIN}">&b;</worksheet>')),
    "entities in a part nobody reads": (
        "file-damaged",
        lambda: with_part("docProps/app.xml", f"{ENTITIES}<worksheet>&b;</worksheet>"),
    ),
    "file from elsewhere": (
        "file-damaged",
        lambda: with_sheet('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    ),
    "xml cut off": ("file-damaged", lambda: with_sheet(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">')),
    "a sheet under many names": (
        "file-damaged",
        lambda: with_part(
            "xl/workbook.xml",
            parts_of("")["xl/workbook.xml"].replace("</sheets>", '<sheet name="b" r:id="r1"/></sheets>'),  # type: ignore[arg-type]
        ),
    ),
    "a shared text without end": ("file-damaged", lambda: shared(10, 40_000)),
    "a number without end": (
        "file-damaged",
        lambda: workbook(f'<row r="1"><c r="A1"><v>{"9" * 40_000}</v></c></row>'),
    ),
    "no workbook": ("file-damaged", lambda: with_part("_rels/.rels", "<Relationships/>")),
    "a text that is not there": ("file-damaged", lambda: workbook('<row r="1"><c r="A1" t="s"><v>7</v></c></row>')),
    "a cell nowhere": ("file-damaged", lambda: workbook('<row r="1"><c r="AAAA1"><v>1</v></c></row>')),
    "a cell of another row": ("file-damaged", lambda: workbook('<row r="1"><c r="A2"><v>1</v></c></row>')),
    "cells backwards": (
        "file-damaged",
        lambda: workbook('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'),
    ),
    "rows backwards": (
        "file-damaged",
        lambda: workbook('<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>'),
    ),
    "a row nowhere": ("file-damaged", lambda: workbook('<row r="9999999"><c r="A9999999"><v>1</v></c></row>')),
    "a row nowhere without cells that say so": (
        "file-damaged",
        lambda: workbook('<row r="1048577"><c><v>1</v></c></row>'),
    ),
    "a row that is no number": ("file-damaged", lambda: workbook('<row r="x"><c><v>1</v></c></row>')),
    "a merge of everything, often": (
        "file-damaged",
        lambda: workbook("", below='<mergeCells><mergeCell ref="A1:B"/></mergeCells>'),
    ),
    "a corner far away": (
        "file-too-many-rows",
        lambda: workbook(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        ),
    ),
    "a column far away": ("file-too-many-rows", lambda: workbook('<row r="1"><c r="XFD1"><v>1</v></c></row>')),
    "too many columns": ("file-too-many-rows", lambda: written([range(COLUMNS_MAX + 1)])),
    "too many rows": (
        "file-too-many-rows",
        lambda: workbook("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, ROWS_MAX + 30))),
    ),
    "two million rows": ("file-too-many-rows", two_million_rows),
    "two million lines": ("file-too-many-rows", lambda: "姓名,电话\n".encode() + b"a,b\n" * 2_000_000),
    "two hundred columns of csv": ("file-too-many-rows", lambda: b"a," * 200 + b"b\n"),
    "one text in very many cells": ("file-too-large", lambda: shared(20_000, 30_000)),
    "controls": ("file-not-a-table", lambda: b"a,b\n\x01,\x02\n"),
    "a long text of csv": ("file-damaged", lambda: b"a,b\n" + b"c" * 40_000),
    "a text without end": ("file-damaged", lambda: b'a,"' + b"b" * 200_000),
    "a cell without end": (
        "file-damaged",
        lambda: workbook(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 40_000}</t></is></c></row>'),
    ),
    "big5": (
        "file-encoding-unknown",
        lambda: "姓名,聯絡電話,地址\n陳大文,0912345678,臺北市中正區重慶南路一段\n".encode("big5"),
    ),
    "two bytes without their mark": ("file-encoding-unknown", lambda: "name,phone\nab,12\n".encode("utf-16-le") * 5),
    "latin": ("file-encoding-unknown", lambda: "naïve,café,Ångström,Übergröße,é\n".encode("latin-1") * 9),
    "utf-8 with a broken byte": (
        "file-encoding-unknown",
        lambda: "姓名,联系电话,家庭住址,所属网格,入党时间\n".encode() * 20 + b"\xff\xff\n",
    ),
    "only hidden sheets": (
        "file-empty",
        lambda: with_part(
            "xl/workbook.xml",
            parts_of("")["xl/workbook.xml"].replace('sheetId="1"', 'sheetId="1" state="veryHidden"'),  # type: ignore[arg-type]
        ),
    ),
}
MEMORY_BYTES_MAX = 150 * 2**20


@pytest.mark.parametrize("name", NASTY)
def test_it_is_refused(name: str):
    code, make = NASTY[name]
    content = make()
    if name == "10 GB declared":
        assert len(content) < 100_000
    with pytest.raises(Problem) as refusal:
        read(content)
    assert refusal.value.type.code == code


@pytest.mark.parametrize("name", ["a bomb", "10 GB declared", "one text in very many cells"])
def test_it_costs_little_memory(name: str):
    content = NASTY[name][1]()
    tracemalloc.start()
    try:
        with pytest.raises(Problem):
            read(content)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES_MAX
    finally:
        tracemalloc.stop()


def test_the_honest_one_is_read():
    """The control: what is refused above is refused for its fault."""
    assert [row.cells for row in reading.open_file(HONEST).read("Sheet1").rows] == [("1",)]


def test_each_lie_is_about_one_thing():
    """The control for zips made by hand: without a lie they are opened."""
    assert packages.open_package(lying(1_000)).names


def test_a_csv_by_any_name_is_a_csv():
    assert reading.open_file("姓名,电话\n".encode()).kind == "csv"


def test_rows_have_theirs():
    last = ROWS_MAX + HEAD_ROWS_MAX
    cell = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>a</t></is></c></row>'
    for content, too_long in (
        (b"\n" * (last - 1) + b"a,b\n", b"\n" * last + b"a,b\n"),
        (workbook(cell.format(last)), workbook(cell.format(last + 1))),
    ):
        read(content)
        with pytest.raises(Problem, match="file-too-many-rows"):
            read(too_long)


def test_tables_have_their_limits(monkeypatch: pytest.MonkeyPatch):
    """Smaller ones here, so that nobody waits for millions of cells."""
    several = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
    xlsx = workbook(
        several, more={"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>a</t></si><si><t>b</t></si></sst>'}
    )
    limits: tuple[tuple[ModuleType, str], ...] = (
        (sheet_part, "CELLS_MAX"),
        (sheet_part, "CHARACTERS_MAX"),
        (workbooks, "SHARED_TEXTS_MAX"),
        (workbooks, "CHARACTERS_MAX"),
        (delimited, "CELLS_MAX"),
    )
    for module, limit in limits:
        content = b"a,b\n" if module is delimited else xlsx
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, 2)
            read(content)
            patch.setattr(module, limit, 1)
            with pytest.raises(Problem, match="file-too-large"):
                read(content)
