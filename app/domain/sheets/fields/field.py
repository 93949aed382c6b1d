"""What every kind of column can do (pure)."""

from datetime import date
from typing import Protocol

from app.domain.sheets.faults import Wrong

Value = str | int | float | date | bool | tuple[str, ...] | None


class Field(Protocol):
    """One kind of column."""

    @property
    def hint(self) -> str:
        """What the template tells whoever fills it in, in Chinese."""

    @property
    def options(self) -> tuple[str, ...]:
        """What the drop-down offers; nothing when anything may be written."""

    @property
    def is_text(self) -> bool:
        """Whether the column is to be kept as text, so that no program takes its figures for a number."""

    @property
    def is_date(self) -> bool:
        """Whether the column holds days."""

    def read(self, text: str, *, is_1904: bool = False) -> Value | Wrong:
        """Return the value of a cell's text."""

    def write(self, value: Value) -> str | int | float | date:
        """Return what stands in a cell for a value."""


class AsText:
    """Values that are texts themselves."""

    __slots__ = ()

    def write(self, value: Value) -> str | int | float | date:
        """Return what stands in a cell for a value."""
        return "" if value is None else str(value)
