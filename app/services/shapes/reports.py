"""What a check of a map found, in the words of whoever sent it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.domain import texts
from app.domain.kinds import CoordinateSystem
from app.domain.maps.findings import Finding, FindingKind, Level
from app.domain.maps.report import Report
from app.domain.maps.territory import Territory

LISTED_MAX = 200
"""Findings of one kind; the largest are listed."""
NAMED_MAX = 20
TOLD_MAX = 20
"""Findings that a refusal tells."""


class Teller:
    """Says what was found, by the names of a file's features and of the areas."""

    def __init__(self, report: Report, titles: Mapping[int, str | None], territory: Territory) -> None:
        self._report = report
        self._titles = titles
        self._territory = territory

    def report(self, area_id: UUID, coordinates: CoordinateSystem) -> dict[str, Any]:
        """Return the report as it is answered."""
        counts = Counter(finding.level for finding in self._report.findings)
        return {
            "area_id": area_id,
            "coordinates": coordinates,
            "feature_count": self._report.count,
            "error_count": counts[Level.ERROR],
            "warning_count": counts[Level.WARNING],
            "assignments": [
                {
                    "feature": assignment.number,
                    "title": assignment.title,
                    "area": self._area(assignment.area_id),
                    "path": self._territory.path(assignment.area_id),
                    "by": assignment.by,
                    "change": assignment.change,
                }
                for assignment in self._report.assignments
            ],
            "findings": self._findings(),
            "actions": [] if counts[Level.ERROR] or not self._report.assignments else ["save"],
        }

    def facts(self, level: Level) -> dict[str, str]:
        """Return the sentences of one level, by number, as a refusal tells them."""
        found = self._report.of(level)[:TOLD_MAX]
        return {str(number): self._sentence(finding) for number, finding in enumerate(found, start=1)}

    def _findings(self) -> list[dict[str, Any]]:
        seen: Counter[FindingKind] = Counter()
        listed = []
        for finding in self._report.findings:
            seen[finding.kind] += 1
            if seen[finding.kind] <= LISTED_MAX:
                listed.append(self._view(finding))
        return listed

    def _view(self, finding: Finding) -> dict[str, Any]:
        place = finding.place
        return {
            "level": finding.level,
            "kind": finding.kind,
            "text": self._sentence(finding),
            "features": finding.features,
            "areas": [self._area(area_id) for area_id in finding.area_ids[:NAMED_MAX]],
            "place": {"longitude": place[0], "latitude": place[1]} if place else None,
            "square_metres": finding.square_metres,
        }

    def _sentence(self, finding: Finding) -> str:
        named = [self._named(area_id) for area_id in finding.area_ids[:NAMED_MAX]]
        first, second, *_ = [*named, "", ""]
        more = texts.MAP_AND_MORE if len(finding.area_ids) > NAMED_MAX else ""
        words = {
            "features": texts.LIST_SEPARATOR.join(map(self._feature, finding.features)),
            "areas": texts.LIST_SEPARATOR.join(named) + more,
            "first": first,
            "second": second,
            "place": texts.MAP_PLACE.format(longitude=finding.place[0], latitude=finding.place[1])
            if finding.place
            else "",
            "square_metres": finding.square_metres,
            **finding.facts,
        }
        if finding.kind is FindingKind.OUT_OF_RANGE:
            words["astray"] = texts.MAP_ASTRAY[str(words["astray"])]
        if finding.kind is FindingKind.WRONG_SYSTEM:
            for role, system in (("declared", finding.facts["declared"]), ("other", finding.facts["other"])):
                words[role] = texts.COORDINATE_SYSTEMS[CoordinateSystem(str(system))]
        return texts.MAP_FINDINGS[finding.kind].format_map(words)

    def _feature(self, number: int) -> str:
        title = self._titles.get(number)
        form = texts.MAP_FEATURE_TITLED if title else texts.MAP_FEATURE
        return form.format(number=number, title=title)

    def _area(self, area_id: UUID) -> dict[str, Any]:
        return {"id": area_id, "name": self._territory.areas[area_id].name}

    def _named(self, area_id: UUID) -> str:
        return texts.MAP_AREA.format(path=self._territory.path(area_id))
