"""What users read, in Simplified Chinese, apart from the refusals (those stand in ``errors``)."""

from app.domain.kinds import (
    AnomalyKind,
    CoordinateSystem,
    EmergencyWork,
    Outcome,
    TransferKind,
    Urgency,
    Verdict,
)
from app.domain.maps.findings import FindingKind

LIST_SEPARATOR = "、"

DEFAULT_NICKNAME = "邻居{number:04d}"
"""Shown until somebody chooses a name and its content check has passed."""

CLOSED_NICKNAME = "已注销"
"""Of whoever closed their WeChat account: what they did stays, by nobody's name."""

TRANSFER_TITLES = {
    TransferKind.AWARD: "服务获得积分",
    TransferKind.MATURE: "等待期满，积分可用",
    TransferKind.EXPIRE: "积分到期",
    TransferKind.TAKE_BACK: "服务核实不符，积分收回",
    TransferKind.ADJUST_UP: "人工调整，增加积分",
    TransferKind.ADJUST_DOWN: "人工调整，扣减积分",
    TransferKind.DONATE: "捐给社区公益基金",
    TransferKind.HOLD: "兑换商品，积分冻结",
    TransferKind.RELEASE: "兑换取消或过期，积分退回",
    TransferKind.SETTLE: "到店核销",
    TransferKind.REVERSE: "核销撤销，积分退回",
    TransferKind.PAY: "商户结算",
}

ONLY_A_HINT = "这只是供核查的线索，不是结论，请先了解实际情况。"
ANOMALIES = {
    AnomalyKind.SAME_VERIFIER: "期间这位服务者的{total}次服务中，有{count}次由同一人确认。",
    AnomalyKind.VERIFICATION_BURST: "同一人在一分钟内确认了{count}次服务。",
    AnomalyKind.IMPOSSIBLE_DAY: "这位服务者一天内有{count}次经确认的服务，自报共{total}分钟。",
    AnomalyKind.NEAR_DAY_CAP: "这位服务者得到积分的{total}天中，有{count}天停在当日上限之下5%以内，从未超出。",
    AnomalyKind.NEAR_MONTH_CAP: "这位服务者得到积分的{total}个月中，有{count}个月停在当月上限之下5%以内，从未超出。",
    AnomalyKind.SHARED_DEVICE: "期间在该店核销{count}次的顾客，与该店的店主或店员用过同一部手机。",
    AnomalyKind.MANUAL_SHARE: "期间该区域发放的{total}积分中，有{count}积分由人工增加。",
}
"""What an auditor reads beside the figures; each is followed by ``ONLY_A_HINT``."""

NOT_HONOURED = "商户暂停或退出，这张券不再使用，积分已退回。"
"""The shop was suspended or left: the voucher went back by no doing of its holder."""

REJECTED_BY_CHECK = "内容不适合发布，请修改后重新提交。"
"""Neutral on purpose: a precise reason teaches how to get round the check."""

HELD_FOR_REVIEW = "内容需要工作人员查看。"
CHECK_UNAVAILABLE = "内容检查暂时不可用，等待工作人员查看。"
"""The check failed or WeChat could not be reached: the wish waits for a person (I10)."""

REVIEW_LABELS = {
    100: "没有说明",
    10001: "广告",
    20001: "时政",
    20002: "色情",
    20003: "辱骂",
    20006: "违法犯罪",
    20008: "欺诈",
    20012: "低俗",
    20013: "版权",
    None: "其他",
}
REVIEW_SUGGESTED = "微信检查认为可能有问题：{label}。"
REVIEW_FOUND = "含有需要留意的词：{kinds}。"
REVIEW_OF_RULE = "机器检查没有发现问题，按规定由工作人员查看。"
REVIEW_SAMPLED = "已公开，机器检查没有发现问题，抽查请复核。"
"""Why words wait for a person: WeChat's labels in words, the word list, a rule, or chance."""

WHO_SEES = (
    "居民和承办单位看不到您是谁。社区工作人员只能看到打码的姓名和电话，需要联系您时须写明理由才能查看，"
    "谁在什么时候为什么看过，您在这里都能看到。"
)
"""What stands on the page of whoever complains: who still sees what."""
WHO_SEES_NAMED = "您选择了公开昵称，所有人都能看到它。" + WHO_SEES.replace(
    "居民和承办单位看不到您是谁。", "除昵称外，居民和承办单位看不到您是谁。"
)

