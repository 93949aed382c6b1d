"""Reading spreadsheets back, with another program than the one that wrote them."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import httpx
from python_calamine import CalamineWorkbook

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def is_spreadsheet(response: httpx.Response) -> bool:
    """Whether an answer is a file of a spreadsheet program."""
    return response.headers["content-type"] == MEDIA_TYPE


def rows_of(content: bytes) -> list[list[Any]]:
    """Return the values of the one sheet, as a spreadsheet program shows them."""
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    [name] = book.sheet_names
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def rows_of_sheet(content: bytes, name: str) -> list[list[Any]]:
    """Return the values of one sheet of several."""
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_name(name).to_python(skip_empty_area=False)


def sheets_of(content: bytes) -> list[list[list[Any]]]:
    """Return the values of all sheets."""
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def parts_of(content: bytes) -> dict[str, str]:
    """Return what the file is made of: its parts in XML, by their names."""
    with ZipFile(BytesIO(content)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}
