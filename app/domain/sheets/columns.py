"""What a kind of table has in its columns, as those who take it in declare it (pure)."""

from dataclasses import dataclass

from app.domain.sheets.fields import Field


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``name`` in code, ``title`` for people, other headings that mean it, and what can stand in it.

    ``note`` and ``example`` stand in the template beside the field's own hint.
    """

    name: str
    title: str
    field: Field
    synonyms: tuple[str, ...] = ()
    is_required: bool = False
    note: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """A column that must be what others add up to: 总数 = 男 + 女. All are names of columns of whole numbers."""

    total: str
    parts: tuple[str, ...]