TOO_FEW = "到截止时间报名人数不足，任务取消，不影响您的其他认领。"
"""Why a task ended that asked for more helpers than came."""

CLAIMS_NARROWED = "近30天内有两次认领到期没有完成，{until}之前一次最多认领{limit}个任务。"
"""Why somebody may hold fewer claims than others, and until when."""
EMERGENCY_TASKS = {
    EmergencyWork.SUPPLIES: "搬运和发放物资",
    EmergencyWork.EVACUATION: "协助转移群众",
    EmergencyWork.PATROL: "巡查值守",
    EmergencyWork.TRAFFIC: "疏导交通",
    EmergencyWork.CLEARING: "清理积水和杂物",
    EmergencyWork.CARE: "照看老人和孩子",
    EmergencyWork.REGISTRATION: "登记引导",
}
DRILL_MARK = "【演练】"
DRILL_TITLE = f"{DRILL_MARK}{{title}}"
"""Titles of tasks during a call-out: they stand at once, since nobody has to check them."""

LIST_TITLE = "{area}{year}年{month}月任务需求清单（第{number}期）"
LIST_HEAD = "{title}\n共{items}项，需要{seats}人，还差{free}人。"
LIST_LINE = "{number}. {title}（{area}，{need}）"
LIST_NEED, LIST_FULL = "还差{free}人", "已满"
LIST_MORE = "还有{count}项，打开清单查看。"
LIST_LAST_MONTH = "{month}月：{people}人完成{verified}次服务，共{hours}小时。"
LIST_GROUPS_FIRST = "{month}月{day}日前先由队伍和党支部承接，之后向个人开放。"
LIST_FOOT = "扫码或打开小程序认领。"
"""What a group chat reads of a month's list."""

ERRAND_CONSENT_VERSION = "2026-11"
ERRAND_CONSENT = (
    "我同意由认领任务的党员或志愿者代我办理所填事项。需要交给代办人的证件和物品，由我当面清点交出，办完当面清点收回。"
    "公开的只有标题；代办人能看到昵称和所填事项。姓名、电话和住址只有社区工作人员写明理由后可以查看，"
    "每次查看的理由我都能看到。没有人认领时，我可以随时撤回。"
)
"""What residents agree to before an errand; whoever changes a word gives it another version."""

NOT_IN_SERIES = "活动安排有调整，这一次不再举行。"
"""Why a task ended whose day its series names no more."""

CALENDAR_NAME = "回音壁·我的日程"
TEAM_SERVICE = "{team}：{title}"
CALENDAR_DUE = "到期：{title}"
CLAIMED_TASK = "认领的任务"
"""In a calendar that somebody subscribes to."""

REPEATED = "同一地点同类问题反复出现，已自动提级并列入专案。"
"""Why a complaint went up at once when it opened."""

SETTLEMENT_STATES = {"draft": "待商户确认", "agreed": "商户已确认，待付款", "paid": "已付款"}
SETTLEMENT_LINE_STATES = {"open": "正常", "disputed": "有异议", "accepted": "已核实", "removed": "已剔除"}
STATEMENT_SHEET = "商户结算单"
STATEMENT_LABELS = ("商户", "月份", "结算单号", "状态", "付款凭证")
STATEMENT_TOTAL = "合计积分"
STATEMENT_COLUMNS = ("序号", "核销时间", "兑换项", "积分", "状态", "结算积分", "异议", "答复", "核销编号")
STATEMENT_FILE = "结算单 {month} {merchant} {number}.xlsx"
"""A settlement as a spreadsheet; times are those of Shanghai, and what was removed counts for nothing."""

SHEET_NOTES = "填写说明"
SHEET_NOTE_COLUMNS = ("列名", "是否必填", "怎么填", "示例", "说明")
SHEET_REQUIRED = {True: "必填", False: "选填"}
SHEET_REQUIRED_MARK = "（必填）"
SHEET_OPTIONS = "选项"
SHEET_REPORT = "导入结果"
SHEET_REPORT_COLUMNS = ("原行号", "结果", "原因")
SHEET_SKIPPED = "不导入"
"""What stands in the templates and reports of imports, beside the columns' own titles."""

