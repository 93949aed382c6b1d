"""A complaint on its way: each act changes its row, and leaves the event, as the services would (pure)."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from app.core.clock import local_date
from app.core.ids import new_id_at
from app.domain.deadlines import DEFAULTS, Pause, due
from app.domain.kinds import Channel, Outcome, Urgency
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT, LIVE_COMPLAINT_STATES
from app.domain.working_time import Calendar, Edition, Hours
from app.services.complaints.overdue import REMINDED_PART
from app.services.deadlines import Dues

AUTHOR, STAFF, SYSTEM = Party.AUTHOR, Party.STAFF, Party.SYSTEM


SCHEDULE_TAKES = timedelta(seconds=40)
"""How much later than its time the worker does what is due."""

STAMPS = {
    "pass_check": "opened_at",
    "admit": "opened_at",
    "accept": "accepted_at",
    "take_on": "accepted_at",
    "wait": "paused_at",
    "answer": "answered_at",
    "rate": "closed_at",
    "close_silent": "closed_at",
}
"""What keeps the moment of an action."""


class Clockwork:
    """Reckons deadlines by the default rules; those of working days hang on the day alone, so they are remembered."""

    def __init__(self, editions: Iterable[Edition]) -> None:
        self._editions = sorted(editions, key=lambda edition: edition.known_from)
        self._known_from = [edition.known_from for edition in self._editions]
        self._calendars = [Calendar(self._editions[:count]) for count in range(len(self._editions) + 1)]
        self._remembered: dict[tuple[Urgency, date, int], Dues] = {}

    def dues(self, urgency: Urgency, start: datetime, pauses: tuple[Pause, ...] = ()) -> Dues:
        """Return what is due when a clock starts, by the calendar known when it started or last went on."""
        known_at = max([start, *(pause.end for pause in pauses)])
        known = bisect_right(self._known_from, known_at)
        counts_days = urgency in {Urgency.ORDINARY, Urgency.HARD} and not pauses
        key = (urgency, local_date(start), known)
        if counts_days and key in self._remembered:
            return self._remembered[key]
        spans = DEFAULTS[urgency]
        accept, answer = (
            due(start, span, self._calendars[known], Hours(), pauses).moment for span in (spans.accept, spans.answer)
        )
        found = Dues(urgency, accept, answer)
        if counts_days:
            self._remembered[key] = found
        return found


class Event(NamedTuple):
    """One event of a complaint; a complainant's acts have no mover (I9)."""

    action: str
    from_state: str | None
    to_state: str
    party: Party
    mover_id: UUID | None
    moment: datetime
    note: str | None
    facts: Mapping[str, Any] | None


