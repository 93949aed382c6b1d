"""Cells as people fill them in: what each kind of column makes of them, and what it says when it cannot."""

# ruff: noqa: RUF001 - full-width figures and letters are what is read here

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.sheets import cells
from app.domain.sheets.faults import SENTENCES, Wrong
from app.domain.sheets.fields import (
    Choice,
    CreditCode,
    Date,
    DivisionCode,
    Field,
    Integer,
    Number,
    PersonName,
    Phone,
    Text,
    Value,
    WeekHours,
    Words,
    YesNo,
)
from tests.domain.sheets.roster import KIND

IDENTITY = "11010519491231002X"
NAME, PHONE, MOBILE, DAY, COUNT = PersonName(), Phone(), Phone(is_mobile=True), Date(), Integer(max=1_000_000)
MONTH = Date(may_lack_day=True)
LIST = Words(max_items=3, max_length=4)
KINDS = Words(max_items=3, max_length=10, choice=KIND)
DEGREES = Number(73, 136)
HOURS = WeekHours()

READ: tuple[tuple[Field, str, Value], ...] = (
    # Names
    (NAME, "张三", "张三"),
    (NAME, " 张  三 ", "张三"),
    (NAME, "张　三", "张三"),
    (NAME, "张\n三", "张三"),
    (NAME, "张\u200b三\ufeff", "张三"),
    (NAME, "欧阳 娜 娜", "欧阳娜娜"),
    (NAME, "買買提•艾力", "買買提·艾力"),
    (NAME, "阿卜杜拉 . 买买提", "阿卜杜拉·买买提"),
    (NAME, "John  Smith", "John Smith"),
    (NAME, "𠮷野", "𠮷野"),
    (NAME, "—", None),
    (NAME, "无", None),
    # Telephones
    (PHONE, "13812345678", "13812345678"),
    (PHONE, "138 1234 5678", "13812345678"),
    (PHONE, "138-1234-5678", "13812345678"),
    (PHONE, "+86 13812345678", "13812345678"),
    (PHONE, "+8613812345678", "13812345678"),
    (PHONE, "86-138-1234-5678", "13812345678"),
    (PHONE, "008613812345678", "13812345678"),
    (PHONE, "(+86)13812345678", "13812345678"),
    (PHONE, "１３８１２３４５６７８", "13812345678"),
    (PHONE, "13812345678.0", "13812345678"),
    (PHONE, "1.3812345678E10", "13812345678"),
    (PHONE, "1.3812345678E+10", "13812345678"),
    (PHONE, "'13812345678", "13812345678"),
    (PHONE, "\u200b13812345678\u00a0", "13812345678"),
    (PHONE, "\u202d13812345678\u202c", "13812345678"),
    (PHONE, "02788886666", "027-88886666"),
    (PHONE, "027-88886666", "027-88886666"),
    (PHONE, "027－88886666", "027-88886666"),
    (PHONE, "（027）88886666", "027-88886666"),
    (PHONE, "027 8888 6666", "027-88886666"),
    (PHONE, "027-8888-6666", "027-88886666"),
    (PHONE, "+86-27-88886666", "027-88886666"),
    (PHONE, "+86 10 88886666", "010-88886666"),
    (PHONE, "+86 027-88886666", "027-88886666"),
    (PHONE, "0715-3456789", "0715-3456789"),
    (PHONE, "010-88886666-801", "010-88886666-801"),
    (PHONE, "010-88886666转801", "010-88886666-801"),
    (PHONE, "400-820-8820", "4008208820"),
    (PHONE, "/", None),
    (PHONE, "暂无", None),
    (MOBILE, "13812345678", "13812345678"),
    # Days
    (DAY, "2026-11-22", date(2026, 11, 22)),
    (DAY, "2026.11.22", date(2026, 11, 22)),
    (DAY, "2026/11/2", date(2026, 11, 2)),
    (DAY, "2026年11月22日", date(2026, 11, 22)),
    (DAY, "2026 年 11 月 22 日", date(2026, 11, 22)),
    (DAY, "2026年11月22號", date(2026, 11, 22)),
    (DAY, "20261122", date(2026, 11, 22)),
    (DAY, "２０２６．１１．２２", date(2026, 11, 22)),
    (DAY, "2026-11-22 00:00:00", date(2026, 11, 22)),
    (DAY, "2026-11-22T08:30:00", date(2026, 11, 22)),
    (DAY, "2026/11/22 8:30", date(2026, 11, 22)),
    (DAY, "46348", date(2026, 11, 22)),
    (DAY, "46348.0", date(2026, 11, 22)),
    (DAY, "二〇二六年十一月二十二日", date(2026, 11, 22)),
    (DAY, "二○○一年七月一日", date(2001, 7, 1)),
    (DAY, "二〇〇一年十月三十一日", date(2001, 10, 31)),
    (MONTH, "2001.07", date(2001, 7, 1)),
    (MONTH, "2001年7月", date(2001, 7, 1)),
    (MONTH, "200107", date(2001, 7, 1)),
    # Numbers
    (COUNT, "0", 0),
    (COUNT, "12", 12),
    (COUNT, "12.0", 12),
    (COUNT, "１，２３４", 1_234),
    (COUNT, "1,234", 1_234),
    (COUNT, "1 234", 1_234),
    (COUNT, "1.5E3", 1_500),
    (COUNT, "120户", 120),
    (COUNT, "120 人", 120),
    (COUNT, "'12", 12),
    (COUNT, "-", None),
    (COUNT, "无", None),
    (DEGREES, "114.30525", 114.30525),
    # Choices
    (KIND, "在职", "in_service"),
    (KIND, "在 职", "in_service"),
    (KIND, "1.在职党员", "in_service"),
    (KIND, "離退休", "retired"),
    (KIND, "离休", "retired"),
    (KIND, "流动（外出）", "floating"),
    (KIND, "in_service", "in_service"),
    (KIND, "无", None),
    (YesNo(), "是", True),
    (YesNo(), "√", True),
    (YesNo(), "有", True),
    (YesNo(), "Ｙ", True),
    (YesNo(), "TRUE", True),
    (YesNo(), "已报到", True),
    (YesNo(), "否", False),
    (YesNo(), "无", False),
    (YesNo(), "×", False),
    (YesNo(), "未报到", False),
    (YesNo(), "", None),
    (YesNo(), "/", None),
    # Lists
    (LIST, "合唱、维修，理发", ("合唱", "维修", "理发")),
    (LIST, "合唱;维修", ("合唱", "维修")),
    (LIST, "合唱\n合唱", ("合唱",)),
    (LIST, "无", None),
    (KINDS, "在职、退休", ("in_service", "retired")),
    # Codes
    (DivisionCode(), "420106", "420106"),
    (DivisionCode(), "420106012003", "420106012003"),
    (DivisionCode(), "4201 0601 2003", "420106012003"),
    (DivisionCode(), "4.20106012003E11", "420106012003"),
    (DivisionCode(), "420106.0", "420106"),
    (CreditCode(), "91350100m000100y43", "91350100M000100Y43"),
    (CreditCode(), "9135 0100 M000 100Y 43", "91350100M000100Y43"),
    (CreditCode(), "９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
    # Texts
    (Text(20), " 湖北省\n武汉市 ", "湖北省武汉市"),
    (Text(20), "Echo\nWall", "Echo Wall"),
    (Text(20), "３号楼２单元（东）", "3号楼2单元（东）"),
    (Text(20), "'123", "123"),
    (Text(20), "—", None),
    (Text(20), "无", "无"),
    (Text(20, has_lines=True), "一\r\n\r\n二 ", "一\n二"),
    # Hours of the week
    (HOURS, "周六14:00-17:00；周日上午", "周六14:00-17:00；周日08:00-12:00"),
    (HOURS, "週六 14：00～17：00；禮拜天上午", "周六14:00-17:00；周日08:00-12:00"),
    (HOURS, "周六14:00-17:00\n周日上午", "周六14:00-17:00；周日08:00-12:00"),
    (HOURS, "每周一至周五晚上7点到9点半", "周一至周五19:00-21:30"),
    (HOURS, "星期二、四下午2点-5点", "周二、周四14:00-17:00"),
    (HOURS, "周一到五早上；周六、日白天", "周一至周五06:00-08:00；周六、周日08:00-18:00"),
    (HOURS, "周一三五 9点-11点", "周一、周三、周五09:00-11:00"),
    (HOURS, "周末：上午9:00-11:00和下午2:00-4:00", "周六、周日09:00-11:00；周六、周日14:00-16:00"),
    (HOURS, "周六（上午、下午），周日", "周六08:00-12:00；周六14:00-18:00；周日08:00-21:00"),
    (HOURS, "週末全天", "周六、周日08:00-21:00"),
    (HOURS, "随时", "周一至周日08:00-21:00"),
    (HOURS, "周六上午、中午、下午", "周六08:00-18:00"),
    (HOURS, "周六晚上8点-12点；周日00:00-01:00", "周六20:00-24:00；周日00:00-01:00"),
    (HOURS, "周六白天9点-4点", "周六09:00-16:00"),
    (HOURS, "周6 09:00-10:00", "周六09:00-10:00"),
    (HOURS, "无", None),
)

WRONG: tuple[tuple[Field, str, str], ...] = (
    (NAME, "张三13812345678", "name-invalid"),
    (NAME, "张三、李四", "name-invalid"),
    (NAME, "#N/A", "error-value"),
    (NAME, "三" * 31, "text-too-long"),
    (PHONE, "1381234567", "phone-length"),
    (PHONE, "138123456789", "phone-length"),
    (PHONE, "12812345678", "phone-length"),
    (PHONE, "1.38123E+10", "digits-lost"),
    (PHONE, "87654321", "phone-no-area-code"),
    (PHONE, "13812345678/13912345678", "phone-several"),
    (PHONE, "13812345678 13912345678", "phone-several"),
    (PHONE, "13812345678、027-88886666", "phone-several"),
    (PHONE, "见通讯录", "phone-invalid"),
    (PHONE, IDENTITY, "identity-number"),
    (PHONE, "#REF!", "error-value"),
    (MOBILE, "027-88886666", "phone-not-mobile"),
    (DAY, "2026-02-30", "date-invalid"),
    (DAY, "20261322", "date-invalid"),
    (DAY, "明年", "date-invalid"),
    (DAY, "22/11/2026", "date-unclear"),
    (DAY, "26.11.22", "date-unclear"),
    (DAY, "2001.07", "date-without-day"),
    (DAY, "2001", "date-without-day"),
    (DAY, "1899-12-31", "date-too-early"),
    (Date(latest=date(2026, 1, 1)), "2026-11-22", "date-too-late"),
    (COUNT, "-3", "number-too-small"),
    (COUNT, "1.5", "number-not-whole"),
    (COUNT, "约12", "number-invalid"),
    (COUNT, "1,23", "number-invalid"),
    (COUNT, "1e999", "number-invalid"),
    (COUNT, "9" * 400, "number-invalid"),
    (COUNT, "2000000", "number-too-large"),
    (DEGREES, "30.5", "number-too-small"),
    (KIND, "其他", "choice-unknown"),
    (KIND, "在职、退休", "choice-several"),
    (YesNo(), "也许", "yes-no-unclear"),
    (LIST, "一、二、三、四", "list-too-long"),
    (LIST, "一二三四五", "list-item-too-long"),
    (KINDS, "在职、其他", "choice-unknown"),
    (DivisionCode(), "42010", "code-length"),
    (DivisionCode(), "420106A", "code-invalid"),
    (DivisionCode(), "990106", "code-place"),
    (DivisionCode(), "4.201E+11", "digits-lost"),
    (CreditCode(), "91350100M000100Y4", "credit-code-length"),
    (CreditCode(), "91350100M000100Y44", "credit-code-check"),
    (CreditCode(), "9135O100M000100Y43", "credit-code-character"),
    (CreditCode(), "9.1350100000001E17", "digits-lost"),
    (Text(5), "一二三四五六", "text-too-long"),
    (Text(50), f"张三 {IDENTITY}", "identity-number"),
    (Text(50), "110105 19491231 002X", "identity-number"),
    (Text(50, is_public=True), "王师傅水电13812345678", "personal-number"),
    (Text(50), "#DIV/0!", "error-value"),
    (HOURS, "#REF!", "error-value"),
    (HOURS, "有空就来", "hours-unclear"),
    (HOURS, "周六2点-5点", "hours-unclear"),
    (HOURS, "周六2:00-5:00", "hours-unclear"),
    (HOURS, "周三14:00", "hours-unclear"),
    (HOURS, "周六14:00起", "hours-unclear"),
    (HOURS, "周六一天", "hours-unclear"),
    (HOURS, "周六-", "hours-unclear"),
    (HOURS, "周五至周一", "hours-unclear"),
    (HOURS, "节假日", "hours-unclear"),
    (HOURS, "周六25:00-26:00", "hours-unclear"),
    (HOURS, "周六10:00-11:60", "hours-unclear"),
    (HOURS, "周六上午14:00-15:00", "hours-unclear"),
    (HOURS, "周六下午0点-3点", "hours-unclear"),
    (HOURS, "13:00-17:00", "hours-day-missing"),
    (HOURS, "上午", "hours-day-missing"),
    (HOURS, "周六17:00-14:00", "hours-order"),
    (HOURS, "周六22:00-02:00", "hours-order"),
    (HOURS, "周六上午；周末09:00-10:00", "hours-overlap"),
    (HOURS, "每天07:00-08:00、09:00-10:00、11:00-12:00、13:00-14:00、15:00-16:00", "hours-too-many"),
    (HOURS, "周六上午；" * 300, "hours-too-many"),
)
EVERY = (
    NAME,
    PHONE,
    MOBILE,
    DAY,
    MONTH,
    COUNT,
    DEGREES,
    KIND,
    YesNo(),
    LIST,
    HOURS,
    KINDS,
    DivisionCode(),
    CreditCode(),
    Text(9),
)


@pytest.mark.parametrize(("field", "text", "value"), READ)
def test_read(field: Field, text: str, value: Value):
    found = field.read(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("field", "text", "code"), WRONG)
def test_wrong(field: Field, text: str, code: str):
    found = field.read(text)
    assert isinstance(found, Wrong), found
    assert found.code == code
    sentence = found.for_column("x", "这一列").sentence
    assert sentence.startswith("这一列")
    assert "{" not in sentence


def test_days_of_the_other_calendar():
    """Spreadsheets of old Macintoshes count days from 1904."""
    assert DAY.read("44886", is_1904=True) == date(2026, 11, 22)


def test_every_fault_can_happen():
    said = {code for *_, code in WRONG} | {"required", "formula", "sum-wrong", "total-wrong"}
    assert said == set(SENTENCES)


def test_sentences_never_repeat_what_stands_in_the_cell():
    """Names and numbers of people stay in the file (I12)."""
    for field, text, _ in WRONG:
        found = field.read(text)
        assert isinstance(found, Wrong)
        if len(text) > 4:
            assert text not in found.for_column("x", "这一列").sentence


@settings(deadline=None)
@given(st.sampled_from(EVERY), st.text(max_size=40) | st.text("0123456789.-+eE/年月日 、（）１x:", max_size=30))
def test_nothing_that_can_be_typed_breaks_a_field(field: Field, text: str):
    found = field.read(text)
    if isinstance(found, Wrong):
        assert found.for_column("x", "这一列").sentence
    elif found is not None:
        written = field.write(found)
        again = written.isoformat() if isinstance(written, date) else str(written)
        assert field.read(again) == found


@settings(deadline=None)
@given(st.text(max_size=60))
def test_cleaning_twice_is_cleaning_once(text: str):
    for clean in (cells.clean, cells.clean_lines, cells.fold, cells.clean_name):
        once = clean(text)
        assert clean(once) == once


@pytest.mark.parametrize("field", EVERY)
def test_each_tells_how_it_is_filled_in(field: Field):
    assert field.hint
    assert all(field.read(option) is not None for option in field.options)


def test_choices_know_their_own_titles_in_both_scripts():
    choice = Choice({"a": "两新组织党员", "b": "无职党员"}, {})
    assert choice.read("兩新組織黨員") == "a"
    assert choice.read("無職黨員") == "b"
