"""``echowall worker``: the job worker."""

import uvloop

from app.core import logging
from app.core.settings import get_settings


def worker() -> None:
    """Work on the jobs in the queue and keep the schedules, until stopped."""
    from app.jobs.worker import run

    settings = get_settings()
    logging.configure(settings)
    uvloop.run(run(settings))
