"""A made-up district as its offices would write it down: seven tables, each with the dirt and the faults of real ones.

Dirt is what a person reads over: 繁體 headings, title rows, blanks in names, numbers kept as text, four ways to write a
day. Faults are what nobody can read: they are planted in known rows and columns, and each has to be named.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO, StringIO

import xlsxwriter

from app.domain import licence

Cell = str | int | float | None
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英建国文华玉梅志"
KINDS = ("在职党员", "离退休", "流动党员", "無職黨員", "两新组织党员")
UNIT_KINDS = ("机关", "国有企业", "社会組織", "物业公司", "职能部门")
SKILLS = ("理发", "修电器、修水管", "法律咨询", "书法;绘画", "")
PROFESSIONS = ("退休教師", "电工", "", "个体", "护士")
HOURS = (
    "周六14:00-17:00；周日上午",
    "週一至週五 晚上７点～９点",
    "周末全天",
    "",
    "每天早上\n星期三、五下午2点到4点半",
    "隨時",
    "无",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large the district is."""

    grids: int = 12
    units: int = 40
    members: int = 120
    volunteers: int = 240
    merchants: int = 12
    buildings: int = 60


REAL = Size(grids=486, units=6_831, members=5_000, volunteers=15_000, merchants=800, buildings=5_832)
"""The figures of a real district, and the organisations of a city."""


@dataclass(slots=True)
class Table:
    """One file: what it is sent as, and which column of which row has to be complained of."""

    kind: str
    filename: str
    rows: list[Sequence[Cell]]
    faults: dict[int, str | None] = field(default_factory=dict)
    doubts: set[int] = field(default_factory=set)
    encoding: str | None = None

    @property
    def content(self) -> bytes:
        """The bytes of the file: a workbook, or csv in ``encoding``."""
        if self.encoding is not None:
            text = StringIO(newline="")
            csv.writer(text).writerows(self.rows)
            return text.getvalue().encode(self.encoding)
        file = BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            sheet = book.add_worksheet("Sheet1")
            for number, row in enumerate(self.rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, str) and cell.startswith("=="):
                        sheet.write_formula(number, place, cell[1:], None, 13_800_000_000)
                    elif cell is not None:
                        sheet.write(number, place, cell)
        return file.getvalue()

    def plant(self, column: str | None, *row: Cell) -> None:
        """Add a row with a fault in ``column``."""
        self.rows.append(row)
        self.faults[len(self.rows)] = column


