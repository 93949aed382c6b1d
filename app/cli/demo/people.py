"""The people of the demo district whom one can log in as. All are made up."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody with a part in the story; ``name`` is what the simulator's log-in codes call them, without ``-``."""

    name: str
    nickname: str
    role: str


ADMINISTRATOR = DemoPerson("管理员", "区管理员", "全区管理员：授权、查看全区")
STAFF = DemoPerson("社工小林", "社工小林", "第一个社区的社工：审核心愿、党员和志愿者，办理诉求")
OTHER_STAFF = DemoPerson("社工小何", "社工小何", "第二个社区的社工：只看得到自己的社区")
GRID_WORKER = DemoPerson("网格员小许", "网格员小许", "第一个网格的网格员：签收、答复或上报本网格的诉求")
LEADER = DemoPerson("书记老吴", "吴书记", "第一个街道的书记：领办社区上报的诉求")
UNIT_WORKER = DemoPerson("单位小秦", "小秦", "区路灯管理所的经办人：办理转来的诉求，看不到是谁提的")
ALLIANCE = DemoPerson("商圈小周", "商圈小周", "全区商圈联盟：审核商户和兑换项")
AUDITOR = DemoPerson("审计小郑", "审计小郑", "全区审计：查看人工调整和值得核查的线索")
UNIT_WORKER_OF = "区路灯管理所"
RESIDENT = DemoPerson("居民张阿姨", "张阿姨", "居民：有各种心愿；诉求有已答复待评价的、等本人补充的、已满意的")
OTHER_RESIDENT = DemoPerson("居民李叔", "李叔", "居民：有待审核和已被认领的心愿；诉求有上报到街道和超期到区里的")
MEMBER = DemoPerson("党员老王", "老王", "在职党员：有积分、一张未用的兑换券")
OTHER_MEMBER = DemoPerson("党员小宋", "小宋", "在职党员：正在帮忙、有积分")
APPLICANT = DemoPerson("党员小唐", "小唐", "刚报到的党员：等社工审核")
VOLUNTEER = DemoPerson("志愿者小陈", "小陈", "志愿者：可以认领心愿")
OWNER = DemoPerson("店主老李", "老李", "商户店主：管理店铺、店员和兑换项")
CLERK = DemoPerson("店员小赵", "小赵", "店员：扫码核销")

PEOPLE = (
    ADMINISTRATOR,
    STAFF,
    OTHER_STAFF,
    GRID_WORKER,
    LEADER,
    UNIT_WORKER,
    ALLIANCE,
    AUDITOR,
    RESIDENT,
    OTHER_RESIDENT,
    MEMBER,
    OTHER_MEMBER,
    APPLICANT,
    VOLUNTEER,
    OWNER,
    CLERK,
)


def demo_people() -> Sequence[DemoPerson]:
    """Return the people of the first demo district, administrator first."""
    return PEOPLE


def name_in_round(name: str, round_number: int) -> str:
    """Return what ``name`` is called in the n-th district loaded into one database: log-in names are unique in it."""
    return name if round_number == 1 else f"{name}_{round_number}"
