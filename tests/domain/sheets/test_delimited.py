"""csv in the encodings and with the delimiters of offices."""

# ruff: noqa: RUF001 - full-width signs begin formulas too

import csv
from contextlib import suppress
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Problem
from app.domain.sheets import reading
from app.domain.sheets.delimited import Delimited, armour, disarm

HEAD = ["姓名", "联系电话", "所属网格"]
ROWS = [HEAD, ["张三", "13812345678", "一网格"], ["李四\n（代）", 'a"b', "东湖，二;网格\t"]]
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be")


def written(rows: list[list[str]], encoding: str = "utf-8", delimiter: str = ",", end: str = "\r\n") -> bytes:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    return marks.get(encoding, b"") + text.getvalue().encode(encoding)


def read(content: bytes) -> list[list[str]]:
    return [list(row.cells) for row in reading.open_file(content).read("").rows]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_it_is_read_as_it_was(encoding: str, delimiter: str, end: str):
    assert read(written(ROWS, encoding, delimiter, end)) == ROWS


def test_the_encoding_is_told():
    found = {reading.open_file(written(ROWS, encoding)).encoding for encoding in ENCODINGS}
    assert found == {"utf-8", "utf-8-sig", "gb18030", "utf-16"}


def test_traditional_characters_in_the_encoding_of_the_mainland():
    rows = [["姓名", "聯繫電話", "所屬網格"], ["陳國華", "13812345678", "東湖網格"]]
    assert read(written(rows, "gb18030")) == rows


def test_names_alone_in_the_encoding_of_the_mainland():
    """Nothing but names, none of the words that tables are full of."""
    names = [
        [first + second + third]
        for first in "王李张刘陈杨黄赵"
        for second in "伟芳娜敏静丽"
        for third in "强磊军洋勇艳"
    ]
    assert read(written([["人员"], *names], "gb18030")) == [["人员"], *names]


@pytest.mark.parametrize("encoding", ["big5", "shift_jis", "latin-1", "cp1251"])
def test_other_encodings_are_refused(encoding: str):
    texts = {
        "big5": "姓名,電話,地址\n陳大文,0912345678,臺北市中正區重慶南路一段\n林美麗,0922333444,高雄市三民區\n",
        "shift_jis": "氏名,電話,住所\nさとう,03-1234,とうきょうとちよだく\nたなか,06,おおさか\n",
        "latin-1": "naïve,café,Ångström,Übergröße,é,çà,où,œuvre".replace("œ", "ö") * 5,
        "cp1251": "Имя,Телефон,Адрес\nИванов,12345,Москва улица\n" * 3,
    }
    with pytest.raises(Problem, match="file-encoding-unknown"):
        reading.open_file(texts[encoding].encode(encoding))


def test_rare_characters_of_names():
    """GB18030 writes them in four bytes."""
    rows = [HEAD, ["𠮷𬇹㛃", "13812345678", "一网格"]]
    assert read(written(rows, "gb18030")) == rows


def test_rows_are_counted_as_programs_count_them():
    content = '姓名,网格\n"张\n三",一\n\n,\n李四,二\n'.encode()
    assert [row.number for row in Delimited(content).read().rows] == [1, 2, 5]


def test_a_line_that_tells_the_delimiter():
    content = "sep=;\n姓名;网格\n张三;一,二\n".encode("utf-8-sig")
    assert [(row.number, row.cells) for row in Delimited(content).read().rows] == [
        (1, ("姓名", "网格")),
        (2, ("张三", "一,二")),
    ]


def test_a_quote_amid_a_text():
    assert read('姓名,网格\n张"三,一\n'.encode()) == [["姓名", "网格"], ['张"三', "一"]]


def test_one_column():
    assert read("网格\n一\n二\n".encode()) == [["网格"], ["一"], ["二"]]


def test_the_first_rows_alone():
    assert len(Delimited(b"a\n" * 60_000).read(rows_max=5).rows) == 5


@pytest.mark.parametrize("text", ["=1+1", "+86", "-", "@x", "\tx", "\rx", "＝1", "'=1", "''=1", "'", "x", "", "'x"])
def test_armour_comes_off(text: str):
    assert disarm(armour(text)) == text
    assert armour(text)[:1] not in set("=+-@\t\r＝")


@settings(deadline=None)
@given(st.text("=+-@'\t\r\n＝ab", max_size=6))
def test_armour_comes_off_whatever_the_text(text: str):
    assert disarm(armour(text)) == text


texts = st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(texts, min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from([encoding for encoding in ENCODINGS if encoding != "gbk"]),
    st.sampled_from(",;\t"),
)
def test_whatever_is_written_comes_back(rows: list[list[str]], encoding: str, delimiter: str):
    """Below honest headings, which tell the encoding and the delimiter."""
    armoured = [[armour(text) for text in row] for row in rows]
    content = written([[*HEAD, "党员类型"], ROWS[1], ROWS[1], *armoured], encoding, delimiter)
    expected = [_trimmed(row) for row in rows if _trimmed(row)]
    assert read(content)[3:] == expected


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row = row[:-1]
    return row


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_it(content: bytes):
    with suppress(Problem):
        source = reading.open_file(content)
        for name in source.sheet_names:
            source.read(name)