IMPORT_VERDICTS = {
    Verdict.ADDED: "新增",
    Verdict.CHANGED: "更新",
    Verdict.UNTOUCHED: "无变化",
    Verdict.REFUSED: "有误",
}
IMPORT_CHANGE = "{title}：{old} → {new}"
IMPORT_NOTHING = "空"
IMPORT_WAITS = "前面还有一次导入正在写入，完成后自动继续，请稍候。"
IMPORT_CHANGED_SINCE = "检查之后有人改动了相关内容，本行没有导入，请重新检查。"
IMPORT_NEEDS_ROW = "第{number}行没有导入，本行要等它导入之后才能导入。"
IMPORT_SAME_ROW = "与第{number}行重复，请只保留一行。"
IMPORT_PATH_SEPARATOR = "/"
IMPORT_NOTE_AREA_NAME = "各级名称写到最后一级即可，不必再填名称；或者只填名称、类型和上级。"
IMPORT_AREA_UNKNOWN = "{title}不在本次导入的区域内，请核对，或先导入区域。"
IMPORT_AREA_AMBIGUOUS = "{title}有多处同名，请写明它的上级。"
IMPORT_AREA_CONTRADICTED = "{title}与所写的区域名称不是同一个区域，请核对。"
IMPORT_AREA_UNNAMED = "没有写明是哪个区域，请填写各级名称，或者名称、类型和上级。"
IMPORT_AREA_KIND_MISSING = "没有填写类型，请从区、街道、社区、网格、责任区中选择。"
IMPORT_AREA_KIND_CONTRADICTED = "类型与名称所在的列不一致，请核对。"
IMPORT_AREA_KIND_OTHER = "同一位置已有同名的其他类型区域，请核对类型。"
IMPORT_AREA_MOVED = "这个区域已在另一个上级下面。导入不会移动区域，请在区域管理中移动。"
IMPORT_AREA_ROOT = "导入不能修改所选的区域本身，请在它的上级区域导入。"
IMPORT_PARENT_UNKNOWN = "上级区域不存在，请核对名称，或在文件中为上级单独写一行。"
IMPORT_PARENT_UNCLEAR = "不清楚属于哪个上级，请写明上级。"
IMPORT_SAME_PERSON = "与第{number}行的姓名和电话相同，请只保留一行。"
IMPORT_PERSON_ELSEWHERE = "不能在本区域登记这个人，请联系上级管理员。"
IMPORT_HOME_MISSING = "没有写明居住的网格。"
IMPORT_HOME_NOT_GRID = "请写到网格。"
IMPORT_HAT_STATES = {"applied": "待审核", "approved": "在册", "refused": "未通过", "left": "已退出"}
IMPORT_EXTRA_TITLES = {"status": "状态"}
IMPORT_MEMBER_KIND_MISSING = "没有填写党员类型。"
IMPORT_UNIT_UNKNOWN = "工作单位不存在，请核对名称，或先导入单位。"
IMPORT_UNIT_AMBIGUOUS = "有多个同名的单位，分不清是哪一个，请先改成不同的名称。"
IMPORT_UNIT_MISSING = "在职党员和两新组织党员要填写工作单位。"
IMPORT_NOTE_UNIT_AREA = "单位党组织到哪个社区报到，有同名的请写上级，如东门街道/幸福社区。"
IMPORT_UNIT_AREA_UNKNOWN = "单位报到的社区不存在或有同名，请写上级，如东门街道/幸福社区。"
IMPORT_UNIT_AREA_WITHOUT_UNIT = "填写了单位报到社区，请填写工作单位。"
IMPORT_UNIT_AREA_MISSING = "填写了单位报到日期，请填写单位报到社区。"
IMPORT_NOT_FLOATING = "只有流动党员填写流出地和流入地党支部。"
IMPORT_UNIT_CODE_ELSEWHERE = "这个信用代码的单位登记在其他区域，请核对。"
IMPORT_UNIT_CODE_TAKEN = "这个信用代码是“{name}”的，请核对名称、区域和代码。"
IMPORT_NOTE_REPORTED = "可以填写多个，用顿号分开；有同名的请写上级，如东门街道/幸福社区。只增加，不取消以前的报到。"
IMPORT_REPORTED_UNKNOWN = "报到的区域“{place}”不存在或有同名，请写上级，如东门街道/幸福社区。"
IMPORT_REPORTED_OUTSIDE = "报到的区域“{place}”不在本次导入的区域内，请由当地工作人员登记。"
IMPORT_SUM_BELOW = "{title}为{total}，但下级{count}个区域相加为{sum}，请核对。"
IMPORT_CONTACT_HALF = "姓名和联系电话要同时填写，或者都不填。"
IMPORT_OWN_POST = "不能任命导入人自己，请由其他管理员办理。"
IMPORT_POST_HELD = "岗位上还有人，权限不能修改，请先办理离岗，或同时换人。"
IMPORT_QUEUES_NEED_STAFF = "办理事项的岗位，系统权限须为“工作人员”。"
IMPORT_SHOP_ELSEWHERE = "这个信用代码已在其他区域登记，请核对。"
IMPORT_SHOP_MOVED = "商户登记在另一个区域，导入不会迁移商户，请核对区域。"
IMPORT_SHOP_WITHOUT_OWNER = "新商户要填写经营者姓名和联系电话。"
IMPORT_OWN_SHOP = "不能导入自己的商户，请在小程序中申请，或由其他管理员办理。"
IMPORT_NOTE_ESTATE = "楼栋一栏只写楼号时填写，两栏连起来就是地址。"
IMPORT_NOTE_POINT = "GCJ-02坐标，如微信和高德地图；经度和纬度要同时填写，或者都不填。"
IMPORT_POINT_HALF = "经度和纬度要同时填写，或者都不填。"
IMPORT_POINT_OUTSIDE = "坐标离所属网格超过{max}米，请核对坐标或网格。"
IMPORT_ADDRESS_EMPTY = "没有可以用来查找的名称或号码，请写成“幸福路12号院3号楼”的样子。"
IMPORT_ADDRESS_PERSONAL = "含有电话或证件号码，请删除，只写楼栋地址。"
IMPORT_ADDRESS_TOO_LONG = "地址太长，最多{max}个字。"
IMPORT_REPORT_FILE = "{name} 导入结果.xlsx"
IMPORT_TEMPLATE_FILE = "{title}导入模板.{suffix}"
IMPORT_EXPORT_FILE = "{area} {title}.xlsx"

