"""What a seal says of the ledger: the one way to write a transfer as bytes, and the chain of seals.

The encoding EW1 has a fixed place for each column, so that two different rows never give the same bytes. Numbers are
big-endian; what may be missing has a byte before it that says whether it is there. A transfer names its accounts by id
and by their fingerprints, so that an account cannot get another owner, kind or date either. A column that is added to
either table needs a new encoding; rows that were sealed keep theirs.
"""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from struct import Struct
from typing import Any
from uuid import UUID

ENCODING = "EW1"
TRANSFER_COLUMNS = (
    "id", "kind", "debit_account_id", "credit_account_id", "points",
    "reference_id", "leg", "debit_version", "credit_version", "created_at",
)  # fmt: skip
ACCOUNT_COLUMNS = ("id", "kind", "owner_id", "expires_on", "available_on", "created_at")

FIRST_PREVIOUS = bytes(32)
"""What the first seal has in place of the hash of the one before."""

LOOK_BACK = timedelta(days=1)
"""Ids begin with the time at which the database made them, and no transaction lasts a day: the service's own end after
seconds. So whatever is older than this, counted from the newest sealed, was committed before and is sealed."""

SHORT_LOOK_BACK = timedelta(minutes=10)
"""Enough for nearly all that is committed late; what is later still is found by looking back a day, now and then."""

_TRANSFER = Struct(">3s16s32s16s32s16s32sq16sh?q?qq")
_ACCOUNT = Struct(">3s16s32s?16s?i?iq")
_SEAL = Struct(">cq32s32sqq")
_DAY_ZERO = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_OWNER = bytes(16)


def microseconds(moment: datetime) -> int:
    """Return a moment in microseconds since 1970, the database's own precision."""
    return (moment - _EPOCH) // _MICROSECOND


def account_fingerprint(account: Any) -> bytes:
    """Return the hash of an account, a row of ``ACCOUNT_COLUMNS``."""
    account_id, kind, owner_id, expires_on, available_on, created_at = account
    return sha256(
        _ACCOUNT.pack(
            b"EW1",
            account_id.bytes,
            kind.encode(),
            owner_id is not None,
            _NO_OWNER if owner_id is None else owner_id.bytes,
            expires_on is not None,
            _days(expires_on),
            available_on is not None,
            _days(available_on),
            microseconds(created_at),
        )
    ).digest()


def transfer_bytes(transfer: Any, debit_fingerprint: bytes, credit_fingerprint: bytes) -> bytes:
    """Return a transfer, a row of ``TRANSFER_COLUMNS``, with its accounts, in the encoding EW1."""
    transfer_id, kind, debit_id, credit_id, points, reference_id, leg, debit_version, credit_version, at = transfer
    return _TRANSFER.pack(
        b"EW1",
        transfer_id.bytes,
        kind.encode(),
        debit_id.bytes,
        debit_fingerprint,
        credit_id.bytes,
        credit_fingerprint,
        points,
        reference_id.bytes,
        leg,
        debit_version is not None,
        debit_version or 0,
        credit_version is not None,
        credit_version or 0,
        microseconds(at),
    )


def seal_hash(number: int, previous_hash: bytes, root: bytes, leaf_count: int, sealed_at: datetime) -> bytes:
    """Return the hash that chains a seal to the one before; the first has ``FIRST_PREVIOUS`` in its place."""
    return sha256(_SEAL.pack(b"\x02", number, previous_hash, root, leaf_count, microseconds(sealed_at))).digest()


def unsealed_from(newest_sealed: UUID | None, sealed_at: datetime | None, look_back: timedelta = LOOK_BACK) -> UUID:
    """Return the id to look above for what is unsealed, by the newest sealed one and the newest seal's time.

    The earlier of the two counts: an id from the future must not keep the present from being sealed.
    """
    if newest_sealed is None or sealed_at is None:
        return UUID(int=0)
    newest_ms = min(newest_sealed.int >> 80, microseconds(sealed_at) // 1000)
    return UUID(int=max(0, newest_ms - look_back // timedelta(milliseconds=1)) << 80)


def _days(day: date | None) -> int:
    return 0 if day is None else (day - _DAY_ZERO).days
