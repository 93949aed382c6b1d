"""Pieces of SQL that are written from the code's own names, never from what somebody sent."""

from collections.abc import Iterable


def quoted(names: Iterable[str]) -> str:
    """Return names as SQL lists them: ``'a', 'b'``."""
    return ", ".join(f"'{name}'" for name in names)