OPEN311_STATES = {
    "open": "已公开，等待签收",
    "accepted": "已签收，正在办理",
    "waiting": "等待诉求人补充材料",
    "answered": "已答复",
    "closed": "已办结",
    "reopened": "重新办理",
    "merged": "已并入第{number}号诉求",
}
OUTCOMES = {Outcome.RESOLVED: "已解决", Outcome.EXPLAINED: "已说明", Outcome.PLANNED: "已列入计划"}
OPEN311_ANSWER = "{state}，{outcome}：{answer}"
OPEN311_UNCHECKED_ANSWER = "{state}，答复内容正在核对"
"""What Open311 calls status notes."""

OPEN311_RECEIVED = "已收到，编号{number}。内容核对后公开显示，在此之前按编号查询不到。"
OPEN311_RECEIVED_CONFIDENTIAL = "已收到，编号{number}。这类诉求涉及隐私，只由工作人员办理，不公开显示。"
OPEN311_SERVICE = "关于{name}的诉求"
OPEN311_CONFIDENTIAL_SERVICE = "关于{name}的诉求，涉及隐私，不公开显示"
OPEN311_CONTACT = "请联系所在区的系统管理员。"
OPEN311_KEY_SERVICE = "接口密钥由所在区的系统管理员发放。"
OPEN311_FIELD = "{detail}（{field}：{reason}）"
OPEN311_CHOICES = "{detail}可选网格的 address_id：{choices}。"

