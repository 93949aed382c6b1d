"""Files made by hand, honest and otherwise."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
Cells = Iterable[Sequence[object]]


def written(rows: Cells, *, has_formulas: bool = False) -> bytes:
    """Return a workbook of one sheet, written by another program than the one that reads."""
    return written_sheets({"Sheet1": rows}, has_formulas=has_formulas)


def written_sheets(sheets: Mapping[str, Cells], *, has_formulas: bool = False) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": has_formulas, "strings_to_urls": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return file.getvalue()


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return file.getvalue()


def parts_of(rows: str, *, more: Mapping[str, str | bytes] | None = None, below: str = "") -> dict[str, str | bytes]:
    """Return the parts of the smallest xlsx that holds these rows of XML."""
    package = "http://schemas.openxmlformats.org/package/2006"
    document = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{document}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{below}</worksheet>',
        **(more or {}),
    }


def workbook(rows: str, *, more: Mapping[str, str | bytes] | None = None, below: str = "") -> bytes:
    return packed(parts_of(rows, more=more, below=below))


def raw_zip(entries: Sequence[tuple[str, bytes]], *, sizes: Mapping[int, int] | None = None) -> bytes:
    """Return a zip of deflated entries whose declared sizes may be lies, whose names may repeat."""
    body, directory = b"", b""
    for place, (name, content) in enumerate(entries):
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = deflater.compress(content) + deflater.flush()
        size = (sizes or {}).get(place, len(content))
        written_name = name.encode()
        fixed = struct.pack("<5H3L2H", 20, 0, 8, 0, 0, zlib.crc32(content), len(data), size, len(written_name), 0)
        directory += (
            b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + written_name
        )
        body += b"PK\x03\x04" + fixed + written_name + data
    count = len(entries)
    return body + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
