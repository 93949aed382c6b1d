"""Hidden watermarks: not seen, found again, and neither spoilt nor forged by what people write."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.watermarks import APART, SYMBOLS, clean, read, spell, weave

MARK = bytes(range(0, 240, 7))
contents = st.binary(min_size=4, max_size=80)


def found(text: str, length: int = len(MARK)) -> set[bytes]:
    return set(read(text, length))


def test_nobody_sees_it():
    assert {unicodedata.category(character) for character in SYMBOLS} == {"Cf"}
    assert clean(weave("三号楼的灯坏了。", MARK)) == "三号楼的灯坏了。"


@given(text=st.text(max_size=500), content=contents)
def test_what_was_woven_in_is_found_and_the_text_is_as_it_was(text: str, content: bytes):
    woven = weave(text, content)
    assert clean(woven) == clean(text)
    assert content in found(woven, len(content))


@given(content=contents)
def test_every_part_of_a_long_text_carries_it(content: bytes):
    woven = weave("三天没亮了" * 100, content)
    half = woven[len(woven) // 2 :]
    assert content in found(half, len(content))
    assert woven.count(spell(content)) == 500 // APART


@pytest.mark.parametrize("before", [SYMBOLS, spell(MARK)[:-1], spell(bytes(len(MARK)))])
def test_what_people_write_neither_spoils_nor_stands_for_it(before: str):
    assert found(weave(f"灯{before}坏了{before}", MARK)) == found(weave(f"👍{before}", MARK)) == {MARK}


@pytest.mark.parametrize("text", ["👨‍👩‍👧‍👦家", "مرحبا", "", "灯", "🇨🇳", "e\u0301e\u0301"])
def test_nothing_falls_apart(text: str):
    woven = weave(text, MARK)
    assert woven.replace(spell(MARK), "") == text
    if "‍" in text:
        assert "👨‍👩‍👧‍👦" in woven


@given(st.text(max_size=300))
def test_texts_without_a_mark_have_none(text: str):
    assert found(clean(text)) == set()
