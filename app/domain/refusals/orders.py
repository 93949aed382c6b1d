"""Refusals about orders from above."""

from app.domain.refusals.entry import ProblemType

ORDERS = (
    ProblemType(
        "order-too-low",
        422,
        "Orders come from a street or a district",
        "只有街道和区可以派单，社区请直接发布任务。",
    ),
    ProblemType(
        "order-areas-unfit",
        422,
        "An area does not lie below the one that orders, or is closed",
        "有的区域不在派单区域之下或已停用，请刷新区域列表后重新选择。",
    ),
    ProblemType(
        "order-without-areas", 409, "No community lies below the area", "下面还没有社区，请直接选择要派给的区域。"
    ),
    ProblemType("order-in-the-past", 422, "The day on which it is due is over", "办结期限已过，请改成将来的时间。"),
    ProblemType(
        "order-parts-open",
        409,
        "Some areas have not done their part",
        "还有区域没有办结，请先验收或撤回，再结束派单。",
    ),
    ProblemType(
        "order-part-unfit",
        409,
        "The part is not confirmed, has ended, or is not the area's",
        "所选的派单尚未签收、已经办结，或不在任务所在的区域，请核对后再发布。",
    ),
)
