"""What tells who somebody is goes out of every text, and nothing else does."""

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.shielding import HIDDEN, mask_name, mask_phone, mask_text


def wide(text: str) -> str:
    """Return the text in full-width characters."""
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


MOBILES = [
    "13812345678",
    "19912345678",
    "138 1234 5678",
    "138-1234-5678",
    "138.1234.5678",
    "138 - 1234 - 5678",
    "138\N{NO-BREAK SPACE}1234\N{IDEOGRAPHIC SPACE}5678",
    "1381234 5678",
    "138 12345678",
    "138 123 45678",
    "1381 2345 678",
    "138、1234、5678",
    "138/1234/5678",
    "138*1234*5678",
    "138（1234）5678",
    "13 81 23 45 67 8",
    "1 3 8 1 2 3 4 5 6 7 8",
    "1，3，8，1，2，3，4，5，6，7，8",
    "1-3 8.1-2 3.4-5 6.7-8",
    "1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
    wide("13812345678"),
    wide("138-1234-5678"),
    "①③⑧①②③④⑤⑥⑦⑧",
    "➀➂➇➀➁➂➃➄➅➆➇",
    "一三八一二三四五六七八",
    "幺三八 一二三四 五六七八",
    "壹叁捌壹贰叁肆伍陆柒捌",
    "一三八〇〇零○二三四五",
    "138一二三四5678",
    "013812345678",
    "8613812345678",
    "008613812345678",
    "86138 1234 5678",
    "1381234567813912345678",
]
LANDLINES = [
    "0533-2345678",
    "0533 2345678",
    "05332345678",
    "0533-234-5678",
    "0533 23456789",
    "010-12345678",
    "021 6543 2109",
    wide("0533-2345678"),
    "零五三三 二三四五六七八",
]
IDENTITIES = [
    "370306199001011234",
    "37030619900101123X",
    "37030619900101123x",
    "370306 19900101 1234",
    "370306-1990-0101-123X",
    wide("37030619900101123X"),
    "三七〇三〇六一九九〇〇一〇一一二三四",
    "3 7 0 3 0 6 1 9 9 0 0 1 0 1 1 2 3 X",
    "370306900101123",
    "370306 900101 123",
]
NUMERALS = "零〇○洞一壹幺二贰貳三叁四肆五伍六陆陸七柒八捌九玖"
HARMLESS = [
    "2026年11月22日10:30",
    "2026-11-22 10:30:15",
    "1998-12-31-105",
    "从1998年到2026年",
    "1999 2003 2008 2026",
    "13:30-17:30，138元",
    "上午0830-1200，下午1330-1730",
    "物业费1380.50元，停车费1500元",
    "1500 2000 300元",
    "13.5 15.8 18.2 19.6 12",
    "1500、2000、300",
    "15-2-301",
    "12号楼3单元1501室",
    "13、15、16、17、18、1号楼",
    "一三五七号楼",
    "订单20261122123456789012",
    "订单202611221234567890",
    "编号123456789012345",
    "编号12345678901",
    "编号138123456789",
    "370306199013011234",
    "拨打12345热线",
    "电话12345没人接",
    "电话费1234567元",
    "95598",
    "400-812-3456",
    "一次两次三次都没有人管",
    "没有数字的一句话。",
    "",
]


def digits_of(text: str) -> list[str]:
    return [character for character in text if unicodedata.digit(character, None) is not None]


