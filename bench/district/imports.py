"""Time and memory of imports, each in a process of its own that has loaded what a worker loads."""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any
from uuid import UUID

import xlsxwriter
from alembic import command

from app.cli.database import alembic_config
from app.core.db import Database
from app.core.scratch_database import running_server, scratch_database
from app.core.settings import Settings
from app.domain import licence
from app.domain.kinds import AreaKind, ImportKind
from app.jobs import worker
from app.services import transitions
from app.services.area_changes import adding
from app.services.imports import applying, checking, mapping, steps
from app.services.imports.registry import KINDS
from bench.district.section import Goal, Section, peak_mib

DISTRICT = "某某区"
STREETS, COMMUNITIES, GRIDS, UNITS = 12, 60, 486, 6_831
PEOPLE, POSTS_A_GRID, SHOPS, BUILDINGS_A_GRID = 20_000, 3, 2_000, 12
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文"
HOURS = ("周六14:00-17:00；周日上午", "工作日晚上7点到9点", "周末全天", "")
COUNTS = "SELECT status, rows, added, changed, untouched, refused FROM import_run WHERE id = $1"
TIME_GOAL_S = 60
MEMORY_GOAL_MIB = 300e6 / 2**20
"""For a roster of 20,000."""
TOLD = """\
A made-up district is taken in through imports alone, each file as a spreadsheet program saves it. It is looked at,
which guesses what its columns mean; checked, which judges every row; and written, in one transaction. Then it is
taken in once more, which changes nothing. A process of its own for each, which has loaded what a worker loads;
PostgreSQL has others."""
HEAD = ("file", "rows", "KiB", "look s", "check s", "write s", "CPU s", "loaded MiB", "peak MiB")
COUNTED = ("new", "changed", "the same", "refused")
Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Taken:
    """What it took to take a file in: rows, kilobytes, seconds for a look, the check and the writing, peak MiB."""

    rows: int
    kilobytes: float
    look_s: float
    check_s: float
    write_s: float
    cpu_s: float
    loaded_mib: float
    peak_mib: float
    counts: Sequence[int]

    @property
    def seconds(self) -> float:
        """What somebody who uploads waits for in all."""
        return self.look_s + self.check_s + self.write_s

    def row(self, name: str) -> Sequence[str]:
        """Return the row of the table."""
        seconds = [f"{value:.1f}" for value in (self.look_s, self.check_s, self.write_s, self.cpu_s)]
        memory = [f"{value:.0f}" for value in (self.loaded_mib, self.peak_mib)]
        return [name, f"{self.rows:,}", f"{self.kilobytes:,.0f}", *seconds, *memory, *(f"{n:,}" for n in self.counts)]


def names_of_grids() -> Iterator[tuple[str, str, str]]:
    """Yield street, community and grid of every grid."""
    for number in range(GRIDS):
        community = number % COMMUNITIES
        yield f"第{community % STREETS + 1}街道", f"第{community + 1}社区", f"第{number + 1}网格"


def areas() -> Iterator[Row]:
    """Yield a table of areas."""
    yield ("街道", "社区", "网格", "区划代码", "户数", "人口")
    grids = list(names_of_grids())
    for street in dict.fromkeys(street for street, _, _ in grids):
        yield (street, "", "", "", "", "")
    for place, (street, community) in enumerate(dict.fromkeys(grid[:2] for grid in grids)):
        yield (street, community, "", f"370306{place:06}", "", "")
    for street, community, grid in grids:
        yield (street, community, grid, "", 320, 960)


def units() -> Iterator[Row]:
    """Yield a table of units."""
    yield ("单位名称", "单位类型", "街道", "社区", "备注")
    grids = list(names_of_grids())
    for number in range(UNITS):
        street, community, _ = grids[number % GRIDS]
        yield (f"第{number + 1}单位", ("企业", "社会组织", "机关事业单位")[number % 3], street, community, "")


