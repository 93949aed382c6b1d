"""Refusals about monthly lists of tasks."""

from app.domain.refusals.entry import ProblemType

LISTS = (
    ProblemType("list-month-over", 409, "The month of the list is over", "这个月已经过去了，请选择本月或以后的月份。"),
    ProblemType("list-full", 409, "The list has 200 items", "一份清单最多两百项，请取消用不上的，或另起一份清单。"),
    ProblemType("list-empty", 409, "The list has no items", "清单里还没有任务，请先添加再发布。"),
    ProblemType(
        "list-unchecked",
        409,
        "The words of some items are not checked yet",
        "第{numbers}项的内容还没有通过检查，请稍候，或由工作人员查看通过后再发布。",
    ),
    ProblemType(
        "list-item-over",
        409,
        "Nobody could claim some items any more",
        "第{numbers}项的结束时间或报名截止时间已过，请改成将来的时间，或取消这几项。",
    ),
    ProblemType(
        "list-copied",
        409,
        "The next month's list was begun from this one",
        "已经复制到下个月，请打开那份草稿继续，不用的话先取消它再复制。",
    ),
)
