"""Refusals about points, shops, vouchers and settlements."""

from app.domain.refusals.entry import ProblemType, passing

POINTS = (
    # Points policies
    ProblemType("policy-in-the-past", 422, "A policy cannot begin in the past", "生效时间不能早于现在，请重新选择。"),
    # What hands do to points
    ProblemType("nothing-awarded", 409, "The claim brought no points", "这次服务没有发放积分，无需收回。"),
    ProblemType(
        "reversal-exists",
        409,
        "A reversal was proposed or done already",
        "已有人提出收回这次服务的积分，请查看已有记录。",
    ),
    ProblemType("area-not-a-community", 422, "Only communities have a fund", "请选择要捐给哪个社区。"),
    # Merchants, offers, vouchers
    ProblemType("points-insufficient", 409, "Not enough points", "积分不足，参加服务可以获得积分。"),
    passing(
        "ledger-halted",
        503,
        "The points do not add up: nothing is settled until they do",
        "系统正在核对积分账目，暂时不能核销和结算，请稍后再试。顾客的兑换券仍然有效，请先保留。",
        600,
    ),
    passing(
        "not-sealed-yet",
        409,
        "The transfer has no seal yet: each minute makes one",
        "这笔积分刚刚记账，还没有封存，请一分钟后再来查看证明。",
        60,
    ),
    ProblemType(
        "points-below-threshold",
        409,
        "Too little was ever awarded for a first voucher",
        "累计获得的积分还没有达到首次兑换的要求，再参加几次服务就可以兑换。",
    ),
    ProblemType(
        "offer-limit-reached", 409, "The caller has as many as one may", "您已达到每人可兑换的数量，看看别的吧。"
    ),
    ProblemType("offer-daily-limit-reached", 409, "No more are given today", "今天的已经兑完了，请明天再来。"),
    ProblemType(
        "offer-not-valid-now", 409, "Too early or too late for this offer", "现在不在兑换时间内，请看兑换说明。"
    ),
    ProblemType("stock-below-taken", 409, "More were taken already", "数量不能少于已经兑出的，请改大一些。"),
    ProblemType("offer-sold-out", 409, "No stock is left", "已经兑完了，看看别的吧。"),
    ProblemType(
        "licence-taken",
        409,
        "A shop with this licence is there already",
        "这个信用代码已有商户在用，请核对，或联系商圈工作人员。",
    ),
    ProblemType("merchant-not-approved", 409, "The merchant is not approved", "商户尚未通过审核，请等待审核结果。"),
    ProblemType("clerk-exists", 409, "The caller is a clerk of the shop already", "您已经是这家店的店员。"),
    ProblemType(
        "invite-invalid", 422, "The invite is wrong, used or too old", "邀请码不对或已失效，请让店主重新出示。"
    ),
    ProblemType("own-voucher", 403, "Nobody settles their own voucher", "不能核销自己的兑换券，请让其他店员操作。"),
    ProblemType(
        "voucher-code-invalid", 422, "The code is forged, misread or stale", "兑换码无效或已刷新，请让顾客重新出示。"
    ),
    ProblemType("voucher-other-shop", 403, "The voucher is for another shop", "这张券不是本店的，请核对券面上的商户。"),
    ProblemType(
        "scan-too-old", 422, "The scan lies too far back or ahead", "这次扫码已过了半小时，请让对方重新出示后再扫。"
    ),
    ProblemType(
        "reversal-too-late",
        409,
        "The owner's time to reverse is over",
        "核销已超过一小时，店里不能再撤销，请联系商圈联盟工作人员。",
    ),
    ProblemType(
        "scans-not-accepted",
        409,
        "The shop may not settle at present",
        "本店目前不能核销兑换券，顾客的积分不受影响，请联系商圈联盟工作人员。",
    ),
    ProblemType("voucher-reversed", 409, "The redemption was reversed", "这张券的核销已撤销，积分已退回顾客。"),
    ProblemType("voucher-settled", 409, "The voucher was settled before", "这张券已经核销过了，请在核销记录中查看。"),
    ProblemType("voucher-cancelled", 409, "The voucher was cancelled", "这张券已取消，积分已退回顾客。"),
    ProblemType("voucher-expired", 409, "The voucher has expired", "这张券已过期，积分会退回顾客。"),
    # Monthly settlements
    ProblemType(
        "settlement-month-open", 409, "The month is not over", "这个月还没有结束，下个月一日起才能生成结算单。"
    ),
    ProblemType("settlement-exists", 409, "The month has its settlement", "这个月的结算单已经生成，请在列表中查看。"),
    ProblemType("settlement-empty", 409, "Nothing was settled that month", "这个月没有可以结算的核销记录。"),
    ProblemType("settlement-disputed", 409, "A line is in dispute", "还有明细存在异议，请等待商圈联盟答复后再确认。"),
    ProblemType(
        "settlement-differs",
        409,
        "The lines differ from the ledger",
        "结算明细与积分账本不一致，不能继续，请商圈联盟更新结算单后再核对。",
    ),
    ProblemType(
        "redemption-in-settlement",
        409,
        "The redemption stands on an agreed or paid settlement",
        "这笔核销已列入确认的结算单，不能撤销，请联系商圈联盟重开结算单。",
    ),
)
