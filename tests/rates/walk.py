"""Random lives of complaints on the real services, many at once in one district, on clocks that the walk moves.

Everybody acts: authors, neighbours, staff of every level, the sweeps; mostly as the lifecycle allows, sometimes not. A
step that is refused leaves nothing behind. Moments are often those at which something is just due, or just was.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record

from app.core import clock
from app.core.clock import now
from app.domain.caller import Caller, HeldGrant, Role
from app.domain.errors import Problem
from app.domain.kinds import Outcome, Urgency
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT
from app.schemas.complaints import CallIn, ComplaintIn
from app.schemas.steps import DispatchIn
from app.services import transitions
from app.services.complaints import handling, helping, levels, overdue, posting, residents, steps
from app.services.transitions import SYSTEM
from tests.rates import fake_clock

SECRET = "a secret of the walk, at least thirty-two bytes long"
CATEGORIES = ("lighting", "noise", "water", "elevator_fire", "illegal_building")
TEMPOS = {timedelta(minutes=1): 6, timedelta(minutes=15): 4, timedelta(hours=3): 2, timedelta(days=2): 1}
"""How long a step takes about, and how often a walk is of such steps."""
TINY = timedelta(microseconds=1)
STEPS_EACH = 20
REASON = "请补充说明。"
ACTIONS = Counter(
    pass_check=12, hold_check=3, admit=8, accept=12, take_on=1, answer=10, escalate=2, **{"return": 2}, merge=4,
    dispatch=6, take_off=1, call_helpers=1, wait=3, resume=8, reject=1, withdraw=1, rate=10, reopen=2, correct=1,
    join=1,
)  # fmt: skip
"""How often each is tried, next to the others; the sweeps do the rest."""
ENDED = {"closed", "rejected", "merged", "withdrawn"}
ANYWHERE = {"correct", "join", "take_off"}
"""What is no transition, and so is tried in any state."""

FIND = """
    SELECT id, area_id, handler_id, status, due_at, answered_at FROM complaint WHERE id = ANY($1) ORDER BY number
"""
FIND_STEPS = "SELECT id FROM complaint_step WHERE complaint_id = $1 AND status = ANY($2) ORDER BY id"
FIND_LEAD = "SELECT unit_id FROM complaint_step WHERE complaint_id = $1 AND is_lead AND status <> 'cancelled'"
SWEPT_MAX = 500
ACTS: dict[str, tuple[Callable[..., Awaitable[None]], Callable[["Walk"], tuple[Any, ...]]]] = {
    "admit": (handling.admit, lambda _: ()),
    "accept": (handling.accept, lambda _: ()),
    "take_on": (handling.take_on, lambda _: ()),
    "answer": (handling.answer, lambda walk: ("修好了。", walk.chance.choice([*Outcome]))),
    "escalate": (levels.escalate, lambda _: (REASON,)),
    "return": (levels.send_down, lambda _: (REASON,)),
    "dispatch": (steps.dispatch, lambda walk: (walk.choose_units(),)),
    "call_helpers": (helping.call, lambda walk: (CallIn(seats=2), walk.chance.randint(1, 9))),
    "merge": (handling.merge, lambda walk: (walk.chance.choice(walk.going),)),
    "wait": (handling.wait, lambda _: (REASON,)),
    "resume": (handling.resume, lambda _: (REASON,)),
    "reject": (handling.reject, lambda _: (REASON,)),
    "correct": (handling.correct, lambda walk: (walk.chance.choice(CATEGORIES), walk.chance.choice([*Urgency]))),
    "withdraw": (residents.withdraw, lambda _: ()),
    "rate": (residents.rate, lambda _: ()),
    "reopen": (residents.reopen, lambda _: (REASON,)),
    "join": (residents.join, lambda _: ()),
}
"""What does an action, and what it is told."""


@dataclass(frozen=True)
class Town:
    """A district with staff on every level and residents."""

    lineages: dict[UUID, list[UUID]]
    """Each grid's way from the district down to itself."""
    staff: dict[UUID, UUID]
    """Who works for each area."""
    residents: list[UUID]
    units: list[UUID]

    @property
    def grids(self) -> list[UUID]:
        return list(self.lineages)


