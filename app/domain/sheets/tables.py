"""Finding the table on a sheet: its headings below titles, its rows, and what stands there besides (pure).

``recognise(content, columns)`` is the way in. Nothing is lost silently: rows that are not taken as rows of the table
are listed with the reason.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from app.domain.errors import Problem
from app.domain.sheets import cells, headings, reading
from app.domain.sheets.columns import Column
from app.domain.sheets.headings import Guess, Heading
from app.domain.sheets.identity import LOOKS_LIKE
from app.domain.sheets.rows import COLUMNS_MAX, Range, Row, Sheet, cells_in
from app.domain.texts import SHEET_SKIPPED

HEADING_ROWS_TRIED = 10
PREVIEW_ROWS = 15
_MATCHES_MIN = 2
_SECTION_WIDTH_MIN = 2
_SAMPLE_ROWS = 200
_IDENTITY_SHARE_MIN = 0.5

_SIMPLIFIED = str.maketrans(
    "計總備註說審製報單負責聯電話經辦簽範頁數戶個", "计总备注说审制报单负责联电话经办签范页数户个"
)
_TOTAL = re.compile(
    "(?:合计|总计|小计|共计|总合计|累计|本页合计|本页小计)(?:数|人数|户数|共)?[0-9]*(?:人|户|栋|个|家|名)?[0-9]*"
)
_EXAMPLE = re.compile("(?:填写|填报|填表)?(?:示例|样例|范例|举例|例子|例|例如)(?:行|[0-9])?")
_SECTION = re.compile("[（(]?[一二三四五六七八九十]{1,3}[）)]?、.|[（(][一二三四五六七八九十]{1,3}[）)].")
_FOOTER = re.compile(
    r"(?:备注|备注说明|注|说明|填表说明|填报说明|填表人|制表人|制表|制表单位|填报人|填报单位|填表单位|填表日期|填报日期|制表日期|"
    r"审核人|审核|复核|复核人|审批人|负责人|单位负责人|主管领导|分管领导|经办人|联系人|联系电话|日期|盖章|单位盖章|签字|签名)\s*[:：]"
)
_FOOTER_ALONE = re.compile("备注|注|说明|盖章|单位盖章|以下空白|以上|本表.{2,}|注[0-9].{2,}|第[0-9]+页.*|共[0-9]+页.*")


class LeftOut(StrEnum):
    """Why a row below the headings is not one of the table."""

    TOTAL = "total"
    FOOTER = "footer"
    HEADING = "heading"
    EXAMPLE = "example"
    SECTION = "section"
    EMPTY = "empty"
    SKIPPED = "skipped"


REASONS = {
    LeftOut.TOTAL: "合计行，不导入",
    LeftOut.FOOTER: "表尾说明，不导入",
    LeftOut.HEADING: "重复的表头，不导入",
    LeftOut.EXAMPLE: "填写示例，不导入",
    LeftOut.SECTION: "分段标题，不导入",
    LeftOut.EMPTY: "没有可导入的内容",
    LeftOut.SKIPPED: "上次没有导入的行，不导入",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was found. Row numbers are those that programs show.

    ``heading_rows`` are empty where no headings were found: then nothing is known of the columns, and ``rows`` are all
    rows of the sheet. Cells of columns that are not collected are empty.
    """

    kind: str
    encoding: str | None
    sheet_name: str
    sheet_names: tuple[str, ...]
    is_1904: bool
    titles: tuple[Row, ...]
    heading_rows: tuple[int, ...]
    headings: tuple[Heading, ...]
    guess: Guess
    rows: tuple[Row, ...]
    left_out: tuple[tuple[Row, LeftOut], ...]
    hidden_rows: tuple[int, ...]
    """Rows of the table that a filter hides; they are read."""

    @property
    def has_headings(self) -> bool:
        """Whether headings were found."""
        return bool(self.heading_rows)


@dataclass(frozen=True, slots=True)
class _Headings:
    """One or two rows read as headings."""

    rows: tuple[int, ...]
    found: tuple[Heading, ...]
    guess: Guess

    @property
    def weight(self) -> float:
        return round(self.guess.weight, 6)


