"""What a check of a map finds, and how grave it is (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Level(StrEnum):
    """What a finding means for saving."""

    ERROR = "error"  # nothing can be saved
    WARNING = "warning"  # somebody has to accept it
    NOTE = "note"  # to be known


class FindingKind(StrEnum):
    """What can be found, the gravest first; a report is in this order."""

    WRONG_SYSTEM = "wrong-system"
    OUT_OF_RANGE = "out-of-range"
    NOT_A_POLYGON = "not-a-polygon"
    TOO_DETAILED = "too-detailed"
    RING_TOO_SHORT = "ring-too-short"
    SELF_CROSSING = "self-crossing"
    INTRICATE = "intricate"
    DUPLICATE = "duplicate"
    AMBIGUOUS = "ambiguous"
    OUTSIDE_PARENT = "outside-parent"
    OVERLAP = "overlap"
    GAP = "gap"
    NO_AREA = "no-area"
    NAME_DIFFERS = "name-differs"
    EMPTY = "empty"
    GAP_UNDRAWN = "gap-undrawn"
    CLOSED_RING = "closed-ring"
    HEIGHTS_DROPPED = "heights-dropped"
    AREA_UNDRAWN = "area-undrawn"
    AREA_KEPT = "area-kept"


_GRAVE = {
    FindingKind.OUT_OF_RANGE,
    FindingKind.NOT_A_POLYGON,
    FindingKind.TOO_DETAILED,
    FindingKind.RING_TOO_SHORT,
    FindingKind.SELF_CROSSING,
    FindingKind.INTRICATE,
    FindingKind.DUPLICATE,
    FindingKind.AMBIGUOUS,
    FindingKind.OUTSIDE_PARENT,
}
_SLIGHT = {
    FindingKind.GAP_UNDRAWN,
    FindingKind.CLOSED_RING,
    FindingKind.HEIGHTS_DROPPED,
    FindingKind.AREA_UNDRAWN,
    FindingKind.AREA_KEPT,
}
LEVELS = {
    kind: Level.ERROR if kind in _GRAVE else Level.NOTE if kind in _SLIGHT else Level.WARNING for kind in FindingKind
}
ORDER = {kind: place for place, kind in enumerate(FindingKind)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: ``features`` are numbered from 1 as they stand in the file, ``place`` is in GCJ-02."""

    kind: FindingKind
    features: tuple[int, ...] = ()
    area_ids: tuple[UUID, ...] = ()
    place: tuple[float, float] | None = None
    square_metres: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    """What else its sentence says."""

    @property
    def level(self) -> Level:
        """How grave it is."""
        return LEVELS[self.kind]
