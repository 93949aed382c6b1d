"""Voucher codes: RFC 6238 one-time passwords, 30 s, SHA-256, 8 digits, behind the voucher's id (pure).

``EW1`` + the id in base32 (26 characters) + 8 digits: letters and digits only, so that a QR code stays small.
"""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp

STEP = timedelta(seconds=30)
GRACE_STEPS = 1
"""Either way: a code read at the end of its step, or a clock a few seconds off."""
COMING_CODES = 20
"""Ten minutes for a phone that has no signal in the shop."""
DIGITS = 8
_FORM = re.compile(r"EW1([A-Z2-7]{26})(\d{8})", re.ASCII)


def _totp(key: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(
        base64.b32encode(key).decode(), digits=DIGITS, digest=hashlib.sha256, interval=int(STEP.total_seconds())
    )


def write(voucher_id: UUID, key: bytes, moment: datetime) -> str:
    """Return the code of ``voucher_id`` in the step that holds ``moment``."""
    written_id = base64.b32encode(voucher_id.bytes).decode().rstrip("=")
    return f"EW1{written_id}{_totp(key).at(moment)}"


def read(code: str) -> tuple[UUID, str] | None:
    """Return the voucher's id and the digits, or None when this is no code of ours."""
    found = _FORM.fullmatch(code.strip().upper())
    if found is None:
        return None
    try:
        return UUID(bytes=base64.b32decode(found[1] + "=" * 6)), found[2]
    except (ValueError, binascii.Error):
        return None


def is_current(digits: str, key: bytes, moment: datetime) -> bool:
    """Whether ``digits`` belong to the step of ``moment`` or one next to it; compares in constant time."""
    return bool(_totp(key).verify(digits, for_time=moment, valid_window=GRACE_STEPS))


def step_start(moment: datetime) -> datetime:
    """Return the beginning of the step that holds ``moment``."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(STEP.total_seconds()), UTC)
