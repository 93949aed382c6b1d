"""Every published vector: what other implementations sign, open and refuse, ours does too."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from app.wechat.push_codec import (
    ForgedPushError,
    PushCodec,
    UnreadablePushError,
    decrypt,
    encrypt,
    pad,
    read_key,
    sign,
    unpad,
)
from tests.wechat import sealed_data
from tests.wechat.sealed_data import SealedDataError

Vector = dict[str, Any]
VECTORS: list[Vector] = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))["vectors"]
TOKEN, AES_KEY, OWN_APPID = "pamtest", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxb11529c136998cb6"


def codec_of(vector: Vector, appid: str) -> PushCodec:
    return PushCodec.of(vector["token"], vector["encoding_aes_key"], appid)


def check_push_decrypt(vector: Vector) -> None:
    content, receiver = decrypt(read_key(vector["encoding_aes_key"]), vector["encrypt"])
    assert vector["appid"] in {None, receiver.decode()}
    arguments = (vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert codec_of(vector, receiver.decode()).open(*arguments) == content
    if "plaintext" in vector:
        assert content.decode() == vector["plaintext"]
    if "plaintext_sha256" in vector:
        assert hashlib.sha256(content).hexdigest() == vector["plaintext_sha256"]
    assert all(part in content.decode() for part in vector.get("expect_contains", ()))
    assert re.search(vector.get("expect_regex", ""), content.decode())
    if "signature_query" in vector:  # it is signed too, but not over the content
        signed = (vector["signature_query"], vector["timestamp"], vector["nonce"])
        assert codec_of(vector, receiver.decode()).is_url_check(*signed)
        with pytest.raises(ForgedPushError):
            codec_of(vector, receiver.decode()).open(vector["signature_query"], *arguments[1:])
    if "expect" in vector:
        expected = vector["expect"]
        assert len(base64.b64decode(vector["encrypt"])) == expected["cipher_len"]
        again = encrypt(read_key(vector["encoding_aes_key"]), content, receiver, expected["random16"].encode())
        assert (again, len(content)) == (vector["encrypt"], expected["msg_len"])


def check_push_decrypt_negative(vector: Vector) -> None:
    arguments = (vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])
    expected = UnreadablePushError if vector["expect_error"] == "receive id" else ForgedPushError
    with pytest.raises(expected):
        codec_of(vector, vector["appid"]).open(*arguments)


def check_push_encrypt(vector: Vector) -> None:
    content = vector["plaintext"].encode()
    key, appid, random = read_key(vector["encoding_aes_key"]), vector["appid"].encode(), vector["random16"].encode()
    assert encrypt(key, content, appid, random) == vector["encrypt"]
    assert decrypt(key, vector["encrypt"]) == (content, appid)
    if "msg_signature" in vector:
        sealed = codec_of(vector, vector["appid"]).seal(content, vector["timestamp"], vector["nonce"], random)
        assert sealed == {
            "Encrypt": vector["encrypt"],
            "MsgSignature": vector["msg_signature"],
            "TimeStamp": int(vector["timestamp"]),
            "Nonce": vector["nonce"],
        }


def check_push_signature(vector: Vector) -> None:
    codec = PushCodec(vector["token"], b"", "")
    assert codec.is_url_check(vector["signature"], vector["timestamp"], vector["nonce"])
    assert not codec.is_url_check(vector["signature"], vector["timestamp"] + "0", vector["nonce"])
    assert not replace(codec, token="other").is_url_check(vector["signature"], vector["timestamp"], vector["nonce"])


def check_push_msg_signature(vector: Vector) -> None:
    signed = (vector["token"], vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert sign(*signed) == vector["msg_signature"]


def check_pkcs7(vector: Vector) -> None:
    for case in vector["cases"]:
        content, padded = bytes.fromhex(case["data_hex"]), bytes.fromhex(case["padded_hex"])
        assert pad(content, case["block"] * 8) == padded
        assert unpad(padded, case["block"] * 8) == content


def check_encrypted_data(vector: Vector) -> None:
    arguments = (vector["session_key"], vector["iv"])
    opened = sealed_data.open_session_data(*arguments, vector["encryptedData"], vector["appid"])
    assert opened == json.loads(vector["plaintext"])
    assert opened["openId"] == vector["expect"]["openId"]
    assert sealed_data.seal_session_data(*arguments, vector["plaintext"].encode()) == vector["encryptedData"]


def check_encrypted_data_negative(vector: Vector) -> None:
    with pytest.raises(SealedDataError):
        sealed_data.open_session_data(
            vector["session_key"], vector["iv"], vector["encryptedData"], vector.get("appid", OWN_APPID)
        )


def check_raw_data(vector: Vector) -> None:
    assert sealed_data.sign_raw_data(vector["rawData"], vector["session_key"]) == vector["signature"]


def check_session_hmac(vector: Vector) -> None:
    assert sealed_data.sign_with_session(vector["session_key"], vector["message"]) == vector["signature"]


def check_secure_api(vector: Vector) -> None:
    bound_to = (vector["urlpath"], vector["appid"], str(vector["timestamp"]), vector["sn"])
    sealed = (vector["key"], vector["iv"], vector["data"], vector["authtag"])
    opened = sealed_data.open_secured(*sealed, bound_to)
    assert "plaintext" not in vector or opened.decode() == vector["plaintext"]
    assert json.loads(opened) == vector.get("expect", json.loads(opened))
    with pytest.raises(SealedDataError):
        sealed_data.open_secured(*sealed, (*bound_to[:-1], "another number"))


CHECKS: dict[str, Callable[[Vector], None]] = {
    "push-decrypt": check_push_decrypt,
    "push-decrypt-negative": check_push_decrypt_negative,
    "push-encrypt": check_push_encrypt,
    "push-signature": check_push_signature,
    "push-msg-signature": check_push_msg_signature,
    "pkcs7": check_pkcs7,
    "encryptedData-aes128cbc": check_encrypted_data,
    "encryptedData-aes128cbc-negative": check_encrypted_data_negative,
    "rawData-sha1": check_raw_data,
    "session-hmac-sha256": check_session_hmac,
    "secure-api-aes256gcm": check_secure_api,
}


def test_all_are_there():
    assert len(VECTORS) == 28
    assert {vector["kind"] for vector in VECTORS} == CHECKS.keys()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: Vector):
    CHECKS[vector["kind"]](vector)


def test_the_vectors_tell_32_from_16():
    """The control: several of them are refused by whoever pads to AES's own block."""
    refused = 0
    for vector in VECTORS:
        if vector["kind"] == "push-decrypt":
            content, receiver = decrypt(read_key(vector["encoding_aes_key"]), vector["encrypt"])
            padded = pad(bytes(20) + content + receiver)
            unpadder = PKCS7(128).unpadder()
            try:
                unpadder.update(padded) + unpadder.finalize()
            except ValueError:
                refused += 1
    assert refused == 4


