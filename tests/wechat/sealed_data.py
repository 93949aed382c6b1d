"""WeChat's other forms of signed and encrypted data: of old clients, of sessions, and of the API security layer; pure.

None of them is on by default. Phone numbers and names come by code and by form; who switches one on finds it checked.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json

from app.wechat.push_codec import CIPHER_BLOCK_BYTES, pad, unpad

BLOCK_BITS = CIPHER_BLOCK_BYTES * 8


class SealedDataError(Exception):
    """It does not open. Of ``encryptedData`` all faults mean one thing: the session is stale, log in again."""


def open_session_data(session_key: str, iv: str, encrypted: str, appid: str) -> dict[str, Any]:
    """Return what ``encryptedData`` of a client holds, once its watermark names ``appid``. Raises SealedDataError.

    A wrong key passes the padding check about once in 256, so that each later fault is told as the same one.
    """
    try:
        decryptor = _session_cipher(session_key, iv).decryptor()
        padded = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
        content = from_json(unpad(padded, BLOCK_BITS))
        watermark = content["watermark"]["appid"]
    except (ValueError, KeyError, TypeError) as error:
        raise SealedDataError from error
    if watermark != appid:
        raise SealedDataError
    opened: dict[str, Any] = content
    return opened


def seal_session_data(session_key: str, iv: str, content: bytes) -> str:
    """Return ``content`` as a client would send it in ``encryptedData``."""
    encryptor = _session_cipher(session_key, iv).encryptor()
    return base64.b64encode(encryptor.update(pad(content, BLOCK_BITS)) + encryptor.finalize()).decode()


def _session_cipher(session_key: str, iv: str) -> Cipher[modes.CBC]:
    key, start = (base64.b64decode(text, validate=True) for text in (session_key, iv))
    return Cipher(algorithms.AES(key), modes.CBC(start))


def sign_raw_data(raw_data: str, session_key: str) -> str:
    """Return the signature of ``rawData``; the session key goes in as text, not decoded."""
    return hashlib.sha1((raw_data + session_key).encode(), usedforsecurity=False).hexdigest()


def sign_with_session(session_key: str, message: str) -> str:
    """Return the signature of a request in a user's session; the session key goes in as text, not decoded."""
    return hmac.digest(session_key.encode(), message.encode(), "sha256").hex()


def open_secured(key: str, iv: str, sealed: str, authtag: str, bound_to: tuple[str, ...]) -> bytes:
    """Return a body of the API security layer (AES-256-GCM), bound to URL, AppID, time and key number.

    Raises SealedDataError.
    """
    try:
        content = base64.b64decode(sealed, validate=True) + base64.b64decode(authtag, validate=True)
        return AESGCM(base64.b64decode(key)).decrypt(base64.b64decode(iv), content, "|".join(bound_to).encode())
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise SealedDataError from error