COMPLAINT_URGENCIES = {
    Urgency.CRITICAL: "危及生命财产",
    Urgency.URGENT: "紧急",
    Urgency.ORDINARY: "一般",
    Urgency.HARD: "疑难",
}
STEP_STATES = {"assigned": "待办", "answered": "已答复", "cancelled": "已撤回"}
WORK_ORDER_TITLE = "诉求办理工单"
WORK_ORDER_NUMBER = "诉求编号 {number}"
WORK_ORDER_LABELS = ("类别", "紧急程度", "所在网格", "承办层级", "反映时间", "答复期限", "地点", "坐标")
WORK_ORDER_CONTENT = "反映内容"
WORK_ORDER_UNITS = "交办单位"
WORK_ORDER_COLUMNS = ("单位", "分工", "办理要求", "期限", "状态")
WORK_ORDER_LEAD = "主办"
WORK_ORDER_OTHER = "协办"
WORK_ORDER_RESULT = "办理结果"
WORK_ORDER_SIGNATURE = ("经办人：", "负责人：", "日期：")
WORK_ORDER_NOTICE = "本工单仅供办理使用，请勿拍照、转发或公开。每次打开都有记录，诉求人可以看到是谁打开的。"
WORK_ORDER_OPENED = "打开人与时间："
"""A complaint on paper for those who go and mend it; who complained stands nowhere on it."""

MAP_FINDINGS = {
    FindingKind.WRONG_SYSTEM: (
        "坐标系可能声明错了：现声明为{declared}，若按{other}读取，与已有的边界吻合得多，请核对后再保存。"
    ),
    FindingKind.OUT_OF_RANGE: "{features}{astray}",
    FindingKind.NOT_A_POLYGON: "{features}是{type}，边界只能是Polygon或MultiPolygon。",
    FindingKind.TOO_DETAILED: "{features}有{points}个点，最多{most}个，请简化后再提交。",
    FindingKind.RING_TOO_SHORT: "{features}有的环不足四个点，围不成范围。",
    FindingKind.SELF_CROSSING: "{features}自相交叉或重叠{place}。",
    FindingKind.INTRICATE: "{features}的边线过于曲折，不像一块地的边界，请检查点的顺序。",
    FindingKind.DUPLICATE: "{features}都是{areas}的边界，只能留一个。",
    FindingKind.AMBIGUOUS: "{features}可能是{areas}，请在属性中写明所属社区、区划代码或area_id。",
    FindingKind.OUTSIDE_PARENT: "{first}超出上级{second}的范围，超出约{square_metres}平方米{place}。",
    FindingKind.OVERLAP: "{first}与{second}重叠约{square_metres}平方米{place}。",
    FindingKind.GAP: "{first}内有约{square_metres}平方米不属于任何下级{place}。",
    FindingKind.NO_AREA: "{features}没有找到对应的区域，不会保存。",
    FindingKind.NAME_DIFFERS: "{features}按代码是{first}，按名称是{second}，将按代码保存。",
    FindingKind.EMPTY: "{features}没有边界，不会保存。",
    FindingKind.GAP_UNDRAWN: "{first}内有约{square_metres}平方米没有下级边界{place}，有的下级还没有画。",
    FindingKind.CLOSED_RING: "{features}的环没有闭合，已按规范补上最后一点。",
    FindingKind.HEIGHTS_DROPPED: "{features}带有高程，高程不保存。",
    FindingKind.AREA_UNDRAWN: "文件中没有{count}个区域的边界，这些区域仍没有边界：{areas}。",
    FindingKind.AREA_KEPT: "文件中没有{count}个区域的边界，这些区域保留原有边界：{areas}。",
}
MAP_FEATURE, MAP_FEATURE_TITLED = "第{number}个要素", "第{number}个要素“{title}”"
MAP_AREA, MAP_AND_MORE = "“{path}”", "等"
MAP_PLACE = "，在{longitude},{latitude}附近"
MAP_ASTRAY = {
    "swapped": "的经度和纬度可能写反了。",
    "projected": "的坐标像是以米为单位的投影坐标，请先转换为经纬度。",
    "abroad": "有的点不在中国范围内，请检查坐标。",
}
COORDINATE_SYSTEMS = {CoordinateSystem.GCJ02: "GCJ-02", CoordinateSystem.WGS84: "WGS-84"}
"""What the check of a map tells: which feature, which areas, where and how much."""
