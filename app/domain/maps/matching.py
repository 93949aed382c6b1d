"""Which feature of a file is which area: by its id, its official code, its name or the names that lead to it (pure).

What real files call their columns is known here; letters' case, blanks, ``_`` and ``-`` in them make no difference.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain import place_names
from app.domain.kinds import AreaKind
from app.domain.maps.territory import MapArea, Territory

LEVELS = (AreaKind.DISTRICT, AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.POST)
AREA_ID = "areaid"
CODES = ("code", "adcode", "代码", "编码", "区划代码", "行政区划代码", "统计用区划代码", "xzqdm", "pac")
NAMES = ("name", "名称", "名字", "title", "标题", "mc", "xzqmc", "区域名称", "label")
PATHS = ("path", "路径", "fullname", "全称", "全名")
LEVEL_CODES: Mapping[str, AreaKind] = {
    **dict.fromkeys(("街道代码", "街道编码", "乡镇代码", "streetcode", "towncode", "jddm", "xzdm"), AreaKind.STREET),
    **dict.fromkeys(("社区代码", "社区编码", "村代码", "communitycode", "sqdm"), AreaKind.COMMUNITY),
    **dict.fromkeys(("网格代码", "网格编码", "网格编号", "gridcode", "wgdm", "wgbm", "wgbh"), AreaKind.GRID),
}
LEVEL_NAMES: Mapping[str, AreaKind] = {
    **dict.fromkeys(("区", "区县", "县区", "区名", "区县名称", "district", "county", "qxmc"), AreaKind.DISTRICT),
    **dict.fromkeys(
        ("街道", "镇街", "街镇", "乡镇", "街道名称", "乡镇名称", "street", "town", "jdmc", "xzmc"), AreaKind.STREET
    ),
    **dict.fromkeys(
        ("社区", "村", "村居", "村社区", "社区名称", "社区村", "村名称", "community", "village", "sqmc"),
        AreaKind.COMMUNITY,
    ),
    **dict.fromkeys(("网格", "网格名", "网格名称", "grid", "gridname", "wgmc"), AreaKind.GRID),
    **dict.fromkeys(("责任区", "楼栋", "责任区名称", "楼栋名称"), AreaKind.POST),
}
CODE_DIGITS_FULL = 12
TITLE_MAX = 50
TEXT_MAX = 200


class By(StrEnum):
    """What told the area of a feature, the surest first."""

    ID = "id"
    CODE = "code"
    NAME = "name"
    ALIKE = "alike"  # by name, but for the words for its kind or for the body that governs it


@dataclass(frozen=True, slots=True)
class Label:
    """What a feature says of itself: names from the surest to the vaguest, and of the levels above it."""

    area_id: str | None
    code: str | None
    names: Sequence[str]
    levels: Mapping[AreaKind, str]
    kind: AreaKind | None

    @property
    def title(self) -> str | None:
        """What the file calls it, fit to be shown."""
        told = next(iter([*self.names, self.code]), None)
        return "".join(filter(str.isprintable, told))[:TITLE_MAX] if told else None


@dataclass(frozen=True, slots=True)
class Match:
    """The area of a feature; ``other_id`` is another one, which the feature's name would tell."""

    area_id: UUID
    by: By
    other_id: UUID | None = None


def label_of(properties: Mapping[str, Any]) -> Label:
    """Return what the properties of a feature say, whatever their columns are called."""
    written = {_column(column): text for column, value in properties.items() if (text := _text(value))}
    levels = {kind: written[column] for column, kind in LEVEL_NAMES.items() if column in written}
    level_codes = {kind: written[column] for column, kind in LEVEL_CODES.items() if column in written}
    kind = max([*levels, *level_codes], key=LEVELS.index, default=None)
    plain_names = [written[name] for name in NAMES if name in written]
    own = levels.pop(kind, None) if kind and not plain_names else None
    leading = [text for level in LEVELS if (text := levels.get(level))]
    named = [*plain_names, *([own] if own else []), *(written[path] for path in PATHS if path in written)]
    code = next((written[code] for code in CODES if code in written), level_codes.get(kind) if kind else None)
    joined = ["".join([*leading[place:], named[0]]) for place in range(len(leading))] if named else []
    return Label(written.get(AREA_ID), code, [*named, *joined], levels, kind)


class Matcher:
    """Finds the areas of features among those that a map may draw."""

    def __init__(self, territory: Territory) -> None:
        self._territory = territory
        self._areas = {area.id: area for area in territory.drawable}
        self._by_code = {canonical(area.code): area.id for area in territory.drawable if area.code}
        self._own_key = {area.id: place_names.key(area.name) for area in territory.areas.values()}
        self._known = {key for own in self._own_key.values() for key in (own, place_names.loose(own))}
        self._exact: dict[str, set[UUID]] = defaultdict(set)
        self._loose: dict[str, set[UUID]] = defaultdict(set)
        for area in territory.drawable:
            for key in self._spelt(area):
                self._exact[key].add(area.id)
                self._loose[place_names.loose(key)].add(area.id)

    def find(self, label: Label) -> Match | Sequence[UUID]:
        """Return the area that a label names; else those that it might name, none or several."""
        if label.area_id is not None:
            return next((Match(area_id, By.ID) for area_id in self._areas if str(area_id) == label.area_id), ())
        named = self._find_by_name(label)
        by_code = self._by_code.get(canonical(label.code)) if label.code else None
        if by_code is None:
            return named
        other = named.area_id if isinstance(named, Match) and named.area_id != by_code else None
        return Match(by_code, By.CODE, other)

    def _spelt(self, area: MapArea) -> Iterator[str]:
        """Yield the key of an area's name, alone and behind those of more and more areas above."""
        key = self._own_key[area.id]
        yield key
        for above in self._territory.above(area):
            key = self._own_key[above.id] + key
            yield key

    def _find_by_name(self, label: Label) -> Match | Sequence[UUID]:
        several: Sequence[UUID] = ()
        keys = list(dict.fromkeys(place_names.key(name) for name in label.names))
        for by, index, spell in ((By.NAME, self._exact, str), (By.ALIKE, self._loose, place_names.loose)):
            for key in keys:
                found = [area_id for area_id in index.get(spell(key), ()) if self._fits(area_id, label)]
                found = [area_id for area_id in found if self._areas[area_id].kind == label.kind] or found
                if len(found) == 1:
                    return Match(found[0], by)
                several = several or sorted(found)
            if several:
                break
        return several

    def _fits(self, area_id: UUID, label: Label) -> bool:
        """Whether an area lies where the columns of the levels above say: the lowest must be right, others if known."""
        area = self._areas[area_id]
        around = {self._own_key[step.id] for step in (area, *self._territory.above(area))}
        around |= {place_names.loose(key) for key in around} | set(self._spelt(area))
        told = [label.levels[level] for level in reversed(LEVELS) if level in label.levels]
        for place, name in enumerate(told):
            key = place_names.key(name)
            if key in around or place_names.loose(key) in around:
                continue
            if place == 0 or key in self._known:
                return False
        return True


def canonical(code: str) -> str:
    """Return an official code as it is compared: 370306, 370306000 and 370306000000 are one (GB/T 2260, GB/T 10114)."""
    return code.ljust(CODE_DIGITS_FULL, "0") if len(code) in {6, 9} else code


def _column(name: str) -> str:
    return "".join(name.casefold().split()).replace("_", "").replace("-", "")


def _text(value: Any) -> str | None:
    """Return a property as text: codes are often numbers, and numbers of spreadsheets often end in .0."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        return None
    return str(value)[:TEXT_MAX].encode("utf-8", "ignore").decode().strip() or None
