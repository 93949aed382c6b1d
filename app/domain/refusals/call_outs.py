"""Refusals about call-outs."""

from app.domain.refusals.entry import ProblemType, passing

CALL_OUTS = (
    ProblemType(
        "call-out-nobody",
        409,
        "No member or volunteer is in the area",
        "所选区域目前没有已审核的党员和志愿者，请选择更大的区域，或先联系上级。",
    ),
    ProblemType(
        "call-out-active",
        409,
        "The area has an active call-out of this kind",
        "该区域已有进行中的集结或演练，请在其中继续，或先解除、撤回它。",
    ),
    ProblemType("call-out-over", 409, "The call-out is over", "集结已经解除，无需再答复，谢谢您。"),
    ProblemType(
        "call-out-people-unfit",
        409,
        "Somebody was not called, is in another group, or of another area",
        "有的人未被集结、已在其他小组，或不在您的范围内，请刷新名单后重新选择。",
    ),
    ProblemType(
        "call-out-group-taken", 409, "The call-out has a group of that name", "这次集结已有同名小组，请换一个名称。"
    ),
    passing("watchers-too-many", 503, "Too many watch already", "同时查看的人太多，请改用刷新查看，或稍后再试。", 30),
)
