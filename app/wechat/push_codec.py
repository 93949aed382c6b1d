"""How WeChat signs and encrypts what it pushes (消息推送, 安全模式), both ways; pure.

SHA-1 and CBC are WeChat's choice, not ours: the signature is over the cipher text, and the whole goes through TLS.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

PADDED_TO_BITS = 256
"""Padded to 32 bytes, not to AES's 16: an unpadder for 16 refuses valid messages."""
CIPHER_BLOCK_BYTES = 16
RANDOM_BYTES = 16
KEY_BYTES = 32
LENGTH_BYTES = 4


class PushError(Exception):
    """What came is not a push of our mini-program; the message says which check failed and nothing of the content."""


class ForgedPushError(PushError):
    """The signature does not fit the content: whoever sent it does not have the token."""


class UnreadablePushError(PushError):
    """It is signed with our token and does not open with our key, or was meant for another mini-program."""


def sign(*parts: str) -> str:
    """Return WeChat's signature over the token and what goes with it: SHA-1 over all of them, sorted, put together."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def read_key(encoding_aes_key: str) -> bytes:
    """Return the 32 bytes of an EncodingAESKey; its last character may say more than they hold. Raises ValueError."""
    key = base64.b64decode(encoding_aes_key + "=", validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("an EncodingAESKey has 43 characters")
    return key


def pad(content: bytes, block_bits: int = PADDED_TO_BITS) -> bytes:
    """Return the content padded by PKCS#7 (RFC 5652, section 6.3) to blocks of that many bits."""
    padder = PKCS7(block_bits).padder()
    return padder.update(content) + padder.finalize()


def unpad(padded: bytes, block_bits: int = PADDED_TO_BITS) -> bytes:
    """Return the content without its padding, of which every byte is checked. Raises ValueError."""
    unpadder = PKCS7(block_bits).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def encrypt(key: bytes, content: bytes, receiver: bytes, random: bytes) -> str:
    """Return ``content`` for ``receiver`` (an AppID) as it stands in ``Encrypt``; ``random`` are 16 bytes."""
    packed = random + struct.pack(">I", len(content)) + content + receiver
    encryptor = _cipher(key).encryptor()
    return base64.b64encode(encryptor.update(pad(packed)) + encryptor.finalize()).decode()


def decrypt(key: bytes, encrypted: str) -> tuple[bytes, bytes]:
    """Return the content of ``Encrypt`` and the AppID that it is for. Raises UnreadablePushError."""
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadablePushError("not base64") from error
    if not sealed or len(sealed) % CIPHER_BLOCK_BYTES:
        raise UnreadablePushError("not whole blocks")
    decryptor = _cipher(key).decryptor()
    try:
        packed = unpad(decryptor.update(sealed) + decryptor.finalize())
    except ValueError as error:
        raise UnreadablePushError("padding") from error
    begins_at = RANDOM_BYTES + LENGTH_BYTES
    if len(packed) < begins_at:
        raise UnreadablePushError("too short")
    ends_at = begins_at + struct.unpack_from(">I", packed, RANDOM_BYTES)[0]
    if ends_at > len(packed):
        raise UnreadablePushError("length")
    return packed[begins_at:ends_at], packed[ends_at:]


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:CIPHER_BLOCK_BYTES]))


@dataclass(frozen=True, slots=True)
class PushCodec:
    """Opens and writes pushes of one mini-program."""

    token: str
    key: bytes
    appid: str

    @classmethod
    def of(cls, token: str, encoding_aes_key: str, appid: str) -> Self:
        """Return the codec for what stands in WeChat's console. Raises ValueError for a key without its form."""
        return cls(token, read_key(encoding_aes_key), appid)

    def is_url_check(self, signature: str, timestamp: str, nonce: str) -> bool:
        """Whether WeChat asks if this URL is ours; compared in constant time."""
        return _is_same(signature, sign(self.token, timestamp, nonce))

    def open(self, msg_signature: str, timestamp: str, nonce: str, encrypted: str) -> bytes:
        """Return what was pushed. Raises ForgedPushError before anything is decrypted, and UnreadablePushError."""
        if not _is_same(msg_signature, sign(self.token, timestamp, nonce, encrypted)):
            raise ForgedPushError("signature")
        content, receiver = decrypt(self.key, encrypted)
        if not hmac.compare_digest(receiver, self.appid.encode()):
            raise UnreadablePushError("another mini-program")
        return content

    def seal(self, content: bytes, timestamp: str, nonce: str, random: bytes | None = None) -> dict[str, str | int]:
        """Return an encrypted reply with its signature, in the official page's spelling."""
        encrypted = encrypt(self.key, content, self.appid.encode(), random or os.urandom(RANDOM_BYTES))
        return {
            "Encrypt": encrypted,
            "MsgSignature": sign(self.token, timestamp, nonce, encrypted),
            "TimeStamp": int(timestamp),
            "Nonce": nonce,
        }


def _is_same(given: str, own: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), own.encode())
