"""How many claims one person may hold, on what terms, and what letting them lapse does to that.

All of it stands in the person's own row, which whoever counts a claim up or down has locked: a limit that was narrowed
a moment ago is seen by whoever waited for the lock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core.clock import local_date, now
from app.core.settings import Settings
from app.domain.errors import Problem
from app.domain.limits import LAPSE_WINDOW, NARROWED_FOR, NARROWED_LIMIT
from app.domain.message_kinds import MessageKind
from app.domain.texts import CLAIMS_NARROWED
from app.services import messages, transitions

LIMIT_SQL = f"CASE WHEN narrowed_until > {{moment}} THEN least({NARROWED_LIMIT}, {{limit}}) ELSE {{limit}} END"
"""How many claims somebody may hold now; to be put where "user" alone has the column, formatted with SQL of both."""

# Counts down as every end of open work does: a count that is down already says that somebody else ended it first.
NOTE_LAPSE = """
    UPDATE "user" SET open_claims = open_claims - 1, lapsed_at = $2,
        narrowed_until = CASE WHEN lapsed_at > $3 THEN $4 ELSE narrowed_until END
    WHERE id = $1 AND open_claims > 0 RETURNING narrowed_until = $4 AS is_narrowed
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms seats are given: ``limit`` claims a person at once, each for ``days``.

    ``secret`` is the key under which complaints are kept: nobody helps with their own.
    """

    secret: str
    limit: int
    days: int

    @classmethod
    def of(cls, settings: Settings) -> "Terms":
        """Return the terms of this deployment."""
        return cls(settings.data_key.get_secret_value(), settings.open_claims_limit, settings.claim_days)

    def due_after(self, moment: datetime) -> datetime:
        """Return when a claim that begins at ``moment`` lapses, where its task has no window."""
        return moment + timedelta(days=self.days)


async def note_lapse(connection: Connection, user_id: UUID, claim_id: UUID) -> None:
    """Count an open claim down that lapses, and narrow the limit when it is the second within 30 days; tell them.

    Locks the person's row. Raises ``state-conflict`` when the claim has ended already.
    """
    moment = now()
    until = moment + NARROWED_FOR
    row = await connection.fetchrow(NOTE_LAPSE, user_id, moment, moment - LAPSE_WINDOW, until)
    if row is None:
        raise Problem("state-conflict")
    await messages.tell(connection, [user_id], MessageKind.CLAIM_LAPSED, claim_id)
    if row["is_narrowed"]:
        facts = {"until": until}
        await transitions.log(
            connection, "user", user_id, "narrow_claims", "active", transitions.SYSTEM, from_state="active", facts=facts
        )
        words = {"until": local_date(until).isoformat(), "limit": str(NARROWED_LIMIT)}
        await messages.tell(connection, [user_id], MessageKind.CLAIMS_NARROWED, claim_id, **words)


def limit_of(row: Record, terms: Terms, moment: datetime) -> int:
    """Return how many claims the person of ``row`` may hold at ``moment``."""
    return min(terms.limit, NARROWED_LIMIT) if _is_narrowed(row, moment) else terms.limit


def is_for_groups(groups_until: datetime | None) -> bool:
    """Whether teams and branches alone may take seats of a task as yet."""
    return groups_until is not None and groups_until > now()


def why_for_groups(groups_until: datetime) -> Problem:
    """Return why single people get no seat of a task as yet."""
    return Problem("task-for-groups", facts={"until": local_date(groups_until).isoformat()})


def why_none(row: Record, moment: datetime) -> Problem:
    """Return why somebody who holds as many claims as they may gets no other."""
    if _is_narrowed(row, moment):
        return Problem("claims-narrowed", facts={"until": local_date(row["narrowed_until"]).isoformat()})
    return Problem("claim-limit-reached")


def view(row: Record, terms: Terms) -> dict[str, Any]:
    """Return how many claims a person may hold and holds, and why so few."""
    moment = now()
    until = row["narrowed_until"] if _is_narrowed(row, moment) else None
    return {
        "limit": limit_of(row, terms, moment),
        "open_claims": row["open_claims"],
        "narrowed_until": until,
        "reason": until and CLAIMS_NARROWED.format(until=local_date(until).isoformat(), limit=NARROWED_LIMIT),
    }


def _is_narrowed(row: Record, moment: datetime) -> bool:
    return row["narrowed_until"] is not None and row["narrowed_until"] > moment
