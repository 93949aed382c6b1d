"""Fails in every way it can with all logging on, and writes whatever may be written: run by test_secrecy.

A process of its own, since logging is configured for the whole process.
"""

import asyncio
import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from itertools import count

import structlog

from app.core.logging import configure
from app.core.settings import Settings
from app.wechat.client import WeChat
from app.wechat.errors import WeChatError
from app.wechat.texts import Scene
from app.wechat.tokens import MemoryTokens
from tests.wechat.server import APPID, SECRET, order_fault

CODE = "sim-保密-used-once"
CONTENT = "保密的心愿"
NUMBER = "13812345678"
PHONE_CODE = f"phone-保密-{NUMBER}x"
SCENE = "secret-scene-0123456789"
PICTURE_LINK = "https://api.example.org/v1/media/1/full?signature=secret-signature"
LOGIN = "/sns/jscode2session"
TOKEN = "/cgi-bin/stable_token"
CHECK = "/wxa/msg_sec_check"
PHONE = "/wxa/business/getuserphonenumber"
CODE_PICTURE = "/wxa/getwxacodeunlimit"
PICTURE = "/wxa/media_check_async"
SEND = "/cgi-bin/message/subscribe/send"
FAULTS: Sequence[Mapping[str, object]] = [
    *[{"errcode": errcode} for errcode in (40001, 40003, 40013, 40029, 40125, 42001, 45011, 61010, 99999)],
    {"http_status": 500},
    {"body": "no"},
    {"body": '{"result": {"suggest": "保密", "label": 1}, "trace_id": "t"}'},
    {"cut": True},
    {"delay_s": 1.0},
]

serial = count(1)
log = structlog.get_logger("exercise")


def tell(*values: object) -> None:
    sys.stdout.write(" ".join(str(value) for value in values) + "\n")


class Everything(logging.Handler):
    """Writes each record with all that it carries, whatever its level."""

    def emit(self, record: logging.LogRecord) -> None:
        tell(record.name, record.getMessage(), record.__dict__)


async def attempt(wechat: WeChat, openid: str, path: str) -> None:
    try:
        if path == LOGIN:
            await wechat.exchange_code(CODE)
        elif path == PHONE:
            tell(await wechat.get_phone(f"{PHONE_CODE}{next(serial)}", openid))
        elif path == CODE_PICTURE:
            await wechat.draw_code(SCENE, "pages/missing")
        elif path == PICTURE:
            await wechat.check_media(openid, PICTURE_LINK, scene=Scene.FORUM)
        elif path == SEND:
            await wechat.send_message(openid, "simulator-task", "pages/messages/index", {"thing1": CONTENT})
        else:
            await wechat.check_text(openid, CONTENT, scene=Scene.FORUM)
    except WeChatError as error:
        tell(error, repr(error), vars(error))
        traceback.print_exc()
        log.exception("failed")
        logging.getLogger("exercise").exception("failed")


async def exercise(base_url: str, log_format: str) -> None:
    configure(Settings.model_validate({"log_level": "DEBUG", "log_format": log_format}))
    logging.getLogger().addHandler(Everything(level=logging.NOTSET))
    tokens = MemoryTokens()
    async with aclosing(WeChat(base_url, APPID, SECRET, tokens=tokens, timeout_s=0.5)) as wechat:
        session = await wechat.exchange_code(CODE)
        tell(session, wechat, vars(tokens))
        await attempt(wechat, session.openid, PHONE)
        for fault in FAULTS:
            for path in (LOGIN, TOKEN, CHECK, PHONE, CODE_PICTURE, PICTURE, SEND):
                if path == TOKEN:
                    vars(tokens)["_token"] = None
                await asyncio.to_thread(order_fault, base_url, path, **fault)
                await attempt(wechat, session.openid, path)
        await attempt(wechat, session.openid, CHECK)
        await attempt(wechat, session.openid, CODE_PICTURE)
        tell(session, wechat, vars(tokens))
    async with aclosing(WeChat("http://127.0.0.1:1", APPID, SECRET)) as wechat:
        for path in (LOGIN, CHECK, PHONE):
            await attempt(wechat, session.openid, path)


if __name__ == "__main__":
    asyncio.run(exercise(sys.argv[1], sys.argv[2]))
