"""Lifecycles: the frozen tables that alone decide a state, and what is read off them.

One row is ``(sources, action, target, who)``. From the rows come the services' checks, the ``actions`` list of each
answer, the diagrams in ``docs/lifecycles.md`` and the exhaustive test state × action × party.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Party(StrEnum):
    """What a caller is to one thing. A caller can be several at once."""

    AUTHOR = "author"  # posted it, applied for it or holds it
    JOINER = "joiner"  # said "me too"
    CLAIMANT = "claimant"  # has a live claim on it
    HELPER = "helper"  # approved member or volunteer, free to claim
    STAFF = "staff"  # staff of the area, with no own interest in it
    ALLIANCE = "alliance"  # staff of the merchants' alliance, with no own interest in it
    UNIT = "unit"  # works for a unit that has a part in it
    CLERK = "clerk"  # clerk or owner of the shop
    OWNER = "owner"  # owner of the shop, leader of the team, staff of the area that ordered
    SYSTEM = "system"  # a job


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of a lifecycle."""

    sources: tuple[str, ...]
    action: str
    target: str
    who: frozenset[Party]


@dataclass(frozen=True)
class Lifecycle:
    """The states and transitions of one kind of thing."""

    subject: str
    states: tuple[str, ...]
    initial: str
    transitions: tuple[Transition, ...]

    def find(self, state: str, action: str) -> Transition | None:
        """Return the row for ``action`` from ``state``, whoever asks; at most one exists."""
        return _index(self).get((state, action))

    def parties_for(self, action: str) -> frozenset[Party]:
        """Return everybody who may take ``action`` in some state."""
        return frozenset(party for row in self.transitions if row.action == action for party in row.who)

    def actions(self, state: str, parties: frozenset[Party]) -> tuple[str, ...]:
        """Return what ``parties`` may do next from ``state``, in the table's order."""
        return _actions(self, state, parties)

    def __hash__(self) -> int:
        return hash(self.subject)


@lru_cache(maxsize=64)
def _index(lifecycle: Lifecycle) -> dict[tuple[str, str], Transition]:
    return {(source, row.action): row for row in lifecycle.transitions for source in row.sources}


@lru_cache(maxsize=4096)
def _actions(lifecycle: Lifecycle, state: str, parties: frozenset[Party]) -> tuple[str, ...]:
    return tuple(row.action for row in lifecycle.transitions if state in row.sources and row.who & parties)


def row(sources: str, action: str, target: str, *who: Party) -> Transition:
    """Return a transition; ``sources`` are states separated by blanks."""
    return Transition(tuple(sources.split()), action, target, frozenset(who))
