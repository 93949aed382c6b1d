"""What a kind of anomaly is: one statement with its thresholds, and how a row of it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record


@dataclass(frozen=True, slots=True)
class Pattern:
    """``statement`` takes the area, the beginning of the period, how many rows, then ``thresholds``."""

    statement: str
    thresholds: tuple[int, ...]
    view: Callable[[Record], dict[str, Any]]
    days: int = 30
    """How long the period is unless another is asked for."""


def figures(count: int, total: int | None = None, **subject: Any) -> dict[str, Any]:
    """Return the figures of one anomaly and whom it is about; what is not named is null."""
    return {"area": None, "shop": None, "people": [], "day": None} | subject | {"count": count, "total": total}


def person(user_id: UUID, nickname: str, part: str) -> dict[str, Any]:
    """Return somebody in the part that they have in a pattern."""
    return {"id": user_id, "nickname": nickname, "part": part}