def person(number: int, prefix: str) -> tuple[str, str]:
    """Return name and number of somebody."""
    given = GIVEN[number // 20 % 24] + GIVEN[number // 480 % 24]
    return SURNAMES[number % 20] + given, f"{prefix}{number:08}"


def members() -> Iterator[Row]:
    """Yield a roster of members."""
    yield ("序号", "姓名", "性别", "联系电话", "街道", "社区", "网格", "党员类型", "工作单位", "社区报到日期", "备注")
    grids = list(names_of_grids())
    for number in range(PEOPLE):
        name, phone = person(number, "139")
        kind, unit = ("在职党员", f"第{number % UNITS + 1}单位") if number % 3 else ("离退休党员", "")
        yield (number + 1, name, "男", phone, *grids[number % GRIDS], kind, unit, "2026-05-01", "")


def volunteers() -> Iterator[Row]:
    """Yield a roster of volunteers; half of them are members too."""
    yield ("序号", "姓名", "手机号码", "街道", "社区", "网格", "服务特长", "空闲时间", "备注")
    grids = list(names_of_grids())
    for number in range(PEOPLE):
        name, phone = person(number + PEOPLE // 2, "139")
        yield (number + 1, name, phone, *grids[number % GRIDS], "理发、修电器", HOURS[number % 4], "")


def posts() -> Iterator[Row]:
    """Yield a table of posts with their holders."""
    yield ("街道", "社区", "网格", "岗位", "职责", "姓名", "电话")
    for number, grid in enumerate(names_of_grids()):
        for place in range(POSTS_A_GRID):
            name, phone = person(number * POSTS_A_GRID + place, "137")
            yield (*grid, f"第{place + 1}岗", "走访、宣传、调解", name, phone)


def shops() -> Iterator[Row]:
    """Yield a table of shops."""
    yield ("商户名称", "统一社会信用代码", "街道", "社区", "经营者", "电话")
    grids = list(names_of_grids())
    for number in range(SHOPS):
        first = f"92370306MA{number:07}"
        name, phone = person(number, "136")
        code = first + licence.check_character(first)
        yield (f"第{number + 1}小店", code, *grids[number % GRIDS][:2], name, phone)


def buildings() -> Iterator[Row]:
    """Yield a list of buildings."""
    yield ("街道", "社区", "网格", "小区", "楼号", "别名", "户数")
    for number, grid in enumerate(names_of_grids()):
        for place in range(BUILDINGS_A_GRID):
            yield (*grid, f"幸福路{number + 1}号院", f"{place + 1}号楼", f"{place + 1}栋", 36)


FILES: dict[ImportKind, Callable[[], Iterator[Row]]] = {
    ImportKind.AREAS: areas,
    ImportKind.UNITS: units,
    ImportKind.MEMBERS: members,
    ImportKind.VOLUNTEERS: volunteers,
    ImportKind.POSTS: posts,
    ImportKind.MERCHANTS: shops,
    ImportKind.BUILDINGS: buildings,
}


def workbook(rows: Iterator[Row]) -> bytes:
    """Return rows as a spreadsheet program would save them."""
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


async def take(url: str, kind: ImportKind, area_id: UUID, content: bytes) -> Taken:
    """Take a file in as the API and the worker do."""
    settings = Settings(_env_file=None, database_url=url)
    secret = settings.data_key.get_secret_value()
    database = Database(url, settings)
    loaded_mib = peak_mib()
    times_s = [time.perf_counter()]
    columns = mapping.look(KINDS[kind], content)
    times_s.append(time.perf_counter())
    async with database.transaction() as connection:
        import_id = await steps.upload(
            connection,
            secret,
            transitions.SYSTEM,
            kind=kind,
            area_id=area_id,
            filename="bench.xlsx",
            content=content,
            columns=columns,
        )
        await steps.begin_check(connection, import_id, transitions.SYSTEM)
    await checking.check(database, secret, import_id)
    times_s.append(time.perf_counter())
    async with database.transaction() as connection:
        await steps.begin_apply(connection, import_id, transitions.SYSTEM, accepts_refused=False)
    await applying.apply(database, secret, import_id)
    times_s.append(time.perf_counter())
    row = await database.reads.fetchrow(COUNTS, import_id)
    database.close()
    assert row is not None
    assert row["status"] == "done", row
    look_s, check_s, write_s = (later - earlier for earlier, later in pairwise(times_s))
    counts = [row[name] for name in ("added", "changed", "untouched", "refused")]
    cpu_s = time.process_time()
    return Taken(row["rows"], len(content) / 1024, look_s, check_s, write_s, cpu_s, loaded_mib, peak_mib(), counts)


def run(url: str, kind: ImportKind, area_id: UUID, content: bytes) -> Taken:
    """Take a file in, in a process of its own that has loaded what a worker loads."""
    assert worker.run is not None
    return asyncio.run(take(url, kind, area_id, content))


async def plant(url: str) -> UUID:
    """Plant the district; return its id."""
    database = Database(url, Settings(_env_file=None))
    async with database.transaction() as connection:
        area_id = await adding.add_root(connection, AreaKind.DISTRICT, DISTRICT, "370306")
    database.close()
    return area_id


def measure() -> Section:
    """Take every file in twice."""
    rows, goals = [], []
    with running_server() as server, scratch_database(server) as url:
        command.upgrade(alembic_config(url), "head")
        area_id = asyncio.run(plant(url))
        for kind, lines in FILES.items():
            content = workbook(lines())
            for which in ("first", "again"):
                with multiprocessing.get_context("spawn").Pool(1) as process:
                    taken: Any = process.apply(run, (url, kind, area_id, content))
                name = f"{kind}, {which}"
                rows.append(taken.row(name))
                print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
                if taken.rows >= PEOPLE:
                    goals.append(Goal(f"import of {taken.rows:,} {name}: time", taken.seconds, TIME_GOAL_S, "s"))
                    goals.append(
                        Goal(f"import of {taken.rows:,} {name}: memory", taken.peak_mib, MEMORY_GOAL_MIB, "MiB")
                    )
    return Section("Imports", TOLD, [*HEAD, *COUNTED], rows, goals)
