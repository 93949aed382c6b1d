"""Words of the demo district: made-up places, units and shops, and what its people ask for, do and say."""

from typing import NamedTuple

from app.domain.kinds import OfferKind, UnitKind, WishCategory

DISTRICTS = ("云帆区", "清禾区", "望湖区", "锦书区", "临风区", "听泉区")
STREETS = ("晨光街道", "柳岸街道", "长桥街道", "东篱街道", "南山坡街道", "石榴街道", "白鹭街道", "北辰街道")
COMMUNITY_STEMS = (
    "桂花",
    "望江",
    "翠竹",
    "向阳",
    "银杏",
    "书院",
    "渔村",
    "青石",
    "梧桐",
    "安和",
    "荷塘",
    "水车",
    "百草",
    "远航",
    "明月",
    "松涛",
)
COMMUNITY_ENDINGS = ("里", "苑", "园", "坊", "巷", "湾")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
RESIDENT_FORMS = ("阿姨", "叔叔", "奶奶", "爷爷", "大姐", "师傅")
HELPER_FORMS = ("老{}", "小{}", "{}工", "{}老师", "{}医生", "{}师傅")
SKILLS = ("水电维修", "理发", "陪同就医", "辅导功课", "手机教学", "搬运", "心理疏导", "摄影", "法律咨询", "家电清洗")

UNITS = (
    ("区市场服务中心", UnitKind.GOVERNMENT),
    ("区公共图书馆", UnitKind.GOVERNMENT),
    ("区供水管理所", UnitKind.DEPARTMENT),
    ("区路灯管理所", UnitKind.DEPARTMENT),
    ("云桥软件有限公司", UnitKind.ENTERPRISE),
    ("长桥公交公司", UnitKind.ENTERPRISE),
    ("晨光物业服务公司", UnitKind.PROPERTY),
    ("暖邻社会工作服务社", UnitKind.SOCIAL_ORGANISATION),
)

# Title and body; {floor} is a floor, {room} a room, {day} a day of the week.
WISHES: dict[WishCategory, tuple[tuple[str, str], ...]] = {
    WishCategory.ELDERLY: (
        ("想请人换一下厨房的灯泡", "我七十六了，厨房的灯坏了两天，够不着。灯泡买好了，家在{floor}楼，{day}都在家。"),
        ("想学会用手机挂号", "孩子在外地，每次看病都要去窗口排队，想请人教教怎么在手机上挂号，最好{day}下午。"),
        ("想有人陪着说说话", "老伴走后家里冷清，想有人{day}来坐坐，聊聊天，下盘棋也行。"),
        ("家里的水龙头一直滴水", "卫生间水龙头关不紧，滴滴答答睡不着，{floor}楼{room}室，麻烦会修的邻居来看看。"),
        ("想修一修旧收音机", "用了二十年的收音机不响了，舍不得扔，有没有会修的师傅？{day}在家。"),
    ),
    WishCategory.DISABLED: (
        ("轮椅刹车坏了想修一下", "右边的刹车捏不住，下坡害怕，住{floor}楼{room}室，有电梯。"),
        ("想请人帮忙取一下快递", "腿脚不便，快递柜在小区门口，{day}有两个大件，想请邻居帮忙拿上{floor}楼。"),
        ("想去一趟图书馆", "视力不好，一个人坐车不放心，想{day}有人陪我去借几本有声书。"),
    ),
    WishCategory.HARDSHIP: (
        ("需要一床过冬的厚被子", "刚搬来，家里东西不全，天冷了想要一床厚被子，旧的干净的就很好。"),
        ("想要一张旧书桌", "孩子一直在饭桌上写作业，谁家有不用的书桌可以给我们，{day}可以自己来搬。"),
        ("电饭锅坏了想请人修", "电饭锅插上没反应，换一个对我们来说不便宜，想请懂电器的邻居看看。"),
    ),
    WishCategory.EMPLOYMENT: (
        ("想请人帮忙看看简历", "在家带了六年孩子，准备重新找工作，简历不知道怎么写，{day}晚上有空。"),
        ("想学一点电脑表格", "应聘的岗位要会做表格，想请会的邻居教两个小时，{day}可以去社区活动室。"),
        ("想打听家附近的零工", "下岗半年，身体还行，会开货车，想知道附近有没有正规的零工信息。"),
    ),
    WishCategory.MEDICAL: (
        ("想有人陪我去医院复查", "下{day}上午要去复查眼睛，散瞳以后看不清路，想有人陪着去、陪着回。"),
        ("想请人教我量血压", "新买的血压计不会用，说明书字太小，{floor}楼{room}室，想请人上门教一教。"),
        ("想问问康复训练怎么做", "手术后医生给了一张训练图，有几个动作看不明白，想请懂的邻居指点一下。"),
    ),
    WishCategory.SCHOOLING: (
        ("想给孩子找位数学辅导", "孩子上五年级，分数应用题总错，想请老师{day}晚上讲一讲，在社区活动室就行。"),
        ("想要几本旧的课外书", "孩子爱看书，家里买得不多，谁家孩子看完的书可以借给我们，一定爱惜。"),
        ("想请人陪孩子练口语", "孩子英语不敢开口，想请大学生哥哥姐姐{day}陪着练半个小时。"),
    ),
    WishCategory.OTHER: (
        ("想借一架梯子用半天", "要擦窗户和换窗帘，想{day}借一架人字梯用半天，用完就还。"),
        ("想请人帮忙照看几天花", "{day}起出门四天，阳台上的花没人浇水，住{floor}楼{room}室，浇两次就好。"),
        ("楼道里的旧沙发想搬下去", "旧沙发放在{floor}楼楼道，自己搬不动，想请两位邻居帮忙搬到楼下回收点。"),
    ),
}
DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