def recognise(
    content: bytes,
    columns: Sequence[Column],
    *,
    sheet_name: str | None = None,
    chosen: dict[str, int] | None = None,
) -> Table:
    """Return the table of a file: of the sheet that is named, or of the first that has such headings.

    ``chosen`` says where each column stands (from 0), when somebody has corrected the guess. Raises what
    ``reading.open_file`` and its sheets raise, and ``file-has-no-such-sheet``.
    """
    source = reading.open_file(content)
    if sheet_name is None:
        sheet_name = _first_table(source, columns)
    elif sheet_name not in source.sheet_names:
        raise Problem("file-has-no-such-sheet")
    sheet = source.read(sheet_name)
    if not sheet.rows:
        raise Problem("file-empty")
    found = _find_headings(sheet, columns)
    if found is None:
        found = _Headings((), (), headings.guess((), columns))
    heading_rows, above = found.rows, found.found
    rows = tuple(_fill_merged(sheet, heading_rows[-1] if heading_rows else 0))
    taken = found.guess if chosen is None else headings.take(above, columns, chosen)
    taken = _without_identity_numbers(taken, above, rows)
    dropped = {heading.index for heading in taken.not_collected}
    rows = tuple(_without(row, dropped) for row in rows)
    wide = {top for top, left, bottom, right in sheet.merged if top == bottom and right - left >= _SECTION_WIDTH_MIN}
    kept, left_out = _sort_rows(rows, above, taken, wide) if taken.matches else (rows, ())
    numbers = {row.number for row in kept}
    return Table(
        kind=source.kind,
        encoding=source.encoding,
        sheet_name=sheet_name,
        sheet_names=source.sheet_names,
        is_1904=sheet.is_1904,
        titles=tuple(row for row in sheet.rows if heading_rows and row.number < heading_rows[0]),
        heading_rows=heading_rows,
        headings=above,
        guess=taken,
        rows=kept,
        left_out=left_out,
        hidden_rows=tuple(sorted(numbers & sheet.hidden_rows)),
    )


def _first_table(source: reading.Source, columns: Sequence[Column]) -> str:
    first_filled = None
    for name in source.sheet_names:
        preview = source.read(name, PREVIEW_ROWS)
        if preview.rows and _find_headings(preview, columns):
            return name
        if preview.rows and first_filled is None:
            first_filled = name
    if first_filled is None:
        raise Problem("file-empty")
    return first_filled


def _find_headings(sheet: Sheet, columns: Sequence[Column]) -> _Headings | None:
    """Return the headings among the first rows that mean most, of equals the first; two rows where both are needed."""
    found: list[_Headings] = []
    tried = sheet.rows[: HEADING_ROWS_TRIED + 1]
    singles = [_understand((row,), _one_row(row), columns) for row in tried]
    for place, (upper, lower) in enumerate(pairwise(tried)):
        double = _two_rows(upper, lower, sheet.merged)
        both = _understand((upper, lower), double, columns) if double else None
        if both and both.weight > singles[place + 1].weight:
            found.append(both)
        found.append(singles[place])
    found += singles[-1:] if len(tried) <= HEADING_ROWS_TRIED else []
    enough = [one for one in found if len(one.guess.matches) >= min(_MATCHES_MIN, len(columns))]
    return max(enough, key=lambda one: one.weight, default=None)


def _understand(rows: Sequence[Row], found: tuple[Heading, ...], columns: Sequence[Column]) -> _Headings:
    return _Headings(tuple(row.number for row in rows), found, headings.guess(found, columns))


def _one_row(row: Row) -> tuple[Heading, ...]:
    return tuple(Heading(index, cells.clean(text)) for index, text in enumerate(row.cells) if text.strip())


def _two_rows(upper: Row, lower: Row, merged: Sequence[Range]) -> tuple[Heading, ...] | None:
    """Return the headings of two rows as one, or None when the lower row is not one of headings."""
    if lower.number != upper.number + 1 or len({text for text in upper.cells if text.strip()}) < _MATCHES_MIN:
        return None  # one text above all is a title
    wide = {left: right for top, left, bottom, right in merged if top == upper.number == bottom and right > left}
    width = min(max(len(upper.cells), len(lower.cells)), COLUMNS_MAX)
    found = []
    parent, reach = "", -1
    has_child = False
    for index in range(width):
        above, below = cells.clean(upper.cell(index)), cells.clean(lower.cell(index))
        if above:
            is_wide = index in wide or (not wide and index + 1 < width and not upper.cell(index + 1).strip())
            parent, reach = above, wide.get(index, width) if is_wide else index
            if below and not is_wide and below != above:
                return None
        if below and index <= reach and below != parent:
            found.append(Heading(index, below, parent))
            has_child = True
        elif above or below:
            found.append(Heading(index, above or below))
    return tuple(found) if has_child else None


