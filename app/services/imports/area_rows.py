"""How the rows of a table of areas find their places in the tree, those above before those below; no statement here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.core.ids import new_id
from app.domain import texts
from app.domain.area_tree import DEPTH_MAX, LEVELS, may_lie_below
from app.domain.errors import CATALOGUE
from app.domain.kinds import AreaKind
from app.domain.sheets import cells
from app.domain.sheets.faults import Fault
from app.domain.sheets.records import Record
from app.services.imports.kind import Change, Judged, begin, refuse_dependents
from app.services.imports.tree import KIND_OF, Node, Step, Tree, split_path, steps_of

FIGURES = {"households": "户数", "residents": "人口"}
LEVEL = {kind: place for place, kind in enumerate(LEVELS)}
_NO_PARENT = Fault("parent-unknown", texts.IMPORT_PARENT_UNKNOWN)
_PARENT_UNCLEAR = Fault("parent-unclear", texts.IMPORT_PARENT_UNCLEAR)


@dataclass(slots=True)
class Wanted:
    """What a row speaks of: an area of a name and kind, and the way to the one above it."""

    name: str
    kind: AreaKind
    steps: list[Step]
    node: Node | None = None
    missing: Fault = _NO_PARENT
    """Why it has no place yet."""

    @property
    def key(self) -> str:
        """The name as names are compared."""
        return cells.key(self.name)


@dataclass(slots=True)
class Placing:
    """The rows of one file on their way into the tree. ``taken_codes`` are codes of areas elsewhere."""

    tree: Tree
    taken_codes: frozenset[str]
    judged: list[Judged] = field(default_factory=list)

    def place_all(self, records: Sequence[Record]) -> list[Judged]:
        """Judge every row; what waits for an area above that never comes is refused."""
        self.judged = [begin(record) for record in records]
        waiting = [(row, wanted) for row in self.judged if (wanted := self._understand(row)) and not row.is_refused]
        waiting.sort(key=lambda pair: (LEVEL[pair[1].kind], pair[0].number))
        moved = True
        while waiting and moved:
            left = [pair for pair in waiting if not self._place(*pair)]
            moved = len(left) < len(waiting)
            waiting = left
        for row, wanted in waiting:
            row.refuse(wanted.missing.sentence, wanted.missing.column, wanted.missing.code)
        refuse_dependents(self.judged)
        self._doubt_sums()
        return self.judged

    def _understand(self, row: Judged) -> Wanted | None:
        """Return what a row speaks of, None when that cannot be told."""
        values = row.record.values
        steps, name, told = steps_of(values), values.get("name"), values.get("kind")
        kind = AreaKind(told) if isinstance(told, str) else None
        if not isinstance(name, str):
            if not steps:
                row.refuse(texts.IMPORT_AREA_UNNAMED, "name", "required")
                return None
            column, name = steps.pop()
            if kind not in {None, KIND_OF[column]}:
                row.refuse(texts.IMPORT_AREA_KIND_CONTRADICTED, "kind", "kind-contradicted")
            kind = KIND_OF[column]
        elif steps and cells.key(steps[-1][1]) == cells.key(name) and kind in {None, KIND_OF[steps[-1][0]]}:
            kind = KIND_OF[steps.pop()[0]]  # the name stands in its level's column once more
        row.label = name
        if kind is None:
            row.refuse(texts.IMPORT_AREA_KIND_MISSING, "kind", "required")
            return None
        wanted = Wanted(name, kind, steps)
        row.target = wanted
        return wanted

    def _place(self, row: Judged, wanted: Wanted) -> bool:
        """Find a row's place; return False while the area above is not there."""
        if self._is_root(wanted):
            self._compare(row, wanted, self.tree.root, self.tree.root.parent)
            return True
        parent = self._parent(row, wanted)
        found = parent if isinstance(parent, Fault) else self._existing(row, wanted, parent)
        if isinstance(found, Fault):
            wanted.missing = found
            return False
        assert not isinstance(parent, Fault)
        if found is None:
            self._add(row, wanted, parent or self.tree.root)
        else:
            self._compare(row, wanted, found, parent)
        return True

    def _is_root(self, wanted: Wanted) -> bool:
        root, above = self.tree.root, self.tree.above
        is_named_so = (wanted.kind, wanted.key) == (root.kind, root.key)
        return is_named_so and all((KIND_OF[column], cells.key(name)) in above for column, name in wanted.steps)

    def _parent(self, row: Judged, wanted: Wanted) -> Node | Fault | None:
        """Return the area above that a row names, None when it names none."""
        code, written = row.record.values.get("parent_code"), row.record.values.get("parent")
        if isinstance(code, str):
            return self.tree.by_code.get(code) or Fault(_NO_PARENT.code, _NO_PARENT.sentence, "parent_code")
        if isinstance(written, str):
            found = self.tree.find_path(split_path(written))
            return found or Fault(_NO_PARENT.code, _NO_PARENT.sentence, "parent")
        if not wanted.steps:
            return None
        parent = self.tree.follow(wanted.steps)
        if isinstance(parent, Fault) and parent.code == "area-unknown":
            return Fault(_NO_PARENT.code, _NO_PARENT.sentence, parent.column)
        return parent

    def _existing(self, row: Judged, wanted: Wanted, parent: Node | None) -> Node | Fault | None:
        """Return the area that is there already, None when there is none, or why that cannot be told yet."""
        code = row.record.values.get("code")
        coded = self.tree.by_code.get(code) if isinstance(code, str) else None
        if coded is not None:
            return coded
        top = parent or self.tree.root
        child = top.find_child(wanted.key)
        if child is not None:
            return child
        below = self.tree.list_below(top, wanted.kind, wanted.key)
        if len(below) == 1:
            return below[0]
        # With a level left out and nothing there of that name, it cannot be told where it is to go.
        has_level_between = any(LEVEL[top.kind] < LEVEL[node.kind] < LEVEL[wanted.kind] for node in top.list_children())
        return _PARENT_UNCLEAR if below or has_level_between else None

    def _compare(self, row: Judged, wanted: Wanted, node: Node, parent: Node | None) -> None:
        """Judge a row whose area is there: what of it would change."""
        wanted.node = node
        if node.row is not None:
            row.refuse(texts.IMPORT_SAME_ROW.format(number=node.row.number), code="same-row")
            return
        node.row = row
        values = row.record.values
        if node.kind != wanted.kind:
            row.refuse(texts.IMPORT_AREA_KIND_OTHER, "kind", "kind-other")
        if parent is not None and parent not in list(node.upwards())[1:]:
            row.refuse(texts.IMPORT_AREA_MOVED, code="area-moved")
        if wanted.key != node.key:
            self._rename(row, wanted, node)
        code = values.get("code")
        if isinstance(code, str) and code != node.code:
            self._check_code(row, code)
            row.changes.append(Change("code", node.code or "", code))
        for name in FIGURES:
            figure = values.get(name)
            if isinstance(figure, int) and figure != getattr(node, name):
                old = getattr(node, name)
                row.changes.append(Change(name, "" if old is None else str(old), str(figure)))
                setattr(node, name, figure)
        if row.changes and node is self.tree.root:
            row.refuse(texts.IMPORT_AREA_ROOT, code="area-itself")

    def _rename(self, row: Judged, wanted: Wanted, node: Node) -> None:
        """Judge another name for an area that was found by its code."""
        beside = node.parent.find_child(wanted.key) if node.parent else None
        if beside is not None:
            row.refuse(CATALOGUE["area-name-taken"].detail, "name", "area-name-taken")
        row.changes.append(Change("name", node.name, wanted.name))

    def _add(self, row: Judged, wanted: Wanted, parent: Node) -> None:
        """Judge a row whose area is not there."""
        values = row.record.values
        if not may_lie_below(wanted.kind, parent.kind):
            row.refuse(CATALOGUE["area-kind-misplaced"].detail, "kind", "area-kind-misplaced")
        if parent.depth >= DEPTH_MAX:
            row.refuse(CATALOGUE["area-too-deep"].detail, code="area-too-deep")
        code, households, residents = (values.get(name) for name in ("code", *FIGURES))
        if isinstance(code, str):
            self._check_code(row, code)
        node = Node(new_id(), parent, wanted.kind, wanted.name, code if isinstance(code, str) else None)
        node.households = households if isinstance(households, int) else None
        node.residents = residents if isinstance(residents, int) else None
        node.row, wanted.node = row, node
        row.is_new = True
        row.needs = parent.row if parent.row is not None and parent.row.is_new else None
        self.tree.add(node)

    def _check_code(self, row: Judged, code: str) -> None:
        if code in self.taken_codes or code in self.tree.by_code:
            row.refuse(CATALOGUE["area-code-taken"].detail, "code", "area-code-taken")

    def _doubt_sums(self) -> None:
        """Say of areas whose figure is not what all those right below add up to; which is wrong, nobody can tell."""
        for row in self.judged:
            node = row.target.node if isinstance(row.target, Wanted) else None
            if row.is_refused or node is None or node.row is not row:
                continue
            for name, title in FIGURES.items():
                figure = getattr(node, name)
                parts = [getattr(child, name) for child in node.list_children()]
                if figure is None or not parts or None in parts or sum(parts) == figure:
                    continue
                told = texts.IMPORT_SUM_BELOW.format(title=title, total=figure, sum=sum(parts), count=len(parts))
                row.doubt(told, name, "sum-wrong")
