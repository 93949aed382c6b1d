"""Work orders: a complaint on paper for those who go and mend it, and a trace of whoever opened it.

A work order tells what and where, never who complained (I9). Each opening is an event that the complainant reads, and
the page carries it twice: to be seen, across every sheet, and hidden in its texts (``app.domain.watermarks``). The
hidden one is opener, complaint and second, encrypted and authenticated by AES-GCM under a key of its own, so that it
tells strangers nothing and nobody can make one that points to somebody else. ``echowall watermark FILE`` reads it back
from a file that texts of the page were copied to or that it was saved as.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now
from app.core.security import SEAL_BYTES, BrokenSealError, seal, unseal
from app.domain import watermarks
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT
from app.services import transitions, work_order_page
from app.services.complaints import standing
from app.services.transitions import Mover

PURPOSE = b"watermark"
ID_BYTES, SECOND_BYTES = 16, 8
MARK_BYTES = SEAL_BYTES + 2 * ID_BYTES + SECOND_BYTES

FIND = """
    SELECT c.id, c.number, c.title, c.body, c.urgency, c.place, c.longitude, c.latitude, c.created_at, c.answer_due_at,
        k.name AS category_name, a.name AS area_name, h.name AS handler_name, opener.nickname AS opener,
        ARRAY(
            SELECT (n.name, s.is_lead, s.status, s.instructions, coalesce(s.due_at, c.answer_due_at))
            FROM complaint_step s JOIN unit n ON n.id = s.unit_id
            WHERE s.complaint_id = c.id AND s.status <> 'cancelled' ORDER BY s.is_lead DESC, s.id
        ) AS parts
    FROM complaint c JOIN area a ON a.id = c.area_id JOIN area h ON h.id = c.handler_id
    JOIN complaint_category k ON k.code = c.category JOIN "user" opener ON opener.id = $2
    WHERE c.id = $1
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opened which work order, and when, to the second."""

    opener_id: UUID
    complaint_id: UUID
    opened_at: datetime


async def open_page(connection: Connection, secret: str, caller: Caller, complaint_id: UUID) -> str:
    """Return the work order as a page to be printed, and note who opened it.

    For the staff who handle the complaint and for whoever acts for a unit that has a part in it. Raises ``not-found``,
    ``own-interest``, ``not-allowed``.
    """
    row = await standing.get(connection, secret, caller, complaint_id)
    mover = Mover(_opener(row), caller.id)
    opening = Opening(caller.id, complaint_id, now().replace(microsecond=0))
    await transitions.log_act(connection, COMPLAINT, complaint_id, "print", mover, state=row["status"])
    order = await connection.fetchrow(FIND, complaint_id, caller.id)
    return work_order_page.render(order, opener_id=caller.id, opened_at=opening.opened_at, mark=mark(secret, opening))


def mark(secret: str, opening: Opening) -> bytes:
    """Return an opening as the hidden watermark tells it."""
    second = int(opening.opened_at.timestamp()).to_bytes(SECOND_BYTES)
    return seal(secret, PURPOSE, opening.opener_id.bytes + opening.complaint_id.bytes + second, bound_to=b"")


def read_marks(secret: str, text: str) -> Iterator[Opening]:
    """Yield each opening whose mark a text carries, once."""
    seen = set()
    for sealed in watermarks.read(text, MARK_BYTES):
        if sealed in seen:
            continue
        seen.add(sealed)
        try:
            content = unseal(secret, PURPOSE, sealed, bound_to=b"")
        except BrokenSealError:
            continue
        opener_id, complaint_id = content[:ID_BYTES], content[ID_BYTES : 2 * ID_BYTES]
        opened_at = datetime.fromtimestamp(int.from_bytes(content[2 * ID_BYTES :]), UTC)
        yield Opening(UUID(bytes=opener_id), UUID(bytes=complaint_id), opened_at)


def _opener(row: Record) -> Party:
    """Return in which part somebody opens a work order. Raises ``own-interest`` and ``not-allowed``."""
    if not (row["works"] or row["handles"]):
        raise Problem("not-allowed")
    if row["part"] is not None:
        raise Problem("own-interest")
    return Party.UNIT if row["works"] else Party.STAFF
