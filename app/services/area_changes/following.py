"""Sending what is open to the area that takes the place of its own: in pieces, each thing with its event."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id
from app.domain.geometry import PointIndex
from app.services.area_changes.belongings import BELONGINGS, Goes
from app.services.transitions import Mover

PIECE = 1_000
"""Rows of one statement: a tenth of a second or a few, far below the time that a statement may take."""
NUMBERS_MAX = 999

LOG = """
    INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party, facts, created_at)
    SELECT event_id, $1, id, 'follow', state, state, $2::uuid, $3::text, facts, clock_timestamp() FROM gone
"""
"""Behind a statement that names the rows which went ``gone``; it takes $1 to $3."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where things go from ``source_id``: to the part in whose shape their point lies, else to the default."""

    source_id: UUID
    default_id: UUID
    part_ids: frozenset[UUID]
    land: PointIndex | None = None

    def at(self, longitude: float | None, latitude: float | None) -> UUID:
        """Return the part for a point, which may be none; on a border between parts it is the default if it can be."""
        if self.land is None or longitude is None or latitude is None:
            return self.default_id
        found = self.land.at(float(longitude), float(latitude))
        return found[0] if found and self.default_id not in found else self.default_id

    def beside(self, area_id: UUID | None) -> UUID:
        """Return the part in which something's company already is, or the default."""
        return area_id if area_id in self.part_ids else self.default_id


async def send_all(connection: Connection, to: Destinations, mover: Mover) -> dict[str, int]:
    """Send on what ``BELONGINGS`` says goes along; return how many of each table. Locks those rows in order of ids."""
    gone: dict[str, int] = {}
    for kind in BELONGINGS:
        if isinstance(kind, Goes):
            gone[kind.table] = gone.get(kind.table, 0) + await send(connection, kind, to, mover)
    return gone


async def send(connection: Connection, kind: Goes, to: Destinations, mover: Mover) -> int:
    """Send the open things of one kind; return how many."""
    longitude, latitude = kind.point or ("NULL", "NULL")
    rows = await connection.fetch(
        f"""
        SELECT x.id, {longitude} AS longitude, {latitude} AS latitude, {kind.beside or "NULL"}::uuid AS beside
        FROM "{kind.table}" x WHERE x.{kind.column} = $1 AND {kind.where} ORDER BY x.id FOR NO KEY UPDATE OF x
        """,
        to.source_id,
    )

    def choose() -> list[tuple[UUID, UUID]]:
        return [
            (row["id"], to.at(row["longitude"], row["latitude"]) if kind.beside is None else to.beside(row["beside"]))
            for row in rows
        ]

    statement = _send_sql(kind)
    for piece in pieces(await asyncio.to_thread(choose)):
        await connection.execute(
            statement,
            kind.table,
            mover.id,
            mover.party,
            [subject_id for subject_id, _ in piece],
            [area_id for _, area_id in piece],
            [new_id() for _ in piece],
            to.source_id,
        )
    return len(rows)


def _send_sql(kind: Goes) -> str:
    name = "" if kind.name_max is None else f", name = {_free_name(kind, kind.name_max)}"
    told = "" if kind.name_max is None else " || jsonb_build_object('name', x.name)"
    if kind.is_numbered:
        above = f'(SELECT coalesce(max(o.number), 0) FROM "{kind.table}" o WHERE o.{kind.column} = go.area_id)'
        name += f", number = x.number + {above}"
        told += " || jsonb_build_object('number', x.number)"
    return f"""
        WITH gone AS (
            UPDATE "{kind.table}" x SET {kind.column} = go.area_id{name}
            FROM unnest($4::uuid[], $5::uuid[], $6::uuid[]) AS go (id, area_id, event_id) WHERE x.id = go.id
            RETURNING x.id, go.event_id, {kind.state} AS state,
                jsonb_build_object('{kind.column}', go.area_id, 'former_area_id', $7::uuid){told} AS facts
        ) {LOG}
    """


def _free_name(kind: Goes, name_max: int) -> str:
    """Return SQL for a thing's name where it goes: its own, or with a number when that is taken there."""
    stem = f"left(x.name, {name_max - len(str(NUMBERS_MAX)) - 2})"
    taken = f"""EXISTS (
        SELECT FROM "{kind.table}" o WHERE o.{kind.column} IN (go.area_id, x.{kind.column}) AND o.id <> x.id
            AND {kind.taken} AND o.name =
    """
    return f"""CASE WHEN {taken} x.name) THEN (
        SELECT {stem} || '（' || n || '）' FROM generate_series(2, {NUMBERS_MAX}) AS n
        WHERE NOT {taken} {stem} || '（' || n || '）') ORDER BY n LIMIT 1
    ) ELSE x.name END"""


def pieces(items: Sequence[Item], size: int = PIECE) -> Iterator[Sequence[Item]]:
    """Return ``items`` in pieces for one statement each."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
