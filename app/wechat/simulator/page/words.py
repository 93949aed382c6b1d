"""What the control page calls things: Chinese, for whoever looks at it."""

PATHS = {
    "/sns/jscode2session": "登录",
    "/cgi-bin/stable_token": "稳定版令牌",
    "/cgi-bin/token": "旧版令牌",
    "/wxa/business/getuserphonenumber": "手机号",
    "/wxa/msg_sec_check": "文本检测",
    "/wxa/media_check_async": "图片检测",
    "/cgi-bin/message/subscribe/send": "订阅消息",
    "/wxa/getwxacodeunlimit": "小程序码",
}
EVENTS = {
    "wxa_media_check": "图片检测结果",
    "subscribe_msg_popup_event": "订阅授权弹窗",
    "subscribe_msg_change_event": "订阅设置变更",
    "subscribe_msg_sent_event": "订阅消息送达",
    "user_info_modified": "用户资料变更",
    "user_authorization_revoke": "撤回授权",
    "user_authorization_cancellation": "注销账号",
    "wxa_punish_event": "平台处罚",
    "debug_demo": "调试",
}
VERDICTS = {"pass": ("通过", "good"), "review": ("待复核", "warn"), "risky": ("违规", "bad")}
LABELS = {
    100: "正常",
    10001: "广告",
    20001: "时政",
    20002: "色情",
    20003: "辱骂",
    20006: "违法犯罪",
    20008: "欺诈",
    20012: "低俗",
    20013: "版权",
    21000: "其他",
}
STATES = {
    "waiting": ("投递中", ""),
    "taken": ("已接收", "good"),
    "given up": ("未接收", "bad"),
    "dropped": ("已丢弃", "warn"),
    "held": ("已扣住", "warn"),
}
CALL_FAULTS: dict[str, tuple[str, dict[str, object]]] = {
    "busy": ("系统繁忙（-1）", {"errcode": -1}),
    "token": ("令牌失效（40001）", {"errcode": 40001}),
    "revoked": ("令牌中途被收回", {"revoke_tokens": True}),
    "minute": ("太频繁（45011）", {"errcode": 45011}),
    "daily": ("当日额度用完（45009）", {"errcode": 45009}),
    "slow": ("变慢 3 秒", {"delay_s": 3.0}),
    "hang": ("久无应答（30 秒）", {"delay_s": 30.0}),
    "cut": ("连接中断", {"cut": True}),
    "cut_after": ("办完后连接中断", {"cut": True, "after": True}),
    "status": ("返回 500", {"http_status": 500}),
    "garbage": ("返回乱码", {"body": "<html>busy</html>"}),
}
PUSH_FAULTS = {
    "duplicate": "重复投递",
    "reorder": "次序颠倒",
    "delay": "迟到 5 秒",
    "drop": "丢失",
    "old_shape": "旧版格式",
    "early": "先于应答到达",
    "forged": "伪造签名",
}
REVOKED = {
    8: "手机号",
    6: "昵称与头像",
    19: "填写的昵称",
    20: "选择的头像",
    14: "相册",
    13: "位置",
    18: "选择的地点",
}
