"""The joint case (联办): a complaint's steps, one a unit, with a lead; handed out, answered, sent back, taken back.

Every act locks the complaint first, so that of two at once the second finds what the first left.
"""

from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.domain.caller import Caller, Role, parties_to_step
from app.domain.deadlines import Span, SpanUnit
from app.domain.errors import Problem
from app.domain.kinds import ComplaintPart
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT, LIVE_COMPLAINT_STATES, STEP
from app.domain.shielding import mask_text
from app.domain.texts import LIST_SEPARATOR
from app.models.complaint_step import ComplaintStep
from app.schemas.steps import DispatchIn
from app.services import deadlines, transitions
from app.services.complainants import hash_of
from app.services.complaints import standing
from app.services.transitions import Mover

# A unit is of the complaint's own tree of areas, above it, beside it or below.
COUNT_UNITS = "SELECT count(*) FROM unit u JOIN area a ON a.id = u.area_id WHERE u.id = ANY($1) AND a.lineage[1] = $2"
LIVE = """
    SELECT s.id, s.unit_id, s.is_lead, s.status, u.name FROM complaint_step s JOIN unit u ON u.id = s.unit_id
    WHERE s.complaint_id = $1 AND s.status <> 'cancelled' ORDER BY s.is_lead DESC, s.id
"""
FOLLOW = "UPDATE complaint_step SET is_lead = false WHERE complaint_id = $1 AND is_lead AND status <> 'cancelled'"
LEAD = "UPDATE complaint_step SET is_lead = true WHERE id = $1"
INSTRUCT = "UPDATE complaint_step SET instructions = $2, due_at = $3 WHERE id = $1 AND status = 'assigned'"
TELL = "UPDATE complaint_step SET is_told = true WHERE complaint_id = $1 AND status = 'answered'"
COMPLAINT_OF = "SELECT complaint_id FROM complaint_step WHERE id = $1"
FIND = """
    SELECT s.id, s.status, c.status AS complaint_status, p.part, a.lineage && $2::uuid[] AS in_scope,
        h.lineage && $2::uuid[] AS handles,
        EXISTS (SELECT FROM unit_worker w WHERE w.unit_id = s.unit_id AND w.user_id = $3) AS works
    FROM complaint_step s JOIN complaint c ON c.id = s.complaint_id
    JOIN area a ON a.id = c.area_id JOIN area h ON h.id = c.handler_id
    LEFT JOIN complaint_person p ON p.complaint_id = c.id AND p.person_hash = $4
    WHERE s.id = $1
"""


async def dispatch(connection: Connection, secret: str, caller: Caller, complaint_id: UUID, form: DispatchIn) -> None:
    """Hand a complaint to a lead unit and co-units, each with its own step.

    Done again, it says anew who has to act: a unit that is named no more and has not answered is taken off, one that
    has answered keeps its answer until it is sent back. Raises ``unit-unknown``, and what ``standing.permit`` does.
    """
    row, mover = await standing.permit(connection, secret, caller, complaint_id, "dispatch")
    unit_ids = [form.lead_unit_id, *form.co_unit_ids]
    if await connection.fetchval(COUNT_UNITS, unit_ids, row["lineage"][0]) != len(unit_ids):
        raise Problem("unit-unknown")
    due_at = None
    if form.working_days is not None:
        span = Span(form.working_days, SpanUnit.WORKING_DAY)
        due_at = await deadlines.due_in(connection, span, area_id=row["handler_id"], start=now())
    instructions = mask_text(form.instructions)
    live = {step["unit_id"]: step["id"] for step in await _take_off(connection, complaint_id, unit_ids, mover)}
    await connection.execute(FOLLOW, complaint_id)
    for unit_id in unit_ids:
        is_lead = unit_id == form.lead_unit_id
        if unit_id not in live:
            step = ComplaintStep(
                id=new_id(),
                complaint_id=complaint_id,
                unit_id=unit_id,
                is_lead=is_lead,
                instructions=instructions,
                due_at=due_at,
            )
            await insert(connection, step)
            await transitions.log_creation(connection, STEP, step.id, mover)
            continue
        if is_lead:
            await connection.execute(LEAD, live[unit_id])
        await connection.execute(INSTRUCT, live[unit_id], instructions, due_at)
    await transitions.move(
        connection,
        COMPLAINT,
        complaint_id,
        "dispatch",
        mover,
        changes={"is_joint": True},
        facts={"unit_ids": unit_ids},
    )


