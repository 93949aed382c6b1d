"""The part of the tree that a map is drawn of: its open areas, what they are called, where they lie by now (pure)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from shapely.geometry.base import BaseGeometry

from app.domain.kinds import AreaKind


@dataclass(frozen=True, slots=True)
class MapArea:
    """An area as maps need it; ``lineage`` leads from the root to itself."""

    id: UUID
    kind: AreaKind
    name: str
    code: str | None
    lineage: tuple[UUID, ...]
    shape: BaseGeometry | None

    @property
    def parent_id(self) -> UUID | None:
        """The area right above."""
        return self.lineage[-2] if len(self.lineage) > 1 else None


class Territory:
    """An area with all below it, which a map may draw, and what lies around and above, which it has to fit."""

    def __init__(self, target_id: UUID, areas: Iterable[MapArea]) -> None:
        self.target_id = target_id
        self.areas: Mapping[UUID, MapArea] = {area.id: area for area in areas}
        self.drawable = [area for area in self.areas.values() if target_id in area.lineage]

    def above(self, area: MapArea) -> Iterator[MapArea]:
        """Yield the areas above one, the nearest first."""
        return (self.areas[area_id] for area_id in reversed(area.lineage[:-1]) if area_id in self.areas)

    def path(self, area_id: UUID) -> str:
        """Return what an area is called, below the root."""
        area = self.areas[area_id]
        names = [self.areas[step].name for step in area.lineage if step in self.areas]
        return "/".join(names[1:] or names)
