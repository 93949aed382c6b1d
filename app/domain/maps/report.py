"""The check of a whole map: what would come of saving it, before anything is saved (pure, and takes a while)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.domain.geometry import Spots
from app.domain.kinds import CoordinateSystem
from app.domain.maps import checking, features, matching
from app.domain.maps.features import Drawing, Feature
from app.domain.maps.findings import ORDER, Finding, FindingKind, Level
from app.domain.maps.matching import By, Label, Match, Matcher
from app.domain.maps.territory import Territory

SAME_WITHIN_DEGREES = 2e-7
"""Two centimetres: what is lost on the way through the other system and back."""


class Change(StrEnum):
    """What saving would do to an area."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which area a feature is the shape of."""

    number: int
    title: str | None
    area_id: UUID
    by: By
    change: Change


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: ``findings`` the gravest first, ``drawn`` the shapes in GCJ-02 that differ from what is."""

    count: int
    assignments: Sequence[Assignment]
    findings: Sequence[Finding]
    drawn: Mapping[UUID, BaseGeometry]

    def of(self, level: Level) -> list[Finding]:
        """Return the findings of one level."""
        return [finding for finding in self.findings if finding.level is level]


def check(found: Sequence[Feature], system: CoordinateSystem, territory: Territory) -> Report:
    """Return what would come of saving the features of a file that is written in ``system``."""
    labels = {feature.number: matching.label_of(feature.properties) for feature in found}
    matches, findings = _match(labels, territory)
    drawings, faults = features.read(found, system)
    usable = {drawing.number: drawing for drawing in _without_intricate(drawings, faults)}
    drawn = {match.area_id: usable[number].shape for number, match in matches.items() if number in usable}
    numbers = {match.area_id: number for number, match in matches.items()}
    findings += faults
    findings += _without_feature(territory, numbers)
    if drawn:
        findings += checking.Survey(territory, drawn, numbers, system).findings()
    changes = {area_id: _change(territory.areas[area_id].shape, shape) for area_id, shape in drawn.items()}
    return Report(
        count=len(found),
        assignments=[
            Assignment(number, labels[number].title, match.area_id, match.by, changes[match.area_id])
            for number, match in matches.items()
            if match.area_id in changes
        ],
        findings=sorted(findings, key=lambda finding: (ORDER[finding.kind], -(finding.square_metres or 0))),
        drawn={area_id: shape for area_id, shape in drawn.items() if changes[area_id] is not Change.SAME},
    )


def _match(labels: Mapping[int, Label], territory: Territory) -> tuple[dict[int, Match], list[Finding]]:
    """Return the area of each feature that has one; of several for one area the first counts."""
    matcher = Matcher(territory)
    matches: dict[int, Match] = {}
    first_by_area: dict[UUID, int] = {}
    findings: list[Finding] = []
    for number, label in labels.items():
        match = matcher.find(label)
        if not isinstance(match, Match):
            kind = FindingKind.AMBIGUOUS if match else FindingKind.NO_AREA
            findings.append(Finding(kind, (number,), tuple(match), facts={"title": label.title}))
            continue
        first = first_by_area.setdefault(match.area_id, number)
        if first != number:
            findings.append(Finding(FindingKind.DUPLICATE, (first, number), (match.area_id,)))
            continue
        matches[number] = match
        if match.other_id is not None:
            both = match.area_id, match.other_id
            findings.append(Finding(FindingKind.NAME_DIFFERS, (number,), both, facts={"title": label.title}))
    return matches, findings


def _without_intricate(drawings: Sequence[Drawing], findings: list[Finding]) -> list[Drawing]:
    """Return the shapes that can be compared with others, and note the rest."""
    if not drawings:
        return []
    scribbles = set(checking.find_intricate([drawing.shape for drawing in drawings]))
    findings += [Finding(FindingKind.INTRICATE, (drawings[place].number,)) for place in sorted(scribbles)]
    return [drawing for place, drawing in enumerate(drawings) if place not in scribbles]


def _without_feature(territory: Territory, numbers: Mapping[UUID, int]) -> list[Finding]:
    """Note the areas of the kinds in a file that it does not draw."""
    kinds = {territory.areas[area_id].kind for area_id in numbers}
    missing = [area for area in territory.drawable if area.kind in kinds and area.id not in numbers]
    undrawn = tuple(area.id for area in missing if area.shape is None)
    kept = tuple(area.id for area in missing if area.shape is not None)
    listed = ((FindingKind.AREA_UNDRAWN, undrawn), (FindingKind.AREA_KEPT, kept))
    return [Finding(kind, area_ids=area_ids, facts={"count": len(area_ids)}) for kind, area_ids in listed if area_ids]


def _change(old: BaseGeometry | None, new: BaseGeometry) -> Change:
    if old is None:
        return Change.NEW
    return Change.SAME if _is_same(shapely.orient_polygons(old), new) else Change.CHANGED


def _is_same(old: BaseGeometry, new: BaseGeometry) -> bool:
    """Whether two shapes are one, point by point."""
    if old.geom_type != new.geom_type:
        return False
    one, other = (_rings(shape) for shape in (old, new))
    return len(one) == len(other) and all(
        first.shape == second.shape and np.abs(first - second).max() <= SAME_WITHIN_DEGREES
        for first, second in zip(one, other, strict=True)
    )


def _rings(shape: BaseGeometry) -> list[Spots]:
    return [shapely.get_coordinates(ring) for part in shapely.get_parts(shape) for ring in shapely.get_rings(part)]
