"""Publishing a month's list as a whole, and closing it when its month is over."""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import now, today
from app.domain import months
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycles import TASK, TASK_LIST
from app.domain.message_kinds import MessageKind
from app.domain.task_lists import title_of
from app.domain.texts import LIST_SEPARATOR
from app.services import messages, transitions
from app.services.task_lists import standing

# In the order of ids, as everybody does who locks several tasks.
LOCK_ITEMS = """
    SELECT id, item_number, passed_at, claim_until, groups_until, ends_at, seats FROM task
    WHERE list_id = $1 AND status = 'draft' ORDER BY id FOR NO KEY UPDATE
"""
UNNUMBER_CANCELLED = "UPDATE task SET item_number = NULL WHERE list_id = $1 AND status = 'cancelled'"
FIND_LEADERS = """
    SELECT p.user_id FROM area a JOIN team t ON t.area_id = a.id JOIN person p ON p.id = t.leader_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND t.status = 'approved' AND p.user_id IS NOT NULL
    UNION
    SELECT p.user_id FROM area a JOIN branch b ON b.area_id = a.id
    JOIN branch_term s ON s.branch_id = b.id AND s.ended_at IS NULL
    JOIN member m ON m.id = s.member_id JOIN person p ON p.id = m.person_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND b.status = 'active' AND p.user_id IS NOT NULL
"""
FIND_OVER = "SELECT id FROM task_list WHERE status = 'published' AND month < $1 ORDER BY month LIMIT $2"


async def publish(connection: Connection, caller: Caller, list_id: UUID, groups_until: datetime | None = None) -> None:
    """Publish a list: its items are numbered from 1 and open, all of them, in this transaction.

    Until ``groups_until`` teams and branches alone take seats of those that do not say so themselves, and what they
    left is for everybody after it. Who leads a team or a branch in the area is told. Locks the list, then its items:
    what is edited, cancelled or checked at the same moment comes before or after.

    Raises ``not-found``, ``not-allowed``, ``state-conflict``, ``list-month-over``, ``list-empty``, and with the numbers
    of the items ``list-unchecked``, ``list-item-over`` and ``groups-until-late``; ``task-in-the-past`` for a
    ``groups_until`` that is over.
    """
    row, mover = await standing.permit(connection, caller, list_id, "publish")
    moment = now()
    if months.is_over(row["month"], moment):
        raise Problem("list-month-over")
    changes = {"published_at": moment}
    await transitions.move(connection, TASK_LIST, list_id, "publish", mover, changes=changes)
    items = sorted(await connection.fetch(LOCK_ITEMS, list_id), key=lambda item: int(item["item_number"]))
    _require_ready(items, moment, groups_until)
    await connection.execute(UNNUMBER_CANCELLED, list_id)
    for number, item in enumerate(items, start=1):  # upwards: none takes a number that is still another's
        placed = {"item_number": number, "groups_until": item["groups_until"] or groups_until}
        await transitions.move(connection, TASK, item["id"], "open", mover, changes=placed)
    told = {
        "title": title_of(row["area_name"], row["month"], row["number"]),
        "items": str(len(items)),
        "seats": str(sum(item["seats"] for item in items)),
    }
    leaders = [found["user_id"] for found in await connection.fetch(FIND_LEADERS, row["area_id"])]
    await messages.tell(connection, leaders, MessageKind.LIST_PUBLISHED, list_id, **told)


def _require_ready(items: list[Record], moment: datetime, groups_until: datetime | None) -> None:
    if not items:
        raise Problem("list-empty")
    unchecked = [item for item in items if item["passed_at"] is None]
    if unchecked:
        raise Problem("list-unchecked", facts=_numbers(unchecked))
    ended = [item for item in items if any(end and end <= moment for end in (item["claim_until"], item["ends_at"]))]
    if ended:
        raise Problem("list-item-over", facts=_numbers(ended))
    if groups_until is None:
        return
    if groups_until <= moment:
        raise Problem("task-in-the-past")
    late = [item for item in items if not item["groups_until"] and _ends_before(item, groups_until)]
    if late:
        raise Problem("groups-until-late", facts=_numbers(late))


def _ends_before(item: Record, groups_until: datetime) -> bool:
    return item["claim_until"] is not None and bool(item["claim_until"] < groups_until)


def _numbers(items: list[Record]) -> dict[str, str]:
    return {"numbers": LIST_SEPARATOR.join(str(item["item_number"]) for item in items)}


async def find_over(connection: Connection, limit: int) -> list[UUID]:
    """Return published lists whose month is over."""
    return [row["id"] for row in await connection.fetch(FIND_OVER, months.of(today()), limit)]


async def close(connection: Connection, list_id: UUID) -> None:
    """Close a list whose month is over; what is open of it goes on. Raises ``state-conflict`` when it is closed."""
    await transitions.move(connection, TASK_LIST, list_id, "close", transitions.SYSTEM)
