"""Refusals about seats that groups take."""

from app.domain.refusals.entry import ProblemType

PLEDGES = (
    ProblemType(
        "task-for-groups",
        409,
        "Until then only teams and branches take seats",
        "这个任务在{until}之前只由队伍和党支部承接，之后还有名额会向个人开放，请到时再来认领。",
    ),
    ProblemType(
        "groups-until-late",
        422,
        "Nobody else could claim after that",
        "只由队伍和党支部承接的截止时间不能晚于报名截止时间，请提前一些。",
    ),
    ProblemType(
        "task-for-persons",
        409,
        "Tasks of this kind are for single people",
        "这类任务只能由个人认领，不能由队伍或党支部承接，请成员自己认领。",
    ),
    ProblemType(
        "group-unknown",
        422,
        "No such team is approved, no such branch active",
        "没有找到这支队伍或党支部，可能还没有审核或已经解散，请重新选择。",
    ),
    ProblemType(
        "group-elsewhere",
        403,
        "The group's area lies neither above the task's nor below it",
        "队伍或党支部只能承接本区域、上级和下级区域的任务，请选择附近的任务。",
    ),
    ProblemType(
        "alliance-unknown",
        422,
        "There is no such open alliance",
        "没有找到这个同盟，可能已经停用，请重新选择。",
    ),
    ProblemType(
        "alliance-elsewhere",
        403,
        "The alliance's area lies neither above the task's nor below it",
        "只能召集任务所在区域、上级和下级区域的同盟，请重新选择。",
    ),
    ProblemType(
        "alliance-empty",
        409,
        "No approved team whose leader has the app is in the alliance",
        "这个同盟还没有可以通知的队伍，请先加入队伍，或选择其他同盟。",
    ),
    ProblemType(
        "already-called",
        409,
        "The alliance was called to the task",
        "这个同盟已经召集过，请在原来的召集中查看各队的答复。",
    ),
    ProblemType(
        "already-pledged",
        409,
        "The group holds a pledge for the task",
        "已经承接了这个任务，请在原来的承接中修改人数。",
    ),
    ProblemType("seats-too-few", 409, "Fewer seats are free", "只剩{left}个名额，请减少人数后再提交。"),
    ProblemType(
        "heads-below-named",
        409,
        "More people are named already",
        "已经安排了{named}人，人数不能更少，确需减少请先请他们退回。",
    ),
    ProblemType(
        "pledge-full", 409, "Fewer seats of the pledge are free", "承接的名额还有{left}个，请减少人数后再提交。"
    ),
    ProblemType(
        "person-not-available", 409, "Somebody cannot take a seat now", "选中的人里有人暂时不能参加，请换其他成员。"
    ),
)
