"""Walls: the problems of an area and all below it, and the answers to them, for everybody to read.

A wall never shows a picture: one may tell where whoever complained lives (I9).
"""

from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import now
from app.core.db import Reads
from app.core.pagination import ids_in_area
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.models.complaint import IS_UNANSWERED
from app.services.complaint_views import CARD_ON_WALL, arguments, card
from app.services.pages import PageRequest, page


def _shifted(ids: str) -> str:
    """Return ``ids`` with its $1 to $3 behind the two that every view of complaints takes."""
    return ids.replace("$3", "$5").replace("$2", "$4").replace("$1", "$3")


def _wall(where: str, key: str = "id") -> str:
    ids = _shifted(ids_in_area("complaint", f"x.is_on_wall{where}", key))
    return f"{CARD_ON_WALL} WHERE c.{key} IN ({ids}) ORDER BY c.{key} DESC LIMIT $5"


def _first(wall: str, moment: str) -> str:
    """Return the statement of a wall's first page: each row behind the tally, or the tally alone."""
    return f"""
        WITH head AS MATERIALIZED ({HEAD.format(area="$3", moment=moment)})
        SELECT head.*, seen.* FROM head LEFT JOIN LATERAL ({wall}) AS seen ON true ORDER BY seen.id DESC
    """


HEAD = f"""
    SELECT a.name AS wall_name, counted.unanswered, counted.overdue FROM area a CROSS JOIN LATERAL (
        SELECT count(*) AS unanswered, count(*) FILTER (WHERE due_at < {{moment}}) AS overdue FROM complaint
        WHERE {IS_UNANSWERED} AND area_id IN (SELECT below.id FROM area below WHERE below.lineage @> ARRAY[a.id])
    ) AS counted WHERE a.id = {{area}}
"""
# One statement for each set of filters: each has its index, and one plan serves every area and page.
WALLS = {
    (False, False): _wall(""),
    (True, False): _wall(" AND x.status = $6"),
    (False, True): _wall(" AND x.category = $6"),
    (True, True): _wall(" AND x.status = $6 AND x.category = $7"),
}
FIRST_PAGES = {chosen: _first(wall, f"${6 + sum(chosen)}") for chosen, wall in WALLS.items()}
ECHOES = _wall(" AND x.echo_id IS NOT NULL", "echo_id")
EXISTS = "SELECT true FROM area WHERE id = $1"


async def get(
    reads: Reads,
    secret: str,
    caller: Caller | None,
    area_id: UUID,
    status: str | None,
    category: str | None,
    request: PageRequest,
) -> dict[str, Any]:
    """Return a page of a wall, newest first; its first page also counts what has no answer and what is overdue.

    Raises ``not-found`` for an area that does not exist.
    """
    filters = ("wall", area_id, status, category)
    values = [value for value in (status, category) if value is not None]
    chosen = (status is not None, category is not None)
    asked = (*arguments(caller, secret), area_id, request.below(*filters), request.rows, *values)
    tally = None
    if request.cursor is None:
        rows = await reads.fetch(FIRST_PAGES[chosen], *asked, now())
        tally, rows = _split(rows)
    else:
        rows = await reads.fetch(WALLS[chosen], *asked)
    return {"tally": tally, **page(rows, request, lambda row: card(row, caller), *filters)}


async def list_echoes(
    reads: Reads, secret: str, caller: Caller | None, area_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return what was answered in an area and all below it, the newest answer first. Raises ``not-found``."""
    filters = ("echoes", area_id)
    rows = await reads.fetch(ECHOES, *arguments(caller, secret), area_id, request.below(*filters), request.rows)
    if not rows and not await reads.fetchval(EXISTS, area_id):
        raise Problem("not-found")
    return page(rows, request, lambda row: card(row, caller), *filters, key="echo_id")


def _split(rows: list[Record]) -> tuple[dict[str, Any], list[Record]]:
    """Return the tally that stands before each row, and the complaints. Raises ``not-found`` where there is neither."""
    if not rows:
        raise Problem("not-found")
    head = rows[0]
    tally = {"area_name": head["wall_name"], "unanswered": head["unanswered"], "overdue": head["overdue"]}
    return tally, [] if head["id"] is None else rows