def _fill_merged(sheet: Sheet, last_heading_row: int) -> list[Row]:
    """Return the rows below the headings; what stands in a cell merged over several rows stands in each of them."""
    tall = [(top, left, bottom, left) for top, left, bottom, _ in sheet.merged if bottom > top > last_heading_row]
    rows = [row for row in sheet.rows if row.number > last_heading_row]
    texts: dict[int, tuple[str, bool]] = {}
    changed: dict[int, tuple[list[str], set[int]]] = {}
    for place, column, which in cells_in(rows, tall):
        row = rows[place]
        if which not in texts:
            texts[which] = (row.cell(column), column in row.formulas) if row.number == tall[which][0] else ("", False)
            continue
        text, is_formula = texts[which]
        if text != row.cell(column):  # what a merged cell covers is not seen
            filled, formulas = changed.setdefault(place, (list(row.cells), set(row.formulas)))
            filled.extend([""] * (column + 1 - len(filled)))
            filled[column] = text
            formulas |= {column} if is_formula else set()
    for place, (filled, formulas) in changed.items():
        rows[place] = Row(rows[place].number, tuple(filled), tuple(sorted(formulas)))
    return rows


def _without_identity_numbers(found: Guess, above: Sequence[Heading], rows: Sequence[Row]) -> Guess:
    """Return the guess without columns that are full of identity numbers, whatever stands above them."""
    known = {heading.index for heading in found.not_collected}
    by_index = {heading.index: heading for heading in above}
    seen: dict[int, list[bool]] = {}
    for row in rows[:_SAMPLE_ROWS]:
        for index, text in enumerate(row.cells):
            if text.strip():
                seen.setdefault(index, []).append(bool(LOOKS_LIKE.fullmatch(cells.fold(text).replace(" ", ""))))
    full = {
        index
        for index, answers in seen.items()
        if index not in known and sum(answers) >= _IDENTITY_SHARE_MIN * len(answers)
    }
    if not full:
        return found
    more = tuple(by_index.get(index, Heading(index, "")) for index in sorted(full))
    return replace(
        found,
        matches={name: match for name, match in found.matches.items() if match.index not in full},
        extra=tuple(heading for heading in found.extra if heading.index not in full),
        not_collected=(*found.not_collected, *more),
    )


def _without(row: Row, dropped: set[int]) -> Row:
    if not dropped:
        return row
    kept = tuple("" if index in dropped else text for index, text in enumerate(row.cells))
    return Row(row.number, kept, tuple(index for index in row.formulas if index not in dropped))


def _sort_rows(
    rows: Sequence[Row], above: Sequence[Heading], found: Guess, wide: set[int]
) -> tuple[tuple[Row, ...], tuple[tuple[Row, LeftOut], ...]]:
    """Return the rows of the table, and the others with the reason."""
    indexes = sorted(found.indexes.values())
    end = len(rows)
    while end and _is_foot(rows[end - 1], indexes):
        end -= 1
    titles = {heading.index: heading.text for heading in above}
    kept: list[Row] = []
    left_out: list[tuple[Row, LeftOut]] = []
    for place, row in enumerate(rows):
        reason = _reason(row, indexes, titles)
        if reason is None and len(row.cells) - row.cells.count("") == 1 and not row.formulas:
            is_section = row.number in wide or _SECTION.match(_first_texts(row)[0])
            reason = LeftOut.SECTION if is_section else None
        if place >= end and reason in {None, LeftOut.EMPTY} and not "".join(_first_texts(row)).isdigit():
            reason = LeftOut.FOOTER
        if reason is None:
            kept.append(row)
        else:
            left_out.append((row, reason))
    return tuple(kept), tuple(left_out)


def _first_texts(row: Row) -> list[str]:
    return [cells.clean(text) for text in row.cells if text.strip()][:2]


def _bare(text: str) -> str:
    """Return a text without blanks and marks, in the characters of the words that are looked for."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).translate(_SIMPLIFIED)


def _reason(row: Row, indexes: Sequence[int], titles: dict[int, str]) -> LeftOut | None:
    first = [_bare(text) for text in _first_texts(row)]
    if SHEET_SKIPPED in first:  # a report that was mended and sent again
        return LeftOut.SKIPPED
    if any(_TOTAL.fullmatch(text) for text in first):
        return LeftOut.TOTAL
    if first and _EXAMPLE.fullmatch(first[0]):
        return LeftOut.EXAMPLE
    if not any(row.cell(index).strip() or index in row.formulas for index in indexes):
        return LeftOut.EMPTY
    same = [index for index in indexes if row.cell(index) and cells.clean(row.cell(index)) == titles.get(index)]
    return LeftOut.HEADING if len(same) >= max(2, len(indexes) // 2) else None


def _is_foot(row: Row, indexes: Sequence[int]) -> bool:
    """Whether a row at the end belongs to the foot: remarks, who filled it in, or totals among them."""
    first = _first_texts(row)
    if not first:
        return True
    if _FOOTER.match(first[0].translate(_SIMPLIFIED)) or _FOOTER_ALONE.fullmatch(_bare(first[0])):
        return True
    return bool(_TOTAL.fullmatch(_bare(first[0]))) or not any(row.cell(index).strip() for index in indexes)
