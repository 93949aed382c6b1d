"""Fields of subscribe messages: whatever is put in, what comes out keeps the rule of its type, written here anew."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import message_fields
from app.domain.message_fields import UnfitError, fit

DAY = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月(\d{1,2}日)?|\d{1,2}月\d{1,2}日)"
CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def is_day_or_time(text: str, least: str) -> bool:
    parts = text.split("~")
    return len(parts) <= 2 and all(re.fullmatch(least, part) for part in parts)


KEEPS: dict[str, Callable[[str], bool]] = {
    "thing": lambda text: utf16(text) <= 20,
    "enum": lambda text: utf16(text) <= 20,
    "phrase": lambda text: len(text) <= 5 and all("\u3400" <= character <= "\u9fff" for character in text),
    "character_string": lambda text: len(text) <= 32 and text.isascii() and text.isprintable(),
    "letter": lambda text: len(text) <= 32 and text.isascii() and text.isalpha(),
    "number": lambda text: len(text.replace(".", "").lstrip("-")) <= 32 and float(text) is not None,
    "symbol": lambda text: len(text) <= 5 and not any(character.isalnum() for character in text),
    "name": lambda text: utf16(text) <= (20 if text.replace("·", "").replace("…", "").isascii() else 10),
    "time": lambda text: is_day_or_time(text, rf"({DAY} )?{CLOCK}"),
    "date": lambda text: is_day_or_time(text, rf"{DAY}( {CLOCK})?"),
    "amount": lambda text: len(re.sub(r"\D", "", text)) <= 10 and text.strip("¥￥$€£元").replace(".", "", 1).isdigit(),
    "phone_number": lambda text: len(text) <= 17 and text.isascii() and not any(map(str.isalpha, text)),
    "car_number": lambda text: len(text) <= 8 and re.search("[\u3400-\u9fff]", text[1:-1]) is None,
}
WORDS = st.one_of(
    st.text(max_size=60),
    st.text("楼道灯坏了👵🏽\n\t\u200b ab1:-~.年月日元¥/", max_size=40),
    st.from_regex(rf"\A({DAY} )?{CLOCK}(~{CLOCK})?\Z"),
    st.from_regex(r"\A[¥$]?\d{1,12}(\.\d{1,3})?元?\Z"),
    st.from_regex(r"\A[京沪A-Z]?[A-Z0-9]{0,8}[挂学]?\Z"),
)


def test_every_type_has_its_rule_here():
    assert set(KEEPS) == set(message_fields.TYPES)


@given(st.sampled_from(sorted(KEEPS)), WORDS)
def test_what_is_sent_keeps_its_rule_and_is_never_empty(kind: str, words: str):
    try:
        sent = fit(f"{kind}1", words)
    except UnfitError:
        return
    assert sent.strip()
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", sent)
    assert KEEPS[kind](sent), sent
    assert fit(f"{kind}1", sent) == sent, "what fits stays as it is"


@pytest.mark.parametrize(
    ("key", "words", "sent"),
    [
        ("thing1", "楼道灯坏了", "楼道灯坏了"),
        ("thing1", "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十"),
        ("thing1", "一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九…"),
        ("thing2", "第一行\n第二行\x07\u200b", "第一行 第二行"),
        ("thing2", "👵" * 11, "👵" * 9 + "…"),
        ("phrase3", "已通过(自动)", "已通过自动"),
        ("character_string4", "单号 A-0042", "A-0042"),
        ("number5", "12.5", "12.5"),
        ("letter6", "ab 1c", "abc"),
        ("symbol7", "a+b=", "+="),
        ("time8", "2026年11月22日 08:30", "2026年11月22日 08:30"),
        ("time8", "08:30~09:30", "08:30~09:30"),
        ("date9", "2026-11-22", "2026-11-22"),
        ("date9", "2026年11月22日 08:30", "2026年11月22日 08:30"),
        ("amount10", "¥12.50元", "¥12.50元"),
        ("phone_number11", "0571-12345", "0571-12345"),
        ("car_number12", "浙A12345", "浙A12345"),
        ("name13", "欧阳某某某某某某某某某", "欧阳某某某某某某某…"),
        ("name13", "Alexander Great", "Alexander Great"),
    ],
)
def test_examples(key: str, words: str, sent: str):
    assert fit(key, words) == sent


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("thing1", ""),
        ("thing1", " \n\u200b\t"),
        ("phrase3", "OK"),
        ("number5", "十二"),
        ("number5", "1" * 40),
        ("time8", "明天上午"),
        ("time8", "25:00"),
        ("date9", "08:30"),
        ("amount10", "12345678901元"),
        ("phone_number11", "一二三"),
        ("car_number12", "浙A1234567"),
        ("thing", "没有编号"),
        ("photo1", "没有这种"),
    ],
)
def test_what_cannot_be_sent_is_said(key: str, words: str):
    with pytest.raises(UnfitError) as raised:
        fit(key, words)
    assert words == "" or words not in str(raised.value)
