"""Volunteers from a roster: found by name and number, entered, transferred, or put right in what they can do."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from asyncpg import Range
from asyncpg import Record as Row

from app.core.db import Reads
from app.domain import free_hours
from app.domain.caller import Role
from app.domain.free_hours import Span, Unread
from app.domain.kinds import ImportKind
from app.domain.lifecycles import VOLUNTEER
from app.domain.sheets import weeks
from app.domain.sheets.columns import Column
from app.domain.sheets.fields import Text, Value, WeekHours, Words
from app.domain.sheets.records import Record
from app.models.volunteer import PROFESSION_MAX
from app.services.imports import hats
from app.services.imports.hats import CONTACT, HOME, Hat, Known, Tell
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind
from app.services.imports.tree import Node, Tree

SKILLS_MAX, SKILL_MAX = 10, 20
COLUMNS = (
    *CONTACT,
    *HOME,
    Column(
        "profession",
        "职业",
        Text(PROFESSION_MAX),
        synonyms=("职务", "从事职业", "工作", "工作岗位", "身份职业"),
        example="电工",
    ),
    Column(
        "skills",
        "特长",
        Words(SKILLS_MAX, SKILL_MAX),
        synonyms=("技能", "专长", "服务特长", "志愿服务特长", "服务项目"),
        example="理发、修电器",
    ),
    Column(
        "free_hours",
        "空闲时间",
        WeekHours(),
        synonyms=("服务时间", "可服务时间", "可服务时段", "空闲时段", "闲暇时间", "业余时间", "志愿服务时间"),
        example=weeks.EXAMPLE,
    ),
)
FIELDS = ("profession", "skills", "free_hours")


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row."""
    return await hats.judge(desk, records, HAT)


async def _prepare(_desk: Desk, _tree: Tree, _records: Sequence[Record]) -> Tell:
    return _tell


def _tell(row: Judged, known: Known | None, _home: Node) -> dict[str, Any] | None:
    """Return the columns of a volunteer as they would be."""
    before = _values(known.row) if known else dict.fromkeys(FIELDS)
    after = before | {name: value for name in FIELDS if (value := row.record.values.get(name)) is not None}
    if known is not None:
        row.changes += [
            Change(name, VOLUNTEERS.written(name, before[name]), VOLUNTEERS.written(name, after[name]))
            for name in FIELDS
            if after[name] != before[name]
        ]
    skills, hours = after["skills"], after["free_hours"]
    return {
        "profession": after["profession"],
        "skills": list(skills) if isinstance(skills, tuple) else [],
        "free_hours": [Range(*span) for span in _spans(hours)] if isinstance(hours, str) else [],
    }


def _values(row: Row) -> dict[str, Value]:
    """Return a volunteer's columns as a table tells them."""
    hours = free_hours.write((span.lower, span.upper) for span in row["free_hours"])
    return {"profession": row["profession"], "skills": tuple(row["skills"]), "free_hours": hours or None}


def _spans(written: str) -> Sequence[Span]:
    found = weeks.read(written)
    assert not isinstance(found, Unread), "the field wrote it"
    return found


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Write the roster."""
    await hats.apply(desk, judged, advance, HAT)


async def list_rows(reads: Reads, secret: str, area_id: UUID, with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the approved volunteers of the area and all below it."""
    return await hats.list_rows(reads, secret, area_id, HAT, _values, with_personal=with_personal)


HAT = Hat(VOLUNTEER, FIELDS, _prepare)
VOLUNTEERS = Kind(
    ImportKind.VOLUNTEERS, "志愿者", COLUMNS, Role.STAFF, judge, apply, list_rows, personal=frozenset({"phone"})
)
