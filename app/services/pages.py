"""Pages of lists, made in one form: one row more than asked tells whether there is a next page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.pagination import (
    HIGHEST,
    LOWEST,
    InvalidCursorError,
    read_cursor,
    read_distant_cursor,
    read_ranked_cursor,
    read_timed_cursor,
    write_cursor,
    write_distant_cursor,
    write_ranked_cursor,
    write_timed_cursor,
)
from app.domain.errors import Problem


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is asked for."""

    cursor: str | None
    limit: int

    def below(self, *filters: object) -> UUID:
        """Return the id to continue below, newest first. Raises ``cursor-invalid`` for a cursor of another list."""
        return self._last(filters) or HIGHEST

    def above(self, *filters: object) -> UUID:
        """Return the id to continue above, oldest first. Raises ``cursor-invalid`` for a cursor of another list."""
        return self._last(filters) or LOWEST

    def after(self, *filters: object) -> tuple[datetime, UUID] | None:
        """Return where a list in the order of moments goes on. Raises ``cursor-invalid`` for one of another list."""
        try:
            return read_timed_cursor(self.cursor, *filters)
        except InvalidCursorError as error:
            raise Problem("cursor-invalid") from error

    def after_rank(self, *filters: object) -> tuple[int, UUID] | None:
        """Return where a list in the order of numbers goes on. Raises ``cursor-invalid`` for one of another list."""
        try:
            return read_ranked_cursor(self.cursor, *filters)
        except InvalidCursorError as error:
            raise Problem("cursor-invalid") from error

    def after_distance(self, *filters: object) -> tuple[float, UUID] | None:
        """Return where a list in the order of distances goes on. Raises ``cursor-invalid`` for one of another list."""
        try:
            return read_distant_cursor(self.cursor, *filters)
        except InvalidCursorError as error:
            raise Problem("cursor-invalid") from error

    def _last(self, filters: tuple[object, ...]) -> UUID | None:
        try:
            return read_cursor(self.cursor, *filters)
        except InvalidCursorError as error:
            raise Problem("cursor-invalid") from error

    @property
    def rows(self) -> int:
        """How many rows to ask the database for."""
        return self.limit + 1


def page(
    rows: Sequence[Record],
    request: PageRequest,
    view: Callable[[Record], dict[str, Any]],
    *filters: object,
    key: str = "id",
) -> dict[str, Any]:
    """Return ``{items, next_cursor}`` from the rows of one statement, which is in the order of ``key``."""
    shown = rows[: request.limit]
    more = len(rows) > request.limit
    return {
        "items": [view(row) for row in shown],
        "next_cursor": write_cursor(shown[-1][key], *filters) if more else None,
    }


def timed_page(
    rows: Sequence[Record],
    request: PageRequest,
    view: Callable[[Record], dict[str, Any]],
    *filters: object,
    key: str,
) -> dict[str, Any]:
    """Return ``{items, next_cursor}`` from the rows of one statement in the order of moments ``key`` and ids."""
    shown = rows[: request.limit]
    more = len(rows) > request.limit
    return {
        "items": [view(row) for row in shown],
        "next_cursor": write_timed_cursor((shown[-1][key], shown[-1]["id"]), *filters) if more else None,
    }


def ranked_page(
    rows: Sequence[Record],
    request: PageRequest,
    view: Callable[[Record], dict[str, Any]],
    *filters: object,
    key: str,
) -> dict[str, Any]:
    """Return ``{items, next_cursor}`` from the rows of one statement in the order of whole numbers ``key`` and ids."""
    shown = rows[: request.limit]
    more = len(rows) > request.limit
    return {
        "items": [view(row) for row in shown],
        "next_cursor": write_ranked_cursor((shown[-1][key], shown[-1]["id"]), *filters) if more else None,
    }


def distant_page(
    rows: Sequence[Record],
    request: PageRequest,
    view: Callable[[Record], dict[str, Any]],
    *filters: object,
    key: str,
) -> dict[str, Any]:
    """Return ``{items, next_cursor}`` from the rows of one statement in the order of distances ``key`` and ids."""
    shown = rows[: request.limit]
    more = len(rows) > request.limit
    return {
        "items": [view(row) for row in shown],
        "next_cursor": write_distant_cursor((shown[-1][key], shown[-1]["id"]), *filters) if more else None,
    }