DELIVERY_NOTES = (
    "已上门，都弄好了，老人很满意。",
    "按约定时间去的，事情办完了，留了电话方便再联系。",
    "做好了，还顺便检查了一下家里的插座。",
    "陪着去、陪着回，一切顺利。",
    "东西已经送到家里，当面试过，好用。",
)
THANKS = (
    "谢谢，远亲不如近邻！",
    "小伙子又细心又耐心，太感谢了。",
    "帮了大忙，给你点赞。",
    "没想到这么快，谢谢社区，谢谢你。",
    None,
)
REJECT_REASONS = ("内容不够清楚，请补充时间和需要帮什么忙。", "这件事请直接拨打物业电话，会更快。")
DISPUTE_REASONS = ("来过一次，还没有弄好。",)
RETURN_REASONS = ("请和居民再约一次时间，把剩下的做完。",)

COMMUNITY_POST = ("社区服务岗", "统筹本社区的诉求、心愿和报到审核，接住没有网格员的网格。")
GRID_POST = ("网格员", "走访本网格，签收和答复诉求，审核心愿和报到，核实服务。")


class TeamWords(NamedTuple):
    """A team of volunteers and what it does every Saturday."""

    name: str
    introduction: str
    service: str
    description: str


TEAMS = (
    TeamWords("巧手维修队", "会修水电和家电的邻居，小毛病不用请人。", "修灯修水管", "带着工具上门，材料自备。"),
    TeamWords("夕阳陪伴队", "陪独居老人说话、散步、看病。", "陪老人散步", "天气好就出门，天气不好就在家坐坐。"),
    TeamWords("小书桌辅导队", "老师和大学生，陪孩子把作业写明白。", "作业辅导", "在社区活动室，带上课本。"),
    TeamWords("清风美化队", "楼道、花坛和墙面，一起收拾干净。", "打扫楼道", "扫把和手套由社区准备。"),
)
ALLIANCE = ("邻里志愿同盟", "谁家有事，各队一起搭把手。")
SATURDAYS = '[{"weekdays": [6], "from": "09:00", "to": "11:30"}]'

SHOP_STEMS = ("老李", "清风", "暖阳", "邻里", "百合", "长桥", "金桂", "小巷", "如意", "知味")
PERMITS = {"面馆": "食品经营许可证", "理发店": "公共场所卫生许可证", "药房": "药品经营许可证"}
"""What such a shop hangs on its wall beside the licence."""
DAYTIME = '[{"weekdays": [1, 2, 3, 4, 5, 6, 7], "from": "09:00", "to": "20:30"}]'
WEEKDAYS = (
    '[{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "to": "12:00"},'
    ' {"weekdays": [1, 2, 3, 4, 5], "from": "14:00", "to": "18:00"}]'
)


class OfferWords(NamedTuple):
    """What a shop gives; ``per_person`` and ``per_day`` are its limits, None for none."""

    kind: OfferKind
    title: str
    description: str
    terms: str | None
    points: int
    stock: int
    per_person: int | None
    per_day: int | None
    opening_hours: str = DAYTIME


GOODS, DISCOUNT, SERVICE = OfferKind.GOODS, OfferKind.DISCOUNT, OfferKind.SERVICE
# What the shop is called, then its offers. Points buy services and a thank-you, never goods for sale.
SHOPS: tuple[tuple[str, tuple[OfferWords, ...]], ...] = (
    (
        "面馆",
        (
            OfferWords(GOODS, "热面一碗", "凭券到店，清汤或微辣，感谢您为邻里出力。", "限堂食。", 10, 200, 5, 30),
            OfferWords(DISCOUNT, "免费加汤加面", "当日有效。", "点一碗面可用一张。", 5, 500, None, None),
        ),
    ),
    (
        "理发店",
        (
            OfferWords(SERVICE, "剪发一次", "洗剪吹，周一至周五。", "到店请先说一声。", 20, 100, 2, 10, WEEKDAYS),
            OfferWords(SERVICE, "老人上门理发", "可转给家里老人用。", "提前一天约。", 30, 40, 2, 4, WEEKDAYS),
        ),
    ),
    (
        "书屋",
        (
            OfferWords(SERVICE, "借书证一个月", "一次借三本，可续借。", None, 10, 300, 3, None),
            OfferWords(SERVICE, "亲子共读一场", "周六下午，一大一小。", "请提前五分钟到。", 20, 60, 2, 12),
        ),
    ),
    (
        "洗衣店",
        (
            OfferWords(SERVICE, "外套清洗一件", "普通外套，三天取。", "皮草、羽绒除外。", 20, 120, 2, 8),
            OfferWords(SERVICE, "缝补一次", "扣子、拉链、裤脚。", None, 10, 200, None, 20),
        ),
    ),
    (
        "便民维修",
        (
            OfferWords(SERVICE, "磨刀两把", "每周三在社区广场。", None, 5, 300, 5, None, WEEKDAYS),
            OfferWords(SERVICE, "自行车保养一次", "打气、上油、调刹车。", "换零件另说。", 10, 150, 3, 15, WEEKDAYS),
        ),
    ),
    (
        "药房",
        (
            OfferWords(SERVICE, "血压血糖检测一次", "空腹来测更准。", None, 5, 400, None, 40),
            OfferWords(SERVICE, "家庭药箱整理一次", "请把药带到店里。", "处方药不代配。", 10, 80, 2, 6),
        ),
    ),
)
