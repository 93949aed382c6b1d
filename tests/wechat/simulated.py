"""What tests of the simulator do over and over: call it as a client would, and take its pushes as a server would."""

import base64
import hashlib
import io
import json
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from PIL import Image

from app.core.settings import DEVELOPMENT_PUSH_AES_KEY, DEVELOPMENT_PUSH_TOKEN
from tests.wechat.server import APPID, SECRET, new_code

LOGIN = "/sns/jscode2session"
STABLE = "/cgi-bin/stable_token"
CLASSIC = "/cgi-bin/token"
TEXT = "/wxa/msg_sec_check"
PICTURE = "/wxa/media_check_async"
PHONE = "/wxa/business/getuserphonenumber"
MESSAGE = "/cgi-bin/message/subscribe/send"
CODE = "/wxa/getwxacodeunlimit"
CREDENTIALS = {"appid": APPID, "secret": SECRET}

Object = dict[str, object]


async def log_in(http: httpx.AsyncClient, code: str, **changes: str) -> Object:
    query = {**CREDENTIALS, "js_code": code, "grant_type": "authorization_code", **changes}
    return await read(await http.get(LOGIN, params={name: value for name, value in query.items() if value}))


async def openid_of_visitor(http: httpx.AsyncClient, name: str) -> str:
    return str((await log_in(http, new_code(name)))["openid"])


async def stable_token(http: httpx.AsyncClient, **changes: object) -> Object:
    body = {**CREDENTIALS, "grant_type": "client_credential", **changes}
    return await read(await http.post(STABLE, json=body))


async def call(http: httpx.AsyncClient, path: str, /, **body: object) -> Object:
    """POST with a token and return the object that came back."""
    token = str((await stable_token(http))["access_token"])
    return await read(await http.post(path, params={"access_token": token}, json=body))


async def read(response: httpx.Response) -> Object:
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    answer = response.json()
    assert isinstance(answer, dict)
    if answer.get("errcode"):
        assert ", rid: " in answer["errmsg"]
    return answer


async def act(http: httpx.AsyncClient, path: str, /, **form: object) -> object:
    answer = await http.post(f"/_simulator/{path}", json=form)
    assert answer.status_code in {200, 204}, answer.text
    return answer.json() if answer.content else None


def opened(raw: bytes) -> Object:
    """Return the event of a push as it came in; its signature, padding and addressee are right."""
    head, _, body = raw.partition(b"\r\n\r\n")
    query = {name: value[0] for name, value in parse_qs(urlsplit(head.split()[1].decode()).query).items()}
    posted = json.loads(body)
    signed = sorted([DEVELOPMENT_PUSH_TOKEN, query["timestamp"], query["nonce"], posted["Encrypt"]])
    assert query["msg_signature"] == hashlib.sha1("".join(signed).encode()).hexdigest()  # noqa: S324
    assert query["encrypt_type"] == "aes"
    packed = opened_text(posted["Encrypt"], DEVELOPMENT_PUSH_AES_KEY)
    length = int.from_bytes(packed[16:20], "big")
    assert packed[20 + length :].decode() == APPID
    event = json.loads(packed[20 : 20 + length])
    assert event["ToUserName"] == posted["ToUserName"]
    assert event["FromUserName"] == query["openid"]
    assert isinstance(event, dict)
    return event


def opened_text(encrypted: str, aes_key: str) -> bytes:
    key = base64.b64decode(aes_key + "=")
    decryptor = Cipher(AES(key), CBC(key[:16])).decryptor()
    unpadder = PKCS7(256).unpadder()
    return unpadder.update(decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()) + unpadder.finalize()


def plain(body: bytes, status: str = "200 OK") -> bytes:
    """Return a raw answer for ``answering``."""
    return b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def picture(colour: str, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, form)
    return out.getvalue()
