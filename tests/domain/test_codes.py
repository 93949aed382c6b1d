"""Voucher codes: RFC 6238 as it is written, and nobody else's code."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id
from app.domain import codes

RFC_KEY = b"12345678901234567890123456789012"
RFC_VECTORS = [
    (59, "46119246"),
    (1111111109, "68084774"),
    (1111111111, "67062674"),
    (1234567890, "91819424"),
    (2000000000, "90698825"),
    (20000000000, "77737706"),
]
"""Appendix B of RFC 6238, rows of SHA-256."""
KEY = bytes(range(32))
START = codes.step_start(datetime(2026, 7, 1, 8, 30, tzinfo=UTC))


def digits_at(moment: datetime, key: bytes = KEY) -> str:
    return codes.write(UUID(int=0), key, moment)[-8:]


@pytest.mark.parametrize(("seconds", "digits"), RFC_VECTORS)
def test_the_vectors_of_the_standard(seconds: int, digits: str):
    moment = datetime.fromtimestamp(seconds, UTC)
    assert digits_at(moment, RFC_KEY) == digits
    assert codes.find_step(digits, RFC_KEY, moment) == seconds // 30


class TestTime:
    def test_a_code_holds_for_its_step_and_one_either_way(self):
        digits = digits_at(START)
        last = START + codes.STEP - timedelta(microseconds=1)
        for moment in (START, last, START - codes.STEP, last + codes.STEP):
            assert codes.find_step(digits, KEY, moment) is not None, moment

    def test_a_code_is_over_a_moment_later_and_not_there_a_moment_earlier(self):
        digits = digits_at(START)
        for moment in (START + 2 * codes.STEP, START - codes.STEP - timedelta(seconds=1)):
            assert codes.find_step(digits, KEY, moment) is None, moment

    def test_a_step_starts_at_a_whole_half_minute(self):
        assert codes.step_start(START) == START
        assert codes.step_start(START + codes.STEP - timedelta(microseconds=1)) == START
        assert START.timestamp() % 30 == 0

    def test_the_zone_of_the_moment_does_not_matter(self):
        from zoneinfo import ZoneInfo

        assert digits_at(START.astimezone(ZoneInfo("Asia/Shanghai"))) == digits_at(START)


class TestOwner:
    def test_the_code_of_another_key_is_refused(self):
        assert codes.find_step(digits_at(START, bytes(32)), KEY, START) is None

    def test_no_digits_but_eight_are_believed(self):
        digits = digits_at(START)
        for wrong in (digits[1:], digits + "0", "", "00000000", digits[::-1]):
            assert codes.find_step(wrong, KEY, START) is None or wrong == digits


class TestForm:
    @given(st.uuids())
    def test_what_is_written_is_read(self, voucher_id: UUID):
        written = codes.write(voucher_id, KEY, START)
        assert codes.read(written) == (voucher_id, written[-8:])
        assert len(written) == 37
        assert written.isalnum()
        assert written.isascii()

    def test_a_scanner_may_add_blanks_or_lower_the_case(self):
        voucher_id = new_id()
        written = codes.write(voucher_id, KEY, START)
        assert codes.read(f" {written.lower()}\n") == (voucher_id, written[-8:])

    @given(st.text(max_size=60))
    def test_anything_else_is_no_code(self, scanned: str):
        assert codes.read(scanned) is None

    @pytest.mark.parametrize(
        "change",
        [
            lambda written: written[1:],
            lambda written: written + "0",
            lambda written: "EW2" + written[3:],
            lambda written: written[:-1] + "x",
            lambda written: written[:-1] + "٣",
            lambda written: written[:3] + "1" + written[4:],
            lambda written: written[:10] + " " + written[11:],
        ],
    )
    def test_a_damaged_code_is_no_code(self, change):
        assert codes.read(change(codes.write(new_id(), KEY, START))) is None


class TestTyped:
    @given(st.integers(10**9, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
    def test_what_is_written_is_read_in_its_time_and_no_other(self, moment: datetime):
        handle = codes.new_handle()
        written = codes.write_typed(handle, KEY, moment)
        read = codes.read_typed(written)
        assert read is not None
        assert read[0] == handle
        assert codes.find_step(read[1], KEY, moment) == codes.step_number(moment)
        assert codes.find_step(read[1], KEY, moment + codes.STEP) == codes.step_number(moment)
        assert codes.find_step(read[1], KEY, moment + 3 * codes.STEP) != codes.step_number(moment)
        assert codes.find_step(read[1], bytes(32), moment) != codes.step_number(moment)

    def test_blanks_hyphens_and_small_letters_do_not_matter(self):
        written = codes.write_typed("4C7E", KEY, START)
        assert codes.read_typed(f" {written[:4].lower()}-{written[4:]} ") == ("4C7E", written[4:])

    @pytest.mark.parametrize("code", ["", "4C7E", "4C7E4C7", "4C7E4C7E4", "4C7E4C7U", "\uff14C7E4C7E"])
    def test_what_has_another_form_is_no_code(self, code: str):
        assert codes.read_typed(code) is None

    def test_handles_spread(self):
        assert len({codes.new_handle() for _ in range(1000)}) > 990
