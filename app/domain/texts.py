"""What users read, in Simplified Chinese, apart from the refusals (those stand in ``errors``)."""

from app.domain.kinds import TransferKind

DEFAULT_NICKNAME = "邻居{number:04d}"
"""Shown until somebody chooses a name and its content check has passed."""

TRANSFER_TITLES = {
    TransferKind.AWARD: "服务获得积分",
    TransferKind.HOLD: "兑换商品，积分冻结",
    TransferKind.SETTLE: "到店核销",
    TransferKind.RELEASE: "兑换取消或过期，积分退回",
}

REJECTED_BY_CHECK = "内容不适合发布，请修改后重新提交。"
"""Neutral on purpose: a precise reason teaches how to get round the check."""

HELD_FOR_REVIEW = "内容需要工作人员查看。"
CHECK_UNAVAILABLE = "内容检查暂时不可用，等待工作人员查看。"
"""The check failed or WeChat could not be reached: the wish waits for a person (I10)."""