@dataclass
class Walk:
    """One walk through the lives of some complaints, in one transaction that its caller ends."""

    connection: Connection
    town: Town
    chance: random.Random
    size: int
    moment: datetime
    tempo: timedelta = timedelta(minutes=1)
    at_hand: UUID | None = None
    going: list[UUID] = field(default_factory=list)
    """What has not ended."""
    authors: dict[UUID, UUID] = field(default_factory=dict)
    leads: dict[UUID, UUID | None] = field(default_factory=dict)
    """Which unit led when a complaint was last handed to units or answered, as the rows had it then."""
    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    async def go(self, steps: int) -> None:
        """Take some steps, each at a later moment, and wait after them, mostly until something is just due."""
        for _ in range(steps):
            rows = await self.connection.fetch(FIND, [*self.authors])
            await self.pass_time(rows)
            with clock.at(self.moment):
                await self.step(rows)
        await self.pass_time(await self.connection.fetch(FIND, [*self.authors]), edge_odds=0.9)

    async def pass_time(self, rows: list[Record], edge_odds: float = 0.08) -> None:
        """Go on to a later moment: after a while, or when something is just due, or just before or after."""
        if self.chance.random() < 0.1:
            self.tempo = self.chance.choices([*TEMPOS], [*TEMPOS.values()])[0]
        later = self.moment + self.tempo * self.chance.expovariate(1)
        edges = [(row["due_at"], row["id"]) for row in rows if row["due_at"] is not None]
        edges += [(row["answered_at"] + residents.FEEDBACK, row["id"]) for row in rows if row["status"] == "answered"]
        near = [edge for edge in edges if edge[0] > self.moment]
        if near and self.chance.random() < edge_odds:
            edge, self.at_hand = self.chance.choice(near)
            later = edge + self.chance.choice((-TINY, timedelta(0), timedelta(0), TINY))
        self.moment = max(later, self.moment + TINY)
        await fake_clock.move(self.connection, self.moment)

    async def step(self, rows: list[Record]) -> None:
        """Do one thing of all that can be done."""
        if self.chance.random() < 0.1:
            await self.sweep()
        elif len(rows) < self.size and (not rows or self.chance.random() < 0.15):
            await self.post()
        else:
            await self.act(self.choose(rows))

    def choose(self, rows: list[Record]) -> Record:
        """Return a complaint, most often that of the step before; one that has ended seldom."""
        going = [row for row in rows if row["status"] not in ENDED] or rows
        self.going = [row["id"] for row in going]
        if self.chance.random() < 0.05:
            return self.chance.choice(rows)
        row = next((row for row in going if row["id"] == self.at_hand and self.chance.random() < 0.7), None)
        row = row or self.chance.choice(going)
        self.at_hand = row["id"]
        return row

    async def post(self) -> None:
        """Have somebody post; nobody posts so often that it is refused."""
        author = self.town.residents[len(self.authors) % len(self.town.residents)]
        grid_id = self.chance.choice(self.town.grids)
        form = ComplaintIn(
            area_id=grid_id,
            category=self.chance.choice(CATEGORIES),
            title="路灯坏了",
            body="三天没亮了。",
        )
        complaint_id = await posting.post(self.connection, SECRET, Caller(author), form, grid_id)
        self.authors[complaint_id] = author
        self.at_hand = complaint_id
        self.taken["create"] += 1

    async def act(self, row: Record) -> None:
        """Try something on a complaint, mostly what its state allows, mostly in a part that may."""
        allowed = {transition.action for transition in COMPLAINT.transitions if row["status"] in transition.sources}
        names = [name for name in ACTIONS if name in allowed | ANYWHERE] if self.chance.random() < 0.9 else [*ACTIONS]
        names = [name for name in names if name != "take_off" or self.leads.get(row["id"])]
        name = self.chance.choices(names, [ACTIONS[name] for name in names])[0]
        await self.attempt(name, lambda: self.perform(name, row))

    async def attempt(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do something wholly or, when it is refused, not at all."""
        savepoint = self.connection.transaction()
        await savepoint.start()
        try:
            await work()
        except Problem:
            await savepoint.rollback()
            self.refused[name] += 1
        else:
            await savepoint.commit()
            self.taken[name] += 1

    async def perform(self, name: str, row: Record) -> None:
        """Take an action as the service of that name does."""
        connection, complaint_id, chance = self.connection, row["id"], self.chance
        if name in {"pass_check", "hold_check"}:
            changes = {"opened_at": now()} if name == "pass_check" else None
            await transitions.move(connection, COMPLAINT, complaint_id, name, SYSTEM, changes=changes)
            return
        who = self.caller(name, row)
        if name == "take_off":
            for step in await connection.fetch(FIND_STEPS, complaint_id, ["assigned", "answered"]):
                await steps.cancel(connection, SECRET, who, step["id"])
            return
        if name == "answer" and chance.random() < 0.8:
            for step in await connection.fetch(FIND_STEPS, complaint_id, ["assigned"]):
                await steps.answer(connection, SECRET, who, step["id"], "修好了。")
        act, arguments = ACTS[name]
        keywords = {"is_satisfied": chance.random() < 0.6, "note": None} if name == "rate" else {}
        await act(connection, SECRET, who, complaint_id, *arguments(self), **keywords)
        if name in {"dispatch", "answer"}:
            self.leads[complaint_id] = await connection.fetchval(FIND_LEAD, complaint_id)

    def caller(self, name: str, row: Record) -> Caller:
        """Return somebody who acts: in a part that may, staff at the level that has it or above; sometimes anybody."""
        parts = COMPLAINT.parties_for(name) & {Party.AUTHOR, Party.STAFF} or {Party.STAFF}
        if name == "join" or self.chance.random() < 0.05:
            return Caller(self.chance.choice(self.town.residents))
        if self.chance.choice(sorted(parts)) == Party.AUTHOR:
            return Caller(self.authors[row["id"]])
        lineage = self.town.lineages[row["area_id"]]
        if self.chance.random() < 0.9:
            lineage = lineage[: lineage.index(row["handler_id"]) + 1]
        area_id = self.chance.choice(lineage)
        return Caller(self.town.staff[area_id], grants=(HeldGrant(Role.STAFF, area_id),))

    def choose_units(self) -> DispatchIn:
        """Return that a unit leads and perhaps others help."""
        lead, *others = self.chance.sample(self.town.units, self.chance.randint(1, len(self.town.units)))
        return DispatchIn(lead_unit_id=lead, co_unit_ids=tuple(others), instructions=REASON)

    async def sweep(self) -> None:
        """Do what the schedule does: remind, hand up what is overdue, close what nobody said anything to."""
        for deadline in await overdue.find_due_soon(self.connection, SWEPT_MAX):
            await self.attempt("remind", partial(overdue.remind, self.connection, deadline))
        for complaint_id in await overdue.find_overdue(self.connection, SWEPT_MAX):
            await self.attempt("escalate_overdue", partial(overdue.escalate, self.connection, complaint_id))
        for complaint_id in await residents.find_silent(self.connection):
            await self.attempt("close_silent", partial(residents.close_silent, self.connection, complaint_id))
