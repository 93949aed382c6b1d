"""Rates of response, resolution and satisfaction: a pure function of what happened to complaints.

``docs/rates.md`` says in words what is counted here; whoever changes one changes the other and ``DEFINITIONS``. One
complaint's happenings are folded into where it stood as of a moment, and many of those are counted in groups. Later
happenings never change what is said of an earlier moment, and figures are whole numbers throughout.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from app.core.clock import local_date
from app.domain import months

DEFINITIONS = 1
"""The version of the written definitions; each published figure says which one it was counted by."""

RATING_WINDOW = timedelta(days=14)
"""How long after an answer the word of the one who complained is counted."""

GROUP_MIN = 10
"""Of fewer cases than this no rate is told: the counts are, and nobody is compared by them."""

UNSEEN = "checking"
"""Nobody can work on it yet: the machine's check of its words is not over."""

AWAITED = frozenset({"reviewing", "open", "reopened"})
"""Somebody has to take it up: both deadlines run."""

IN_HAND = "accepted"
"""Somebody has taken it up: the deadline of the answer runs. In any other state no clock runs."""

ANSWERED = frozenset({"answered", "closed"})
"""An answer stands."""

LEFT_OUT = frozenset({"rejected", "merged"})
"""Counted in no rate, only beside them."""

TAKEN_UP = frozenset({"accept", "take_on", "answer"})
"""What counts as a response: somebody takes it on, or answers it at once. Passing it on does not."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a complaint: what was done in which part, to which state it led, and the facts written with it."""

    at: datetime
    action: str
    to_state: str
    party: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Standing:
    """Where a complaint stood as of a moment, and what had been decided of it by then.

    ``is_responded_in_time`` is None until it is decided. A missed deadline stays missed, whatever comes after it.
    """

    posted_at: datetime
    area_id: UUID
    category: str
    urgency: str
    status: str = UNSEEN
    handler_id: UUID | None = None
    unit_id: UUID | None = None
    accept_due_at: datetime | None = None
    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    outcome: str | None = None
    is_satisfied: bool | None = None
    merged_into: UUID | None = None
    is_received: bool = False
    is_responded_in_time: bool | None = None
    is_accept_missed: bool = False
    is_answer_missed: bool = False


class Group(NamedTuple):
    """What is counted together: the month of posting, the grid, the category and the unit that led the work, if any."""

    month: date
    area_id: UUID
    category: str
    unit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of a group: the numerators and denominators of the three rates, and what stands beside them."""

    received: int = 0
    rejected: int = 0
    merged: int = 0
    withdrawn: int = 0
    overdue: int = 0
    response_due: int = 0
    responded: int = 0
    resolution_due: int = 0
    resolved: int = 0
    rated: int = 0
    satisfied: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


NOTHING = Counts()
COUNTED = tuple(field.name for field in fields(Counts))


class Reckoning:
    """Where many complaints stood as of one moment, from their happenings in any mixture, each one's own in order."""

    def __init__(self, as_of: datetime) -> None:
        self._as_of = as_of
        self._standings: dict[UUID, Standing] = {}

    def take(self, complaint_id: UUID, happening: Happening) -> None:
        """Take in what happened to one of them; what happened later than the moment does not count."""
        if happening.at > self._as_of:
            return
        standing = self._standings.get(complaint_id)
        if standing is None:
            standing = self._standings[complaint_id] = _posted(happening)
        else:
            _pass_time(standing, happening.at)
        _take(standing, happening)

    def standings(self) -> dict[UUID, Standing]:
        """Return where each of them stood that was there."""
        for standing in self._standings.values():
            _pass_time(standing, self._as_of)
        return self._standings


def count(standings: Iterable[Standing]) -> dict[Group, Counts]:
    """Return the counts of each group in which something was received."""
    tallies: dict[Group, Counter[str]] = defaultdict(Counter)
    for standing in standings:
        if standing.is_received:
            tallies[group_of(standing)].update(marks(standing))
    return {group: Counts(**tally) for group, tally in tallies.items()}


def group_of(standing: Standing) -> Group:
    """Return the group in which a complaint is counted."""
    month = months.of(local_date(standing.posted_at))
    return Group(month, standing.area_id, standing.category, standing.unit_id)


def marks(standing: Standing) -> tuple[str, ...]:
    """Return the fields of ``Counts`` in which a complaint that was received counts as one."""
    if standing.status in LEFT_OUT:
        return ("received", standing.status)
    found = ["received"]
    if standing.status == "withdrawn":
        found.append("withdrawn")
    if standing.is_accept_missed or standing.is_answer_missed:
        found.append("overdue")
    if standing.is_responded_in_time is not None:
        found.append("response_due")
        if standing.is_responded_in_time:
            found.append("responded")
    if standing.answered_at is not None or standing.is_answer_missed:
        found.append("resolution_due")
        if standing.status in ANSWERED and standing.outcome == "resolved":
            found.append("resolved")
    if standing.is_satisfied is not None:
        found.append("rated")
        if standing.is_satisfied:
            found.append("satisfied")
    return tuple(found)


def per_mille(numerator: int, denominator: int) -> int | None:
    """Return a rate in thousandths, half of one rounded up; None for a group too small to tell one."""
    if denominator < GROUP_MIN:
        return None
    return (2000 * numerator + denominator) // (2 * denominator)


def _posted(happening: Happening) -> Standing:
    """Return the standing at the first happening of all, which says where, what and how urgent."""
    facts = happening.facts
    return Standing(happening.at, UUID(facts["area_id"]), facts["category"], facts["urgency"])


def _pass_time(standing: Standing, moment: datetime) -> None:
    """Let the time until ``moment`` pass: a deadline that runs and lies before it is missed."""
    is_awaited = standing.status in AWAITED
    if is_awaited and standing.accept_due_at is not None and standing.accept_due_at < moment:
        standing.is_accept_missed = True
        if standing.is_responded_in_time is None:
            standing.is_responded_in_time = False
    if (
        (is_awaited or standing.status == IN_HAND)
        and standing.answer_due_at is not None
        and standing.answer_due_at < moment
    ):
        standing.is_answer_missed = True


def _take(standing: Standing, happening: Happening) -> None:
    """Take over what a happening did."""
    _take_facts(standing, happening.facts)
    action = happening.action
    standing.status = happening.to_state
    if standing.status in AWAITED:
        standing.is_received = True
    if action in TAKEN_UP and standing.is_responded_in_time is None:
        standing.is_responded_in_time = True
    if action == "answer":
        standing.answered_at = happening.at
        lead = happening.facts.get("unit_id")
        standing.unit_id = None if lead is None else UUID(lead)
    elif action == "rate" and happening.party == "author" and _is_in_window(standing, happening.at):
        standing.is_satisfied = happening.facts["is_satisfied"]


def _take_facts(standing: Standing, facts: Mapping[str, Any]) -> None:
    """Take over what was written with a happening; what it does not name stays."""
    for name in ("category", "urgency", "outcome"):
        if name in facts:
            setattr(standing, name, facts[name])
    for name in ("accept_due_at", "answer_due_at"):
        if name in facts:
            setattr(standing, name, _moment(facts[name]))
    if "handler_id" in facts:
        standing.handler_id = UUID(facts["handler_id"])
    if "into" in facts:
        standing.merged_into = UUID(facts["into"])
    if "unit_ids" in facts:
        standing.unit_id = UUID(facts["unit_ids"][0])


def _is_in_window(standing: Standing, moment: datetime) -> bool:
    return standing.answered_at is not None and moment <= standing.answered_at + RATING_WINDOW


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
