"""Lives of complaints as the rates see them: happenings, in hours from a start."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.rates import Happening, Reckoning, Standing

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
GRID, COMMUNITY, STREET = (UUID(int=number) for number in (1, 2, 3))
LEAD, HELP = UUID(int=11), UUID(int=12)
TARGET = UUID(int=21)
HOUR = timedelta(hours=1)
LONG_AFTER = 10_000


def at(hour: float) -> datetime:
    return START + hour * HOUR


def due(accept: float | None = None, answer: float | None = None, **facts: Any) -> dict[str, Any]:
    """Return facts that set deadlines, in hours from the start."""
    if accept is not None:
        facts["accept_due_at"] = at(accept).isoformat()
    if answer is not None:
        facts["answer_due_at"] = at(answer).isoformat()
    return facts


def find_standing(happenings: Iterable[Happening], as_of: datetime) -> Standing | None:
    """Return where one complaint stood as of a moment, None before it was posted."""
    reckoning, only = Reckoning(as_of), UUID(int=0)
    for happened in happenings:
        reckoning.take(only, happened)
    return reckoning.standings().get(only)


def happening(hour: float, action: str, to_state: str, party: str = "staff", **facts: Any) -> Happening:
    return Happening(at(hour), action, to_state, party, facts)


def create(hour: float = 0, **facts: Any) -> Happening:
    basis = {"area_id": str(GRID), "category": "noise", "urgency": "ordinary", "channel": "app"}
    return happening(hour, "create", "checking", "author", **basis | facts)


def opened(hour: float = 0, accept: float = 8, answer: float = 100, **facts: Any) -> list[Happening]:
    """Posted and let onto the wall at once, with deadlines in hours after that; ``facts`` are those of the posting."""
    dues = due(hour + accept, hour + answer, handler_id=str(GRID), urgency="ordinary")
    return [create(hour, **facts), happening(hour, "pass_check", "open", "system", **dues)]


def accept(hour: float) -> Happening:
    return happening(hour, "accept", "accepted")


def answer(hour: float, outcome: str = "resolved", **facts: Any) -> Happening:
    return happening(hour, "answer", "answered", outcome=outcome, **facts)


def rate(hour: float, *, is_satisfied: bool, party: str = "author") -> Happening:
    return happening(hour, "rate", "closed", party, is_satisfied=is_satisfied)


def reopen(hour: float, accept: float, answer: float, party: str = "author") -> Happening:
    return happening(hour, "reopen", "reopened", party, **due(accept, answer))


def escalate(hour: float, accept: float, answer: float, action: str = "escalate") -> Happening:
    party = "system" if action == "escalate_overdue" else "staff"
    return happening(hour, action, "open", party, **due(accept, answer, handler_id=str(COMMUNITY)))


def withdraw(hour: float) -> Happening:
    return happening(hour, "withdraw", "withdrawn", "author")