class TestWhatIsSignedAndBroken:
    """What passes the signature and yet is nothing: only who has the token can send it, and it must not fail us."""

    @pytest.mark.parametrize(
        ("packed", "reason"),
        [
            (pad(b""), "too short"),
            (pad(bytes(19)), "too short"),
            (pad(bytes(16) + b"\xff\xff\xff\xff" + b"{}" + OWN_APPID.encode()), "length"),
            (pad(bytes(16) + b"\0\0\0\x15" + b"{}" + OWN_APPID.encode()), "length"),
            (pad(bytes(16) + b"\0\0\0\x02" + b"{}" + OWN_APPID.encode() + b"x"), "another mini-program"),
            (pad(bytes(16) + b"\0\0\0\x02" + b"{}"), "another mini-program"),
            (bytes(12) + b"\x14" * 19 + b"\x15", "padding"),  # not all pad bytes say the same
            (bytes(32), "padding"),
            (b"\x21" * 32, "padding"),  # 33 is no padding of 32
            (b"\x10" * 16, "padding"),  # whole blocks of AES, and none of 32 bytes
        ],
        ids=[
            "nothing",
            "no-length",
            "longer",
            "one-longer",
            "appid-and-more",
            "no-appid",
            "uneven",
            "zero",
            "33",
            "16",
        ],
    )
    def test_content(self, packed: bytes, reason: str):
        key = read_key(AES_KEY)
        codec = PushCodec(TOKEN, key, OWN_APPID)
        encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
        encrypted = base64.b64encode(encryptor.update(packed) + encryptor.finalize()).decode()
        with pytest.raises(UnreadablePushError, match=reason):
            codec.open(sign(TOKEN, "1", "2", encrypted), "1", "2", encrypted)

    @pytest.mark.parametrize("encrypted", ["", "密", "A", "AAAA", "?" * 44, "\ud800", "A" * 43 + "=", "\0"])
    def test_cipher_text(self, encrypted: str):
        codec = PushCodec.of(TOKEN, AES_KEY, OWN_APPID)
        with pytest.raises(UnreadablePushError):
            codec.open(sign(TOKEN, "1", "2", encrypted), "1", "2", encrypted)
        for forged in ("", "密", "\ud800", sign(TOKEN, "1", "2", encrypted).upper()):
            with pytest.raises(ForgedPushError):
                codec.open(forged, "1", "2", encrypted)

    @pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "!" * 43, "密" * 43])
    def test_key(self, key: str):
        with pytest.raises(ValueError, match=r"."):
            read_key(key)
