"""However a text is typed, the same words come of it; and reading costs nobody who does not read."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import thesaurus, words
from tests.domain.test_shielding import wide


def tokens(text: str) -> list[str]:
    return words.tokens_of(words.normalise(text))


class TestNormalise:
    @pytest.mark.parametrize(
        ("written", "normal"),
        [
            ("我們社區的路燈壞了", "我们社区的路灯坏了"),
            ("我们社區(qū)的路灯", "我们社区的路灯"),
            ("小區（xiǎo qū）停車", "小区停车"),
            ("小区【xiao3 qu1】停车", "小区停车"),
            ("垃(lā)圾(jī)「duī」满地", "垃圾满地"),
            (wide("LED123"), "led123"),
            ("停水！！！两天了……", "停水 两天了"),
            ("  第一行\n第二行\t", "第一行 第二行"),
            ("被遮住的***号码", "被遮住的 号码"),
            ("3号楼(东)", "3号楼 东"),
            ("(qū)在前", "qū 在前"),
            ("", ""),
        ],
    )
    def test_one_form(self, written: str, normal: str):
        assert words.normalise(written) == normal

    @given(st.text())
    def test_its_result_is_one_already(self, text: str):
        normal = words.normalise(text)
        assert words.normalise(normal) == normal


class TestTokens:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("小区东门的路灯坏了", "社区東門街燈壞了"),
            ("停电了", "斷電"),
            ("电动车飞线充电", "电瓶车私拉电线"),
            ("狗不拴绳", "遛狗不牵绳"),
        ],
    )
    def test_what_says_the_same_is_the_same(self, one: str, other: str):
        assert set(tokens(one)) & set(tokens(other)) == set(tokens(one))

    def test_what_says_nothing_is_left_out(self):
        assert tokens("尊敬的领导您好，我们希望有关部门尽快解决这个问题，谢谢！") == []

    def test_each_word_comes_once_in_the_order_of_reading(self):
        assert tokens("电梯坏了，电梯又坏了，停水") == ["电梯", "坏", "停水"]

    def test_long_words_are_found_by_their_parts(self):
        assert tokens("派出所") == ["派出", "派出所"]

    def test_of_a_long_text_the_first_words_count(self):
        text = "".join(chr(0x4E00 + number) for number in range(2000))
        assert len(tokens(text)) == words.TOKENS_MAX

    @given(st.text(max_size=200))
    def test_any_text_can_be_read(self, text: str):
        found = tokens(text)
        assert len(found) == len(set(found))
        assert all(found)


def test_no_word_is_in_two_groups_or_says_nothing_as_well():
    grouped = [word for line in thesaurus.GROUPS.strip().splitlines() for word in line.split()]
    assert len(grouped) == len(set(grouped))
    assert not thesaurus.EMPTY & set(grouped)


class TestLoading:
    def run(self, code: str, folder: Path) -> str:
        """Run some code in a process of its own, warnings being errors; return whatever it wrote anywhere."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return done.stdout + done.stderr + " ".join(path.name for path in folder.iterdir())

    def test_nothing_is_printed_logged_or_written(self, tmp_path: Path):
        assert not self.run("from app.domain import words; words.load(); words.tokens_of('路灯坏了')", tmp_path)

    def test_what_is_printed_would_be_seen(self, tmp_path: Path):
        """The control: jieba left to itself logs and writes its cache."""
        heard = self.run("import warnings; warnings.simplefilter('ignore'); import jieba; jieba.lcut('路灯')", tmp_path)
        assert "Building prefix dict" in heard
        assert "jieba.cache" in heard

    def test_a_process_that_reads_nothing_loads_nothing(self, tmp_path: Path):
        code = "import sys, app.main, app.domain.words; print({'jieba', 'opencc'} & set(sys.modules))"
        assert self.run(code, tmp_path) == "set()\n"
