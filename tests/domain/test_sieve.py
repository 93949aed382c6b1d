"""The word list: found whatever is put between, in no other words; and its form."""

import pytest

from app.domain.sieve import Sieve, WordListError, bare, read, shipped, shipped_entries

KINDS = {"赌博", "色情", "诈骗", "违法", "辱骂", "广告"}


def test_every_shipped_word_is_found_in_a_sentence_however_it_is_written():
    entries = shipped_entries()
    assert {kind for _, kind in entries} == KINDS
    assert len({bare(word) for word, _ in entries}) == len(entries), "no word stands there twice"
    for word, kind in entries:
        wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in word)
        for written in (word, word.upper(), " ".join(word), "\u200b".join(word), "*".join(word), wide):
            assert kind in shipped().find(f"大家好，{written}，谢谢。"), written


def test_traditional_forms_are_the_same_word():
    assert shipped().find("兼職刷單，代開發票") == ("诈骗", "违法")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "厨房的灯坏了，想请人换一个灯泡。",
        "楼下棋牌室聚众打牌到半夜，扰民严重，请派出所来看看。",
        "有人在小区里发贷款小广告，楼道里到处都是。",
        "老人接到冒充医保局的电话，请社区提醒大家防诈骗。",
        "孩子放学后没人接，希望有志愿者辅导作业。",
        "想学用微信视频，和外地的女儿聊天。",
    ],
)
def test_what_neighbours_say_is_not_held(text: str):
    assert shipped().find(text) == ()


def test_kinds_are_told_once_in_the_order_of_the_text():
    sieve = Sieve([("苹果", "水果"), ("大白菜", "蔬菜"), ("梨子", "水果")])
    assert sieve.find("大白菜和苹果、梨子") == ("蔬菜", "水果")
    assert Sieve([]).find("大白菜") == ()


def test_a_list_is_words_under_kinds():
    assert list(read(["# 说明", "", "[水果]", "苹果  # 红的", "[蔬菜]", "大 白菜"])) == [
        ("苹果", "水果"),
        ("大 白菜", "蔬菜"),
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [(["苹果"], "line 1"), (["[]", "苹果"], "line 2"), (["[短]", "!啊"], "line 2"), (["[长]", "啊" * 41], "line 2")],
)
def test_what_is_no_list_is_refused_with_its_line(lines: list[str], said: str):
    with pytest.raises(WordListError, match=said):
        list(read(lines))
