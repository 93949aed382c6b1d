"""What is wrong with a cell: a code that stays, and a Chinese sentence for whoever has to mend it (pure).

Sentences never repeat what stands in the cell: names and numbers of people stay in the file (I12).
"""

from dataclasses import dataclass

SENTENCES = {
    "required": "{title}没有填写。",
    "formula": "{title}是公式，请复制后“选择性粘贴”为数值再上传。",
    "error-value": "{title}是出错的公式结果，请改正。",
    "text-too-long": "{title}太长，最多{max}个字。",
    "identity-number": "{title}里有身份证号码，系统不采集，请删除。",
    "personal-number": "{title}是公开的，不能写电话等个人号码，请删除。",
    "name-invalid": "{title}不像姓名，请只填写姓名，不要加数字或说明。",
    "number-invalid": "{title}不是数字，请只填写数字。",
    "number-not-whole": "{title}应为整数，不能有小数。",
    "number-too-small": "{title}不能小于{min}。",
    "number-too-large": "{title}不能大于{max}。",
    "digits-lost": "{title}的后几位已被表格软件改写，请把这一列设为文本格式后重新填写。",
    "phone-invalid": "{title}不是电话号码，请填写11位手机号，或带区号的固定电话。",
    "phone-length": "{title}的位数不对，手机号应为11位。",
    "phone-not-mobile": "{title}应为11位手机号，不能是固定电话。",
    "phone-no-area-code": "{title}是固定电话，请加上区号，如010-88886666。",
    "phone-several": "{title}只能填写一个号码。",
    "date-invalid": "{title}不是日期，请写成2026-11-22的样子。",
    "date-unclear": "{title}的年月日分不清，请写成2026-11-22的样子。",
    "date-without-day": "{title}缺少日，请写成2026-11-22的样子。",
    "date-too-early": "{title}早于{min}，请核对。",
    "date-too-late": "{title}晚于{max}，请核对。",
    "choice-unknown": "{title}不在可选范围内，请从下列中选择：{choices}。",
    "choice-several": "{title}只能选择一项。",
    "yes-no-unclear": "{title}请填写“是”或“否”。",
    "code-invalid": "{title}只能由数字组成。",
    "code-length": "{title}的位数不对，应为{lengths}位数字。",
    "code-place": "{title}的前两位不是任何省份的代码，请核对。",
    "credit-code-length": "{title}应为18位。",
    "credit-code-character": "{title}含有不该出现的字符，统一社会信用代码不用I、O、S、V、Z，请核对是否误写。",
    "credit-code-check": "{title}的校验位不符，请逐位核对。",
    "list-too-long": "{title}最多{max}项。",
    "list-item-too-long": "{title}每一项最多{max}个字。",
    "hours-unclear": "{title}看不明白，请写成“周六14:00-17:00；周日上午”的样子，时间用24小时制。",
    "hours-day-missing": "{title}没有写是周几，请写成“周六14:00-17:00；周日上午”的样子。",
    "hours-order": "{title}的结束时间早于开始时间，过零点的请分成两天写。",
    "hours-overlap": "{title}有重叠的时间，请合并。",
    "hours-too-many": "{title}太多，最多28段，请合并。",
    "sum-wrong": "{title}为{total}，但{parts}＝{sum}，请核对。",  # noqa: RUF001
    "total-wrong": "合计行的{title}为{total}，但以上各行相加为{sum}，请核对。",
}
"""``title`` is the column's; the rest are limits and counts, never contents of people's cells."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, or with a row when ``column`` (a column's name) is None."""

    code: str
    sentence: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a field says of a text that it cannot read; ``for_column`` makes the sentence."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()

    def for_column(self, name: str, title: str) -> Fault:
        """Return the fault of a cell in a column."""
        return Fault(self.code, SENTENCES[self.code].format(title=title, **dict(self.facts)), name)


def wrong(code: str, **facts: object) -> Wrong:
    """Return what is wrong, with the limits that the sentence names."""
    return Wrong(code, tuple((name, str(value)) for name, value in facts.items()))