class TestMaskText:
    @pytest.mark.parametrize("number", [*MOBILES, *LANDLINES, *IDENTITIES])
    @pytest.mark.parametrize(
        ("before", "behind"),
        [("", ""), ("请打", "联系我"), ("住3号楼2单元301，", "。"), ("2026年", "，谢谢")],
    )
    def test_a_number_goes_wherever_it_stands(self, number: str, before: str, behind: str):
        masked = mask_text(before + number + behind)
        assert len(masked) == len(before + number + behind)
        assert masked.startswith(before)
        assert masked.endswith(behind)
        hidden = masked[len(before) : len(masked) - len(behind)]
        assert not digits_of(hidden)
        assert not set(hidden) & set(NUMERALS + "xX" + wide("X"))

    @pytest.mark.parametrize("number", ["13812345678", "138-1234-5678", "一三八一二三四五六七八", "370306199001011234"])
    def test_a_numeral_of_the_sentence_beside_it_saves_nothing(self, number: str):
        assert set(mask_text(f"第一{number}")) <= set("第一-*")
        assert mask_text(f"第一{number}").count(HIDDEN) >= 11

    def test_what_stands_between_stays(self):
        assert mask_text("打138-1234-5678") == "打***-****-****"

    @pytest.mark.parametrize("number", MOBILES[:4])
    def test_the_country_may_stand_in_front(self, number: str):
        assert not digits_of(mask_text(f"+86 {number}").removeprefix("+86"))

    def test_each_of_several_goes(self):
        text = "打13812345678或13912345678，座机0533-2345678，身份证370306199001011234。"
        assert not digits_of(mask_text(text))

    @pytest.mark.parametrize("text", HARMLESS)
    def test_other_numbers_stay(self, text: str):
        assert mask_text(text) == text

    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("QQ：12345678", "QQ：********"),
            (wide("qq号是123456"), "ｑｑ号是******"),
            ("扣扣 一二三四五六", "扣扣 ******"),
            ("电话：2345678", "电话：*******"),
            ("家里電話是23456789。", "家里電話是********。"),
            ("加微信abc_12345聊", "加微信*********聊"),
            ("微信号: Wang-1990", "微信号: *********"),
            ("vx wang1990", "vx ********"),
            ("微信wechat: wang1990", "微信wechat: ********"),
        ],
    )
    def test_a_number_behind_the_word_for_it_goes(self, text: str, masked: str):
        assert mask_text(text) == masked

    @pytest.mark.parametrize("text", ["微信公众号没有回复", "加了wechat payment", "微信小程序2026", "QQ群", "QQ 1234"])
    def test_the_word_alone_hides_nothing(self, text: str):
        assert mask_text(text) == text

    @pytest.mark.parametrize(
        "unit",
        [
            "0",
            "1 ",
            "1-",
            "13 ",
            "一1",
            "3 7 0 3 0 6 1 9 9 0 0 1 0 1 1 2 3 ",
            "138 1234 5678 ",
            "微信",
            "QQ1234567",
            "vx" * 9,
        ],
    )
    def test_hostile_text_takes_linear_time(self, unit: str):
        """Eight times the length takes about eight times as long; a square would take sixty-four times."""

        def took_s(length: int) -> float:
            text = (unit * length)[:length]
            tries = []
            for _ in range(3):
                began = time.thread_time()  # of this thread alone, however busy the machine is
                mask_text(text)
                tries.append(time.thread_time() - began)
            return min(tries)

        short, long = took_s(2000), took_s(16000)
        assert short < 0.5
        assert long < max(24 * short, 0.01)


near_numbers = st.lists(
    st.one_of(
        st.sampled_from([*MOBILES, *LANDLINES, *IDENTITIES, *HARMLESS]),
        st.sampled_from(
            [
                "QQ",
                "微信",
                "电话",
                "vx",
                "wx1",
                "abc_",
                "是",
                "X",
                "年",
                "元",
                " ",
                "-",
                "、",
                HIDDEN,
                "*****",
                "一",
                "8",
                wide("0"),
            ]
        ),
        st.text(alphabet="0138一八 -.、*xX：①" + wide("91"), max_size=20),
    ),
    max_size=8,
).map("".join)


@given(st.one_of(st.text(), near_numbers))
@example("QQ 12345一三八一二三四五六七八")
@example("微信wechat: wang1990")
@example("01010000000微信A00000")
@example("微信A0000000000000QQ00000")
def test_the_length_is_kept_and_masking_again_changes_nothing(text: str):
    masked = mask_text(text)
    assert len(masked) == len(text)
    assert all(new in {old, HIDDEN} for old, new in zip(text, masked, strict=True))
    assert mask_text(masked) == masked


@given(st.text().filter(lambda text: not digits_of(text) and not set(text) & set(NUMERALS)))
def test_text_without_digits_is_unchanged(text: str):
    assert mask_text(text) == text


@given(
    st.text(alphabet=st.characters(categories=["Lo"]), max_size=20), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
)
def test_no_mobile_number_is_left(words: str, number: str):
    assert number not in mask_text(f"{words} {number} {words}")
    assert mask_text(number) == HIDDEN * 11


class TestMaskName:
    @pytest.mark.parametrize(
        ("name", "masked"),
        [("王小明", "王**"), ("王五", "王*"), ("欧阳娜娜", "欧***"), ("王", "*"), ("", ""), ("Anna", "A***")],
    )
    def test_the_first_character_is_left(self, name: str, masked: str):
        assert mask_name(name) == masked


class TestMaskPhone:
    @pytest.mark.parametrize(
        ("phone", "masked"),
        [
            ("13812345678", "138****5678"),
            ("05332345678", "053****5678"),
            ("+8613812345678", "+86*******5678"),
            ("2345678", "*******"),
            ("", ""),
        ],
    )
    def test_three_in_front_and_four_behind_are_left(self, phone: str, masked: str):
        assert mask_phone(phone) == masked
