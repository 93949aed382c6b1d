"""What may stand in the fields of a subscribe message. Source: 发送订阅消息, 订阅消息参数值内容限制说明."""

import re
from collections.abc import Callable

KEY = re.compile(r"([a-z_]+?)\d{1,2}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CHINESE = re.compile(r"[\u3400-\u9fff]")

TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?"
DATE = (
    r"(?:\d{4}-\d{1,2}(?:-\d{1,2})?|\d{4}/\d{1,2}(?:/\d{1,2})?|\d{4}\.\d{1,2}(?:\.\d{1,2})?"
    r"|\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月(?:\d{1,2}日)?|\d{1,2}月\d{1,2}日)"
)
MOMENT = re.compile(rf"(?:{DATE} ?)?{TIME}")
DAY = re.compile(rf"{DATE}(?: ?{TIME})?")
AMOUNT = re.compile(r"[¥￥$€£]?\d{1,10}(?:\.\d+)?元?")


def _is_range(value: str, form: re.Pattern[str], end: re.Pattern[str]) -> bool:
    """Tell whether ``value`` is of the form, or two joined by ``~``, of which the second may be shorter."""
    first, joined, second = value.partition("~")
    if not form.fullmatch(first.strip()):
        return False
    return not joined or bool(form.fullmatch(second.strip()) or end.fullmatch(second.strip()))


def _is_name(value: str) -> bool:
    return len(value) <= (10 if CHINESE.search(value) else 20)


def _is_car_number(value: str) -> bool:
    return len(value) <= 8 and not CHINESE.search(value[1:-1])


RULES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "thing": ("事项", lambda value: len(value) <= 20),
    "number": ("数字", lambda value: bool(re.fullmatch(r"[+-]?\d+(?:\.\d+)?", value)) and len(value) <= 32),
    "letter": ("字母", lambda value: bool(re.fullmatch(r"[A-Za-z]{1,32}", value))),
    "symbol": ("符号", lambda value: len(value) <= 5 and not re.search(r"\w", value)),
    "character_string": ("编号", lambda value: bool(re.fullmatch(r"[\x20-\x7e]{1,32}", value))),
    "time": ("时间", lambda value: _is_range(value, MOMENT, re.compile(TIME))),
    "date": ("日期", lambda value: _is_range(value, DAY, re.compile(TIME))),
    "amount": ("金额", lambda value: bool(AMOUNT.fullmatch(value))),
    "phone_number": ("电话", lambda value: bool(re.fullmatch(r"[\d+\-() #*]{1,17}", value))),
    "car_number": ("车牌", _is_car_number),
    "name": ("姓名", _is_name),
    "phrase": ("状态", lambda value: bool(re.fullmatch(r"[\u3400-\u9fff]{1,5}", value))),
    "enum": ("选项", lambda value: True),  # noqa: ARG005 - what a template offers is not known here
}


def kind_of(key: str) -> str | None:
    """Return the type in a key like ``thing1``, None when it has none that is known."""
    named = KEY.fullmatch(key)
    return named.group(1) if named and named.group(1) in RULES else None


def fits(key: str, value: object) -> bool:
    """Tell whether a value may stand in the field ``key``: no empty one and no line break in any."""
    kind = kind_of(key)
    if kind is None or not isinstance(value, str) or not value.strip() or CONTROL.search(value):
        return False
    return RULES[kind][1](value)
