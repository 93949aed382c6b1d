"""Tokens and keys: the only module that signs, verifies or derives a secret.

Tokens are JWT with HS256, the algorithm fixed here and never taken from the token (RFC 8725, section 3.1).
"""

import hashlib
import hmac
import os
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jose import JWTError, jwk, jwt
from jose.backends.base import Key

from app.core.clock import now

ALGORITHM = "HS256"
ISSUER = "echowall"
TOKEN_CHARACTERS_MAX = 1024
TOKENS_REMEMBERED = 4096
"""By each process: about three megabytes. What is not one of our tokens is never remembered."""


class InvalidTokenError(Exception):
    """The bearer token is not one of ours, or its time is over."""


def issue_token(secret: str, user_id: UUID, version: int, moment: datetime, ttl: timedelta) -> str:
    """Return a token that names ``user_id`` until ``moment + ttl``; ``version`` must still be the user's then."""
    claims = {
        "iss": ISSUER,
        "sub": str(user_id),
        "ver": version,
        "iat": int(moment.timestamp()),
        "exp": int((moment + ttl).timestamp()),
    }
    return str(jwt.encode(claims, _signer(secret), algorithm=ALGORITHM))


def read_token(secret: str, token: str) -> tuple[UUID, int]:
    """Return the user id and version that a valid token names. Raises InvalidTokenError for every other one.

    A signature does not change, so it is checked once and remembered: whoever opens the app asks a dozen times. The
    time is checked each time, to the second (RFC 7519, section 4.1.4); whether the version still counts, the database
    says.
    """
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise InvalidTokenError
    user_id, version, ends_at_s = _read_signed(secret, token)
    if now().timestamp() >= ends_at_s:
        raise InvalidTokenError
    return user_id, version


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _read_signed(secret: str, token: str) -> tuple[UUID, int, int]:
    """Return the user id, the version and the end of a token that we signed. Raises InvalidTokenError, each time."""
    try:
        claims = jwt.decode(
            token,
            _signer(secret),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require_exp": True, "require_iat": True, "require_sub": True, "verify_aud": False},
        )
        version = claims["ver"]
        if type(version) is not int:
            raise InvalidTokenError
        return UUID(claims["sub"]), version, int(claims["exp"])
    except (JWTError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise InvalidTokenError from error


@lru_cache(maxsize=8)
def token_key(secret: str) -> str:
    """Return the key that signs tokens; voucher codes are signed with others, so that one never serves as the other."""
    return derive_key(secret, b"token").hex()


@lru_cache(maxsize=8)
def _signer(secret: str) -> Key:
    """Return the key in the form that jose would make of it for each token anew."""
    return jwk.construct(token_key(secret), ALGORITHM)


def derive_key(secret: str, purpose: bytes) -> bytes:
    """Return 32 bytes for ``purpose`` by HKDF-SHA256 (RFC 5869) from the master secret."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"echowall/" + purpose).derive(secret.encode())


SEAL_VERSION = b"\x01"
NONCE_BYTES = 12
SEAL_BYTES = len(SEAL_VERSION) + NONCE_BYTES + 16
"""How much longer than its content something sealed is; the last 16 authenticate it."""


class BrokenSealError(Exception):
    """What was sealed was changed, moved to another place, or sealed with another secret."""


def seal(secret: str, purpose: bytes, content: bytes, *, bound_to: bytes) -> bytes:
    """Return ``content`` encrypted by AES-256-GCM (NIST SP 800-38D) under a key of ``purpose``, with a random nonce.

    It opens only together with ``bound_to``, such as the id of the row that it stands in.
    """
    nonce = os.urandom(NONCE_BYTES)
    return SEAL_VERSION + nonce + _cipher(secret, purpose).encrypt(nonce, content, bound_to)


def unseal(secret: str, purpose: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """Return what ``seal`` was given. Raises BrokenSealError."""
    nonce, content = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != SEAL_VERSION or len(nonce) != NONCE_BYTES:
        raise BrokenSealError
    try:
        return _cipher(secret, purpose).decrypt(nonce, content, bound_to)
    except InvalidTag as error:
        raise BrokenSealError from error


@lru_cache(maxsize=8)
def _cipher(secret: str, purpose: bytes) -> AESGCM:
    return AESGCM(_key(secret, purpose))


def keyed_fingerprint(secret: str, purpose: bytes, *parts: bytes) -> bytes:
    """Return HMAC-SHA256 over the parts under a key of ``purpose``: a short code cannot be guessed from it."""
    return hmac.digest(_key(secret, purpose), fingerprint(*parts), "sha256")


@lru_cache(maxsize=64)
def _key(secret: str, purpose: bytes) -> bytes:
    return derive_key(secret, purpose)


def fingerprint(*parts: bytes) -> bytes:
    """Return SHA-256 over the parts, each preceded by its length so that no two lists share a fingerprint."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()
