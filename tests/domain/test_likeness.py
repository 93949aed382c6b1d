"""Two tellings of one complaint are more alike than two complaints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import likeness
from app.domain.likeness import Reading
from tests.domain import written

RARE, COMMON = 0.001, 0.5


def weigh(word: str) -> float:
    return likeness.weight(COMMON if word in {"小区", "路灯"} else RARE)


readings = st.builds(
    Reading,
    st.text(alphabet="路灯坏了停水电梯狗 abc12", max_size=30).map(lambda text: f"小{text}"),
    st.lists(st.sampled_from(["小区", "路灯", "坏", "停水", "电梯", "狗"]), unique=True, max_size=6),
    st.integers(0, 3),
)


@given(readings, readings)
def test_the_score_is_a_share_and_the_same_both_ways(one: Reading, other: Reading):
    score = likeness.score(one, other, weigh)
    assert 0 <= score <= 1 + 1e-9
    assert score == pytest.approx(likeness.score(other, one, weigh))


@given(readings.filter(lambda reading: bool(reading.tokens)))
def test_the_same_is_the_same(reading: Reading):
    assert likeness.score(reading, reading, weigh) == pytest.approx(1)


def test_nothing_to_read_is_like_nothing():
    assert likeness.score(likeness.read("？", "！"), likeness.read("？", "！"), weigh) == 0


def test_a_rare_word_counts_for_more_than_a_common_one():
    query = Reading("", ["路灯", "孝妇河", "坏"], 0)
    assert likeness.score(query, Reading("", ["孝妇河", "臭", "吵"], 0), weigh) > likeness.score(
        query, Reading("", ["路灯", "臭", "吵"], 0), weigh
    )


def test_a_word_of_the_title_counts_for_more():
    query = Reading("", ["停水", "电梯"], 1)
    assert likeness.score(query, Reading("", ["停水", "狗"], 1), weigh) > likeness.score(
        query, Reading("", ["电梯", "狗"], 1), weigh
    )


@pytest.mark.parametrize(
    "told",
    [
        "我們小區(qū)東門的路燈壞了三個星期，沒有人修",
        "我们小区东门的路灯，坏了！三个星期…没有人修",
        "小区东门的路灯坏了三个星期没有人修！！！求求了",
        "东门路灯三个星期前就坏了，没人来修",
    ],
)
def test_noise_changes_little(told: str):
    original = likeness.read("路灯坏了", "我们小区东门的路灯坏了三个星期，没有人修")
    assert likeness.score(original, likeness.read("路灯坏了", told), weigh) > 0.6


def test_a_second_telling_is_nearer_than_any_other_complaint():
    complaints = written.load()
    readings = [complaint.reading for complaint in complaints]
    found = 0
    for place, complaint in enumerate(complaints):
        scores = [likeness.score(complaint.other_reading, reading, weigh) for reading in readings]
        found += max(scores) == scores[place]
    assert found / len(complaints) >= 0.95
