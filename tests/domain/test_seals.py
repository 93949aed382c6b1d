"""Bytes of a transfer: two rows that differ in anything never give the same; a seal's hash hangs on all it says."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id_at
from app.domain import seals
from app.domain.kinds import AccountKind, TransferKind
from app.models import metadata

MOMENT = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)
ids = st.uuids()
versions = st.none() | st.integers(-1, 3)
transfers = st.tuples(
    ids,
    st.sampled_from([kind.value for kind in TransferKind]),
    ids,
    ids,
    st.integers(-1, 2**31 - 1),
    ids,
    st.integers(0, 2**15 - 1),
    versions,
    versions,
    st.datetimes(timezones=st.just(UTC)),
)
days = st.none() | st.dates(date(1969, 12, 30), date(2040, 1, 1))
accounts = st.tuples(
    ids,
    st.sampled_from([kind.value for kind in AccountKind]),
    st.none() | ids,
    days,
    days,
    st.datetimes(timezones=st.just(UTC)),
)


def example() -> list[Any]:
    return [UUID(int=1), "award", UUID(int=2), UUID(int=3), 10, UUID(int=4), 0, None, 1, MOMENT]


def test_every_column_is_in_it():
    """A column that is added must come into a new encoding, or somebody could change it unseen."""
    assert set(metadata.tables["ledger_transfer"].columns.keys()) == set(seals.TRANSFER_COLUMNS)
    assert set(metadata.tables["ledger_account"].columns.keys()) == set(seals.ACCOUNT_COLUMNS)


def test_it_is_as_it_was_when_the_first_row_was_sealed():
    """Whatever is done to the code: rows that were sealed once must give these bytes for ever."""
    debit, credit = b"d" * 32, b"c" * 32
    assert seals.transfer_bytes(example(), debit, credit).hex() == (
        "455731"
        "00000000000000000000000000000001"
        "6177617264000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000002"
        + debit.hex()
        + "00000000000000000000000000000003"
        + credit.hex()
        + "000000000000000a"
        "00000000000000000000000000000004"
        "0000"
        "000000000000000000"
        "010000000000000001"
        "00064bf246ac3440"
    )
    account = (UUID(int=2), "wallet", UUID(int=9), date(2027, 12, 31), None, MOMENT)
    assert seals.account_fingerprint(account).hex() == (
        "bac2c187d6e55c78accdb91b05297ee6d0c9eca5ef0dbd305b1f0759a04b3ea1"
    )
    assert seals.seal_hash(2, b"p" * 32, b"r" * 32, 7, MOMENT).hex() == (
        "f5c728d348a1b92405e6a0a64ae20ed3a24eea16f0f12c4c82990a0ae941ec88"
    )


@given(transfers, transfers)
def test_two_transfers_are_the_same_bytes_only_if_they_are_the_same(one: tuple[Any, ...], other: tuple[Any, ...]):
    same = seals.transfer_bytes(one, bytes(32), bytes(32)) == seals.transfer_bytes(other, bytes(32), bytes(32))
    assert same == (one == other)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", UUID(int=9)),
        ("kind", "adjust_up"),
        ("debit_account_id", UUID(int=9)),
        ("credit_account_id", UUID(int=9)),
        ("points", 11),
        ("reference_id", UUID(int=9)),
        ("leg", 1),
        ("debit_version", 0),
        ("credit_version", None),
        ("created_at", MOMENT + timedelta(microseconds=1)),
    ],
)
def test_any_column_changes_the_bytes(column: str, value: object):
    changed = example()
    changed[seals.TRANSFER_COLUMNS.index(column)] = value
    assert seals.transfer_bytes(changed, bytes(32), bytes(32)) != seals.transfer_bytes(example(), bytes(32), bytes(32))


def test_the_accounts_change_the_bytes():
    told = {seals.transfer_bytes(example(), *pair) for pair in ((bytes(32), b"1" * 32), (b"1" * 32, bytes(32)))}
    assert len(told) == 2


@given(accounts, accounts)
def test_two_accounts_have_one_fingerprint_only_if_they_are_the_same(one: tuple[Any, ...], other: tuple[Any, ...]):
    assert (seals.account_fingerprint(one) == seals.account_fingerprint(other)) == (one == other)


@pytest.mark.parametrize("place", range(6))
def test_any_column_changes_the_fingerprint(place: int):
    account = (UUID(int=2), "wallet", UUID(int=0), date(1970, 1, 1), date(1970, 1, 1), MOMENT)
    changed: list[Any] = list(account)
    changed[place] = (UUID(int=3), "held", None, None, None, MOMENT + timedelta(microseconds=1))[place]
    assert seals.account_fingerprint(changed) != seals.account_fingerprint(account)


@pytest.mark.parametrize("place", range(5))
def test_a_seal_hangs_on_all_it_says(place: int):
    told: list[Any] = [2, b"p" * 32, b"r" * 32, 7, MOMENT]
    changed = list(told)
    changed[place] = [3, b"q" * 32, b"s" * 32, 8, MOMENT + timedelta(microseconds=1)][place]
    assert seals.seal_hash(*changed) != seals.seal_hash(*told)


class TestUnsealedFrom:
    def test_before_the_first_seal_everything_is_unsealed(self):
        assert seals.unsealed_from(None, None) == UUID(int=0)

    def test_a_day_before_the_newest_is_looked_at(self):
        floor = seals.unsealed_from(new_id_at(MOMENT), MOMENT + timedelta(seconds=40))
        assert new_id_at(MOMENT - timedelta(days=1, milliseconds=1)) < floor < new_id_at(MOMENT - timedelta(hours=23))

    def test_an_id_from_the_future_does_not_hide_the_present(self):
        floor = seals.unsealed_from(UUID(int=(1 << 128) - 1), MOMENT)
        assert floor < new_id_at(MOMENT - timedelta(hours=23))
