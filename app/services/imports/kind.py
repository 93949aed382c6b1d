"""What a kind of import is made of: its columns, how its rows are judged, how they are written, how they are exported.

``judge`` reads what it needs of the database for all rows together, never one statement a row, and says of each row
what would become of it. It is asked twice: for the check, and again in the transaction that writes, then with the rows
that it found locked. ``apply`` writes what was judged as added or changed, with an event for each (I7).
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from asyncpg import Connection

from app.core.db import Reads
from app.domain import texts
from app.domain.caller import Role
from app.domain.kinds import ImportKind, Verdict
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import Value
from app.domain.sheets.records import Record, check_totals
from app.domain.sheets.tables import Table
from app.services.transitions import Mover

CHUNK_ROWS = 1_000
"""So many rows one statement writes, their events with them: some tenths of a second."""
DOUBTS = frozenset({"sum-wrong"})
"""What is told of a row and lets it in all the same: which of the numbers is wrong, nobody can tell."""

Item = TypeVar("Item")
Advance = Callable[[int, int], Awaitable[None]]
"""Is told how many of how many rows are done."""


class Overtaken(Exception):  # noqa: N818 - nothing is wrong
    """Somebody else entered the same after the rows had been judged: they have to be judged again."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an import is at work: for which area (the id, and those from the root down to it), and in whose name.

    ``locks`` says that what is found is about to be written. ``importers`` are the users whose own matters this import
    may not decide (I2).
    """

    connection: Connection
    secret: str
    area_id: UUID
    lineage: Sequence[UUID]
    mover: Mover
    importers: frozenset[UUID]
    locks: bool = False

    @property
    def lock(self) -> str:
        """SQL that locks the rows of ``x`` that a statement returns, when they are about to be written."""
        return "FOR NO KEY UPDATE OF x" if self.locks else ""


@dataclass(frozen=True, slots=True)
class Change:
    """What would stand in a column instead of what stands there, as a person reads it."""

    column: str
    old: str
    new: str


@dataclass(slots=True)
class Judged:
    """What would become of a row. ``label`` is what a person knows it by, ``target`` is for its kind alone.

    A row that is not refused may have faults too: then they are doubts, such as a sum that is not the sum.
    """

    record: Record
    label: str = ""
    faults: list[Fault] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    is_refused: bool = False
    is_new: bool = False
    needs: "Judged | None" = None
    """The row of the same file that has to be there before this one."""
    target: Any = None

    @property
    def number(self) -> int:
        """The row's number as the spreadsheet program shows it."""
        return self.record.number

    @property
    def verdict(self) -> Verdict:
        """What becomes of it."""
        if self.is_refused:
            return Verdict.REFUSED
        if self.is_new:
            return Verdict.ADDED
        return Verdict.CHANGED if self.changes else Verdict.UNTOUCHED

    def refuse(self, sentence: str, column: str | None = None, code: str = "refused") -> None:
        """Refuse the row, for one reason more."""
        self.faults.append(Fault(code, sentence, column))
        self.is_refused = True

    def doubt(self, sentence: str, column: str | None = None, code: str = "doubt") -> None:
        """Say what looks wrong, and let the row in."""
        self.faults.append(Fault(code, sentence, column))


Judge = Callable[[Desk, Sequence[Record]], Awaitable[list[Judged]]]
Apply = Callable[[Desk, Sequence[Judged], Advance], Awaitable[None]]
Export = Callable[[Reads, str, UUID, bool], Awaitable[list[Mapping[str, Value]]]]
"""From where to read, the data key, the area, and whether to tell personal columns, to rows by the columns' names."""

CheckTotals = Callable[[Table, Sequence[Column], Sequence[Record]], list[tuple[int, Fault]]]
"""Says what is wrong with a row of totals, with its number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of import. Whoever acts in ``role`` for an area may import it there."""

    kind: ImportKind
    title: str
    columns: tuple[Column, ...]
    role: Role
    judge: Judge
    apply: Apply
    export: Export
    check_totals: CheckTotals = check_totals
    personal: frozenset[str] = frozenset()
    """Names of the columns that tell who somebody is."""

    @property
    def titles(self) -> dict[str, str]:
        """What people call the columns, in their order."""
        return {column.name: column.title for column in self.columns}

    def title_of(self, name: str) -> str:
        """Return what people call a column, or something else that changes."""
        return self.titles.get(name) or texts.IMPORT_EXTRA_TITLES[name]

    def column(self, name: str) -> Column:
        """Return the column of this name."""
        return next(column for column in self.columns if column.name == name)

    def written(self, name: str, value: Value) -> str:
        """Return a value as a person reads it in a column."""
        return str(self.column(name).field.write(value))


def begin(record: Record) -> Judged:
    """Return the judgement of a row of which only its own cells were looked at."""
    judged = Judged(record)
    for fault in record.faults:
        judged.faults.append(fault)
        judged.is_refused |= fault.code not in DOUBTS
    return judged


def refuse_dependents(judged: Sequence[Judged]) -> None:
    """Refuse what needs a row that is refused, and what needs that."""
    more = True
    while more:
        more = False
        for row in judged:
            if row.needs is not None and row.needs.is_refused and not row.is_refused:
                row.refuse(texts.IMPORT_NEEDS_ROW.format(number=row.needs.number))
                more = True


def chunks(items: Sequence[Item], size: int = CHUNK_ROWS) -> Iterator[Sequence[Item]]:
    """Yield the items in parts."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def columns_of(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Return rows as the arrays that ``unnest`` takes."""
    found: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for place, value in enumerate(row):
            found[place].append(value)
    return found
