"""What the tree of areas may look like: which kind lies below which, how deep, and what may be done with an area."""

from collections.abc import Sequence
from uuid import UUID

from app.domain.kinds import AreaKind

DEPTH_MAX = 16
"""A root is one deep. Real trees have five or six levels; the bound keeps paths, and what is read along them, short."""

NAME_MAX = 50
CODE_PATTERN = "[0-9]{6,18}"
"""The statistical code of a division is twelve digits; districts are written with six, grids get some more."""

LEVELS = (AreaKind.DISTRICT, AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.POST)

ACTIONS = ("edit", "move", "merge", "split", "close")
ROOT_ACTIONS = ("edit", "close")
"""What its own administrators do to a root, above which there is nobody; it lies below and beside nothing."""


def may_lie_below(kind: AreaKind, above: AreaKind | None) -> bool:
    """Whether an area of ``kind`` may lie right below one of kind ``above``, or be a root when that is None.

    Levels may be left out and, but for grids, doubled; none may stand on its head. A point and a home have one grid:
    so no grid lies in a grid, and a post lies in a grid or in another post.
    """
    if above is None:
        return kind not in {AreaKind.GRID, AreaKind.POST}
    if kind == AreaKind.POST:
        return above in {AreaKind.GRID, AreaKind.POST}
    if kind == AreaKind.GRID:
        return LEVELS.index(above) < LEVELS.index(kind)
    return LEVELS.index(above) <= LEVELS.index(kind)


def counterpart(kind: AreaKind, lineage: Sequence[tuple[UUID, AreaKind]]) -> UUID:
    """Return which area of ``lineage``, root first, stands where one of ``kind`` stood: the lowest as high as that.

    Where all are lower it is the root: what was handed up does not come down by a move.
    """
    fitting = [area_id for area_id, found in lineage if LEVELS.index(found) <= LEVELS.index(kind)]
    return fitting[-1] if fitting else lineage[0][0]


def actions(*, is_open: bool, is_root: bool, administers: bool, administers_above: bool) -> tuple[str, ...]:
    """Return what a caller may do with an area: add to it when they administer it, all else from above.

    Nobody reshapes the ground that their own grant stands on, but for roots: those are renamed, and closed when they
    are empty.
    """
    if not is_open:
        return ()
    if is_root:
        return ("add", *ROOT_ACTIONS) if administers else ()
    return (("add",) if administers else ()) + (ACTIONS if administers_above else ())
