"""What areas say in versions, each field inherited from the area above until one says it (pure)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID


class Version(Protocol):
    """One version of what an area says; a field that is None is inherited."""

    @property
    def area_id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def effective_from(self) -> datetime: ...


AnyVersion = TypeVar("AnyVersion", bound=Version)
Said = TypeVar("Said")


def in_force(lineage: Sequence[UUID], versions: Iterable[AnyVersion], moment: datetime) -> list[AnyVersion]:
    """Return the version in force at ``moment`` of each area of ``lineage`` that has one, in that order.

    Of an area's versions that are effective by then the one with the highest number is in force, alone: a later
    decision stands above an earlier one, whichever was to begin first.
    """
    found: dict[UUID, AnyVersion] = {}
    for version in sorted(versions, key=lambda version: version.version):
        if version.effective_from <= moment:
            found[version.area_id] = version
    return [found[area_id] for area_id in lineage if area_id in found]


def inherit(
    chain: Iterable[Said], default: Mapping[str, Any], read: Callable[[Said, str], Any] = getattr
) -> tuple[dict[str, Any], dict[str, Said | None]]:
    """Return each field of ``default`` as the last version of ``chain`` says that says it, and which one does.

    ``read`` returns a field of a version by its name, None for one that is inherited.
    """
    values = dict(default)
    origins: dict[str, Said | None] = dict.fromkeys(default)
    for version in chain:
        for name in default:
            value = read(version, name)
            if value is not None:
                values[name], origins[name] = value, version
    return values, origins
