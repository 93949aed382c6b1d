"""Codes that people type."""

import pytest

from app.domain import typed_codes


@pytest.mark.parametrize(
    ("random", "code"),
    [
        (bytes(5), "00000000"),
        (b"\xff" * 5, "ZZZZZZZZ"),
        (b"\x00\x00\x00\x00\x01", "00000001"),
        (b"\x00\x44\x32\x14\xc7", "01234567"),
    ],
)
def test_written_and_read(random: bytes, code: str):
    assert typed_codes.write(random) == code
    assert typed_codes.read(code) == code


def test_what_looks_alike_is_never_written():
    assert not set("ILOU") & set(typed_codes.ALPHABET)
    assert len(set(typed_codes.ALPHABET)) == 32


@pytest.mark.parametrize("typed", ["oIlO-0110", "0110 0110", "oiloolio", " 01100110 "])
def test_what_looks_alike_is_read_as_what_was_meant(typed: str):
    assert typed_codes.read(typed) == "01100110"


@pytest.mark.parametrize("typed", ["", "0000000", "000000000", "0000000U", "0000000好", "\u0660" * 8, "\uff4f0000000"])
def test_anything_else_is_none(typed: str):
    assert typed_codes.read(typed) is None
