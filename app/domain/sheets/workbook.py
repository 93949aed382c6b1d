"""Reading xlsx (ECMA-376, transitional and strict): the texts of a sheet as a person sees them (pure).

Only what is needed for that is read; nothing is calculated, followed or run. Files with macros are refused as a whole,
calculated cells are marked. Why this is not left to a library: docs/adr/0024-spreadsheets.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.errors import Problem
from app.domain.sheets import markup, numbers, packed
from app.domain.sheets.markup import LOCAL
from app.domain.sheets.packed import Package
from app.domain.sheets.rows import CHARACTERS_MAX, TEXT_CHARACTERS_MAX, Sheet
from app.domain.sheets.sheet_part import SheetPart

SHARED_TEXTS_MAX = 1_000_000
FORMATS_MAX = 65_000
_CONTENT_TYPES, _RELATIONS = "[content_types].xml", "_rels/.rels"
_MACROS = re.compile(r"(^|/)(vbaproject\.bin|macrosheets/.*|dialogsheets/.*)$")
_BINARY_WORKBOOK = "xl/workbook.bin"
_OTHER_TABLES = b"application/vnd.oasis.opendocument.spreadsheet"
_RELATION_ID = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)


@dataclass(frozen=True, slots=True)
class _SheetEntry:
    name: str
    part: str
    is_hidden: bool


class Workbook:
    """An xlsx file whose sheets can be read by their names. Hidden sheets are not there."""

    kind = "xlsx"
    encoding: str | None = None

    def __init__(self, content: bytes) -> None:
        package = packed.open_package(content)
        self._package = package
        _check_kind(package)
        _check_parts(package)
        self._is_1904 = False
        self._part = _main_part(package)
        self._sheets = {sheet.name: sheet.part for sheet in self._list_sheets() if not sheet.is_hidden}
        self.sheet_names = tuple(self._sheets)
        if not self.sheet_names:
            raise Problem("file-empty")
        self._shared: list[str] | None = None
        self._forms: list[numbers.Form | None] | None = None

    def read(self, name: str, rows_max: int | None = None) -> Sheet:
        """Return a sheet, or the first ``rows_max`` of its rows that are not blank.

        Raises ``file-too-many-rows``, ``file-too-large``, ``file-damaged``.
        """
        if self._shared is None or self._forms is None:
            self._shared = self._read_shared()
            self._forms = self._read_forms()
        part = SheetPart(self._shared, self._forms, rows_max=rows_max)
        for _ in markup.steps(self._package.stream(self._sheets[name]), part.start, part.end, part.text):
            if part.is_full:
                break
        part.finish()
        return Sheet(name, part.rows, self._is_1904, part.merged, frozenset(part.hidden_rows))

    def _list_sheets(self) -> Iterator[_SheetEntry]:
        targets = _targets(self._package, self._part)
        found: list[dict[str, str]] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            kind = LOCAL[name]
            if kind == "sheet":
                found.append(attributes)
            elif kind == "workbookPr":
                self._is_1904 = attributes.get("date1904") in {"1", "true"}

        markup.feed(self._package.stream(self._part), start)
        parts = set()
        for attributes in found:
            relation = next((attributes[key] for key in _RELATION_ID if key in attributes), "")
            kind, target = targets.get(relation, ("", ""))
            if kind == "worksheet" and target in self._package:
                if target in parts:  # each part is read once, however many names point to it
                    raise Problem("file-damaged")
                parts.add(target)
                hidden = attributes.get("state", "visible") != "visible"
                yield _SheetEntry(attributes.get("name", ""), target, hidden)

    def _find(self, wanted: str) -> str | None:
        """Return the name of the workbook's part of a kind."""
        for kind, target in _targets(self._package, self._part).values():
            if kind == wanted and target in self._package:
                return target
        return None

    def _read_shared(self) -> list[str]:
        part = self._find("sharedStrings")
        if part is None:
            return []
        texts = _SharedTexts()
        markup.feed(self._package.stream(part), texts.start, texts.end, texts.text)
        return texts.found

    def _read_forms(self) -> list[numbers.Form | None]:
        part = self._find("styles")
        if part is None:
            return []
        codes: dict[int, str] = {}
        used: list[int] = []
        inside: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            kind = LOCAL[name]
            parent = inside[-1] if inside else ""
            inside.append(kind)
            if kind == "numFmt" and parent == "numFmts":
                codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
            elif kind == "xf" and parent == "cellXfs":
                used.append(_number(attributes.get("numFmtId")))
            if len(used) > FORMATS_MAX or len(codes) > FORMATS_MAX:
                raise Problem("file-damaged")

        markup.feed(self._package.stream(part), start, lambda _: _drop(inside))
        forms = {number: numbers.form_of(number, codes.get(number), is_1904=self._is_1904) for number in set(used)}
        return [forms[number] for number in used]


