"""Codes that people show: RFC 6238 one-time passwords, 30 s, SHA-256, behind what names the thing (pure).

Scanned: ``EW1`` + the id in base32 (26 characters) + 8 digits: letters and digits only, so that a QR code stays small.
Typed, for a camera that is broken: 4 characters that name the voucher in its shop, or whatever the code is of, + 4 that
change with the step, in the letters and digits of ``typed_codes``.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp

from app.domain import typed_codes

STEP = timedelta(seconds=30)
GRACE_STEPS = 1
"""Either way: a code read at the end of its step, or a clock a few seconds off."""
COMING_CODES = 20
"""Ten minutes for a phone that has no signal in the shop."""
DIGITS = 8
HANDLE_CHARACTERS = TYPED_CHARACTERS = 4
_SCANNED = re.compile(r"EW1([A-Z2-7]{26})(\d{8})", re.ASCII)


def _totp(key: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(
        base64.b32encode(key).decode(), digits=DIGITS, digest=hashlib.sha256, interval=int(STEP.total_seconds())
    )


def write(subject_id: UUID, key: bytes, moment: datetime) -> str:
    """Return the code of ``subject_id`` to be scanned in the step that holds ``moment``."""
    written_id = base64.b32encode(subject_id.bytes).decode().rstrip("=")
    return f"EW1{written_id}{_totp(key).at(moment)}"


def write_typed(handle: str, key: bytes, moment: datetime) -> str:
    """Return the code to be typed in the step that holds ``moment``."""
    return handle + _typed_password(key, step_number(moment))


def new_handle() -> str:
    """Return what names a voucher in its shop; two may share it, and the rest of the code tells them apart."""
    return typed_codes.write(secrets.token_bytes(typed_codes.RANDOM_BYTES))[:HANDLE_CHARACTERS]


def handle_of(key: bytes) -> str:
    """Return what names the one thing that has this key, for a code that is typed."""
    return typed_codes.write(hmac.digest(key, b"handle", hashlib.sha256)[: typed_codes.RANDOM_BYTES])[
        :HANDLE_CHARACTERS
    ]


def read(code: str) -> tuple[UUID, str] | None:
    """Return the id and the password of a scanned code, or None when this is no code of ours."""
    found = _SCANNED.fullmatch(code.strip().upper())
    if found is None:
        return None
    try:
        return UUID(bytes=base64.b32decode(found[1] + "=" * 6)), found[2]
    except (ValueError, binascii.Error):
        return None


def read_typed(code: str) -> tuple[str, str] | None:
    """Return the handle and the password of a typed code, or None."""
    read = typed_codes.read(code)
    return (read[:HANDLE_CHARACTERS], read[HANDLE_CHARACTERS:]) if read else None


def find_step(password: str, key: bytes, moment: datetime) -> int | None:
    """Return the step that a password belongs to: that of ``moment`` or one next to it. Compares in constant time."""
    write_password = _typed_password if len(password) == TYPED_CHARACTERS else _scanned_password
    now = step_number(moment)
    found = None
    for step in range(now - GRACE_STEPS, now + GRACE_STEPS + 1):
        if hmac.compare_digest(write_password(key, step), password):
            found = step
    return found


def step_number(moment: datetime) -> int:
    """Return how many steps lie between 1970 and ``moment``; in seconds, never in milliseconds."""
    return int(moment.timestamp()) // int(STEP.total_seconds())


def step_start(moment: datetime) -> datetime:
    """Return the beginning of the step that holds ``moment``."""
    return datetime.fromtimestamp(step_number(moment) * int(STEP.total_seconds()), UTC)


def _scanned_password(key: bytes, step: int) -> str:
    return str(_totp(key).generate_otp(step))


def _typed_password(key: bytes, step: int) -> str:
    digest = hmac.digest(key, b"typed" + step.to_bytes(8), hashlib.sha256)
    return typed_codes.write(digest[: typed_codes.RANDOM_BYTES])[:TYPED_CHARACTERS]
