"""A kind of table to try things on: a roster of members, as an office would declare it."""

from datetime import date

from app.domain.sheets.columns import Column, Sum
from app.domain.sheets.fields import (
    Choice,
    CreditCode,
    Date,
    DivisionCode,
    Integer,
    PersonName,
    Phone,
    Text,
    Words,
    YesNo,
)

KIND = Choice(
    {"in_service": "在职", "retired": "离退休", "floating": "流动"},
    {"in_service": ("在职党员",), "retired": ("退休", "离休")},
)

ROSTER = (
    Column("name", "姓名", PersonName(), synonyms=("党员姓名",), is_required=True, example="张三"),
    Column("phone", "联系电话", Phone(), synonyms=("电话", "手机", "手机号码", "联系方式")),
    Column("unit", "工作单位", Text(60), synonyms=("单位", "单位名称")),
    Column("grid", "所属网格", Text(40), synonyms=("网格", "所在网格"), is_required=True),
    Column("kind", "党员类型", KIND, synonyms=("类型", "党员类别")),
    Column("joined", "入党时间", Date(may_lack_day=True, latest=date(2030, 1, 1)), synonyms=("入党日期",)),
    Column("reported", "是否报到", YesNo()),
    Column("skills", "特长", Words(max_items=5, max_length=10), synonyms=("技能",)),
    Column("code", "区划代码", DivisionCode()),
    Column("licence", "统一社会信用代码", CreditCode(), synonyms=("信用代码",)),
    Column("total", "总数", Integer()),
    Column("men", "男", Integer()),
    Column("women", "女", Integer()),
)
SUMS = (Sum("total", ("men", "women")),)
