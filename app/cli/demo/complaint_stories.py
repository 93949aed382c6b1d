"""The complaints of the named people: one in each state that one can log in and live on from."""

from dataclasses import dataclass

from app.cli.demo import complaint_lives as lives
from app.cli.demo.complaint_lives import AUTHOR, STAFF, Act, Plot, hours, plot
from app.cli.demo.complaint_words import GIVEN, NEEDED, UNHAPPY, UP_TO_COMMUNITY, UP_TO_STREET, Topic
from app.cli.demo.people import OTHER_RESIDENT, RESIDENT, DemoPerson
from app.domain.kinds import Outcome


@dataclass(frozen=True, slots=True)
class Story:
    """One complaint and where it stands now; without an ``author`` staff typed it in. ``into`` is a story's title."""

    status: str
    plot: Plot
    author: DemoPerson | None
    posted_hours_ago: int
    topic: Topic
    grid: int = 0
    joiners: int = 0
    has_phone: bool = False
    shows_name: bool = False
    outcome: Outcome = Outcome.RESOLVED
    units: tuple[int, ...] = ()
    """Places in the list of units, the lead's first."""
    into: str | None = None
    looked: str | None = None


def staff(action: str, after_hours: float, words: str | None = None) -> Act:
    """Return an act of staff so long after the one before."""
    return Act(action, STAFF, hours(after_hours, after_hours), (words,))


def author(action: str, after_hours: float, words: str | None = None, *, is_satisfied: bool | None = None) -> Act:
    """Return an act of whoever complained."""
    return Act(action, AUTHOR, hours(after_hours, after_hours), (words,), is_satisfied)


CHECKED = lives.CHECKED
ACCEPTED = staff("accept", 0.6)
ANSWERED = staff("answer", 26)

