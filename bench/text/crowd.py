"""Made-up complaints by the hundred thousand, to be searched among: everyday troubles at places of a made-up town."""

import random
from collections.abc import Iterator

_SYLLABLES = (
    "丝绸太和幸福平安长兴永新胜利东方凤凰明珠金水银河青年建设人民解放文昌学府桃园杏林"
    "梅兰竹柳松鹤鹿鸣龙泉虎山马桥牛庄石门沙河花溪草塘云海星月天宇泰康嘉禾丰盛"
)
_KINDS = ("路", "街", "巷", "花园", "小区", "家园", "新村", "苑", "广场", "市场", "大厦", "公寓")
_SPOTS = (
    "东门",
    "西门",
    "南门",
    "北门",
    "门口",
    "拐角",
    "路口",
    "楼下",
    "楼后",
    "院里",
    "车棚",
    "花坛边",
    "停车场",
    "幼儿园旁",
    "超市前",
    "公厕旁",
    "河边",
    "桥头",
    "公交站",
    "健身区",
    "地下车库",
    "楼道",
    "楼顶",
    "单元门口",
    "围墙外",
    "学校对面",
    "菜市场旁",
    "配电房旁",
)
_SINCE = (
    "三天",
    "一个星期",
    "半个月",
    "一个多月",
    "三个月",
    "半年",
    "一年多",
    "好几天",
    "从上周起",
    "入冬以来",
    "国庆以后",
    "去年到现在",
)
_PLEAS = (
    "请尽快派人来看看。",
    "打过两次电话没有人来。",
    "找物业说归社区管。",
    "希望给个说法。",
    "老人孩子都很害怕。",
    "严重影响生活。",
    "邻居们都有意见。",
    "问了几次都说在等。",
    "再不管就要出事了。",
    "麻烦领导过问一下。",
    "",
    "",
)
_TROUBLES = (
    ("lighting", "路灯不亮", "路灯坏了，晚上看不见路"),
    ("roads", "井盖松动", "井盖松动，车一过就响"),
    ("roads", "健身器材损坏", "健身器材的把手断了"),
    ("roads", "长椅坏了", "休息的长椅只剩铁架"),
    ("roads", "栏杆断裂", "栏杆断了一截，小孩容易掉下去"),
    ("sanitation", "垃圾没人清运", "垃圾桶满了没有人拉走"),
    ("sanitation", "建筑垃圾乱倒", "有人夜里偷倒装修垃圾"),
    ("sanitation", "公厕脏", "公共厕所没人打扫，气味大"),
    ("sanitation", "老鼠多", "下水口老鼠成群"),
    ("sanitation", "小广告多", "墙上贴满开锁疏通的小广告"),
    ("pollution", "工厂冒黑烟", "工厂烟囱冒黑烟，一股塑料味"),
    ("pollution", "河水发臭", "河水发黑，漂着死鱼"),
    ("pollution", "扬尘大", "拉土的车不盖篷布，尘土飞扬"),
    ("parking", "占道停车", "两边停满车，救护车都进不来"),
    ("roads", "路面坑洼", "路面坑坑洼洼，下雨积水"),
    ("parking", "红绿灯坏了", "红绿灯不亮，抢道很危险"),
    ("parking", "公交不停站", "公交车经常甩站，老人追不上"),
    ("parking", "大货车多", "拉石子的大货车闯禁行"),
    ("parking", "僵尸车占位", "一辆落满灰的面包车占着车位"),
    ("noise", "广场舞扰民", "跳舞的音响开到晚上十点"),
    ("noise", "夜间施工", "工地凌晨还在浇混凝土"),
    ("noise", "装修噪音", "楼上中午砸墙装修"),
    ("noise", "酒吧吵闹", "酒吧半夜还在唱歌"),
    ("noise", "水泵轰鸣", "水泵房整夜嗡嗡响"),
    ("illegal_building", "楼顶加盖", "顶楼住户用彩钢瓦加盖了一间"),
    ("illegal_building", "圈占绿地", "一楼把绿地围起来当自家院子"),
    ("illegal_building", "破墙开门", "临街住户破墙开门做生意"),
    ("water", "停水", "一直停水，没有通知"),
    ("water", "水压低", "五楼以上水压低，热水器打不着火"),
    ("power", "经常停电", "一用空调就停电"),
    ("gas_heating", "暖气不热", "暖气片不热，屋里十四度"),
    ("water", "下水道堵塞", "下水道堵了，污水冒出来"),
    ("gas_heating", "燃气没通", "燃气一直没有通气"),
    ("elevator_fire", "电梯故障", "电梯上下时抖动，关过人"),
    ("elevator_fire", "飞线充电", "电动车从窗户拉线充电"),
    ("elevator_fire", "消防通道堵塞", "消防通道锁着打不开"),
    ("elevator_fire", "外墙脱落", "外墙保温层往下掉"),
    ("elevator_fire", "灭火器过期", "灭火器都是空的"),
    ("social_security", "低保没批", "低保材料交了没有回音"),
    ("social_security", "工资拖欠", "装修队的工钱一直不给"),
    ("social_security", "社保断缴", "单位停缴社保没有告诉我们"),
    ("education", "学区不明", "学区到底划到哪个小学没有公布"),
    ("education", "幼儿园收费", "幼儿园多收了餐费"),
    ("education", "校门口拥挤", "放学时校门口接孩子的人车混在一起"),
    ("health", "药品断货", "社区医院常用的药断货"),
    ("health", "打针没人", "接种点排队两小时"),
    ("consumer", "预付卡不退", "理发店关门，卡里的钱不退"),
    ("consumer", "卖过期食品", "小卖部卖过期的火腿肠"),
    ("noise", "烧烤油烟", "烧烤摊的油烟进屋"),
    ("consumer", "缺斤短两", "卖水果的秤不准"),
    ("pets_greenery", "狗不拴绳", "大狗没有拴绳，追着人跑"),
    ("pets_greenery", "狗叫扰人", "阳台上养的狗整夜叫"),
    ("pets_greenery", "树枝挡光", "树枝伸进窗户，白天要开灯"),
    ("pets_greenery", "绿化枯死", "新栽的树苗枯死一片"),
    ("property", "物业不作为", "物业只收钱不干活，楼道没人扫"),
    ("property", "门禁坏了", "门禁刷不开，门一直敞着"),
    ("property", "屋顶漏雨", "顶层一下雨就漏"),
    ("housing", "房产证办不下来", "住了五年房产证办不下来"),
    ("housing", "交房延期", "说好去年交房，现在还没动静"),
    ("other", "想学电脑", "想问社区有没有教老人用手机的课"),
)


def places(chance: random.Random, count: int) -> list[str]:
    """Return names of streets, estates and squares."""
    found: dict[str, None] = {}
    while len(found) < count:
        name = "".join(chance.sample(_SYLLABLES, chance.choice((2, 2, 3))))
        found[name + chance.choice(_KINDS)] = None
    return list(found)


def complaints(chance: random.Random, names: list[list[str]], count: int) -> Iterator[tuple[int, str, str, str]]:
    """Yield so many complaints: which of the lists of names its place is from, category, title and text."""
    for _ in range(count):
        quarter = chance.randrange(len(names))
        place, spot = chance.choice(names[quarter]), chance.choice(_SPOTS)
        category, title, trouble = chance.choice(_TROUBLES)
        house = f"{chance.randrange(1, 40)}号楼" if chance.random() < 0.5 else ""
        title = f"{chance.choice((place, spot, house, ''))}{title}"
        since = f"已经{chance.choice(_SINCE)}了"
        body = f"{place}{house}{spot}{trouble}，{since}，{chance.choice(_PLEAS)}{chance.choice(_PLEAS)}"
        yield quarter, category, title, body
