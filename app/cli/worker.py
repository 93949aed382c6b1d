"""``echowall worker``: the job worker."""

import structlog
import typer
import uvloop

from app.core import logging
from app.core.settings import get_settings


def worker() -> None:
    """Work on the jobs in the queue and keep the schedules, until stopped.

    Exit status 1 when the database is lost: whoever started it starts it again, and jobs at hand are taken anew.
    """
    from app.jobs.worker import run

    settings = get_settings()
    logging.configure(settings)
    try:
        uvloop.run(run(settings))
    except Exception as error:
        structlog.get_logger(__name__).error("worker stopped: start it again when the database is back", exc_info=error)
        raise typer.Exit(1) from error
