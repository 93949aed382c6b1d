"""The areas that the rows of an import speak of: those below the area that it is for, and nothing else (I8).

A row names an area by its official code, or by the names on the way to it, one column a level. Levels may be left out
where the rest is enough to tell. Names are compared as ``cells.key`` makes them: 繁體 and blanks make no difference.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from asyncpg import Record

from app.core.db import Reads
from app.domain import texts
from app.domain.area_tree import NAME_MAX
from app.domain.kinds import AreaKind
from app.domain.sheets import cells
from app.domain.sheets.columns import Column
from app.domain.sheets.faults import Fault
from app.domain.sheets.fields import DivisionCode, Text, Value

if TYPE_CHECKING:
    from app.services.imports.kind import Judged

LIST = """
    SELECT id, parent_id, kind, name, code, households, residents FROM area
    WHERE closed_at IS NULL
        AND (lineage @> ARRAY[$1::uuid] OR id IN (SELECT unnest(lineage) FROM area WHERE id = $1))
    ORDER BY cardinality(lineage), id
"""
PATH = (
    Column("district", "区", Text(NAME_MAX), synonyms=("区县", "县区", "县市区", "所属区", "所在区", "行政区")),
    Column(
        "street", "街道", Text(NAME_MAX), synonyms=("镇街", "街镇", "乡镇", "镇办", "街道乡镇", "所属街道", "所在街道")
    ),
    Column(
        "community", "社区", Text(NAME_MAX), synonyms=("村居", "村社区", "社区村", "居委会", "所属社区", "所在社区")
    ),
    Column("grid", "网格", Text(NAME_MAX), synonyms=("网格名称", "所属网格", "所在网格", "居住网格", "网格编号")),
)
"""One column a level, as most tables of offices have them."""
POST = Column("post", "责任区", Text(NAME_MAX), synonyms=("微网格", "楼栋", "中心户", "所属责任区"))
CODE = Column(
    "area_code", "区域代码", DivisionCode(), synonyms=("区划代码", "行政区划代码", "统计用区划代码", "网格代码")
)
KIND_OF = {"district": AreaKind.DISTRICT, "street": AreaKind.STREET, "community": AreaKind.COMMUNITY} | {
    "grid": AreaKind.GRID,
    "post": AreaKind.POST,
}
TITLES = {column.name: column.title for column in (*PATH, POST)}
_SEPARATOR = re.compile(r"\s*[/\\>|→]\s*")
_ENDINGS = re.compile("(?:街道办事处|街道|社区居委会|社区|居委会|网格|责任区|区|县|镇|乡|村)$")


@dataclass(slots=True)
class Node:
    """An area that is there, or that a row of the file would add."""

    id: UUID
    parent: "Node | None"
    kind: AreaKind
    name: str
    code: str | None = None
    households: int | None = None
    residents: int | None = None
    row: "Judged | None" = None
    """The row of the file that speaks of it."""
    children: dict[str, list["Node"]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name as names are compared."""
        return cells.key(self.name)

    @property
    def depth(self) -> int:
        """How deep it lies; a root is one deep."""
        return sum(1 for _ in self.upwards())

    def upwards(self) -> Iterator["Node"]:
        """Yield the area itself and those above it."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def find_child(self, key: str) -> "Node | None":
        """Return the area right below that has this name."""
        found = self.children.get(key)
        return found[0] if found else None

    def list_children(self) -> "list[Node]":
        """Return the areas right below."""
        return [node for nodes in self.children.values() for node in nodes]


Step = tuple[str, str]
"""The column of a level and the name in it."""


class Tree:
    """The area that an import is for, all open areas below it, and those above it to know them by name."""

    def __init__(self, rows: Sequence[Record], area_id: UUID) -> None:
        self.by_id: dict[UUID, Node] = {}
        self.by_code: dict[str, Node] = {}
        self._by_name: dict[tuple[AreaKind, str], list[Node]] = {}
        self._by_stem: dict[tuple[AreaKind, str], list[Node]] = {}
        self._by_key: dict[str, list[Node]] = {}
        self._found: dict[tuple[Step, ...], Node | Fault] = {}
        for row in rows:
            parent = self.by_id.get(row["parent_id"])
            node = Node(row["id"], parent, AreaKind(row["kind"]), row["name"], row["code"])
            node.households, node.residents = row["households"], row["residents"]
            self.by_id[node.id] = node
            if row["id"] == area_id or (parent is not None and area_id in {above.id for above in parent.upwards()}):
                self._index(node)
        self.root = self.by_id[area_id]
        self.above = {(node.kind, node.key): node for node in self.root.upwards()}

    @classmethod
    async def read(cls, reads: Reads, area_id: UUID) -> "Tree":
        """Return the tree as it stands, in one statement."""
        return cls(await reads.fetch(LIST, area_id), area_id)

    def add(self, node: Node) -> None:
        """Add what a row of the file would add."""
        self.by_id[node.id] = node
        self._index(node)
        self._found.clear()

    def _index(self, node: Node) -> None:
        if node.code is not None:
            self.by_code[node.code] = node
        if node.parent is not None:
            node.parent.children.setdefault(node.key, []).append(node)
        self._by_key.setdefault(node.key, []).append(node)
        self._by_name.setdefault((node.kind, node.key), []).append(node)
        self._by_stem.setdefault((node.kind, _stem(node.key)), []).append(node)

    def find(self, values: Mapping[str, Value]) -> Node | Fault | None:
        """Return the area that a row names by code or path, what is wrong with that, or None when it names none."""
        steps = steps_of(values)
        named = self.follow(steps) if steps else None
        code = values.get(CODE.name)
        if not isinstance(code, str):
            return named
        coded = self.by_code.get(code)
        if coded is None:
            return Fault("area-unknown", texts.IMPORT_AREA_UNKNOWN.format(title=CODE.title), CODE.name)
        if isinstance(named, Node) and named is not coded:
            return Fault("area-contradicted", texts.IMPORT_AREA_CONTRADICTED.format(title=CODE.title), CODE.name)
        return coded

    def find_path(self, names: Sequence[str]) -> Node | None:
        """Return the one area at the end of names that lead to it, of which the upper ones may be left out.

        Of several that one is meant to which the names lead without a gap: 幸福社区/第一网格 is the grid, though a post
        below another grid of the community may have its name.
        """
        keys = [cells.key(name) for name in names if name.strip()]
        if not keys:
            return None
        found = [node for node in self._by_key.get(keys[-1], ()) if _leads_to(keys[:-1], node)]
        near = [node for node in found if _is_gapless(keys[:-1], node)] if len(keys) > 1 else []
        wanted = near or found
        return wanted[0] if len(wanted) == 1 else None

    def list_below(self, top: Node, kind: AreaKind, key: str) -> list[Node]:
        """Return the areas of a kind and name anywhere below ``top``."""
        return [node for node in self._by_name.get((kind, key), ()) if node is not top and top in node.upwards()]

    def follow(self, steps: Sequence[Step]) -> Node | Fault:
        """Return the area at the end of a path, or what is wrong with it."""
        known = tuple(steps)
        if known not in self._found:
            self._found[known] = self._follow(known)
        return self._found[known]

    def _follow(self, steps: Sequence[Step]) -> Node | Fault:
        current: Node | None = None
        for column, name in steps:
            kind, key = KIND_OF[column], cells.key(name)
            above = self.above.get((kind, key)) or self._above_by_stem(kind, key)
            if above is not None and (current is None or current in self.root.upwards()):
                current = above
                continue
            found = self._below(current or self.root, kind, key)
            if isinstance(found, str):
                return Fault("area-unknown", found.format(title=TITLES[column]), column)
            current = found
        assert current is not None, "there is a step"
        if current in list(self.root.upwards())[1:]:
            column = steps[-1][0]
            return Fault("area-outside", texts.IMPORT_AREA_UNKNOWN.format(title=TITLES[column]), column)
        return current

    def _above_by_stem(self, kind: AreaKind, key: str) -> Node | None:
        for node in self.root.upwards():
            if node.kind == kind and _stem(node.key) == _stem(key):
                return node
        return None

    def _below(self, top: Node, kind: AreaKind, key: str) -> Node | str:
        """Return the one area of a kind and name below ``top``, or the sentence that says why there is none."""
        inside = top if self.root in top.upwards() else self.root
        for index, wanted in ((self._by_name, key), (self._by_stem, _stem(key))):
            found = [node for node in index.get((kind, wanted), ()) if node is not inside and inside in node.upwards()]
            near = [node for node in found if node.parent is inside]
            if len(near or found) == 1:
                return (near or found)[0]
            if found:
                return texts.IMPORT_AREA_AMBIGUOUS
        return texts.IMPORT_AREA_UNKNOWN


def steps_of(values: Mapping[str, Value]) -> list[Step]:
    """Return the path that the columns of a row name, from the top."""
    found = ((name, values.get(name)) for name in KIND_OF)
    return [(name, value) for name, value in found if isinstance(value, str) and value]


def path_values(node: Node) -> dict[str, Any]:
    """Return what stands in the columns of a path that leads to an area; of two of one kind, the lower."""
    names = {kind: name for name, kind in KIND_OF.items()}
    return {names[above.kind]: above.name for above in reversed(list(node.upwards()))}


def path_name(node: Node) -> str:
    """Return where an area lies, as people read it."""
    return texts.IMPORT_PATH_SEPARATOR.join(above.name for above in reversed(list(node.upwards())))


def split_path(written: str) -> list[str]:
    """Return the names of a path as people write it: 东门街道/幸福社区."""
    return _SEPARATOR.split(written)


def _leads_to(keys: Sequence[str], node: Node) -> bool:
    """Whether the names stand above an area in this order, perhaps with others between them."""
    above = (node.key for node in list(node.upwards())[1:])
    return all(key in above for key in reversed(keys))


def _is_gapless(keys: Sequence[str], node: Node) -> bool:
    """Whether the names stand right above an area, with no others between them."""
    above = [node.key for node in node.upwards()][1:]
    return above[: len(keys)] == list(reversed(keys))


def _stem(key: str) -> str:
    return _ENDINGS.sub("", key) or key
