"""Any sequence of changes of the tree, right and wrong, leaves a tree: lineages true, names apart, history whole.

The verbs run on the real database and commit. What they do is held against a model that knows no lineage, no lock and
no SQL: only which area lies below which, what it is called and what lies in it. ``AREA_EXAMPLES`` asks for more.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.cli.database import alembic_config
from app.core.db import Database, insert
from app.core.ids import new_id
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.domain.area_tree import DEPTH_MAX, LEVELS, may_lie_below
from app.domain.caller import Caller, HeldGrant, Role
from app.domain.errors import Problem
from app.domain.kinds import AreaKind, UnitKind
from app.models import Unit
from app.problems import from_database
from app.schemas.areas import AreaEditIn, AreaIn, AreaMergeIn, MoveIn, SplitIn
from app.services.area_changes import adding, closing, editing, merging, moving, splitting
from tests.factories import make_area, make_user

EXAMPLES = int(os.environ.get("AREA_EXAMPLES", "25"))
STEPS = 30
NAMES = ("甲", "乙", "丙")
REASON = "区划调整。"
TREE = """
    SELECT a.id, a.parent_id, a.name, a.closed_at, a.lineage, a.successor_id FROM area a WHERE a.lineage[1] = $1
"""
PERIODS = """
    SELECT p.* FROM area_period p JOIN area a ON a.id = p.area_id WHERE a.lineage[1] = $1 ORDER BY p.area_id, p.since
