"""What people are told in the app, in Simplified Chinese."""

from app.domain.message_kinds import MessageKind
from app.domain.texts import CLAIMS_NARROWED

MESSAGES = {
    MessageKind.CALL_OUT: (
        "紧急集结",
        "{area}启动紧急集结：{emergency}。请打开查看集合要求，并答复能来、晚些来或不能来。",
    ),
    MessageKind.CALL_OUT_OVER: ("集结解除", "{area}的紧急集结已解除，谢谢您。"),
    MessageKind.CALL_OUT_GROUP: ("集结编组", "您已编入集结小组，请打开查看小组和组长。"),
    MessageKind.CALL_OUT_LAPSED: (
        "集结没有启动",
        "您发起的集结或演练24小时内没有第二人确认，已自动撤回。如仍需要，请重新发起。",
    ),
    MessageKind.DRILL: (
        "集结演练",
        "【演练】{area}开展集结演练：{emergency}。请打开查看要求，并答复能来、晚些来或不能来。",
    ),
    MessageKind.DRILL_OVER: ("演练结束", "【演练】{area}的集结演练已结束，谢谢您。"),
    MessageKind.CLAIM_CALLED_OFF: ("任务已取消", "您认领的任务已取消，不影响您的其他认领。"),
    MessageKind.CLAIM_MOVED_UP: (
        "排到您了",
        "您排队的任务有了名额，已经为您认领，请按时完成。来不了请尽快退回，让给下一位。",
    ),
    MessageKind.CLAIM_NAMED: (
        "安排您参加任务",
        "您的队伍或党支部承接了任务，安排您参加，已经为您认领。来不了请点退回，不影响以后认领。",
    ),
    MessageKind.LINE_ENDED: ("排队已结束", "您排队的任务已经结束或取消，不用再等，看看别的任务吧。"),
    MessageKind.CLAIM_DUE: ("任务快到期了", "您认领的任务{due}到期，请按时完成并提交。来不及请退回，不影响以后认领。"),
    MessageKind.CLAIM_LAPSED: ("认领已到期", "您认领的任务到期没有提交，名额已空出。来不及时请提前退回。"),
    MessageKind.TEAM_CALLED: ("召集令", "{mark}{area}召集您的队伍参加任务。请打开查看，承接几个名额，或答复不能来。"),
    MessageKind.CLAIM_CANNOT: ("任务做不了", "有人认领{area}的“{title}”后反映做不了，请打开查看原因并处理。"),
    MessageKind.PLEDGE_SEAT_BACK: (
        "承接的名额空出一个",
        "有一位成员不再参加，名额仍为您的队伍或党支部保留，请再安排一位。",
    ),
    MessageKind.PLEDGE_ENDED: (
        "承接已结束",
        "承接的任务还有{seats}个名额没有安排人，已经让出，已安排的成员照常参加。",
    ),
    MessageKind.THINGS_IN_HAND: (
        "代办物品尚未归还",
        "一件全程代理的认领已经结束，居民交给代办人的物品还没有归还。请联系双方当面交回，并在系统中登记。",
    ),
    MessageKind.WISH_PART_DONE: (
        "心愿完成了一部分",
        "您的心愿“{title}”完成了一部分，剩下的已经重新发布，等待下一位认领。",
    ),
    MessageKind.CLAIMS_NARROWED: ("可认领数量暂时减少", CLAIMS_NARROWED),
    MessageKind.LIST_PUBLISHED: (
        "任务需求清单已发布",
        "{title}已发布，共{items}项、{seats}个名额，请打开查看，组织大家认领。",
    ),
    MessageKind.ORDER_SENT: ("收到派单", "收到派单“{title}”，请签收，{due}前办结并上报。"),
    MessageKind.ORDER_DUE: ("派单快到期了", "派单“{title}”{due}到期，还没有上报，请尽快办理。"),
    MessageKind.ORDER_OVERDUE: ("派单有逾期", "您下达的派单“{title}”已到期，还有{count}个区域没有上报。"),
    MessageKind.ORDER_REPORTED: ("派单已上报", "{area}上报了派单“{title}”的办理情况，请验收或退回。"),
    MessageKind.ORDER_RETURNED: ("派单被退回", "派单“{title}”的上报被退回，请打开查看原因，办理后重新上报。"),
    MessageKind.ORDER_ACCEPTED: ("派单已验收", "派单“{title}”已验收，辛苦了。"),
    MessageKind.ORDER_CANCELLED: ("派单已撤回", "派单“{title}”已撤回，不用再办理。"),
    MessageKind.WISH_PUBLISHED: ("心愿已发布", "您的心愿“{title}”已通过审核并发布，有人认领时会通知您。"),
    MessageKind.WISH_REJECTED: (
        "心愿未通过审核",
        "您的心愿“{title}”未通过审核，请打开查看原因，修改后可以重新提交。",
    ),
    MessageKind.WISH_HIDDEN: (
        "心愿不再公开",
        "您的心愿“{title}”的文字不再公开显示，请打开查看原因。已经完成的服务照常确认，不受影响。",
    ),
    MessageKind.WISH_EXPIRED: ("心愿已到期", "您的心愿“{title}”长时间无人认领，已经结束。仍有需要时请重新提交。"),
    MessageKind.WISH_CLAIMED: ("心愿有人认领", "您的心愿“{title}”已有人认领，请等待上门或联系，完成后请您确认。"),
    MessageKind.WISH_SEEKING: ("心愿重新等待认领", "您的心愿“{title}”的认领已结束，心愿仍在公开，等待下一位认领。"),
    MessageKind.WISH_DELIVERED: (
        "请确认心愿",
        "您的心愿“{title}”已经完成，请打开确认并评价。没有做好的，请说明情况，由工作人员处理。",
    ),
    MessageKind.WISH_CONFIRM_SOON: (
        "心愿即将自动确认",
        "您的心愿“{title}”还没有确认，{until}起自动确认完成。没有做好的，请在此之前说明情况。",
    ),
    MessageKind.ERRAND_APPROVED: ("代办已通过审核", "您的全程代理“{title}”已通过审核，有人认领时会通知您。"),
    MessageKind.ERRAND_REJECTED: (
        "代办未通过审核",
        "您的全程代理“{title}”未通过审核，请打开查看原因，修改后可以重新提交。",
    ),
    MessageKind.ERRAND_ENDED: ("代办已结束", "您的全程代理“{title}”已经结束，请打开查看原因。仍有需要时请重新提交。"),
    MessageKind.ERRAND_CLAIMED: (
        "代办有人认领",
        "您的全程代理“{title}”已有人认领。交出证件和物品前请当面核对，并出示确认码登记。",
    ),
    MessageKind.ERRAND_SEEKING: ("代办重新等待认领", "您的全程代理“{title}”的认领已结束，正在等待下一位认领。"),
    MessageKind.ERRAND_DELIVERED: (
        "请确认代办结果",
        "您的全程代理“{title}”已经办完，请打开确认。没有办好的，请联系社区工作人员处理。",
    ),
    MessageKind.ERRAND_CONFIRM_SOON: (
        "代办即将自动确认",
        "您的全程代理“{title}”还没有确认，{until}起自动确认完成。没有办好的，请在此之前联系社区工作人员。",
    ),
    MessageKind.CLAIM_RETURNED: (
        "服务需要补做",
        "您提交的“{title}”被退回：{reason}。请在{until}前补做并重新提交。",
    ),
    MessageKind.CLAIM_REFUSED: (
        "服务未被确认",
        "您提交的“{title}”未被确认：{reason}。有疑问请联系社区工作人员。",
    ),
    MessageKind.CLAIM_VERIFIED: ("服务已确认", "您完成的“{title}”已确认，谢谢您。服务记录可在“我的认领”中查看。"),
    MessageKind.POINTS_AWARDED: (
        "服务已确认，积分到账",
        "您完成的“{title}”已确认，获得{points}积分，谢谢您。可在“我的积分”中查看何时可用。",
    ),
    MessageKind.POINTS_EXPIRING: ("积分即将到期", "您有{points}积分将于{until}到期，请在当天结束前兑换或捐赠。"),
    MessageKind.POINTS_ADDED: ("积分已增加", "工作人员为您增加了{points}积分，请打开查看原因。"),
    MessageKind.POINTS_TAKEN: (
        "积分已扣减",
        "工作人员扣减了您的{points}积分，请打开查看原因，有疑问请联系社区工作人员。",
    ),
    MessageKind.ADJUSTMENT_REFUSED: ("积分调整未通过", "您提出的{points}积分调整未通过，请打开查看原因。"),
    MessageKind.VOUCHER_SETTLED: (
        "兑换券已使用",
        "您的兑换券“{title}”已在{shop}使用，共{points}积分。不是您本人使用的，请马上联系该店或社区工作人员。",
    ),
    MessageKind.VOUCHER_EXPIRED: ("兑换券已过期", "您的兑换券“{title}”已过期，{points}积分已退回，可以再次兑换。"),
    MessageKind.VOUCHER_GIVEN_BACK: (
        "兑换券已退回",
        "商户暂停或退出，您的兑换券“{title}”不能再用，{points}积分已退回，请看看别的兑换项。",
    ),
    MessageKind.VOUCHER_REVERSED: (
        "核销已撤销",
        "您的兑换券“{title}”的核销已撤销，{points}积分已退回，可以再次兑换。",
    ),
    MessageKind.OWN_COMPLAINT_REJECTED: ("诉求未受理", "您的一件诉求未受理，请在“我的诉求”中查看原因。"),
    MessageKind.OWN_COMPLAINT_HIDDEN: (
        "诉求不再公开",
        "您的一件诉求不再在问题墙上显示，办理不受影响，请在“我的诉求”中查看原因。",
    ),
    MessageKind.OWN_COMPLAINT_ACCEPTED: ("诉求已签收", "您的一件诉求已签收，正在办理，答复期限可在“我的诉求”中查看。"),
    MessageKind.OWN_COMPLAINT_ESCALATED: (
        "诉求已提级办理",
        "您的一件诉求已转由上级办理，原因和新的期限可在“我的诉求”中查看。",
    ),
    MessageKind.OWN_COMPLAINT_WAITING: (
        "诉求需要您补充材料",
        "您的一件诉求需要您补充材料才能继续办理，请在“我的诉求”中查看并补充。",
    ),
    MessageKind.OWN_COMPLAINT_ANSWERED: (
        "诉求已答复",
        "您提出或附议的一件诉求已有答复，请在“我的诉求”中查看，并告诉我们您是否满意。",
    ),
    MessageKind.OWN_COMPLAINT_CLOSING: (
        "诉求即将办结",
        "您的一件诉求答复后还没有评价，一天内自动办结。不满意的，请尽快在“我的诉求”中评价。",
    ),
    MessageKind.OWN_COMPLAINT_MERGED: (
        "诉求已合并办理",
        "您的一件诉求与另一件同类诉求合并办理，答复时会通知您，可在“我的诉求”中查看。",
    ),
    MessageKind.OWN_COMPLAINT_REOPENED: ("诉求重新办理", "您的一件诉求已由工作人员重新办理，可在“我的诉求”中查看。"),
    MessageKind.COMPLAINT_DUE: (
        "诉求快到期了",
        "第{number}号诉求{until}到期，请尽快签收或答复；办不了的，请写明理由提级。",
    ),
    MessageKind.COMPLAINT_OVERDUE: ("诉求已超期", "第{number}号诉求在{area}超期，请打开查看现由谁办理，并配合办结。"),
    MessageKind.MERCHANT_APPROVED: ("商户已通过审核", "您的商户“{shop}”已通过审核，现在可以添加兑换项、邀请店员。"),
    MessageKind.MERCHANT_REFUSED: (
        "商户未通过审核",
        "您的商户“{shop}”未通过审核，请打开查看原因，修改后可以重新申请。",
    ),
    MessageKind.MERCHANT_SUSPENDED: (
        "商户已暂停",
        "您的商户“{shop}”已暂停，请打开查看原因和已发兑换券如何处理，并联系商圈联盟。",
    ),
    MessageKind.MERCHANT_RESUMED: ("商户已恢复", "您的商户“{shop}”已恢复，可以继续发放和核销兑换券。"),
    MessageKind.OFFER_LISTED: ("兑换项已上架", "您的兑换项“{title}”已通过审核并上架，居民现在可以兑换。"),
    MessageKind.OFFER_REJECTED: (
        "兑换项未通过审核",
        "您的兑换项“{title}”未通过审核，请打开查看，修改后会重新审核。",
    ),
    MessageKind.OFFER_PAUSED: ("兑换项已暂停", "您的兑换项“{title}”已被商圈联盟暂停，请联系商圈联盟。"),
    MessageKind.IDENTIFIED: ("身份已核对", "您的身份已核对，名册中的身份和岗位现在可以使用。"),
    MessageKind.IDENTIFICATION_REFUSED: (
        "身份核对未通过",
        "您的身份核对未通过，请打开查看原因，核对姓名和电话后可以再次申请。",
    ),
    MessageKind.IDENTIFICATION_UNDONE: (
        "身份核对已撤销",
        "您的身份核对已撤销，原来的身份和岗位不能再用。有疑问请联系社区工作人员。",
    ),
    MessageKind.MEMBER_APPROVED: ("党员报到已通过", "您的党员报到已通过，现在可以认领任务。"),
    MessageKind.MEMBER_REFUSED: ("党员报到未通过", "您的党员报到未通过，请打开查看原因，修改后可以再次申请。"),
    MessageKind.VOLUNTEER_APPROVED: ("志愿者申请已通过", "您的志愿者申请已通过，现在可以认领任务。"),
    MessageKind.VOLUNTEER_REFUSED: ("志愿者申请未通过", "您的志愿者申请未通过，请打开查看原因，修改后可以再次申请。"),
    MessageKind.CANDIDACY_ASKED: (
        "推荐您担任党支部书记",
        "组织推荐您为{branch}书记人选，请打开查看，并答复同意或不同意。",
    ),
    MessageKind.CANDIDACY_ACCEPTED: ("书记人选已通过", "您作为{branch}书记人选已通过，请等待工作人员办理交接。"),
    MessageKind.CANDIDACY_REJECTED: ("书记人选未通过", "您作为{branch}书记人选未通过，请打开查看原因。"),
}
"""Title and body of each message; each says what its reader can do next, and nothing private stands in it (I12).

The same thing has the same name in all of them: ``title`` of a task, a wish, an offer, ``points``, ``until`` a day,
``shop``, ``area``, ``reason`` what staff wrote. Of complaints their own people are told neither the number nor the
title (I9).
"""
