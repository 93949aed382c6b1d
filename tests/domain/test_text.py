"""What people may write comes back untouched; what could break a screen, a log or a table is refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import text


@pytest.mark.parametrize(
    "written",
    [
        "想换个灯泡",
        "繁體字也可以，鄰居請幫忙",
        "老人需要轮椅👵🏽，谢谢！👨‍👩‍👧",
        "第一行\n第二行\t缩进",
        "①②③ ㎡ ℃ ～—…“”",
        "ئۇيغۇرچە كىتاب",  # a right-to-left script is a script, not a trick
        "བོད་ཡིག",
        "e\u0301",
    ],
)
def test_writing_of_every_kind_is_let_pass(written: str):
    assert text.find_refused(written) is None
    assert not text.is_blank(written)


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "U+0000"),
        ("\x07", "U+0007"),
        ("\x1b", "U+001B"),
        ("\r", "U+000D"),
        ("\x7f", "U+007F"),
        ("\x85", "U+0085"),
        ("\u200b", "U+200B"),
        ("\u200e", "U+200E"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\u2028", "U+2028"),
        ("\ufeff", "U+FEFF"),
        ("\ud83d", "U+D83D"),
        ("\ufff9", "U+FFF9"),
    ],
)
def test_the_first_refused_character_is_named(character: str, name: str):
    assert text.find_refused(f"前{character}后\x00") == name


@pytest.mark.parametrize("written", ["", " ", "\u3000\u3000", "\n\t", "\u00a0", "\u200d", "\u2063", "\u3164", "\u2800"])
def test_what_nobody_would_see_is_blank(written: str):
    assert text.is_blank(written)


@given(st.characters())
def test_no_control_character_but_tab_and_line_feed_is_let_pass(character: str):
    if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
        assert (text.find_refused(character) is None) == (character in "\t\n")


@given(st.characters())
def test_no_character_that_turns_the_direction_is_let_pass(character: str):
    if unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}:
        assert text.find_refused(character) is not None