class _SharedTexts:
    """The table of texts that cells point into; readings (rPh) beside a text are not part of it."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._is_text = False
        self._readings = 0
        self._length = self._characters = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        kind = LOCAL[name]
        if kind == "t":
            self._is_text = not self._readings
        elif kind == "rPh":
            self._readings += 1

    def text(self, text: str) -> None:
        if self._is_text:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > TEXT_CHARACTERS_MAX:
                raise Problem("file-damaged")

    def end(self, name: str) -> None:
        kind = LOCAL[name]
        if kind == "t":
            self._is_text = False
        elif kind == "rPh":
            self._readings -= 1
        elif kind == "si":
            found = markup.unescape("".join(self._pieces))
            self._pieces.clear()
            self._length = 0
            self._characters += len(found)
            self.found.append(found)
            if len(self.found) > SHARED_TEXTS_MAX or self._characters > CHARACTERS_MAX:
                raise Problem("file-too-large")


def _drop(inside: list[str]) -> None:
    inside.pop()


def _number(written: str | None) -> int:
    return int(written) if written and written.isascii() and written.isdigit() and len(written) < 10 else 0


def _check_kind(package: Package) -> None:
    """Refuse what is packed but no xlsx: documents, other tables, anything with macros."""
    if "mimetype" in package and package.read("mimetype").startswith(_OTHER_TABLES):
        raise Problem("file-old-excel")
    if _BINARY_WORKBOOK in package:
        raise Problem("file-old-excel")
    if _CONTENT_TYPES not in package or _RELATIONS not in package:
        raise Problem("file-not-a-table")
    kinds: list[str] = []
    markup.feed(package.stream(_CONTENT_TYPES), lambda _, attributes: kinds.append(attributes.get("ContentType", "")))
    if any("macroenabled" in kind.lower() for kind in kinds) or any(map(_MACROS.search, package.names)):
        raise Problem("file-has-macros")
    if not any(kind.endswith("spreadsheetml.sheet.main+xml") for kind in kinds):
        raise Problem("file-not-a-table")


def _check_parts(package: Package) -> None:
    """Inflate every part to its end, and read every XML through: none may have a document type, none may be broken."""
    for name in package.names:
        if name.endswith((".xml", ".rels")):
            markup.feed(package.stream(name))
        else:
            for _ in package.stream(name):
                pass


def _main_part(package: Package) -> str:
    targets = _targets(package, "")
    part = next((target for kind, target in targets.values() if kind == "officeDocument"), None)
    if part is None or part not in package:
        raise Problem("file-damaged")
    return part


def _targets(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part points to inside the file: kind and name by the id. What lies elsewhere is not followed."""
    folder, _, name = part.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    found: dict[str, tuple[str, str]] = {}

    def start(_: str, attributes: dict[str, str]) -> None:
        if "Id" in attributes and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = attributes.get("Target", "")
            whole = target[1:] if target.startswith("/") else f"{folder}/{target}" if folder else target
            found[attributes["Id"]] = (kind, _resolve(whole))

    if relations in package:
        markup.feed(package.stream(relations), start)
    return found


def _resolve(path: str) -> str:
    """Return a path without ``.`` and ``..``."""
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps)
