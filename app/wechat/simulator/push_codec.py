"""Sealing and signing of pushes in the safe mode, as WeChat does it. Source: 消息推送, 安全模式."""

import hashlib
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK_BITS = 256
"""WeChat pads to 32 bytes, not to the 16 of AES."""


def sign(*parts: str) -> str:
    """Return the hex SHA-1 of the parts, sorted and joined: token, timestamp, nonce and a body's cipher text."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def seal(plaintext: bytes, *, appid: str, aes_key: str, random16: bytes) -> str:
    """Return the base64 of ``random16 | length | plaintext | appid`` under AES-256-CBC with the 43-character key."""
    key = b64decode(aes_key + "=")
    packed = random16 + len(plaintext).to_bytes(4, "big") + plaintext + appid.encode()
    padder = PKCS7(BLOCK_BITS).padder()
    padded = padder.update(packed) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
