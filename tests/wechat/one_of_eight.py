"""Checks a text whenever it is told to, on a line of its input, and says how that went: one of test_shared_token's."""

import asyncio
import sys
from contextlib import aclosing

from app.core import logging
from app.core.db import Database
from app.core.settings import Settings
from app.wechat.client import WeChat
from app.wechat.errors import WeChatError
from app.wechat.texts import Scene


async def check_on_demand(base_url: str, appid: str, secret: str, database_url: str, openid: str) -> None:
    settings = Settings(
        _env_file=None,
        database_url=database_url,
        wechat_base_url=base_url,
        wechat_appid=appid,
        wechat_secret=secret,
        log_level="WARNING",
    )
    logging.configure(settings)
    database = Database(database_url, settings)
    async with aclosing(WeChat.of(settings, database)) as wechat:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while await asyncio.to_thread(sys.stdin.readline):
            try:
                told: str = (await wechat.check_text(openid, "你好", scene=Scene.FORUM)).suggest
            except WeChatError as error:
                told = repr(error)
            sys.stdout.write(told + "\n")
            sys.stdout.flush()
    database.close()


if __name__ == "__main__":
    asyncio.run(check_on_demand(*sys.argv[1:]))
