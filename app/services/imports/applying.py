"""Writing what was checked and confirmed, as the worker does it: all of it in one transaction, or nothing.

Every row is judged again in that transaction, with what is there locked. Only what was seen is written: a row of which
something else would come now than the check said is left out, or everything waits for a person to look again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from asyncpg import Connection, Record, UniqueViolationError

from app.core.clock import now
from app.core.db import Database
from app.domain import texts
from app.domain.caller import ACTING_ROLES
from app.domain.errors import Problem
from app.domain.kinds import Verdict
from app.services import transitions
from app.services.area_changes import standing
from app.services.imports import checking, sealing, steps
from app.services.imports.checking import Opened, Progress
from app.services.imports.kind import Advance, Desk, Judged, Overtaken, refuse_dependents

# Two imports below one root write one after the other: each is judged on what the other left, and none waits amid its
# rows for the other.
LOCK_ROOT = "SELECT pg_advisory_xact_lock(hashtext('echowall import'), hashtext($1))"
LOCK_RUN = """
    SELECT r.id, r.kind, r.status, r.mapping, r.uploaded_by, r.confirmed_by, r.accepts_refused, r.area_id, a.lineage,
        a.closed_at
    FROM import_run r JOIN area a ON a.id = r.area_id WHERE r.id = $1 FOR NO KEY UPDATE OF r
"""
MAY_STILL = """
    SELECT EXISTS (
        SELECT FROM "grant" g JOIN "user" u ON u.id = g.user_id
        WHERE g.user_id = $1 AND g.area_id = ANY($2) AND g.role = ANY($3) AND NOT u.is_blocked
    )
"""
LIST_SEEN = "SELECT number, verdict, sealed FROM import_row WHERE import_id = $1"
TRIES = 3
Seen = Mapping[int, tuple[Verdict, bytes]]


async def apply(database: Database, secret: str, import_id: UUID, also: Advance | None = None) -> None:
    """Write an import that was confirmed; done twice, the second finds nothing to do.

    Locks its root among imports, the tree of areas, the import, and the rows it changes in the order of their ids. A
    row that somebody else enters at the same moment undoes it all, and everything is judged again.
    """
    run = await database.reads.fetchrow(checking.FIND, import_id)
    if run is None or run["status"] != "applying":
        return
    try:
        opened = await checking.open_file(secret, run)
        root = str(run["lineage"][0])
        del run  # the sealed file with it
        advance = Progress(database, import_id, also)
        for tries_left in reversed(range(TRIES)):
            try:
                async with database.bulk_transaction() as connection:
                    await connection.execute(LOCK_ROOT, root)
                    await standing.lock_tree(connection)
                    await _write(connection, secret, import_id, opened, advance)
                break
            except (Overtaken, UniqueViolationError):
                if not tries_left:
                    raise
    except Problem as problem:
        await checking.fail(database, import_id, problem.type.code)


async def _write(connection: Connection, secret: str, import_id: UUID, opened: Opened, advance: Advance) -> None:
    run = await connection.fetchrow(LOCK_RUN, import_id)
    if run is None or run["status"] != "applying":
        return
    if run["closed_at"] is not None:
        raise Problem("area-closed")
    await _require_right(connection, opened, run)
    desk = checking.desk_of(connection, secret, run, locks=True)
    judged = await opened.kind.judge(desk, opened.records)
    refused_anew = _leave_out_unseen(judged, await _seen(desk, run["id"]))
    if refused_anew and not run["accepts_refused"]:
        await _return(desk, run, opened, judged)
        return
    wanted = [row for row in judged if row.verdict in {Verdict.ADDED, Verdict.CHANGED}]
    await opened.kind.apply(desk, wanted, advance)
    counts = checking.count(judged)
    report = None
    if counts[Verdict.REFUSED]:
        report = await asyncio.to_thread(checking.make_report, opened, judged, only_refused=True)
    await checking.keep(connection, secret, run["id"], judged, report)
    changes = counts | {"content": None, "ended_at": now()}
    await steps.move(connection, run["id"], "finish", transitions.SYSTEM, changes, **counts)


async def _return(desk: Desk, run: Record, opened: Opened, judged: Sequence[Judged]) -> None:
    """Write nothing, and show what would become of the rows now."""
    report = await asyncio.to_thread(checking.make_report, opened, judged)
    await checking.keep(desk.connection, desk.secret, run["id"], judged, report)
    counts = checking.count(judged)
    changes = counts | {"confirmed_by": None, "confirmed_at": None}
    await steps.move(desk.connection, run["id"], "return", transitions.SYSTEM, changes, **counts)


async def _require_right(connection: Connection, opened: Opened, run: Record) -> None:
    """Raise ``not-allowed`` when whoever confirmed may not any more. The command line always may."""
    if run["confirmed_by"] is None:
        return
    roles = list(ACTING_ROLES[opened.kind.role])
    if not await connection.fetchval(MAY_STILL, run["confirmed_by"], run["lineage"], roles):
        raise Problem("not-allowed")


async def _seen(desk: Desk, import_id: UUID) -> Seen:
    """Return what the check found of the rows: what a person has seen."""
    rows = await desk.connection.fetch(LIST_SEEN, import_id)
    return {
        row["number"]: (
            Verdict(row["verdict"]),
            sealing.open_row(desk.secret, import_id, row["number"], row["sealed"]),
        )
        for row in rows
    }


def _leave_out_unseen(judged: Sequence[Judged], seen: Seen) -> int:
    """Refuse every row of which something else would come now than was seen; return how many were not refused before.

    What needs no writing any more, because somebody else has done the same, needs nobody's look.
    """
    for row in judged:
        if row.verdict in {Verdict.ADDED, Verdict.CHANGED}:
            verdict, findings = seen.get(row.number, (None, b""))
            if verdict != row.verdict or findings != sealing.findings_of(row):
                row.refuse(texts.IMPORT_CHANGED_SINCE)
    refuse_dependents(judged)
    return sum(row.is_refused and seen.get(row.number, (None,))[0] != Verdict.REFUSED for row in judged)
