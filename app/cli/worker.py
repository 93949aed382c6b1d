"""``echowall worker``: the job worker."""

import asyncpg
import structlog
import typer
import uvloop
from pgqueuer.errors import FailingListenerError

from app.core import logging
from app.core.settings import get_settings

DATABASE_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, FailingListenerError)


def worker() -> None:
    """Work on the jobs in the queue and keep the schedules, until stopped.

    Exit status 1 when the database is lost: whoever started it starts it again, and jobs at hand are taken anew.
    """
    from app.jobs.worker import run

    settings = get_settings()
    logging.configure(settings)
    kinds: list[str] = []
    try:
        uvloop.run(run(settings))
    except* DATABASE_LOST as lost:
        kinds = sorted({type(error).__name__ for error in flat(lost)})
    if kinds:
        log = structlog.get_logger(__name__)
        log.error("worker stopped, for the database is lost or has no tables: start both again", kinds=kinds)
        raise typer.Exit(1)


def flat(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """Return the exceptions of a group and of the groups in it."""
    return [
        error for item in group.exceptions for error in (flat(item) if isinstance(item, BaseExceptionGroup) else [item])
    ]