async def answer(connection: Connection, secret: str, caller: Caller, step_id: UUID, words: str) -> None:
    """Say what a unit did: as somebody who acts for it, or as staff for a unit that answered on paper."""
    mover = await _permit(connection, secret, caller, step_id, "answer")
    changes = {"answer": mask_text(words), "answered_at": now(), "answered_by": caller.id}
    await transitions.move(connection, STEP, step_id, "answer", mover, changes=changes)


async def send_back(connection: Connection, secret: str, caller: Caller, step_id: UUID, reason: str) -> None:
    """Have a unit act and answer again, with the reason."""
    mover = await _permit(connection, secret, caller, step_id, "send_back")
    changes = {"is_told": False}
    await transitions.move(connection, STEP, step_id, "send_back", mover, note=reason, changes=changes)


async def cancel(connection: Connection, secret: str, caller: Caller, step_id: UUID) -> None:
    """Take a unit off the case."""
    mover = await _permit(connection, secret, caller, step_id, "cancel")
    await transitions.move(connection, STEP, step_id, "cancel", mover, changes={"is_told": False})


async def conclude(connection: Connection, complaint_id: UUID) -> UUID | None:
    """Make the units' answers part of the locked complaint's; return the unit that led, if any did.

    Raises ``steps-open`` with the names of the units that have not answered.
    """
    live = await connection.fetch(LIVE, complaint_id)
    waiting = [step["name"] for step in live if step["status"] == "assigned"]
    if waiting:
        raise Problem("steps-open", facts={"units": LIST_SEPARATOR.join(waiting)})
    if not live:
        return None
    await connection.execute(TELL, complaint_id)
    return next((step["unit_id"] for step in live if step["is_lead"]), None)


async def drop(connection: Connection, complaint_id: UUID) -> None:
    """Take back what units still had to do for a locked complaint that ends without an answer."""
    await _take_off(connection, complaint_id, [], transitions.SYSTEM)


def parties_to(row: Record, *, works: bool) -> frozenset[Party]:
    """Return what the caller is to a step of the complaint of a row with ``part`` and ``handles``."""
    return parties_to_step(row["part"] and ComplaintPart(row["part"]), works=works, handles=row["handles"])


async def _take_off(connection: Connection, complaint_id: UUID, unit_ids: list[UUID], mover: Mover) -> list[Record]:
    """Cancel the steps of other units than these that are not answered; return those that stand."""
    standing_steps = []
    for step in await connection.fetch(LIVE, complaint_id):
        if step["status"] == "assigned" and step["unit_id"] not in unit_ids:
            await transitions.move(connection, STEP, step["id"], "cancel", mover)
        else:
            standing_steps.append(step)
    return standing_steps


async def _permit(connection: Connection, secret: str, caller: Caller, step_id: UUID, action: str) -> Mover:
    """Return in which part the caller may act on a step; locks its complaint.

    Raises ``not-found`` to strangers, ``own-interest``, ``not-allowed``, and ``state-conflict`` also when nothing is
    owed for the complaint any more.
    """
    complaint_id = await connection.fetchval(COMPLAINT_OF, step_id)
    if complaint_id is None:
        raise Problem("not-found")
    await standing.lock(connection, complaint_id)
    row = await connection.fetchrow(FIND, step_id, caller.scope(Role.STAFF), caller.id, hash_of(secret, caller.id))
    if not (row["works"] or row["in_scope"]):
        raise Problem("not-found")
    party = transitions.permit(STEP, row["status"], action, parties_to(row, works=row["works"]))
    if row["complaint_status"] not in LIVE_COMPLAINT_STATES:
        raise Problem("state-conflict")
    return Mover(party, caller.id)