class District:
    """Tables of one district, the same for the same seed."""

    def __init__(self, size: Size, seed: int = 1) -> None:
        self.size = size
        self._chance = random.Random(seed)  # noqa: S311 - made-up people
        self._phone = self._chance.randrange(10**7)
        streets = max(1, size.grids // 30)
        communities = max(2, size.grids // 6)
        self.streets = [f"{'东西南北'[n % 4]}{'门湖山河城园'[n // 4 % 6]}{n // 24 or ''}街道" for n in range(streets)]
        self.communities = [
            (f"{'幸福和平阳光安居青年'[n % 5 * 2 : n % 5 * 2 + 2]}{n // 5 or ''}社区", self.streets[n % streets])
            for n in range(communities)
        ]
        self.grids = [
            (
                f"{self.communities[n % communities][0][:2]}第{n // communities + 1}网格",
                *self.communities[n % communities],
            )
            for n in range(size.grids)
        ]
        self.unit_names = [f"{'区市省'[n % 3]}第{n + 1}{'局所公司中心'[n % 5 : n % 5 + 2]}" for n in range(size.units)]

    def tables(self) -> Iterator[Table]:
        """Yield the tables in the order in which they have to come in."""
        yield self._areas()
        yield self._units()
        yield self._members()
        yield self._volunteers()
        yield self._posts()
        yield self._merchants()
        yield self._buildings()

    def _areas(self) -> Table:
        table = Table("areas", "区域一览表（最终版2）.xlsx", [("某某区街道、社区、网格一览表",), ()])
        table.rows.append(("序号", "街道名稱", "社區", "網格", "户数（户）", "人口"))
        for street in self.streets:
            table.rows.append((None, street, None, None, None, None))
        households = {name: 0 for name, _ in self.communities}
        grid_rows: list[Sequence[Cell]] = []
        for n, (grid, community, street) in enumerate(self.grids):
            count = self._chance.randrange(200, 500)
            households[community] += count
            written: Cell = count if n % 3 else f"{count}户"
            grid_rows.append((n + 1, street, community.replace("阳", "陽"), grid, written, str(count * 3)))
        for n, (community, street) in enumerate(self.communities):
            wrong = n == 0
            table.rows.append((None, street, community, None, households[community] + 11 * wrong, None))
            if wrong:
                table.doubts.add(len(table.rows))
        table.rows.append(())
        table.rows += grid_rows
        grid, community, street = self.grids[0]
        table.plant(None, "重", street, community, grid, 300, 900)
        table.plant("households", 900, street, community, "第九十九网格", "三百来户", 900)
        table.plant(None, 901, street, "没有的社区", "第九十八网格", 300, 900)
        table.rows.append(("合计", None, None, None, None, None))
        return table

    def _units(self) -> Table:
        table = Table("units", "單位名冊.csv", [("單位名稱", "单位性质", "所在社区", "备注")], encoding="gb18030")
        for n, name in enumerate(self.unit_names):
            community = self.communities[n % len(self.communities)][0] if n % 4 else ""
            table.rows.append(
                (f" {name}" if n % 7 == 0 else name, UNIT_KINDS[n % 5], community, "" if n % 9 else "=1+1")
            )
        table.plant("kind", "区第零局", "外星机构", "", "")
        table.plant("community", "区第零所", "机关", "没有的社区", "")
        table.plant("name", "很长的名字" * 12, "机关", "", "")
        table.plant(None, self.unit_names[4], UNIT_KINDS[4], "", "")
        return table

    def _members(self) -> Table:
        head = ("序號", "姓 名", "身份证号", "手机号码", "黨員類別", "工作单位", "居住社区", "網格", "报到时间")
        table = Table("members", "在职党员报到名册.xlsx", [("双报到党员花名册", *[None] * 8), head])
        first = None
        for n in range(self.size.members):
            grid, community, _ = self.grids[n % len(self.grids)]
            kind = KINDS[n % 5]
            unit = self.unit_names[n % len(self.unit_names)] if kind in {"在职党员", "两新组织党员"} else None
            name, phone = self._name(), self._number()
            first = first or (name, phone)
            row = (n + 1, self._spaced(name, n), "110101199003078515", self._written(phone, n), kind, unit)
            table.rows.append((*row, community, grid, self._day(n)))
        grid, community, _ = self.grids[0]
        assert first is not None, "there is somebody"
        rest = (KINDS[1], None, community, grid, None)
        table.plant(None, "重", first[0], None, first[1], *rest)
        table.plant("phone", 1, self._name(), None, "1391234567", *rest)
        table.plant("phone", 2, self._name(), None, "1.39E+10", *rest)
        table.plant("phone", 3, self._name(), None, "==13800000000+1", *rest)
        table.plant("name", 4, None, None, self._number(), *rest)
        table.plant("kind", 5, self._name(), None, self._number(), "入党积极分子", None, community, grid, None)
        table.plant("grid", 6, self._name(), None, self._number(), KINDS[1], None, community, "没有的网格", None)
        table.plant("unit", 7, self._name(), None, self._number(), KINDS[0], "没有的单位", community, grid, None)
        table.plant(
            "home_checked_in_on", 8, self._name(), None, self._number(), KINDS[1], None, community, grid, "去年夏天"
        )
        return table

    def _volunteers(self) -> Table:
        head = ("志愿者姓名", "联系方式", "所属社区", "所属网格", "服务特长", "職業", "可服務時間")
        table = Table("volunteers", "志愿者.csv", [head], encoding="utf-8-sig")
        for n in range(self.size.volunteers):
            grid, community, _ = self.grids[n % len(self.grids)]
            written = str(self._written(self._number(), n))
            offered = SKILLS[n % 5], PROFESSIONS[n % 5], HOURS[n % 7]
            table.rows.append((self._spaced(self._name(), n), written, community, grid, *offered))
        grid, community, _ = self.grids[0]
        table.plant("phone", self._name(), "没有手机", community, grid, "")
        table.plant("skills", self._name(), self._number(), community, grid, "、".join(f"本事{n}" for n in range(11)))
        table.plant("community", self._name(), self._number(), "没有的社区", grid, "")
        for hours in ("有空就来", "上午", "周六17:00-14:00", "周六上午；周末9:00-10:00", "周三2点-5点"):
            table.plant("free_hours", self._name(), self._number(), community, grid, "", "", hours)
        table.plant("profession", self._name(), self._number(), community, grid, "", "什么都做" * 8, "")
        return table

    def _posts(self) -> Table:
        table = Table("posts", "网格员.xlsx", [("岗位", "职责", "社区", "网格", "责任人", "电话")])
        for n, (grid, community, _) in enumerate(self.grids):
            holder = (self._name(), self._written(self._number(), n)) if n % 10 else (None, None)
            table.rows.append(("网格长", "统筹网格各项事务", community, grid, *holder))
        grid, community, _ = self.grids[0]
        table.plant("phone", "楼栋长", "联系居民", community, grid, self._name(), None)
        table.plant("duty", "巡逻员", None, community, grid, None, None)
        table.plant(None, "网格长", "统筹网格各项事务", community, grid, None, None)
        return table

    def _merchants(self) -> Table:
        table = Table("merchants", "联盟商户.xlsx", [("店名", "信用代码", "社区", "经营者", "手机")])
        licences = [self._licence() for _ in range(self.size.merchants)]
        for n, number in enumerate(licences):
            community = self.communities[n % len(self.communities)][0]
            written = number.lower() if n % 3 else number
            table.rows.append((f"老{SURNAMES[n % 32]}小店{n}", written, community, self._name(), self._number()))
        community = self.communities[0][0]
        wrong = licences[0][:-1] + ("0" if licences[0][-1] != "0" else "1")
        table.plant("licence", "错码店", wrong, community, self._name(), self._number())
        table.plant(None, "重复店", licences[0], community, self._name(), self._number())
        table.plant("phone", "无电话店", self._licence(), community, self._name(), None)
        return table

    def _buildings(self) -> Table:
        head = ("所在社區", "網格名稱", "小區名稱", "樓棟", "俗稱", "戶數", "經度", "緯度")
        table = Table("buildings", "楼栋台账.xlsx", [("楼栋基础信息台账",), head])
        for n in range(self.size.buildings):
            grid, community, _ = self.grids[n % len(self.grids)]
            yard, house = n // len(self.grids) // 5 + 1, n // len(self.grids) % 5 + 1
            written = (f"{house}号楼", f"{house}栋", f"{chr(0xFF10 + house)}#樓", f"{house}號樓")[n % 4]
            point: tuple[Cell, Cell] = (117.85 + n % 100 / 1e4, "36.81") if n % 3 else (None, None)
            households: Cell = f"{house * 12}户" if n % 2 else house * 12
            road = f"{grid}路{yard}号院"
            table.rows.append(
                (
                    community,
                    grid,
                    road,
                    f"{road}{written}" if n % 6 == 0 else written,
                    "老楼" * (n % 9 == 0),
                    households,
                    *point,
                )
            )
        grid, community, _ = self.grids[0]
        first = f"{grid}路1号院"
        table.plant(None, community, grid, None, f"{first}一号楼", None, 12)
        table.plant("grid", community, "没有的网格", None, "某路1号楼")
        table.plant("grid", community, None, None, "某路1号楼")
        table.plant("name", community, grid, first, None)
        table.plant("name", community, grid, None, "张三家13812345678")
        table.plant("households", community, grid, None, "某路2号楼", None, "几十户")
        table.plant("latitude", community, grid, None, "某路3号楼", None, 12, 117.85)
        table.plant("longitude", community, grid, None, "某路4号楼", None, 12, 36.81, 117.85)
        return table

    def _name(self) -> str:
        return self._chance.choice(SURNAMES) + "".join(self._chance.sample(GIVEN, 2))

    def _licence(self) -> str:
        first = "92510104MA" + "".join(self._chance.choice(licence.ALPHABET) for _ in range(7))
        return first + licence.check_character(first)

    def _number(self) -> str:
        self._phone += 1
        return f"139{self._phone % 10**8:08d}"

    def _spaced(self, name: str, n: int) -> str:
        return f"{name[0]}　{name[1:]}" if n % 11 == 0 else f" {name}" if n % 13 == 0 else name

    def _written(self, phone: str, n: int) -> Cell:
        ways: tuple[Cell, ...] = (
            phone,
            int(phone),
            f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
            f"+86 {phone}",
            "".join(chr(ord(digit) + 0xFEE0) for digit in phone),
        )
        return ways[n % 5]

    def _day(self, n: int) -> Cell:
        return ("2025-03-04", "2025.3.4", "2025年3月4日", 45_720, None)[n % 5]
