"""The wishes of the named people: a few in each state that one can log in and live on from."""

from dataclasses import dataclass

from app.cli.demo import lives
from app.cli.demo.lives import Life
from app.cli.demo.people import (
    MEMBER,
    OTHER_MEMBER,
    OTHER_RESIDENT,
    RESIDENT,
    VOLUNTEER,
    DemoPerson,
)
from app.domain.kinds import WishCategory


@dataclass(frozen=True, slots=True)
class Story:
    """One wish: ``grid`` counts from the first of the district; ``note`` is what the helper says of the delivery."""

    life: Life
    author: DemoPerson
    posted_hours_ago: int
    grid: int
    category: WishCategory
    title: str
    body: str
    helper: DemoPerson | None = None
    note: str = ""
    thanks: str | None = None


STORIES = (
    Story(
        lives.CONFIRMED,
        RESIDENT,
        40 * 24,
        0,
        WishCategory.ELDERLY,
        "想给老伴理个发",
        "老伴卧床三年了，出不了门，头发长了难受。想请会理发的邻居上门理一次，家里有推子。",
        MEMBER,
        "周末上门理的，顺便把指甲也剪了，老人精神多了。",
        "理得真好，老伴高兴得照了半天镜子，谢谢小王同志！",
    ),
    Story(
        lives.CONFIRMED,
        OTHER_RESIDENT,
        33 * 24,
        0,
        WishCategory.OTHER,
        "楼道灯不亮，想请人看看",
        "三单元一楼到二楼的灯一闪一闪的，晚上老人孩子上楼看不清，想请懂电的邻居看看是不是接触不好。",
        MEMBER,
        "是灯座松了，已拧紧并换了新灯泡，亮了。",
        "亮堂了，谢谢！",
    ),
    Story(
        lives.CONFIRMED,
        RESIDENT,
        25 * 24,
        0,
        WishCategory.MEDICAL,
        "想有人陪我去医院取药",
        "每个月要去医院开降压药，最近膝盖疼，走不远，想有人陪我去一趟，坐公交就行。",
        MEMBER,
        "陪阿姨去了医院，药取好了，也教了她手机上怎么挂下个月的号。",
        "一路扶着我，比自己孩子还细心。",
    ),
    Story(
        lives.VERIFIED,
        OTHER_RESIDENT,
        20 * 24,
        1,
        WishCategory.SCHOOLING,
        "孙子想学一点书法",
        "孙子上三年级，坐不住，想请写字好的老师教他几次毛笔字，社区活动室就行。",
        OTHER_MEMBER,
        "已在活动室教了三次，孩子坐得住了，笔墨留给他练习。",
    ),
    Story(
        lives.DELIVERED,
        RESIDENT,
        6 * 24,
        0,
        WishCategory.ELDERLY,
        "手机字太小，想请人调大一点",
        "新换的手机字小得看不清，微信也不知道怎么放大，孩子过年才回来，想请年轻人帮我调一调。",
        VOLUNTEER,
        "字号调大了，还教了视频通话，阿姨已经和女儿通上话了。",
    ),
    Story(
        lives.CLAIMED,
        OTHER_RESIDENT,
        4 * 24,
        0,
        WishCategory.OTHER,
        "阳台的晾衣架掉下来了",
        "晾衣架一头的螺丝脱了，人老了不敢爬高，想请会装的邻居来固定一下，电钻我家没有。",
        OTHER_MEMBER,
    ),
    Story(
        lives.PUBLISHED,
        RESIDENT,
        30,
        0,
        WishCategory.ELDERLY,
        "厨房的灯坏了，想请人换一下",
        "厨房的灯坏了两天，做饭看不见。灯泡已经买好，我个子矮又怕高，想请邻居上门换一下，三单元四楼，下午都在家。",
    ),
    Story(
        lives.PUBLISHED,
        OTHER_RESIDENT,
        52,
        0,
        WishCategory.DISABLED,
        "想有人推我去公园晒晒太阳",
        "坐轮椅两年了，天气好的时候想去河边公园转一转，一个小时就够，周末哪天都行。",
    ),
    Story(
        lives.PUBLISHED,
        RESIDENT,
        26,
        1,
        WishCategory.SCHOOLING,
        "想给外孙女找一张旧书桌",
        "外孙女来我家上学，一直趴在茶几上写作业，想问问谁家有不用的书桌，可以自己去搬。",
    ),
    Story(
        lives.REVIEWING,
        OTHER_RESIDENT,
        7,
        0,
        WishCategory.ELDERLY,
        "想学会在手机上交水电费",
        "每个月要走两里路去交水电费，听说手机上就能交，想请人上门教两次，我记在本子上。",
    ),
)
