"""Addresses as people type them, against buildings as offices list them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import addresses, place_names
from app.domain.addresses import Fit

HOUSE = "幸福路12号院3号楼"


class TestSpelling:
    @pytest.mark.parametrize(
        "typed",
        [
            "幸福路12号院3号楼",
            "幸福路１２号院３号楼",
            "幸福路 12 号院 3 号楼",
            "幸福路十二号院三号楼",
            "幸福路12號院3號樓",
            "幸福路12号3栋",
            "幸福路12号院3幢",
            "幸福路12号院3#楼",
            "幸福路十二號院3#樓",
            "幸福路12号院3＃",  # noqa: RUF001 - a wide sign, as it is typed
            "幸福路12号院03号楼",
            "幸福路12号院-3-2-501",
            "幸福路12号院3号楼2单元501室",
            "幸福路12号院3号楼二单元5层",
            "幸福路（xìng fú lù）12号院3号楼",
            "幸福路12号院3号",
        ],
    )
    def test_all_of_these_are_one(self, typed: str):
        assert addresses.read(typed).key == addresses.read(HOUSE).key

    @pytest.mark.parametrize(
        ("written", "name", "numbers"),
        [
            ("八一路5号", "81路", (("号", "5"),)),
            ("五一小区A座", "51小区", (("楼", "a"),)),
            ("阳光城b3栋", "阳光城", (("楼", "b3"),)),
            ("三里屯12号", "3里屯", (("号", "12"),)),
            ("南村2组15号", "南村", (("组", "2"), ("号", "15"))),
            ("1区5排2号", "", (("区", "1"), ("排", "5"), ("号", "2"))),
            ("百花路100号附1号", "百花路", (("号", "100"), ("附", "1"))),
            ("人民医院宿舍楼", "人民医院宿舍楼", ()),
            ("２０３号", "", (("号", "203"),)),
            ("！？", "", ()),
            ("", "", ()),
        ],
    )
    def test_parts(self, written: str, name: str, numbers: tuple[tuple[str, str], ...]):
        found = addresses.read(written)
        assert (found.name, found.numbers) == (name, numbers)
        assert bool(found.terms) == bool(name or numbers)

    @given(st.text(max_size=60))
    def test_whatever_is_typed(self, text: str):
        found = addresses.read(text.encode("utf-8", "ignore").decode())
        assert len(found.weights) == len(found.terms)
        assert all(found.terms)
        addresses.compare(found, addresses.read(HOUSE))
        addresses.compare(addresses.read(HOUSE), found)


class TestFigures:
    @pytest.mark.parametrize(
        ("written", "figures"),
        [
            ("十号", "10号"),
            ("十二号", "12号"),
            ("二十号", "20号"),
            ("二十三号", "23号"),
            ("一百零五号", "105号"),
            ("一百二十号", "120号"),
            ("二〇三", "203"),
            ("二零三", "203"),
            ("007号", "7号"),
            ("100号", "100号"),
            ("0号", "0号"),
            ("百花路", "百花路"),
            ("百一", "百1"),
        ],
    )
    def test_of_chinese_numbers(self, written: str, figures: str):
        assert place_names.key(written) == figures

    @given(st.integers(1, 199))
    def test_every_number_of_a_house(self, number: int):
        assert place_names.key(f"{in_chinese(number)}号") == f"{number}号"


def in_chinese(number: int) -> str:
    """Return a number up to 199 as people write it."""
    digits = "零一二三四五六七八九"
    hundred, rest = divmod(number, 100)
    ten, one = divmod(rest, 10)
    told = "一百" if hundred else ""
    if ten:
        told += ("" if ten == 1 and not hundred else digits[ten]) + "十"
    elif hundred and one:
        told += "零"
    return told + (digits[one] if one else "")


class TestFit:
    def compare(self, asked: str, known: str = HOUSE) -> Fit | None:
        fit = addresses.compare(addresses.read(asked), addresses.read(known))
        return fit[0] if fit else None

    @pytest.mark.parametrize(
        ("asked", "fit"),
        [
            ("幸福路12号院3号楼2单元", Fit.EXACT),
            ("周村区丝绸路街道幸福社区幸福路12号院3号楼", Fit.EXACT),
            ("幸福路", Fit.FITS),
            ("幸福路12号", Fit.FITS),
            ("12号院3号楼", Fit.FITS),
            ("幸福里12号院3号楼", Fit.NEAR),
            ("辛福路12号院3号楼", Fit.NEAR),
            ("健康路12号院3号楼", None),
            ("幸福路3号", Fit.NEAR),
            ("幸福路12号院4号楼", Fit.NEAR),
            ("幸福路14号院3号楼", Fit.NEAR),
            ("太和路12号院3号楼", None),
            ("3号楼", Fit.FITS),
            ("4号楼", None),
            ("太和路", None),
            ("", None),
        ],
    )
    def test_of_one_building(self, asked: str, fit: Fit | None):
        assert self.compare(asked) == fit

    def test_a_number_whose_unit_nobody_knows(self):
        assert self.compare("幸福小区3号", "幸福小区3号楼") is Fit.FITS
        assert self.compare("幸福小区3-2-501", "幸福小区3号楼") is Fit.EXACT

    def test_the_nearer_the_better(self):
        known = [addresses.read(name) for name in ("幸福路12号院3号楼", "幸福路12号院4号楼", "幸福路9号院4号楼")]
        worth = [addresses.compare(addresses.read("幸福路12号院3号楼"), each) for each in known]
        scores = [fit[1] for fit in worth if fit]
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) == len(known)

    def test_houses_in_their_order(self):
        houses = ["幸福路12号", "幸福路3号", "幸福路3号2号楼", "太和路1号"]
        assert sorted(houses, key=addresses.sort_key) == ["太和路1号", "幸福路3号", "幸福路3号2号楼", "幸福路12号"]