STORIES = (
    Story(
        "closed",
        plot(CHECKED, ACCEPTED, ANSWERED, author("rate", 30, "灯亮了，晚上敢下楼了。", is_satisfied=True)),
        RESIDENT,
        30 * 24,
        Topic(
            "lighting",
            "三单元二楼的楼道灯不亮",
            "3号楼三单元二楼的灯坏了好几天，晚上老人孩子上楼全靠摸黑。",
            "3号楼三单元二楼",
            "已换上新的感应灯，整个单元都检查了一遍。",
        ),
        joiners=3,
        shows_name=True,
    ),
    Story(
        "answered",
        plot(CHECKED, ACCEPTED, ANSWERED),
        RESIDENT,
        4 * 24,
        Topic(
            "sanitation",
            "东门垃圾点味道太大",
            "东门的垃圾点每到下午就满，味道一直飘到楼上，能不能多清运一次。",
            "小区东门垃圾点",
            "从今天起改为每天清运两次，网格员早晚各看一次，请您再看几天。",
        ),
        joiners=2,
    ),
    Story(
        "open",
        plot(CHECKED),
        OTHER_RESIDENT,
        1,
        Topic(
            "water",
            "5号楼停水没有通知",
            "5号楼从早上起没有水，家里有老人，不知道什么时候来。",
            "5号楼",
            "主管抢修完成，已恢复供水。",
        ),
        joiners=5,
        has_phone=True,
    ),
    Story(
        "waiting",
        plot(CHECKED, ACCEPTED, staff("wait", 3, NEEDED[0])),
        RESIDENT,
        40,
        Topic(
            "noise",
            "楼下晚上放音乐太吵",
            "一楼的店晚上放音乐，低音震得床都在抖，家里老人睡不着。",
            "8号楼一楼临街",
            "店家已调低音量并承诺十点后关闭。",
        ),
    ),
    Story(
        "accepted",
        plot(CHECKED, ACCEPTED, staff("wait", 2, NEEDED[2]), author("resume", 20, GIVEN[2])),
        OTHER_RESIDENT,
        60,
        Topic(
            "property",
            "6号楼单元门关不上",
            "6号楼二单元的门锁坏了，白天晚上都敞着，谁都能进来。",
            "6号楼二单元门口",
            "物业已换上新锁。",
        ),
        has_phone=True,
        looked="上门前需要和居民约时间。",
    ),
    Story(
        "accepted",
        plot(
            CHECKED,
            staff("escalate", 0.2, UP_TO_COMMUNITY),
            staff("escalate", 20, UP_TO_STREET),
            staff("take_on", 6),
        ),
        OTHER_RESIDENT,
        5 * 24,
        Topic(
            "illegal_building",
            "河边步道被围起来盖了房",
            "河边步道被人用铁皮围了一段，盖了两间小房，散步只能走到马路上。",
            "河边步道北段",
            "已依法拆除并恢复步道。",
        ),
        joiners=4,
        shows_name=True,
    ),
    Story(
        "open",
        plot(CHECKED, staff("escalate", 8, UP_TO_COMMUNITY)),
        RESIDENT,
        14,
        Topic(
            "parking",
            "消防通道停满了车",
            "2号楼前的消防通道每天晚上都停满私家车，救护车进不来。",
            "2号楼前消防通道",
            "已重新划线并装上禁停标志。",
        ),
        joiners=2,
    ),
    Story(
        "open",
        plot(CHECKED, lives.UNACCEPTED, lives.UNACCEPTED, lives.UNACCEPTED),
        OTHER_RESIDENT,
        26 * 24,
        Topic(
            "roads",
            "两个区交界的路没人修",
            "桥头那段路坑坑洼洼，两边都说不归自己管，下雨全是水坑。",
            "老桥西头",
            "已明确由区里养护，列入本月计划。",
        ),
        joiners=3,
    ),
    Story(
        "answered",
        plot(CHECKED, ACCEPTED, staff("dispatch", 2), staff("answer", 80)),
        OTHER_RESIDENT,
        5 * 24,
        Topic(
            "lighting",
            "东门外的路灯一排都不亮",
            "小区东门到公交站的路灯好几天没亮了，晚上下班走这段路很害怕。",
            "东门外人行道",
            "路灯管理所接好了电缆，物业剪了挡光的树枝，当晚全部亮灯。",
        ),
        joiners=3,
        units=(3, 6),
    ),
    Story(
        "accepted",
        plot(CHECKED, ACCEPTED, staff("dispatch", 1)),
        RESIDENT,
        5,
        Topic(
            "lighting",
            "小广场的灯晚上不亮",
            "小广场的灯坏了两盏，晚上带孩子出来看不清路。",
            "小广场",
            "已换上新灯。",
        ),
        units=(3, 6),
    ),
    Story(
        "merged",
        plot(CHECKED, staff("merge", 2)),
        OTHER_RESIDENT,
        4 * 24 - 5,
        Topic(
            "sanitation",
            "东门的垃圾桶又满又臭",
            "东门垃圾桶下午就满了，太臭了，希望每天多拉一次。",
            "小区东门",
            "从今天起改为每天清运两次。",
        ),
        into="东门垃圾点味道太大",
    ),
    Story(
        "reopened",
        plot(
            CHECKED,
            ACCEPTED,
            ANSWERED,
            author("rate", 60, UNHAPPY[0], is_satisfied=False),
            author("reopen", 0.000001, UNHAPPY[0]),
        ),
        RESIDENT,
        87,
        Topic(
            "power",
            "7号楼一到晚上就跳闸",
            "7号楼一单元一到晚上做饭就跳闸，冰箱里的东西都化了。",
            "7号楼一单元电表箱",
            "已更换老化的空气开关。",
        ),
        joiners=1,
    ),
    Story(
        "accepted",
        plot(CHECKED, ACCEPTED),
        RESIDENT,
        30,
        Topic(
            "neighbours",
            "楼上漏水不肯修",
            "楼上卫生间漏水把我家天花板泡了，找了几次都不开门，想请社区调解。",
            "3号楼三单元",
            "双方已在调解室谈妥并签了协议。",
        ),
    ),
    Story(
        "reviewing",
        plot(lives.HELD),
        OTHER_RESIDENT,
        3,
        Topic(
            "consumer",
            "菜市场有摊位缺斤少两",
            "买三斤排骨，回家一称少了六两，摊主还骂人。",
            "菜市场肉类区",
            "已换新的公平秤，短秤的摊主退款并停业三天。",
        ),
    ),
    Story(
        "rejected",
        plot(CHECKED, staff("reject", 5, "房屋买卖纠纷正在法院审理，请以判决为准。")),
        OTHER_RESIDENT,
        9 * 24,
        Topic("other", "买房合同的事没人管", "和中介的合同官司打了半年，希望社区出面。", "不详", ""),
    ),
    Story(
        "withdrawn",
        plot(CHECKED, author("withdraw", 3)),
        RESIDENT,
        12 * 24,
        Topic("pets_greenery", "楼下的狗叫了一晚上", "楼下的狗叫了一晚上，睡不着。", "3号楼楼下", ""),
    ),
    Story(
        "accepted",
        plot(CHECKED, ACCEPTED),
        None,
        22,
        Topic(
            "social_security",
            "老人不会做养老金认证",
            "老人不会用手机，养老金认证一直失败，怕下个月停发。",
            "4号楼一单元",
            "社工已上门帮老人完成认证。",
        ),
    ),
)
