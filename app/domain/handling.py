"""Handling rules: who handles a complaint, how urgent it is, and how long there is (pure).

An area's rule is for all its complaints or for those of one category, one urgency, one level: the kind of the area that
handles. Each thing that rules say is resolved by itself: the nearest area up the lineage that says it, and in that area
the most specific rule, where a category weighs more than an urgency and an urgency more than a level.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.deadlines import DEFAULTS, Span
from app.domain.kinds import AreaKind, Urgency
from app.domain.working_time import Hours


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule; ``category``, ``urgency`` and ``level`` say what it is for, None for all of them."""

    id: UUID
    area_id: UUID
    version: int
    effective_from: datetime
    category: str | None = None
    urgency: Urgency | None = None
    level: AreaKind | None = None
    unit_id: UUID | None = None
    sets_urgency: Urgency | None = None
    accept: Span | None = None
    answer: Span | None = None
    hours: Hours | None = None

    @property
    def is_for(self) -> tuple[str | None, Urgency | None, AreaKind | None]:
        """What it is for; a later version for the same takes its place."""
        return self.category, self.urgency, self.level

    @property
    def weight(self) -> tuple[bool, ...]:
        """How specific it is, to be compared within one area."""
        return tuple(part is not None for part in self.is_for)


FIELDS = ("unit_id", "accept", "answer", "hours")
"""What rules say of a complaint whose urgency is known; the urgency itself comes first, from its category alone."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What holds for a complaint, the rule that each part comes from (None: the default), and the rules in force."""

    unit_id: UUID | None
    urgency: Urgency
    accept: Span
    answer: Span
    hours: Hours
    origins: Mapping[str, Rule | None]


def resolve(
    lineage: Sequence[UUID],
    rules: Iterable[Rule],
    moment: datetime,
    *,
    level: AreaKind,
    category: str | None,
    urgency: Urgency | None,
    default_urgency: Urgency = Urgency.ORDINARY,
) -> Handling:
    """Return what holds at ``moment`` for a complaint that the area at the end of ``lineage`` handles.

    Without an ``urgency`` it is the one that the rules give its category, or else ``default_urgency``. ``lineage``
    starts at the root.
    """
    depth = {area_id: place for place, area_id in enumerate(lineage)}
    in_force: dict[tuple[object, ...], Rule] = {}
    for rule in sorted(rules, key=lambda rule: rule.version):
        if rule.area_id in depth and rule.effective_from <= moment:
            in_force[rule.area_id, *rule.is_for] = rule
    fitting = [
        rule
        for rule in sorted(in_force.values(), key=lambda rule: (depth[rule.area_id], rule.weight), reverse=True)
        if rule.category in {None, category} and rule.level in {None, level}
    ]
    origins: dict[str, Rule | None] = {"urgency": None}
    if urgency is None:
        origins["urgency"] = next((rule for rule in fitting if rule.sets_urgency is not None), None)
        urgency = (origins["urgency"] and origins["urgency"].sets_urgency) or default_urgency
    spans = DEFAULTS[urgency]
    values: dict[str, Any] = {"unit_id": None, "accept": spans.accept, "answer": spans.answer, "hours": Hours()}
    for name in FIELDS:
        says = (rule for rule in fitting if rule.urgency in {None, urgency} and getattr(rule, name) is not None)
        origins[name] = origin = next(says, None)
        if origin is not None:
            values[name] = getattr(origin, name)
    return Handling(urgency=urgency, origins=origins, **values)
