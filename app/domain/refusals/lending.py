"""Refusals about lending people between grids."""

from app.domain.refusals.entry import ProblemType

LENDING = (
    ProblemType(
        "lending-area-too-large",
        422,
        "The area has more grids than one plan takes",
        "所选区域的网格太多，请按街道或社区分别制定借调方案。",
    ),
    ProblemType(
        "lending-end-out-of-range",
        422,
        "The last day lies before tomorrow or more than a year ahead",
        "借调截止日期最早是明天，最晚是一年之内，请重新选择。",
    ),
    ProblemType(
        "lending-line-stale",
        409,
        "The people of the two grids have changed since the plan was drawn up",
        "方案制定后，这两个网格的人数或借调情况已有变化，请重新制定借调方案。",
    ),
    ProblemType(
        "lender-at-rule",
        409,
        "The grid has nobody to spare any more",
        "您所在的网格目前人手不足，暂时不能外出支援，谢谢您的热心。",
    ),
)
