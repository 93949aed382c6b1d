"""Pages of lists, made in one form: one row more than asked tells whether there is a next page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.pagination import (
    HIGHEST,
    LOWEST,
    InvalidCursorError,
    Key,
    Order,
    read_cursor,
    read_ordered_cursor,
    write_cursor,
    write_ordered_cursor,
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

    def after(self, order: Order[Key], *filters: object) -> tuple[Key, UUID] | None:
        """Return where a list in an order goes on, None at its start. Raises ``cursor-invalid`` for one of another."""
        try:
            return read_ordered_cursor(order, self.cursor, *filters)
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
    order: Order[Any] | None = None,
) -> dict[str, Any]:
    """Return ``{items, next_cursor}`` from the rows of one statement.

    They are in the order of the ids ``key``, or of ``key`` as ``order`` has it and then of the ids ``id``.
    """
    shown = rows[: request.limit]
    return {
        "items": [view(row) for row in shown],
        "next_cursor": _cursor_after(shown[-1], key, order, filters) if len(rows) > request.limit else None,
    }


def _cursor_after(last: Record, key: str, order: Order[Any] | None, filters: tuple[object, ...]) -> str:
    if order is None:
        return write_cursor(last[key], *filters)
    return write_ordered_cursor(order, (last[key], last["id"]), *filters)
