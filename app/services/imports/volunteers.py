"""Volunteers from a roster: found by name and number, entered, transferred, or put right in what they can do."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from asyncpg import Record as Row

from app.core.db import Reads
from app.domain.caller import Role
from app.domain.kinds import ImportKind
from app.domain.lifecycles import VOLUNTEER
from app.domain.sheets.columns import Column
from app.domain.sheets.fields import Value, Words
from app.domain.sheets.records import Record
from app.services.imports import hats
from app.services.imports.hats import CONTACT, HOME, Hat, Known, Tell
from app.services.imports.kind import Advance, Change, Desk, Judged, Kind
from app.services.imports.tree import Node, Tree

SKILLS_MAX, SKILL_MAX = 10, 20
COLUMNS = (
    *CONTACT,
    *HOME,
    Column(
        "skills",
        "特长",
        Words(SKILLS_MAX, SKILL_MAX),
        synonyms=("技能", "专长", "服务特长", "志愿服务特长", "服务项目"),
        example="理发、修电器",
    ),
)
FIELDS = ("skills",)


async def judge(desk: Desk, records: Sequence[Record]) -> list[Judged]:
    """Say what would become of each row."""
    return await hats.judge(desk, records, HAT)


async def _prepare(_desk: Desk, _tree: Tree, _records: Sequence[Record]) -> Tell:
    return _tell


def _tell(row: Judged, known: Known | None, _home: Node) -> dict[str, Any] | None:
    """Return the columns of a volunteer as they would be."""
    before: list[str] = known.row["skills"] if known else []
    told = row.record.values.get("skills")
    skills = list(told) if isinstance(told, tuple) else before
    if known is not None and skills != before:
        row.changes.append(Change("skills", _written(before), _written(skills)))
    return {"skills": skills}


def _written(skills: Sequence[str]) -> str:
    return VOLUNTEERS.written("skills", tuple(skills))


async def apply(desk: Desk, judged: Sequence[Judged], advance: Advance) -> None:
    """Write the roster."""
    await hats.apply(desk, judged, advance, HAT)


async def list_rows(reads: Reads, secret: str, area_id: UUID, with_personal: bool) -> list[Mapping[str, Value]]:  # noqa: FBT001
    """Return the approved volunteers of the area and all below it."""

    def tell(row: Row) -> dict[str, Value]:
        return {"skills": tuple(row["skills"])}

    return await hats.list_rows(reads, secret, area_id, HAT, tell, with_personal=with_personal)


HAT = Hat(VOLUNTEER, FIELDS, _prepare)
VOLUNTEERS = Kind(
    ImportKind.VOLUNTEERS, "志愿者", COLUMNS, Role.STAFF, judge, apply, list_rows, personal=frozenset({"phone"})
)
