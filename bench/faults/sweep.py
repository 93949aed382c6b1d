"""A process that does nothing but end what is due, over and over, until it is killed."""

import asyncio

import asyncpg

from app.core.db import Database
from app.core.settings import get_settings
from app.jobs.handlers import Parts
from app.jobs.schedules import SWEEPS
from app.wechat.client import WeChat

EXPIRIES = [sweep for name, (_, sweep) in SWEEPS.items() if name in {"expire_vouchers", "expire_points"}]
PAUSE_S = 0.05


async def main() -> None:
    """Sweep; a database that is away for a moment is asked again."""
    settings = get_settings()
    database = Database(settings.require_database_url(), settings)
    wechat = WeChat.of(settings, database)
    parts = Parts(database, wechat, settings)
    while True:
        for sweep in EXPIRIES:
            try:
                await sweep(parts)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                continue
        await asyncio.sleep(PAUSE_S)


if __name__ == "__main__":
    asyncio.run(main())
