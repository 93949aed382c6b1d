"""Headings as offices write them, and which column each is taken for."""

# ruff: noqa: RUF001 - full-width brackets and letters are what is read here

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.sheets import headings, matching
from app.domain.sheets.columns import Column
from app.domain.sheets.fields import PersonName, Phone, Text
from app.domain.sheets.headings import Guess, Heading
from tests.domain.sheets.roster import ROSTER

DIRTY = {
    "姓名": "name",
    "姓 名": "name",
    "姓\n名": "name",
    "*姓名": "name",
    "姓名*": "name",
    "姓名（必填）": "name",
    "（必填）姓名": "name",
    "姓名必填": "name",
    "【姓名】": "name",
    "1.姓名": "name",
    "①姓名": "name",
    "（1）姓名": "name",
    "姓名：": "name",
    "黨員姓名": "name",
    "党员姓名(全名)": "name",
    "ｎａｍｅ": "name",
    "聯繫電話": "phone",
    "联系电话（手机）": "phone",
    "联系方式（电话）": "phone",
    "手机号码\u200b": "phone",
    "手機": "phone",
    "手机号": "phone",
    "联系人电话": "phone",
    "本人联系电话": "phone",
    "電話號碼": "phone",
    "所在單位": "unit",
    "工作单位全称": "unit",
    "工作单位名称（与公章一致）": "unit",
    "所在网格": "grid",
    "居住网格": "grid",
    "網格名稱": "grid",
    "党员类型（在职/离退休/流动）": "kind",
    "人员类型": "kind",
    "入黨時間": "joined",
    "入党日期\n(如2001-07-01)": "joined",
    "入党的时间": "joined",
    "是否报到（是/否）": "reported",
    "是否已报到": "reported",
    "个人特长": "skills",
    "行政区划代码": "code",
    "统一社会信用代码（18位）": "licence",
    "社会信用代码": "licence",
    "总数（户）": "total",
}
UNKNOWN = (
    "序号",
    "备注",
    "配偶姓名",
    "配偶联系电话",
    "紧急联系电话",
    "家属姓名",
    "曾用名",
    "QQ",
    "民族",
    "",
    "原工作单位",
    "填表人姓名",
)
IDENTITY = ("身份证号", "身份证号码", "身份證號", "公民身份号码", "证件号码", "身份证（18位）")


def guess(*texts: str) -> Guess:
    return headings.guess([Heading(index, text) for index, text in enumerate(texts)], ROSTER)


@pytest.mark.parametrize("text", DIRTY)
def test_a_dirty_heading_is_understood(text: str):
    assert guess(text).indexes == {DIRTY[text]: 0}


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_nobody_asked_for_is_not_taken(text: str):
    found = guess(text)
    assert found.indexes == {}
    assert [heading.text for heading in found.extra] == [text] * bool(text)


@pytest.mark.parametrize("text", IDENTITY)
def test_identity_numbers_are_never_taken(text: str):
    found = guess(text)
    assert [heading.text for heading in found.not_collected] == [text]
    assert found.indexes == {}


def test_confidence_tells_what_to_ask_about():
    assert guess("姓名").matches["name"].is_sure
    assert guess("*姓 名（必填）").matches["name"].is_sure
    assert guess("電話").matches["phone"].is_sure
    assert not guess("入党的时间").matches["joined"].is_sure
    assert not guess("本人联系电话").matches["phone"].is_sure


def test_missing_ones_are_named():
    assert guess("联系电话").missing == ("name", "grid")


def test_a_column_twice_is_told():
    found = guess("姓名", "电话", "电话", "手机号码")
    assert found.indexes["phone"] == 1
    assert [heading.letters for heading in found.duplicates["phone"]] == ["C", "D"]
    assert found.extra == ()


def test_the_best_as_a_whole_is_taken():
    """Each by itself would take 单位; one of them must not."""
    columns = (
        Column("unit", "单位", Text(9)),
        Column("phone", "单位电话", Phone()),
        Column("person", "单位联系人", PersonName()),
    )
    texts = ("单位联系人", "单位电话", "单位名称")
    found = headings.guess([Heading(index, text) for index, text in enumerate(texts)], columns)
    assert found.indexes == {"unit": 2, "phone": 1, "person": 0}


def test_a_telephone_of_the_unit_is_no_unit():
    assert guess("姓名", "单位电话", "联系电话").indexes == {"name": 0, "phone": 2}


def test_two_rows_are_read_as_one():
    found = headings.guess([Heading(0, "号码", "手机"), Heading(1, "姓名", "党员"), Heading(2, "姓名", "配偶")], ROSTER)
    assert found.indexes["name"] == 1
    assert found.matches["phone"].heading == "手机／号码"


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=4))
def test_pairing_is_the_best_there_is(scores: list[list[int]]):
    found = matching.assign(scores)
    taken = [column for column in found if column is not None]
    assert len(taken) == len(set(taken))
    assert all(scores[row][column] > 0 for row, column in enumerate(found) if column is not None)
    total = sum(scores[row][column] for row, column in enumerate(found) if column is not None)
    assert total == max(
        sum(scores[row][column] for row, column in enumerate(columns))
        for columns in permutations(range(4), len(scores))
    )


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), min_size=1, max_size=6))
def test_pairing_fewer_than_there_are(scores: list[list[float]]):
    found = matching.assign(scores)
    taken = [column for column in found if column is not None]
    assert len(taken) == len(set(taken))
    total = sum(scores[row][column] for row, column in enumerate(found) if column is not None)
    rows = range(len(scores))
    pairs = [scores[one][0] + scores[other][1] for one in rows for other in rows if one != other]
    assert total == pytest.approx(max(*pairs, *map(max, scores), 0.0))


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=12))
def test_no_heading_breaks_the_guess(texts: list[str]):
    found = guess(*texts)
    indexes = list(found.indexes.values())
    assert len(indexes) == len(set(indexes))