@dataclass
class Course:
    """One complaint as it stands, and what has happened to it."""

    clockwork: Clockwork
    posted: datetime
    lineage: tuple[UUID, ...]
    category: str
    urgency: Urgency
    title: str
    body: str
    place: str
    coming_answer: str
    point: tuple[Decimal, Decimal]
    is_confidential: bool = False
    shown_name: str | None = None
    channel: Channel = Channel.APP
    entered_by: UUID | None = None
    consent: str | None = None
    coming_outcome: Outcome = Outcome.RESOLVED
    level: int = -1
    """Where in the lineage the area stands that has to act."""
    status: str = COMPLAINT.initial
    events: list[Event] = field(default_factory=list)
    pauses: tuple[Pause, ...] = ()
    paused_at: datetime | None = None
    joins: int = 0
    merged_into_id: UUID | None = None
    leader_id: UUID | None = None
    unit_ids: tuple[UUID, ...] = ()
    """Which units work on it once it is handed to them, the lead first."""
    has_reopened: bool = False
    answer: str | None = None
    outcome: Outcome | None = None
    echo_id: UUID | None = None
    is_satisfied: bool | None = None
    opened_at: datetime | None = None
    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    live_until: datetime | None = None
    """When it was first no longer to be answered."""

    def __post_init__(self) -> None:
        self.id = new_id_at(self.posted)
        self.level = len(self.lineage) - 1
        self.last = self.posted
        facts = {
            "area_id": self.grid_id,
            "handler_id": self.handler_id,
            "category": self.category,
            "urgency": self.urgency,
            "channel": self.channel,
            **self._start_clock(self.posted),
        }
        party = STAFF if self.channel == Channel.PROXY else AUTHOR
        event = Event("create", None, self.status, party, self.entered_by, self.posted, None, facts)
        self.events.append(event)

    @property
    def grid_id(self) -> UUID:
        return self.lineage[-1]

    @property
    def handler_id(self) -> UUID:
        return self.lineage[self.level]

    @property
    def due_at(self) -> datetime | None:
        """What has to happen next is due then."""
        if self.status in {"reviewing", "open", "reopened"}:
            return self.dues.accept_due_at
        return self.dues.answer_due_at if self.status == "accepted" else None

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_COMPLAINT_STATES

    def take(
        self, action: str, party: Party, moment: datetime, *, mover_id: UUID | None = None, note: str | None = None
    ) -> None:
        """Take an action of the lifecycle. Raises ValueError when the lifecycle forbids it."""
        row = COMPLAINT.find(self.status, action)
        if row is None or party not in row.who:
            raise ValueError(f"{party} may not {action} a complaint that is {self.status}")
        assert moment >= self.last, "one thing comes after the other"
        facts = self._change(action, moment, mover_id, party)
        self.events.append(Event(action, self.status, row.target, party, mover_id, moment, note, facts))
        self.status, self.last = row.target, moment
        if not self.is_live and self.live_until is None:
            self.live_until = moment

    def note(
        self,
        action: str,
        party: Party,
        moment: datetime,
        *,
        mover_id: UUID | None = None,
        note: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Let something happen that leaves the state as it is."""
        self.events.append(Event(action, self.status, self.status, party, mover_id, moment, note, facts))
        self.last = moment

    def pass_time(self, until: datetime) -> None:
        """Let the worker do what time asks for: remind of a deadline, and at the top note that it was missed."""
        due_at = self.due_at
        if due_at is None:
            return
        soon = due_at - (due_at - self.runs_since) * REMINDED_PART + SCHEDULE_TAKES
        if self.last <= soon < min(until, due_at):
            self.note("remind", SYSTEM, soon, facts={"due_at": due_at})
        late = due_at + SCHEDULE_TAKES
        if self.level == 0 and self.last <= late < until:
            self.note("overdue", SYSTEM, late, facts=self._missed())

    def publish_answer(self, moment: datetime) -> None:
        """Put the answer on the echo wall, its content check passed."""
        self.echo_id = new_id_at(moment)
        self.note("publish_answer", SYSTEM, moment)

    def correct(self, category: str, urgency: Urgency, moment: datetime, mover_id: UUID) -> None:
        """Correct category and urgency, and the deadlines by the clock as it ran so far."""
        self.category, self.urgency = category, urgency
        facts = {"category": category, "urgency": urgency, **self._reckon()}
        self.events.append(Event("correct", self.status, self.status, STAFF, mover_id, moment, None, facts))
        self.last = moment

    def row(self) -> tuple[object, ...]:
        """Return the row of the complaint, in the order of ``rows.COLUMNS``."""
        return (
            *(self.id, self.grid_id, self.handler_id, self.category, self.urgency, self.title, self.body),
            *(self.status, self.is_confidential, self.shown_name, *self.point, self.place, self.channel),
            *(self.entered_by, self.consent, self.merged_into_id, self.joins, bool(self.unit_ids)),
            *(self.leader_id, self.has_reopened),
            *(self.answer, self.outcome, self.echo_id, self.is_satisfied, self.dues.accept_due_at),
            *(self.dues.answer_due_at, self.posted, self.opened_at, self.accepted_at, self.answered_at),
            self.closed_at,
        )

    def _start_clock(self, moment: datetime) -> dict[str, Any]:
        self.clock_at = self.runs_since = moment
        self.pauses = ()
        return {"clock_at": moment, **self._reckon()}

    def _reckon(self) -> dict[str, Any]:
        self.dues = self.clockwork.dues(self.urgency, self.clock_at, self.pauses)
        return {"accept_due_at": self.dues.accept_due_at, "answer_due_at": self.dues.answer_due_at}

    def _change(self, action: str, moment: datetime, mover_id: UUID | None, party: Party) -> dict[str, Any] | None:
        """Change the row as ``action`` does, and return the facts that its event tells."""
        if action in STAMPS:
            setattr(self, STAMPS[action], moment)
        match action:
            case "take_on":
                self.leader_id = mover_id
            case "answer":
                self.answer, self.outcome = self.coming_answer, self.coming_outcome
                self.echo_id = self.is_satisfied = None
                return {"outcome": self.outcome} | ({"unit_id": self.unit_ids[0]} if self.unit_ids else {})
            case "dispatch":
                return {"unit_ids": [*self.unit_ids]}
            case "rate":
                return {"is_satisfied": self.is_satisfied}
            case "merge":
                return {"into": self.merged_into_id}
        return self._change_clock(action, moment, party)

    def _change_clock(self, action: str, moment: datetime, party: Party) -> dict[str, Any] | None:
        """Start, stop or go on with the clock as ``action`` does."""
        match action:
            case "escalate":
                return self._hand_over(self.level - 1, moment)
            case "escalate_overdue":
                missed = self._missed()
                return self._hand_over(self.level - 1, moment) | missed
            case "return":
                return self._hand_over(self.level + 1, moment)
            case "reopen":
                self.accepted_at = self.closed_at = None
                self.has_reopened = self.has_reopened or party == AUTHOR
                return self._start_clock(moment)
            case "wait":
                return {"paused_at": moment}
            case "resume":
                assert self.paused_at is not None, "only a clock that stands still goes on"
                self.pauses = (*self.pauses, Pause(self.paused_at, moment))
                self.runs_since = moment
                return {"resumed_at": moment, **self._reckon()}
        return None

    def _missed(self) -> dict[str, Any]:
        return {"missed": "answer" if self.status == "accepted" else "accept", "due_at": self.due_at}

    def _hand_over(self, level: int, moment: datetime) -> dict[str, Any]:
        if not 0 <= level < len(self.lineage):
            raise ValueError("there is no such level")
        self.level, self.accepted_at = level, None
        return {"handler_id": self.handler_id, **self._start_clock(moment)}