"""
UNITS = "SELECT u.id, u.area_id, u.name FROM unit u JOIN area a ON a.id = u.area_id WHERE a.lineage[1] = $1"
places = st.integers(0, 200)
names = st.sampled_from(NAMES)
kinds = st.sampled_from(LEVELS)


@dataclass
class Node:
    """What the model knows of an area."""

    kind: AreaKind
    parent_id: UUID | None
    name: str
    is_open: bool = True
    successor_id: UUID | None = None
    units: set[UUID] = field(default_factory=set)


class TreeMachine(RuleBasedStateMachine):
    """An administrator does to a tree what they like, through the verbs."""

    runner: asyncio.Runner
    database: Database
    settings: Settings
    outcomes: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[UUID, Node] = {}
        self.root_id = UUID(int=0)

    @initialize()
    def plant(self) -> None:
        root = self.run(make_area(self.database, None, AreaKind.DISTRICT))
        administrator = self.run(make_user(self.database, self.settings))
        self.root_id = root.id
        self.caller = Caller(administrator.id, grants=(HeldGrant(Role.ADMINISTRATOR, root.id),))
        self.nodes = {root.id: Node(AreaKind.DISTRICT, None, root.name)}
        for kind in (AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.GRID):
            above = AreaKind.COMMUNITY if kind is AreaKind.GRID else LEVELS[LEVELS.index(kind) - 1]
            [parent_id] = [key for key, node in self.nodes.items() if node.kind == above]
            self.add_below(parent_id, kind, NAMES[sum(node.kind == kind for node in self.nodes.values())])

    # What the administrator does

    @rule(place=places, kind=kinds, name=names)
    def add(self, place: int, kind: AreaKind, name: str) -> None:
        self.add_below(self.pick(place), kind, name)

    def add_below(self, parent_id: UUID, kind: AreaKind, name: str) -> None:
        form = AreaIn(parent_id=parent_id, kind=kind, name=name)
        made = self.act("add", lambda connection: adding.add(connection, self.caller, form), self.may_add(form))
        if made is not None:
            self.nodes[made] = Node(kind, parent_id, name)

    @rule(place=places, name=names)
    def rename(self, place: int, name: str) -> None:
        area_id = self.pick(place)
        if area_id == self.root_id:
            name = f"{name}{area_id.hex[-8:]}"  # the root of every other tree has a name too
        form = AreaEditIn(name=name, code=None, households=None, residents=None, is_wish_review_required=True)
        expected = self.may_change(area_id, in_place=True)
        expected = expected or self.is_taken(self.nodes[area_id].parent_id, name, area_id)
        if self.act("rename", lambda c: editing.edit(c, self.caller, area_id, form), expected) is not None:
            self.nodes[area_id].name = name

    @rule(place=places, parent=places)
    def move(self, place: int, parent: int) -> None:
        area_id, parent_id = self.pick(place), self.pick(parent)
        form = MoveIn(parent_id=parent_id, reason=REASON)
        if (
            self.act("move", lambda c: moving.move(c, self.caller, area_id, form), self.may_move(area_id, parent_id))
            is not None
        ):
            self.nodes[area_id].parent_id = parent_id

    @rule(place=places, into=places)
    def merge(self, place: int, into: int) -> None:
        area_id = self.pick(place)
        like = [key for key in self.nodes if self.nodes[key].kind == self.nodes[area_id].kind and key != area_id]
        into_id = like[into % len(like)] if like and into % 4 else self.pick(into)
        form = AreaMergeIn(into_id=into_id, reason=REASON)
        if (
            self.act("merge", lambda c: merging.merge(c, self.caller, area_id, form), self.may_merge(area_id, into_id))
            is not None
        ):
            self.hand_over(area_id, into_id)

    @rule(place=places, first=names, second=names, default=st.integers(0, 1))
    def split(self, place: int, first: str, second: str, default: int) -> None:
        area_id = self.pick(place)
        form = SplitIn(parts=[{"name": first}, {"name": second}], default_part=default, reason=REASON)
        expected = self.may_change(area_id)
        parent_id = self.nodes[area_id].parent_id
        for name in (first, second):
            expected = expected or self.is_taken(parent_id, name, area_id)
        if first == second:
            expected = expected or "area-name-taken"
        made = self.act("split", lambda c: splitting.split(c, self.caller, area_id, form), expected)
        if made is not None:
            for part_id, name in zip(made, (first, second), strict=True):
                self.nodes[part_id] = Node(self.nodes[area_id].kind, parent_id, name)
            self.hand_over(area_id, made[default])

    @rule(place=places)
    def close(self, place: int) -> None:
        area_id = self.pick(place)
        expected = self.may_change(area_id, in_place=True)
        if self.nodes[area_id].units or self.open_below(area_id):
            expected = expected or "area-not-empty"
        if self.act("close", lambda c: closing.close(c, self.caller, area_id, REASON), expected) is not None:
            self.nodes[area_id].is_open = False

    @rule(place=places, name=names)
    def put_unit(self, place: int, name: str) -> None:
        area_id, unit_id = self.pick(place), new_id()
        unit = Unit(id=unit_id, area_id=area_id, kind=UnitKind.GOVERNMENT, name=f"{name}{unit_id.hex}")
        expected = None if self.nodes[area_id].is_open else "area-closed"
        if self.act("put", lambda connection: insert(connection, unit), expected) is not None:
            self.nodes[area_id].units.add(unit_id)

    # What the model says to it

    def pick(self, place: int) -> UUID:
        """Return one that is open and no root, as a rule."""
        fitting = [key for key, node in self.nodes.items() if place % 4 == 0 or (node.is_open and node.parent_id)]
        fitting = fitting or list(self.nodes)
        return fitting[place % len(fitting)]

    def open_below(self, area_id: UUID) -> list[UUID]:
        return [key for key, node in self.nodes.items() if node.parent_id == area_id and node.is_open]

    def path(self, area_id: UUID) -> list[UUID]:
        steps = [area_id]
        while (parent_id := self.nodes[steps[0]].parent_id) is not None:
            steps.insert(0, parent_id)
        return steps

    def height(self, area_id: UUID) -> int:
        below = [key for key in self.nodes if area_id in self.path(key)]
        return max(len(self.path(key)) for key in below) - len(self.path(area_id))

    def is_taken(self, parent_id: UUID | None, name: str, but: UUID | None = None) -> str | None:
        taken = any(
            node.name == name and node.parent_id == parent_id and node.is_open and key != but
            for key, node in self.nodes.items()
        )
        return "area-name-taken" if taken else None

    def may_change(self, area_id: UUID, *, in_place: bool = False) -> str | None:
        if area_id == self.root_id and not (in_place and self.nodes[area_id].is_open):
            return "not-allowed"
        return None if self.nodes[area_id].is_open else "area-closed"

    def may_add(self, form: AreaIn) -> str | None:
        parent = self.nodes[form.parent_id]
        if not parent.is_open:
            return "area-closed"
        if not may_lie_below(form.kind, parent.kind):
            return "area-kind-misplaced"
        if len(self.path(form.parent_id)) >= DEPTH_MAX:
            return "area-too-deep"
        return self.is_taken(form.parent_id, form.name)

    def may_move(self, area_id: UUID, parent_id: UUID) -> str | None:
        node, parent = self.nodes[area_id], self.nodes[parent_id]
        found = self.may_change(area_id) or (None if parent.is_open else "area-closed")
        if found:
            return found
        if area_id in self.path(parent_id):
            return "area-into-itself"
        if parent_id == node.parent_id:
            return None
        if not may_lie_below(node.kind, parent.kind):
            return "area-kind-misplaced"
        if len(self.path(parent_id)) + 1 + self.height(area_id) > DEPTH_MAX:
            return "area-too-deep"
        return self.is_taken(parent_id, node.name)

    def may_merge(self, area_id: UUID, into_id: UUID) -> str | None:
        found = self.may_change(area_id) or self.may_change(into_id)
        if found:
            return found
        if area_id in self.path(into_id):
            return "area-into-itself"
        if self.nodes[area_id].kind != self.nodes[into_id].kind:
            return "areas-unlike"
        if any(len(self.path(into_id)) + 1 + self.height(key) > DEPTH_MAX for key in self.open_below(area_id)):
            return "area-too-deep"
        return None

    def hand_over(self, area_id: UUID, to_id: UUID) -> None:
        for key in self.open_below(area_id):
            if key == to_id:
                continue
            self.nodes[key].parent_id = to_id
            taken = {self.nodes[other].name for other in self.open_below(to_id) if other != key}
            still = {self.nodes[other].name for other in self.open_below(area_id)}
            name, stem, number = self.nodes[key].name, self.nodes[key].name, 2
            while name in taken or (name != stem and name in still):
                name, number = f"{stem}（{number}）", number + 1
            self.nodes[key].name = name
        node = self.nodes[area_id]
        node.is_open, node.successor_id = False, to_id
        self.nodes[to_id].units |= node.units
        node.units = set()

    def act(self, verb: str, what: Any, expected: str | None) -> Any:
        """Do it in a transaction; return what came of it, None when it was refused as the model expects."""

        async def run() -> Any:
            async with self.database.transaction() as connection:
                return await what(connection) or True

        try:
            result = self.run(run())
        except (Problem, asyncpg.IntegrityConstraintViolationError) as error:
            refusal = error
        else:
            assert expected is None, verb
            self.outcomes[verb] += 1
            return result
        problem = refusal if isinstance(refusal, Problem) else from_database(refusal)
        assert problem is not None, refusal
        assert problem.type.code == expected, verb
        self.outcomes[f"{verb}: {expected}"] += 1
        return None

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    # What must hold after each step

    @invariant()
    def the_tree_is_that_of_the_model(self) -> None:
        if not self.nodes:
            return
        rows = {row["id"]: row for row in self.run(self.database.reads.fetch(TREE, self.root_id))}
        assert rows.keys() == self.nodes.keys()
        for key, node in self.nodes.items():
            row = rows[key]
            assert (row["parent_id"], row["name"], row["closed_at"] is None) == (
                node.parent_id,
                node.name,
                node.is_open,
            )
            assert row["lineage"] == self.path(key)
            assert row["successor_id"] == node.successor_id
        open_names = [(node.parent_id, node.name) for node in self.nodes.values() if node.is_open]
        assert len(open_names) == len(set(open_names))

    @invariant()
    def what_is_in_it_lies_in_open_areas(self) -> None:
        found: dict[UUID, set[UUID]] = {key: set() for key in self.nodes}
        for row in self.run(self.database.reads.fetch(UNITS, self.root_id)):
            found[row["area_id"]].add(row["id"])
        assert found == {key: node.units for key, node in self.nodes.items()}
        assert all(node.is_open for node in self.nodes.values() if node.units)

    @invariant()
    def the_history_is_whole(self) -> None:
        periods: dict[UUID, list[asyncpg.Record]] = {key: [] for key in self.nodes}
        for row in self.run(self.database.reads.fetch(PERIODS, self.root_id)):
            periods[row["area_id"]].append(row)
        for key, node in self.nodes.items():
            mine = periods[key]
            assert [row["until"] for row in mine[:-1]] == [row["since"] for row in mine[1:]]
            assert (mine[-1]["until"] is None) == node.is_open
            if node.is_open:
                assert (mine[-1]["parent_id"], mine[-1]["name"]) == (node.parent_id, node.name)
                assert mine[-1]["lineage"] == self.path(key)


@pytest.fixture(scope="module")
def machine(server_url: str) -> Iterator[type[TreeMachine]]:
    with (
        scratch_database(server_url) as url,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        command.upgrade(alembic_config(url), "head")
        config = Settings(_env_file=None, database_url=url)
        TreeMachine.runner, TreeMachine.database, TreeMachine.settings = runner, Database(url, config), config
        yield TreeMachine
        TreeMachine.database.close()


def test_any_sequence_leaves_a_tree(machine: type[TreeMachine]):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="AREA_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
    done = {outcome for outcome in machine.outcomes if ":" not in outcome}
    assert done == {"add", "rename", "move", "merge", "split", "close", "put"}, machine.outcomes
